package app

import (
	"context"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
)

// While another process works on the database, what a person asked for waits; when it ends without having done it (another
// sync, a server that was stopped), this process does it.
func TestWhatWaitsForAnotherProcessIsDoneHereWhenThatEnds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	asked := func(b *bench) bool {
		open, err := b.DB.OpenRunRequests(ctx)
		return err == nil && len(open) == 1
	}
	for _, tc := range []struct {
		name string
		when func(*bench) bool // the other one ends
		do   func(*bench) error
	}{
		{"a sync that nobody took", asked, func(b *bench) error {
			done, err := b.Sync(ctx, SyncOptions{Wait: time.Minute}, people.Local("cli:jdoe"))
			if err == nil && len(done.Runs) != 2 {
				t.Errorf("%d runs, expected two", len(done.Runs))
			}
			return err
		}},
		{"a sync that somebody took and never did", func(b *bench) bool {
			if !asked(b) {
				return false
			}
			_, err := b.DB.TakeRunRequest(ctx, 1)
			return err == nil
		}, func(b *bench) error {
			_, err := b.Sync(ctx, SyncOptions{Wait: time.Minute}, people.Local("cli:jdoe"))
			return err
		}},
		{"a replay", func(b *bench) bool {
			d, err := b.DB.Delivery(ctx, 1)
			return err == nil && d.State == connector.Waiting
		}, func(b *bench) error {
			done, err := b.Replay(ctx, ReplayOptions{State: connector.Held, Wait: time.Minute}, people.Local("cli:jdoe"))
			if done.States[connector.Delivered] != 1 {
				t.Errorf("%+v, expected one delivered", done)
			}
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.mustApply(both)
			b.put("s1", "Acme", connector.Document{"name": "Acme"})
			if tc.name == "a replay" {
				b.right.refuse = connector.Errorf(connector.Rejected, "write", "not today")
				b.sync()
				b.right.refuse = nil
			}
			unlock, err := engine.Lock(b.Process.Database)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				for !tc.when(b) && engine.Sleep(ctx, time.Millisecond) == nil {
					continue
				}
				unlock()
			}()
			if err := tc.do(b); err != nil {
				t.Fatal(err)
			}
			if d, err := b.DB.Delivery(ctx, 1); err != nil || d.State != connector.Delivered {
				t.Errorf("it is %s (%v), expected delivered", d.State, err)
			}
		})
	}
}
