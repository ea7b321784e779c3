package connector

import (
	"strings"
	"testing"

	"ml-connector/alike"
)

// doc makes a Document of pairs of a field and its value.
func doc(pairs ...string) Document {
	d := Document{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = pairs[i+1]
	}
	return d
}

func agreed(d Document) *Agreement { return &Agreement{Fingerprint: d.Fingerprint(), Owned: d} }

func holds(d Document) []Found { return []Found{{ID: "T1", Document: d}} }

// Rules that rows share.
var (
	takesChanges = Rules{Drift: DriftOverwrite, Withdraw: WithdrawHold, CanUpdate: true}
	onlyCreates  = Rules{Drift: DriftOverwrite, Withdraw: WithdrawHold}
	upserts      = Rules{Drift: DriftHold, Withdraw: WithdrawHold, CanUpdate: true, Linkable: true}
	holdsDrift   = Rules{Drift: DriftHold, Withdraw: WithdrawHold, CanUpdate: true}
	ignoresDrift = Rules{Drift: DriftIgnore, Withdraw: WithdrawHold, CanUpdate: true}
	sendsBack    = Rules{Drift: DriftOverwrite, Withdraw: WithdrawUpdate, CanUpdate: true}
)

// TestDecide has one row for each sentence of DESIGN.md "The way of one record" that bears on a decision.
func TestDecide(t *testing.T) {
	t.Parallel()
	a, b, c := doc("NAME", "a"), doc("NAME", "b"), doc("NAME", "c")
	for name, row := range map[string]struct {
		s      Situation
		action Action
		code   Code
		says   string // part of the reason
		found  string // ID of what the Decision names at the target
	}{
		// Filters and withdrawals.
		"what does not pass the filter and was never linked is filtered": {
			Situation{Rules: takesChanges, Wanted: a}, ActFilter, "", "filter", ""},
		"what does not pass is filtered, whatever else is wrong with it": {
			Situation{Rules: takesChanges, Problems: []string{"no unit"}, Missing: []Ref{{Reason: "supplier V1"}}}, ActFilter, "", "filter", ""},
		"what was taken back before it was ever linked is filtered": {
			Situation{Rules: takesChanges, Withdrawn: true, Wanted: a}, ActFilter, "", "", ""},
		"a linked record is never filtered: when its status moves on, it is unchanged": {
			Situation{Rules: takesChanges, Linked: true, Wanted: b, Agreed: agreed(a)}, ActUnchanged, "", "moved on", ""},
		"a withdrawal is held with the reason": {
			Situation{Rules: takesChanges, Linked: true, Withdrawn: true, Wanted: a, Agreed: agreed(a)}, ActHold, Conflict, "withdrawn", ""},
		"a withdrawal is sent where the Flow's rule says update": {
			Situation{Rules: sendsBack, Linked: true, Withdrawn: true, Wanted: b, Agreed: agreed(a)}, ActUpdate, "", "", ""},
		"a withdrawal that the owned fields can't tell is held, not lost": {
			Situation{Rules: sendsBack, Linked: true, Withdrawn: true, Wanted: a, Agreed: agreed(a)}, ActHold, Conflict, "withdrawn", ""},
		"a withdrawal is sent where the target can take back, though it takes no other change": {
			Situation{Rules: Rules{Withdraw: WithdrawUpdate, CanCancel: true}, Linked: true, Withdrawn: true, Wanted: b, Agreed: agreed(a)}, ActUpdate, "", "", ""},
		"a withdrawal that was taken back at the target already is unchanged": {
			Situation{Rules: Rules{Withdraw: WithdrawUpdate, CanCancel: true}, Linked: true, Withdrawn: true, Wanted: a, Agreed: agreed(a)}, ActUnchanged, "", "", ""},
		"an older version found where no change is taken is held, not adopted": {
			Situation{Rules: Rules{}, Passed: true, Sent: true, Older: true, Looked: true, Target: []Found{{ID: "T1", Document: a}}, Wanted: b}, ActHold, Conflict, "older version", "T1"},
		"an older version found that already is as it should be is adopted": {
			Situation{Rules: Rules{}, Passed: true, Sent: true, Older: true, Looked: true, Target: []Found{{ID: "T1", Document: b}}, Wanted: b}, ActAdopt, "", "", "T1"},
		"a revision that is older than the delivered one is superseded, whatever else is wrong with it": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Revision: "9", Problems: []string{"no unit"}, Wanted: b, Agreed: &Agreement{Revision: "10"}}, ActSupersede, "", "older", ""},
		"a withdrawal is held where the target can't take a change": {
			Situation{Rules: Rules{Withdraw: WithdrawUpdate}, Linked: true, Withdrawn: true, Wanted: b, Agreed: agreed(a)}, ActHold, Conflict, "withdrawn", ""},
		"a withdrawal that is to be sent is checked like everything that is sent": {
			Situation{Rules: sendsBack, Linked: true, Withdrawn: true, Problems: []string{"no unit"}}, ActHold, Invalid, "no unit", ""},

		// Mapping and order.
		"what a rule refuses is invalid, and all that failed is told": {
			Situation{Rules: takesChanges, Passed: true, Problems: []string{"no unit", "total is off"}}, ActHold, Invalid, "no unit; total is off", ""},
		"a class that the mapping gives is kept": {
			Situation{Rules: takesChanges, Passed: true, Problems: []string{"supplier is inactive"}, Code: Rejected}, ActHold, Rejected, "inactive", ""},
		"a problem is told before what is missing": {
			Situation{Rules: takesChanges, Passed: true, Problems: []string{"no unit"}, Missing: []Ref{{Reason: "supplier V1"}}}, ActHold, Invalid, "no unit", ""},
		"a record whose supplier has no Link is blocked on exactly that": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Missing: []Ref{{Reason: "supplier V1, which has no Link"}}}, ActBlock, "", "supplier V1, which has no Link", ""},
		"a change of a linked record is blocked like a new one": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a), Missing: []Ref{{Reason: "account 610000"}}}, ActBlock, "", "account 610000", ""},
		"what is missing is not overcome by force": {
			Situation{Rules: takesChanges, Passed: true, Forced: true, Wanted: a, Missing: []Ref{{Reason: "supplier V1"}}}, ActBlock, "", "supplier V1", ""},

		// Before the first create.
		"a new record is created": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a}, ActCreate, "", "", ""},
		"a new record is created where the look-up found nothing": {
			Situation{Rules: onlyCreates, Passed: true, Wanted: a, Looked: true}, ActCreate, "", "", ""},
		"what is found before the first create is a conflict": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Looked: true, Target: holds(a)}, ActHold, Conflict, "holds this already: T1", "T1"},
		"what was not looked up just now is no conflict": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Target: holds(a)}, ActCreate, "", "", ""},
		"what is found after something was sent needs no second write when its fields can't be seen": {
			Situation{Rules: takesChanges, Passed: true, Sent: true, Wanted: a, Looked: true, Target: holds(nil)}, ActAdopt, "", "", "T1"},
		"what is found is created all the same when a person said so": {
			Situation{Rules: takesChanges, Passed: true, Forced: true, Wanted: a, Looked: true, Target: holds(b)}, ActCreate, "", "", ""},
		"what is found after something was sent is ours": {
			Situation{Rules: onlyCreates, Passed: true, Sent: true, Wanted: a, Looked: true, Target: holds(nil)}, ActAdopt, "", "", "T1"},
		"what is found after something was sent is not created again, even by force": {
			Situation{Rules: onlyCreates, Passed: true, Sent: true, Forced: true, Wanted: a, Looked: true, Target: holds(a)}, ActAdopt, "", "", "T1"},
		"what was sent and is surely not there is created": {
			Situation{Rules: onlyCreates, Passed: true, Sent: true, Wanted: a, Looked: true}, ActCreate, "", "", ""},
		"what is found after an older Version was sent is brought to this one": {
			Situation{Rules: takesChanges, Passed: true, Sent: true, Wanted: b, Looked: true, Target: holds(a)}, ActUpdate, "", "", "T1"},
		"what the target has under our key is linked": {
			Situation{Rules: upserts, Passed: true, Wanted: a, Looked: true, Target: holds(a)}, ActAdopt, "", "", "T1"},
		"what the target has under our key is linked, and updated where owned fields differ": {
			Situation{Rules: upserts, Passed: true, Wanted: a, Looked: true, Target: holds(b)}, ActUpdate, "", "", "T1"},
		"what the target has under our key is updated when its fields can't be seen": {
			Situation{Rules: upserts, Passed: true, Wanted: a, Looked: true, Target: holds(nil)}, ActUpdate, "", "", "T1"},
		"what the target has under our key is linked as it is when it can't take a change": {
			Situation{Rules: Rules{Linkable: true}, Passed: true, Wanted: a, Looked: true, Target: holds(b)}, ActAdopt, "", "", "T1"},
		"more than one under our key is a conflict": {
			Situation{Rules: upserts, Passed: true, Sent: true, Wanted: a, Looked: true, Target: []Found{{ID: "T1"}, {ID: "T2"}}}, ActHold, Conflict, "more than one", "T1"},
		"more than one is a conflict even by force": {
			Situation{Rules: takesChanges, Passed: true, Forced: true, Wanted: a, Looked: true, Target: []Found{{ID: "T1"}, {ID: "T2"}}}, ActHold, Conflict, "more than one", "T1"},
		"what is surely not ours is a conflict even after something was sent": {
			Situation{Rules: onlyCreates, Passed: true, Sent: true, Wanted: a, Looked: true, Target: []Found{{ID: "T1", Foreign: true}}}, ActHold, Conflict, "holds this already: T1", "T1"},
		"what is surely not ours is never linked": {
			Situation{Rules: upserts, Passed: true, Wanted: a, Looked: true, Target: []Found{{ID: "T1", Foreign: true, Document: a}}}, ActHold, Conflict, "holds this already: T1", "T1"},
		"beside what is surely not ours a person may have ours created": {
			Situation{Rules: onlyCreates, Passed: true, Forced: true, Wanted: a, Looked: true, Target: []Found{{ID: "T1", Foreign: true}}}, ActCreate, "", "", ""},
		"one of the same name that has no Link is a conflict": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Alike: []alike.Candidate{{ID: "SHARE/7", Same: true}}}, ActHold, Conflict, "same name that is linked to nothing: SHARE/7", "SHARE/7"},
		"what may be the same is named with its score, at most three of them": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Alike: []alike.Candidate{{ID: "S/1", Score: 0.914, Why: []string{"similar name", "same country"}}, {ID: "S/2"}, {ID: "S/3"}, {ID: "S/4"}}},
			ActHold, Conflict, "may hold it already, linked to nothing: S/1 (0.91: similar name; same country), S/2, S/3, and 1 more", "S/1"},
		"what certainly is the same is linked": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Alike: []alike.Candidate{{ID: "S/1", Certain: true, Why: []string{"same tax number"}}, {ID: "S/2"}}}, ActAdopt, "", "same tax number", "S/1"},
		"of two that certainly are the same a person takes one": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Alike: []alike.Candidate{{ID: "S/1", Certain: true}, {ID: "S/2", Certain: true}}}, ActHold, Conflict, "S/1, S/2", "S/1"},
		"what certainly is the same and linked elsewhere is a conflict": {
			Situation{Rules: takesChanges, Passed: true, Wanted: a, Alike: []alike.Candidate{{ID: "S/1", Certain: true, Linked: "77"}}}, ActHold, Conflict, "linked to another record here, 77: S/1", ""},
		"one of the same name is created all the same when a person said so": {
			Situation{Rules: takesChanges, Passed: true, Forced: true, Wanted: a, Alike: []alike.Candidate{{ID: "SHARE/7", Same: true}}}, ActCreate, "", "", ""},
		"one of the same name is no matter once the record is linked": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Alike: []alike.Candidate{{ID: "SHARE/7", Same: true}}}, ActUnchanged, "", "", ""},

		// The first agreement of a Link.
		"before the first agreement there is no drift": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Looked: true, Target: holds(b)}, ActUpdate, "", "", ""},
		"before the first agreement both sides may agree already": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Looked: true, Target: holds(a)}, ActUnchanged, "", "agree", ""},
		"before the first agreement the target's fields may be out of sight": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a}, ActUpdate, "", "", ""},
		"a Flow that owns nothing afterwards agrees with what it is linked to": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: doc(), Looked: true, Target: holds(b)}, ActUnchanged, "", "agree", ""},
		"what was linked by a person and can't be changed is left as it is": {
			Situation{Rules: onlyCreates, Passed: true, Linked: true, Wanted: a, Looked: true, Target: holds(b)}, ActUnchanged, "", "agree", ""},

		// Later Versions.
		"what the Flow owns did not change": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a)}, ActUnchanged, "", "nothing that this Flow owns changed", ""},
		"our own write read back is unchanged": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: b, Agreed: agreed(b), Looked: true, Target: holds(b)}, ActUnchanged, "", "nothing that this Flow owns changed", ""},
		"a change of an owned field is an update": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a)}, ActUpdate, "", "", ""},
		"A-B-A is three changes and delivers A: only the last agreement counts": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(b), Looked: true, Target: holds(b)}, ActUpdate, "", "", ""},
		"a change that the target has already is unchanged": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActUnchanged, "", "holds this already", ""},
		"a field that became blank is a change": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(doc("NAME", "a", "CITY", "x")), Looked: true, Target: holds(doc("NAME", "a", "CITY", "x"))}, ActUpdate, "", "", ""},
		"a field that became blank on both sides is unchanged": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(doc("NAME", "a", "CITY", "x")), Looked: true, Target: holds(doc("NAME", "a", "CITY", ""))}, ActUnchanged, "", "", ""},
		"a group that left a list is a change": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: Document{"UNITS": []any{doc("U", "1")}}, Agreed: agreed(Document{"UNITS": []any{doc("U", "1"), doc("U", "2")}}),
				Looked: true, Target: holds(Document{"UNITS": []any{doc("U", "1"), doc("U", "2")}})}, ActUpdate, "", "", ""},
		"a change is held when the target can't take one, and says what changed": {
			Situation{Rules: onlyCreates, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a)}, ActHold, Conflict, "can't take a change: NAME", ""},

		// Drift and conflict.
		"drift is overwritten by the owner's value": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActUpdate, "", "", ""},
		"drift is held where the rule says so, and names the field": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActHold, Conflict, "changed at the target: NAME", ""},
		"drift is ignored where the rule says so": {
			Situation{Rules: ignoresDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActUnchanged, "", "ignored", ""},
		"held drift ends by a replay: the owner wins": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Forced: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActUpdate, "", "", ""},
		"held drift ends when both agree again": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(a)}, ActUnchanged, "", "", ""},
		"drift that the target can't be freed of is held, and says so": {
			Situation{Rules: onlyCreates, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActHold, Conflict, "changed at the target: NAME", ""},
		"both sides changed is a conflict where drift is held": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a), Looked: true, Target: holds(c)}, ActHold, Conflict, "both sides changed", ""},
		"both sides changed to the same is unchanged": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a), Looked: true, Target: holds(b)}, ActUnchanged, "", "", ""},
		"both sides changed: the owner wins where drift is overwritten": {
			Situation{Rules: takesChanges, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a), Looked: true, Target: holds(c)}, ActUpdate, "", "", ""},
		"both sides changed: the owner's change is sent where drift is ignored": {
			Situation{Rules: ignoresDrift, Passed: true, Linked: true, Wanted: b, Agreed: agreed(a), Looked: true, Target: holds(c)}, ActUpdate, "", "", ""},
		"what the target changed in fields that the Flow doesn't own is no drift": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(doc("NAME", "a", "PHONE", "1"))}, ActUnchanged, "", "", ""},
		"fields that the target can't tell are no drift": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Looked: true, Target: holds(doc("PHONE", "1"))}, ActUnchanged, "", "", ""},
		"a target that was not looked at shows no drift": {
			Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: a, Agreed: agreed(a), Target: holds(b)}, ActUnchanged, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Decide(row.s)
			if got.Action != row.action || got.Code != row.code {
				t.Errorf("decided %s %s (%s); want %s %s", got.Action, got.Code, got.Reason, row.action, row.code)
			}
			if !strings.Contains(got.Reason, row.says) {
				t.Errorf("the reason %q does not say %q", got.Reason, row.says)
			}
			id := ""
			if got.Found != nil {
				id = got.Found.ID
			}
			if id != row.found {
				t.Errorf("named %q at the target, want %q", id, row.found)
			}
		})
	}
}

func TestReasonsStayReadable(t *testing.T) {
	t.Parallel()
	old, now := Document{}, Document{}
	for _, f := range []string{"A", "B", "C", "D", "E", "F", "G"} {
		old[f], now[f] = "1", "2"
	}
	d := Decide(Situation{Rules: onlyCreates, Passed: true, Linked: true, Wanted: now, Agreed: agreed(old)})
	if want := "A, B, C, D, E, …"; !strings.HasSuffix(d.Reason, want) {
		t.Errorf("%q does not end with the first fields %q", d.Reason, want)
	}
	for range 20 {
		drift := Decide(Situation{Rules: holdsDrift, Passed: true, Linked: true, Wanted: old, Agreed: agreed(old), Looked: true, Target: holds(now)})
		if want := "A, B, C, D, E, …"; !strings.HasSuffix(drift.Reason, want) {
			t.Fatalf("%q does not end with the first fields %q", drift.Reason, want)
		}
	}
	if d.Hint == "" {
		t.Error("a hold tells nobody what to do")
	}
}
