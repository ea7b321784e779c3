package engine_test

import (
	"context"
	"testing"
	"time"

	connector "ml-connector"
)

// paidFor is a payment of an order, as a target shows it.
func paidFor(order, status string) connector.Version {
	return connector.Version{ID: order + "/payment", Numbers: []string{"900001"}, Title: "Payment of " + order, Document: connector.Document{"STATUS": status},
		Names: []connector.Ref{{Kind: connector.PurchaseOrder, IDs: []string{order}}}}
}

func TestWhatIsSeenBesideALifeIsKept(t *testing.T) {
	t.Parallel()
	status := "scheduled"
	target := ""
	w, _ := followed(t, 3, func(int) (connector.Life, error) {
		return connector.Life{Stage: connector.StagePosted, Beside: map[connector.Kind][]connector.Version{connector.InvoicePayment: {paidFor(target, status)}}}, nil
	})
	target = w.last("001").Target.ID
	follow := func() {
		t.Helper()
		if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
	}
	follow()
	follow()
	row, err := w.db.RecordByID(t.Context(), connector.Record{Connection: "b", Kind: connector.InvoicePayment, ID: target + "/payment"})
	if err != nil || row == nil || row.Version != 1 {
		t.Fatalf("the payment is %+v, %v", row, err)
	}
	status = "paid"
	follow()
	if row, err = w.db.RecordByID(t.Context(), row.Record); err != nil || row.Version != 2 {
		t.Errorf("once it is paid it is %+v, %v", row, err)
	}
	thread, err := w.db.Thread(t.Context(), row.Key, 50)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range thread {
		found = found || r.Record == w.last("001").Target
	}
	if !found {
		t.Errorf("its thread %v lacks the order that was paid", thread)
	}
	if l := w.last("001").Life; l == nil || l.Beside != nil {
		t.Errorf("the life that is kept is %+v", l)
	}
	if n := w.states()[connector.Delivered]; n != 3 {
		t.Errorf("%d are delivered, expected 3: payments are no Deliveries", n)
	}
}

func TestBesidesAreReadWithEachRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Track = "@hourly" })
	s := w.special()
	var asked []connector.Query
	fails := false
	s.lists = map[connector.Kind]func(connector.Query) (connector.Page, error){connector.GoodsReceipt: func(q connector.Query) (connector.Page, error) {
		if fails {
			return connector.Page{}, connector.Errorf(connector.Misconfigured, "read receipts", "no such query")
		}
		asked = append(asked, q)
		return connector.Page{Versions: []connector.Version{{ID: "R7", Title: "Receipt R7", Document: connector.Document{"ID": "R7"}}}}, nil
	}}
	s.track = func(context.Context, connector.Track) (connector.Life, error) {
		return connector.Life{Stage: connector.StageSent}, nil
	}
	w.fill(2)
	w.sync() // does one round too
	w.pass(time.Hour)
	if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	if len(asked) != 2 || asked[0].To.Sub(asked[0].From) != 30*24*time.Hour || !asked[1].From.Equal(asked[0].To.Add(-24*time.Hour)) {
		t.Errorf("asked for %+v", asked)
	}
	row, err := w.db.RecordByID(t.Context(), connector.Record{Connection: "b", Kind: connector.GoodsReceipt, ID: "R7"})
	if err != nil || row == nil || row.Version != 1 {
		t.Errorf("the receipt is %+v, %v", row, err)
	}
	fails = true
	if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
		t.Errorf("a list that can't be read: %v", err)
	}
	f, err := w.db.Flow(t.Context(), "orders")
	if err != nil || f.Paused.Code != "" {
		t.Errorf("it pauses the Flow with %q, %v", f.Paused.Code, err)
	}
}
