package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/systems"
)

// measureB9 reconciles orders that are the same on both sides. Both peers answer from memory, without HTTP, from the few orders that
// were learned: what is measured is ours alone, in this process.
func measureB9(ctx context.Context, o options) ([]row, error) {
	const goal, million = 60, 1_000_000
	var rows []row
	var before float64
	for _, n := range o.sizes(1_000, 10_000) {
		took, most, err := o.reconciled(ctx, n)
		if err != nil {
			return rows, err
		}
		o.say("  %d orders a side: %s, at most %.1f MiB more", n, took.Round(time.Millisecond), most)
		time := atMost("B9", "reconcile of orders that are the same on both sides, peers in memory, SQLite", n, took.Seconds(), goal*float64(n)/million, "s").
			noted("%.0f a second; at this rate a million takes %.0f s, and the goal is %d s.", float64(n)/took.Seconds(), took.Seconds()*million/float64(n), goal)
		room := plain("B9", "  resident memory, most while it reconciles, above what it was", n, most, "MiB")
		if before > 0 {
			room = room.noted("The size before: %+.0f %%.", 100*(most/math.Max(before, 1)-1))
		}
		rows, before = append(rows, time, room), most
	}
	return rows, nil
}

// reconciled brings n orders across and reconciles them.
func (o options) reconciled(ctx context.Context, n int) (took time.Duration, most float64, err error) {
	p, err := o.bench.place(ctx, setting{concurrency: 2, schedule: "@daily", overlap: "60d"}, "")
	if err != nil {
		return 0, 0, err
	}
	file, err := config.Read(p.file(), appConfig(config.Process{}).Known(true))
	if err != nil {
		return 0, 0, err
	}
	c := appConfig(file.Process)
	c.Process.Database = p.database
	both := &bothSides{n: n}
	c.Systems = nil
	for _, s := range systems.All() {
		c.Systems = append(c.Systems, mirrored{s, both})
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		if closed := a.Close(); err == nil {
			err = closed
		}
	}()
	synced, err := a.Sync(ctx, app.SyncOptions{Flows: []string{orders}, Since: time.Now().Add(-90 * 24 * time.Hour), Wait: 2 * time.Hour}, people.Local("bench"))
	if err != nil {
		return 0, 0, err
	}
	if r := synced.Runs[0]; r.Delivered != n {
		return 0, 0, fmt.Errorf("%d of %d orders were delivered: %+v", r.Delivered, n, r)
	}
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return 0, 0, err
	}
	had := ownMemory("VmRSS")
	at := time.Now()
	done, err := a.Reconcile(ctx, app.SyncOptions{Flows: []string{orders}, Since: time.Now().Add(-90 * 24 * time.Hour)}, people.Local("bench"))
	if err != nil {
		return 0, 0, err
	}
	took = time.Since(at)
	if f := done.Flows[0]; f.Matched != n || len(f.Differences) > 0 {
		return 0, 0, fmt.Errorf("%d of %d orders matched: %d missing, %d different, %d extra; the first: %+v", f.Matched, n, f.Missing, f.Different, f.Extra, f.Differences[:min(1, len(f.Differences))])
	}
	return took, float64(ownMemory("VmHWM")-had) / mib, nil
}

func ownMemory(name string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // no figure, and fails its goal's check
	}
	return field(string(text), name)
}

// bothSides are n orders at both peers, made of those that were learned: it keeps nothing of one but its model.
type bothSides struct {
	n int

	mu      sync.Mutex
	models  []connector.Version  // as the source tells them
	written []connector.Document // as the target holds them, by model
}

// mirrored is a System whose orders are those of bothSides; all else is its own.
type mirrored struct {
	connector.System
	both *bothSides
}

// Open wraps the System's own Instance.
func (m mirrored) Open(o connector.Opening) (connector.Instance, error) {
	in, err := m.System.Open(o)
	if err != nil {
		return nil, err
	}
	whole, ok := in.(whole)
	if !ok {
		return nil, fmt.Errorf("%s does not read, write and find", m.Name())
	}
	return twin{whole, m.both, in.Kind(connector.PurchaseOrder).Writes}, nil
}

// whole is what an Instance of these Systems can do, as far as orders need it.
type whole interface {
	connector.Instance
	connector.Source
	connector.Sink
	connector.Finder
}

type twin struct {
	whole
	both   *bothSides
	target bool
}

const twinPage = 200

// Read gives the orders, as many as a page holds.
func (t twin) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	if q.Kind != connector.PurchaseOrder || q.Keys != nil {
		return t.whole.Read(ctx, q)
	}
	if err := t.both.learn(ctx, t); err != nil {
		return connector.Page{}, err
	}
	start, err := strconv.Atoi("0" + q.After)
	if err != nil {
		return connector.Page{}, err
	}
	var p connector.Page
	for i := start; i < min(start+twinPage, t.both.n); i++ {
		if t.target {
			p.Versions = append(p.Versions, t.both.atTarget(i))
			continue
		}
		p.Versions = append(p.Versions, t.both.atSource(i))
	}
	if next := start + twinPage; next < t.both.n {
		p.Next = strconv.Itoa(next)
	}
	return p, nil
}

// learn reads the models from the source itself, once.
func (b *bothSides) learn(ctx context.Context, t twin) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.models != nil || t.target {
		return nil
	}
	q := connector.Query{Kind: connector.PurchaseOrder, To: time.Now()}
	for {
		p, err := t.whole.Read(ctx, q)
		if err != nil {
			return err
		}
		b.models = append(b.models, p.Versions...)
		if q.After = p.Next; p.Next == "" {
			b.written = make([]connector.Document, len(b.models))
			return nil
		}
	}
}

func crowdOrder(i int) string { return fmt.Sprintf("B%07d", i) }

// atSource is an order under a number of its own. Its lines are those of its model, which nobody changes.
func (b *bothSides) atSource(i int) connector.Version {
	v := b.models[i%len(b.models)]
	header := map[string]any{}
	if h, ok := connector.AsMap(v.Document["header"]); ok {
		for name, e := range h {
			header[name] = e
		}
	}
	header["purchaseOrderId"], header["poNumber"] = strconv.Itoa(crowdID+i), crowdOrder(i)
	d := connector.Document{}
	for name, e := range v.Document {
		d[name] = e
	}
	d["header"] = header
	v.ID, v.Numbers, v.Document = strconv.Itoa(crowdID+i), []string{crowdOrder(i)}, d
	return v
}

// atTarget is what was written of an order, as a list shows it.
func (b *bothSides) atTarget(i int) connector.Version {
	b.mu.Lock()
	d := b.written[i%len(b.models)]
	b.mu.Unlock()
	own := make(connector.Document, len(d)+1)
	for name, e := range d {
		own[name] = e
	}
	own["PO_REF"] = crowdOrder(i)
	id := own.Text("BUSINESS_UNIT") + "/" + crowdOrder(i)
	return connector.Version{ID: id, Numbers: []string{crowdOrder(i)}, Title: "Purchase order " + id, Standing: connector.Usable, Ours: true, Document: own, Mirror: own}
}

// Write takes an order; of each model the first is kept.
func (t twin) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	if w.Kind != connector.PurchaseOrder {
		return t.whole.Write(ctx, w)
	}
	number := w.Document.Text("PO_REF")
	i, err := strconv.Atoi(number[1:])
	if err != nil {
		return connector.Receipt{}, err
	}
	t.both.mu.Lock()
	defer t.both.mu.Unlock()
	if m := i % len(t.both.models); t.both.written[m] == nil {
		t.both.written[m] = w.Document
	}
	return connector.Receipt{ID: w.Document.Text("BUSINESS_UNIT") + "/" + number, Numbers: []string{number}}, nil
}

// Find finds no order: nobody entered one, and a list that needs a look-up would show as missing.
func (t twin) Find(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
	if l.Kind != connector.PurchaseOrder {
		return t.whole.Find(ctx, l)
	}
	return nil, nil
}
