package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/alike"
	"ml-connector/store"
)

func TestAccept(t *testing.T) {
	t.Run("a page accepted twice makes neither Version nor Delivery", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			equal(t, "new", f.accept(orders, version("1", "a"), version("2", "b")).New, 2)
			got := f.accept(orders, version("1", "a"), version("2", "b"))
			equal(t, "new the second time", got.New, 0)
			equal(t, "same the second time", got.Same, 2)
			f.sound()
		})
	})
	t.Run("A-B-A makes three Versions, and each supersedes the one before", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			for _, content := range []string{"a", "b", "a"} {
				f.accept(orders, version("1", content))
			}
			versions := f.versions("1")
			equal(t, "versions", len(versions), 3)
			equal(t, "content of the third", versions[2].Document.Text("content"), "a")
			all := f.deliveries(store.DeliveryFilter{Flow: orders})
			equal(t, "deliveries", len(all), 3)
			equal(t, "first", all[0].State, connector.Superseded)
			equal(t, "second", all[1].State, connector.Superseded)
			equal(t, "third", all[2].State, connector.Waiting)
			runs, err := f.Runs(f.ctx, store.RunFilter{})
			must(t, err)
			equal(t, "a superseded Delivery counts in its own Run", runs[2].Counts.Superseded, 1)
			f.sound()
		})
	})
	t.Run("of one ID twice in a page the later counts and the earlier is dropped", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			got := f.accept(orders, version("1", "a"), version("2", "b"), version("1", "c"))
			equal(t, "read", got.Read, 2)
			versions := f.versions("1")
			equal(t, "versions", len(versions), 1)
			equal(t, "content", versions[0].Document.Text("content"), "c")
			f.sound()
		})
	})
	t.Run("known is judged for each Flow", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.tx(func(tx *store.Tx) error {
				return tx.SaveFlow(connector.Flow{Name: "orders-again", Kind: connector.PurchaseOrder, From: "s2p", To: "erp", Enabled: true})
			})
			f.accept(orders, version("1", "a"))
			got := f.accept("orders-again", version("1", "a"))
			equal(t, "deliveries of the second Flow", got.New, 1)
			equal(t, "it has a new Version", got.Records[0].New, false)
			equal(t, "versions", len(f.versions("1")), 1)
			f.sound()
		})
	})
	t.Run("a Version that another Flow read is delivered when this Flow reads it", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			f.acceptAll(store.Acceptance{Flow: connector.Flow{From: "s2p", Kind: connector.PurchaseOrder}, Page: connector.Page{Versions: []connector.Version{version("1", "b")}}, Uncounted: true})
			equal(t, "versions", len(f.versions("1")), 2)
			equal(t, "the uncounted read makes no Delivery", len(f.deliveries(store.DeliveryFilter{})), 1)
			got := f.accept(orders, version("1", "b"))
			equal(t, "new", got.New, 1)
			equal(t, "version", f.last(orders, "1").Version, 2)
			f.sound()
		})
	})
	t.Run("what could not be read becomes one held Delivery, until its problem is another", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			problem := func(text string) store.Accepted {
				return f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Page: connector.Page{Problems: []connector.Problem{
					{ID: "1", Err: connector.Errorf(connector.Invalid, "read", "%s", text)}, {Err: connector.Errorf(connector.Invalid, "read", "no ID")}}}})
			}
			equal(t, "new", problem("no total").New, 2)
			equal(t, "state", f.state(orders, "1"), connector.Held)
			equal(t, "message", f.last(orders, "1").Err.Message, "no total")
			equal(t, "the same again", problem("no total").New, 0)
			equal(t, "another problem", problem("no date").New, 1)
			equal(t, "readable at last", f.accept(orders, version("1", "a")).New, 1)
			equal(t, "state then", f.state(orders, "1"), connector.Waiting)
			equal(t, "version then", f.last(orders, "1").Version, 3)
			f.sound()
		})
	})
	t.Run("a record that was only seen counts as unchanged", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			v := version("1", "a")
			v.Stamp = "s1"
			f.accept(orders, v)
			for stamp, want := range map[string]bool{"s1": true, "s2": false, "": false} {
				known, err := f.KnownStamp(f.ctx, orders, "s2p", connector.PurchaseOrder, "1", stamp)
				must(t, err)
				equal(t, "stamp "+stamp+" is known", known, want)
			}
			got := f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Page: connector.Page{Same: []connector.Seen{{ID: "1", Stamp: "s1"}}}})
			equal(t, "same", got.Same, 1)
			f.sound()
		})
	})
	t.Run("title, standing, stamp and numbers are kept in step when the content is equal", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(suppliers, version("1", "a"))
			v := usable(version("1", "a"), connector.Usable)
			v.Title, v.Name, v.Stamp, v.Numbers = "Acme", "Acme, Inc.", "s2", []string{"4711"}
			got := f.accept(suppliers, v)
			equal(t, "standing changed", got.Records[0].StandingChanged, true)
			rows, err := f.RecordByNumber(f.ctx, "s2p", connector.Supplier, "4711")
			must(t, err)
			equal(t, "found by its number", len(rows), 1)
			equal(t, "title", rows[0].Title, "Acme")
			equal(t, "name", rows[0].Name, alike.NameKey("ACME inc"))
			equal(t, "standing", rows[0].Standing, connector.Usable)
			equal(t, "stamp", rows[0].Stamp, "s2")
			equal(t, "version", rows[0].Version, 1)
		})
	})
	t.Run("--since decides known records again, in the Run that they belong to", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"), version("3", "c"))
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID)
			p.settle(deliveredTo(works[0], "PO-1"), store.Outcome{Delivery: works[1].Delivery.ID, State: connector.Filtered})
			f.tx(func(tx *store.Tx) error { return tx.Skip(works[2].Delivery.ID, "not ours", "cli:test") })
			got := f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Again: true, Page: connector.Page{Versions: []connector.Version{version("1", "a"), version("2", "b"), version("3", "c")}}})
			equal(t, "same", got.Same, 3)
			equal(t, "what was delivered", f.state(orders, "1"), connector.Waiting)
			equal(t, "what was filtered", f.state(orders, "2"), connector.Waiting)
			equal(t, "what was skipped", f.state(orders, "3"), connector.Skipped)
			equal(t, "run", f.last(orders, "1").Run, works[0].Delivery.Run)
			f.sound()
		})
	})
	t.Run("the cursor moves with the last page alone, and never back", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			at := f.clock.Now()
			run := f.run(orders)
			f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: run, Page: connector.Page{Versions: []connector.Version{version("1", "a")}}, Cursor: at})
			equal(t, "before the last page", f.flow(orders).Cursor.IsZero(), true)
			f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: run, Last: true, Cursor: at})
			equal(t, "after the last page", f.flow(orders).Cursor.Equal(at), true)
			f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Last: true, Cursor: at.Add(-time.Hour)})
			equal(t, "after an older read", f.flow(orders).Cursor.Equal(at), true)
			r, err := f.RunByID(f.ctx, run)
			must(t, err)
			equal(t, "the Run has ended", r.EndedAt.IsZero(), false)
			equal(t, "read", r.Counts.Read, 1)
		})
	})
	t.Run("a Run that failed keeps what it accepted", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			run := f.run(orders)
			f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: run, Page: connector.Page{Versions: []connector.Version{version("1", "a")}}})
			f.tx(func(tx *store.Tx) error {
				return tx.EndRun(run, connector.Errorf(connector.Unavailable, "read", "no answer").Advise("wait"), f.clock.Now())
			})
			r, err := f.RunByID(f.ctx, run)
			must(t, err)
			equal(t, "code", r.Err.Code, connector.Unavailable)
			equal(t, "hint", r.Err.Hint, "wait")
			equal(t, "waiting", r.Counts.Waiting, 1)
			equal(t, "cursor", f.flow(orders).Cursor.IsZero(), true)
			f.sound()
		})
	})
	t.Run("text survives", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			odd := "Ünïcode 🜁 '\"&<>\\ \u2028 0007 "
			v := version("0007/ä", odd)
			v.Title = odd
			f.accept(orders, v)
			row, err := f.RecordByID(f.ctx, connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: "0007/ä"})
			must(t, err)
			equal(t, "title", row.Title, odd)
			equal(t, "content", row.Document.Text("content"), odd)
		})
	})
}

func (f *fixture) versions(id string) []store.VersionRow {
	f.t.Helper()
	row, err := f.RecordByID(f.ctx, connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: id})
	must(f.t, err)
	vs, err := f.Versions(f.ctx, row.Key)
	must(f.t, err)
	return vs
}

func (f *fixture) deliveries(filter store.DeliveryFilter) []connector.Delivery {
	f.t.Helper()
	ds, err := f.Deliveries(f.ctx, filter)
	must(f.t, err)
	return ds
}
