package store_test

import (
	"fmt"
	"testing"

	connector "ml-connector"
)

// TestManyWorksAreThoseOfEach: what is known of many Records at once is what is known of each by itself, also of one that is not known, and
// where several Versions have Deliveries.
func TestManyWorksAreThoseOfEach(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("1", "a"), version("2", "b"), version("3", "c"))
		f.take(orders).deliver("PO-")
		f.accept(orders, version("2", "changed"), version("4", "d"))
		ids := []string{"4", "2", "nobody", "1", "3", "2"}
		works, err := f.WorksFor(f.ctx, orders, "s2p", connector.PurchaseOrder, ids, "erp")
		must(t, err)
		for n, id := range ids {
			one, err := f.WorkFor(f.ctx, orders, connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: id}, "erp")
			must(t, err)
			equal(t, id, fmt.Sprint(works[n].Delivery.Record, works[n].Delivery.ID, works[n].Delivery.State, works[n].Delivery.Version, works[n].Linked(), works[n].Target != nil),
				fmt.Sprint(one.Delivery.Record, one.Delivery.ID, one.Delivery.State, one.Delivery.Version, one.Linked(), one.Target != nil))
		}
		links, err := f.Links(f.ctx, connector.PurchaseOrder, "erp", []string{"PO-1", "PO-9"}, "s2p")
		must(t, err)
		equal(t, "links", fmt.Sprintf("%d %s", len(links), links["PO-1"].Other("erp").ID), "1 1")
		anywhere, err := f.LinkedAtAll(f.ctx, connector.PurchaseOrder, "erp", []string{"PO-1", "PO-9"})
		must(t, err)
		equal(t, "linked at all", fmt.Sprint(anywhere), "map[PO-1:true]")
		anywhere, err = f.LinkedAtAll(f.ctx, connector.PurchaseOrder, "s2p", []string{"1", "nobody"})
		must(t, err)
		equal(t, "linked from the other side", fmt.Sprint(anywhere), "map[1:true]")
		for flow, want := range map[string]bool{orders: true, "another": false} {
			agreed, err := f.AgreedBy(f.ctx, flow, []int64{links["PO-1"].ID, 1 << 40})
			must(t, err)
			equal(t, "agreed by "+flow, fmt.Sprint(len(agreed), agreed[links["PO-1"].ID]), fmt.Sprint(map[bool]int{true: 1}[want], want))
		}
	})
}
