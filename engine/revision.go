package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/store"
)

// nextRevision recognises a record that is the next revision of another one: the target holds an object under its key,
// and that is linked to another record of the same source. It is decided as linked from here on: changed or unchanged, and
// superseded when its revision is the lower one. The record given back, nil when there is none, is the one whose Link is to
// move to this one.
func (e *Engine) nextRevision(ctx context.Context, r *route, it *item, over *overlay) (*connector.Record, error) {
	if it.res.Revision == "" || it.work.Link != nil || !it.looked || len(it.found) != 1 {
		return nil, nil
	}
	row, ok, err := e.DB.Linked(ctx, r.flow.Kind, r.flow.To, []string{it.found[0].ID}, r.flow.From)
	if err != nil || !ok || row.To == it.work.Delivery.Record {
		return nil, err
	}
	before, err := e.DB.WorkFor(ctx, r.flow.Name, row.To, r.flow.To)
	if err != nil || before.Link == nil {
		return nil, err
	}
	it.work.Link, it.work.Agreement, it.work.Target = before.Link, before.Agreement, before.Target
	if d := connector.Decide(r.situation(it, nil)); d.Action == connector.ActSupersede {
		return nil, nil
	}
	it.res = e.applyTo(ctx, r, it, over) // once more, as linked: rules for a creation no longer apply
	return &row.To, it.unanswered
}

// moveLink gives the Link of the revision before to the record of this one.
func (e *Engine) moveLink(ctx context.Context, r *route, it *item, from connector.Record) error {
	target := connector.Record{Connection: r.flow.To, Kind: r.flow.Kind, ID: it.found[0].ID}
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.MoveLink(from, it.work.Delivery.Record, target) })
}
