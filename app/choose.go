package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// What a list shows, for whoever asks for one.
type (
	DeliveryFilter = store.DeliveryFilter
	RecordFilter   = store.RecordFilter
	EntryFilter    = store.EntryFilter
	CrosswalkEdit  = store.CrosswalkRow
)

// ParseTime reads a time as operators write it: RFC 3339, a day (UTC), or how long before now (36h, 7d). Empty is the zero time.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	d, err := engine.ParseDuration(text)
	if err != nil {
		return time.Time{}, connector.Errorf(connector.Invalid, "read a time", "%q is no time", text).
			Advise("Write 2026-03-01T08:00:00Z, 2026-03-01, or how long ago: 36h, 7d.")
	}
	return now.Add(-d).UTC(), nil
}

// EachRecordAfter is EachRecord from behind one Record on, given as CONNECTION:KIND:ID; "" is from the first on.
func (a *App) EachRecordAfter(ctx context.Context, f RecordFilter, after string, fn func(Record) error) error {
	if after != "" {
		r, err := ParseRecord(after)
		if err != nil {
			return err
		}
		row, err := a.DB.RecordByID(ctx, r)
		if err != nil {
			return err
		}
		if row == nil {
			return connector.Errorf(connector.Invalid, "list records", "there is no record %s to go on after", after)
		}
		f.After = row.Key
	}
	return a.EachRecord(ctx, f, fn)
}

// EachRun calls fn for the Runs of a Flow, or with "" of all, the newest first: at most so many, from behind the one with an ID on, or 0.
func (a *App) EachRun(ctx context.Context, flow string, after int64, most int, fn func(Run) error) error {
	runs, _, err := a.RunList(ctx, flow, after, most)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if err := fn(RunShape(r)); err != nil {
			return err
		}
	}
	return nil
}
