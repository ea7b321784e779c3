package engine

import (
	"context"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/alike"
	"ml-connector/mapping"
	"ml-connector/store"
)

// wholeAge is the age at which the target's records of a Kind are read again as a whole, before names are compared.
const wholeAge = 24 * time.Hour

// readTargetFirst reads all of the target's records, uncounted, for Flows that look for what may be the same before they create. What
// a Flow in the other direction has read already counts; of a target that can be asked for changes only those are read again.
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
	at := c.WholeAt[r.flow.Kind]
	if now.Sub(at) < wholeAge {
		return nil
	}
	if read, err := e.readByOther(ctx, r); err != nil || read {
		return connector.AsError(err)
	}
	q := connector.Query{Kind: r.flow.Kind, To: now}
	if r.writes.Windowed && !at.IsZero() {
		q.From = at.Add(-r.to.duration("overlap", 10*time.Minute))
	}
	fail := e.eachPage(ctx, r.to, src, run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		a := store.Acceptance{Flow: connector.Flow{From: r.flow.To, Kind: r.flow.Kind}, Run: run, Page: page, Exchanges: xs, Now: e.Now(), Uncounted: true, Judge: judgeDrift}
		if _, err := e.accept(ctx, a); err != nil {
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

// readByOther says whether a Flow in the other direction reads the changes of the target's records, and has read them lately.
func (e *Engine) readByOther(ctx context.Context, r *route) (bool, error) {
	if !r.writes.Windowed {
		return false, nil
	}
	back, err := e.back(ctx, r)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(back, func(f connector.Flow) bool {
		return f.Enabled && f.Start.IsZero() && f.Where == "" && e.Now().Sub(f.Cursor) < wholeAge
	}), nil
}

// alike lists what the target has that may be the same as a record which is about to be created there, the most alike first.
func (e *Engine) alike(ctx context.Context, r *route, it *item) ([]alike.Candidate, error) {
	if it.res.Alike == "" || it.work.Link != nil || it.work.Delivery.Forced {
		return nil, nil
	}
	self := it.traits()
	found, err := e.DB.Alike(ctx, r.flow.To, it.work.Delivery.Record, self, alike.NameKey(it.res.Alike))
	if err != nil {
		return nil, err
	}
	var out []alike.Candidate
	for _, c := range found {
		out = r.weigh(out, self, c.ID, c.Traits, c.Name == alike.NameKey(it.res.Alike), c.Linked)
	}
	return it.tell(out), nil
}

// tell sorts what is alike, and adds what holds nothing to what is told of the record.
func (it *item) tell(all []alike.Candidate) []alike.Candidate {
	alike.Sort(all)
	decisive, told := alike.Split(all)
	if told != "" && !slices.Contains(it.res.Notes, told) {
		it.res.Notes = append(it.res.Notes, told)
	}
	return decisive
}

// traits are those of the record, by the name that the Flow compares.
func (it *item) traits() alike.Traits {
	t := it.work.Version.Traits
	if !slices.Contains(t.Names, it.res.Alike) {
		t.Names = append([]string{it.res.Alike}, t.Names...)
	}
	return t
}

// weigh adds a candidate when it is likely to be the same: by its score, or since it goes by the same name. What the Flow does not hold
// for is told. One that is linked to another record counts only with the same tax number.
func (r *route) weigh(out []alike.Candidate, self alike.Traits, id string, other alike.Traits, same bool, linked string) []alike.Candidate {
	m := alike.Compare(self, other)
	bar := r.rules.Bar()
	l := alike.Candidate{ID: id, Score: m.Score, Certain: m.Certain && bar.TaxLinks, Same: same || m.Same, Why: m.Why, Linked: linked}
	if linked != "" && !m.Certain || m.Score < min(bar.Score, alike.Likely) && !l.Same {
		return out
	}
	enough := same || m.Score >= bar.Score || bar.Score <= 1 && m.Same // where only the same name holds, that is the name that is compared
	l.Told = !m.Certain && (bar.Never || !enough)
	return append(out, l)
}

// linkAlike links what certainly is the same; the record is decided again then.
func (b *pump) linkAlike(ctx context.Context, it *item) error {
	source, target := it.work.Delivery.Record, b.target(it.action.Found.ID)
	entry := connector.Entry{Actor: ByEngine, Run: it.work.Delivery.Run, Delivery: it.work.Delivery.ID, Details: map[string]string{"reason": it.action.Reason}}
	err := b.e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.LinkFor(source, target, entry) })
	if err == nil {
		it.out = &store.Outcome{State: connector.Waiting, DueAt: b.e.Now(), Details: map[string]string{"reason": "linked to " + target.ID + ": " + it.action.Reason}}
		return nil
	}
	if ce := connector.AsError(err); ce.Code.Reaction() == connector.ReactHold && ce.Code != connector.Internal {
		it.out = heldOutcome(ce, []connector.Ref{{Connection: target.Connection, Kind: target.Kind, IDs: []string{target.ID}}})
		return nil
	}
	return err
}

// names are the references of what a record is held for, so that a decision about any of them releases it.
func (r *route) names(like []alike.Candidate) []connector.Ref {
	var out []connector.Ref
	for _, l := range like {
		out = append(out, connector.Ref{Connection: r.flow.To, Kind: r.flow.Kind, IDs: []string{l.ID}, Reason: "it may be the same"})
	}
	return out
}

// claimedByOther blocks the creation of a record that the Flow in the other direction holds a conflict about, or will as
// soon as it gets to it: until it is decided whether the two are the same, creating it would double it.
func (e *Engine) claimedByOther(ctx context.Context, r *route, it *item, m *memo, like []alike.Candidate) (*store.Outcome, error) {
	back, err := m.back(func() ([]connector.Flow, error) { return e.back(ctx, r) })
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
		} else if other, err = e.undecided(ctx, r, it, f, like); err != nil {
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

// undecided is a record of the other side, of the same name or alike, that a Flow in the other direction has read and not compared
// yet. Nil also where that Flow does not compare names; of two that do, the later one waits.
func (e *Engine) undecided(ctx context.Context, r *route, it *item, back connector.Flow, like []alike.Candidate) (*connector.Record, error) {
	if !back.Enabled || it.work.Version.Name == "" || r.rules.ComparesNames() && back.Position >= r.flow.Position {
		return nil, nil
	}
	p, err := e.parse(back)
	if err != nil || !p.rules.ComparesNames() {
		return nil, nil // rules that can't be read compare nothing
	}
	for _, l := range like {
		rec := connector.Record{Connection: back.From, Kind: back.Kind, ID: l.ID}
		d, err := e.DB.LastDelivery(ctx, back.Name, rec)
		if err != nil {
			return nil, err
		}
		if d != nil && slices.Contains([]connector.State{connector.Waiting, connector.Sending, connector.InDoubt}, d.State) {
			return &rec, nil
		}
	}
	if len(like) > 0 {
		return nil, nil
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
			return e.adoptedFor(ctx, row.Record)
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
			if _, err := e.accept(ctx, a); err != nil {
				return "", err
			}
			return e.adoptedFor(ctx, connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: page.Versions[0].ID})
		}
	}
	return "", nil
}

func notFoundProblem(ref connector.Ref) mapping.Problem {
	return mapping.Problem{Code: connector.NotFound, Message: "it refers to " + string(ref.Kind) + " " + ref.ID() + ", which is nowhere: neither at its source nor at the target"}
}
