package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
	"ml-connector/store"
)

// trackPage is how many Deliveries are followed before the store is asked for more.
const trackPage = 500

// TrackFlow asks the target where the delivered objects of a Flow are in its own life, once for each that is not final, as
// many at once as the target takes. Recycled and lost move the Delivery to held; one that a person put right there leaves
// held by itself. What is paid is looked at each day for some time, since a payment may be voided. The round ends when the
// target wants to be left alone, and with a pause where its answer asks for one. Every Exchange is kept, also of an answer
// that brings nothing new.
func (e *Engine) TrackFlow(ctx context.Context, flow string) error {
	f, err := e.DB.Flow(ctx, flow)
	if err != nil || f.Track == "" || e.notPaused(ctx, flow) != nil {
		return err
	}
	r, err := e.route(ctx, flow)
	if err != nil {
		return nil // its next Poll says why
	}
	tracker, ok := r.to.instance.(connector.Tracker)
	if !ok {
		return nil
	}
	t := &tracking{e: e, r: r, tracker: tracker, began: e.Now()}
	if t.source, _ = r.from.instance.(connector.Acknowledger); !tells(f) {
		t.source = nil
	}
	if err := t.all(ctx, e.DB.TrackDue); err != nil || t.ended(ctx) {
		return err
	}
	e.readBesides(ctx, r)
	return t.all(ctx, e.DB.PaidDue)
}

// dues lists what is due by then of a Flow, page by page.
type dues func(ctx context.Context, flow string, now time.Time, after int64, limit int) ([]connector.Delivery, error)

// all follows what next lists, page by page.
func (t *tracking) all(ctx context.Context, next dues) error {
	for after := int64(0); ; {
		due, err := next(ctx, t.r.flow.Name, t.began, after, trackPage)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err != nil || len(due) == 0 || t.e.notPaused(ctx, t.r.flow.Name) != nil {
			return nil
		}
		t.page(ctx, due)
		if err := t.keep(ctx); err != nil {
			return err
		}
		if err := t.again(ctx); err != nil || t.ended(ctx) {
			if t.err != nil {
				err = t.err
			}
			return err
		}
		after = due[len(due)-1].ID
	}
}

// What is paid, and what has stood still for so long (payment is due in a month, it was closed without one, nobody corrects it),
// is looked at once a day, a little earlier so that hourly rounds meet it. What is paid is looked at no more after paidFor.
const (
	paidEvery  = 23 * time.Hour
	paidFor    = 90 * 24 * time.Hour
	stillAfter = 7 * 24 * time.Hour
)

// again says when those of a page that are paid, or stand still, are looked at next.
func (t *tracking) again(ctx context.Context) error {
	t.mu.Lock()
	soon, over := t.paid, t.over
	t.paid, t.over = nil, nil
	t.mu.Unlock()
	slices.Sort(soon)
	slices.Sort(over)
	if err := t.e.DB.FollowAgain(context.WithoutCancel(ctx), soon, t.began.Add(paidEvery)); err != nil {
		return err
	}
	return t.e.DB.FollowAgain(context.WithoutCancel(ctx), over, time.Time{})
}

// isPaid notes one that is paid since then, and of which the source knows.
func (t *tracking) isPaid(id int64, since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.Sub(since) < paidFor {
		t.paid = append(t.paid, id)
	} else {
		t.over = append(t.over, id)
	}
}

// tracking is one round over the delivered objects of a Flow.
type tracking struct {
	e       *Engine
	r       *route
	tracker connector.Tracker
	source  connector.Acknowledger // nil: it is told nothing
	began   time.Time

	mu   sync.Mutex
	done bool                                   // nothing more is asked in this round
	err  error                                  // of the store
	paid []int64                                // of this page: those to look at again
	over []int64                                // and those to look at no more
	deaf *connector.Error                       // the source takes no tidings at all
	seen map[connector.Kind][]connector.Version // beside the lives of this page
}

// page follows the first alone, so that a log-in that is refused is refused once, then the others.
func (t *tracking) page(ctx context.Context, due []connector.Delivery) {
	t.one(ctx, due[0])
	pace.Each(t.e.Pace, t.r.to.slots.Size(), len(due)-1, func(i int) {
		if !t.ended(ctx) {
			t.one(ctx, due[i+1])
		}
	})
}

func (t *tracking) ended(ctx context.Context) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done || ctx.Err() != nil
}

// end ends the round; true for the first that asks for it.
func (t *tracking) end(err error) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first = !t.done
	t.done = true
	if t.err == nil {
		t.err = err
	}
	return first
}

// one follows one Delivery; a defect met on the way is its own alone.
func (t *tracking) one(ctx context.Context, d connector.Delivery) {
	defer func() {
		if p := recover(); p != nil {
			_ = t.e.caught(followOp(d.Target), p)
		}
	}()
	var k kept
	life, err := t.ask(ctx, d, &k)
	exchanges := k.take()
	if serr := t.e.DB.SaveExchanges(context.WithoutCancel(ctx), exchanges); serr != nil {
		t.end(serr)
		return
	}
	if err != nil {
		t.failed(ctx, d, connector.AsError(err))
		return
	}
	t.saw(life.Beside)
	if same(d, life) {
		life = *d.Life
	} else if err := t.settle(ctx, d, life, lastExchange(exchanges)); err != nil {
		t.endUnlessStopped(ctx, err)
		return
	}
	knows := t.tell(ctx, d, life)
	if life.Stage == connector.StagePaid && (knows || t.began.Sub(life.At) >= paidFor) {
		t.isPaid(d.ID, life.At)
	}
	if standsStill(life, t.began) && knows {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.paid = append(t.paid, d.ID)
	}
}

// standsStill says that an object has been where it is for long, and may stay there for longer.
func standsStill(life connector.Life, now time.Time) bool {
	return (life.Stage == connector.StageBuilt || life.Stage == connector.StagePosted || life.Stage == connector.StageRecycled) && !life.At.IsZero() && now.Sub(life.At) >= stillAfter
}

// ask calls the target; told to wait, it waits in its place, as a write does.
func (t *tracking) ask(ctx context.Context, d connector.Delivery, k *kept) (life connector.Life, err error) {
	for told := 1; ; told++ {
		if wait := t.r.to.told(t.e.Now()); wait > 0 {
			_ = t.e.Sleep(ctx, wait) // the call sees whether it was stopped
		}
		if t.ended(ctx) {
			return life, connector.Errorf(connector.Unavailable, followOp(d.Target), "stopped before it was asked")
		}
		_, err = t.r.to.call(ctx, t.e, nil, func() (err error) {
			life, err = t.tracker.Track(k.trace(ctx, d.Run, d.ID), connector.Track{Kind: d.Kind, ID: d.Target.ID, Sent: d.SentAt})
			return err
		})
		if connector.CodeOf(err) != connector.Throttled || told == toldInARow {
			return life, err
		}
	}
}

// failed decides whether the round goes on after an answer that told nothing of a life.
func (t *tracking) failed(ctx context.Context, d connector.Delivery, err *connector.Error) {
	if t.ended(ctx) {
		return
	}
	t.e.Log.Warn("life not known", "flow", d.Flow, "delivery", d.ID, "error", err)
	switch err.Code.Reaction() {
	case connector.ReactPauseFlow, connector.ReactPauseConnection:
		if t.end(nil) {
			if _, perr := t.e.pause(context.WithoutCancel(ctx), t.r.flow, t.r.flow.To, err); perr != nil {
				t.end(perr)
			}
		}
	case connector.ReactWait:
		t.end(nil)
	default:
		if t.r.to.rest(t.e.Now()) > 0 {
			t.end(nil) // it is down; the next round asks again
		}
	}
}

// settle stores a life. What is held because of it leaves held when it is built at last; what is held for another reason stays.
func (t *tracking) settle(ctx context.Context, d connector.Delivery, life connector.Life, exchange string) error {
	state, fail := d.State, d.Err
	switch {
	case wentWrong(&life):
		state, fail = connector.Held, lifeError(d.Target, life)
		fail.Exchange = exchange
	case exists(life) && d.State == connector.Held && d.Err != nil && d.Err.Op == followOp(d.Target):
		state, fail = connector.Delivered, nil
	}
	return t.e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetLife(d.ID, life, state, fail, t.e.Now()) })
}

// wentWrong says that an object needs a person at the target.
func wentWrong(life *connector.Life) bool {
	return life != nil && (life.Stage == connector.StageRecycled || life.Stage == connector.StageLost)
}

// exists says that an object is made for good, and in order.
func exists(life connector.Life) bool {
	return life.Stage == connector.StageBuilt || life.Stage == connector.StagePosted || life.Stage == connector.StagePaid
}

// followOp is what was being done, and by which a Delivery that its life holds is known.
func followOp(target connector.Record) string { return "follow " + target.String() }

func lifeError(target connector.Record, life connector.Life) *connector.Error {
	fail := connector.Errorf(connector.Rejected, followOp(target), "accepted, but then %s at the target: %s", life.Stage, life.Reason)
	if life.Stage == connector.StageLost {
		return fail.Advise("Find out at the target what became of it. `ml-connector delivery replay` looks everywhere once more, and then sends it again.")
	}
	return fail.Advise("Correct it at the target; the Delivery leaves held by itself when it is built.")
}

// same says that a life brings nothing new.
func same(d connector.Delivery, life connector.Life) bool {
	return d.Life != nil && d.Life.Stage == life.Stage && d.Life.Reason == life.Reason && d.Life.Number == life.Number &&
		samePayment(d.Life.Payment, life.Payment) &&
		(d.State == connector.Held || !wentWrong(&life))
}
