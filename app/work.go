package app

import (
	"context"
	"errors"
	"sync"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/vault"
)

// workersFor is how many pieces of work may run at once: of each Flow all partitions that it can have and its read, so that a
// System that is slow keeps no other Flow waiting, and a few for what people ask. How much of it this process does where
// there are several is the engine's decision.
func workersFor(flows int) int { return max(64, (engine.MostPartitions+1)*flows+4) }

// Work runs schedules and deliveries in this process, and what people ask for, until the context ends. On a database that
// takes one engine only, a second one is refused as unavailable. started, when not nil, is called once nothing stands in the
// way any more.
func (a *App) Work(ctx context.Context, started func()) error {
	unlock, err := engine.Lock(a.Process.Database)
	if errors.Is(err, engine.ErrAlive) {
		return connector.Errorf(connector.Unavailable, "start the engine", "another one is running on this database").
			Advise("On SQLite one engine runs at a time: stop the other `serve`, `work` or `demo`, or use PostgreSQL.")
	}
	if err != nil {
		return err
	}
	defer unlock()
	if err := a.checkKey(ctx); err != nil {
		return err
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return err
	}
	s, err := engine.NewScheduler(ctx, a.newEngine(), workersFor(len(flows)))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { a.holdKeys(ctx) })
	beside.Go(func() { a.watch(ctx) })
	if started != nil {
		started()
	}
	err = s.Run(ctx)
	stop()
	beside.Wait()
	return err
}

// checkKey refuses a wrong key at the start, and not at the first Run: the one that seals must be at hand, and each that a secret
// is wrapped with.
func (a *App) checkKey(ctx context.Context) error {
	known, err := a.DB.Meta(ctx, metaKey)
	if err != nil || known == "" {
		return err
	}
	keys, err := a.keys(ctx)
	if err != nil {
		return err
	}
	all, err := a.DB.EachSealed(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if by := vault.WrappedBy(s.Text); by != "" && s.Table != tokensTable {
			if err := keys.Check(by); err != nil {
				return err
			}
		}
	}
	return nil
}
