package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// reconcile compares both sides of Flows since a time, and gives each pair in words.
func (w *world) reconcile(since time.Time, flows ...string) []string {
	w.t.Helper()
	var out []string
	err := w.e.Reconcile(w.t.Context(), engine.SyncRequest{Since: since, Flows: flows}, engine.Compared{Flow: func(string) {}, Unlisted: func(_ string, why *connector.Error) { out = append(out, "unlisted "+string(why.Code)) }, Pair: func(p engine.Pair) error {
		text := fmt.Sprintf("%s %s %s", p.Record, p.Pairing, p.State)
		for _, c := range p.Changes {
			text += fmt.Sprintf(" %s %s→%s", c.Field, c.Old, c.New)
		}
		if p.Err != nil {
			text += " " + string(p.Err.Code)
		}
		out = append(out, text)
		return nil
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestEveryDifferenceBetweenBothSidesIsFound: each kind of difference is planted once, among records that are the same.
func TestEveryDifferenceBetweenBothSidesIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for n := 1; n <= 9; n++ {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), fmt.Sprint(10*n), "open"))
	}
	w.from.put("10", order("P10", "1", "draft"))
	w.from.put("11", order("", "1", "open"))
	w.sync()
	long := w.now().Add(time.Second)
	if got := w.reconcile(time.Time{}.AddDate(2000, 0, 0)); len(got) != 10 || slices.ContainsFunc(got, func(s string) bool {
		return s != "a:purchase_order:11 missing held" && s[len(s)-len(" matched delivered"):] != " matched delivered"
	}) {
		t.Fatalf("after a sync: %q", got)
	}
	w.pass(48 * time.Hour)
	target := map[string]string{}
	for id, d := range w.to.table {
		target[d.Text("KEY")] = id
	}
	w.from.put("1", order("P1", "10", "open"))  // read again, the same
	w.from.put("2", order("P2", "25", "open"))  // not synchronised yet
	w.from.put("12", order("P12", "7", "open")) // new
	w.from.broken = map[string]*connector.Error{"13": connector.Errorf(connector.Invalid, "read", "no")}
	w.from.put("13", order("P13", "7", "open"))
	w.from.put("3", order("P3", "30", "open"))
	w.to.remove(target["P3"])
	w.from.put("4", order("P4", "40", "cancelled"))                         // it left the filter after it was delivered
	w.to.put(target["P5"], connector.Document{"KEY": "P5", "AMOUNT": "99"}) // the source did not change in the window
	w.to.put(target["P6"], connector.Document{"KEY": "P6", "AMOUNT": "60"})
	w.to.put("E1", connector.Document{"KEY": "P77", "AMOUNT": "1"})
	w.to.put("F1", connector.Document{"KEY": "by hand", "AMOUNT": "1"})
	w.pass(time.Minute)
	writes, deliveries := len(w.to.writes), w.states()
	want := []string{
		"a:purchase_order:1 matched delivered",
		"a:purchase_order:12 missing ",
		"a:purchase_order:13 missing  invalid",
		"a:purchase_order:2 different delivered AMOUNT 20→25",
		"a:purchase_order:3 missing delivered",
		"a:purchase_order:4 different delivered withdrawn no→yes",
		"a:purchase_order:5 different delivered AMOUNT 99→50",
		"a:purchase_order:6 matched delivered",
		"b:purchase_order:E1 extra ",
		"b:purchase_order:F1 foreign ",
	}
	for range 2 {
		if got := w.reconcile(long); !slices.Equal(got, want) {
			t.Errorf("\n%q\nexpected\n%q", got, want)
		}
	}
	if len(w.to.writes) != writes || fmt.Sprint(w.states()) != fmt.Sprint(deliveries) {
		t.Errorf("%d writes, %v; before %d, %v", len(w.to.writes), w.states(), writes, deliveries)
	}
}

// failsToReconcile is the error of a reconciliation that must not come to its end.
func (w *world) failsToReconcile() error {
	w.t.Helper()
	return w.e.Reconcile(w.t.Context(), engine.SyncRequest{Since: time.Time{}.AddDate(2000, 0, 0)}, engine.Compared{Flow: func(string) {},
		Unlisted: func(string, *connector.Error) { w.t.Error("told as what has no list") }, Pair: func(engine.Pair) error { return nil }})
}

// targetOf is the target's ID of a record, "" when it is not linked.
func (w *world) targetOf(id string) string {
	w.t.Helper()
	row, ok, err := w.db.Linked(w.t.Context(), connector.PurchaseOrder, "a", []string{id}, "b")
	if err != nil || !ok {
		return ""
	}
	return row.To.ID
}

// unlink takes a record's Link away, as a person would.
func (w *world) unlink(id string) {
	w.t.Helper()
	to := w.targetOf(id)
	err := w.db.Tx(w.t.Context(), func(tx *store.Tx) error {
		return tx.UnlinkRecords(connector.Record{Connection: "a", Kind: connector.PurchaseOrder, ID: id}, connector.Record{Connection: "b", Kind: connector.PurchaseOrder, ID: to}, "somebody")
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
