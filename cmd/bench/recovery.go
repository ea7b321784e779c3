package main

import (
	"context"
	"fmt"
	"time"

	"ml-connector/cmd/postgres"
	"ml-connector/engine"
)

// measureB5 kills a process while orders wait and are being sent, and starts another one.
func measureB5(ctx context.Context, o options) ([]row, error) {
	program, err := build(ctx, o.bench.dir)
	if err != nil {
		return nil, err
	}
	server, err := postgres.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	const goal = 15
	var rows []row
	for _, n := range o.sizes(2_000) {
		for _, database := range []string{"SQLite", "PostgreSQL"} {
			url := ""
			if database == "PostgreSQL" {
				name := fmt.Sprintf("open%d", n)
				if err := server.Create(ctx, name, ""); err != nil {
					return rows, err
				}
				url = server.URL(name)
			}
			r, err := o.recover(ctx, program, url, n)
			if err != nil {
				return rows, err
			}
			o.say("  %s, %d open: ready after %s, first create after %s", database, n, r.ready.Round(time.Millisecond), r.first.Round(time.Millisecond))
			rows = append(rows, atMost("B5", "SIGKILL with Deliveries open, "+database+": new process until its first create was answered", n, r.first.Seconds(), goal, "s").
				noted("It said that it was ready after %s.", r.ready.Round(time.Millisecond)))
		}
	}
	return rows, nil
}

// recovered is how long a new process took to say that it is ready, and until its first create was answered.
type recovered struct{ ready, first time.Duration }

func (o options) recover(ctx context.Context, program, database string, n int) (recovered, error) {
	c, err := newCrowd(o.bench, n, 0)
	if err != nil {
		return recovered{}, err
	}
	p, err := o.bench.place(ctx, setting{concurrency: slowSlots, schedule: "@daily"}, database)
	if err == nil {
		err = p.accept(ctx, c)
	}
	if err != nil {
		return recovered{}, err
	}
	c.quiet.Store(true)
	c.delay = slowAnswer
	before, err := p.work(ctx, program)
	if err != nil {
		return recovered{}, err
	}
	if err := c.wait(ctx, min(n/2, 100)); err != nil {
		before.kill()
		return recovered{}, err
	}
	before.kill()
	_ = engine.Sleep(ctx, 2*slowAnswer) // what was on its way has arrived
	done, _ := c.brought()
	at := time.Now()
	after, err := p.work(ctx, program)
	if err != nil {
		return recovered{}, err
	}
	defer after.kill()
	if err := c.wait(ctx, done+1); err != nil {
		return recovered{}, err
	}
	return recovered{ready: after.ready, first: time.Since(at)}, nil
}

// wait until so many orders were created.
func (c *crowd) wait(ctx context.Context, n int) error {
	for until := time.Now().Add(5 * time.Minute); time.Now().Before(until); {
		if done, _ := c.brought(); done >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	done, _ := c.brought()
	return fmt.Errorf("%w: %d of %d", errSlow, done, n)
}
