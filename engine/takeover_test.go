package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// working is a process with its Scheduler.
type working struct {
	*process
	cancel context.CancelFunc
	done   chan error
	dead   atomic.Bool
}

// work lets a process work by a Scheduler of its own until it is stopped, so many jobs at once; watch, unless nil,
// sees the moments of its store.
func (w *world) work(p *process, workers int, watch func(op string, at store.Moment) error) *working {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	out := &working{process: p, cancel: cancel, done: make(chan error, 1)}
	p.DB.Watch(func(op string, at store.Moment) error {
		if out.dead.Load() {
			return errors.New("the process is dead")
		}
		if watch != nil {
			return watch(op, at)
		}
		return nil
	})
	s, err := engine.NewPolling(w.t.Context(), p.Engine, workers)
	if err != nil {
		w.t.Fatal(err)
	}
	go func() {
		defer close(out.done)
		out.done <- s.Run(ctx)
	}()
	w.t.Cleanup(out.end)
	return out
}

// kill stops a process dead: from now on nothing of it reaches the database. SQLite's one connection for writing is taken
// first: whoever waits in it for another process holds a lock that Close waits for, and in a bubble the time of his wait
// would stand still meanwhile.
func (p *working) kill() {
	p.dead.Store(true)
	if c, err := p.DB.SQL().Conn(context.Background()); err == nil {
		defer c.Close()
	}
	_ = p.DB.Close()
	p.cancel()
}

// end lets a process stop as it should, and waits for what is left of one that is dead.
func (p *working) end() {
	p.w.t.Helper()
	p.cancel()
	if err := <-p.done; err != nil && !p.dead.Load() {
		p.w.t.Error(err)
	}
}

// running counts the jobs that River believes a process to run.
func (w *world) running(owner string) int {
	w.t.Helper()
	var n int
	err := w.db.SQL().QueryRowContext(w.t.Context(), "SELECT COUNT(*) FROM river_job WHERE state = 'running' AND CAST(attempted_by AS TEXT) LIKE '%' || $1 || '%'", owner).Scan(&n)
	if err != nil {
		w.t.Error(err)
	}
	return n
}

// until waits until something is so, and says how long that took.
func (w *world) until(most time.Duration, what string, so func() bool) time.Duration {
	w.t.Helper()
	began := time.Now()
	for !so() {
		if time.Since(began) > most {
			w.t.Fatalf("not after %s: %s; %v", most, what, w.states())
		}
		_ = engine.Sleep(w.t.Context(), 250*time.Millisecond)
	}
	return time.Since(began)
}

// pollNow reads the Flow.
func (w *world) pollNow(p *process) {
	w.t.Helper()
	_ = engine.Sleep(w.t.Context(), time.Second)
	if r, err := p.Poll(w.t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil || r.Err != nil {
		w.t.Fatal(err, r.Err)
	}
}

// A process is killed while it sends: the other one has settled all that is not in doubt within half a minute, nothing is
// there twice, and what the dead one left in River's rows ends.
func TestOneOfTwoProcessesIsKilled_I8(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		w := newShared(t, url, 4)
		w.to.settles = "10s"
		w.fill(120)
		a, b := w.process("process-a"), w.process("process-b")
		w.pollNow(a)
		killed := make(chan struct{})
		var calls atomic.Int64
		a.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
			_ = engine.Sleep(ctx, 200*time.Millisecond)
			if n := calls.Add(1); n > 20 { // some of them arrived
				if n%2 == 0 {
					_, _ = w.to.Write(ctx, wr)
				}
				<-killed
				return connector.Receipt{}, errors.New("the process is dead")
			}
			return w.to.Write(ctx, wr)
		}
		b.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
			_ = engine.Sleep(ctx, 200*time.Millisecond)
			return w.to.Write(ctx, wr)
		}
		one := w.work(a, 4, nil)
		w.until(20*time.Second, "a sends", func() bool { return calls.Load() > 22 })
		other := w.work(b, 4, nil)
		close(killed)
		one.kill()
		if n := w.running("process-a"); n == 0 {
			t.Fatal("the dead process left no job: the test tests nothing")
		}
		settled := w.until(30*time.Second, "all is settled but what is in doubt", func() bool {
			s := w.states()
			return s[connector.Waiting]+s[connector.Sending] == 0
		})
		w.from.put("500", order("P500", "10", "open")) // written later than what is in doubt
		w.pollNow(b)
		certain := settled + w.until(time.Minute, "nothing is in doubt", func() bool { return w.states()[connector.Delivered] == 121 })
		buried := w.until(time.Minute, "the jobs of the dead one are ended", func() bool { return w.running("process-a") == 0 })
		t.Logf("settled after %s, certain after %s, no job left %s later", settled, certain, buried)
		one.end()
		other.end()
		for i := range 120 {
			if key := fmt.Sprintf("P%03d", i); w.to.count(key) != 1 {
				t.Errorf("%s is there %d times", key, w.to.count(key))
			}
		}
		w.allDeliveredOnce(121)
	})
}

// One write takes longer than anything that River waits for; another process looks for what dead ones left all the while.
func TestALongWriteOfALiveProcessComesToNoHarm_I8(t *testing.T) {
	for _, tc := range []struct {
		name  string
		watch func(op string, at store.Moment) error
		jobs  bool // that River knows it to run
	}{
		{"it says that it is alive", nil, true},
		{"the others take it for dead", func(op string, _ store.Moment) error {
			if op == "store.BeatProcess" {
				return errors.New("nobody hears it")
			}
			return nil
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				w := newShared(t, url, 4)
				takes := 130 * time.Second
				if testing.Short() {
					takes = 70 * time.Second // by then the other one has looked
				}
				w.fill(1)
				a, b := w.process("process-a"), w.process("process-b")
				w.pollNow(a)
				var writing atomic.Bool
				a.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
					writing.Store(true)
					if err := engine.Sleep(ctx, takes); err != nil {
						t.Errorf("the write was cut off: %v", err)
					}
					return w.to.Write(ctx, wr)
				}
				one := w.work(a, 1, tc.watch) // so that the other one has all other jobs
				w.until(20*time.Second, "a sends", writing.Load)
				other := w.work(b, 4, nil)
				_ = engine.Sleep(t.Context(), takes-10*time.Second)
				if n := w.running("process-a"); n > 0 != tc.jobs {
					t.Errorf("%d jobs of it are running", n)
				}
				w.until(2*time.Minute, "it is delivered", func() bool { return w.states()[connector.Delivered] == 1 })
				w.until(time.Minute, "its job ends", func() bool { return w.running("process-a") == 0 })
				one.end()
				other.end()
				if doubts, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "delivery.in_doubt"}); err != nil || len(doubts) > 0 {
					t.Errorf("%d doubts out of nothing: %v", len(doubts), err)
				}
				w.allDeliveredOnce(1)
			})
		})
	}
}

// pumpJobs counts River's unfinished pump jobs of a partition, for the epoch after its present one. It only reads: who asks
// may be in the way of one who writes.
func (w *world) pumpJobs(partition int) int {
	w.t.Helper()
	parts, err := w.db.OpenPartitions(w.t.Context())
	if err != nil {
		w.t.Error(err)
	}
	epoch := int64(0)
	for _, p := range parts {
		if p.Partition == partition {
			epoch = p.Epoch
		}
	}
	text := "args::text"
	if w.db.IsSQLite() {
		text = "json(args)"
	}
	rows, err := w.db.SQL().QueryContext(w.t.Context(), "SELECT "+text+" FROM river_job WHERE kind = 'pump' AND state IN ('available', 'running', 'scheduled')")
	if err != nil {
		w.t.Error(err)
		return 0
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		var text string
		var args struct {
			Partition int
			Epoch     int64
		}
		if err := errors.Join(rows.Scan(&text), json.Unmarshal([]byte(text), &args)); err != nil {
			w.t.Error(err)
		}
		if args.Partition == partition && args.Epoch == epoch+1 {
			n++
		}
	}
	return n
}

// After half a minute a pump leaves its partition although there is more to do: its job is completed and the next one is
// there in one transaction, or neither.
func TestAPumpHandsItsPartitionOverAfterHalfAMinute_I8(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fails bool
	}{
		{"the transaction is committed", false},
		{"it fails, and the next sweep makes the job", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				w := newShared(t, url, 4)
				w.fill(160)
				var mu sync.Mutex
				var handed time.Duration
				p := w.process("process-a")
				p.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
					mu.Lock()
					takes := 2 * time.Second
					if handed > 0 {
						takes = 0 // seen enough
					}
					mu.Unlock()
					_ = engine.Sleep(ctx, takes)
					return w.to.Write(ctx, wr)
				}
				w.pollNow(p)
				began := time.Now()
				seen := false
				one := w.work(p, 1, func(op string, at store.Moment) error { // one job at a time: the other partition waits
					mu.Lock()
					defer mu.Unlock()
					if tc.fails && handed > 0 && !seen {
						seen = true
						if n := min(w.pumpJobs(0), w.pumpJobs(1)); n > 0 {
							t.Error("the next job is there, and the one before is not completed")
						}
					}
					if op != "engine.finish" || handed > 0 || at == store.BeforeBegin || tc.fails != (at == store.BeforeCommit) {
						return nil
					}
					handed = time.Since(began)
					if tc.fails {
						return errors.New("the disk is full")
					}
					if n := min(w.pumpJobs(0), w.pumpJobs(1)); n == 0 {
						t.Error("the job is completed, and the next one is not there")
					}
					return nil
				})
				w.until(10*time.Minute, "all is delivered", func() bool { return w.states()[connector.Delivered] == 160 })
				one.end()
				if handed < 30*time.Second || handed > 40*time.Second {
					t.Errorf("handed over after %s, expected half a minute", handed)
				}
				w.allDeliveredOnce(160)
			})
		})
	}
}
