package app

import (
	"context"
	"reflect"
	"time"

	"ml-connector/engine"
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
