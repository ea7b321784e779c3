package engine_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// TestARecordWaitsForTheOneOfTheSameNameThatIsStillToBeCompared has read both records of one name, each at its side, and
// decides first about the one whose Flow compares no names: were it created now, the other would be doubled.
func TestARecordWaitsForTheOneOfTheSameNameThatIsStillToBeCompared(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		mapping string
		first   connector.State
	}{
		{"the other Flow compares names", rules + "alike: doc.key\n", connector.Blocked},
		{"the other Flow compares nothing", rules, connector.Delivered},
	} {
		w := newWorld(t, connector.ClassNatural)
		back := connector.Flow{Name: "back", Kind: connector.PurchaseOrder, From: "b", To: "a", Schedule: "@hourly", Drift: connector.DriftOverwrite, Withdraw: connector.WithdrawHold,
			Enabled: true, Mapping: tc.mapping, AppliedAt: w.now(), Position: 1}
		w.tx(func(tx *store.Tx) error { return tx.SaveFlow(back) })
		w.reads("back", connector.Version{ID: "B1", Name: "Same & Co.", Document: order("P9", "10", "open")})
		w.from.put("1", order("P1", "10", "open"))
		w.reads("orders", connector.Version{ID: "1", Name: "SAME CO", Document: order("P1", "10", "open")})
		pump := func() {
			for n := range w.flow().Partitions {
				w.pumpOnce(n)
			}
		}
		pump()
		if d := w.last("1"); d.State != tc.first {
			t.Errorf("%s: it is %s, expected %s", tc.name, d.State, tc.first)
		}
		if tc.first != connector.Blocked {
			continue
		}
		w.poll()
		pump()
		if d := w.last("1"); d.State != connector.Blocked || len(w.to.writes) > 0 {
			t.Errorf("%s: in the next Run it is %s, with %d writes", tc.name, d.State, len(w.to.writes))
		}
		d, err := w.db.LastDelivery(t.Context(), "back", connector.Record{Connection: "b", Kind: connector.PurchaseOrder, ID: "B1"})
		if err != nil {
			t.Fatal(err)
		}
		w.tx(func(tx *store.Tx) error { return tx.Reopen(d.ID, connector.Filtered, nil, w.now(), "decided") })
		w.poll()
		pump()
		if d := w.last("1"); d.State != connector.Delivered {
			t.Errorf("%s: once that is decided it is %s, expected delivered", tc.name, d.State)
		}
	}
}

// reads accepts one Version in a Run of its own.
func (w *world) reads(flow string, v connector.Version) {
	w.t.Helper()
	f, err := w.db.Flow(w.t.Context(), flow)
	if err != nil {
		w.t.Fatal(err)
	}
	w.tx(func(tx *store.Tx) error {
		run, err := tx.BeginRun(connector.Run{Flow: f.Name, From: f.From, To: f.To, Kind: f.Kind, Trigger: connector.TriggerManual})
		if err == nil {
			_, err = tx.Accept(store.Acceptance{Flow: f, Run: run, Page: connector.Page{Versions: []connector.Version{v}}, Last: true})
		}
		return err
	})
}
