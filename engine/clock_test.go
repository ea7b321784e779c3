package engine_test

import (
	"context"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// TestAClockThatWasAheadLetsNothingWaitForItsTime_I27 works for ten minutes by a clock that is an hour ahead, until it is
// set right: what it left behind goes on at once, and what changed meanwhile is read.
func TestAClockThatWasAheadLetsNothingWaitForItsTime_I27(t *testing.T) {
	t.Parallel()
	for _, restarted := range []bool{false, true} {
		w := newWorld(t, connector.ClassNatural)
		w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", w.now().Add(time.Minute)) })
		began := w.now()
		w.from.put("1", order("P1", "10", "open"))
		if _, err := w.e.Due(t.Context(), began); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour) // ahead
		w.sync()
		w.to.onCall = down
		w.from.now = func() time.Time { return w.now().Add(-time.Hour) } // the source has the right time
		w.from.put("2", order("P2", "10", "open"))
		w.poll()
		for n := range w.flow().Partitions {
			w.pumpOnce(n)
		}
		w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", w.now().Add(15*time.Minute)) })
		w.pass(10 * time.Minute)
		if _, err := w.e.Due(t.Context(), began); err != nil {
			t.Fatal(err)
		}
		w.from.put("3", order("P3", "10", "open"))

		w.from.now, w.to.onCall = w.now, nil
		w.pass(-time.Hour)
		if restarted {
			w.e = w.engine("another")
		}
		if _, err := w.e.Due(t.Context(), began); err != nil {
			t.Fatal(err)
		}
		if next := w.flow().NextRunAt; next.After(w.now().Add(15 * time.Minute)) {
			t.Errorf("restarted %v: the next Run is to come in %s", restarted, next.Sub(w.now()))
		}
		if c := w.flow().Cursor; c.After(w.now()) {
			t.Errorf("restarted %v: the cursor is %s ahead", restarted, c.Sub(w.now()))
		}
		w.pass(10 * time.Minute)
		w.sync()
		for _, id := range []string{"1", "2", "3"} {
			if d := w.last(id); d.State != connector.Delivered {
				t.Errorf("restarted %v: record %s is %s, due in %s", restarted, id, d.State, d.DueAt.Sub(w.now()))
			}
		}
	}
}

// TestARunDuringWhichTheClockWasSetBackMovesNoCursor sets it back between two pages.
func TestARunDuringWhichTheClockWasSetBackMovesNoCursor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.pass(time.Minute)
	was, c := w.flow().Cursor, w.e.Config
	c.Open = func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
		if conn.Name == "a" {
			return turning{w.from, func() { w.pass(-time.Hour) }}, nil
		}
		return w.to, nil
	}
	w.e = engine.New(c)
	w.poll()
	if c := w.flow().Cursor; !c.Equal(was) {
		t.Errorf("the cursor went from %s to %s", was, c)
	}
}

// turning does something after each page.
type turning struct {
	*side
	after func()
}

func (s turning) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	defer s.after()
	return s.side.Read(ctx, q)
}

// TestTheClockMayBeSetBackBeforeAnyTransactionOfARun_I27: it is set back by an hour, which is noticed at once, before the first
// transaction of a Run, before the second, and so on to the last, which says when the Flow is due again. No Flow is due late.
func TestTheClockMayBeSetBackBeforeAnyTransactionOfARun_I27(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Schedule, f.Deep = "@every 5s", "@every 10s" })
		w.from.put("1", order("P1", "10", "open"))
		w.pass(time.Hour)
		w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", w.now()) })
		if _, err := w.e.Due(t.Context(), w.now()); err != nil {
			t.Fatal(err)
		}
		seen := 0
		w.db.Watch(func(_ string, m store.Moment) error {
			if m != store.BeforeBegin {
				return nil
			}
			if seen++; seen != at {
				return nil
			}
			w.pass(-time.Hour)
			_, err := w.e.Due(t.Context(), w.now())
			return err
		})
		if done, err := w.e.PollDue(t.Context(), "orders"); !done || err != nil {
			t.Fatalf("before transaction %d: polled: %v, %v", at, done, err)
		}
		w.db.Watch(nil)
		if seen < at {
			if at < 5 {
				t.Errorf("a Run has %d transactions only", seen)
			}
			return
		}
		f := w.flow()
		if f.NextRunAt.After(w.now().Add(5*time.Second)) || f.NextDeepAt.After(w.now().Add(10*time.Second)) {
			t.Errorf("before transaction %d: the next Run is to come in %s, the next deep one in %s", at, f.NextRunAt.Sub(w.now()), f.NextDeepAt.Sub(w.now()))
		}
	}
}
