package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// fetchResult says what became of one reference that was missing.
type fetchResult int

const (
	fetchedNowhere fetchResult = iota
	fetchedExists              // there, but not ready yet, or its own Delivery still has to go
	fetchedLinked              // found on both sides and linked now
	fetchedUnknown             // could not be asked now
)

// fetchedFor is the Run on whose behalf something is fetched, or, without one, why it runs.
type fetchedFor struct {
	run     int64
	trigger connector.Trigger
}

// fetchMissing fetches what a blocked Delivery refers to by its key from its source, and looks for it at the target
// (DESIGN.md "Order"). It says whether a Link was made, so that the mapping is worth another try; what is nowhere becomes
// a problem of the item.
func (b *pump) fetchMissing(ctx context.Context, it *item, refs []connector.Ref) (again bool, err error) {
	for _, ref := range refs {
		key := refKey(ref)
		res, known := b.fetched[key]
		if !known {
			if res, err = b.e.fetch(ctx, b.r.flow, ref, fetchedFor{run: it.work.Delivery.Run}); err != nil {
				return false, err
			}
			b.fetched[key] = res
		}
		switch res {
		case fetchedLinked:
			again = true
		case fetchedNowhere:
			it.res.Problems = append(it.res.Problems, notFoundProblem(ref))
		}
	}
	return again && len(it.res.Problems) == 0, nil
}

func refKey(r connector.Ref) string {
	return r.Connection + ":" + string(r.Kind) + ":" + strings.Join(r.IDs, ",") + "#" + r.Number
}

// fetch asks every Flow of the reference's Kind between the two Connections for the record by its key.
func (e *Engine) fetch(ctx context.Context, of connector.Flow, ref connector.Ref, by fetchedFor) (fetchResult, error) {
	flows, err := e.DB.Flows(ctx)
	if err != nil {
		return fetchedUnknown, err
	}
	result, asked, read, there := fetchedNowhere, false, false, ""
	for _, f := range flows {
		if f.Kind != ref.Kind || !between(f, of) || !f.Enabled {
			continue
		}
		if f.From == ref.Connection {
			there = f.Name
		} else {
			read = true
		}
		keys, err := e.keysKnown(ctx, f, ref)
		if err != nil {
			return fetchedUnknown, err
		}
		if len(keys) == 0 {
			continue
		}
		if _, err := e.ready(ctx, f.Name, nil); err != nil {
			return fetchedUnknown, nil
		}
		asked = true
		res, err := e.fetchFrom(ctx, f, keys, by)
		if err != nil {
			return res, err
		}
		if result == fetchedNowhere || res == fetchedLinked {
			result = res
		}
	}
	if ref.Usable && result == fetchedLinked && !read && there != "" {
		return result, e.askStanding(ctx, there, ref)
	}
	if !asked {
		return fetchedExists, nil // no Flow moves that Kind: a person must link it
	}
	return result, nil
}

// askStanding looks how the linked object of a reference stands, where no Flow reads that Kind from there: a new order, which
// may not be used before it is dispatched.
func (e *Engine) askStanding(ctx context.Context, flow string, ref connector.Ref) error {
	r, err := e.route(ctx, flow)
	if err != nil || r.finder() == nil {
		return nil
	}
	row, _, ok, err := e.linkedTo(ctx, ref, r.flow.To, nil)
	if err != nil || !ok {
		return err
	}
	it := &item{work: store.Work{Delivery: connector.Delivery{Record: connector.Record{Connection: ref.Connection, Kind: ref.Kind}, Kind: ref.Kind, Flow: flow}}}
	found, fail := r.find(ctx, e, it, connector.Lookup{Kind: ref.Kind, ID: row.To.ID})
	if err := e.keepAll(ctx, &it.kept); err != nil {
		return err
	}
	if fail != nil {
		e.Log.Warn("how a linked record stands could not be looked up", "flow", flow, "record", row.To.String(), "code", connector.CodeOf(fail), "reason", fail.Error())
		return nil
	}
	if len(found) != 1 || found[0].Standing == row.Standing {
		return nil
	}
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Stands(row.To, found[0].Standing) })
}

func between(f, g connector.Flow) bool {
	return f.From == g.From && f.To == g.To || f.From == g.To && f.To == g.From
}

// keysAt are the keys under which a Flow's source would know the reference.
func keysAt(f connector.Flow, ref connector.Ref) []connector.Key {
	var keys []connector.Key
	ids := ref.IDs
	if f.From != ref.Connection {
		ids = ref.Other
	} else if len(ids) == 0 && ref.Number != "" {
		return []connector.Key{{Number: ref.Number}}
	}
	for _, id := range ids {
		keys = append(keys, connector.Key{ID: id})
	}
	return keys
}

// keysKnown are those of keysAt, and the ID of what the reference is linked to already: a record that is linked but not
// usable is read again at the side that says whether it is.
func (e *Engine) keysKnown(ctx context.Context, f connector.Flow, ref connector.Ref) ([]connector.Key, error) {
	keys := keysAt(f, ref)
	if len(keys) > 0 || !ref.Usable || f.From == ref.Connection {
		return keys, nil
	}
	row, ok, err := e.DB.Referred(ctx, ref.Kind, ref.Connection, ref.IDs, f.From)
	if err != nil || !ok {
		return nil, err
	}
	return []connector.Key{{ID: row.To.ID}}, nil
}

func (e *Engine) fetchFrom(ctx context.Context, f connector.Flow, keys []connector.Key, by fetchedFor) (fetchResult, error) {
	r, err := e.route(ctx, f.Name)
	if err != nil {
		return fetchedUnknown, nil
	}
	var k kept
	for _, key := range keys {
		page, fail := e.readPage(ctx, r.from, r.source, &k, by.run, connector.Query{Kind: f.Kind, To: e.Now(), Keys: []connector.Key{key}})
		if fail != nil {
			if fail.Code == connector.NotFound {
				continue
			}
			e.Log.Warn("what a blocked record needs could not be fetched", "flow", f.Name, "code", fail.Code, "reason", fail.Error())
			return fetchedUnknown, e.keepAll(ctx, &k)
		}
		if len(page.Problems) > 0 && len(page.Versions) == 0 && page.Problems[0].Err.Code != connector.NotFound {
			return fetchedExists, e.keepAll(ctx, &k)
		}
		if len(page.Versions) == 0 {
			continue
		}
		res, err := e.acceptFetched(ctx, r, page, &k, by)
		return res, errors.Join(err, e.keepAll(ctx, &k))
	}
	return fetchedNowhere, e.keepAll(ctx, &k)
}

// byKey is the window of a Run that read single records by their keys: it has no length.
func byKey(now time.Time) connector.Window { return connector.Window{From: now, To: now} }

func (e *Engine) triggerOf(ctx context.Context, by fetchedFor) (connector.Trigger, error) {
	if by.trigger != "" || by.run == 0 {
		return by.trigger, nil
	}
	run, err := e.DB.RunByID(ctx, by.run)
	return run.Trigger, err
}

// acceptFetched stores what was fetched as a Run of its own Flow, unless it is known already, and looks for it at the target. What
// it leaves in k is to be kept.
func (e *Engine) acceptFetched(ctx context.Context, r *route, page connector.Page, k *kept, by fetchedFor) (fetchResult, error) {
	switch got, err := e.acceptKeyed(ctx, r, page, k, by); {
	case err != nil:
		return fetchedUnknown, err
	case got == keyedTooOld:
		return fetchedExists, nil
	}
	return e.linkFetched(ctx, r, page.Versions[0])
}

// keyedResult says what became of a record that was read by its key.
type keyedResult string

const (
	keyedNew    keyedResult = "new"
	keyedSame   keyedResult = "known already"
	keyedTooOld keyedResult = "older than the flow's start"
)

// acceptKeyed stores one record that was read by its key as a Run of its Flow, unless its content is known already.
func (e *Engine) acceptKeyed(ctx context.Context, r *route, page connector.Page, k *kept, by fetchedFor) (keyedResult, error) {
	v := page.Versions[0]
	if !r.flow.Start.IsZero() && !v.Changed.IsZero() && v.Changed.Before(r.flow.Start) {
		return keyedTooOld, nil
	}
	known, err := e.DB.KnownContent(ctx, r.flow.Name, r.flow.From, r.flow.Kind, v.ID, v.Document.Fingerprint())
	if err != nil || known {
		return keyedSame, err
	}
	trigger, err := e.triggerOf(ctx, by)
	if err != nil {
		return keyedSame, err
	}
	now := e.Now()
	fetched, err := e.beginRun(ctx, r.flow, trigger, byKey(now), now)
	if err != nil {
		return keyedSame, err
	}
	page.Next = ""
	_, err = e.accept(ctx, store.Acceptance{Flow: r.flow, Run: fetched, Page: page, Exchanges: k.take(), Now: now, Last: true, Judge: judgeDrift})
	return keyedNew, err
}

// linkFetched makes the Link when the target holds exactly one object under the fetched record's key.
func (e *Engine) linkFetched(ctx context.Context, r *route, v connector.Version) (fetchResult, error) {
	rec := connector.Record{Connection: r.flow.From, Kind: r.flow.Kind, ID: v.ID}
	if _, ok, err := e.DB.Linked(ctx, rec.Kind, rec.Connection, []string{rec.ID}, r.flow.To); err != nil || ok {
		return fetchedLinked, err // linked, but not usable yet: the mapping says so again
	}
	if r.finder() == nil {
		return fetchedExists, nil
	}
	it := &item{work: store.Work{Delivery: connector.Delivery{Record: rec, Kind: rec.Kind, Flow: r.flow.Name}, Version: v}}
	res := e.applyTo(ctx, r, it, nil)
	if it.unanswered != nil {
		return fetchedUnknown, it.unanswered
	}
	if !res.Passed || len(res.Problems) > 0 || len(blocking(res.Missing)) > 0 {
		return fetchedExists, nil
	}
	if d, err := e.DB.LastDelivery(ctx, r.flow.Name, rec); err != nil || d != nil && d.Attempts > 0 {
		return fetchedExists, err // it is on its way: its own Delivery makes the Link
	}
	found, err := r.find(ctx, e, it, connector.Lookup{Kind: r.flow.Kind, Document: res.Document})
	if serr := e.keepAll(ctx, &it.kept); serr != nil {
		return fetchedUnknown, serr
	}
	if err != nil || len(found) != 1 {
		return fetchedExists, nil
	}
	target := connector.Record{Connection: r.flow.To, Kind: r.flow.Kind, ID: found[0].ID}
	if err := e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.LinkRecords(rec, target, ByEngine) }); err != nil {
		return fetchedExists, nil
	}
	return fetchedLinked, nil
}

// refetch asks again for one reference. One of the Flow's own Kind waits for a decision of the Flow in the other direction:
// it is nowhere to be waited for once that is made.
func (e *Engine) refetch(ctx context.Context, r *route, ref connector.Ref, trigger connector.Trigger) (fetchResult, error) {
	if ref.Kind != r.flow.Kind {
		return e.fetch(ctx, r.flow, ref, fetchedFor{trigger: trigger})
	}
	back, err := e.back(ctx, r)
	if err != nil {
		return fetchedUnknown, err
	}
	for _, f := range back {
		d, err := e.DB.LastDelivery(ctx, f.Name, connector.Record{Connection: ref.Connection, Kind: ref.Kind, ID: ref.ID()})
		if err != nil {
			return fetchedUnknown, err
		}
		if d != nil && f.Enabled && slices.Contains([]connector.State{connector.Waiting, connector.Sending, connector.InDoubt, connector.Held}, d.State) {
			return fetchedExists, nil
		}
	}
	return fetchedNowhere, nil
}

// refetchBlocked asks again, in each later Run of a Flow, for what its blocked Deliveries wait for. Those for which
// something changed are decided again.
func (e *Engine) refetchBlocked(ctx context.Context, r *route, trigger connector.Trigger, run int64) error {
	rows, err := e.DB.BlockedOf(ctx, r.flow.Name, run)
	if err != nil {
		return err
	}
	done := map[string]fetchResult{}
	var release []int64
	for _, row := range rows {
		for _, ref := range row.Refs {
			key := refKey(ref)
			if _, known := done[key]; !known {
				if done[key], err = e.refetch(ctx, r, ref, trigger); err != nil {
					return err
				}
			}
			if done[key] == fetchedNowhere {
				release = append(release, row.Delivery)
				break
			}
		}
	}
	if len(release) == 0 {
		return nil
	}
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Release(release, "what it waited for is nowhere, or decided") })
}
