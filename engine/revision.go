package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/store"
)

// nextRevision recognises a record that is the next revision of another one: the target holds an object under its key,
// and that is linked to another record of the same source. The Link moves to this one, so that it is decided as linked:
// changed or unchanged, and superseded when its revision is the lower one.
func (e *Engine) nextRevision(ctx context.Context, r *route, it *item) error {
	if it.res.Revision == "" || it.work.Link != nil || !it.looked || len(it.found) != 1 {
		return nil
	}
	target := connector.Record{Connection: r.flow.To, Kind: r.flow.Kind, ID: it.found[0].ID}
	row, ok, err := e.DB.Linked(ctx, target.Kind, target.Connection, []string{target.ID}, r.flow.From)
	if err != nil || !ok || row.To == it.work.Delivery.Record {
		return err
	}
	before, err := e.DB.WorkFor(ctx, r.flow.Name, row.To, r.flow.To)
	if err != nil || before.Link == nil {
		return err
	}
	it.work.Link, it.work.Agreement, it.work.Target = before.Link, before.Agreement, before.Target
	d := connector.Decide(r.situation(it, ""))
	if d.Action == connector.ActSupersede {
		return nil
	}
	it.res = e.applyTo(ctx, r, it, nil) // once more, as linked: rules for a creation no longer apply
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.MoveLink(row.To, it.work.Delivery.Record, target) })
}
