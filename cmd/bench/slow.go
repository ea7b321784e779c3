package main

import (
	"context"
	"fmt"
	"time"

	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
)

const (
	slowAnswer = 50 * time.Millisecond // what each call of a slow peer takes
	slowSlots  = 16
	perOrder   = 2 // calls at PeopleSoft: look-up and create
)

// limit is how many orders a second so many calls at once leave.
func limit(slots int) float64 { return float64(slots) / perOrder / slowAnswer.Seconds() }

// measureB1L brings orders across with peers that take their time.
func measureB1L(ctx context.Context, o options) ([]row, error) {
	var rows []row
	for _, n := range o.sizes(1_000) {
		c, err := newCrowd(o.bench, n, slowAnswer)
		if err != nil {
			return nil, err
		}
		var whole, swing []float64
		for i := range o.rounds {
			took, err := bringSlowly(ctx, o.bench, n)
			if err != nil {
				return nil, err
			}
			if done, twice := c.brought(); done != n || twice != 0 {
				return nil, fmt.Errorf("of %d orders %d were created, %d of them twice", n, done, twice)
			}
			whole, swing = append(whole, float64(n)/took.wall.Seconds()), append(swing, c.pace())
			o.say("  round %d: %s for %d orders: %.1f/s, at full swing %.1f/s, at most %d and %d calls at once", i+1, took, n, whole[i], swing[i], c.erp.most, c.s2p.most)
			c.reset()
		}
		rows = append(rows,
			atLeast("B1L", "orders end to end, SQLite, peers take 50 ms, concurrency 16 ÷ limit of 160/s", n, median(whole)/limit(slowSlots), 0.97, "").over(whole, limit(slowSlots)),
			plain("B1L", "  the same without the first and the last tenth of the creates", n, median(swing)/limit(slowSlots), "").over(swing, limit(slowSlots)))
	}
	return rows, nil
}

// over tells the range of values, each divided by a limit.
func (r row) over(values []float64, by float64) row {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	r.Range = amount(low/by, "") + " – " + amount(high/by, "")
	return r
}

func bringSlowly(ctx context.Context, b *bench, n int) (took, error) {
	p, err := b.place(ctx, setting{concurrency: slowSlots, schedule: "@daily"}, "")
	if err != nil {
		return took{}, err
	}
	var t took
	err = p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		stop := meter()
		done, err := a.Sync(ctx, app.SyncOptions{Flows: []string{orders}, Wait: time.Hour}, people.Local("bench"))
		t = stop()
		if err == nil && done.Runs[0].Delivered != n {
			err = fmt.Errorf("the program delivered %d of %d orders: %+v, %+v", done.Runs[0].Delivered, n, done.Runs[0], done.Runs[0].Error)
		}
		return err
	})
	return t, err
}
