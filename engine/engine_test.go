package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

func ambiguous() error { return connector.Errorf(connector.Ambiguous, "write", "the answer was lost") }

func TestWhatChangedIsDeliveredOnceAndThenUnchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for _, k := range []string{"1", "2", "3", "4", "5"} {
		w.from.put(k, order("P"+k, "10", "open"))
	}
	if c := w.sync().Counts; c.Read != 5 || c.Delivered != 5 {
		t.Fatalf("first run %+v, expected 5 read and delivered", c)
	}
	if c := w.sync().Counts; c.Delivered != 0 || c.Unchanged != c.Read {
		t.Errorf("second run %+v, expected nothing delivered", c)
	}
	if n := len(w.to.writes); n != 5 {
		t.Errorf("%d writes, expected 5", n)
	}
}

func TestAThereAndBackAgainIsThreeChanges_I10(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.to.info.CanUpdate = true
	for _, amount := range []string{"10", "20", "10"} {
		w.from.put("1", order("P1", amount, "open"))
		w.sync()
		if got := w.to.table["T001"].Text("AMOUNT"); got != amount {
			t.Fatalf("the target holds %s, expected %s", got, amount)
		}
	}
	if n := len(w.to.writes); n != 3 {
		t.Errorf("%d writes, expected 3", n)
	}
}

func TestAChangeThatTheTargetCannotTakeIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.from.put("1", order("P1", "20", "open"))
	w.sync()
	if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Conflict {
		t.Errorf("%s with %v, expected held as conflict", d.State, d.Err)
	}
}

func TestAWithdrawalOfWhatWasDeliveredIsHeldAndADraftIsFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "10", "draft"))
	w.sync()
	if d := w.last("2"); d.State != connector.Filtered {
		t.Errorf("a draft is %s, expected filtered", d.State)
	}
	w.from.put("1", order("P1", "10", "cancelled"))
	w.sync()
	if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Conflict {
		t.Errorf("a withdrawal is %s, expected held as conflict", d.State)
	}
}

func TestWhatAPersonEnteredBeforeIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.to.put("HAND", connector.Document{"KEY": "P1", "AMOUNT": "10"})
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Conflict || d.Target.ID != "HAND" {
		t.Errorf("%s on %s, expected held as conflict on HAND", d.State, d.Target.ID)
	}
	if len(w.to.writes) != 0 {
		t.Errorf("%d writes, expected none", len(w.to.writes))
	}
}

func TestADoubtIsResolvedByLookUpAndNothingIsSentTwice_I7(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		class  connector.Class
		before bool // the write never reached the target
		writes int
	}{
		{"N: it had happened", connector.ClassNatural, false, 1},
		{"N: it had not", connector.ClassNatural, true, 2},
		{"D: it had happened", connector.ClassDuplicate, false, 1},
		{"D: it had not", connector.ClassDuplicate, true, 2},
		{"R: it had happened", connector.ClassRefused, false, 1},
		{"U: it had not", connector.ClassUpsert, true, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.class)
			first := true
			w.to.onWrite = func(wr connector.Write) (error, bool) {
				if wr.Document.Text("KEY") != "P1" || !first {
					return nil, false
				}
				first = false
				return ambiguous(), tc.before
			}
			w.from.put("1", order("P1", "10", "open"))
			w.from.put("2", order("P2", "10", "open")) // the positive control: written later
			w.sync()
			if d := w.last("1"); d.State != connector.Delivered {
				t.Errorf("%s (%v), expected delivered", d.State, d.Err)
			}
			n := 0
			for _, wr := range w.to.writes {
				if wr.Document.Text("KEY") == "P1" {
					n++
				}
			}
			if n != tc.writes || w.to.count("P1") != 1 {
				t.Errorf("%d writes, %d objects; expected %d writes and one object", n, w.to.count("P1"), tc.writes)
			}
		})
	}
}

func TestAbsenceIsNotBelievedOfALookUpThatSeesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	w.to.put("OLD", connector.Document{"KEY": "X", "AMOUNT": "1"})
	w.to.blind = true
	w.to.onWrite = func(connector.Write) (error, bool) { return ambiguous(), false }
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.sync()
	if n, d := w.to.count("P1"), w.last("1"); n != 1 || d.State != connector.InDoubt {
		t.Errorf("%d objects, %s; expected one, in doubt for a person", n, d.State)
	}
}

func TestAnEmptyListIsNotBelievedForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	w.to.onWrite = func(connector.Write) (error, bool) { return ambiguous(), true } // nothing ever arrives: the list is empty
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.sync()
	if n, d := len(w.to.writes), w.last("1"); n != 5 || d.State != connector.InDoubt {
		t.Errorf("%d writes, %s; expected five, then doubt for a person", n, d.State)
	}
}

func TestAProcessThatDiesWhileSendingLeavesDoubtNotDoubles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "10", "open"))
	w.pass(time.Minute)
	if _, err := w.e.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil {
		t.Fatal(err)
	}
	// The first process intends both writes, sends one, and is gone before it can settle.
	for part := range partitions {
		epoch, _, err := w.db.Take(t.Context(), "orders", part, "lost", 0)
		if err != nil {
			t.Fatal(err)
		}
		works, err := w.db.Claim(t.Context(), "orders", part, epoch, 10)
		if err != nil {
			t.Fatal(err)
		}
		var in []store.Intent
		for _, wk := range works {
			doc := connector.Document{"KEY": wk.Version.Document.Text("key"), "AMOUNT": "10"}
			in = append(in, store.Intent{Delivery: wk.Delivery.ID, Operation: connector.OpCreate, Document: doc, Reserve: []string{doc.Text("KEY")}})
			if doc.Text("KEY") == "P1" {
				_, _ = w.to.Write(t.Context(), connector.Write{Document: doc})
			}
		}
		if _, err := w.db.Intend(t.Context(), "orders", part, epoch, in); err != nil {
			t.Fatal(err)
		}
	}
	w.e = w.engine("two")
	w.sync()
	w.sync()
	if w.to.count("P1") != 1 || w.to.count("P2") != 1 {
		t.Errorf("P1 exists %d times, P2 %d times; expected once each", w.to.count("P1"), w.to.count("P2"))
	}
	for _, id := range []string{"1", "2"} {
		if d := w.last(id); d.State != connector.Delivered {
			t.Errorf("%s is %s (%v), expected delivered", id, d.State, d.Err)
		}
	}
}

func TestTwoRecordsOfOneKeyAreAConflictThatNamesTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.from.put("2", order("P1", "10", "open"))
	w.sync()
	if d := w.last("2"); d.State != connector.Held || d.Err.Code != connector.Conflict {
		t.Errorf("%s (%v), expected held as conflict", d.State, d.Err)
	}
}

func TestRefusedCredentialsPauseTheConnectionAfterOneCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.to.steps = []connector.Step{{Step: "node", State: connector.StepFailed, Code: connector.Credentials, Message: "the password is wrong", Hint: "Change it."}}
	w.from.put("1", order("P1", "10", "open"))
	r := w.sync()
	if r.Err == nil || r.Err.Code != connector.Credentials {
		t.Fatalf("the run ended with %v, expected credentials", r.Err)
	}
	if w.to.checks != 1 {
		t.Errorf("%d checks, expected one", w.to.checks)
	}
	c, err := w.db.Connection(t.Context(), "b")
	if err != nil || c.Paused.Code != connector.Credentials {
		t.Errorf("connection b is paused with %q (%v), expected credentials", c.Paused.Code, err)
	}
	w.to.steps = nil
	if r := w.sync(); r.Err != nil || r.Counts.Delivered != 1 {
		t.Errorf("after the mend: %v, %+v; expected one delivered", r.Err, r.Counts)
	}
}

func TestADryRunWritesNothingAndUsesNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.pass(time.Minute)
	p, err := w.e.Plan(t.Context(), engine.SyncRequest{})
	if err != nil || len(p.Rows) != 1 || p.Rows[0].Operation != "create" {
		t.Fatalf("plan %+v (%v), expected one create", p.Rows, err)
	}
	if len(w.to.writes) != 0 {
		t.Error("a dry run wrote to the target")
	}
	if text, err := w.db.Plan(t.Context(), p.Runs[0].ID); err != nil || !strings.Contains(string(text), `"operation":"create"`) {
		t.Errorf("beside the run stands %q (%v), expected its plan", text, err)
	}
	if c := w.sync().Counts; c.Delivered != 1 {
		t.Errorf("the sync after it %+v, expected one delivered", c)
	}
}

func TestDriftIsHeldOrOverwrittenAsTheFlowSays(t *testing.T) {
	t.Parallel()
	back := func(drift connector.DriftRule) *world {
		w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Drift = drift })
		w.to.info.CanUpdate = true
		w.from.put("1", order("P1", "10", "open"))
		w.sync()
		return w
	}
	t.Run("hold", func(t *testing.T) {
		w := back(connector.DriftHold)
		w.to.put("T001", connector.Document{"KEY": "P1", "AMOUNT": "99"})
		w.from.put("1", order("P1", "11", "open"))
		w.sync()
		d := w.last("1")
		if d.State != connector.Held || d.Err.Code != connector.Conflict {
			t.Fatalf("%s (%v), expected held as conflict", d.State, d.Err)
		}
		if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, "cli:test", false) }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := w.to.table["T001"].Text("AMOUNT"); got != "11" {
			t.Errorf("after the replay the target holds %s, expected the owner's 11", got)
		}
	})
	t.Run("hold, and all is read again since an earlier time", func(t *testing.T) {
		w := back(connector.DriftHold)
		w.to.put("T001", connector.Document{"KEY": "P1", "AMOUNT": "99"})
		for range 2 {
			w.pass(time.Minute)
			if _, err := w.e.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Since: w.now().Add(-time.Hour), Wait: time.Minute}); err != nil {
				t.Fatal(err)
			}
			if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Conflict {
				t.Fatalf("%s (%v), expected held as conflict", d.State, d.Err)
			}
		}
	})
	t.Run("hold, and what a person replayed is refused once and healed", func(t *testing.T) {
		w := back(connector.DriftHold)
		w.to.put("T001", connector.Document{"KEY": "P1", "AMOUNT": "99"})
		w.pass(time.Minute)
		if _, err := w.e.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Since: w.now().Add(-time.Hour), Wait: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Replay([]int64{w.last("1").ID}, "cli:test", false) }); err != nil {
			t.Fatal(err)
		}
		w.to.onWrite = func(connector.Write) (error, bool) {
			w.to.onWrite = nil
			return connector.Errorf(connector.Rejected, "write", "not now"), true
		}
		if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
			t.Fatal(err)
		}
		if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Rejected {
			t.Fatalf("%s (%v), expected held as rejected", d.State, d.Err)
		}
		w.pass(time.Hour)
		if _, err := w.e.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerSchedule, Wait: time.Minute}); err != nil { // heals it
			t.Fatal(err)
		}
		if got := w.to.table["T001"].Text("AMOUNT"); got != "10" {
			t.Errorf("the target holds %s, and the Delivery is %s (%v); expected the owner's 10", got, w.last("1").State, w.last("1").Err)
		}
	})
	t.Run("overwrite", func(t *testing.T) {
		w := back(connector.DriftOverwrite)
		w.to.put("T001", connector.Document{"KEY": "P1", "AMOUNT": "99"})
		w.from.put("1", order("P1", "11", "open"))
		w.sync()
		if got := w.to.table["T001"].Text("AMOUNT"); got != "11" {
			t.Errorf("the target holds %s, expected the owner's 11", got)
		}
	})
}

func TestTheNextRevisionUnderAnotherIDIsTheSameOrder(t *testing.T) {
	t.Parallel()
	revised := func(amount, rev string) connector.Document {
		d := order("P1", amount, "open")
		d["rev"] = rev
		return d
	}
	start := func(t *testing.T) *world {
		w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Mapping = rules + "revision: doc.rev\n" })
		w.from.put("1", revised("10", "1"))
		w.sync()
		return w
	}
	for _, tc := range []struct {
		name      string
		amount    string
		rev       string
		canUpdate bool
		planned   string // by the dry run before; "" = it stands in no plan
		state     connector.State
		holds     string
	}{
		{"the same content is unchanged", "10", "2", false, "none", connector.Unchanged, "10"},
		{"a change that the target takes is an update", "20", "2", true, "update", connector.Delivered, "20"},
		{"a change that it can't take is held", "20", "2", false, "hold", connector.Held, "10"},
		{"a lower revision is superseded", "20", "0", true, "", connector.Superseded, "10"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.to.info.CanUpdate = tc.canUpdate
			w.from.put("2", revised(tc.amount, tc.rev))
			if got := w.planned("2"); got != tc.planned {
				t.Errorf("the dry run plans %q, expected %q", got, tc.planned)
			}
			w.sync()
			if d := w.last("2"); d.State != tc.state {
				t.Errorf("%s (%v), expected %s", d.State, d.Err, tc.state)
			}
			if w.to.count("P1") != 1 || w.to.table["T001"].Text("AMOUNT") != tc.holds {
				t.Errorf("%d objects with %s, expected one with %s", w.to.count("P1"), w.to.table["T001"].Text("AMOUNT"), tc.holds)
			}
		})
	}
}

func TestALimitOfChangesPausesTheFlowAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.MaxChanges = 2 })
	for _, k := range []string{"1", "2", "3"} {
		w.from.put(k, order("P"+k, "10", "open"))
	}
	if c := w.sync().Counts; c.Delivered != 2 || c.Waiting != 1 {
		t.Fatalf("%+v, expected two delivered and one waiting", c)
	}
	f, err := w.db.Flow(t.Context(), "orders")
	if err != nil || f.Paused.Code != connector.Misconfigured {
		t.Fatalf("the flow is paused with %q (%v)", f.Paused.Code, err)
	}
	if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.ResumeFlow("orders", "cli:test") }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
		t.Fatal(err)
	}
	if d := w.last("3"); d.State != connector.Delivered {
		t.Errorf("after it was enabled the last one is %s, expected delivered", d.State)
	}
}

func TestAReadThatFailsMovesNoCursor_I3(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.from.readErr = connector.Errorf(connector.Misconfigured, "read", "no such query")
	r := w.sync()
	if r.Err == nil || r.Err.Code != connector.Misconfigured {
		t.Fatalf("the run ended with %v, expected misconfigured", r.Err)
	}
	f, err := w.db.Flow(t.Context(), "orders")
	if err != nil || !f.Cursor.IsZero() {
		t.Errorf("the cursor stands at %v (%v), expected where it was", f.Cursor, err)
	}
	if f.Paused.Code != connector.Misconfigured {
		t.Errorf("the flow is paused with %q, expected misconfigured", f.Paused.Code)
	}
}

func TestThrottlingWaitsAsToldAndSpendsNoAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	first := true
	w.to.onWrite = func(connector.Write) (error, bool) {
		if !first {
			return nil, false
		}
		first = false
		return &connector.Error{Code: connector.Throttled, Message: "too fast", Wait: 30 * time.Second}, true
	}
	w.from.put("1", order("P1", "10", "open"))
	before := w.now()
	w.sync()
	if d := w.last("1"); d.State != connector.Delivered || d.Failures != 0 {
		t.Errorf("%s after %d failures, expected delivered after none", d.State, d.Failures)
	}
	if waited := w.now().Sub(before); waited < 30*time.Second {
		t.Errorf("it waited %s, expected at least the 30 s that it was told", waited)
	}
}

func TestALogInRefusedMidWayIsNotTriedAgainUntilThePauseEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.sync() // checked while all is well
	refuse, refused := true, 0
	w.to.onCall = func() error {
		if refuse {
			refused++
			return connector.Errorf(connector.Credentials, "call", "the password is wrong")
		}
		return nil
	}
	for _, k := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		w.from.put(k, order("P"+k, "10", "open"))
	}
	checks := w.to.checks
	w.sync()
	if refused > 2 {
		t.Errorf("%d log-ins refused, expected one for each of the two calls that may run at once", refused)
	}
	if w.to.checks != checks {
		t.Errorf("%d checks in the command that met the refusal, expected none", w.to.checks-checks)
	}
	refuse = false
	if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.ResumeConnection("b", "cli:test") }); err != nil {
		t.Fatal(err)
	}
	if c := w.sync().Counts; c.Held != 0 || c.InDoubt != 0 || w.to.count("P9") != 1 || len(w.to.table) != 9 {
		t.Errorf("%+v with %d objects after the pause ended, expected all nine delivered", c, len(w.to.table))
	}
}

func TestWhatCouldNotBeReadIsReadAgainWhenItIsReplayed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		mend   func(*side)
		want   connector.State // of the newest Delivery
		code   connector.Code
		writes int
	}{
		{"it can be read now", func(s *side) { s.broken = nil }, connector.Delivered, "", 1},
		{"it is a draft now", func(s *side) { s.broken = nil; s.put("1", order("P1", "10", "draft")) }, connector.Filtered, "", 0},
		{"it still can't", func(*side) {}, connector.Held, connector.NotFound, 0},
		{"for another reason", func(s *side) { s.broken["1"] = connector.Errorf(connector.Invalid, "read", "no number") }, connector.Held, connector.Invalid, 0},
		{"the source has it no more", func(s *side) { delete(s.table, "1"); s.order = nil }, connector.Held, connector.NotFound, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.from.broken = map[string]*connector.Error{"1": connector.Errorf(connector.NotFound, "read", "listed, but its detail is gone")}
			w.sync()
			d := w.last("1")
			if d.State != connector.Held {
				t.Fatalf("what can't be read is %s, expected held", d.State)
			}
			tc.mend(w.from)
			w.pass(time.Minute)
			if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, "cli:test", false) }); err != nil {
				t.Fatal(err)
			}
			if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
				t.Fatal(err)
			}
			whole, err := w.db.Runs(t.Context(), store.RunFilter{Windows: true})
			if err != nil || len(whole) != 1 || whole[0].ID != 1 {
				t.Errorf("%d Runs (%v) read a window, expected the first alone: what is read by its key reads none", len(whole), err)
			}
			if d := w.last("1"); d.State != tc.want || connector.CodeOf(asError(d.Err)) != tc.code || len(w.to.writes) != tc.writes {
				t.Errorf("%s (%v) after %d writes; expected %s %s after %d", d.State, d.Err, len(w.to.writes), tc.want, tc.code, tc.writes)
			}
		})
	}
}

// asError keeps a missing error missing.
func asError(e *connector.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func TestADeadSourceIsTriedFourTimesAndThenOnceUntilItAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.sync() // checked while all is well
	for i, tc := range []struct {
		dead bool
		most time.Duration // that the sync may take
		code connector.Code
	}{
		{true, 25 * time.Second, connector.Unavailable},
		{true, 0, connector.Unavailable},
		{true, 0, connector.Unavailable},
		{false, 0, ""},
		{true, 25 * time.Second, connector.Unavailable},
	} {
		w.from.readErr = nil
		if tc.dead {
			w.from.readErr = connector.Errorf(connector.Unavailable, "read", "nothing answers")
		}
		before := w.now().Add(time.Minute) // sync lets a minute pass first
		r := w.sync()
		took := w.now().Sub(before)
		if connector.CodeOf(asError(r.Err)) != tc.code || took > tc.most || tc.most > 0 && took < 15*time.Second {
			t.Errorf("sync %d ended with %v after %s, expected %q within %s", i+1, r.Err, took, tc.code, tc.most)
		}
	}
}

func TestUnderANarrowLimitLookUpsLeaveRoomForWrites(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		class connector.Class
		calls int // that the target takes within ten seconds
	}{
		{"two calls", connector.ClassNatural, 2},
		{"three calls", connector.ClassNatural, 3},
		{"five calls", connector.ClassNatural, 5},
		{"without look-ups", connector.ClassUpsert, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.class)
			var window time.Time
			left := 0
			w.to.onCall = func() error {
				if now := w.now(); now.Sub(window) >= 10*time.Second {
					window, left = now, tc.calls
				}
				if left--; left < 0 {
					return &connector.Error{Code: connector.Throttled, Message: "too fast", Wait: 10 * time.Second}
				}
				return nil
			}
			for _, k := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
				w.from.put(k, order("P"+k, "10", "open"))
			}
			if c := w.sync().Counts; c.Delivered != 9 || len(w.to.writes) != 9 {
				t.Errorf("%+v after %d writes, expected nine delivered by nine writes", c, len(w.to.writes))
			}
		})
	}
}

func TestOneProcessPumpsAPartitionOnceAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	inside := make(chan struct{})
	w.to.onWrite = func(connector.Write) (error, bool) {
		for n := range partitions {
			if p, err := w.e.Pump(t.Context(), "orders", n); err != nil || p.Settled > 0 {
				t.Errorf("a second pump beside the first settled %d (%v)", p.Settled, err)
			}
		}
		select {
		case <-inside:
		default:
			close(inside)
		}
		return nil, false
	}
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	if d := w.last("1"); d.State != connector.Delivered {
		t.Errorf("%s (%v), expected delivered", d.State, d.Err)
	}
	<-inside
}

func TestToldToStopItLetsTheWriteInFlightEndAndBeginsNoOther_I28(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	ctx, stop := context.WithCancel(t.Context())
	w.to.onSend = func(sending context.Context) {
		stop()
		if sending.Err() != nil {
			t.Error("the write in flight was cancelled at once")
		}
	}
	for _, k := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		w.from.put(k, order("P"+k, "10", "open"))
	}
	w.pass(time.Minute)
	if _, err := w.e.Sync(ctx, engine.SyncRequest{Trigger: connector.TriggerManual, Wait: time.Minute}); err != nil {
		t.Fatal(err)
	}
	states := map[connector.State]int{}
	for _, k := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		states[w.last(k).State]++
	}
	if states[connector.Delivered] != len(w.to.writes) || states[connector.Delivered]+states[connector.Waiting] != 8 || states[connector.Waiting] == 0 {
		t.Errorf("%v after %d writes; expected each write delivered and the others waiting", states, len(w.to.writes))
	}
}

func TestTheExchangesOfAWholeReadThatFailedAreKept_I16(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*world) error{
		"sync": func(w *world) error {
			_, err := w.e.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual})
			return err
		},
		"dry run": func(w *world) error { _, err := w.e.Plan(t.Context(), engine.SyncRequest{}); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Mapping = rules + "alike: doc.key\n" })
			w.to.tells, w.to.readErr = "refused", connector.Errorf(connector.Misconfigured, "read", "no such query")
			if err := run(w); err != nil {
				t.Fatal(err)
			}
			if x, err := w.db.Exchange(t.Context(), "refused"); err != nil || x.Connection != "b" {
				t.Errorf("the exchange of the target's refusal is not kept: %+v, %v", x, err)
			}
		})
	}
}

func TestTheExchangesOfAPageThatIsNotAcceptedAreKept_I16(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w.from.put("1", order("P1", "10", "open"))
	w.from.tells, w.from.onPage = "page", stop // told to stop between the answer and the commit
	p, err := w.e.Poll(ctx, engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual})
	if err != nil || p.Err == nil {
		t.Fatalf("the Run ended with %v, %v; expected that it was stopped", p.Err, err)
	}
	if x, err := w.db.Exchange(t.Context(), "page"); err != nil || x.Connection != "a" {
		t.Errorf("the exchange is not kept: %+v, %v", x, err)
	}
	if row, err := w.db.RecordByID(t.Context(), connector.Record{Connection: "a", Kind: connector.PurchaseOrder, ID: "1"}); err != nil || row != nil {
		t.Errorf("the page was accepted after all: %+v, %v", row, err)
	}
}

func TestLockLetsOneEngineInAndTellsTheSecond(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + t.TempDir() + "/x.db"
	unlock, err := engine.Lock(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Lock(url); !errors.Is(err, engine.ErrAlive) {
		t.Errorf("the second engine got %v, expected ErrAlive", err)
	}
	unlock()
	again, err := engine.Lock(url)
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	again()
}
