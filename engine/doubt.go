package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// resolve looks whether a write in doubt happened. Found: delivered. Surely not there: waiting. Can't tell: it stays.
func (b *pump) resolve(ctx context.Context, it *item) {
	w := it.work
	if w.SentDocument == nil {
		it.out = &store.Outcome{State: connector.Waiting, DueAt: b.e.Now(), Details: map[string]string{"reason": "nothing was sent before the doubt"}}
		return
	}
	if bugResend {
		it.out = b.sendAgain(it, "planted")
		return
	}
	if b.r.finder() == nil || b.r.writes.Class == connector.ClassSilent {
		if b.r.writes.Class == connector.ClassUpsert {
			it.out = b.sendAgain(it, "the target matches by our key: sending again is safe")
			return
		}
		b.stayInDoubt(it, "only a person can tell whether it happened", time.Time{}, w.Delivery.Looks)
		return
	}
	l := connector.Lookup{Kind: b.r.flow.Kind, Document: w.SentDocument}
	if w.Link != nil {
		l.ID = w.Link.Other(b.r.flow.From).ID
	}
	found, err := b.find(ctx, it, l)
	if err != nil {
		b.cannotLook(ctx, it, connector.AsError(err))
		return
	}
	b.judge(ctx, it, found)
}

func (b *pump) find(ctx context.Context, it *item, l connector.Lookup) ([]connector.Found, error) {
	return b.r.find(ctx, b.e, it, l)
}

func (b *pump) judge(ctx context.Context, it *item, found []connector.Found) {
	w := it.work
	owned := b.r.rules.OwnedOf(w.SentDocument)
	switch {
	case len(found) > 1:
		it.out = heldOutcome(connector.Errorf(connector.Conflict, "resolve the doubt", "the target holds %d objects under this key", len(found)).
			Advise("Find out which of them is right, remove the others at the target, and say so with `ml-connector delivery resolve ID --delivered TARGET-ID`."), nil)
		it.out.Target = b.target(found[0].ID)
	case len(found) == 1 && found[0].Foreign:
		it.out = heldOutcome(connector.Errorf(connector.Conflict, "resolve the doubt", "ours is not there, but somebody entered the same: %s", found[0].ID).
			Advise("If it is the same, link the two with `ml-connector link`, or skip this Delivery with a reason."), nil)
		it.out.Target = b.target(found[0].ID)
	case len(found) == 1 && w.Link != nil && b.r.onlyStops(w.SentDocument):
		it.out = b.sendAgain(it, "only what stops it was sent: it is decided again")
	case len(found) == 1 && (w.Link == nil || connector.Covers(found[0].Document, owned)) && !b.staleUpsert(found[0], owned):
		f := found[0]
		it.out = &store.Outcome{State: connector.Delivered, Link: true, Target: b.target(f.ID), Numbers: f.Numbers, Standing: f.Standing, Life: f.Life,
			Agreement: b.agreement(it, owned, f.Version), Details: map[string]string{"reason": "found at the target after doubt", "target": f.ID}}
	case len(found) == 1:
		it.out = b.sendAgain(it, "the target holds it as it was before: the change did not arrive")
	case b.r.writes.Class == connector.ClassUpsert:
		it.out = b.sendAgain(it, "not found; the target matches by our key, so sending again is safe")
	default:
		b.judgeAbsence(ctx, it)
	}
}

// staleUpsert says that an upsert found its object, but with other content than was sent.
func (b *pump) staleUpsert(f connector.Found, owned connector.Document) bool {
	return b.r.writes.Class == connector.ClassUpsert && f.Document != nil && !connector.Covers(f.Document, owned)
}

// sendAgain lets a Delivery wait whose last write did not arrive: at first for nothing, and longer each time that it happens again,
// so that a target which breaks every write is not written to as fast as it can be looked at.
func (b *pump) sendAgain(it *item, reason string) *store.Outcome {
	due := b.e.Now()
	if n := it.work.Delivery.Attempts; n > 1 {
		due = due.Add(backoff(n-1, b.e.Jitter()))
	}
	return &store.Outcome{State: connector.Waiting, DueAt: due, Details: map[string]string{"reason": reason}}
}

// judgeAbsence decides what a look-up that found nothing proves.
func (b *pump) judgeAbsence(ctx context.Context, it *item) {
	d := it.work.Delivery
	now := b.e.Now()
	if late := b.r.writes.Late; late > 0 {
		b.judgeLate(it, late)
		return
	}
	first := d.LookedAt
	if first.IsZero() {
		first = now
	}
	a := absence{trust: trust(b.r.to.setting("trust_absence")), looks: d.Looks + 1, first: first, sentAt: d.SentAt, now: now, settle: b.settle()}
	if a.looks >= 2 && a.trust != trustAlways && a.trust != trustNever {
		c, err := b.control(ctx, it)
		if err != nil {
			b.cannotLook(ctx, it, connector.AsError(err))
			return
		}
		a.sight = c
	}
	v := a.judge()
	if v.absent && a.sight == sightEmpty && a.trust != trustAlways && d.Attempts >= emptyTries {
		// It went into doubt again and again while the list stayed empty: the list may hide what is there.
		v = verdict{reason: "the target's list stays empty, however often it is sent; only a person can tell now"}
	}
	if v.absent {
		it.out = b.sendAgain(it, v.reason)
		return
	}
	b.stayInDoubt(it, v.reason, v.again, a.looks)
	it.out.LookedAt = first
}

// judgeLate decides what a look-up that found nothing proves where the target carries accepted writes out later.
func (b *pump) judgeLate(it *item, late time.Duration) {
	d, now := it.work.Delivery, b.e.Now()
	lost, again := lateVerdict(d.SentAt, now, b.settle(), late)
	if !lost {
		b.stayInDoubt(it, "not there yet; the target carries out later what it accepts, so absence proves nothing before "+d.SentAt.Add(late).UTC().Format(time.RFC3339), again, d.Looks+1)
		return
	}
	it.out = heldOutcome(connector.Errorf(connector.Rejected, "resolve the doubt", "the target was sent it, and it is nowhere after %s: not confirmed", late).
		Advise("Ask at the target what became of it. Once it surely will not come, replay the Delivery: it is looked up once more, and then sent as another one."), nil)
	it.out.Life = &connector.Life{Stage: connector.StageLost, Reason: "nowhere at the target after " + late.String(), At: now}
}

// emptyTries is how often something may be sent on the proof of an empty list alone.
const emptyTries = 5

// control looks up something that we know is there, to prove that the look-up sees: first what we wrote later than the
// write in doubt, then anything of ours, then any object at all.
func (b *pump) control(ctx context.Context, it *item) (sight, error) {
	for _, c := range []struct {
		after time.Time
		says  sight
	}{{it.work.Delivery.SentAt, sightLater}, {time.Time{}, sightOlder}} {
		row, err := b.e.DB.ControlFor(ctx, b.r.flow.To, b.r.flow.Kind, c.after)
		if err != nil {
			return sightNone, err
		}
		if row == nil {
			continue
		}
		found, err := b.find(ctx, it, connector.Lookup{Kind: b.r.flow.Kind, Document: row.Document})
		if err != nil {
			return sightNone, err
		}
		if len(found) == 1 && found[0].ID == row.TargetID {
			return c.says, nil
		}
	}
	any, err := b.find(ctx, it, connector.Lookup{Kind: b.r.flow.Kind, Any: true})
	if err != nil {
		return sightNone, err
	}
	if len(any) == 0 {
		wrote, err := b.e.DB.ControlFor(ctx, b.r.flow.To, b.r.flow.Kind, time.Time{})
		if err != nil || wrote != nil {
			return sightNone, err // a list that is empty although we wrote something there hides it
		}
		return sightEmpty, nil
	}
	if any[0].Document == nil {
		return sightNone, nil
	}
	found, err := b.find(ctx, it, connector.Lookup{Kind: b.r.flow.Kind, Document: any[0].Document})
	if err != nil {
		return sightNone, err
	}
	if len(found) == 1 && found[0].ID == any[0].ID {
		return sightOlder, nil
	}
	return sightNone, nil
}

// stayInDoubt keeps the Delivery in doubt; again is the next look-up, zero when only a person can go on.
func (b *pump) stayInDoubt(it *item, reason string, again time.Time, looks int) {
	err := it.work.Delivery.Err
	if err == nil {
		err = connector.Errorf(connector.Ambiguous, "write "+string(b.r.flow.Kind), "no answer that tells whether it happened")
	}
	told := *err
	told.Code = connector.Ambiguous
	told.Hint = "Looked up at the target: " + reason + ". Nothing is sent twice. To decide it yourself: `ml-connector delivery resolve ID --delivered TARGET-ID` or `--not-sent`."
	it.out = &store.Outcome{State: connector.InDoubt, Err: &told, DueAt: again, Looks: looks, LookedAt: it.work.Delivery.LookedAt, Failures: it.work.Delivery.Failures}
}

// cannotLook keeps a Delivery in doubt whose look-up failed.
func (b *pump) cannotLook(ctx context.Context, it *item, err *connector.Error) {
	if ctx.Err() != nil {
		return
	}
	again, reason := b.e.Now().Add(max(err.Wait, b.settle())), "the look-up itself failed ("+err.Error()+")"
	switch err.Code.Reaction() {
	case connector.ReactPauseConnection:
		b.stand(ctx, err)
	case connector.ReactPauseFlow:
		// Without a look-up that works first attempts go on; what is in doubt waits, and is looked at again now and then.
		again, reason = b.e.Now().Add(10*b.settle()), "it can't be looked up here ("+err.Error()+"); until that is mended, only a person can tell"
	}
	b.stayInDoubt(it, reason, again, it.work.Delivery.Looks)
}
