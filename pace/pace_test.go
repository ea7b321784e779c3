package pace_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ml-connector/pace"
)

func TestEachRunsAllAndNoMoreAtOnceThanItMay(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ limit, n, most int }{
		"as many as there are slots": {3, 10, 3},
		"never more than there are":  {8, 2, 2},
		"one after the other":        {1, 4, 1},
		"at least one":               {0, 2, 1},
		"nothing to do":              {4, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var now, most, all atomic.Int64
				pace.Each(pace.Real{}, row.limit, row.n, func(i int) {
					most.Store(max(most.Load(), now.Add(1)))
					all.Add(1 << i)
					_ = pace.Real{}.Sleep(t.Context(), time.Second)
					now.Add(-1)
				})
				if all.Load() != 1<<row.n-1 || most.Load() != int64(row.most) {
					t.Errorf("did %b, %d at once", all.Load(), most.Load())
				}
			})
		})
	}
}

func TestEveryGoesOnUntilItIsStoppedAndWaitsForACallUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls, ended := 0, false
		stop := pace.Every(t.Context(), pace.Real{}, func(ctx context.Context) error { return pace.Real{}.Sleep(ctx, time.Second) }, func(context.Context) {
			calls++
			if calls == 3 {
				_ = pace.Real{}.Sleep(context.Background(), time.Minute)
				ended = true
			}
		})
		_ = pace.Real{}.Sleep(t.Context(), 3500*time.Millisecond)
		stop()
		if calls != 3 || !ended {
			t.Errorf("%d calls; the last one ended: %v", calls, ended)
		}
	})
}

func TestPatientOutlivesItsParentForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, end := context.WithCancel(t.Context())
		ctx, done := pace.Patient(parent, pace.Real{}, 8*time.Second)
		defer done()
		end()
		_ = pace.Real{}.Sleep(t.Context(), 7*time.Second)
		if ctx.Err() != nil {
			t.Error("it ended with its parent")
		}
		_ = pace.Real{}.Sleep(t.Context(), 2*time.Second)
		if ctx.Err() == nil {
			t.Error("it never ended")
		}
		calm, over := pace.Patient(t.Context(), pace.Real{}, 8*time.Second)
		over()
		if calm.Err() == nil {
			t.Error("it did not end when it was told to")
		}
	})
}

func TestSlotsAreGivenInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := pace.NewSlots(1)
		if err := s.Take(t.Context(), pace.Real{}); err != nil {
			t.Fatal(err)
		}
		var order []int
		impatient, leave := context.WithCancel(t.Context())
		for i, ctx := range []context.Context{t.Context(), impatient, t.Context()} {
			go func() {
				err := s.Take(ctx, pace.Real{})
				if (err != nil) != (i == 1) || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%d: %v", i, err)
				}
				if err == nil {
					order = append(order, i)
					s.Give()
				}
			}()
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		s.Give()
		synctest.Wait()
		if len(order) != 2 || order[0] != 0 || order[1] != 2 {
			t.Errorf("taken in the order %v", order)
		}
		if err := s.Take(t.Context(), pace.Real{}); err != nil {
			t.Errorf("the slot was lost: %v", err)
		}
	})
}
