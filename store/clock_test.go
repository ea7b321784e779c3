package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestWhatLiesAheadComesSoonerWhenTheClockWasSetBack_I27 sets it back by an hour: what lay ahead because of it lies ahead no
// more, what a person must decide stays with that person, and the ledger says so.
func TestWhatLiesAheadComesSoonerWhenTheClockWasSetBack_I27(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		began := f.clock.Now()
		f.clock.add(time.Hour)
		f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Page: connector.Page{Versions: []connector.Version{version("1", "a"), version("2", "a"), version("3", "a")}}, Last: true, Cursor: f.clock.Now()})
		p := f.take(orders)
		doubt := connector.Errorf(connector.Ambiguous, "write", "no answer")
		for i, w := range p.claim() {
			switch i {
			case 0:
				p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Waiting, DueAt: f.clock.Now().Add(time.Minute)})
			case 1:
				p.intend(w.Delivery.ID)
				p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.InDoubt, Err: doubt, DueAt: f.clock.Now().Add(time.Second), LookedAt: f.clock.Now()})
			case 2:
				p.intend(w.Delivery.ID)
				p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.InDoubt, Err: doubt})
			}
		}
		f.tx(func(tx *store.Tx) error { return tx.SetNextRun(orders, f.clock.Now().Add(time.Minute)) })
		f.clock.add(-time.Hour)
		if last, err := f.LastEntryAt(f.ctx); err != nil || !last.Equal(began.Add(time.Hour)) {
			t.Errorf("the last Entry is of %s (%v)", last, err)
		}
		must(t, f.ClockWentBack(f.ctx, time.Hour))
		equal(t, "due time of what waits", f.last(orders, "1").DueAt, began.Add(time.Minute))
		equal(t, "due time of what is looked up", f.last(orders, "2").DueAt, began.Add(time.Second))
		equal(t, "time of its look-up", f.last(orders, "2").LookedAt, began)
		equal(t, "time of its sending", f.last(orders, "2").SentAt, began)
		equal(t, "due time of what waits for a person", f.last(orders, "3").DueAt, time.Time{})
		equal(t, "next Run", f.flow(orders).NextRunAt, began.Add(time.Minute))
		equal(t, "cursor", f.flow(orders).Cursor, began)
		if _, ok, err := f.Take(f.ctx, orders, 0, "another", 5*time.Second); ok || err != nil {
			t.Errorf("a lease that was just beaten was taken over: %v", err)
		}
		p.settle(store.Outcome{Delivery: f.last(orders, "1").ID, State: connector.Waiting, Since: f.clock.Now().Add(time.Hour), DueAt: f.clock.Now().Add(time.Hour + time.Minute)})
		equal(t, "due time that was decided ahead and is stored now", f.last(orders, "1").DueAt, f.clock.Now().Add(time.Minute))
		f.clock.add(6 * time.Second)
		if _, ok, err := f.Take(f.ctx, orders, 0, "another", 5*time.Second); !ok || err != nil {
			t.Errorf("a lease of the time ahead never runs out: %v", err)
		}
		f.sound()
	})
}

// Processes on machines whose clocks differ take over from each other as if they did not.
func TestClocksThatDiffer(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		at := func(skew time.Duration) *store.DB {
			db, err := store.Open(f.ctx, f.url, func() time.Time { return time.Now().Add(skew) })
			must(t, err)
			t.Cleanup(func() { must(t, db.Close()) })
			return db
		}
		for _, skew := range []time.Duration{8 * time.Second, -8 * time.Second, time.Hour, -time.Hour} {
			one, other := at(skew), at(0)
			if off := one.Now().Sub(other.Now()).Abs(); !f.IsSQLite() && off > time.Second {
				t.Errorf("a clock that is off by %s is set right up to %s", skew, off)
			}
			_, ok, err := one.Take(f.ctx, orders, 0, "one", 5*time.Second)
			if !ok || err != nil {
				t.Fatalf("take: %v, %v", ok, err)
			}
			if _, ok, err := other.Take(f.ctx, orders, 0, "other", 5*time.Second); err != nil || ok && !f.IsSQLite() {
				t.Errorf("a clock that is off by %s: taken from one that is alive: %v, %v", skew, ok, err)
			}
			taken, epoch := false, int64(0)
			for end := time.Now().Add(2 * time.Second); !taken && time.Now().Before(end); {
				epoch, taken, err = other.Take(f.ctx, orders, 0, "other", 100*time.Millisecond)
				must(t, err)
			}
			if !taken {
				t.Errorf("a clock that is off by %s: nobody takes over from the dead one", skew)
			}
			must(t, other.Leave(f.ctx, orders, 0, epoch))
		}
	})
}
