package engine

import (
	"context"
	"errors"
	"time"

	connector "ml-connector"
	"ml-connector/alike"
	"ml-connector/mapping"
	"ml-connector/store"
)

// mapped maps a Delivery and says whether the target is to be looked at before it is decided. What is in doubt is not
// mapped. The error is of the store.
func (b *pump) mapped(ctx context.Context, it *item) (failed error) {
	if it.work.Delivery.State == connector.InDoubt {
		return nil
	}
	b.guarded(it, "map "+it.work.Delivery.Record.String(), func() {
		if it.unread() {
			failed = b.reread(ctx, it)
			return
		}
		if failed = b.apply(ctx, it); failed == nil {
			it.look = b.r.mustLook(it)
		}
	})
	if failed == nil {
		failed = ctx.Err() // what was made while the store was being left may be wrong
	}
	return failed
}

// decided decides a Delivery: it has an outcome then, or a write.
func (b *pump) decided(ctx context.Context, it *item) (failed error) {
	b.guarded(it, "decide "+it.work.Delivery.Record.String(), func() { failed = b.decide(ctx, it) })
	return failed
}

// apply maps one Delivery; what its references miss is fetched, and the mapping applied once more when that helped. Its
// error is of the store: what the mapping made without an answer counts for nothing.
func (b *pump) apply(ctx context.Context, it *item) error {
	it.res = b.e.applyTo(ctx, b.r, it, nil)
	if it.unanswered != nil {
		return it.unanswered
	}
	if !it.res.Passed || len(it.res.Problems) > 0 {
		return nil
	}
	missing := blocking(it.res.Missing)
	if len(missing) == 0 {
		return nil
	}
	again, err := b.fetchMissing(ctx, it, missing)
	if err != nil {
		return err
	}
	it.memo.forgetLinks()
	if again {
		it.res = b.e.applyTo(ctx, b.r, it, nil)
	}
	return it.unanswered
}

// applyTo runs the Flow's mapping for one Delivery; over, when not nil, adds Links that a dry run would make. When the
// store could not answer a question of the mapping, the item is unanswered: the Result must not be used.
func (e *Engine) applyTo(ctx context.Context, r *route, it *item, over *overlay) mapping.Result {
	w := it.work
	it.unanswered = nil
	note := func(err error) {
		if err != nil && it.unanswered == nil {
			it.unanswered = err
		}
	}
	c := mapping.Context{
		Record: w.Delivery.Record, Source: w.Version.Document,
		From: r.from.instance.Settings(), To: r.to.instance.Settings(), FromName: r.flow.From, ToName: r.flow.To,
		Now: e.Now(), Where: r.where, Schema: r.writes.Schema, Fixed: r.fixed,
		Crosswalk: func(name, value, day string) (string, bool) {
			v, ok, err := it.memo.translate(name, value, day, func() (string, bool, error) {
				return e.DB.CrosswalkValue(ctx, name, r.from.system, r.to.system, value, day)
			})
			note(err)
			return v, ok
		},
		Link: func(ref connector.Ref) mapping.LinkState {
			s, err := it.memo.link(ref, func() (mapping.LinkState, error) { return e.linkState(ctx, r, ref, over) })
			note(err)
			return s
		},
		Choose: func(name string) (string, error) {
			v, err := e.choose(ctx, it, name)
			note(err)
			return v, err
		},
		Traced: it.traced,
	}
	if it.traced && !w.Delivery.SentAt.IsZero() {
		c.Now = w.Delivery.SentAt
	}
	if w.Link != nil {
		c.Linked, c.TargetID = true, w.Link.Other(r.flow.From).ID
		if w.Target != nil {
			c.Target = w.Target.Document
		}
	}
	res := r.rules.Apply(c)
	if w.MergedInto != "" && w.Link == nil {
		return mapping.Result{} // it passes no filter: what it was merged into goes in its stead
	}
	note(e.nameMerged(ctx, r, res.Missing))
	return res
}

// blocking leaves out of what is missing the crosswalk rows: those are problems, and only named for their release.
func blocking(refs []connector.Ref) []connector.Ref {
	var out []connector.Ref
	for _, r := range refs {
		if r.Kind != connector.CrosswalkKind {
			out = append(out, r)
		}
	}
	return out
}

func (e *Engine) choose(ctx context.Context, it *item, name string) (string, error) {
	if v := it.chosen[name]; v != "" {
		return v, nil
	}
	if it.traced || it.trial {
		return nextID, nil // what is only tried takes no number
	}
	v, err := e.DB.NextNumber(ctx, name)
	if err != nil {
		return "", err
	}
	if it.chosen == nil {
		it.chosen = map[string]string{}
	}
	it.chosen[name] = v
	return v, nil
}

func (e *Engine) linkState(ctx context.Context, r *route, ref connector.Ref, over *overlay) (mapping.LinkState, error) {
	to := r.flow.To
	if ref.Connection == r.flow.To {
		to = r.flow.From
	}
	row, ids, ok, err := e.linkedTo(ctx, ref, to, over)
	if err != nil {
		return mapping.LinkState{}, err
	}
	if ok {
		return mapping.LinkState{Found: true, ID: row.To.ID, Source: row.From.ID, Standing: row.Standing, Target: row.Document}, nil
	}
	for _, source := range ids {
		if id, standing, ok := over.linked(ref.Kind, ref.Connection, source); ok {
			return mapping.LinkState{Found: true, ID: id, Source: source, Standing: standing}, nil
		}
	}
	return mapping.LinkState{}, nil
}

// linkedTo is what a reference is linked to at a Connection; ids are those that it may have here.
func (e *Engine) linkedTo(ctx context.Context, ref connector.Ref, to string, over *overlay) (row store.LinkedRow, ids []string, ok bool, err error) {
	ids = ref.IDs
	if len(ids) == 0 && ref.Number != "" {
		rows, err := e.DB.RecordByNumber(ctx, ref.Connection, ref.Kind, ref.Number)
		if err != nil {
			return row, nil, false, err
		}
		for _, r := range rows {
			ids = append(ids, r.Record.ID)
		}
		ids = append(ids, over.numbered(ref)...)
	}
	if row, ok, err = e.DB.Referred(ctx, ref.Kind, ref.Connection, ids, to); err != nil || ok || over == nil {
		return row, ids, ok, err
	}
	left, err := e.left(ctx, ref.Kind, ref.Connection, ids)
	return row, append(left, ids...), false, err
}

// adopts says that the record names itself which object of the target it is.
func (it *item) adopts() bool {
	return it.res.Adopt.Kind != "" && it.work.Link == nil && it.res.Passed && len(it.res.Problems) == 0
}

// mustLook says whether the decision needs to see the target as it is now.
func (r *route) mustLook(it *item) bool {
	res, w := it.res, it.work
	if !res.Passed && !(res.Withdrawn && r.flow.Withdraw == connector.WithdrawUpdate) || len(res.Problems) > 0 || len(blocking(res.Missing)) > 0 || r.finder() == nil || res.Adopt.Kind != "" {
		return false
	}
	if w.Link == nil && bugResend {
		return !w.PreviouslySent && (r.writes.LookFirst || r.writes.Linkable)
	}
	if w.Link == nil {
		return r.writes.LookFirst || r.writes.Linkable || w.PreviouslySent && r.writes.Class != connector.ClassUpsert
	}
	if len(res.Owned) == 0 || !r.writes.CanUpdate {
		return false
	}
	changed := w.Agreement == nil || w.Agreement.Fingerprint != res.Owned.Fingerprint()
	again := w.Delivery.UpdatedAt.After(w.Delivery.CreatedAt) // what was held for drift, and is decided again, may still differ
	drifts := w.Agreement != nil && r.flow.Drift != connector.DriftIgnore && w.Target != nil && w.Target.Mirror != nil && !connector.Covers(w.Target.Mirror, w.Agreement.Owned)
	return w.Agreement == nil || (changed || again) && r.flow.Drift == connector.DriftHold || w.Delivery.Forced || drifts
}

// batchFinder is what the target is asked by about many Deliveries in one call; nil where each is looked for alone.
func (r *route) batchFinder() connector.BatchFinder {
	if r.writes.Batch <= 0 {
		return nil
	}
	bf, _ := r.to.instance.(connector.BatchFinder)
	return bf
}

// look looks at the target for one Delivery.
func (r *route) look(ctx context.Context, e *Engine, it *item, fail func(context.Context, *item, *connector.Error)) {
	found, err := r.find(ctx, e, it, r.lookup(it))
	if err != nil {
		fail(ctx, it, connector.AsError(err))
		return
	}
	if it.elsewhere, err = r.elsewhere(ctx, e, it, found); err != nil {
		fail(ctx, it, connector.AsError(err))
		return
	}
	it.found, it.looked = found, true
}

// lookFailed is a look-up before a write that failed. Where it never works here, first attempts go on without it, and so does what
// surely was not sent. Else it waits for a person, whose word that it did not arrive counts for one more attempt.
func (b *pump) lookFailed(ctx context.Context, it *item, err *connector.Error) {
	if err.Code.Reaction() == connector.ReactPauseFlow && b.r.writes.Class == connector.ClassDuplicate && it.work.PreviouslySent {
		switch not, failed := b.e.DB.NotSent(ctx, it.work.Delivery.ID); {
		case failed != nil:
			b.fail(ctx, it, connector.AsError(failed))
			return
		case not:
			it.looked = true
			return
		}
		b.stayInDoubt(it, "it can't be looked up here ("+err.Error()+"); only a person can tell", time.Time{}, it.work.Delivery.Looks)
		return
	}
	b.fail(ctx, it, err)
}

// lookAll looks at the target for all of them: in one call where it can be asked so, else by each, which makes many calls.
func (r *route) lookAll(ctx context.Context, e *Engine, items []*item, each func([]*item, func(*item)), fail func(context.Context, *item, *connector.Error)) {
	if bf := r.batchFinder(); bf != nil && r.lookBatch(ctx, e, bf, items, fail) {
		return
	}
	each(items, func(it *item) { r.look(ctx, e, it, fail) })
}

// find looks up one object at the target for an item, which keeps the Exchange.
func (r *route) find(ctx context.Context, e *Engine, it *item, l connector.Lookup) ([]connector.Found, error) {
	var found []connector.Found
	_, err := r.to.call(ctx, e, nil, func() (err error) {
		found, err = r.finder().Find(it.kept.trace(ctx, it.work.Delivery.Run, it.work.Delivery.ID), l)
		return err
	})
	return found, err
}

func (r *route) lookup(it *item) connector.Lookup {
	l := connector.Lookup{Kind: r.flow.Kind, Document: it.res.Document}
	if it.work.Link != nil {
		l.ID = it.work.Link.Other(r.flow.From).ID
	}
	return l
}

// lookBatch looks for all at once. Not done: it met a defect about one of them, so that each is to be looked for alone.
func (r *route) lookBatch(ctx context.Context, e *Engine, bf connector.BatchFinder, items []*item, fail func(context.Context, *item, *connector.Error)) (done bool) {
	if len(items) == 0 {
		return true
	}
	lookups := make([]connector.Lookup, len(items))
	for i, it := range items {
		lookups[i] = r.lookup(it)
	}
	var results [][]connector.Found
	_, err := r.to.call(ctx, e, nil, func() (err error) {
		results, err = bf.FindBatch(items[0].kept.trace(ctx, items[0].work.Delivery.Run, 0), lookups)
		if err == nil && len(results) != len(lookups) {
			err = connector.Errorf(connector.Internal, "look up "+string(r.flow.Kind), "%d answers to %d questions", len(results), len(lookups))
		}
		return err
	})
	if errors.Is(err, errPanicked) {
		return false
	}
	if fail := connector.AsError(err); fail != nil && fail.Code.Reaction() == connector.ReactHold && len(items) > 1 {
		return false // it is one of them that can't be looked up: which, each tells
	}
	for i, it := range items {
		if err != nil {
			fail(ctx, it, connector.AsError(err))
			continue
		}
		it.found, it.looked = results[i], true
	}
	return true
}

// situation gathers what Decide needs.
func (r *route) situation(it *item, like []alike.Candidate) connector.Situation {
	w, res := it.work, it.res
	s := connector.Situation{
		Rules:  connector.Rules{Drift: r.flow.Drift, Withdraw: r.flow.Withdraw, CanUpdate: r.writes.CanUpdate, CanCancel: r.writes.CanCancel, Linkable: r.writes.Linkable},
		Passed: res.Passed, Withdrawn: res.Withdrawn, Linked: w.Link != nil, Sent: w.PreviouslySent, Older: w.PreviouslySent && w.Delivery.Attempts == 0, Forced: w.Delivery.Forced,
		Missing: blocking(res.Missing), Revision: res.Revision, Wanted: res.Owned, Agreed: w.Agreement, Looked: it.looked, Target: it.found, Alike: like,
	}
	s.Code, s.Problems = res.Code(), res.Reasons()
	return s
}

// decide turns the decision into an outcome or a write.
func (b *pump) decide(ctx context.Context, it *item) error {
	if it.adopts() {
		return b.adoptRef(ctx, it)
	}
	before, err := b.e.nextRevision(ctx, b.r, it, nil)
	if err == nil && before != nil {
		err = b.e.moveLink(ctx, b.r, it, *before)
	}
	if err != nil {
		return err
	}
	if why, err := b.e.unconfirmed(ctx, b.r, it); err != nil || why != nil {
		if why != nil {
			return b.stop(ctx, it, why)
		}
		return err
	}
	if err := b.e.noteSuccessor(ctx, b.r, it); err != nil {
		return err
	}
	like, err := b.e.alike(ctx, b.r, it)
	if err != nil {
		return err
	}
	it.action = it.misled(b.r, connector.Decide(b.r.situation(it, like)))
	if it.action.Action == connector.ActCreate || it.action.Alike {
		if again := b.tooSoon(it); !again.IsZero() {
			it.out = &store.Outcome{State: connector.Waiting, DueAt: again, Details: map[string]string{"reason": "the target may not show yet what was sent just now"}}
			return nil
		}
		if by, err := b.e.claimedByOther(ctx, b.r, it, it.memo, like); err != nil || by != nil {
			it.out = by
			return err
		}
	}
	if by, err := b.unplanned(ctx, it); err != nil || by != nil {
		it.out = by
		return err
	}
	if it.action.Action == connector.ActAdopt && it.action.Alike {
		return b.linkAlike(ctx, it)
	}
	b.act(it)
	if it.out != nil && it.out.State == connector.Held {
		if it.out.Follow, err = b.e.rowBegins(ctx, b.r, it); err != nil {
			return err
		}
	}
	if it.action.Alike {
		it.out.Names = append(it.out.Names, b.r.names(like)...)
	}
	return nil
}

// tooSoon says when a look-up that found nothing proves something, zero for now. What the target would double and was refused a
// moment ago is not sent again before lookup_settle is over: the refusal may have come although it was stored, and lists lag.
func (b *pump) tooSoon(it *item) time.Time {
	d := it.work.Delivery
	if b.r.writes.Class != connector.ClassDuplicate || !it.work.PreviouslySent || !it.looked || d.Err != nil && d.Err.Code.Reaction() == connector.ReactRetry {
		return time.Time{}
	}
	if again := d.SentAt.Add(b.settle()); b.e.Now().Before(again) {
		return again
	}
	return time.Time{}
}

// fail turns an error of the target before any write into an outcome: the Delivery waits on, or is held.
func (b *pump) fail(ctx context.Context, it *item, err *connector.Error) {
	b.failAt(ctx, it, b.r.flow.To, err)
}

func (b *pump) failAt(ctx context.Context, it *item, connection string, err *connector.Error) {
	if ctx.Err() != nil {
		return // stopping: nothing was sent, the Delivery waits as it was
	}
	now := b.e.Now()
	d := it.work.Delivery
	o := &store.Outcome{State: connector.Waiting, Err: err, Failures: d.Failures}
	switch err.Code.Reaction() {
	case connector.ReactPauseFlow, connector.ReactPauseConnection:
		b.standAt(ctx, connection, err)
		o.DueAt = now
	case connector.ReactWait:
		o.DueAt = now.Add(max(err.Wait, time.Second))
	case connector.ReactRetry, connector.ReactDoubt:
		o.Failures, o.DueAt = b.failures(it), now.Add(max(err.Wait, backoff(b.failures(it), b.e.Jitter())))
		if o.Failures >= maxFailures {
			o.State = connector.Held
		}
	default:
		o.State = connector.Held
	}
	it.out = o
}

// failures counts an unavailable answer only while the Connection is otherwise well: one that is down costs no attempts.
func (b *pump) failures(it *item) int {
	if b.r.to.well(it.work.Delivery.UpdatedAt) {
		return it.work.Delivery.Failures + 1
	}
	return max(it.work.Delivery.Failures, 1)
}

// stand pauses the Flow or the target's Connection and remembers it for this pump.
func (b *pump) stand(ctx context.Context, err *connector.Error) {
	b.standAt(ctx, b.r.flow.To, err)
}

func (b *pump) standAt(ctx context.Context, connection string, err *connector.Error) {
	b.mu.Lock()
	first := b.paused == nil
	b.paused = err
	b.mu.Unlock()
	if !first {
		return
	}
	if _, perr := b.e.pause(context.WithoutCancel(ctx), b.r.flow, connection, err); perr != nil {
		b.e.Log.Error("pause not stored", "flow", b.r.flow.Name, "error", perr)
	}
}
