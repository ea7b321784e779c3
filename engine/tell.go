package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// tellingLasts is how long a telling may be under way: longer than the time-out of any, and than it waits for others before it.
// One that began before is that of a process that died, and the same is told again.
const tellingLasts = 15 * time.Minute

// tells says whether the source of a Flow hears what becomes of its records.
func tells(f connector.Flow) bool { return f.Acknowledge == "voucher" || f.Acknowledge == "paid" }

// tidings are what the source has to hear of an object, nil when there is nothing to tell yet. What is not built, or not there
// any more, is told to nobody.
func tidings(f connector.Flow, target connector.Record, life connector.Life, told *connector.Told) *connector.Tidings {
	if !exists(life) || life.Number == "" {
		return nil
	}
	t := connector.Tidings{Target: target.ID, Number: life.Number}
	if f.Acknowledge != "paid" && told != nil && told.Tidings.Number == t.Number && told.Tidings.Target == t.Target {
		return nil
	}
	if f.Acknowledge == "paid" {
		t.Payment = life.Payment
		t.Void = t.Payment == nil && told != nil && (told.Tidings.Payment != nil || told.Tidings.Void)
	}
	return &t
}

// sameTidings says whether two say the same.
func sameTidings(a, b connector.Tidings) bool {
	paid := samePayment(a.Payment, b.Payment)
	a.Payment, b.Payment = nil, nil
	return a == b && paid
}

// samePayment says whether two are the same, or neither is there.
func samePayment(a, b *connector.Payment) bool { return a == b || a != nil && b != nil && *a == *b }

// tell tells the source what became of a record, when it does not know yet; false when it still does not. What is about to be
// told is noted first, so that no other round tells it too, and what came of it afterwards. What fails holds nothing: it is
// shown with the life, and tried in the next round.
func (t *tracking) tell(ctx context.Context, d connector.Delivery, life connector.Life) (knows bool) {
	if t.source == nil {
		return true
	}
	news := tidings(t.r.flow, d.Target, life, d.Told)
	if news == nil {
		return true
	}
	if d.Told != nil && sameTidings(d.Told.Tidings, *news) {
		if d.Told.Err != nil { // of something that is so no more
			t.endUnlessStopped(ctx, t.e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.NothingToTell(d.ID) }))
		}
		return true
	}
	if t.r.from.rest(t.e.Now()) > 0 || t.ended(ctx) {
		return false
	}
	row, err := t.e.DB.RecordByID(ctx, d.Record)
	if err != nil || row == nil {
		t.endUnlessStopped(ctx, err)
		return false
	}
	mine := false
	b := store.Telling{Delivery: d.ID, By: t.e.Owner, Known: d.Told, Stale: t.e.Now().Add(-tellingLasts), At: t.e.Now()}
	if t.e.Sole && d.Told != nil && d.Told.By != t.e.Owner {
		b.Dead = d.Told.By // nobody else lives
	}
	err = t.e.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		mine, err = tx.BeginTelling(b)
		return err
	})
	if err != nil || !mine {
		t.endUnlessStopped(ctx, err)
		return false
	}
	var k kept
	fail := t.say(ctx, d, row.Document, *news, &k)
	exchanges := k.take()
	if err = t.e.DB.SaveExchanges(context.WithoutCancel(ctx), exchanges); err == nil {
		err = t.e.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			return tx.EndTelling(b, *news, fail, lastExchange(exchanges), t.e.Now())
		})
	}
	if err != nil {
		t.end(err)
	}
	return err == nil && fail == nil
}

// say makes the call. Where the source takes no tidings at all, it is asked once in a round.
func (t *tracking) say(ctx context.Context, d connector.Delivery, record connector.Document, news connector.Tidings, k *kept) *connector.Error {
	t.mu.Lock()
	deaf := t.deaf
	t.mu.Unlock()
	if deaf != nil {
		return deaf
	}
	_, err := t.r.from.call(ctx, t.e, nil, func() error {
		return t.source.Acknowledge(k.trace(ctx, d.Run, d.ID), d.Kind, d.Record.ID, record, news)
	})
	fail := connector.AsError(err)
	if fail == nil {
		return nil
	}
	t.e.Log.Warn("the source was not told", "flow", d.Flow, "delivery", d.ID, "error", fail)
	switch fail.Code.Reaction() {
	case connector.ReactPauseConnection:
		if _, perr := t.e.pause(context.WithoutCancel(ctx), t.r.flow, t.r.flow.From, fail); perr != nil {
			t.end(perr)
		}
		t.isDeaf(fail)
	case connector.ReactPauseFlow:
		t.isDeaf(fail) // the Flow itself goes on
	}
	return fail
}

func (t *tracking) isDeaf(fail *connector.Error) {
	again := *fail
	again.Exchange = ""
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deaf = &again
}

func (t *tracking) endUnlessStopped(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		t.end(err)
	}
}
