package app

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"ml-connector/engine"
	"ml-connector/store"
)

// watchEvery is how often a Run that is watched is looked at.
const watchEvery = 500 * time.Millisecond

// WatchRun calls fn with a Run as it stands now, and again each time that it has changed, until it ended and nothing of it waits, the
// context ends, or fn fails.
func (a *App) WatchRun(ctx context.Context, id int64, fn func(Run) error) error {
	var last Run
	for {
		r, err := a.DB.RunByID(ctx, id)
		if err != nil {
			return err
		}
		if now := RunShape(r); !reflect.DeepEqual(now, last) {
			if err := fn(now); err != nil {
				return err
			}
			last = now
		}
		if last.EndedAt != nil && last.Waiting == 0 {
			return nil
		}
		if err := engine.Sleep(ctx, watchEvery); err != nil {
			return err
		}
	}
}

// pulseEvery is how often it is looked whether something changed.
const pulseEvery = time.Second

// WatchAll calls fn each second, and says whether since the call before something changed that a page may show: the ledger has an
// Entry more, or a Run has read more. It ends when the context does, or fn fails.
func (a *App) WatchAll(ctx context.Context, fn func(changed bool) error) error {
	last, err := a.pulse(ctx)
	for err == nil {
		if err = engine.Sleep(ctx, pulseEvery); err != nil {
			return err
		}
		var now string
		if now, err = a.pulse(ctx); err == nil {
			err = fn(now != last)
			last = now
		}
	}
	return err
}

// pulse is another text each time that something changed.
func (a *App) pulse(ctx context.Context) (string, error) {
	end, err := a.LedgerEnd(ctx)
	if err != nil {
		return "", err
	}
	runs, err := a.DB.Runs(ctx, store.RunFilter{Limit: 1})
	if err != nil || len(runs) == 0 {
		return fmt.Sprint(end), err
	}
	return fmt.Sprint(end, " ", runs[0].ID, " ", runs[0].Counts.Read), nil
}
