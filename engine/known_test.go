package engine_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestAnUpdateIsNotLookedAtForWhatTheTargetWasBefore: what was read of the target before a write is no reason to wait and look at it once more.
func TestAnUpdateIsNotLookedAtForWhatTheTargetWasBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Drift = connector.DriftHold })
	w.to.info.CanUpdate = true
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.pass(time.Minute)
	page, err := w.to.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder, To: w.now()})
	if err != nil || len(page.Versions) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	if _, err := w.db.Accept(t.Context(), store.Acceptance{Flow: connector.Flow{From: "b", Kind: connector.PurchaseOrder}, Page: page, Now: w.now(), Uncounted: true}); err != nil {
		t.Fatal(err)
	}
	w.from.put("1", order("P1", "11", "open"))
	finds := w.to.finds
	run := w.sync()
	if run.Counts.Delivered != 1 || len(w.to.writes) != 2 || w.to.finds > finds+1 {
		t.Errorf("%+v, %d writes, %d look-ups; expected one update by one look-up", run.Counts, len(w.to.writes), w.to.finds-finds)
	}
}
