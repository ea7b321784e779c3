package app

import (
	"context"
	"errors"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// takeOver does a request that waits for another process in this one, once that process is gone: it was a `sync` of its
// own, which takes no requests, or a server that ended. It says whether this process did it.
func (a *App) takeOver(ctx context.Context, id int64) (Synced, bool, error) {
	if ctx.Err() != nil {
		return Synced{}, false, nil // told to stop: it is not taken any more
	}
	unlock, err := engine.Lock(a.Process.Database)
	if errors.Is(err, engine.ErrAlive) {
		return Synced{}, false, nil
	}
	if err != nil {
		return Synced{}, false, err
	}
	defer unlock()
	asking := context.WithoutCancel(ctx)
	r, err := a.DB.RunRequest(asking, id)
	if err != nil || !r.DoneAt.IsZero() {
		return Synced{}, false, err
	}
	if r.TakenAt.IsZero() {
		if _, err := a.DB.TakeRunRequest(asking, id); err != nil {
			return Synced{}, false, err
		}
	}
	rep, err := a.runRequest(ctx, r)
	return synced(rep.Runs, rep.TimedOut), true, err
}

// runRequest does a request and stores what came of it.
func (a *App) runRequest(ctx context.Context, r store.RunRequest) (engine.SyncReport, error) {
	rep, err := a.newEngine().Sync(ctx, engine.SyncRequest{Flows: r.Flows, Trigger: connector.TriggerManual, Since: r.Since, Until: r.Until, Deep: r.Deep, Wait: r.Wait, Plan: r.Plan, Actor: r.Actor})
	ids := make([]int64, len(rep.Runs))
	for i, run := range rep.Runs {
		ids[i] = run.ID
	}
	if stored := a.DB.FinishRunRequest(context.WithoutCancel(ctx), r.ID, ids, rep.TimedOut, connector.AsError(err)); err == nil {
		err = stored
	}
	return rep, err
}

// settleOver delivers in this process what waits in some Flows, once no other engine is alive. It says whether it could.
func (a *App) settleOver(ctx context.Context, flows []string, wait time.Duration) (bool, error) {
	unlock, err := engine.Lock(a.Process.Database)
	if errors.Is(err, engine.ErrAlive) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer unlock()
	_, err = a.newEngine().Settle(ctx, flows, wait)
	return true, err
}
