package engine

import (
	connector "ml-connector"
	"ml-connector/store"
)

// judgeDrift compares what was just read from one side with what a Flow that writes to that side last agreed on. A value
// changed on the side that doesn't own it re-opens the owner's last Delivery: held, or waiting so that the owner's value is
// written again, as the Flow's rule says. Held drift ends when both agree again. It is asked inside the transaction that
// stores what was read, and must ask nothing itself.
func judgeDrift(a store.Agreed) *store.Reopening {
	f, d, owned := a.Flow, a.Delivery, a.Agreement.Owned
	agree := connector.Covers(a.Version.Mirror, owned)
	switch {
	case agree && d.State == connector.Held && d.Err != nil && d.Err.Op == driftOp:
		return &store.Reopening{State: connector.Delivered, Reason: "both sides agree again"}
	case agree || f.Drift == connector.DriftIgnore || d.State != connector.Delivered && d.State != connector.Unchanged:
		return nil
	}
	decision := connector.Decide(connector.Situation{
		Rules: connector.Rules{Drift: f.Drift, CanUpdate: true}, Passed: true, Linked: true, Wanted: owned,
		Agreed: &connector.Agreement{Flow: f.Name, Fingerprint: owned.Fingerprint(), Owned: owned}, Looked: true,
		Target: []connector.Found{{ID: a.Version.ID, Document: a.Version.Mirror}},
	})
	if decision.Action == connector.ActHold {
		return &store.Reopening{State: connector.Held, Err: connector.Errorf(decision.Code, driftOp, "%s", decision.Reason).Advise("%s", decision.Hint), Reason: "drift"}
	}
	return &store.Reopening{State: connector.Waiting, Reason: "drift: the owner's value is written again"}
}

// driftOp marks the errors of Deliveries that are held because of drift.
const driftOp = "compare both sides"
