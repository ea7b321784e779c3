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

// Pulse is another text each time that something changed which a page may show: the ledger has an Entry more, or a Run has read more.
func (a *App) Pulse(ctx context.Context) (string, error) {
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
