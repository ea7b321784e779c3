package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// read stores Versions of a Kind at a Connection, as a read without a Flow does.
func (f *fixture) read(connection string, kind connector.Kind, versions ...connector.Version) {
	f.t.Helper()
	f.acceptAll(store.Acceptance{Flow: connector.Flow{From: connection, Kind: kind}, Page: connector.Page{Versions: versions}, Uncounted: true})
}

func naming(v connector.Version, refs ...connector.Ref) connector.Version {
	v.Names = refs
	return v
}

func known(v connector.Version, numbers ...string) connector.Version {
	v.Numbers = numbers
	return v
}

// thread is the thread of a Record as "kind id" texts, the nearest first.
func (f *fixture) thread(rec connector.Record, limit int) []string {
	f.t.Helper()
	row, err := f.RecordByID(f.ctx, rec)
	must(f.t, err)
	if row == nil {
		f.t.Fatalf("%s is not known", rec)
	}
	rows, err := f.Thread(f.ctx, row.Key, limit)
	must(f.t, err)
	var out []string
	for _, r := range rows {
		out = append(out, r.Record.String())
	}
	return out
}

func (f *fixture) threadIs(what string, rec connector.Record, want ...string) {
	f.t.Helper()
	got := f.thread(rec, 100)
	if len(got) > 0 && got[0] != rec.String() {
		f.t.Errorf("%s: it begins with %s", what, got[0])
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		f.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// purchase is a requisition that came from erp, its order and two invoices of that order.
func purchase(f *fixture) {
	link := func(kind connector.Kind, id, other string) {
		must(f.t, f.LinkRecords(f.ctx, connector.Record{Connection: "s2p", Kind: kind, ID: id}, connector.Record{Connection: "erp", Kind: kind, ID: other}, "cli:test"))
	}
	f.read("erp", connector.Requisition, version("US001/12", "r"))
	link(connector.Requisition, "300", "US001/12")
	f.read("s2p", connector.Invoice, naming(version("500", "i"), connector.Ref{Kind: connector.PurchaseOrder, Number: "P1"}), naming(version("501", "j"), connector.Ref{Kind: connector.PurchaseOrder, Number: "P1"}))
	f.accept(orders, naming(known(version("400", "o"), "P1"), connector.Ref{Kind: connector.Requisition, IDs: []string{"300"}}))
	f.take(orders).deliver("US001/")
	link(connector.Invoice, "500", "US001/J500")
}

var wholePurchase = []string{"erp:requisition:US001/12", "s2p:requisition:300", "s2p:purchase_order:400", "erp:purchase_order:US001/400", "s2p:invoice:500", "s2p:invoice:501", "erp:invoice:US001/J500"}

func TestThread(t *testing.T) {
	t.Run("a purchase hangs together from wherever it is looked at", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			purchase(f)
			f.read("s2p", connector.Invoice, naming(version("900", "x"), connector.Ref{Kind: connector.PurchaseOrder, Number: "P9"}))
			for _, text := range wholePurchase {
				parts := strings.SplitN(text, ":", 3)
				f.threadIs("from "+text, connector.Record{Connection: parts[0], Kind: connector.Kind(parts[1]), ID: parts[2]}, wholePurchase...)
			}
			f.threadIs("of an invoice whose order is not known", connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: "900"}, "s2p:invoice:900")
		})
	})
	t.Run("both sides of an object are told apart from other objects, and have their states", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			purchase(f)
			row, err := f.RecordByID(f.ctx, connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: "400"})
			must(t, err)
			rows, err := f.Thread(f.ctx, row.Key, 100)
			must(t, err)
			objects := map[int64][]string{}
			for _, r := range rows {
				objects[r.Object] = append(objects[r.Object], r.Record.ID)
				if r.Record.ID == "400" {
					equal(t, "state", r.State, connector.Delivered)
				}
				if r.Record.ID == "US001/400" {
					equal(t, "state of what is only written to", r.State, "")
					equal(t, "title", r.Title, "title of 400")
				}
			}
			equal(t, "objects", len(objects), 4)
			for _, ids := range objects {
				equal(t, fmt.Sprint("both sides of ", ids), len(ids) == 2 || ids[0] == "501", true)
			}
		})
	})
	t.Run("references follow the content: new ones take the place of old ones, and equal content keeps them", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			order := func(req, content string) connector.Version {
				return naming(version("400", content), connector.Ref{Kind: connector.Requisition, IDs: []string{req}})
			}
			f.read("s2p", connector.Requisition, version("300", "r"), version("301", "s"))
			f.accept(orders, order("300", "a"))
			rec := connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: "400"}
			f.threadIs("first", rec, "s2p:purchase_order:400", "s2p:requisition:300")
			f.accept(orders, order("301", "a"))
			f.threadIs("with equal content", rec, "s2p:purchase_order:400", "s2p:requisition:300")
			f.accept(orders, order("301", "b"))
			f.threadIs("with new content", rec, "s2p:purchase_order:400", "s2p:requisition:301")
			f.acceptAll(store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Page: connector.Page{Problems: []connector.Problem{{ID: "400", Err: connector.Errorf(connector.Invalid, "read", "no")}}}})
			f.threadIs("when it can't be read", rec, "s2p:purchase_order:400", "s2p:requisition:301")
			f.accept(orders, version("400", "c"))
			f.threadIs("when it names none any more", rec, "s2p:purchase_order:400")
		})
	})
	t.Run("a number means the record that people know by it, and only where there is none the record of that ID", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			number := func(id, n string) connector.Version {
				return naming(version(id, "i"), connector.Ref{Kind: connector.PurchaseOrder, Number: n})
			}
			f.read("s2p", connector.PurchaseOrder, known(version("1", "a"), "2"), known(version("2", "b"), "B"), version("3", "c"))
			f.read("s2p", connector.Invoice, number("10", "2"), number("30", "3"))
			f.read("s2p", connector.Requisition, version("2", "other kind"))
			f.read("erp", connector.PurchaseOrder, version("2", "other connection"))
			order := func(id string) connector.Record {
				return connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: id}
			}
			f.threadIs("known by it", order("1"), "s2p:purchase_order:1", "s2p:invoice:10")
			f.threadIs("has it as its ID", order("2"), "s2p:purchase_order:2")
			f.threadIs("known by its ID", order("3"), "s2p:purchase_order:3", "s2p:invoice:30")
			f.threadIs("upwards", connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: "10"}, "s2p:purchase_order:1", "s2p:invoice:10")
		})
	})
	t.Run("records that name each other in a circle are told once, and no more than asked for, the nearest first", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			invoices := make([]connector.Version, 0, 300)
			for i := range 300 {
				invoices = append(invoices, naming(version(fmt.Sprint("i", i), "x"), connector.Ref{Kind: connector.PurchaseOrder, IDs: []string{"400"}}))
			}
			f.read("s2p", connector.Invoice, invoices...)
			f.read("s2p", connector.PurchaseOrder, naming(version("400", "o"), connector.Ref{Kind: connector.Requisition, IDs: []string{"300"}}, connector.Ref{Kind: connector.PurchaseOrder, IDs: []string{"400"}}))
			f.read("s2p", connector.Requisition, naming(version("300", "r"), connector.Ref{Kind: connector.PurchaseOrder, IDs: []string{"400"}}))
			got := f.thread(connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: "i7"}, 50)
			equal(t, "length", len(got), 50)
			equal(t, "what it names", got[1], "s2p:purchase_order:400")
			equal(t, "what that names stands before what names it", got[2], "s2p:requisition:300")
			slices.Sort(got)
			equal(t, "each once", len(slices.Compact(got)), 50)
		})
	})
}
