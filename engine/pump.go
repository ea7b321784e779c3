package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
	"ml-connector/pace"
	"ml-connector/store"
)

// batch is how many Deliveries a pump takes at once; each batch is settled in one transaction.
const batch = 128

// Pumped is the outcome of a Pump.
type Pumped struct {
	Settled int
	Next    time.Time // when the next Delivery of the partition is due; zero when none waits
	Wake    []store.FlowPartition
	Busy    bool // another process owns the partition
	Stopped error
}

// Pump delivers what is due in one partition of one Flow, batch by batch, until nothing is due, the Flow pauses, the
// Connection rests or the context ends. It owns the partition by its epoch: what it can't settle any more belongs to
// another process by then. A Flow that is disabled is left alone.
func (e *Engine) Pump(ctx context.Context, flow string, partition int) (Pumped, error) {
	return e.pump(ctx, flow, partition, pumping{})
}

// pumping says how a pump is to work.
type pumping struct {
	asked bool // a person named the Flow: it runs although it is disabled
	more  bool // more is being read: it ends with what is less than a batch, and another one goes on
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
	if !r.flow.Enabled && !how.asked {
		out.Stopped = disabled(flow)
		return out, nil
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
	for ctx.Err() == nil {
		if d := r.to.rest(e.Now()); d > 0 {
			out.Next = e.Now().Add(d)
			return out, nil
		}
		n, wake, err := b.once(ctx)
		out.Settled += n
		out.Wake = append(out.Wake, wake...)
		if errors.Is(err, store.ErrLost) {
			out.Busy = true
			return out, nil
		}
		if err != nil && ctx.Err() != nil {
			return out, nil // stopped: what was not settled waits as it was
		}
		if err != nil {
			return out, err
		}
		if out.Stopped = b.stopped(); out.Stopped != nil {
			return out, nil
		}
		if b.leaves() {
			out.Next, out.Wake = e.Now(), append(out.Wake, store.FlowPartition{Flow: flow, Partition: partition})
			return out, nil
		}
		if n == 0 {
			break
		}
		if n < batch && how.more {
			return out, nil
		}
		e.progress(Progress{Flow: flow, Stage: "delivering", Settled: out.Settled})
	}
	next, waits, err := e.DB.NextDue(context.WithoutCancel(ctx), flow, partition)
	if waits {
		out.Next = next
	}
	return out, err
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
	over      *connector.Error       // the limit of changes that was reached in this batch
	fetched   map[string]fetchResult // what was fetched for blocked Deliveries in this pump

	mu      sync.Mutex
	began   time.Time
	leaving bool      // the Flow is to have another number of partitions
	paused  error     // why nothing more is sent
	beaten  time.Time // of the last beat that the store took
	lost    bool
}

// beat renews the lease each second until it is stopped.
func (b *pump) beat(ctx context.Context) (stop func()) {
	return pace.Every(ctx, b.e.Pace, b.e.second, b.renew)
}

// renew asks the store for the lease once more, and whether somebody paused or disabled what runs here.
func (b *pump) renew(ctx context.Context) {
	at := b.e.Now()
	ok, err := b.e.DB.Beat(ctx, b.r.flow.Name, b.partition, b.epoch)
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

// item is one Delivery on its way through a batch.
type item struct {
	work   store.Work
	memo   *memo // of the batch, nil outside of batches
	kept   kept
	res    mapping.Result
	chosen map[string]string
	// unanswered is an error of the store while it was mapped: the Result counts for nothing.
	unanswered error
	begun      bool   // its write was begun
	exchange   string // the last one that was stored before its outcome
	look       bool
	found      []connector.Found
	looked     bool
	action     connector.Decision
	write      *connector.Write
	out        *store.Outcome // set when the Delivery is to be settled
}

// once does one batch: prepare, then slice by slice intend, send, settle. Only a slice is ever marked as being sent, so that
// no more than that is in doubt when the process is killed.
func (b *pump) once(ctx context.Context) (int, []store.FlowPartition, error) {
	works, err := b.e.DB.Claim(ctx, b.r.flow.Name, b.partition, b.epoch, batch)
	if err != nil || len(works) == 0 {
		return 0, nil, err
	}
	items, memo := make([]*item, len(works)), newMemo()
	for i, w := range works {
		items[i] = &item{work: w, memo: memo, chosen: w.Delivery.Chosen}
	}
	if err := b.prepare(ctx, items); err != nil {
		return 0, nil, errors.Join(err, b.keepExchanges(ctx, items))
	}
	slices.SortStableFunc(items, func(x, y *item) int { return order(x) - order(y) })
	var n int
	var wake []store.FlowPartition
	for len(items) > 0 {
		part := b.slice(items)
		items = items[len(part):]
		if err := b.intend(ctx, part); err != nil {
			return n, wake, errors.Join(err, b.keepExchanges(ctx, append(part, items...)))
		}
		b.timed(part, func() { b.send(ctx, part) })
		settled, more, err := b.settlePart(ctx, part)
		n, wake = n+settled, append(wake, more...)
		if err != nil {
			return n, wake, errors.Join(err, b.keepExchanges(ctx, items))
		}
	}
	if b.over != nil {
		b.standLimit(ctx)
	}
	return n, wake, nil
}

// order puts what is settled already before what is to be sent.
func order(it *item) int {
	if it.write == nil {
		return 0
	}
	return 1
}

// sliceTime is how long the target should have with the writes of one slice: what was sent in it is in doubt after a crash.
const sliceTime = 500 * time.Millisecond

// slice is what is intended, sent and settled together: as many writes as the target took in sliceTime the last time, at
// least as many as keep it busy, and what ends without one. A fast target has few transactions that way, and a slow one
// little in doubt.
func (b *pump) slice(items []*item) []*item {
	most := max(2*b.r.to.atOnce(), 16, min(b.r.to.pace(), batch))
	if _, ok := b.r.sink.(connector.BatchSink); ok && b.r.writes.Batch > 0 {
		most = b.r.writes.Batch
	}
	writes := 0
	for i, it := range items {
		if it.write == nil {
			continue
		}
		if writes == most {
			return items[:i]
		}
		writes++
	}
	return items
}

// timed notes how many of the writes of a slice would fit into sliceTime.
func (b *pump) timed(part []*item, send func()) {
	began, writes := b.e.Now(), 0
	send()
	for _, it := range part {
		if it.begun {
			writes++
		}
	}
	if took := max(b.e.Now().Sub(began), time.Millisecond); writes > 0 {
		b.r.to.took(int(time.Duration(writes) * sliceTime / took))
	}
}

// settlePart stores the outcomes of a slice; what has none waits as it was, but its Exchanges are kept.
func (b *pump) settlePart(ctx context.Context, items []*item) (int, []store.FlowPartition, error) {
	var outs []store.Outcome
	var rest []*item
	for _, it := range items {
		if it.out == nil {
			rest = append(rest, it)
			continue
		}
		it.out.Delivery = it.work.Delivery.ID
		it.out.Exchanges = it.kept.take()
		if it.out.Exchange == "" {
			it.out.Exchange = lastExchange(it.out.Exchanges)
		}
		if it.out.Exchange == "" {
			it.out.Exchange = it.exchange
		}
		outs = append(outs, *it.out)
	}
	if err := b.keepExchanges(ctx, rest); err != nil {
		return 0, nil, err
	}
	if len(outs) == 0 {
		return 0, nil, nil
	}
	settled, err := b.e.DB.Settle(context.WithoutCancel(ctx), b.r.flow.Name, b.partition, b.epoch, outs)
	if err != nil {
		return 0, nil, err
	}
	return len(outs), settled.Wake, nil
}

// keepExchanges keeps what was exchanged about Deliveries that are not settled now.
func (b *pump) keepExchanges(ctx context.Context, items []*item) error {
	var xs []connector.Exchange
	for _, it := range items {
		xs = append(xs, it.kept.take()...)
	}
	return b.e.DB.SaveExchanges(context.WithoutCancel(ctx), xs)
}

// intend marks what will be sent, in one transaction, before the first byte of any of it, and keeps what was looked up for
// it; natural keys that another record has are conflicts, or filter, as the Flow says. When the work is to stop, or the
// target went down meanwhile, nothing is marked any more and what was to be written waits on.
func (b *pump) intend(ctx context.Context, items []*item) error {
	var intents []store.Intent
	byID := map[int64]*item{}
	stop := ctx.Err() != nil || b.stopped() != nil || b.over != nil || b.leaves() || b.r.to.isDown(b.e.Now())
	for _, it := range items {
		if it.write == nil {
			continue
		}
		if stop {
			it.write = nil
			continue
		}
		byID[it.work.Delivery.ID] = it
		xs := it.kept.take()
		it.exchange = lastExchange(xs)
		intents = append(intents, store.Intent{Delivery: it.work.Delivery.ID, Operation: it.write.Operation, Document: it.write.Document, Chosen: it.chosen, Reserve: it.res.Reserve, Exchanges: xs})
	}
	if len(intents) == 0 {
		return nil
	}
	taken, err := b.e.DB.Intend(ctx, b.r.flow.Name, b.partition, b.epoch, intents)
	if err != nil {
		return err
	}
	for _, t := range taken {
		it := byID[t.Delivery]
		it.write = nil
		if t.Over {
			b.reached(it, t)
			continue
		}
		it.out = takenOutcome(it, t)
	}
	return nil
}

func takenOutcome(it *item, t store.Taken) *store.Outcome {
	if it.res.TakenFilters {
		return &store.Outcome{State: connector.Filtered, Details: map[string]string{"reason": "another record has this key", "key": t.Key, "by": t.By.String()}}
	}
	err := connector.Errorf(connector.Conflict, "reserve "+t.Key, "another record has this key already: %s", t.By).
		Advise("Two records of the source claim the same key at the target. Find out which is right and skip the other.")
	return heldOutcome(err, []connector.Ref{{Connection: t.By.Connection, Kind: t.By.Kind, IDs: []string{t.By.ID}}})
}

// each runs f for the items that want it, as many at once as the target takes.
func (b *pump) each(items []*item, want func(*item) bool, f func(*item)) {
	var some []*item
	for _, it := range items {
		if want(it) {
			some = append(some, it)
		}
	}
	pace.Each(b.e.Pace, b.r.to.slots.Size(), len(some), func(i int) {
		b.guarded(some[i], "handle "+some[i].work.Delivery.Record.String(), func() { f(some[i]) })
	})
}
