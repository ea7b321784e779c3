package store_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func TestWhatWasReadIsJudgedInTheTransactionThatStoresIt(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("1", "a"), version("2", "b"))
		f.take(orders).deliver("PO-")
		asked := 0
		read := func(id, content string) store.Accepted {
			v := version(id, content)
			v.Mirror = connector.Document{"owned": content}
			return f.acceptAll(store.Acceptance{Flow: connector.Flow{From: "erp", Kind: connector.PurchaseOrder}, Page: connector.Page{Versions: []connector.Version{v}}, Uncounted: true,
				Judge: func(a store.Agreed) *store.Reopening {
					asked++
					equal(t, "flow", a.Flow.Name, orders)
					equal(t, "source", a.Delivery.Record.ID, "1")
					equal(t, "agreed", a.Agreement.Owned.Text("owned"), "a")
					if a.Version.Mirror.Text("owned") == "a" {
						return &store.Reopening{State: connector.Delivered, Reason: "agree"}
					}
					return &store.Reopening{State: connector.Held, Err: connector.Errorf(connector.Conflict, "compare", "drift"), Reason: "drift"}
				}})
		}
		read("PO-9", "z")
		equal(t, "asked about what is not linked", asked, 0)
		read("PO-1", "z")
		equal(t, "asked", asked > 0, true)
		equal(t, "changed there", f.state(orders, "1"), connector.Held)
		equal(t, "the other", f.state(orders, "2"), connector.Delivered)
		asked = 0
		read("PO-1", "z")
		equal(t, "asked about the same content again", asked, 0)
		read("PO-1", "a")
		equal(t, "changed back", f.state(orders, "1"), connector.Delivered)
		f.sound()
	})
}
