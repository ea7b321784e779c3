package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// side is a scripted Connection: a table of Documents that can be read, written and looked up, with faults on demand.
type side struct {
	mu        sync.Mutex
	name      string
	now       func() time.Time
	info      connector.KindInfo
	table     map[string]connector.Document // by ID
	stamps    map[string]time.Time
	order     []string
	next      int
	writes    []connector.Write
	finds     int
	keyed     int  // records that were asked for by their keys
	blind     bool // look-ups by key find nothing, though the list shows what is there
	steps     []connector.Step
	checks    int
	onCheck   func() // hears of each Check before it is done
	readErr   error
	keyErr    error                                           // of reads by keys
	readKeyed bool                                            // reads by keys go on where readErr refuses lists
	tells     string                                          // ID of the Exchange that each read makes; "" = none
	onRead    func() error                                    // an error instead of a page
	onPage    func()                                          // hears of each page that is given
	broken    map[string]*connector.Error                     // records that can't be read, by ID
	onCall    func() error                                    // an error instead of a look-up or a write
	onSend    func(sending context.Context)                   // hears of each write before it is done
	onWrite   func(connector.Write) (drop error, before bool) // an error instead of the answer, before or after the effect
	atOnce    int                                             // its concurrency; 0 = 2
	settles   string                                          // its lookup_settle; "" = 1s
}

func newSide(name string, now func() time.Time, class connector.Class) *side {
	return &side{name: name, now: now, table: map[string]connector.Document{}, stamps: map[string]time.Time{}, next: 1,
		info: connector.KindInfo{Reads: true, Windowed: true, Writes: true, Class: class, LookFirst: class == connector.ClassNatural, Schema: connector.Schema{Fields: []connector.Field{
			{Name: "KEY", Type: connector.TypeText, Length: 20}, {Name: "AMOUNT", Type: connector.TypeNumber, Length: 10, Scale: 2}, {Name: "PARENT", Type: connector.TypeText},
		}}}}
}

func (s *side) Settings() connector.Settings {
	return connector.Settings{"lookup_settle": cmp.Or(s.settles, "1s"), "overlap": "10m", "settle": "2m", "concurrency": max(s.atOnce, 2)}
}
func (s *side) Kind(k connector.Kind) connector.KindInfo {
	if k == connector.GoodsReceipt || k == connector.InvoicePayment {
		return connector.KindInfo{}
	}
	return s.info
}
func (s *side) Check(context.Context, []connector.Need) []connector.Step {
	if s.onCheck != nil {
		s.onCheck()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	if s.steps != nil {
		return s.steps
	}
	return []connector.Step{{Step: "connect", State: connector.StepOK}}
}

// put makes or changes an object as a person would.
func (s *side) put(id string, d connector.Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.table[id]; !known {
		s.order = append(s.order, id)
	}
	s.table[id], s.stamps[id] = d, s.now()
}

// remove takes an object away.
func (s *side) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.table, id)
	s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == id })
}

func (s *side) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tells != "" {
		connector.TraceOf(ctx).Keep(connector.Exchange{ID: s.tells, Connection: s.name, Op: "read", Method: "GET", Started: s.now()})
	}
	if s.readErr != nil && (q.Keys == nil || !s.readKeyed) {
		return connector.Page{}, s.readErr
	}
	if s.keyErr != nil && q.Keys != nil {
		return connector.Page{}, s.keyErr
	}
	if s.onRead != nil {
		return connector.Page{}, s.onRead()
	}
	ids := slices.Clone(s.order)
	if q.Keys != nil {
		ids, s.keyed = nil, s.keyed+len(q.Keys)
		for _, k := range q.Keys {
			for _, id := range s.order {
				if id == k.ID || k.Number != "" && s.table[id].Text("key") == k.Number {
					ids = append(ids, id)
				}
			}
		}
	}
	start, _ := strconv.Atoi(q.After)
	var p connector.Page
	for i, id := range ids[min(start, len(ids)):] {
		at := s.stamps[id]
		if q.Keys == nil && (at.Before(q.From) || !at.Before(q.To)) {
			continue
		}
		if fail := s.broken[id]; fail != nil {
			p.Problems = append(p.Problems, connector.Problem{ID: id, Err: fail})
			continue
		}
		if len(p.Versions) == 3 {
			p.Next = strconv.Itoa(start + i)
			break
		}
		p.Versions = append(p.Versions, connector.Version{ID: id, Numbers: numbersOf(s.table[id]), Title: id, Stamp: at.String(), Changed: at, Standing: connector.Usable, Ours: strings.HasPrefix(s.table[id].Text("KEY"), "P"), Document: s.table[id].Clone(), Mirror: s.table[id].Clone(),
			Name: s.table[id].Text("name"), Traits: traitsOf(s.table[id])})
	}
	if s.onPage != nil {
		s.onPage()
	}
	return p, nil
}

// numbersOf are those that a person reads on an object.
func numbersOf(d connector.Document) []string {
	if n := d.Text("KEY"); n != "" {
		return []string{n}
	}
	return nil
}

func (s *side) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	if s.onSend != nil {
		s.onSend(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onCall != nil {
		if err := s.onCall(); err != nil {
			return connector.Receipt{}, err
		}
	}
	s.writes = append(s.writes, w)
	var drop error
	if s.onWrite != nil {
		var before bool
		if drop, before = s.onWrite(w); before {
			return connector.Receipt{}, drop
		}
	}
	id := w.TargetID
	if id == "" {
		id = fmt.Sprintf("T%03d", s.next)
		s.next++
		s.order = append(s.order, id)
	}
	s.table[id], s.stamps[id] = w.Document.Clone(), s.now()
	return connector.Receipt{ID: id}, drop
}

func (s *side) Find(_ context.Context, l connector.Lookup) ([]connector.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds++
	if s.onCall != nil {
		if err := s.onCall(); err != nil {
			return nil, err
		}
	}
	var out []connector.Found
	for _, id := range s.order {
		d := s.table[id]
		if l.Any || !s.blind && (l.ID != "" && id == l.ID || l.ID == "" && d.Text("KEY") == l.Document.Text("KEY")) {
			out = append(out, connector.Found{ID: id, Document: d.Clone(), Standing: connector.Usable})
		}
	}
	return out, nil
}

// count says how many objects carry a key.
func (s *side) count(key string) int {
	n := 0
	for _, d := range s.table {
		if d.Text("KEY") == key {
			n++
		}
	}
	return n
}

// world is two sides, a store and an engine under a clock that only moves when somebody sleeps.
type world struct {
	t        *testing.T
	mu       sync.Mutex
	clock    time.Time
	db       *store.DB
	from, to *side
	e        *engine.Engine
	real     bool // time moves by itself
}

const rules = `
name: orders
kind: purchase_order
from: left
to: right
filter: doc.status != "draft" and doc.status != "cancelled"
withdrawn: doc.status == "cancelled"
fields:
  KEY: {from: key, required: true}
  AMOUNT: {from: amount}
reserve:
  - out.KEY
`

// partitions is how many the Flow of a world has once it was polled.
const partitions = 2

func newWorld(t *testing.T, class connector.Class, edit ...func(*connector.Flow)) *world {
	t.Helper()
	return newWorldOn(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), class, edit...)
}

// newWorldOn is newWorld on a database that is empty.
func newWorldOn(t *testing.T, url string, class connector.Class, edit ...func(*connector.Flow)) *world {
	t.Helper()
	w := &world{t: t, clock: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	db, err := store.Open(t.Context(), url, w.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db, w.from, w.to = db, newSide("a", w.now, class), newSide("b", w.now, class)
	w.e = w.engine("one")
	f := connector.Flow{Name: "orders", Kind: connector.PurchaseOrder, From: "a", To: "b", Schedule: "@hourly", Drift: connector.DriftOverwrite, Withdraw: connector.WithdrawHold,
		Enabled: true, Mapping: rules, AppliedAt: w.clock, RetryHeld: 3}
	for _, e := range edit {
		e(&f)
	}
	err = db.Tx(t.Context(), func(tx *store.Tx) error {
		for name, system := range map[string]string{"a": "left", "b": "right"} {
			if err := tx.SaveConnection(connector.Connection{Name: name, System: system, Settings: connector.Settings{}}); err != nil {
				return err
			}
		}
		return tx.SaveFlow(f)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// engine makes another process on the same store; the ones before it are lost.
func (w *world) engine(owner string) *engine.Engine {
	return engine.New(engine.Config{DB: w.db, Now: w.now, Sleep: w.sleep, Tick: w.tick, Jitter: func() float64 { return 0.5 }, Owner: owner, Sole: true,
		Open: func(_ context.Context, c connector.Connection) (connector.Instance, error) {
			if c.Name == "a" {
				return w.from, nil
			}
			return w.to, nil
		}})
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.real {
		return time.Now()
	}
	return w.clock
}

// sleep moves the clock instead of waiting.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.pass(d)
	return ctx.Err()
}

// tick waits for the end of a pump: time stands still while it works.
func (w *world) tick(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.clock = w.clock.Add(d)
	w.mu.Unlock()
}

// sync runs everything once and returns the counts of its one Run.
func (w *world) sync() connector.Run {
	w.t.Helper()
	w.pass(time.Minute)
	rep, err := w.e.Sync(w.t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Wait: 5 * time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(rep.Runs) != 1 {
		w.t.Fatalf("%d runs, expected one", len(rep.Runs))
	}
	if !rep.Runs[0].Counts.Balanced() {
		w.t.Fatalf("the run equation does not hold: %+v", rep.Runs[0].Counts)
	}
	return rep.Runs[0]
}

func (w *world) last(id string) *connector.Delivery {
	w.t.Helper()
	d, err := w.db.LastDelivery(w.t.Context(), "orders", connector.Record{Connection: "a", Kind: connector.PurchaseOrder, ID: id})
	if err != nil || d == nil {
		w.t.Fatalf("no delivery of %s: %v", id, err)
	}
	return d
}

func order(key, amount, status string) connector.Document {
	return connector.Document{"key": key, "amount": amount, "status": status}
}

// planned is what a dry run says of a record, "" when it does not speak of it.
func (w *world) planned(id string) string {
	w.t.Helper()
	w.pass(time.Minute)
	p, err := w.e.Plan(w.t.Context(), engine.SyncRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range p.Rows {
		if r.Record.ID == id {
			return r.Operation
		}
	}
	return ""
}
