package engine_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// A person links a record, or takes its Link away, after its write was decided and before it is marked as being sent: what
// was decided counts for nothing.
func TestALinkThatChangesBeforeItsRecordIsSent(t *testing.T) {
	t.Parallel()
	hand := connector.Record{Connection: "b", Kind: connector.PurchaseOrder, ID: "HAND"}
	source := connector.Record{Connection: "a", Kind: connector.PurchaseOrder, ID: "1"}
	start := func(t *testing.T, meanwhile func(w *world, tx *store.Tx) error) *world {
		w := newWorld(t, connector.ClassDuplicate)
		w.to.info.LookFirst, w.to.info.CanUpdate = false, true
		w.to.put("HAND", connector.Document{"KEY": "HANDKEY", "AMOUNT": "10"})
		once := false
		w.db.Watch(func(op string, at store.Moment) error {
			if op == "store.Intend" && at == store.BeforeBegin && !once && meanwhile != nil {
				once = true
				w.tx(func(tx *store.Tx) error { return meanwhile(w, tx) })
			}
			return nil
		})
		return w
	}
	t.Run("linked", func(t *testing.T) {
		w := start(t, func(_ *world, tx *store.Tx) error { return tx.LinkRecords(source, hand, "cli:me") })
		w.from.put("1", order("P1", "10", "open"))
		w.sync()
		if d := w.last("1"); len(w.to.table) != 1 || d.State != connector.Delivered || d.Target != hand {
			t.Errorf("%d objects at the target, and the Delivery is %s to %s; expected one, and delivered", len(w.to.table), d.State, d.Target)
		}
	})
	t.Run("unlinked", func(t *testing.T) {
		w := start(t, func(_ *world, tx *store.Tx) error { return tx.UnlinkRecords(source, hand, "cli:me") })
		if err := w.db.LinkRecords(t.Context(), source, hand, "cli:me"); err != nil {
			t.Fatal(err)
		}
		w.from.put("1", order("P1", "11", "open"))
		w.sync()
		if got := w.to.table["HAND"].Text("AMOUNT"); got != "10" || len(w.to.table) != 2 {
			t.Errorf("what was unlinked holds %s, and the target %d objects; expected 10 and 2", got, len(w.to.table))
		}
	})
	t.Run("linked too late", func(t *testing.T) {
		w := start(t, nil)
		var err error
		w.to.onWrite = func(connector.Write) (error, bool) {
			err = w.db.LinkRecords(t.Context(), source, hand, "cli:me")
			return nil, false
		}
		w.from.put("1", order("P1", "10", "open"))
		w.sync()
		if d := w.last("1"); connector.CodeOf(err) != connector.Conflict || d.State != connector.Delivered {
			t.Errorf("linking what is being sent: %v, and it ends as %s; expected a conflict, and delivered", err, d.State)
		}
	})
}
