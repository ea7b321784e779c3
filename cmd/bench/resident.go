package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/store"
)

const mib = 1 << 20

// measureB3 watches the memory of a real process while it brings orders across for the first time, and while it reads all of
// them again and finds nothing changed.
func measureB3(ctx context.Context, o options) ([]row, error) {
	program, err := build(ctx, o.bench.dir)
	if err != nil {
		return nil, err
	}
	const goal = 96
	var rows []row
	var before *memoryUse
	for _, n := range o.sizes(1_000, 4_000) {
		m, err := o.watch(ctx, program, n)
		if err != nil {
			return rows, err
		}
		o.say("  %d orders: at most %.1f MiB in the first load (%s), %.1f MiB in the quiet read (%s)", n, m.load, m.loaded.Round(time.Second), m.again, m.reread.Round(time.Millisecond))
		load := atMost("B3", "resident memory of work, SQLite, most in the first load", n, m.load, goal, "MiB")
		again := atMost("B3", "  most while all are read again and nothing changed", n, m.again, goal, "MiB")
		if before != nil {
			decades := math.Log10(float64(n) / float64(before.n))
			load = load.noted("A decade more: %+.0f %%.", 100*(math.Pow(m.load/before.load, 1/decades)-1))
			again = again.noted("Read again, a decade more: %+.0f %%.", 100*(math.Pow(m.again/before.again, 1/decades)-1))
		}
		rows, before = append(rows, load, again), &m
	}
	return rows, nil
}

// memoryUse is the most that was resident, in MiB.
type memoryUse struct {
	n              int
	load, again    float64
	loaded, reread time.Duration
}

func (o options) watch(ctx context.Context, program string, n int) (memoryUse, error) {
	m := memoryUse{n: n}
	if _, err := newCrowd(o.bench, n, 0); err != nil {
		return m, err
	}
	p, err := o.bench.place(ctx, setting{concurrency: 2, schedule: "@every 2s", overlap: "60d"}, "")
	if err != nil {
		return m, err
	}
	at := time.Now()
	child, err := p.work(ctx, program)
	if err != nil {
		return m, err
	}
	defer child.kill()
	if err := p.settled(ctx, n, 2*time.Hour); err != nil {
		return m, err
	}
	m.loaded = time.Since(at)
	if m.load, err = child.peak(); err != nil {
		return m, err
	}
	if m.reread, err = p.reread(ctx, n, time.Now()); err != nil {
		return m, err
	}
	if m.again, err = child.peak(); err != nil {
		return m, err
	}
	return m, child.stop()
}

// peak is the most memory in MiB since it was asked last, which it forgets.
func (c *child) peak() (float64, error) {
	_, most, err := c.memory()
	if err != nil {
		return 0, err
	}
	return float64(most) / mib, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", c.command.Process.Pid), []byte("5"), 0)
}

// reread waits for a Run, begun after a moment, that read all n orders and found them unchanged, and says how long it took.
func (p place) reread(ctx context.Context, n int, after time.Time) (time.Duration, error) {
	var took time.Duration
	err := p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		for until := time.Now().Add(time.Hour); time.Now().Before(until); {
			runs, err := a.DB.Runs(ctx, store.RunFilter{Flow: orders, Limit: 3})
			if err != nil {
				return err
			}
			for _, r := range runs {
				if ended(r) && r.StartedAt.After(after) && r.Counts.Read == n && r.Counts.Unchanged == n {
					took = r.EndedAt.Sub(r.StartedAt)
					return nil
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(200 * time.Millisecond):
			}
		}
		return errSlow
	})
	return took, err
}

func ended(r connector.Run) bool { return !r.EndedAt.IsZero() && r.Err == nil }
