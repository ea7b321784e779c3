package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// special is a side with a look-up, a write or a life of its own.
type special struct {
	*side
	find  func(context.Context, connector.Lookup) ([]connector.Found, error)
	write func(context.Context, connector.Write) (connector.Receipt, error)
	track func(context.Context, connector.Track) (connector.Life, error)
	lists map[connector.Kind]func(connector.Query) (connector.Page, error) // of Kinds that it reads besides
}

func (s *special) Kind(k connector.Kind) connector.KindInfo {
	if s.lists[k] != nil {
		return connector.KindInfo{Reads: true, Windowed: true}
	}
	return s.side.Kind(k)
}

func (s *special) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	if list := s.lists[q.Kind]; list != nil {
		return list(q)
	}
	return s.side.Read(ctx, q)
}

func (s *special) Find(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
	if s.find != nil {
		return s.find(ctx, l)
	}
	return s.side.Find(ctx, l)
}

func (s *special) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	if s.write != nil {
		return s.write(ctx, w)
	}
	return s.side.Write(ctx, w)
}

func (s *special) Track(ctx context.Context, t connector.Track) (connector.Life, error) {
	return s.track(ctx, t)
}

// special makes the target of the world special; edit may change the engine's configuration.
func (w *world) special(edit ...func(*engine.Config)) *special {
	s := &special{side: w.to}
	c := w.e.Config
	c.Open = func(_ context.Context, conn connector.Connection) (connector.Instance, error) {
		if conn.Name == "a" {
			return w.from, nil
		}
		return s, nil
	}
	for _, e := range edit {
		e(&c)
	}
	w.e = engine.New(c)
	return s
}

// fill puts n orders into the source.
func (w *world) fill(n int) {
	for i := range n {
		id := fmt.Sprintf("%03d", i)
		w.from.put(id, order("P"+id, "10", "open"))
	}
}

// poll reads what the source has, and delivers nothing.
func (w *world) poll() {
	w.t.Helper()
	w.pass(time.Minute)
	if p, err := w.e.Poll(w.t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil || p.Err != nil {
		w.t.Fatal(err, p.Err)
	}
}

// states counts the Deliveries by state.
func (w *world) states() map[connector.State]int {
	w.t.Helper()
	ds, err := w.db.Deliveries(w.t.Context(), store.DeliveryFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[connector.State]int{}
	for _, d := range ds {
		out[d.State]++
	}
	return out
}

func (w *world) inTx(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Tx(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatIsPausedOrDisabledStopsWithTheNextBeat(t *testing.T) {
	t.Parallel()
	pause := connector.Pause{Code: connector.Conflict, Reason: "by hand", By: "cli:test"}
	for name, halt := range map[string]func(*store.Tx) error{
		"the target is paused":  func(tx *store.Tx) error { return tx.PauseConnection("b", pause) },
		"the source is paused":  func(tx *store.Tx) error { return tx.PauseConnection("a", pause) },
		"the Flow is paused":    func(tx *store.Tx) error { return tx.PauseFlow("orders", pause) },
		"the Flow is disabled":  func(tx *store.Tx) error { return tx.EnableFlow("orders", false, "cli:test") },
		"the Flow is taken out": func(tx *store.Tx) error { return tx.RemoveFlow("orders") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			beat := make(chan struct{})
			s := w.special(func(c *engine.Config) {
				c.Tick = func(ctx context.Context, _ time.Duration) error {
					select {
					case <-beat:
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
			})
			w.fill(60)
			w.poll()
			var writes atomic.Int64
			beaten := make(chan struct{})
			s.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
				if writes.Add(1) == 1 {
					w.inTx(halt)
					beat <- struct{}{} // the second is taken when the first was done
					beat <- struct{}{}
					close(beaten)
				}
				<-beaten
				return s.side.Write(ctx, wr)
			}
			p, err := w.e.Pump(t.Context(), "orders", 0)
			if err == nil && p.Stopped == nil {
				t.Error("the pump does not say that it was stopped")
			}
			if n := writes.Load(); n > 2 {
				t.Errorf("%d writes, expected none but those that were begun before the beat", n)
			}
			if name == "the Flow is taken out" {
				return
			}
			if got := w.states(); got[connector.Delivered] != len(w.to.writes) || got[connector.Delivered]+got[connector.Waiting] != 60 {
				t.Errorf("%v after %d writes; expected each write delivered and the others waiting", got, len(w.to.writes))
			}
		})
	}
}

func TestADisabledFlowIsPumpedOnlyWhenItIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.fill(3)
	w.poll()
	w.inTx(func(tx *store.Tx) error { return tx.EnableFlow("orders", false, "cli:test") })
	for n := range partitions {
		if p, err := w.e.Pump(t.Context(), "orders", n); err != nil || p.Stopped == nil || p.Settled > 0 {
			t.Errorf("it settled %d, stopped by %v (%v)", p.Settled, p.Stopped, err)
		}
	}
	if _, err := w.e.Sync(t.Context(), engine.SyncRequest{Flows: []string{"orders"}, Trigger: connector.TriggerManual, Wait: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if got := w.states(); got[connector.Delivered] != 3 {
		t.Errorf("%v after it was named, expected all delivered", got)
	}
}

func TestOnlyASliceIsEverMarkedAsBeingSent(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		takes      time.Duration // one write
		from, upTo int64         // marked at once, in both partitions together
	}{
		"a slow target has 16 a partition in doubt at most":        {time.Second, 4, 16 * partitions},
		"one that takes 100 in half a second gets as many at once": {5 * time.Millisecond, 33, 100 * partitions},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + filepath.Join(t.TempDir(), "test.db") + "?durable=no"
			synctest.Test(t, func(t *testing.T) { // only the target takes time
				w := newShared(t, url, 2)
				p := w.process("one")
				p.Sole = true
				w.fill(200)
				time.Sleep(time.Second)
				var most atomic.Int64
				p.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
					ds, err := w.db.Deliveries(t.Context(), store.DeliveryFilter{State: connector.Sending})
					if err != nil {
						t.Error(err)
					}
					most.Store(max(most.Load(), int64(len(ds))))
					_ = engine.Sleep(ctx, row.takes)
					return w.to.Write(ctx, wr)
				}
				rep, err := p.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Wait: 5 * time.Minute})
				if err != nil || len(rep.Runs) != 1 || rep.Runs[0].Counts.Delivered != 200 {
					t.Fatalf("%+v, %v, expected all delivered", rep, err)
				}
				if n := most.Load(); n < row.from || n > row.upTo {
					t.Errorf("up to %d were marked at once, expected %d to %d", n, row.from, row.upTo)
				}
			})
		})
	}
}

func TestWhatWasLookedUpBeforeAWriteIsKeptBeforeItsFirstByte(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	s := w.special()
	w.from.put("1", order("P1", "10", "open"))
	s.find = func(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
		tr := connector.TraceOf(ctx)
		tr.Keep(connector.Exchange{ID: "looked", Connection: "b", Op: "find", Run: tr.Run, Delivery: tr.Delivery})
		return s.side.Find(ctx, l)
	}
	s.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
		xs, err := w.db.ExchangesOf(t.Context(), connector.TraceOf(ctx).Delivery)
		if err != nil || len(xs) != 1 || xs[0].ID != "looked" {
			t.Errorf("%d Exchanges are kept when the write begins (%v), expected that of the look-up", len(xs), err)
		}
		return s.side.Write(ctx, wr)
	}
	if c := w.sync().Counts; c.Delivered != 1 {
		t.Errorf("%+v, expected one delivered", c)
	}
}

func TestARunCreatesNoMoreThanItsLimitAndChangesGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.MaxCreates = 3 })
	w.to.info.CanUpdate = true
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "10", "open"))
	w.sync()
	w.pass(time.Minute)
	for id := range 9 {
		w.from.put(fmt.Sprint(id+1), order("P"+fmt.Sprint(id+1), "11", "open")) // two of them are there
	}
	w.sync()
	creates, changes := 0, 0
	for _, wr := range w.to.writes[2:] {
		if wr.Operation == connector.OpCreate {
			creates++
		} else {
			changes++
		}
	}
	f, err := w.db.Flow(t.Context(), "orders")
	if creates != 3 || changes > 2 || err != nil || !strings.Contains(f.Paused.Reason, "created 3 objects, which is its limit") || !strings.Contains(f.Paused.Hint, "limits.creates_per_run") {
		t.Errorf("%d creations and %d changes, paused with %+v (%v); expected three creations, and a pause for that", creates, changes, f.Paused, err)
	}
	w.inTx(func(tx *store.Tx) error { return tx.ResumeFlow("orders", "cli:test") })
	w.pass(time.Minute)
	w.sync()
	if n := w.to.count("P1") + len(w.to.table); n < 6+1 {
		t.Errorf("%d objects are there; once it was enabled as many more may go", len(w.to.table))
	}
}

func TestARunMakesNoMoreChangesThanItsLimitUntilAPersonSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.MaxChanges = 4 })
	w.fill(12)
	expect := func(when string, want int) {
		t.Helper()
		if n := len(w.to.writes); n != want {
			t.Fatalf("%s %d changes were made, expected %d", when, n, want)
		}
	}
	w.sync()
	expect("at first", 4)
	f, err := w.db.Flow(t.Context(), "orders")
	if err != nil || f.Paused.Code != connector.Misconfigured || !strings.Contains(f.Paused.Reason, "its limit") {
		t.Fatalf("the Flow is paused with %+v (%v)", f.Paused, err)
	}
	if _, err := w.e.Ping(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	w.sync()
	w.e = w.engine("two")
	w.sync()
	expect("after a check, a sync and a new start", 4)
	w.inTx(func(tx *store.Tx) error { return tx.ResumeFlow("orders", "cli:test") })
	w.pass(time.Minute)
	if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	expect("after it was enabled", 8)
	w.e = w.engine("three")
	w.inTx(func(tx *store.Tx) error {
		f, err := tx.Flow("orders")
		if err != nil {
			return err
		}
		f.MaxChanges = 100
		if err := tx.SaveFlow(f); err != nil {
			return err
		}
		return tx.ResumeFlow("orders", "cli:test")
	})
	if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	expect("under a higher limit", 12)
}
