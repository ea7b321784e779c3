package engine_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// A second record of a key waits for the decision about the first: when that is skipped, it takes its place.
func TestTheSecondRecordOfAKeyGoesOnWhenTheFirstIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	w.to.onWrite = func(connector.Write) (error, bool) { return connector.Errorf(connector.Rejected, "write", "no"), true }
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.to.onWrite = nil
	w.from.put("2", order("P1", "11", "open"))
	w.sync()
	if d := w.last("2"); d.State != connector.Held || d.Err.Code != connector.Conflict {
		t.Fatalf("%s (%v), expected held as conflict", d.State, d.Err)
	}
	if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Skip(w.last("1").ID, "entered twice", "cli:test") }); err != nil {
		t.Fatal(err)
	}
	w.sync()
	if d := w.last("2"); d.State != connector.Delivered || w.to.count("P1") != 1 || w.last("1").State != connector.Skipped {
		t.Errorf("%s (%v), %d at the target", d.State, d.Err, w.to.count("P1"))
	}
}
