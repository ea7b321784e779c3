package engine

import (
	"context"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/store"
)

// wholeAge is the age at which the target's records of a Kind are read again as a whole, before names are compared.
const wholeAge = 24 * time.Hour

// readTargetFirst reads all of the target's records, uncounted, for Flows that compare names before they create.
func (e *Engine) readTargetFirst(ctx context.Context, r *route, run int64) *connector.Error {
	src, ok := r.to.instance.(connector.Source)
	if !r.rules.ComparesNames() || !ok || !r.writes.Reads {
		return nil
	}
	c, err := e.DB.Connection(ctx, r.flow.To)
	if err != nil {
		return connector.AsError(err)
	}
	now := e.Now()
	if at := c.WholeAt[r.flow.Kind]; now.Sub(at) < wholeAge {
		return nil
	}
	fail := e.eachPage(ctx, r.to, src, run, connector.Query{Kind: r.flow.Kind, To: now}, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		a := store.Acceptance{Flow: connector.Flow{From: r.flow.To, Kind: r.flow.Kind}, Run: run, Page: page, Exchanges: xs, Now: e.Now(), Uncounted: true, Judge: judgeDrift}
		if _, err := e.DB.Accept(ctx, a); err != nil {
			return connector.AsError(err)
		}
		return nil
	})
	if fail != nil {
		return fail
	}
	if err := e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetWhole(r.flow.To, r.flow.Kind, now) }); err != nil {
		return connector.AsError(err)
	}
	return nil
}

// alike is an unlinked object of the target with the same name as a record that is about to be created, "" when none.
func (e *Engine) alike(ctx context.Context, r *route, it *item) (string, error) {
	if it.res.Alike == "" || it.work.Link != nil || it.work.Delivery.Forced {
		return "", nil
	}
	rows, err := e.DB.UnlinkedByName(ctx, r.flow.To, r.flow.Kind, store.NameKey(it.res.Alike), r.flow.From)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].ID, nil
}

// claimedByOther blocks the creation of a record that the Flow in the other direction holds a conflict about, or will as
// soon as it gets to it: until it is decided whether the two are the same, creating it would double it.
func (e *Engine) claimedByOther(ctx context.Context, r *route, it *item) (*store.Outcome, error) {
	back, err := it.memo.back(func() ([]connector.Flow, error) { return e.back(ctx, r) })
	if err != nil {
		return nil, err
	}
	for _, f := range back {
		d, err := e.DB.HeldOn(ctx, f.Name, it.work.Delivery.Record)
		if err != nil {
			return nil, err
		}
		var other *connector.Record
		if d != nil {
			other = &d.Record
		} else if other, err = e.undecided(ctx, r, it, f); err != nil {
			return nil, err
		}
		if other == nil {
			continue
		}
		ref := connector.Ref{Connection: other.Connection, Kind: other.Kind, IDs: []string{other.ID}, Reason: "a decision of flow " + f.Name + " whether it is the same as " + other.String()}
		return &store.Outcome{State: connector.Blocked, BlockedOn: []connector.Ref{ref}}, nil
	}
	return nil, nil
}

// undecided is a record of the other side, of the same name, that a Flow in the other direction has read and not compared
// yet. Nil also where that Flow does not compare names.
func (e *Engine) undecided(ctx context.Context, r *route, it *item, back connector.Flow) (*connector.Record, error) {
	if !back.Enabled || it.work.Version.Name == "" || r.rules.ComparesNames() {
		return nil, nil
	}
	p, err := e.parse(back)
	if err != nil || !p.rules.ComparesNames() {
		return nil, nil // rules that can't be read compare nothing
	}
	return e.DB.Undecided(ctx, back, it.work.Version.Name)
}

// back are the Flows in the other direction.
func (e *Engine) back(ctx context.Context, r *route) ([]connector.Flow, error) {
	flows, err := e.DB.Flows(ctx)
	return slices.DeleteFunc(flows, func(f connector.Flow) bool {
		return f.Kind != r.flow.Kind || f.From != r.flow.To || f.To != r.flow.From
	}), err
}

// adoptRef settles a record that says itself which object of the target it is: linked when that exists, else held.
func (b *pump) adoptRef(ctx context.Context, it *item) error {
	ref := it.res.Adopt
	id, err := b.e.findAdopted(ctx, b.r, ref, it)
	if err != nil {
		if ce := connector.AsError(err); ce.Code.Reaction() != connector.ReactHold {
			b.fail(ctx, it, ce)
			return nil
		}
		return err
	}
	if id == "" {
		it.out = heldOutcome(connector.Errorf(connector.NotFound, "link "+it.work.Delivery.Record.String(), "it names %s, which the target does not have", ref.ID()).
			Advise("Correct the number at the source, or link the two with `ml-connector link`; then replay the Delivery."), []connector.Ref{ref})
		return nil
	}
	it.out = &store.Outcome{State: connector.Unchanged, Link: true, Target: b.target(id), Agreement: b.agreement(it, it.res.Owned, ""), Details: map[string]string{"reason": "names its counterpart at the target", "target": id}}
	return nil
}

// findAdopted is the ID of the target's record that a reference names: a known one, or one read by its key just now.
func (e *Engine) findAdopted(ctx context.Context, r *route, ref connector.Ref, it *item) (string, error) {
	for _, id := range ref.IDs {
		row, err := e.DB.RecordByID(ctx, connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: id})
		if err != nil {
			return "", err
		}
		if row != nil && row.Version > 0 {
			return id, nil
		}
	}
	src, ok := r.to.instance.(connector.Source)
	if !ok {
		return "", nil
	}
	for _, id := range ref.IDs {
		page, fail := e.readPage(ctx, r.to, src, &it.kept, it.work.Delivery.Run, connector.Query{Kind: ref.Kind, To: e.Now(), Keys: []connector.Key{{ID: id}}})
		if fail != nil && fail.Code != connector.NotFound {
			return "", fail
		}
		if fail == nil && len(page.Versions) > 0 {
			a := store.Acceptance{Flow: connector.Flow{From: r.flow.To, Kind: ref.Kind}, Page: page, Now: e.Now(), Uncounted: true, Judge: judgeDrift}
			if _, err := e.DB.Accept(ctx, a); err != nil {
				return "", err
			}
			return page.Versions[0].ID, nil
		}
	}
	return "", nil
}

func notFoundProblem(ref connector.Ref) mapping.Problem {
	return mapping.Problem{Code: connector.NotFound, Message: "it refers to " + string(ref.Kind) + " " + ref.ID() + ", which is nowhere: neither at its source nor at the target"}
}
