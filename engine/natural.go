package engine

import (
	"context"
	"slices"

	connector "ml-connector"
)

// unlinked is the field of a difference that is none of a Document: both sides have it under its natural key, and there is no Link.
const unlinked = "link"

// byNaturalKey looks for records without a Link at the target, by their natural keys. Only the look-up knows which of them make it the same,
// and what the list does not show, because it is older than the window or can't be listed. What people entered beside us stays foreign.
func (c *comparison) byNaturalKey(ctx context.Context, list []*compared) *connector.Error {
	items := make([]*item, 0, len(list))
	for _, x := range list {
		if len(x.res.Document) > 0 {
			items = append(items, x.item)
		}
	}
	failed := c.r.lookNow(ctx, c.e, items)
	for _, x := range list {
		found := x.found
		x.found = nil
		if fail := failed[x.item]; fail != nil {
			if len(x.res.Problems) == 0 && fail.Code != connector.NotFound && fail.Code != connector.Invalid {
				x.failed = fail // nobody knows whether it is there; of what could not be sent its own problem is the reason
			}
			continue
		}
		if fail := c.pairOne(ctx, x, found); fail != nil {
			return fail
		}
	}
	return nil
}

// pairOne pairs a record with the first of what was found that is ours, and neither linked nor another record's.
func (c *comparison) pairOne(ctx context.Context, x *compared, found []connector.Found) *connector.Error {
	found = slices.DeleteFunc(found, func(f connector.Found) bool { return f.Foreign || f.ID == "" || c.beside[f.ID] })
	ids := make([]string, len(found))
	for n, f := range found {
		ids[n] = f.ID
	}
	links, err := c.e.DB.Links(ctx, c.r.flow.Kind, c.r.flow.To, ids, c.r.flow.From)
	if err != nil {
		return connector.AsError(err)
	}
	for _, id := range ids {
		if _, linked := links[id]; linked {
			continue
		}
		o, fail := c.object(ctx, id)
		if fail != nil {
			return fail
		}
		if o == nil || !o.Ours && !c.r.writes.Linkable {
			continue
		}
		if o.row != unlistedRow {
			c.listed.mark(o.row)
		}
		if c.beside == nil {
			c.beside = map[string]bool{}
		}
		c.beside[id] = true
		x.holds(o)
		x.beside, x.ours = true, o.Ours
		return nil
	}
	return nil
}

// object is one object of the target: as the list shows it, or as it is read by its key. Nil: it can't be read.
func (c *comparison) object(ctx context.Context, id string) (*listedObject, *connector.Error) {
	if o, err := c.listed.get(id); err != nil || o != nil {
		return o, connector.AsError(err)
	}
	src, ok := c.r.to.instance.(connector.Source)
	if !ok || !c.r.writes.Reads {
		return nil, nil
	}
	var o *listedObject
	q := connector.Query{Kind: c.r.flow.Kind, To: c.e.Now(), Keys: []connector.Key{{ID: id}}}
	fail := c.e.eachPage(ctx, c.r.to, src, c.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		for _, v := range page.Versions {
			if v.ID == id {
				got := objectOf(v)
				o = &got
			}
		}
		return connector.AsError(c.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs))
	})
	if fail != nil && (fail.Code.Reaction() == connector.ReactHold || fail.Code.Reaction() == connector.ReactPauseFlow) {
		return nil, nil
	}
	return o, fail
}
