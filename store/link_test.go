package store_test

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/alike"
	"ml-connector/store"
)

func supplierRef(id string, usable bool) connector.Ref {
	return connector.Ref{Connection: "s2p", Kind: connector.Supplier, IDs: []string{id}, Usable: usable, Reason: "supplier " + id}
}

func TestLinks(t *testing.T) {
	t.Run("two Records can't be linked to one object, nor one Record to two", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID, works[1].Delivery.ID)
			p.settle(deliveredTo(works[0], "PO-1"), deliveredTo(works[1], "PO-1"))
			equal(t, "the first", f.state(orders, "1"), connector.Delivered)
			d := f.last(orders, "2")
			equal(t, "the second", d.State, connector.Held)
			equal(t, "its code", d.Err.Code, connector.Conflict)
			f.accept(orders, version("1", "c"))
			w := p.claim()[0]
			p.intend(w.Delivery.ID)
			p.settle(deliveredTo(w, "PO-9"))
			equal(t, "the first at another object", f.state(orders, "1"), connector.Held)
			a := connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: "2"}
			refused(t, "by hand", f.LinkRecords(f.ctx, a, connector.Record{Connection: "erp", Kind: connector.PurchaseOrder, ID: "PO-1"}, "cli:test"), connector.Conflict)
			must(t, f.LinkRecords(f.ctx, a, connector.Record{Connection: "erp", Kind: connector.PurchaseOrder, ID: "PO-2"}, "cli:test"))
			equal(t, "a conflict is decided again once it is linked", f.state(orders, "2"), connector.Waiting)
			f.sound()
		})
	})
	t.Run("a new Link releases what is blocked on it, at either side and by number", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			v := version("S1", "a")
			v.Numbers = []string{"4711"}
			f.accept(suppliers, v)
			f.accept(orders, version("1", "a"), version("2", "b"), version("3", "c"))
			p := f.take(orders)
			works := p.claim()
			other := connector.Ref{Connection: "erp", Kind: connector.Supplier, IDs: []string{"V-S1"}, Reason: "vendor"}
			number := connector.Ref{Connection: "s2p", Kind: connector.Supplier, Number: "4711", Reason: "supplier"}
			for i, ref := range []connector.Ref{supplierRef("S1", false), other, number} {
				p.settle(store.Outcome{Delivery: works[i].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{ref}})
			}
			equal(t, "blocked", f.state(orders, "1"), connector.Blocked)
			equal(t, "on", f.last(orders, "1").BlockedOn[0].ID(), "S1")
			rows, err := f.BlockedOf(f.ctx, orders, 1<<60)
			must(t, err)
			equal(t, "blocked in all", len(rows), 3)
			f.take(suppliers).deliver("V-")
			for _, id := range []string{"1", "2", "3"} {
				equal(t, "released "+id, f.state(orders, id), connector.Waiting)
			}
			equal(t, "due", len(p.claim()), 3)
			f.sound()
		})
	})
	t.Run("what was linked between decision and settling blocks nothing", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(suppliers, version("S1", "a"))
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			f.take(suppliers).deliver("V-")
			p.settle(store.Outcome{Delivery: works[0].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{supplierRef("S1", false)}},
				store.Outcome{Delivery: works[1].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{supplierRef("S1", true)}})
			equal(t, "needs the Link alone", f.state(orders, "1"), connector.Waiting)
			equal(t, "needs a usable supplier", f.state(orders, "2"), connector.Blocked)
		})
	})
	t.Run("a standing read as usable releases what waits for either side", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(suppliers, version("S1", "a"))
			f.take(suppliers).deliver("V-")
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			p.settle(store.Outcome{Delivery: p.claim()[0].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{supplierRef("S1", true)}})
			f.accept(vendors, usable(version("V-S1", "x"), connector.Pending))
			equal(t, "pending decides it anew", f.state(orders, "1"), connector.Waiting)
			p.settle(store.Outcome{Delivery: p.claim()[0].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{supplierRef("S1", true)}})
			f.accept(vendors, usable(version("V-S1", "x"), connector.Pending))
			equal(t, "pending as before", f.state(orders, "1"), connector.Blocked)
			got := f.accept(vendors, usable(version("V-S1", "x"), connector.Usable))
			equal(t, "usable", f.state(orders, "1"), connector.Waiting)
			woken := map[store.FlowPartition]bool{}
			for _, w := range got.Wake {
				woken[w] = true
			}
			equal(t, "its pump is to be woken", woken[store.FlowPartition{Flow: orders}], true)
			f.sound()
		})
	})
	t.Run("a held Delivery that names an object waits for its Link", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(suppliers, version("S1", "a"))
			f.accept(vendors, version("V1", "b"))
			p := f.take(suppliers)
			p.settle(store.Outcome{Delivery: p.claim()[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Conflict, "decide", "same name"),
				Target: connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V1"}})
			v1 := connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V1"}
			d, err := f.HeldOn(f.ctx, suppliers, v1)
			must(t, err)
			equal(t, "found by what it names", d != nil && d.Record.ID == "S1", true)
			q := f.take(vendors)
			q.settle(store.Outcome{Delivery: q.claim()[0].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{supplierRef("S1", false)}})
			must(t, f.LinkRecords(f.ctx, v1, d.Record, "cli:test"))
			equal(t, "the held one", f.state(suppliers, "S1"), connector.Waiting)
			equal(t, "the one that waited for the decision", f.state(vendors, "V1"), connector.Waiting)
			f.sound()
		})
	})
	t.Run("a new Link decides filtered Deliveries of both records again", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(vendors, version("V-S1", "x"))
			q := f.take(vendors)
			q.settle(store.Outcome{Delivery: q.claim()[0].Delivery.ID, State: connector.Filtered})
			f.accept(suppliers, version("S1", "a"))
			f.take(suppliers).deliver("V-")
			equal(t, "the vendor", f.state(vendors, "V-S1"), connector.Waiting)
			f.sound()
		})
	})
	t.Run("names are compared without case and signs, and only of what has no Link", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			v := version("V1", "b")
			v.Name = "ACME Lab. Supply (Straße)"
			f.accept(vendors, v)
			alike := func() int {
				const name = "Acme lab supply Straße"
				found, err := f.Alike(f.ctx, "erp", connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "new"}, alike.Traits{Names: []string{name}}, alike.NameKey(name))
				must(t, err)
				return len(found)
			}
			equal(t, "alike", alike(), 1)
			x, y := connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V1"}, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S1"}
			must(t, f.LinkRecords(f.ctx, x, y, "cli:test"))
			equal(t, "alike and linked", alike(), 0)
			row, ok, err := f.Linked(f.ctx, connector.Supplier, "s2p", []string{"unknown", "S1"}, "erp")
			must(t, err)
			equal(t, "linked", ok, true)
			equal(t, "to", row.To.ID, "V1")
			equal(t, "its content", row.Document.Text("content"), "b")
			f.tx(func(tx *store.Tx) error { return tx.UnlinkRecords(y, x, "cli:test") })
			equal(t, "alike after the Link is taken away", alike(), 1)
			refused(t, "unlink twice", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.UnlinkRecords(y, x, "cli:test") }), connector.NotFound)
		})
	})
	t.Run("a new crosswalk row releases what names its value, and people's rows come first", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.tx(func(tx *store.Tx) error {
				if err := tx.NameCrosswalk("uom", store.Sides("right", "left")); err != nil {
					return err
				}
				return tx.MergeCrosswalk("uom", []store.CrosswalkRow{{Left: "EA", Right: "PCE"}, {Left: "EA", Right: "STK"}}, store.FromFile, "cli:test")
			})
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			names := func(v string) []connector.Ref {
				return []connector.Ref{{Connection: "uom", Kind: connector.CrosswalkKind, IDs: []string{v}}}
			}
			p.settle(store.Outcome{Delivery: works[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Invalid, "map", "no row"), Names: names("BOX")},
				store.Outcome{Delivery: works[1].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Invalid, "map", "no row"), Names: names("EA")})
			waits := func(tx *store.Tx) error {
				n, err := tx.CrosswalkWaits("uom")
				equal(t, "Deliveries that wait for a row", n, 2)
				return err
			}
			f.tx(waits)
			set := func(row store.CrosswalkRow) {
				f.tx(func(tx *store.Tx) error { return tx.SetCrosswalkRow("uom", row, "cli:test") })
			}
			set(store.CrosswalkRow{Left: "BOX", Right: "KRT"})
			equal(t, "what named the same text of the other System", f.state(orders, "1"), connector.Held)
			set(store.CrosswalkRow{Left: "KRT", Right: "BOX"})
			equal(t, "what named the value", f.state(orders, "1"), connector.Waiting)
			equal(t, "what named another", f.state(orders, "2"), connector.Held)
			set(store.CrosswalkRow{Left: "STK", Right: "EA"})
			equal(t, "what named a value that maps otherwise now", f.state(orders, "2"), connector.Waiting)
			f.tx(func(tx *store.Tx) error {
				return tx.MergeCrosswalk("uom", []store.CrosswalkRow{{Left: "EA", Right: "PCE"}}, store.FromFile, "cli:test")
			})
			set(store.CrosswalkRow{Left: "EA", Right: "NEW", ValidFrom: "2026-07-01"})
			for _, row := range []struct{ from, to, value, day, want string }{{"left", "right", "EA", "2026-03-01", "PCE"}, {"left", "right", "EA", "2026-07-01", "NEW"}, {"right", "left", "NEW", "2026-06-30", ""},
				{"right", "left", "PCE", "2026-03-01", "EA"}, {"right", "left", "KRT", "2026-03-01", "BOX"}, {"left", "right", "KGM", "2026-03-01", ""}, {"left", "third", "EA", "2026-03-01", ""},
				{"ahead", "right", "EA", "2026-03-01", ""}, {"third", "left", "PCE", "2026-03-01", ""}} {
				got, _, err := f.CrosswalkValue(f.ctx, "uom", row.from, row.to, row.value, row.day)
				must(t, err)
				equal(t, row.value+" from "+row.from+" to "+row.to+" on "+row.day, got, row.want)
			}
			var history []string
			must(t, f.CrosswalkHistory(f.ctx, "uom", "EA", func(c store.CrosswalkChange) error {
				history = append(history, c.Actor+" "+c.Action+" "+c.Row.Left+"="+c.Row.Right+" "+c.Row.ValidFrom)
				return nil
			}))
			equal(t, "history of EA", strings.Join(history, "; "), "cli:test added EA=NEW 2026-07-01; cli:test added STK=EA ; cli:test added EA=STK ; cli:test added EA=PCE ")
			refused(t, "rows between other Systems", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.NameCrosswalk("uom", store.Sides("left", "third")) }), connector.Conflict)
			f.tx(func(tx *store.Tx) error { return tx.RemoveCrosswalk("uom", "cli:test") })
			_, found, err := f.CrosswalkSides(f.ctx, "uom")
			must(t, err)
			equal(t, "found after it was removed", found, false)
			f.sound()
		})
	})
}
