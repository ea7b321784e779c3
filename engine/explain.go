package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/mapping"
)

// Explain maps the Version of a Delivery once more by the rules, Crosswalks and Links as they are now, and says of each value how it
// comes about. Nothing is called or changed. What was sent may differ where one of them was changed since.
func (e *Engine) Explain(ctx context.Context, delivery int64) ([]mapping.Trace, error) {
	w, err := e.DB.WorkOf(ctx, delivery)
	if err != nil {
		return nil, err
	}
	r, err := e.route(ctx, w.Delivery.Flow)
	if err != nil {
		return nil, err
	}
	if w.Delivery.Operation == connector.OpCreate { // as it was then
		w.Link, w.Target = nil, nil
	}
	it := &item{work: w, memo: newMemo(), chosen: w.Delivery.Chosen, traced: true}
	it.res = e.applyTo(ctx, r, it, nil)
	return it.res.Traces, it.unanswered
}
