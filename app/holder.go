package app

import (
	"context"
	"slices"
	"time"

	"ml-connector/store"
)

// How a process that lives long says which keys it has, and for how long that counts.
const (
	holderBeat  = 10 * time.Second
	holderLook  = 2 * time.Second // at its keys
	holderLasts = 30 * time.Second
)

// holdKeys says which keys this process has, from its start until ctx ends, and looks at their place: a new one is known before
// anything is wrapped with it. On a database without any secret there is no key, and none is made.
func (a *App) holdKeys(ctx context.Context) {
	var told []string
	var at time.Time
	t := time.NewTicker(holderLook)
	defer t.Stop()
	for {
		if ids := a.keysAtHand(ctx); len(ids) > 0 && (!slices.Equal(ids, told) || a.Now().Sub(at).Abs() >= holderBeat) {
			err := a.DB.Tx(ctx, func(tx *store.Tx) error {
				if err := tx.EndKeyholder("", time.Hour); err != nil {
					return err
				}
				return tx.BeatKeyholder(a.Owner, ids)
			})
			if err == nil {
				told, at = ids, a.Now()
			}
		}
		select {
		case <-ctx.Done():
			_ = a.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.EndKeyholder(a.Owner, time.Hour) }) // its beat ends anyway
			return
		case <-t.C:
		}
	}
}

// keysAtHand reads the keys again, and gives their IDs; none before the first secret.
func (a *App) keysAtHand(ctx context.Context) []string {
	if known, err := a.DB.Meta(ctx, metaKey); err != nil || known == "" {
		return nil
	}
	keys, err := a.anyKeys() // who lacks the one that seals is to be named, too
	if err != nil {
		return nil
	}
	_ = keys.Reload() // those that are known go on to count, and the doctor says what is wrong
	return keys.KeyIDs()
}
