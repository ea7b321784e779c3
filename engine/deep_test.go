package engine_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
)

// TestTheLastDaysAreReadAgainWhateverTheStampsSay: a change that moved no stamp is seen by the next deep Run, and by no other; one that
// fails is made again; and documents from before the first Run stay alone.
func TestTheLastDaysAreReadAgainWhateverTheStampsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Deep = "@daily" })
	w.to.info.CanUpdate = true
	w.from.put("ancient", order("P0", "5", "open"))
	w.from.stamps["ancient"] = w.now().Add(-time.Hour)
	w.from.put("1", order("P1", "10", "open"))
	poll := func(deep bool) engine.Polled {
		t.Helper()
		p, err := w.e.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerSchedule, Deep: deep})
		if err != nil {
			t.Fatal(err)
		}
		for n := range w.flow().Partitions {
			w.pumpOnce(n)
		}
		return p
	}
	read := func(p engine.Polled) int {
		t.Helper()
		run, err := w.db.RunByID(t.Context(), p.Run)
		if err != nil {
			t.Fatal(err)
		}
		return run.Counts.Read
	}
	quietly := func(amount string) { w.from.table["1"] = order("P1", amount, "open") } // its stamp stays
	arrived := func() string { return w.to.table["T001"].Text("AMOUNT") }

	w.pass(time.Minute)
	poll(false)
	midnight := w.flow().NextDeepAt
	if !midnight.Equal(w.now().Truncate(24 * time.Hour).Add(24 * time.Hour)) {
		t.Fatalf("the first deep Run is due %s", midnight)
	}
	w.pass(2 * time.Hour)
	poll(false)
	quietly("11")
	w.pass(2 * time.Hour)
	if n := read(poll(false)); n != 0 || arrived() != "10" {
		t.Errorf("an ordinary Run read %d, and the target has %s", n, arrived())
	}
	w.pass(24 * time.Hour)
	w.from.readErr = down()
	if p := poll(false); p.Err == nil || !w.flow().NextDeepAt.Equal(midnight) {
		t.Errorf("after a failed one the next is due %s, expected %s", w.flow().NextDeepAt, midnight)
	}
	w.from.readErr = nil
	if n := read(poll(false)); n != 1 || arrived() != "11" {
		t.Errorf("the deep Run read %d, and the target has %s; expected one, and 11", n, arrived())
	}
	if want := midnight.Add(48 * time.Hour); w.flow().NextDeepAt.After(want) || !w.flow().NextDeepAt.After(w.now()) {
		t.Errorf("the next is due %s", w.flow().NextDeepAt)
	}
	quietly("12")
	w.pass(time.Hour)
	if poll(false); arrived() != "11" {
		t.Errorf("between deep Runs the target has %s", arrived())
	}
	if poll(true); arrived() != "12" {
		t.Errorf("after one that was asked for the target has %s", arrived())
	}
	w.pass(10 * 24 * time.Hour)
	if n := read(poll(true)); n != 0 {
		t.Errorf("ten days later %d are read", n)
	}
}
