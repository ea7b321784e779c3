package engine_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// slowly gives every call of the target a time that it takes.
func (p *process) slowly(look, write time.Duration) {
	p.to.find = func(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
		_ = engine.Sleep(ctx, look)
		return p.to.side.Find(ctx, l)
	}
	p.to.write = func(ctx context.Context, w connector.Write) (connector.Receipt, error) {
		_ = engine.Sleep(ctx, write)
		return p.to.side.Write(ctx, w)
	}
}

// alone runs a test in virtual time, of which nothing but the target takes any: one process on SQLite, and so many orders at the source.
func alone(t *testing.T, atOnce, orders int, test func(t *testing.T, w *world, p *process)) {
	t.Helper()
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "test.db") + "?durable=no"
	synctest.Test(t, func(t *testing.T) {
		w := newShared(t, url, atOnce)
		p := w.process("one")
		p.Sole = true
		w.fill(orders)
		time.Sleep(time.Second)
		test(t, w, p)
	})
}

// syncAll delivers all orders in one Run.
func (p *process) syncAll(t *testing.T, orders int) {
	t.Helper()
	rep, err := p.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Wait: time.Hour})
	if err != nil || len(rep.Runs) != 1 || rep.Runs[0].Counts.Delivered != orders {
		t.Fatalf("%+v, %v, expected all delivered", rep, err)
	}
}

func TestTheTargetIsKeptBusyAsLongAsWorkWaits(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		atOnce      int
		look, write time.Duration
	}{
		"look-ups and writes take the same":    {16, 50 * time.Millisecond, 50 * time.Millisecond},
		"writes take ten times as long":        {16, 20 * time.Millisecond, 200 * time.Millisecond},
		"look-ups take ten times as long":      {16, 200 * time.Millisecond, 20 * time.Millisecond},
		"one after the other":                  {2, 50 * time.Millisecond, 50 * time.Millisecond},
		"a target that takes many calls alone": {64, 100 * time.Millisecond, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 400
			alone(t, row.atOnce, n, func(t *testing.T, _ *world, p *process) {
				p.slowly(row.look, row.write)
				began := time.Now()
				p.syncAll(t, n)
				least := n * (row.look + row.write) / time.Duration(row.atOnce)
				if took := time.Since(began); took > least*105/100+row.look+row.write {
					t.Errorf("it took %s, and the target no more than %s", took, least)
				}
			})
		})
	}
}

func TestWhatEndedIsSettledSoonThoughAnotherWriteTakesLong(t *testing.T) {
	alone(t, 8, 40, func(t *testing.T, w *world, p *process) {
		var once sync.Once
		p.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
			slow := false
			once.Do(func() { slow = true })
			if slow {
				_ = engine.Sleep(ctx, time.Minute)
				ds, err := w.db.Deliveries(t.Context(), store.DeliveryFilter{State: connector.Delivered})
				if err != nil || len(ds) != 39 {
					t.Errorf("%d of the 39 others are settled after a minute (%v)", len(ds), err)
				}
			}
			return p.to.side.Write(ctx, wr)
		}
		p.syncAll(t, 40)
	})
}

func TestAPartitionIsTakenOnceForAllThatIsRead(t *testing.T) {
	alone(t, 2, 200, func(t *testing.T, _ *world, p *process) { // three to a page
		var mu sync.Mutex
		var ops []string
		p.DB.Watch(func(op string, at store.Moment) error {
			mu.Lock()
			defer mu.Unlock()
			if at == store.AfterCommit {
				ops = append(ops, op)
			}
			return nil
		})
		p.slowly(time.Millisecond, time.Millisecond)
		p.syncAll(t, 200)
		times := map[string]int{}
		for _, op := range ops {
			times[op]++
		}
		if times["store.Take"] != 2 || times["store.Leave"] != 2 {
			t.Errorf("%v: expected each of two partitions to be taken and left once", times)
		}
		if n := times["store.Settle"] + times["store.Intend"] + times["store.SettleAndIntend"]; n > 40 || n == 0 {
			t.Errorf("%v: expected fewer transactions", times)
		}
		if i := slices.Index(ops, "store.SettleAndIntend"); i < 0 {
			t.Errorf("%v: what ended and what comes next have no transaction in common", times)
		}
	})
}
