package app

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/vault"
)

// The turn to ask for a token: how long one counts that was not heard of, how often its holder is heard of, and how often those who
// wait look.
const (
	tokenLease = 10 * time.Second
	tokenBeat  = 3 * time.Second
	tokenLook  = 200 * time.Millisecond
)

// tokenField is what a token is sealed as.
const tokenField = "access token"

// share is what [connector.Opening] calls Share: one text of a Connection for all processes on this database, sealed, and bound to the
// addresses that the Connection may call.
func (a *App) share(connection string, v connector.Validation) func(context.Context, func(string) string) error {
	address := strings.Join(v.Addresses, " ")
	return func(ctx context.Context, use func(string) string) error {
		keys, err := a.keys(ctx)
		if err != nil {
			return err
		}
		owner := a.Owner + "#" + strconv.FormatUint(rand.Uint64(), 36)
		sealed, err := a.turn(ctx, connection, owner)
		if err != nil {
			return err
		}
		kept := unsealToken(keys, connection, address, sealed)
		stop := a.beatToken(ctx, connection, owner)
		keep := use(kept)
		stop()
		if keep != kept {
			if sealed, err = keys.Seal(connection, tokenField, address, []byte(keep)); err != nil {
				sealed = ""
			}
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenLease) // whoever is stopped lets the others go on
		defer cancel()
		return a.DB.LeaveToken(ctx, connection, owner, sealed)
	}
}

// turn waits until it is owner's turn, and gives what was left.
func (a *App) turn(ctx context.Context, connection, owner string) (string, error) {
	for {
		sealed, held, err := a.DB.HoldToken(ctx, connection, owner, tokenLease)
		if err != nil || held {
			return sealed, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(tokenLook):
		}
	}
}

// beatToken says that owner is there, until it is stopped.
func (a *App) beatToken(ctx context.Context, connection, owner string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		t := time.NewTicker(tokenBeat)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				_, _, _ = a.DB.HoldToken(ctx, connection, owner, tokenLease) // without it another one asks, too
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}

// unsealToken gives what was left, "" for what another key sealed or what is bound to other addresses.
func unsealToken(keys *vault.Vault, connection, address, sealed string) string {
	if sealed == "" {
		return ""
	}
	text, err := keys.Unseal(connection, tokenField, address, sealed)
	if err != nil {
		return ""
	}
	return string(text)
}
