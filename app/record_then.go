package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// SideThen is one side of an object as it was known at a time, beside what is known of it now.
type SideThen struct {
	Record  connector.Record
	Version int // that was the last read then; 0 = none was
	SeenAt  time.Time
	Later   int // Versions that were read since
	Rows    []ThenRow
	Changed int
}

// ThenRow is one field then and now.
type ThenRow struct {
	Field, Then, Now string
	Changed          bool
}

// mostSides bounds how many linked Records are told of.
const mostSides = 4

// RecordThen tells what each side of a Record held at a time, as far as it had been read.
func (a *App) RecordThen(ctx context.Context, rec connector.Record, others []connector.Record, at time.Time) ([]SideThen, error) {
	var out []SideThen
	for _, r := range append([]connector.Record{rec}, others...) {
		if len(out) == mostSides {
			break
		}
		row, err := a.DB.RecordByID(ctx, r)
		if err != nil {
			return nil, err
		}
		if row == nil {
			continue
		}
		versions, err := a.DB.Versions(ctx, row.Key)
		if err != nil {
			return nil, err
		}
		if len(versions) > 0 {
			out = append(out, sideThen(r, versions, at))
		}
	}
	return out, nil
}

func sideThen(r connector.Record, versions []store.VersionRow, at time.Time) SideThen {
	s := SideThen{Record: r}
	var then, now connector.Document
	newest := 0
	for _, v := range versions {
		if v.N > newest {
			newest, now = v.N, v.Document
		}
		if !v.SeenAt.After(at) && v.N > s.Version {
			s.Version, s.SeenAt, then = v.N, v.SeenAt, v.Document
		}
		if v.SeenAt.After(at) {
			s.Later++
		}
	}
	if s.Version == 0 {
		return s
	}
	values, seen := map[string]string{}, map[string]bool{}
	for _, c := range Leaves(now) {
		values[c.Field] = c.New
	}
	add := func(field, old string) {
		row := ThenRow{Field: field, Then: old, Now: values[field]}
		if row.Changed = row.Then != row.Now; row.Changed {
			s.Changed++
		}
		s.Rows, seen[field] = append(s.Rows, row), true
	}
	for _, c := range Leaves(then) {
		add(c.Field, c.New)
	}
	for _, c := range Leaves(now) {
		if !seen[c.Field] {
			add(c.Field, "")
		}
	}
	return s
}
