package engine

import (
	"context"

	connector "ml-connector"
	"ml-connector/mapping"
)

// Rules gives the rules of a Flow as they are now, and what its target says of the Kind. Nothing is called.
func (e *Engine) Rules(ctx context.Context, flow string) (*mapping.Flow, connector.KindInfo, error) {
	r, err := e.route(ctx, flow)
	if err != nil {
		return nil, connector.KindInfo{}, err
	}
	return r.rules, r.writes, nil
}
