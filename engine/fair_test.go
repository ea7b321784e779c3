package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
)

func TestHowManyPartitionsOneProcessTakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                  string
		held, open, processes int
		left                  time.Duration
		want                  bool
	}{
		{"alone: all", 15, 16, 1, 0, true},
		{"the first of many", 0, 16, 4, 0, true},
		{"its part and one more", 4, 16, 4, 0, true},
		{"no more than that", 5, 16, 4, 0, false},
		{"a part that is not whole is rounded up", 3, 5, 2, 0, true},
		{"and no more", 4, 5, 2, 0, false},
		{"two partitions may be of one of two processes", 1, 2, 2, 0, true},
		{"fewer partitions than processes", 1, 2, 8, 0, true},
		{"what nobody else took", 5, 16, 4, 6 * time.Second, true},
		{"not before it was left long enough", 5, 16, 4, 5 * time.Second, false},
	} {
		if got := engine.MayTake(tc.held, tc.open, tc.processes, tc.left); got != tc.want {
			t.Errorf("%s: %v, expected %v", tc.name, got, tc.want)
		}
	}
}

// owners counts the partitions of each process.
func (w *world) owners() map[string]int {
	w.t.Helper()
	parts, err := w.db.OpenPartitions(w.t.Context())
	if err != nil {
		w.t.Error(err)
	}
	out := map[string]int{}
	for _, p := range parts {
		if p.Partition >= 0 && p.Owner != "" {
			out[p.Owner]++
		}
	}
	return out
}

// Two processes have eight partitions to work on: neither has all of them. When one can't take any, the other one does.
func TestTwoProcessesDivideThePartitions_I26(t *testing.T) {
	for _, tc := range []struct {
		name    string
		workers int // of the second
		most    int // partitions of the first
	}{
		{"both can work", 16, 5},
		{"the other one takes no pump", 0, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				w := newShared(t, url, 64)
				w.fill(80)
				var all []*process
				var mu sync.Mutex
				slow := true
				for i := range 2 {
					p := w.process(fmt.Sprint("process-", i))
					p.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
						mu.Lock()
						takes := 20 * time.Second
						if !slow {
							takes = 0
						}
						mu.Unlock()
						_ = engine.Sleep(ctx, takes)
						return w.to.Write(ctx, wr)
					}
					all = append(all, p)
				}
				one := w.work(all[0], 16, nil)
				if tc.workers == 0 {
					w.idle(all[1])
				} else {
					defer w.work(all[1], tc.workers, nil).end()
				}
				w.pollNow(all[0])
				took := w.until(15*time.Second, "all partitions are worked on", func() bool {
					o := w.owners()
					return o["process-0"]+o["process-1"] == 8
				})
				o := w.owners()
				t.Logf("%v after %s", o, took)
				if max(o["process-0"], o["process-1"]) > tc.most {
					t.Errorf("%v, expected at most %d of one", o, tc.most)
				}
				mu.Lock()
				slow = false
				mu.Unlock()
				w.until(5*time.Minute, "all is delivered", func() bool { return w.states()[connector.Delivered] == 80 })
				one.end()
				w.allDeliveredOnce(80)
			})
		})
	}
}

// idle says that a process is alive, which runs no job.
func (w *world) idle(p *process) {
	w.t.Helper()
	if err := p.DB.BeatProcess(w.t.Context(), p.Owner); err != nil {
		w.t.Fatal(err)
	}
}
