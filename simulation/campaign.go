package simulation

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Campaign is many seeds, one after the other on each core.
type Campaign struct {
	From  uint64
	Seeds int
	Until func() bool // no further seed is begun once it says so; nil = never
	Out   io.Writer   // hears of failing seeds at once
	Fails int         // ends after so many failing seeds; 0 = never
}

// Outcome is what came of a Campaign.
type Outcome struct {
	Seeds   int
	Failed  []uint64
	Counts  map[string]int
	Points  map[string]int
	Virtual time.Duration
	Turns   int
}

// Run runs the seeds.
func (c Campaign) Run(ctx context.Context) (Outcome, error) {
	dir, err := os.MkdirTemp("", "ml-connector-simulation-")
	if err != nil {
		return Outcome{}, fmt.Errorf("make a folder for the databases: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var (
		mu    sync.Mutex
		out   = Outcome{Counts: map[string]int{}, Points: map[string]int{}}
		next  = c.From
		first error
		wg    sync.WaitGroup
		beat  atomic.Int64
	)
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		enough := next >= c.From+uint64(c.Seeds) || c.Until != nil && c.Until() || first != nil || ctx.Err() != nil || c.Fails > 0 && len(out.Failed) >= c.Fails
		next++
		return next - 1, !enough
	}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed, ok := take(); ok; seed, ok = take() {
				r, err := Run(ctx, seed, Options{Dir: dir, Beat: &beat})
				mu.Lock()
				if err != nil && first == nil {
					first = fmt.Errorf("seed %d: %w", seed, err)
				}
				out.add(r, c.Out)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(out.Failed)
	return out, first
}

func (o *Outcome) add(r Result, w io.Writer) {
	o.Seeds++
	o.Virtual += r.Virtual
	o.Turns += r.Turns
	for k, n := range r.Counts {
		o.Counts[k] += n
	}
	for k, n := range r.Points {
		o.Points[k] += n
	}
	if len(r.Violations) > 0 {
		o.Failed = append(o.Failed, r.Seed)
		_, _ = fmt.Fprintf(w, "seed %d: %s\n  go run ./cmd/simulate -seed %d -trace\n", r.Seed, r.Violations[0], r.Seed)
	}
}

// Print writes what the seeds went through, so that a campaign which tried nothing is seen.
func (o Outcome) Print(w io.Writer) {
	killed := 0
	groups := map[string][]string{}
	for _, k := range slices.Sorted(maps.Keys(o.Counts)) {
		group, _, _ := strings.Cut(k, " ")
		switch group {
		case "kill":
			killed++
		case "fault", "network:", "commit", "at":
			groups[group] = append(groups[group], fmt.Sprintf("%s %d", strings.TrimPrefix(k, group+" "), o.Counts[k]))
		default:
			groups[""] = append(groups[""], fmt.Sprintf("%s %d", k, o.Counts[k]))
		}
	}
	for _, g := range []struct{ key, title string }{{"", "happened"}, {"network:", "network"}, {"fault", "faults armed"}, {"commit", "commits"}, {"at", "deliveries at rest"}} {
		_, _ = fmt.Fprintf(w, "%s: %s\n", g.title, strings.TrimPrefix(strings.Join(groups[g.key], " · "), "rest: "))
	}
	_, _ = fmt.Fprintf(w, "killed at %d of %d points\n", killed, len(o.Points))
}
