package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestWhatTheSourceWasToldIsKept: who is about to tell has it for himself, until he has told, or must be dead.
func TestWhatTheSourceWasToldIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("1", "a"))
		f.take(orders).deliver("US001/")
		d := f.last(orders, "1")
		f.tx(func(tx *store.Tx) error {
			return tx.SetLife(d.ID, connector.Life{Stage: connector.StageBuilt, Number: "V1", At: f.clock.Now()}, connector.Delivered, nil, f.clock.Now())
		})
		var last store.Telling
		begin := func(by, dead string) (mine bool) {
			t.Helper()
			known := f.last(orders, "1").Told
			if by == "late" {
				known = nil // it read the Delivery before somebody told
			}
			f.tx(func(tx *store.Tx) (err error) {
				b := store.Telling{Delivery: d.ID, By: by, Known: known, Stale: f.clock.Now().Add(-time.Minute), Dead: dead, At: f.clock.Now()}
				if mine, err = tx.BeginTelling(b); mine {
					last = b
				}
				return err
			})
			return mine
		}
		end := func(fail *connector.Error) {
			t.Helper()
			f.tx(func(tx *store.Tx) error {
				return tx.EndTelling(last, connector.Tidings{Target: "US001/1", Number: "V1"}, fail, "", f.clock.Now())
			})
		}
		for _, step := range []struct {
			name, by, dead string
			after          time.Duration
			mine           bool
		}{
			{"the first has it", "one", "", 0, true},
			{"another one has not", "two", "", 30 * time.Second, false},
			{"unless the first is dead", "two", "one", 0, true},
			{"a third has not", "three", "one", 0, false},
			{"until it must be dead", "three", "", 2 * time.Minute, true},
		} {
			f.clock.add(step.after)
			if got := begin(step.by, step.dead); got != step.mine {
				t.Errorf("%s: %v", step.name, got)
			}
		}
		mine := last
		last.By = "one"
		end(nil)
		if told := f.last(orders, "1").Told; told == nil || !told.At.IsZero() || told.By != "three" {
			t.Errorf("one whose telling was taken over ended it: %+v", told)
		}
		last = mine
		end(connector.Errorf(connector.Conflict, "tell", "no"))
		if told := f.last(orders, "1").Told; told == nil || !told.At.IsZero() || !told.Begun.IsZero() || told.Err == nil || told.Err.Message != "no" {
			t.Errorf("after a refusal: %+v", told)
		}
		if !begin("one", "") {
			t.Error("what was refused can't be told again")
		}
		f.clock.add(time.Second)
		end(nil)
		told := f.last(orders, "1").Told
		if told == nil || told.Tidings.Number != "V1" || !told.At.Equal(f.clock.Now()) || told.Err != nil {
			t.Errorf("after it was taken: %+v", told)
		}
		f.tx(func(tx *store.Tx) error { return tx.NothingToTell(d.ID) })
		if got := f.last(orders, "1").Told; got == nil || *got != *told {
			t.Errorf("after nothing was left to tell: %+v", got)
		}
		if begin("late", "") {
			t.Error("who does not know that it was told tells it again")
		}
	})
}

// TestWhatIsPaidIsDueAgainWhenItWasSaid: not in the round that saw it, and nothing else is.
func TestWhatIsPaidIsDueAgainWhenItWasSaid(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("1", "a"))
		f.take(orders).deliver("US001/")
		d := f.last(orders, "1")
		due := func() int {
			ds, err := f.PaidDue(f.ctx, orders, f.clock.Now(), 0, 10)
			must(t, err)
			return len(ds)
		}
		set := func(s connector.Stage) {
			f.tx(func(tx *store.Tx) error {
				return tx.SetLife(d.ID, connector.Life{Stage: s, At: f.clock.Now()}, connector.Delivered, nil, f.clock.Now())
			})
		}
		set(connector.StagePosted)
		if due() != 0 {
			t.Error("what is posted counts as paid")
		}
		set(connector.StagePaid)
		if due() != 0 {
			t.Error("it is due in the round that saw it")
		}
		f.clock.add(time.Second)
		if due() != 1 {
			t.Error("it is not due afterwards")
		}
		must(t, f.FollowAgain(f.ctx, []int64{d.ID}, f.clock.Now().Add(time.Hour)))
		if due() != 0 {
			t.Error("it is due before its time")
		}
		f.clock.add(2 * time.Hour)
		if due() != 1 {
			t.Error("it is not due at its time")
		}
		must(t, f.FollowAgain(f.ctx, []int64{d.ID}, time.Time{}))
		f.clock.add(99 * time.Hour)
		if due() != 0 {
			t.Error("it is due although nobody looks any more")
		}
	})
}
