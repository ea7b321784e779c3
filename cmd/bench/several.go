package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ml-connector/cmd/postgres"
)

const (
	manyProcesses = 4
	manySlots     = 64
)

// measureB1P delivers orders that wait: by one process with 16 calls at once, and by four with 64 for all, on one PostgreSQL.
func measureB1P(ctx context.Context, o options) ([]row, error) {
	program, err := build(ctx, o.bench.dir)
	if err != nil {
		return nil, err
	}
	server, err := postgres.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	var rows []row
	for _, n := range o.sizes(1_800) {
		var ratios, alone, all []float64
		few := max(n/3, 1)
		one, err := o.waiting(ctx, server, fmt.Sprintf("one%d", n), slowSlots, few)
		if err != nil {
			return nil, err
		}
		many, err := o.waiting(ctx, server, fmt.Sprintf("many%d", n), manySlots, n)
		if err != nil {
			return nil, err
		}
		notes := ""
		for i := range o.rounds {
			x, err := o.settle(ctx, server, one, program, 1, few)
			if err != nil {
				return nil, err
			}
			y, err := o.settle(ctx, server, many, program, manyProcesses, n)
			if err != nil {
				return nil, err
			}
			o.say("  round %d: one process %s; %d processes %s", i+1, x, manyProcesses, y)
			alone, all, ratios = append(alone, x.pace), append(all, y.pace), append(ratios, y.pace/x.pace)
			notes = fmt.Sprintf("Whole runs with starts: %.0f/s and %.0f/s. At most %d and %d calls at PeopleSoft at once.", x.whole, y.whole, x.most, y.most)
		}
		rows = append(rows,
			atLeast("B1P", "orders, PostgreSQL with fsync, peers take 50 ms: 4 processes with 64 ÷ 1 with 16", n, median(ratios), 3.2, "").over(ratios, 1).noted("%s", notes),
			plain("B1P", "  1 process with 16 ÷ limit of 160/s", few, median(alone)/limit(slowSlots), "").over(alone, limit(slowSlots)),
			plain("B1P", "  4 processes with 64 ÷ limit of 640/s", n, median(all)/limit(manySlots), "").over(all, limit(manySlots)))
	}
	return rows, nil
}

// waiting makes a place and a database in which n orders wait.
func (o options) waiting(ctx context.Context, server *postgres.Server, database string, slots, n int) (place, error) {
	if err := server.Create(ctx, database, ""); err != nil {
		return place{}, err
	}
	c, err := newCrowd(o.bench, n, 0)
	if err != nil {
		return place{}, err
	}
	o.say("  %d orders are made to wait in %s …", n, database)
	p, err := o.bench.place(ctx, setting{concurrency: slots, schedule: "@daily"}, server.URL(database))
	if err == nil {
		err = p.accept(ctx, c)
	}
	p.template = database
	return p, err
}

// settling is how fast processes settled what waited.
type settling struct {
	pace, whole float64 // a second: at full swing, and with their start
	most        int     // calls at PeopleSoft at once
}

func (s settling) String() string {
	return fmt.Sprintf("%.1f/s (with its start %.1f/s, at most %d calls at once)", s.pace, s.whole, s.most)
}

// settle lets so many processes deliver what waits in a copy of a place's database.
func (o options) settle(ctx context.Context, server *postgres.Server, p place, program string, processes, n int) (settling, error) {
	const database = "round"
	if err := server.Create(ctx, database, p.template); err != nil {
		return settling{}, err
	}
	p.database = server.URL(database)
	c, err := newCrowd(o.bench, n, slowAnswer)
	if err != nil {
		return settling{}, err
	}
	c.quiet.Store(true)
	at := time.Now()
	var children []*child
	for range processes {
		child, failed := p.work(ctx, program)
		if failed != nil {
			err = failed
			break
		}
		children = append(children, child)
	}
	if err == nil {
		err = p.settled(ctx, n, 5*time.Minute)
	}
	took := time.Since(at)
	for _, child := range children {
		err = errors.Join(err, child.stop())
	}
	if err != nil {
		return settling{}, err
	}
	if done, twice := c.brought(); done != n || twice != 0 {
		return settling{}, fmt.Errorf("of %d orders %d were created, %d of them twice", n, done, twice)
	}
	return settling{pace: c.pace(), whole: float64(n) / took.Seconds(), most: c.erp.most}, server.Drop(ctx, database)
}
