package store_test

import (
	"context"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func vendorRec(id string) connector.Record {
	return connector.Record{Connection: "erp", Kind: connector.Supplier, ID: id}
}

func supplierRec(id string) connector.Record {
	return connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: id}
}

// merge has a person say that one record was merged into another; part takes that back.
func (f *fixture) merge(old, kept connector.Record) (m store.Merge) {
	f.t.Helper()
	f.tx(func(tx *store.Tx) (err error) {
		m, err = tx.MergeRecords(old, kept, "cli:me")
		return err
	})
	return m
}

func (f *fixture) part(old, kept connector.Record) {
	f.t.Helper()
	f.tx(func(tx *store.Tx) error { return tx.UnlinkRecords(old, kept, "cli:me") })
}

// linked is what a record is linked to at the other side, "" nothing; means is what something that names it goes by there.
func (f *fixture) linked(rec connector.Record) string { return f.found(rec, f.Linked) }
func (f *fixture) means(rec connector.Record) string  { return f.found(rec, f.Referred) }

func (f *fixture) found(rec connector.Record, look func(context.Context, connector.Kind, string, []string, string) (store.LinkedRow, bool, error)) string {
	f.t.Helper()
	to := "s2p"
	if rec.Connection == to {
		to = "erp"
	}
	row, ok, err := look(f.ctx, rec.Kind, rec.Connection, []string{rec.ID}, to)
	must(f.t, err)
	if !ok {
		return ""
	}
	return row.To.ID
}

func TestMerges(t *testing.T) {
	t.Run("the one that is left takes the Link over, and gives it back", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(vendors, version("OLD", "a"))
			f.take(vendors).deliver("S-")
			f.accept(vendors, version("KEPT", "b"))
			p := f.take(vendors)
			p.settle(store.Outcome{Delivery: p.claim()[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Conflict, "decide", "the same tax number"),
				Names: []connector.Ref{{Connection: "s2p", Kind: connector.Supplier, IDs: []string{"S-OLD"}}}})
			m := f.merge(vendorRec("OLD"), vendorRec("KEPT"))
			equal(t, "moved", len(m.Moved), 1)
			equal(t, "of the one that is left", f.linked(vendorRec("KEPT")), "S-OLD")
			equal(t, "of the one that is no more", f.linked(vendorRec("OLD")), "")
			equal(t, "what names the old one", f.means(vendorRec("OLD")), "S-OLD")
			equal(t, "what names its counterpart", f.means(supplierRec("S-OLD")), "KEPT")
			equal(t, "what was held", f.state(vendors, "KEPT"), connector.Waiting)
			w := p.claim()[0]
			equal(t, "nothing of the old one is agreed", w.Agreement == nil, true)
			equal(t, "and it is linked", w.Linked(), "S-OLD")
			f.merge(vendorRec("OLD"), vendorRec("KEPT"))
			equal(t, "said twice", f.count("SELECT COUNT(*) FROM entries WHERE action = 'link.merged'"), 1)
			f.accept(vendors, version("OLD", "c"))
			for _, w := range p.claim() {
				if w.Delivery.Record.ID == "OLD" {
					equal(t, "a later Version of the old one", w.MergedInto, "KEPT")
					p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Filtered})
				}
			}
			f.part(vendorRec("OLD"), vendorRec("KEPT"))
			equal(t, "given back", f.linked(vendorRec("OLD"))+" "+f.linked(vendorRec("KEPT")), "S-OLD ")
			equal(t, "the old one is decided again", f.state(vendors, "OLD"), connector.Waiting)
			refused(t, "taken back twice", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.UnlinkRecords(vendorRec("OLD"), vendorRec("KEPT"), "cli:me") }), connector.NotFound)
			f.sound()
		})
	})
	t.Run("where both have a counterpart both Links stay, and what names either goes by the one that is left", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(vendors, version("OLD", "a"), version("KEPT", "b"))
			f.take(vendors).deliver("S-")
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			p.settle(store.Outcome{Delivery: p.claim()[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "decide", "not in use any more"), Names: []connector.Ref{supplierRef("S-OLD", true)}})
			m := f.merge(vendorRec("OLD"), vendorRec("KEPT"))
			equal(t, "stays", len(m.Stays), 1)
			equal(t, "the Link of the old one", f.linked(vendorRec("OLD")), "S-OLD")
			equal(t, "what names the old one", f.means(vendorRec("OLD")), "S-KEPT")
			equal(t, "what names its counterpart", f.means(supplierRec("S-OLD")), "KEPT")
			equal(t, "what names the other counterpart", f.means(supplierRec("S-KEPT")), "KEPT")
			equal(t, "what was held for the old one", f.state(orders, "1"), connector.Waiting)
			f.part(vendorRec("OLD"), vendorRec("KEPT"))
			equal(t, "taken back", f.means(supplierRec("S-OLD"))+" "+f.means(vendorRec("OLD")), "OLD S-OLD")
			f.sound()
		})
	})
	t.Run("merges on both sides, one after the other, lead to what is left in the end", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(vendors, version("A", "a"), version("B", "b"), version("C", "c"))
			f.take(vendors).deliver("S-")
			f.accept(suppliers, version("S-A", "a"), version("S-B", "b"), version("S-C", "c"))
			f.merge(vendorRec("A"), vendorRec("B"))
			f.merge(vendorRec("B"), vendorRec("C"))
			equal(t, "the first", f.means(supplierRec("S-A")), "C")
			f.merge(supplierRec("S-C"), supplierRec("S-B"))
			equal(t, "the other side says the other way round", f.means(vendorRec("A")), "S-B")
			equal(t, "and back", f.means(supplierRec("S-A")), "C")
			merge := func(old, kept string) error {
				return f.Tx(f.ctx, func(tx *store.Tx) error {
					_, err := tx.MergeRecords(vendorRec(old), vendorRec(kept), "cli:me")
					return err
				})
			}
			refused(t, "in a circle", merge("C", "A"), connector.Conflict)
			refused(t, "a second time, into another", merge("A", "C"), connector.Conflict)
			refused(t, "into one that nobody knows", merge("C", "D"), connector.NotFound)
			refused(t, "into itself", merge("C", "C"), connector.Invalid)
			refused(t, "the middle one is taken back", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.UnlinkRecords(vendorRec("A"), vendorRec("B"), "cli:me") }), connector.Conflict)
			f.sound()
		})
	})
	t.Run("what was merged is not created, linked or offered", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(vendors, companyVersion("OLD", "Acme", "90001", "h1"), companyVersion("KEPT", "Acme", "90001", "h1"))
			p := f.take(vendors)
			old := p.claim()[0]
			f.merge(vendorRec("OLD"), vendorRec("KEPT"))
			taken, err := p.Intend(p.ctx, p.flow, p.part, p.epoch, []store.Intent{{Delivery: old.Delivery.ID, Operation: connector.OpCreate}})
			must(t, err)
			equal(t, "what was decided before is not sent", len(taken) == 1 && taken[0].Relinked, true)
			refused(t, "linked by hand", f.LinkRecords(f.ctx, vendorRec("OLD"), supplierRec("S1"), "cli:me"), connector.Conflict)
			found, err := f.Alike(f.ctx, "erp", supplierRec("S1"), companyVersion("S1", "Acme", "90001", "h1").Traits, "acme")
			must(t, err)
			equal(t, "offered", len(found) == 1 && found[0].ID == "KEPT", true)
			f.accept(suppliers, version("S1", "a"))
			q := f.take(suppliers)
			q.settle(store.Outcome{Delivery: q.claim()[0].Delivery.ID, State: connector.Unchanged, Link: true, Target: vendorRec("OLD")})
			equal(t, "found at the target", f.state(suppliers, "S1"), connector.Held)
			f.sound()
		})
	})
	t.Run("a record that is being sent is not merged", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(vendors, version("OLD", "a"), version("KEPT", "b"))
			p := f.take(vendors)
			w := p.claim()
			p.intend(w[1].Delivery.ID)
			refused(t, "into it", f.Tx(f.ctx, func(tx *store.Tx) error {
				_, err := tx.MergeRecords(vendorRec("OLD"), vendorRec("KEPT"), "cli:me")
				return err
			}), connector.Conflict)
		})
	})
}
