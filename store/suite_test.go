package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// clock is a time that only a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// onEach runs a test on SQLite, and on PostgreSQL when ML_CONNECTOR_TEST_POSTGRES names one: there in a schema of its own.
func onEach(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newFixture(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")+"?durable=no"))
	})
	if server := os.Getenv("ML_CONNECTOR_TEST_POSTGRES"); server != "" {
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, ownSchema(t, server)))
		})
	}
}

var schemas atomic.Int64

// ownSchema makes an empty schema and gives the URL under which it is the only one.
func ownSchema(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	admin, err := sql.Open("pgx", server)
	must(t, err)
	_, err = admin.Exec("CREATE SCHEMA " + name)
	must(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec("DROP SCHEMA " + name + " CASCADE")
		must(t, err)
		must(t, admin.Close())
	})
	sep := "?"
	if strings.Contains(server, "?") {
		sep = "&"
	}
	return server + sep + "search_path=" + name
}

// fixture is a store with two Connections and the Flows between them.
type fixture struct {
	*store.DB
	t     *testing.T
	ctx   context.Context
	clock *clock
	url   string
}

const (
	orders    = "orders"    // s2p → erp
	suppliers = "suppliers" // s2p → erp
	vendors   = "vendors"   // erp → s2p
)

func newFixture(t *testing.T, url string) *fixture {
	t.Helper()
	f := &fixture{t: t, ctx: t.Context(), clock: &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}, url: url}
	f.DB = f.open()
	f.tx(func(tx *store.Tx) error {
		for _, c := range []connector.Connection{{Name: "erp", System: "left"}, {Name: "s2p", System: "right"}} {
			if err := tx.SaveConnection(c); err != nil {
				return err
			}
		}
		for i, fl := range []connector.Flow{
			{Name: suppliers, Kind: connector.Supplier, From: "s2p", To: "erp"},
			{Name: vendors, Kind: connector.Supplier, From: "erp", To: "s2p"},
			{Name: orders, Kind: connector.PurchaseOrder, From: "s2p", To: "erp"},
		} {
			fl.Position, fl.Enabled = i, true
			if err := tx.SaveFlow(fl); err != nil {
				return err
			}
		}
		return nil
	})
	return f
}

func (f *fixture) open() *store.DB {
	f.t.Helper()
	db, err := store.Open(f.ctx, f.url, f.clock.Now)
	must(f.t, err)
	f.t.Cleanup(func() { must(f.t, db.Close()) })
	return db
}

// fresh is the URL of another, empty database.
func (f *fixture) fresh() string {
	if f.IsSQLite() {
		return "sqlite:" + filepath.Join(f.t.TempDir(), "fresh.db")
	}
	return ownSchema(f.t, os.Getenv("ML_CONNECTOR_TEST_POSTGRES"))
}

func (f *fixture) tx(fn func(*store.Tx) error) {
	f.t.Helper()
	must(f.t, f.Tx(f.ctx, fn))
}

func (f *fixture) flow(name string) connector.Flow {
	f.t.Helper()
	fl, err := f.Flow(f.ctx, name)
	must(f.t, err)
	return fl
}

// run begins a Run of a Flow.
func (f *fixture) run(flow string) int64 {
	f.t.Helper()
	fl := f.flow(flow)
	var id int64
	f.tx(func(tx *store.Tx) (err error) {
		id, err = tx.BeginRun(connector.Run{Flow: flow, From: fl.From, To: fl.To, Kind: fl.Kind, Trigger: connector.TriggerManual})
		return err
	})
	return id
}

// accept reads one page in a Run of its own.
func (f *fixture) accept(flow string, versions ...connector.Version) store.Accepted {
	f.t.Helper()
	return f.acceptAll(store.Acceptance{Flow: f.flow(flow), Run: f.run(flow), Page: connector.Page{Versions: versions}, Last: true})
}

func (f *fixture) acceptAll(a store.Acceptance) store.Accepted {
	f.t.Helper()
	got, err := f.Accept(f.ctx, a)
	must(f.t, err)
	return got
}

// version is a record with one field of content.
func version(id, content string) connector.Version {
	return connector.Version{ID: id, Title: "title of " + id, Document: connector.Document{"content": content, "id": id}}
}

func usable(v connector.Version, s connector.Standing) connector.Version {
	v.Standing = s
	return v
}

// pump is the owner of a partition of a Flow.
type pump struct {
	*fixture
	flow  string
	epoch int64
	part  int
}

func (f *fixture) take(flow string) pump {
	f.t.Helper()
	epoch, ok, err := f.Take(f.ctx, flow, 0, "test", 5*time.Second)
	must(f.t, err)
	if !ok {
		f.t.Fatalf("partition 0 of %s can't be taken", flow)
	}
	return pump{fixture: f, flow: flow, epoch: epoch}
}

func (p pump) claim() []store.Work {
	p.t.Helper()
	works, err := p.Claim(p.ctx, p.flow, p.part, p.epoch, 100)
	must(p.t, err)
	return works
}

func (p pump) settle(outs ...store.Outcome) store.Settled {
	p.t.Helper()
	s, err := p.Settle(p.ctx, p.flow, p.part, p.epoch, outs)
	must(p.t, err)
	return s
}

// intend marks Deliveries as sending.
func (p pump) intend(ids ...int64) {
	p.t.Helper()
	var intents []store.Intent
	for _, id := range ids {
		intents = append(intents, store.Intent{Delivery: id, Operation: connector.OpCreate, Linked: p.workOf(id).Linked(), Document: connector.Document{"sent": fmt.Sprint(id)}})
	}
	taken, err := p.Intend(p.ctx, p.flow, p.part, p.epoch, intents)
	must(p.t, err)
	if len(taken) > 0 {
		p.t.Fatalf("not marked: %+v", taken)
	}
}

// workOf is what is known of a Delivery.
func (f *fixture) workOf(id int64) store.Work {
	f.t.Helper()
	d, err := f.Delivery(f.ctx, id)
	must(f.t, err)
	w, err := f.WorkFor(f.ctx, d.Flow, d.Record, f.flow(d.Flow).To)
	must(f.t, err)
	return w
}

// deliver claims all that is due and delivers each to a target with the given prefix before the source's ID.
func (p pump) deliver(prefix string) {
	p.t.Helper()
	for _, w := range p.claim() {
		p.intend(w.Delivery.ID)
		p.settle(deliveredTo(w, prefix+w.Delivery.Record.ID))
	}
}

func deliveredTo(w store.Work, id string) store.Outcome {
	owned := connector.Document{"owned": w.Version.Document["content"]}
	return store.Outcome{Delivery: w.Delivery.ID, State: connector.Delivered, Link: true, Target: connector.Record{ID: id}, Operation: connector.OpCreate,
		Agreement: &connector.Agreement{SourceVersion: w.Delivery.Version, Fingerprint: owned.Fingerprint(), Owned: owned}}
}

// state is the state of a record's newest Delivery by a Flow.
func (f *fixture) state(flow, id string) connector.State {
	f.t.Helper()
	d := f.last(flow, id)
	if d == nil {
		return ""
	}
	return d.State
}

func (f *fixture) last(flow, id string) *connector.Delivery {
	f.t.Helper()
	fl := f.flow(flow)
	d, err := f.LastDelivery(f.ctx, flow, connector.Record{Connection: fl.From, Kind: fl.Kind, ID: id})
	must(f.t, err)
	return d
}

// sound fails unless what must hold after every commit holds: the run equation and the ledger.
func (f *fixture) sound() {
	f.t.Helper()
	broken, err := f.CheckEquation(f.ctx)
	must(f.t, err)
	if len(broken) > 0 {
		f.t.Errorf("the run equation is broken in runs %v", broken)
	}
	v, err := f.VerifyEntries(f.ctx)
	must(f.t, err)
	if !v.OK {
		f.t.Errorf("the ledger is broken at %d", v.BrokenAt)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// refused fails unless err has a class.
func refused(t testing.TB, what string, err error, code connector.Code) {
	t.Helper()
	if connector.CodeOf(err) != code {
		t.Errorf("%s: got %v, want an error of class %s", what, err, code)
	}
}
