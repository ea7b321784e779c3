package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/engine"
	"ml-connector/store"
)

// measureB4 polls many Connections that have nothing new, each every minute.
func measureB4(ctx context.Context, o options) ([]row, error) {
	program, err := build(ctx, o.bench.dir)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, n := range o.sizes(100) {
		p, err := o.many(ctx, n)
		if err != nil {
			return rows, err
		}
		child, err := p.work(ctx, program)
		if err != nil {
			return rows, err
		}
		share, runs, err := p.idle(ctx, child)
		child.kill()
		if err != nil {
			return rows, err
		}
		o.say("  %d connections: %.1f %% of a core, %d Runs in a minute", n, share, runs)
		rows = append(rows, atMost("B4", "idle Connections polled each minute, SQLite: share of one core", n, share, 1.5, "%").noted("%d Runs in the minute that was measured.", runs))
	}
	return rows, nil
}

// many is a place in which n Connections to JAGGAER have a Flow of orders each; all were checked.
func (o options) many(ctx context.Context, n int) (place, error) {
	c, err := newCrowd(o.bench, 1, 0)
	if err != nil {
		return place{}, err
	}
	c.quiet.Store(true)
	p, err := o.bench.place(ctx, setting{concurrency: 2, schedule: "@daily"}, "")
	if err != nil {
		return p, err
	}
	text, err := os.ReadFile(p.file())
	if err != nil {
		return p, err
	}
	if err := os.WriteFile(p.file(), []byte(multiplied(string(text), n)), 0o600); err != nil {
		return p, err
	}
	o.say("  %d connections are checked …", n)
	if err := p.apply(ctx); err != nil {
		return p, err
	}
	return p, p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		now := time.Now()
		return a.DB.Tx(ctx, func(tx *store.Tx) error {
			for i := range n { // spread over the minute, and none of them has to wait for the first Run of another
				if err := tx.SetNextRun(fmt.Sprintf("orders-%d", i), now.Add(time.Duration(i)*time.Minute/time.Duration(n))); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// multiplied is a configuration with n copies of s2p and of its Flow of orders.
func multiplied(text string, n int) string {
	before, rest, _ := strings.Cut(text, "  s2p:\n")
	s2p, flows, _ := strings.Cut(rest, "flows:\n")
	var b strings.Builder
	b.WriteString(before + "  s2p:\n" + s2p)
	for i := range n {
		fmt.Fprintf(&b, "  s2p-%d:\n%s", i, s2p)
	}
	b.WriteString("flows:\n")
	for i := range n {
		fmt.Fprintf(&b, "  orders-%d: {use: purchase-orders, from: s2p-%d, to: erp, schedule: \"@every 60s\"}\n", i, i)
	}
	b.WriteString(strings.Replace(flows, "  purchase-orders: {", "  purchase-orders: {enabled: false, ", 1))
	return b.String()
}

// settleIn is how long a process has to get into its stride.
const settleIn = 15 * time.Second

// idle is the share of one core, in percent, that a process takes in a minute once it is in its stride; and how many
// Runs it had in it.
func (p place) idle(ctx context.Context, child *child) (share float64, runs int, err error) {
	if err := engine.Sleep(ctx, settleIn); err != nil {
		return 0, 0, err
	}
	from, at, err := child.usedNow()
	if err != nil {
		return 0, 0, err
	}
	if err := engine.Sleep(ctx, time.Minute); err != nil {
		return 0, 0, err
	}
	to, until, err := child.usedNow()
	if err != nil {
		return 0, 0, err
	}
	err = p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		all, err := a.DB.Runs(ctx, store.RunFilter{Limit: 10_000})
		for _, r := range all {
			if ended(r) && r.StartedAt.After(at) && r.StartedAt.Before(until) {
				runs++
			}
		}
		return err
	})
	return 100 * (to - from).Seconds() / until.Sub(at).Seconds(), runs, err
}

func (c *child) usedNow() (time.Duration, time.Time, error) {
	used, err := c.used()
	return used, time.Now(), err
}
