package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/store"
)

// confirmOp marks the errors of Deliveries that wait for a second person.
const confirmOp = store.ConfirmOp

// unconfirmed says why a Delivery waits for a second person: what its Flow has confirmed (bank details) is other than in the Version that
// both sides last agreed on, and nobody has approved it. Nil when nothing does.
func (e *Engine) unconfirmed(ctx context.Context, r *route, it *item) (*connector.Error, error) {
	w := it.work
	if !r.rules.Confirms() || w.Link == nil || w.Agreement == nil || !it.res.Passed {
		return nil, nil
	}
	held := connector.Errorf(connector.Conflict, confirmOp, "").
		Advise("Have a second person make sure of it where it comes from, not by what the record itself says; then `ml-connector delivery approve ID`. If it is wrong, correct it at the source.")
	now, err := r.rules.Details(e.sourceContext(r, w.Delivery.Record, w.Version.Document))
	if err != nil {
		held.Message, held.Code = "what a second person approves can't be told: "+err.Error(), connector.Invalid
		return held, nil
	}
	if len(now) == 0 {
		return nil, nil
	}
	was, known, err := e.DB.VersionDocument(ctx, w.Delivery.Record, w.Agreement.SourceVersion)
	if err != nil {
		return nil, err
	}
	var before []mapping.Detail
	if known {
		if before, err = r.rules.Details(e.sourceContext(r, w.Delivery.Record, was)); err != nil {
			known = false
		}
	}
	changed := mapping.Changed(before, now)
	if changed == "" {
		return nil, nil
	}
	if ok, err := e.approved(ctx, w); err != nil || ok {
		return nil, err
	}
	held.Message = "a second person approves this: " + changed
	if !known {
		held.Message += " (what was agreed before is not known any more)"
	}
	return held, nil
}

// approved says whether a second person approved this very content.
func (e *Engine) approved(ctx context.Context, w store.Work) (bool, error) {
	ok, err := e.DB.Approved(ctx, w.Delivery.ID)
	if err != nil || !ok {
		return false, err
	}
	doc, known, err := e.DB.VersionDocument(ctx, w.Delivery.Record, w.Delivery.Version)
	return known && doc.Fingerprint() == w.Version.Document.Fingerprint(), err
}

// sourceContext is what an expression over a Record alone may ask for.
func (e *Engine) sourceContext(r *route, rec connector.Record, source connector.Document) mapping.Context {
	return mapping.Context{Record: rec, Source: source, From: r.from.instance.Settings(), To: r.to.instance.Settings(), FromName: r.flow.From, ToName: r.flow.To, Now: e.Now(), Fixed: r.fixed,
		Crosswalk: func(string, string, string) (string, bool) { return "", false },
		Link:      func(connector.Ref) mapping.LinkState { return mapping.LinkState{} },
		Choose:    func(string) (string, error) { return "", nil }}
}
