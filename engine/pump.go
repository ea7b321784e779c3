package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/pace"
	"ml-connector/store"
)

// batch is how many Deliveries a pump settles or marks in one transaction at most.
const batch = 128

// Pumped is the outcome of a Pump.
type Pumped struct {
	Settled int
	Next    time.Time // when the next Delivery of the partition is due; zero when none waits
	Wake    []store.FlowPartition
	Busy    bool // another process owns the partition
	Stopped error
}

// Pump delivers what is due in one partition of one Flow, one behind the other, until nothing is due, the Flow pauses, the
// Connection rests or the context ends. It owns the partition by its epoch: what it can't settle any more belongs to
// another process by then. A Flow that is disabled is left alone.
func (e *Engine) Pump(ctx context.Context, flow string, partition int) (Pumped, error) {
	return e.pump(ctx, flow, partition, pumping{})
}

// pumping says how a pump is to work.
type pumping struct {
	asked bool      // a person named the Flow: it runs although it is disabled
	more  *arrivals // what is being read meanwhile: it goes on until nothing comes any more; nil: nothing is
	plan  string    // that is being carried out: once it was ended elsewhere nothing is sent any more; "" = none is
}

// pump is Pump in another way.
func (e *Engine) pump(ctx context.Context, flow string, partition int, how pumping) (Pumped, error) {
	var out Pumped
	if !e.enter(flow, partition) {
		out.Busy = true
		return out, nil
	}
	defer e.leave(flow, partition)
	if err := e.notPaused(ctx, flow); err != nil {
		out.Stopped = err
		return out, nil
	}
	r, err := e.route(ctx, flow)
	if err != nil {
		out.Stopped = err
		return out, nil
	}
	if how.plan != "" && r.plan != how.plan {
		out.Stopped = endedElsewhere(how.plan)
		return out, nil
	}
	if !r.flow.Enabled && !how.asked {
		out.Stopped = disabled(flow)
		return out, nil
	}
	if d := r.to.rest(e.Now()); d > 0 {
		out.Next = e.Now().Add(d)
		return out, nil
	}
	if how.more == nil {
		if some, err := e.DB.AnyWork(ctx, flow, partition); err != nil || !some {
			return out, errors.Join(err, e.nextDue(ctx, flow, partition, &out))
		}
	}
	epoch, ok, err := e.DB.Take(ctx, flow, partition, e.Owner, e.stale())
	if err != nil || !ok {
		out.Busy = err == nil
		return out, err
	}
	b := &pump{e: e, r: r, partition: partition, epoch: epoch, asked: how.asked, began: e.Now(), beaten: e.Now(), fetched: map[string]fetchResult{}}
	stop := b.beat(ctx)
	defer func() {
		stop()
		_ = e.DB.Leave(context.WithoutCancel(ctx), flow, partition, epoch) // if this fails, the lease runs out by itself
	}()
	sending, done := pace.Patient(ctx, e.Pace, Patience)
	defer done()
	s := newStream(b, how.more, sending)
	err = s.run(ctx)
	out.Settled, out.Wake = s.settled, s.wake
	if b.over != nil {
		b.standLimit(ctx)
	}
	switch {
	case errors.Is(err, store.ErrLost):
		out.Busy = true
		return out, nil
	case err != nil && ctx.Err() != nil:
		return out, nil // stopped: what was not settled waits as it was
	case err != nil:
		return out, err
	}
	if out.Stopped = b.stopped(); out.Stopped != nil {
		return out, nil
	}
	if b.leaves() {
		out.Next, out.Wake = e.Now(), append(out.Wake, store.FlowPartition{Flow: flow, Partition: partition})
		return out, nil
	}
	if d := r.to.rest(e.Now()); d > 0 {
		out.Next = e.Now().Add(d)
		return out, nil
	}
	return out, e.nextDue(ctx, flow, partition, &out)
}

// nextDue notes when the next Delivery of a partition is due.
func (e *Engine) nextDue(ctx context.Context, flow string, partition int, out *Pumped) error {
	next, waits, err := e.DB.NextDue(context.WithoutCancel(ctx), flow, partition)
	if waits {
		out.Next = next
	}
	return err
}

// enter makes this call the only one of the process that works on a partition; false when another one does.
func (e *Engine) enter(flow string, partition int) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := store.FlowPartition{Flow: flow, Partition: partition}
	if e.pumping[p] {
		return false
	}
	e.pumping[p] = true
	return true
}

func (e *Engine) leave(flow string, partition int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.pumping, store.FlowPartition{Flow: flow, Partition: partition})
}

// pump is the work of one process on one partition.
type pump struct {
	e         *Engine
	r         *route
	partition int
	epoch     int64
	asked     bool                   // a person named the Flow: it runs although it is disabled
	over      *connector.Error       // the limit of changes that was reached
	fetched   map[string]fetchResult // what was fetched for blocked Deliveries in this pump

	mu      sync.Mutex
	began   time.Time
	leaving bool      // the Flow is to have another number of partitions, or is bounded by a plan that began meanwhile
	paused  error     // why nothing more is sent
	beaten  time.Time // of the last beat that the store took
	lost    bool
}

// beat renews the lease each second until it is stopped.
func (b *pump) beat(ctx context.Context) (stop func()) {
	return pace.Every(ctx, b.e.Pace, b.e.second, b.renew)
}

// renew asks the store for the lease once more, unless a transaction has just renewed it, and whether somebody paused or
// disabled what runs here.
func (b *pump) renew(ctx context.Context) {
	at, ok := b.e.Now(), true
	var err error
	if at.Sub(b.lastBeat()) >= time.Second {
		ok, err = b.e.DB.Beat(ctx, b.r.flow.Name, b.partition, b.epoch)
	} else {
		at = b.lastBeat()
	}
	halt, leave := b.halted(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.paused == nil {
		b.paused = halt
	}
	b.leaving = b.leaving || leave
	if err == nil && ok {
		b.beaten = at
	}
	b.lost = b.lost || err == nil && !ok
}

func (b *pump) lastBeat() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.beaten
}

// renewed notes that a fenced transaction, begun at that time, renewed the lease.
func (b *pump) renewed(at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beaten = at
}

// lose begins no write any more.
func (b *pump) lose() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost = true
}

// gone says that no write may be begun any more.
func (b *pump) gone() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// owns says whether the lease is surely still ours: it is asked right before each request that writes. After a time
// without a beat the store is asked.
func (b *pump) owns(ctx context.Context) bool {
	if b.fresh() {
		return true
	}
	b.renew(ctx)
	return b.fresh()
}

func (b *pump) fresh() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.lost && b.e.Now().Sub(b.beaten) < Stale
}

// item is one Delivery on its way through a pump.
type item struct {
	work   store.Work
	since  time.Time // when it was claimed
	memo   *memo     // of those that were claimed with it, nil outside of pumps
	kept   kept
	res    mapping.Result
	chosen map[string]string
	traced bool // it is only explained
	trial  bool // nothing comes of it: a dry run, or a comparison
	// unanswered is an error of the store while it was mapped: the Result counts for nothing.
	unanswered error
	begun      bool   // its write was begun
	exchange   string // the last one that was stored before its outcome
	look       bool
	found      []connector.Found
	looked     bool
	known      int    // the Version of the target Record that it was decided by, once it is stripped
	elsewhere  string // the object that has its keys at the target, though it is linked to another one; "" = none
	action     connector.Decision
	write      *connector.Write
	waits      *connector.Error // what the rest of it waits for, once what stops it was written
	out        *store.Outcome   // set when the Delivery is to be settled
}

// strip forgets what is not needed any more once the answer to its write is known: until it is settled it takes little room.
func (it *item) strip() {
	it.known = it.targetVersion()
	it.work.Version, it.work.SentDocument, it.work.Target, it.found, it.memo, it.res.Document, it.chosen = connector.Version{}, nil, nil, nil, nil, nil, nil
	if it.write != nil {
		it.write.Document, it.write.Previous = nil, nil
	}
}

// targetVersion is the Version of the target Record that it was decided by.
func (it *item) targetVersion() int {
	if it.work.Target != nil {
		return it.work.Target.Version
	}
	return it.known
}

// each runs f for the items, as many at once as the target takes.
func (b *pump) each(items []*item, f func(*item)) {
	pace.Each(b.e.Pace, b.r.to.slots.Size(), len(items), func(i int) { b.handled(items[i], func() { f(items[i]) }).make() })
}
