package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/store"
)

// measureB8 reads a ledger and holds it against its hashes.
func measureB8(ctx context.Context, o options) ([]row, error) {
	var rows []row
	for _, n := range o.sizes(200_000) {
		db, err := store.Open(ctx, "sqlite:"+filepath.Join(o.bench.dir, fmt.Sprintf("ledger-%d.db?durable=no", n)), time.Now)
		if err != nil {
			return rows, err
		}
		took, err := verify(ctx, db, n, o.rounds)
		if closed := db.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, atMost("B8", "audit verify, SQLite: seconds for a million Entries", n, took.wall.Seconds()*1e6/float64(n), 5, "s").noted("%d Entries took %s.", n, took))
	}
	return rows, nil
}

// verify fills a ledger with n Entries and gives the best of the times that it takes to verify it.
func verify(ctx context.Context, db *store.DB, n, rounds int) (took, error) {
	const each = 1_000
	for done := 0; done < n; done += each {
		err := db.Tx(ctx, func(tx *store.Tx) error {
			for i := range min(each, n-done) {
				tx.Enter(connector.Entry{Action: "delivery.delivered", Subject: fmt.Sprintf("s2p:purchase_order:%d", done+i), Run: 12, Delivery: int64(done + i), Exchange: "0123456789abcdef",
					Details: map[string]string{"from": "sending", "to": "delivered", "operation": "create", "target": "US001/0000001234"}})
			}
			return nil
		})
		if err != nil {
			return took{}, err
		}
	}
	var best took
	for range rounds {
		stop := meter()
		v, err := db.VerifyEntries(ctx)
		if err != nil {
			return took{}, err
		}
		if v.Entries != int64(n) {
			return took{}, fmt.Errorf("%d of %d Entries were verified", v.Entries, n)
		}
		if t := stop(); best.wall == 0 || t.wall < best.wall {
			best = t
		}
	}
	return best, nil
}

// measureB6 looks for Deliveries and Entries in a database in which orders were delivered, and B11 weighs it.
func measureB6(ctx context.Context, o options) ([]row, error) {
	var rows []row
	for _, n := range o.sizes(2_000) {
		p, size, err := o.delivered(ctx, n)
		if err != nil {
			return rows, err
		}
		err = p.with(ctx, nil, func(a *app.App, _ *config.File) error {
			found, entries, err := search(ctx, a, n)
			if err != nil {
				return err
			}
			what := fmt.Sprintf("search p95, SQLite, %d Entries: ", entries)
			rows = append(rows, atMost("B6", what+"a Delivery by number or ID", n, found.number, 5, "ms"), atMost("B6", "  the Deliveries whose error or title has a text", n, found.text, 5, "ms"),
				atMost("B6", "  the history of a record", n, found.history, 5, "ms"))
			return nil
		})
		if err != nil {
			return rows, err
		}
		rows = append(rows, atMost("B11", "bytes on disk for one delivered order with its Exchanges, SQLite", n, size/1024, 3, "KiB"))
	}
	return rows, nil
}

// delivered is a place in which n orders were delivered, and by how many bytes each made the database grow.
func (o options) delivered(ctx context.Context, n int) (place, float64, error) {
	if _, err := newCrowd(o.bench, n, 0); err != nil {
		return place{}, 0, err
	}
	p, err := o.bench.place(ctx, setting{concurrency: 2, schedule: "@daily"}, "")
	if err != nil {
		return p, 0, err
	}
	before, err := p.size()
	if err != nil {
		return p, 0, err
	}
	if err := p.with(ctx, nil, func(a *app.App, _ *config.File) error {
		done, err := a.Sync(ctx, app.SyncOptions{Flows: []string{orders}, Wait: time.Hour}, people.Local("bench"))
		if err == nil && done.Runs[0].Delivered != n {
			err = fmt.Errorf("the program delivered %d of %d orders", done.Runs[0].Delivered, n)
		}
		return err
	}); err != nil {
		return p, 0, err
	}
	after, err := p.size()
	return p, float64(after-before) / float64(n), err
}

// size is what the database takes on disk; who closed it last has put everything into the one file.
func (p place) size() (int64, error) {
	file, err := os.Stat(filepath.Join(p.dir, "ml-connector.db"))
	if err != nil {
		return 0, err
	}
	return file.Size(), nil
}

// searched is the 95th percentile of each kind of search, in milliseconds.
type searched struct{ number, text, history float64 }

func search(ctx context.Context, a *app.App, n int) (searched, int64, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	timed := func(do func(i int) error) (float64, error) {
		var all []time.Duration
		for range 200 {
			at := time.Now()
			if err := do(rng.IntN(n)); err != nil {
				return 0, err
			}
			all = append(all, time.Since(at))
		}
		return float64(quantile(all, 0.95).Microseconds()) / 1000, nil
	}
	deliveries := func(text string, want int) error {
		found, err := a.DB.Deliveries(ctx, store.DeliveryFilter{Search: text, Limit: 50})
		if err == nil && len(found) != want {
			err = fmt.Errorf("%d Deliveries were found by %s, not %d", len(found), text, want)
		}
		return err
	}
	var s searched
	var err error
	if s.number, err = timed(func(i int) error { return deliveries(fmt.Sprintf("B%07d", i), 1) }); err != nil {
		return s, 0, err
	}
	if s.text, err = timed(func(i int) error { return deliveries(fmt.Sprintf("000%d no such", i), 0) }); err != nil {
		return s, 0, err
	}
	if s.history, err = timed(func(i int) error {
		found, err := a.DB.Entries(ctx, store.EntryFilter{Subject: fmt.Sprintf("s2p:purchase_order:%d", crowdID+i), Limit: 50})
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("order %d has no history", i)
		}
		return err
	}); err != nil {
		return s, 0, err
	}
	last, err := a.DB.Entries(ctx, store.EntryFilter{Newest: true, Limit: 1})
	if err != nil || len(last) == 0 {
		return s, 0, err
	}
	return s, last[0].Number, nil
}

// measureB10 starts the server, and weighs the program.
func measureB10(ctx context.Context, o options) ([]row, error) {
	program, err := build(ctx, o.bench.dir)
	if err != nil {
		return nil, err
	}
	p, err := o.bench.place(ctx, setting{concurrency: 2, schedule: "@daily"}, "")
	if err != nil {
		return nil, err
	}
	var ready, used []float64
	for range 5 {
		child, err := p.start(ctx, program, "listening on", "serve", "--listen", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		ready = append(ready, float64(child.ready.Milliseconds()))
		spent, err := child.used()
		if err != nil {
			return nil, err
		}
		used = append(used, float64(spent.Milliseconds()))
		if err := child.stop(); err != nil {
			return nil, err
		}
	}
	file, err := os.Stat(program)
	if err != nil {
		return nil, err
	}
	return []row{
		atMost("B10", "serve, SQLite: start until it listens", 0, median(ready), 300, "ms").over(ready, 1).noted("Its processor time until then was %.0f ms.", median(used)),
		atMost("B10", "stripped program", 0, float64(file.Size())/1e6, 40, "MB"),
	}, nil
}
