package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// approved saves a plan of all Flows and has it approved.
func (w *world) approved(name string) {
	w.t.Helper()
	w.pass(time.Minute)
	if _, err := w.e.SavePlan(w.t.Context(), name, engine.SyncRequest{Actor: "ann"}); err != nil {
		w.t.Fatal(err)
	}
	w.tx(func(tx *store.Tx) error { return tx.ApprovePlan(name, "bea") })
}

func (w *world) carryOut(name string) (engine.SyncReport, error) {
	w.pass(time.Minute)
	return w.e.Sync(w.t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Plan: name, Actor: "bea", Wait: time.Minute})
}

func TestAnApprovedPlanIsCarriedOutAsItStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for _, id := range []string{"1", "2", "3"} {
		w.from.put(id, order("P"+id, "10", "open"))
	}
	w.approved("cut-over")
	rep, err := w.carryOut("cut-over")
	if err != nil || rep.TimedOut || len(rep.Runs) != 1 || rep.Runs[0].Counts.Delivered != 3 || len(w.to.writes) != 3 {
		t.Fatalf("%+v, %v, %d writes; expected three delivered", rep, err, len(w.to.writes))
	}
	if _, err := w.carryOut("cut-over"); connector.CodeOf(err) != connector.Conflict {
		t.Errorf("it is carried out again: %v", err)
	}
	if _, err := w.e.SavePlan(t.Context(), "cut-over", engine.SyncRequest{Actor: "ann"}); connector.CodeOf(err) != connector.Conflict {
		t.Errorf("another takes its name: %v", err)
	}
	w.from.put("4", order("P4", "11", "open"))
	w.pass(time.Minute)
	if w.sync(); len(w.to.writes) != 4 {
		t.Errorf("%d writes; after it ended its Flow is not free", len(w.to.writes))
	}
}

func TestAPlanIsRefusedWholeWhenTheWorldHasMoved(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		move func(w *world)
		says string
	}{
		"a record changed":    {func(w *world) { w.from.put("1", order("P1", "11", "open")) }, `AMOUNT was to become "10", and now "11"`},
		"a new one is there":  {func(w *world) { w.from.put("9", order("P9", "9", "open")) }, "orders 9: the plan does not name it, and it is to be created"},
		"one is gone":         {func(w *world) { w.from.remove("2") }, "orders 2: it is not among what was read any more"},
		"somebody entered it": {func(w *world) { w.to.put("T1", connector.Document{"KEY": "P1", "AMOUNT": "10"}) }, "orders 1: it was to be created, and is to be"},
		"the rules changed": {func(w *world) {
			f := w.flow()
			f.Mapping = strings.Replace(rules, "AMOUNT: {from: amount}", `AMOUNT: {expr: '"12"'}`, 1)
			w.tx(func(tx *store.Tx) error { return tx.SaveFlow(f) })
		}, `AMOUNT was to become "10", and now "12"`},
		"another Delivery waits":   {func(w *world) { w.from.put("7", order("P7", "1", "open")); w.poll(); w.from.remove("7") }, "waits, and the plan has no write of it"},
		"what was held is not now": {func(w *world) { delete(w.from.broken, "3") }, "orders 3: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.from.put("2", order("P2", "10", "open"))
			w.from.put("3", order("P3", "10", "open"))
			w.from.broken = map[string]*connector.Error{"3": connector.Errorf(connector.Invalid, "read", "it has no header").Advise("mend it")}
			w.approved("p")
			tc.move(w)
			_, err := w.carryOut("p")
			if connector.CodeOf(err) != connector.Conflict || !strings.Contains(err.Error(), tc.says) || len(w.to.writes) > 0 {
				t.Errorf("%v, %d writes; expected a refusal that says %q", err, len(w.to.writes), tc.says)
			}
			if p, err := w.db.SavedPlan(t.Context(), "p"); err != nil || !p.BegunAt.IsZero() {
				t.Errorf("it counts as begun: %+v, %v", p, err)
			}
		})
	}
}

// TestWhatMovesWhileAPlanIsCarriedOutIsNotWritten: between the comparison and the write, in this or another process.
func TestWhatMovesWhileAPlanIsCarriedOutIsNotWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "10", "open"))
	w.approved("p")
	pages := 0
	w.from.onPage = func() {
		if pages++; pages == 1 { // the comparison has read; the Run is to come
			w.from.table["2"] = order("P2", "99", "open")
			w.from.table["3"], w.from.stamps["3"], w.from.order = order("P3", "1", "open"), w.now().Add(-time.Second), append(w.from.order, "3")
		}
	}
	if _, err := w.carryOut("p"); err != nil {
		t.Fatal(err)
	}
	if d := w.last("1"); d.State != connector.Delivered {
		t.Errorf("1 is %s (%v), expected delivered", d.State, d.Err)
	}
	if d := w.last("2"); d.State != connector.Held || !strings.Contains(d.Err.Message, `AMOUNT was to become "10", and now "99"`) {
		t.Errorf("2 is %s (%v), expected held, since it is not as approved", d.State, d.Err)
	}
	if d := w.last("3"); d.State != connector.Waiting || len(w.to.writes) != 1 {
		t.Errorf("3 is %s after %d writes, expected waiting, and one", d.State, len(w.to.writes))
	}
	w.from.onPage = nil
	if w.sync(); w.last("3").State != connector.Delivered {
		t.Errorf("after the plan 3 is %s, expected delivered", w.last("3").State)
	}
}

func TestAPlanThatWasBrokenOffGoesOnAndBoundsItsFlowsUntilThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "10", "open"))
	w.approved("p")
	ctx, stop := context.WithCancel(t.Context())
	w.to.onSend = func(context.Context) { stop() }
	if _, err := w.e.Sync(ctx, engine.SyncRequest{Trigger: connector.TriggerManual, Plan: "p", Actor: "bea", Wait: time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.to.onSend = nil
	w.from.put("3", order("P3", "1", "open"))
	w.pass(time.Minute)
	w.sync()
	if d := w.last("3"); d.State != connector.Waiting {
		t.Errorf("3 is %s while a plan that does not name it is not at its end", d.State)
	}
	if _, err := w.carryOut("p"); err != nil {
		t.Fatal(err)
	}
	w.sync()
	for _, id := range []string{"1", "2", "3"} {
		if d := w.last(id); d.State != connector.Delivered {
			t.Errorf("%s is %s (%v), expected delivered", id, d.State, d.Err)
		}
	}
	if len(w.to.writes) != 3 {
		t.Errorf("%d writes, expected one of each", len(w.to.writes))
	}
}

func TestNobodyApprovesTheirOwnPlanAndNoneIsCarriedOutWithoutThat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	if _, err := w.e.SavePlan(t.Context(), "p", engine.SyncRequest{Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.carryOut("p"); connector.CodeOf(err) != connector.Forbidden {
		t.Errorf("without an approval: %v", err)
	}
	if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.ApprovePlan("p", "ann") }); connector.CodeOf(err) != connector.Forbidden {
		t.Errorf("her own: %v", err)
	}
	if _, err := w.carryOut("q"); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("one that is not there: %v", err)
	}
	w.from.readErr = connector.Errorf(connector.Unavailable, "read", "no answer")
	if _, err := w.e.SavePlan(t.Context(), "q", engine.SyncRequest{Actor: "ann"}); connector.CodeOf(err) != connector.Unavailable {
		t.Errorf("a dry run that could not read is saved: %v", err)
	}
}

// TestAPumpThatBeganBeforeAPlanWritesNothingPastIt: another process's pumps opened their Flow before the plan bounded it.
func TestAPumpThatBeganBeforeAPlanWritesNothingPastIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.approved("p")
	w.from.put("2", order("P2", "10", "open"))
	w.poll()
	plan, err := w.db.SavedPlan(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	w.to.onCall = func() error { // the pump looks at the target: it has decided nothing yet, and knows of no plan
		if calls++; calls == 1 {
			w.tx(func(tx *store.Tx) error { return tx.BeginPlan(plan, "bea") })
		}
		return nil
	}
	w.pass(time.Minute)
	if _, err := w.e.Settle(t.Context(), []string{"orders"}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if calls == 0 {
		t.Fatal("nothing was looked up")
	}
	if d := w.last("2"); d.State != connector.Waiting || len(w.to.writes) != 1 || w.last("1").State != connector.Delivered {
		t.Errorf("2 is %s after %d writes, expected waiting, and only the other one written", d.State, len(w.to.writes))
	}
}

// TestAPlanEndsWhenAllOfItWasReadAndWritten: until then it is begun, bounds its Flows, and goes on when it is run again.
func TestAPlanEndsWhenAllOfItWasReadAndWritten(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		hinder, mend func(w *world)
		timedOut     bool
	}{
		"the wait is over before a write went": {func(w *world) {
			w.to.onSend = func(context.Context) {
				w.to.onCall = func() error {
					return &connector.Error{Code: connector.Throttled, Op: "send", Message: "too many", Wait: time.Hour}
				}
			}
		}, func(w *world) { w.to.onSend, w.to.onCall = nil, nil; w.pass(2 * time.Hour) }, true},
		"the source does not answer": {func(w *world) {
			w.from.onPage = func() { // the comparison has read
				w.from.onPage, w.from.readErr = nil, connector.Errorf(connector.Unavailable, "read", "no answer")
			}
		}, func(w *world) { w.from.readErr = nil; w.pass(time.Hour) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.approved("p")
			tc.hinder(w)
			rep, err := w.carryOut("p")
			p, err2 := w.db.SavedPlan(t.Context(), "p")
			if err != nil || err2 != nil || p.BegunAt.IsZero() || !p.EndedAt.IsZero() || rep.TimedOut != tc.timedOut || len(w.to.writes) > 0 {
				t.Fatalf("%+v, %v, %+v, %v; expected it begun and not ended", rep, err, p, err2)
			}
			tc.mend(w)
			if rep, err = w.carryOut("p"); err != nil || len(w.to.writes) != 1 {
				t.Fatalf("%+v, %v, %d writes; expected it to go on", rep, err, len(w.to.writes))
			}
			if p, err := w.db.SavedPlan(t.Context(), "p"); err != nil || p.EndedAt.IsZero() {
				t.Errorf("%+v, %v; expected it ended", p, err)
			}
		})
	}
}

func TestARecordThatIsReadTwiceIsPlannedAsItWasReadLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for _, id := range []string{"1", "2", "3", "4"} {
		w.from.put(id, order("P"+id, "10", "open"))
	}
	pages := 0
	w.from.onPage = func() {
		if pages++; pages == 1 { // it changes, and comes once more on the next page
			w.from.table["1"], w.from.order = order("P1", "11", "open"), append(w.from.order, "1")
		}
	}
	w.approved("p")
	r, found, err := w.db.PlannedRow(t.Context(), "p", "orders", "1")
	if err != nil || !found || !strings.Contains(r.Body, `"11"`) {
		t.Errorf("%+v, %v, %v; expected it with 11", r, found, err)
	}
}

// TestAPlanWhoseFlowIsGoneSaysWhatEndsIt: it can't come to its end, and the others wait for that.
func TestAPlanWhoseFlowIsGoneSaysWhatEndsIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		begun bool
		hint  string
	}{
		"begun":     {true, "ml-connector plan run cut-over --end"},
		"not begun": {false, "Save a new one"},
	} {
		w := newWorld(t, connector.ClassNatural)
		w.from.put("1", order("P1", "10", "open"))
		w.approved("cut-over")
		w.tx(func(tx *store.Tx) error {
			if tc.begun {
				p, err := w.db.SavedPlan(t.Context(), "cut-over")
				if err != nil {
					return err
				}
				if err := tx.BeginPlan(p, "bea"); err != nil {
					return err
				}
			}
			return tx.RemoveFlow("orders")
		})
		_, err := w.carryOut("cut-over")
		if e := connector.AsError(err); err == nil || e.Code != connector.Conflict || !strings.Contains(e.Message, "flow orders") || !strings.Contains(e.Hint, tc.hint) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestAPlanThatIsEndedInItsMiddleStops: who carries it out sends nothing more, neither of the plan nor beside it; what is left is delivered
// once, when the Flow is run.
func TestAPlanThatIsEndedInItsMiddleStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Enabled = false })
	const many = 40
	for n := range many {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), "10", "open"))
	}
	w.pass(time.Minute)
	if _, err := w.e.SavePlan(t.Context(), "p", engine.SyncRequest{Flows: []string{"orders"}, Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	w.tx(func(tx *store.Tx) error { return tx.ApprovePlan("p", "bea") })
	var once sync.Once
	w.to.onSend = func(context.Context) {
		once.Do(func() {
			w.from.put("late", order("late", "10", "open")) // unplanned, and there before the next read
			w.tx(func(tx *store.Tx) error { return tx.EndPlan("p", "cid") })
		})
	}
	_, err := w.carryOut("p")
	if connector.CodeOf(err) != connector.Conflict || !strings.Contains(err.Error(), "it was ended while it was being carried out") {
		t.Errorf("the plan that was ended: %v", err)
	}
	sent := len(w.to.writes)
	if sent == 0 || sent == many {
		t.Errorf("%d of %d were sent: it was not ended in its middle", sent, many)
	}
	if w.pass(time.Hour); len(w.to.writes) != sent {
		t.Error("more was sent after it was ended")
	}
	f := w.flow()
	f.Enabled = true
	w.tx(func(tx *store.Tx) error { return tx.SaveFlow(f) })
	w.sync()
	for n := range many {
		if c := w.to.count(fmt.Sprint("P", n)); c != 1 {
			t.Errorf("P%d was created %d times", n, c)
		}
	}
}

// TestAPlanStandsForNumbersOfOurOwn: a dry run takes no number of ours, and a plan that has one is carried out whichever it becomes.
func TestAPlanStandsForNumbersOfOurOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) {
		f.Mapping = strings.Replace(rules, "KEY: {from: key, required: true}", `KEY: {expr: '"K" + pad(choose("order"), 7)'}`, 1)
	})
	w.from.put("1", order("P1", "10", "open"))
	w.approved("p")
	if rep, err := w.carryOut("p"); err != nil || rep.Runs[0].Counts.Delivered != 1 {
		t.Fatalf("%+v, %v", rep, err)
	}
	if w.to.count("K0000001") != 1 {
		t.Errorf("the target has %v: a dry run took a number", w.to.table)
	}
	w.pass(time.Minute)
	for _, line := range w.reconcile(time.Time{}.AddDate(2000, 0, 0)) {
		if !strings.Contains(line, "matched") {
			t.Error(line)
		}
	}
}
