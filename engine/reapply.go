package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// reapplyOf is how many records are decided at once.
const reapplyOf = 200

// Impact is a dry run over what is stored: it decides the Versions that were read since a time by a Flow's rules, and by other ones
// when they are given, without reading the source. The target is looked at where a decision needs it.
func (e *Engine) Impact(ctx context.Context, flow string, since time.Time, rules string) (Planned, error) {
	var out Planned
	f, err := e.DB.Flow(ctx, flow)
	if err != nil {
		return out, err
	}
	if rules != "" {
		f.Mapping = rules
	}
	now := e.Now()
	run, err := e.beginRun(ctx, f, connector.TriggerDryRun, connector.Window{From: since, To: now}, now)
	if err != nil {
		return out, err
	}
	out.Rows, err = e.impact(ctx, f, since, run)
	if fail := connector.AsError(err); fail != nil {
		if err := e.endPlan(ctx, run, fail); err != nil {
			return out, err
		}
	} else if err := e.keepRows(ctx, run, out.Rows); err != nil {
		return out, err
	}
	r, err := e.DB.RunByID(context.WithoutCancel(ctx), run)
	out.Runs = append(out.Runs, r)
	return out, err
}

func (e *Engine) impact(ctx context.Context, f connector.Flow, since time.Time, run int64) ([]PlanRow, error) {
	r, err := e.routeOf(ctx, f)
	if err != nil {
		return nil, err
	}
	p := &planner{e: e, r: r, run: run, over: newOverlay(), seen: newSeen()}
	if fail := p.readTarget(ctx); fail != nil {
		return nil, fail
	}
	for after := int64(0); ; {
		works, err := e.DB.DecidedSince(ctx, f.Name, since, after, reapplyOf)
		if err != nil || len(works) == 0 {
			return p.rows, err
		}
		var page connector.Page
		for _, w := range works {
			page.Versions = append(page.Versions, w.Version)
			after = w.Delivery.ID
		}
		if err := p.page(ctx, page); err != nil {
			return p.rows, err
		}
		e.progress(Progress{Flow: f.Name, Stage: "deciding", Read: len(p.rows)})
	}
}

// Reapply lets all that a Flow decided of what was read since a time be decided again by the rules as they are now, and gives the
// Deliveries. It reads nothing.
func (e *Engine) Reapply(ctx context.Context, flow string, since time.Time, actor string) (ids []int64, err error) {
	if _, err := e.DB.Flow(ctx, flow); err != nil {
		return nil, err
	}
	for after := int64(0); ; {
		works, err := e.DB.DecidedSince(ctx, flow, since, after, reapplyOf)
		if err != nil || len(works) == 0 {
			return ids, err
		}
		var part []int64
		for _, w := range works {
			part = append(part, w.Delivery.ID)
			after = w.Delivery.ID
		}
		if err := e.DB.Tx(ctx, func(tx *store.Tx) error {
			_, err := tx.Reapply(part, since, actor)
			return err
		}); err != nil {
			return ids, err
		}
		ids = append(ids, part...)
	}
}
