package engine

import (
	"context"
	"maps"
	"slices"

	connector "ml-connector"
)

// Pairing is how one record stands on both sides.
type Pairing string

// Pairings.
const (
	PairMatched   Pairing = "matched"   // both sides hold the same, as far as the Flow owns it
	PairDifferent Pairing = "different" // both are there, and differ
	PairMissing   Pairing = "missing"   // the source's has nothing at the target
	PairExtra     Pairing = "extra"     // the target's carries a key of ours and is linked to nothing, or to what the source has no more; with a Source it is that record's by its natural key
	PairForeign   Pairing = "foreign"   // the target's was entered there by people
)

// Pair is one record as it is on both sides now.
type Pair struct {
	Flow    string
	Record  connector.Record // at the source; of a foreign one, and of an extra one without a Source, at the target
	Pairing Pairing
	State   connector.State // of the newest Delivery, "" without one
	Source  connector.Document
	Target  connector.Document // in the Sink's names; nil when only its key is known
	Own     connector.Document // where Target is nil: in the names in which the target itself tells it
	Wanted  connector.Document // what would be sent; of fields that the target does not tell it holds what was
	Changes []connector.Change // old is the target's value, new the source's
	Err     *connector.Error   // why it could not be compared; it counts as missing
}

// Compared hears of a reconciliation.
type Compared struct {
	Flow     func(flow string)                       // it begins
	Unlisted func(flow string, why *connector.Error) // the target's own list could not be read: what only the target has is not told
	Pair     func(Pair) error
}

// Reconcile reads both sides of each Flow live, the records of a window, and tells of each record: linked ones compared in what the
// Flow owns, the others by name. Neither System is written, and the store gets only a Run for each Flow with what was exchanged.
//
// The target is read by its own list of the window, which is kept beside memory; the source's records are held against it as they come.
// What the list did not show (older objects, what its System can't list) is looked up, and so is what seems to differ: it may have
// been written since. So a synchronised pair costs no call of its own, and memory does not grow with the records.
func (e *Engine) Reconcile(ctx context.Context, q SyncRequest, told Compared) error {
	flows, err := e.ordered(ctx, q.Flows)
	if err != nil {
		return err
	}
	defer e.giveBack(ctx)
	again := Rechecks{}
	for _, f := range flows {
		told.Flow(f.Name)
		if err := e.reconcileFlow(ctx, f, q, again, told); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) reconcileFlow(ctx context.Context, f connector.Flow, q SyncRequest, again Rechecks, told Compared) error {
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
	shares, err := e.sharesWay(ctx, f)
	if err != nil {
		return err
	}
	started := e.Now()
	w := r.window(PollRequest{Flow: f.Name, Since: q.Since, Until: q.Until}, started)
	run, err := e.beginRun(ctx, f, connector.TriggerDryRun, w, started)
	if err != nil {
		return err
	}
	c := &comparison{e: e, r: r, run: run, told: told, seen: newSeen(), shares: shares}
	fail := c.whole(ctx, w)
	if err := e.endPlan(ctx, run, fail); err != nil {
		return err
	}
	if fail != nil {
		return fail
	}
	return nil
}

// sharesWay says whether another Flow brings the same Kind from the same Connection to the same one.
func (e *Engine) sharesWay(ctx context.Context, f connector.Flow) (bool, error) {
	flows, err := e.DB.Flows(ctx)
	return slices.ContainsFunc(flows, func(o connector.Flow) bool {
		return o.Name != f.Name && o.Kind == f.Kind && o.From == f.From && o.To == f.To
	}), err
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
