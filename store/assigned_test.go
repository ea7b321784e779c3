package store_test

import (
	"slices"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// What a person sees to is theirs through the Versions of its Record, and is found by their name.
func TestAssignmentsOutliveAVersion(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		p := f.take(orders)
		first, other := held(p, "1", connector.Rejected), held(p, "2", connector.Rejected)
		f.tx(func(tx *store.Tx) error { return tx.Assign([]int64{first, other}, "m.clerk", "user:jdoe") })
		f.tx(func(tx *store.Tx) error { return tx.Assign([]int64{other}, "", "user:jdoe") })
		f.tx(func(tx *store.Tx) error {
			return tx.Note(first, "the supplier sends another <b>one</b>", "user:m.clerk")
		})
		f.accept(orders, version("1", "b"))
		w := p.claim()[0]
		second := w.Delivery.ID
		p.settle(store.Outcome{Delivery: second, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "refused again").Advise("mend it")})
		have, err := f.Assignments(f.ctx, []int64{first, second, other})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{first, second} {
			a := have[id]
			if a.Person != "m.clerk" || a.By != "user:jdoe" || a.At.IsZero() || len(a.Notes) != 1 || a.Notes[0].By != "user:m.clerk" {
				t.Errorf("delivery %d: %+v", id, a)
			}
		}
		if _, has := have[other]; has {
			t.Errorf("what was given to nobody: %+v", have[other])
		}
		mine, err := f.Deliveries(f.ctx, store.DeliveryFilter{Assigned: "m.clerk", State: connector.Held})
		if err != nil || len(mine) != 1 || mine[0].ID != second {
			t.Errorf("%v, %v", mine, err)
		}
		entries, err := f.Entries(f.ctx, store.EntryFilter{Delivery: first})
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range entries {
			if e.Action == "delivery.assigned" || e.Action == "delivery.noted" {
				told = append(told, e.Action+" "+e.Actor+" "+e.Details["person"])
			}
		}
		if !slices.Equal(told, []string{"delivery.assigned user:jdoe m.clerk", "delivery.noted user:m.clerk "}) {
			t.Errorf("the ledger tells %q", told)
		}
		if items, texts := f.broken(); items != "" {
			t.Errorf("%s: %s", items, texts)
		}
		f.sound()
	})
}

// Who looks after a change may still approve it: they have not made it.
func TestWhoSeesToItMayApproveIt(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		p := f.take(orders)
		f.accept(orders, version("1", "a"))
		id := p.claim()[0].Delivery.ID
		p.settle(store.Outcome{Delivery: id, State: connector.Held, Err: connector.Errorf(connector.Conflict, store.ConfirmOp, "bank details changed")})
		f.tx(func(tx *store.Tx) error { return tx.Assign([]int64{id}, "bea", "user:bea") })
		f.tx(func(tx *store.Tx) error { return tx.Note(id, "called them", "user:bea") })
		f.tx(func(tx *store.Tx) error { return tx.Approve([]int64{id}, "user:bea") })
		equal(t, "state", f.state(orders, "1"), connector.Waiting)
	})
}
