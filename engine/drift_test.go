package engine_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// A value that somebody changes at the target is seen at whatever moment it is read: while the Delivery waits, and between
// its decision and its settling.
func TestDriftIsSeenWhenItIsReadWhileTheDeliveryIsUnderWay(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, drift connector.DriftRule) *world {
		w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Drift = drift })
		w.to.info.CanUpdate, w.from.info.CanUpdate = true, true
		w.tx(func(tx *store.Tx) error {
			return tx.SaveFlow(connector.Flow{Name: "back", Kind: connector.PurchaseOrder, From: "b", To: "a", Schedule: "@hourly", Drift: connector.DriftIgnore, Withdraw: connector.WithdrawHold,
				Enabled: true, Mapping: rules, AppliedAt: w.now(), Position: 1})
		})
		w.from.put("1", order("P1", "10", "open"))
		return w
	}
	poll := func(w *world, flow string, since time.Time) {
		w.t.Helper()
		w.pass(5 * time.Minute)
		if p, err := w.e.Poll(w.t.Context(), engine.PollRequest{Flow: flow, Trigger: connector.TriggerManual, Since: since}); err != nil || p.Err != nil {
			w.t.Fatal(err, p.Err)
		}
	}
	pump := func(w *world) {
		for range 3 {
			for n := range w.flow().Partitions {
				w.pumpOnce(n)
			}
			w.pass(time.Minute)
		}
	}
	drifts := func(w *world) {
		w.to.put("T001", connector.Document{"KEY": "P1", "AMOUNT": "99"})
		poll(w, "back", time.Time{})
	}
	for _, tc := range []struct {
		name   string
		drift  connector.DriftRule
		state  connector.State
		amount string
	}{
		{"overwrite", connector.DriftOverwrite, connector.Delivered, "10"},
		{"hold", connector.DriftHold, connector.Held, "99"},
		{"ignore", connector.DriftIgnore, connector.Delivered, "99"},
	} {
		t.Run("it waits, "+tc.name, func(t *testing.T) {
			w := start(t, tc.drift)
			poll(w, "orders", time.Time{})
			pump(w)
			poll(w, "orders", w.now().Add(-time.Hour))
			drifts(w)
			pump(w)
			if got := w.to.table["T001"].Text("AMOUNT"); got != tc.amount || w.last("1").State != tc.state {
				t.Errorf("the target holds %s, and the Delivery is %s; expected %s, %s", got, w.last("1").State, tc.amount, tc.state)
			}
		})
		t.Run("it is being settled, "+tc.name, func(t *testing.T) {
			w := start(t, tc.drift)
			armed := false
			w.db.Watch(func(op string, at store.Moment) error {
				if armed && op == "store.Settle" && at == store.BeforeBegin && len(w.to.writes) > 0 {
					armed = false
					drifts(w)
				}
				return nil
			})
			poll(w, "orders", time.Time{})
			armed = true
			pump(w)
			if got := w.to.table["T001"].Text("AMOUNT"); got != tc.amount || w.last("1").State != tc.state || armed {
				t.Errorf("the target holds %s, and the Delivery is %s; expected %s, %s", got, w.last("1").State, tc.amount, tc.state)
			}
		})
	}
}
