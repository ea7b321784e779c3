package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"ml-connector/cmd/postgres"
	"ml-connector/engine"
)

const (
	pollEvery = 2 * time.Second
	changes   = 100
	apart     = 150 * time.Millisecond // on average
)

// measureB2 lets orders appear at JAGGAER at any moment, and takes the time until PeopleSoft has answered their create.
func measureB2(ctx context.Context, o options) ([]row, error) {
	program, err := build(ctx, o.bench.dir)
	if err != nil {
		return nil, err
	}
	server, err := postgres.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	if err := server.Create(ctx, "delay", ""); err != nil {
		return nil, err
	}
	const goal = 100
	var rows []row
	for _, database := range []struct{ name, url string }{{"SQLite", ""}, {"PostgreSQL", server.URL("delay")}} {
		d, err := o.appear(ctx, program, database.url)
		if err != nil {
			return rows, err
		}
		over := func(at float64) float64 { return float64((quantile(d, at) - pollEvery/2).Milliseconds()) }
		var sum time.Duration
		for _, x := range d {
			sum += x
		}
		mean := float64((sum/time.Duration(len(d)) - pollEvery/2).Milliseconds())
		o.say("  %s: p50 %s, p95 %s, mean less half the interval %.0f ms", database.name, quantile(d, 0.5).Round(time.Millisecond), quantile(d, 0.95).Round(time.Millisecond), mean)
		r := atMost("B2", "change until its create is answered − half the poll interval of 2 s, mean, "+database.name, len(d), mean, goal, "ms")
		r.Range = fmt.Sprintf("p50 %.0f ms", over(0.5))
		rows = append(rows, r.noted("With the interval: p50 %s, p95 %s (an interval without any delay has 1 s and 1.9 s).", quantile(d, 0.5).Round(time.Millisecond), quantile(d, 0.95).Round(time.Millisecond)))
	}
	return rows, nil
}

// appear gives the delays of all changes.
func (o options) appear(ctx context.Context, program, database string) ([]time.Duration, error) {
	c, err := newCrowd(o.bench, changes, 0)
	if err != nil {
		return nil, err
	}
	c.stamps = []time.Time{} // nothing yet
	p, err := o.bench.place(ctx, setting{concurrency: slowSlots, schedule: fmt.Sprintf("@every %s", pollEvery)}, database)
	if err != nil {
		return nil, err
	}
	child, err := p.work(ctx, program)
	if err != nil {
		return nil, err
	}
	defer child.kill()
	_ = engine.Sleep(ctx, 2*pollEvery) // the first Run is over
	rng := rand.New(rand.NewPCG(1, 2))
	for range changes {
		_ = engine.Sleep(ctx, time.Duration(float64(2*apart)*rng.Float64()))
		c.mu.Lock()
		c.stamps = append(c.stamps, time.Now())
		c.mu.Unlock()
	}
	if err := c.wait(ctx, changes); err != nil {
		return nil, err
	}
	if err := p.settled(ctx, changes, time.Minute); err != nil {
		return nil, err
	}
	var out []time.Duration
	for i, at := range c.stamps {
		out = append(out, time.Unix(0, c.created[i]).Sub(at))
	}
	return out, child.stop()
}

func quantile(all []time.Duration, at float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(at*float64(len(sorted))), len(sorted)-1)]
}
