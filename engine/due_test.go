package engine_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func TestWhatIsDueNextIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	next := func(want time.Duration) {
		t.Helper()
		due, err := w.e.Due(t.Context(), w.now())
		if err != nil {
			t.Fatal(err)
		}
		got := time.Duration(0)
		if !due.Next.IsZero() {
			got = due.Next.Sub(w.now())
		}
		if got != want {
			t.Errorf("the next is due in %s, expected %s", got, want)
		}
	}
	next(0) // the Flow is due itself
	w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", w.now().Add(300*time.Millisecond)) })
	next(300 * time.Millisecond)
	w.pass(100 * time.Millisecond)
	next(200 * time.Millisecond)
	w.pass(200 * time.Millisecond)
	next(0)
	w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", w.now().Add(time.Hour)) })
	w.from.put("1", order("P1", "10", "open"))
	w.pass(time.Minute)
	w.poll()
	next(58 * time.Minute) // what waits is due already, and reading took another minute
	w.tx(func(tx *store.Tx) error {
		return tx.PauseFlow("orders", connector.Pause{Code: connector.Misconfigured, Reason: "stopped", At: w.now()})
	})
	next(0)
}
