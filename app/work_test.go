package app

import (
	"context"
	"errors"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
)

func TestEveryFlowHasRoomForItsPartitionsAndItsRead(t *testing.T) {
	t.Parallel()
	for flows, want := range map[int]int{0: 64, 3: 64, 6: 106, 20: 344} {
		if got := workersFor(flows); got != want {
			t.Errorf("%d Flows: %d workers, expected %d", flows, got, want)
		}
	}
}

// A command that gives up while the engine has not begun takes its request back: nothing runs when nobody waits for it.
func TestASyncThatGivesUpWithdrawsItsRequest(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{false, true} {
		b := newBench(t)
		b.mustApply(both)
		unlock, err := engine.Lock(b.Process.Database)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer cancel()
			for engine.Sleep(ctx, time.Millisecond) == nil {
				if open, err := b.DB.OpenRunRequests(ctx); err != nil || len(open) == 0 {
					continue
				}
				if taken {
					if _, err := b.DB.TakeRunRequest(ctx, 1); err != nil {
						t.Error(err)
					}
				}
				return
			}
		}()
		_, err = b.Sync(ctx, SyncOptions{Wait: time.Minute}, people.Local("cli:jdoe"))
		if !errors.Is(err, context.Canceled) || connector.CodeOf(err) != connector.Unavailable {
			t.Errorf("%v, expected unavailable because it was stopped", err)
		}
		r, err := b.DB.RunRequest(t.Context(), 1)
		if err != nil || r.DoneAt.IsZero() != taken {
			t.Errorf("taken %v: %+v, %v", taken, r, err)
		}
	}
}
