package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/flows"
	"ml-connector/people"
	"ml-connector/sample"
	"ml-connector/store"
	"ml-connector/systems"
)

const orders = "purchase-orders"

// bench is the customer with n orders, and a database that has everything but them.
type bench struct {
	dir        string
	n          int
	site       *site.Site
	erp, s2p   *peer
	template   string // folder with the database before the orders
	simulators took   // the program with the simulators themselves
}

// setUp brings suppliers and accounts across, keeps that database, and brings the orders across once, so that the peers
// know all answers.
func setUp(ctx context.Context, n int) (*bench, error) {
	dir, err := os.MkdirTemp("", "ml-connector-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir, n: n, template: filepath.Join(dir, "template")}
	b.site, err = site.Open(ctx, site.Options{
		Company: company(n), Now: time.Now, Seed: 1, PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1, Front: b.front,
	})
	if err == nil {
		err = b.prepare(ctx)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// company has n plain orders of suppliers and accounts that exist; nothing of it is held on purpose.
func company(n int) *sample.Company {
	size := sample.Small()
	size.Orders = n + 20
	c := sample.New(1, size, time.Now())
	plain := c.Orders[:0]
	for _, o := range c.Orders {
		if o.Note == "" && o.Supplier.VendorID != "" && len(plain) < n {
			plain = append(plain, o)
		}
	}
	c.Orders, c.Invoices = plain, nil
	return c
}

func (b *bench) front(system string, simulator http.Handler) http.Handler {
	p := newPeer(simulator)
	if system == "peoplesoft" {
		b.erp = p
	} else {
		b.s2p = p
	}
	return p
}

func (b *bench) prepare(ctx context.Context) error {
	path, err := b.site.Write(b.template)
	if err != nil {
		return err
	}
	file, err := config.Read(path, appConfig(config.Process{}).Known(true))
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, appConfig(file.Process))
	if err != nil {
		return err
	}
	_, err = a.Apply(ctx, file, app.ApplyOptions{}, people.Local("bench"))
	if err == nil {
		_, err = a.Sync(ctx, app.SyncOptions{Flows: []string{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer"}, Wait: time.Minute}, people.Local("bench"))
	}
	if closed := a.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	b.learn(true)
	defer b.learn(false)
	b.simulators, err = b.program(ctx)
	return err
}

func (b *bench) learn(on bool) {
	b.erp.learn(on)
	b.s2p.learn(on)
}

func (b *bench) close() {
	if b.site != nil {
		b.site.Close()
	}
	_ = os.RemoveAll(b.dir) // it is in the system's temporary folder
}

func appConfig(p config.Process) app.Config {
	return app.Config{Process: p, Systems: systems.All(), Shipped: flows.Shipped(), Lookup: os.LookupEnv, Now: time.Now, Owner: fmt.Sprintf("bench/%d", time.Now().UnixNano())}
}

// program is what the real program takes for all orders, on a fresh copy of the database. Opening is not counted.
func (b *bench) program(ctx context.Context) (took, error) {
	dir, err := os.MkdirTemp(b.dir, "program-")
	if err != nil {
		return took{}, err
	}
	for _, name := range []string{"ml-connector.yaml", "ml-connector.db", "master.key"} {
		text, err := os.ReadFile(filepath.Join(b.template, name))
		if err != nil {
			return took{}, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return took{}, err
		}
	}
	c := appConfig(config.Process{})
	if c.Process, err = config.ReadProcess(filepath.Join(dir, "ml-connector.yaml"), c.Known(false)); err != nil {
		return took{}, err
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		return took{}, err
	}
	var done app.Synced
	var commits atomic.Int64
	a.DB.Watch(func(_ string, at store.Moment) error {
		if at == store.AfterCommit {
			commits.Add(1)
		}
		return nil
	})
	stop := meter()
	pprof.Do(ctx, pprof.Labels("side", "program"), func(ctx context.Context) { // a profile tells it from the floor and the peers
		done, err = a.Sync(ctx, app.SyncOptions{Flows: []string{orders}, Wait: 10 * time.Minute}, people.Local("bench"))
	})
	t := stop()
	t.commits = int(commits.Load())
	if closed := a.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return took{}, err
	}
	if r := done.Runs[0]; r.Delivered != b.n {
		return took{}, fmt.Errorf("the program delivered %d of %d orders: %+v", r.Delivered, b.n, r)
	}
	return t, nil
}
