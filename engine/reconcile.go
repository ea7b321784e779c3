package engine

import (
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	connector "ml-connector"
)

// Pairing is how one record stands on both sides.
type Pairing string

// Pairings.
const (
	PairMatched   Pairing = "matched"   // both sides hold the same, as far as the Flow owns it
	PairDifferent Pairing = "different" // both are there, and differ
	PairMissing   Pairing = "missing"   // the source's has nothing at the target
	PairExtra     Pairing = "extra"     // the target's carries a key of ours and is linked to nothing
	PairForeign   Pairing = "foreign"   // the target's was entered there by people
)

// Pair is one record as it is on both sides now.
type Pair struct {
	Flow    string
	Record  connector.Record // at the source; of an extra or foreign one at the target
	Pairing Pairing
	State   connector.State // of the newest Delivery, "" without one
	Source  connector.Document
	Target  connector.Document
	Wanted  connector.Document // what would be sent; of fields that the target does not tell it holds what was
	Changes []connector.Change // old is the target's value, new the source's
	Err     *connector.Error   // why it could not be compared; it counts as missing
}

// Reconcile reads both sides of each Flow live, the records of a window, tells begin of each Flow and gives fn each of its records: linked ones compared in what the
// Flow owns, the others by name. Neither System is written, and the store gets only a Run for each Flow with what was exchanged.
// What is read of the target besides are its own objects of the window, so that nothing there goes untold.
func (e *Engine) Reconcile(ctx context.Context, q SyncRequest, begin func(flow string), fn func(Pair) error) error {
	flows, err := e.ordered(ctx, q.Flows)
	if err != nil {
		return err
	}
	defer e.giveBack(ctx)
	again := Rechecks{}
	for _, f := range flows {
		begin(f.Name)
		if err := e.reconcileFlow(ctx, f, q, again, fn); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) reconcileFlow(ctx context.Context, f connector.Flow, q SyncRequest, again Rechecks, fn func(Pair) error) error {
	if err := e.readyToPlan(ctx, f.Name, again); err != nil {
		return err
	}
	r, err := e.route(ctx, f.Name)
	if err != nil {
		return err
	}
	if r.finder() == nil {
		return connector.Errorf(connector.Invalid, "reconcile "+f.Name, "%s has no look-up, so what it holds can't be held against what %s does", f.To, f.From)
	}
	started := e.Now()
	w := r.window(PollRequest{Flow: f.Name, Since: q.Since, Until: q.Until}, started)
	run, err := e.beginRun(ctx, f, connector.TriggerDryRun, w, started)
	if err != nil {
		return err
	}
	c := &comparison{e: e, r: r, run: run, fn: fn, seen: newSeen(), paired: map[uint64]bool{}}
	fail := c.source(ctx, connector.Query{Kind: f.Kind, From: w.From, To: w.To})
	if fail == nil {
		fail = c.target(ctx, w)
	}
	if err := e.endPlan(ctx, run, fail); err != nil {
		return err
	}
	if fail != nil {
		return fail
	}
	return nil
}

// comparison is one Flow's reconciliation.
type comparison struct {
	e      *Engine
	r      *route
	run    int64
	fn     func(Pair) error
	seen   *seen
	paired map[uint64]bool // hashes of the target's IDs that were compared
}

// source goes through the source's records of the window.
func (c *comparison) source(ctx context.Context, q connector.Query) *connector.Error {
	return c.e.eachPage(ctx, c.r.from, c.r.source, c.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := c.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs); err != nil {
			return connector.AsError(err)
		}
		page = c.seen.fresh(page)
		for _, p := range page.Problems {
			rec := connector.Record{Connection: c.r.flow.From, Kind: c.r.flow.Kind, ID: p.ID}
			if err := c.fn(Pair{Flow: c.r.flow.Name, Record: rec, Pairing: PairMissing, Err: p.Err}); err != nil {
				return connector.AsError(err)
			}
		}
		return c.versions(ctx, page.Versions)
	})
}

// versions compares some of the source's records with the target.
func (c *comparison) versions(ctx context.Context, list []connector.Version) *connector.Error {
	var items, linked []*item
	for _, v := range list {
		it, err := c.e.mappedNow(ctx, c.r, c.run, v, nil)
		if err != nil {
			return connector.AsError(err)
		}
		items = append(items, it)
		if it.work.Link != nil {
			linked = append(linked, it)
		}
	}
	failed := c.r.lookNow(ctx, c.e, linked)
	for _, it := range items {
		if err := c.e.keepAll(ctx, &it.kept); err != nil {
			return connector.AsError(err)
		}
		if p, counts := c.pair(it, failed[it]); counts {
			if err := c.fn(p); err != nil {
				return connector.AsError(err)
			}
		}
	}
	return nil
}

// pair judges one of the source's records; what the Flow does not send counts on neither side.
func (c *comparison) pair(it *item, failed *connector.Error) (p Pair, counts bool) {
	w := it.work
	p = Pair{Flow: c.r.flow.Name, Record: w.Delivery.Record, State: w.Delivery.State, Source: w.Version.Document, Wanted: it.res.Document, Pairing: PairMissing}
	if w.Link == nil {
		return p, it.res.Passed
	}
	c.paired[idHash(w.Link.Other(c.r.flow.From).ID)] = true
	switch {
	case failed != nil && failed.Code != connector.NotFound:
		p.Err = failed
	case failed == nil && len(it.found) > 0:
		p.Target, p.Pairing = it.found[0].Document, PairMatched
		if it.res.Passed && p.Target != nil && !connector.Covers(p.Target, it.res.Owned) {
			p.Pairing, p.Changes = PairDifferent, differences(p.Target, it.res.Owned)
		}
		if it.res.Withdrawn && !it.res.Passed && it.found[0].Standing != connector.Refused {
			p.Pairing, p.Changes = PairDifferent, []connector.Change{{Field: withdrawn, Old: "no", New: "yes"}}
		}
	}
	return p, true
}

// differences lists what the target holds otherwise than it should, field by field; what it does not tell is no difference.
func differences(target, owned connector.Document) []connector.Change {
	var out []connector.Change
	for _, name := range slices.Sorted(maps.Keys(owned)) {
		have, told := target[name]
		is, should := connector.Document{name: have}, connector.Document{name: owned[name]}
		if !told || connector.Covers(is, should) {
			continue
		}
		_, list := owned[name].([]any)
		for _, c := range connector.Diff(is, should) {
			if !list || c.New != "" {
				out = append(out, c)
			}
		}
	}
	return out
}

// withdrawn is the field of a difference that is none of a Document: taken back at the source, and standing at the target.
const withdrawn = "withdrawn"

// target goes through the target's objects of the window that were not compared yet.
func (c *comparison) target(ctx context.Context, w connector.Window) *connector.Error {
	src, ok := c.r.to.instance.(connector.Source)
	reads := c.r.to.instance.Kind(c.r.flow.Kind)
	if !ok || !reads.Reads {
		return nil
	}
	q := connector.Query{Kind: c.r.flow.Kind, From: w.From, To: w.To}
	if !reads.Windowed {
		q.From = time.Time{} // the whole
	}
	return c.e.eachPage(ctx, c.r.to, src, c.run, q, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		if err := c.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs); err != nil {
			return connector.AsError(err)
		}
		var keys []connector.Key
		for _, v := range page.Versions {
			if c.paired[idHash(v.ID)] {
				continue
			}
			c.paired[idHash(v.ID)] = true
			rec := connector.Record{Connection: c.r.flow.To, Kind: c.r.flow.Kind, ID: v.ID}
			row, linked, err := c.e.DB.Linked(ctx, c.r.flow.Kind, c.r.flow.To, []string{v.ID}, c.r.flow.From)
			switch {
			case err != nil:
				return connector.AsError(err)
			case linked:
				keys = append(keys, connector.Key{ID: row.To.ID})
				continue
			}
			p := Pair{Flow: c.r.flow.Name, Record: rec, Pairing: PairForeign, Target: v.Document}
			if v.Ours {
				p.Pairing = PairExtra
			}
			if err := c.fn(p); err != nil {
				return connector.AsError(err)
			}
		}
		return c.byKey(ctx, keys)
	})
}

// byKey compares records of the source that did not change in the window themselves.
func (c *comparison) byKey(ctx context.Context, keys []connector.Key) *connector.Error {
	if len(keys) == 0 {
		return nil
	}
	return c.source(ctx, connector.Query{Kind: c.r.flow.Kind, To: c.e.Now(), Keys: keys})
}

// idHash stands for an ID where many are remembered.
func idHash(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
