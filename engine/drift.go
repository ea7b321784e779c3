package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/store"
)

// noticeDrift compares what was just read from one side with what the Flows that write to that side last agreed on. A
// value changed on the side that doesn't own it re-opens the owner's last Delivery: held, or waiting so that the owner's
// value is written again, as the Flow's rule says. Held drift ends when both agree again.
func (e *Engine) noticeDrift(ctx context.Context, connection string, kind connector.Kind, page connector.Page, got store.Accepted) error {
	changed := map[string]bool{}
	for _, r := range got.Records {
		if r.New {
			changed[r.Record.ID] = true
		}
	}
	for _, v := range page.Versions {
		if v.Mirror == nil || !changed[v.ID] {
			continue
		}
		rows, err := e.DB.AgreementsOf(ctx, connection, kind, v.ID)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := e.judgeDrift(ctx, row, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) judgeDrift(ctx context.Context, row store.AgreementRow, v connector.Version) error {
	f, err := e.DB.Flow(ctx, row.Flow)
	if err != nil {
		return err
	}
	d, err := e.DB.LastDelivery(ctx, row.Flow, row.Source)
	if err != nil || d == nil {
		return err
	}
	agree := connector.Covers(v.Mirror, row.Owned)
	switch {
	case agree && d.State == connector.Held && d.Err != nil && d.Err.Op == driftOp:
		return e.reopen(ctx, d, connector.Delivered, nil, "both sides agree again")
	case agree || f.Drift == connector.DriftIgnore || d.State != connector.Delivered && d.State != connector.Unchanged:
		return nil
	}
	decision := connector.Decide(connector.Situation{
		Rules: connector.Rules{Drift: f.Drift, CanUpdate: true}, Passed: true, Linked: true, Wanted: row.Owned,
		Agreed: &connector.Agreement{Flow: f.Name, Fingerprint: row.Owned.Fingerprint(), Owned: row.Owned}, Looked: true,
		Target: []connector.Found{{ID: v.ID, Document: v.Mirror}},
	})
	if decision.Action == connector.ActHold {
		return e.reopen(ctx, d, connector.Held, connector.Errorf(decision.Code, driftOp, "%s", decision.Reason).Advise("%s", decision.Hint), "drift")
	}
	return e.reopen(ctx, d, connector.Waiting, nil, "drift: the owner's value is written again")
}

// driftOp marks the errors of Deliveries that are held because of drift.
const driftOp = "compare both sides"

func (e *Engine) reopen(ctx context.Context, d *connector.Delivery, s connector.State, fail *connector.Error, reason string) error {
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Reopen(d.ID, s, fail, e.Now(), reason) })
}
