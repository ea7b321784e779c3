package engine

import (
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/alike"
)

// alike lists what the target has that may be the same, of what was read for this plan and of what is stored.
func (p *planner) alike(ctx context.Context, it *item) ([]alike.Candidate, error) {
	if it.res.Alike == "" || it.work.Link != nil {
		return nil, nil
	}
	to, kind, self := p.r.flow.To, p.r.flow.Kind, it.traits()
	stored, err := p.e.DB.Alike(ctx, to, it.work.Delivery.Record, self, alike.NameKey(it.res.Alike))
	if err != nil {
		return nil, err
	}
	var out []alike.Candidate
	known := map[string]bool{}
	take := func(id string, t alike.Traits, same bool, linked string) {
		if other, _, ok := p.over.linked(kind, to, id); ok && linked == "" {
			linked = other
		}
		if !known[id] && linked != it.work.Delivery.Record.ID {
			known[id] = true
			out = p.r.weigh(out, self, id, t, same, linked)
		}
	}
	for _, c := range stored {
		take(c.ID, c.Traits, c.Name == alike.NameKey(it.res.Alike), c.Linked)
	}
	ids, same := p.over.alike(to, kind, self, alike.NameKey(it.res.Alike))
	apart, err := p.e.DB.Apart(ctx, it.work.Delivery.Record, to)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		row, linked, err := p.e.DB.Linked(ctx, kind, to, []string{id}, p.r.flow.From)
		if err != nil {
			return nil, err
		}
		if !linked && !slices.Contains(apart, id) {
			if _, merged, err := p.e.DB.MergedInto(ctx, connector.Record{Connection: to, Kind: kind, ID: id}); err != nil || merged {
				if err != nil {
					return nil, err
				}
				continue
			}
			take(id, p.over.traits[connector.Record{Connection: to, Kind: kind, ID: id}.String()], same[id], row.To.ID)
		}
	}
	return it.tell(out), nil
}

// linked is an item that a plan counts as linked, decided as it would be then.
func (p *planner) linked(ctx context.Context, it *item, id string) (connector.Decision, error) {
	source, target := it.work.Delivery.Record, connector.Record{Connection: p.r.flow.To, Kind: p.r.flow.Kind, ID: id}
	link := connector.Link{Kind: source.Kind, A: source, B: target}
	it.work.Link = &link
	var err error
	if it.work.Target, err = p.e.DB.RecordByID(ctx, target); err != nil {
		return connector.Decision{}, err
	}
	p.over.link(source, target, connector.Pending)
	if it.res = p.e.applyTo(ctx, p.r, it, p.over); it.unanswered != nil {
		return connector.Decision{}, it.unanswered
	}
	return connector.Decide(p.r.situation(it, nil)), nil
}
