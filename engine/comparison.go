package engine

import (
	"context"
	"errors"
	"slices"

	connector "ml-connector"
	"ml-connector/pace"
)

// comparison is one Flow's reconciliation.
type comparison struct {
	e      *Engine
	r      *route
	run    int64
	told   Compared
	seen   *seen
	listed *listed // nil: the target can't be listed
	memos  [atTheSameTime]*memo
	came   map[string]bool // IDs that the source gave, while it is asked by keys
	beside map[string]bool // IDs of objects that were paired by their natural keys
	shares bool            // another Flow goes the same way: what that one sends is not this one's
}

// compared is one of the source's records while it is held against the target.
type compared struct {
	*item
	own    connector.Document // the target's, in its own names
	listed bool               // the list showed what it is held against, which may be older than the source's
	failed *connector.Error   // of the look-up
	beside bool               // not linked, and found by its natural key
	others bool               // it is what another Flow sends
	ours   bool               // and it carries a key of ours

	judged Pair // what came of it
	counts bool // on either side
}

// whole compares the window: first the target is listed, so that what is written meanwhile is found missing in the list and looked up.
func (c *comparison) whole(ctx context.Context, w connector.Window) *connector.Error {
	fail := c.list(ctx, w)
	defer c.listed.close()
	if fail == nil {
		fail = c.source(ctx, connector.Query{Kind: c.r.flow.Kind, From: w.From, To: w.To})
	}
	if fail == nil {
		fail = c.rest(ctx)
	}
	return fail
}

// source goes through the source's records of a query.
func (c *comparison) source(ctx context.Context, q connector.Query) *connector.Error {
	return c.e.eachPage(ctx, c.r.from, c.r.source, c.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := c.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs); err != nil {
			return connector.AsError(err)
		}
		c.note(page)
		page = c.seen.once(page)
		for _, p := range page.Problems {
			rec := connector.Record{Connection: c.r.flow.From, Kind: c.r.flow.Kind, ID: p.ID}
			if err := c.told.Pair(Pair{Flow: c.r.flow.Name, Record: rec, Pairing: PairMissing, Err: p.Err}); err != nil {
				return connector.AsError(err)
			}
		}
		return c.versions(ctx, page.Versions)
	})
}

// note remembers what the source gave of what it was asked for.
func (c *comparison) note(page connector.Page) {
	if c.came == nil {
		return
	}
	for _, v := range page.Versions {
		c.came[v.ID] = true
	}
	for _, p := range page.Problems {
		c.came[p.ID] = true
	}
}

// versions compares some of the source's records with the target.
func (c *comparison) versions(ctx context.Context, list []connector.Version) *connector.Error {
	items, err := c.mapped(ctx, list)
	if err != nil {
		return connector.AsError(err)
	}
	all := make([]*compared, len(items))
	var unlisted, lone []*compared
	for n, it := range items {
		x := &compared{item: it}
		all[n] = x
		switch {
		case it.work.Link != nil:
			if err := c.listed.show(x, it.work.Link.Other(c.r.flow.From).ID); err != nil {
				return connector.AsError(err)
			}
			if !x.listed {
				unlisted = append(unlisted, x)
			}
		case it.res.Passed:
			lone = append(lone, x)
		}
	}
	if fail := c.elsewhere(ctx, all); fail != nil {
		return fail
	}
	if fail := c.byNaturalKey(ctx, lone); fail != nil {
		return fail
	}
	c.lookUp(ctx, unlisted)
	if fail := c.again(ctx, all); fail != nil {
		return fail
	}
	for _, x := range all {
		if err := c.e.keepAll(ctx, &x.kept); err != nil {
			return connector.AsError(err)
		}
		if x.counts {
			if err := c.told.Pair(x.judged); err != nil {
				return connector.AsError(err)
			}
		}
	}
	return nil
}

// again looks up what seems to differ from what the list showed: it may have been written since.
func (c *comparison) again(ctx context.Context, all []*compared) *connector.Error {
	var apart []*compared
	c.judge(all)
	for _, x := range all {
		if x.counts && x.listed && x.judged.Pairing == PairDifferent && !x.beside {
			x.listed = false
			apart = append(apart, x)
		}
	}
	c.lookUp(ctx, apart)
	var keyed []*compared
	for _, x := range all {
		if x.failed == nil && !x.listed && len(x.found) > 0 && x.found[0].Document == nil {
			keyed = append(keyed, x)
		}
	}
	if fail := c.owned(ctx, keyed); fail != nil {
		return fail
	}
	for _, x := range slices.Concat(apart, keyed) {
		x.judged, x.counts = c.pair(x)
	}
	return nil
}

// judge judges all, a few at the same time.
func (c *comparison) judge(all []*compared) {
	parts := slices.Collect(slices.Chunk(all, len(all)/atTheSameTime+1))
	pace.Each(c.e.Pace, atTheSameTime, len(parts), func(n int) {
		for _, x := range parts[n] {
			x.judged, x.counts = c.pair(x)
		}
	})
}

// atTheSameTime is how many parts of a page are mapped and judged beside each other.
const atTheSameTime = 4

// lookUp asks the target for some by their IDs.
func (c *comparison) lookUp(ctx context.Context, list []*compared) {
	items := make([]*item, len(list))
	for n, x := range list {
		items[n] = x.item
	}
	failed := c.r.lookNow(ctx, c.e, items)
	for _, x := range list {
		x.failed = failed[x.item]
		if x.failed == nil && len(x.found) > 0 {
			x.own = nil
		}
	}
}

// owned reads what a look-up told by its key alone, where the target can be read: there is money in it.
func (c *comparison) owned(ctx context.Context, list []*compared) *connector.Error {
	src, ok := c.r.to.instance.(connector.Source)
	if !ok || !c.r.writes.Reads || len(list) == 0 {
		return nil
	}
	at := make(map[string]*compared, len(list))
	keys := make([]connector.Key, len(list))
	for n, x := range list {
		id := x.found[0].ID
		at[id], keys[n] = x, connector.Key{ID: id}
	}
	q := connector.Query{Kind: c.r.flow.Kind, To: c.e.Now(), Keys: keys}
	return c.e.eachPage(ctx, c.r.to, src, c.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		for _, v := range page.Versions {
			if x := at[v.ID]; x != nil {
				x.own = v.Document
			}
		}
		return connector.AsError(c.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs))
	})
}

// pair judges one of the source's records; what the Flow does not send counts on neither side.
func (c *comparison) pair(x *compared) (p Pair, counts bool) {
	w, res := x.work, x.res
	p = Pair{Flow: c.r.flow.Name, Record: w.Delivery.Record, State: w.Delivery.State, Source: w.Version.Document, Wanted: res.Document, Pairing: PairMissing}
	if w.Link == nil && !x.beside {
		p.Err = x.failed
		return p, res.Passed
	}
	gone := x.failed != nil && x.failed.Code == connector.NotFound || x.failed == nil && len(x.found) == 0
	if x.others || gone && res.Withdrawn && !res.Passed {
		return p, false // it is another Flow's; or neither side has it any more
	}
	switch {
	case x.failed != nil && x.failed.Code != connector.NotFound:
		p.Err = x.failed
	case x.failed == nil && len(x.found) > 0:
		p.Target, p.Own, p.Pairing = x.found[0].Document, x.own, PairMatched
		if res.Passed && p.Target != nil && !connector.Covers(p.Target, res.Owned) {
			p.Pairing, p.Changes = PairDifferent, differences(p.Target, res.Owned)
		}
		if res.Withdrawn && !res.Passed && x.found[0].Standing != connector.Refused {
			p.Pairing, p.Changes = PairDifferent, []connector.Change{{Field: withdrawn, Old: "no", New: "yes"}}
		}
		if res.Passed && len(res.Problems) > 0 && w.Delivery.State == connector.Held && p.Pairing == PairMatched {
			p.Pairing, p.Err = PairDifferent, w.Delivery.Err // what the target has is an older content of it
		}
		if x.beside {
			p.Pairing, p.Changes = PairDifferent, append([]connector.Change{{Field: unlinked, Old: x.found[0].ID}}, p.Changes...)
			if x.ours {
				p.Pairing = PairExtra
			}
		}
	}
	return p, true
}

// rest goes through the target's objects of the window that were not compared yet.
func (c *comparison) rest(ctx context.Context) *connector.Error {
	const many = 200
	var some []listedObject
	err := c.listed.left(func(o listedObject) error {
		if some = append(some, o); len(some) < many {
			return nil
		}
		full := some
		some = nil
		return asError(c.alone(ctx, full))
	})
	if err != nil {
		return connector.AsError(err)
	}
	return c.alone(ctx, some)
}

// asError keeps a nil *Error from becoming an error that is not nil.
func asError(fail *connector.Error) error {
	if fail == nil {
		return nil
	}
	return fail
}

// alone tells of objects that no record of the window at the source belongs to: of those with a Link the source is read by its key.
func (c *comparison) alone(ctx context.Context, objects []listedObject) *connector.Error {
	ids := make([]string, len(objects))
	for n, o := range objects {
		ids[n] = o.ID
	}
	links, err := c.e.DB.Links(ctx, c.r.flow.Kind, c.r.flow.To, ids, c.r.flow.From)
	if err != nil {
		return connector.AsError(err)
	}
	elsewhere, err := c.e.DB.LinkedAtAll(ctx, c.r.flow.Kind, c.r.flow.To, ids)
	if err != nil {
		return connector.AsError(err)
	}
	var keys []connector.Key
	var linked []listedObject
	for _, o := range objects {
		if l, ok := links[o.ID]; ok {
			keys, linked = append(keys, connector.Key{ID: l.Other(c.r.flow.To).ID}), append(linked, o)
			continue
		}
		if elsewhere[o.ID] || c.beside[o.ID] {
			continue // a record of another Connection is its counterpart, or it was told
		}
		p := Pair{Flow: c.r.flow.Name, Record: c.atTarget(o.ID), Pairing: PairForeign, Target: o.Document, Own: o.Own}
		if o.Ours {
			p.Pairing = PairExtra
		}
		if err := c.told.Pair(p); err != nil {
			return connector.AsError(err)
		}
	}
	return c.counterparts(ctx, keys, linked)
}

// counterparts reads the source's records to which objects are linked, and tells of the objects whose records are gone. Where one of them
// can't be read, that one is told; where none can be asked for by its key here, that is.
func (c *comparison) counterparts(ctx context.Context, keys []connector.Key, linked []listedObject) *connector.Error {
	if len(keys) == 0 {
		return nil
	}
	c.came = make(map[string]bool, len(keys))
	fail := c.source(ctx, connector.Query{Kind: c.r.flow.Kind, To: c.e.Now(), Keys: keys})
	switch {
	case fail == nil:
	case fail.Code.Reaction() == connector.ReactPauseFlow:
		c.told.Unlisted(c.r.flow.Name, fail)
		return nil
	case fail.Code.Reaction() == connector.ReactHold && len(keys) > 1:
		for n := range keys {
			if fail := c.counterparts(ctx, keys[n:n+1], linked[n:n+1]); fail != nil {
				return fail
			}
		}
		return nil
	case fail.Code.Reaction() == connector.ReactHold && fail.Code != connector.NotFound:
		rec := connector.Record{Connection: c.r.flow.From, Kind: c.r.flow.Kind, ID: keys[0].ID}
		return connector.AsError(c.told.Pair(Pair{Flow: c.r.flow.Name, Record: rec, Pairing: PairMissing, Err: fail}))
	case fail.Code != connector.NotFound:
		return fail
	}
	return c.gone(keys, linked)
}

// gone tells of objects whose records the source did not give.
func (c *comparison) gone(keys []connector.Key, linked []listedObject) *connector.Error {
	for n, o := range linked {
		if c.came[keys[n].ID] {
			continue
		}
		p := Pair{Flow: c.r.flow.Name, Record: c.atTarget(o.ID), Pairing: PairExtra, Target: o.Document, Own: o.Own,
			Err: connector.Errorf(connector.NotFound, "reconcile "+c.r.flow.Name, "%s has %s no more, to which it is linked", c.r.flow.From, keys[n].ID).
				Advise("Look for it there. If it was deleted, take it back at %s, or unlink the two.", c.r.flow.To)}
		if err := c.told.Pair(p); err != nil {
			return connector.AsError(err)
		}
	}
	return nil
}

// elsewhere marks what does not pass this Flow and was never agreed by it, where another Flow goes the same way: that one sends it.
func (c *comparison) elsewhere(ctx context.Context, all []*compared) *connector.Error {
	if !c.shares {
		return nil
	}
	var links []int64
	for _, x := range all {
		if x.work.Link != nil && !x.res.Passed {
			links = append(links, x.work.Link.ID)
		}
	}
	agreed, err := c.e.DB.AgreedBy(ctx, c.r.flow.Name, links)
	for _, x := range all {
		x.others = x.work.Link != nil && !x.res.Passed && !agreed[x.work.Link.ID]
	}
	return connector.AsError(err)
}

func (c *comparison) atTarget(id string) connector.Record {
	return connector.Record{Connection: c.r.flow.To, Kind: c.r.flow.Kind, ID: id}
}

// mostValues is how many values of crosswalks a part remembers.
const mostValues = 1 << 12

// mapped is mappedNow of many, without what only a decision needs. A few are mapped at the same time; those of a part share what their
// mappings look up, values of crosswalks beyond this page too.
func (c *comparison) mapped(ctx context.Context, list []connector.Version) ([]*item, error) {
	ids := make([]string, len(list))
	for n, v := range list {
		ids[n] = v.ID
	}
	works, err := c.e.DB.WorksFor(ctx, c.r.flow.Name, c.r.flow.From, c.r.flow.Kind, ids, c.r.flow.To)
	if err != nil {
		return nil, err
	}
	items := make([]*item, len(list))
	size := len(list)/atTheSameTime + 1
	failed := make([]error, atTheSameTime)
	pace.Each(c.e.Pace, atTheSameTime, atTheSameTime, func(part int) {
		if c.memos[part] == nil || len(c.memos[part].values) > mostValues {
			c.memos[part] = newMemo()
		}
		shared := c.memos[part]
		shared.forgetLinks()
		for n := part * size; n < min((part+1)*size, len(list)) && failed[part] == nil; n++ {
			w := works[n]
			w.Version, w.Delivery.Run = list[n], c.run
			it := &item{work: w, chosen: w.Delivery.Chosen, memo: shared, trial: true}
			it.res = c.e.applyTo(ctx, c.r, it, nil)
			items[n], failed[part] = it, it.unanswered
		}
	})
	return items, errors.Join(failed...)
}
