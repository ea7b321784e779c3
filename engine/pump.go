package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
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
// another process by then.
func (e *Engine) Pump(ctx context.Context, flow string, partition int) (Pumped, error) {
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
	stale := Stale
	if e.Sole {
		stale = 0
	}
	epoch, ok, err := e.DB.Take(ctx, flow, partition, e.Owner, stale)
	if err != nil || !ok {
		out.Busy = err == nil
		return out, err
	}
	b := &pump{e: e, r: r, partition: partition, epoch: epoch, beaten: e.Now(), fetched: map[string]fetchResult{}}
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
		if err != nil {
			return out, err
		}
		if b.paused != nil {
			out.Stopped = b.paused
			return out, nil
		}
		if n == 0 {
			break
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
	paused    error
	over      *connector.Error       // the limit of changes that was reached in this batch
	fetched   map[string]fetchResult // what was fetched for blocked Deliveries in this pump

	mu     sync.Mutex
	beaten time.Time // of the last beat that the store took
	lost   bool
}

// beat renews the lease each second until it is stopped.
func (b *pump) beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b.e.Tick(ctx, time.Second) == nil {
			b.renew(ctx)
		}
	}()
	return func() { cancel(); <-done }
}

// renew asks the store for the lease once more.
func (b *pump) renew(ctx context.Context) {
	at := b.e.Now()
	ok, err := b.e.DB.Beat(ctx, b.r.flow.Name, b.partition, b.epoch)
	b.mu.Lock()
	defer b.mu.Unlock()
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
	look   bool
	found  []connector.Found
	looked bool
	action connector.Decision
	write  *connector.Write
	out    *store.Outcome // set when the Delivery is to be settled
}

// once does one batch: prepare, intend, send, settle.
func (b *pump) once(ctx context.Context) (int, []store.FlowPartition, error) {
	flow := b.r.flow.Name
	works, err := b.e.DB.Claim(ctx, flow, b.partition, b.epoch, batch)
	if err != nil || len(works) == 0 {
		return 0, nil, err
	}
	items, memo := make([]*item, len(works)), newMemo()
	for i, w := range works {
		items[i] = &item{work: w, memo: memo, chosen: w.Delivery.Chosen}
	}
	if err := b.prepare(ctx, items); err != nil {
		return 0, nil, err
	}
	if err := b.intend(ctx, items); err != nil {
		return 0, nil, err
	}
	b.send(ctx, items)
	var outs []store.Outcome
	for _, it := range items {
		if it.out == nil {
			continue
		}
		it.out.Delivery = it.work.Delivery.ID
		it.out.Exchanges = it.kept.take()
		if it.out.Exchange == "" {
			it.out.Exchange = lastExchange(it.out.Exchanges)
		}
		outs = append(outs, *it.out)
	}
	if b.over != nil {
		defer b.stand(ctx, b.over)
	}
	if len(outs) == 0 {
		return 0, nil, nil
	}
	settled, err := b.e.DB.Settle(context.WithoutCancel(ctx), flow, b.partition, b.epoch, outs)
	if err != nil {
		return 0, nil, err
	}
	return len(outs), settled.Wake, nil
}

// intend marks what will be sent, in one transaction, before the first byte of any of it; natural keys that another
// record has are conflicts, or filter, as the Flow says.
func (b *pump) intend(ctx context.Context, items []*item) error {
	var intents []store.Intent
	byID := map[int64]*item{}
	for _, it := range items {
		if it.write != nil && !b.allow(it) {
			it.write = nil // it waits on
		}
		if it.write == nil {
			continue
		}
		byID[it.work.Delivery.ID] = it
		intents = append(intents, store.Intent{Delivery: it.work.Delivery.ID, Operation: it.write.Operation, Document: it.write.Document, Chosen: it.chosen, Reserve: it.res.Reserve})
	}
	if len(intents) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		for _, it := range byID {
			it.write = nil
		}
		return nil
	}
	taken, err := b.e.DB.Intend(ctx, b.r.flow.Name, b.partition, b.epoch, intents)
	if err != nil {
		return err
	}
	for _, t := range taken {
		it := byID[t.Delivery]
		it.write = nil
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
	var wg sync.WaitGroup
	gate := make(chan struct{}, max(cap(b.r.to.slots), 1))
	for _, it := range items {
		if !want(it) {
			continue
		}
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			f(it)
		})
	}
	wg.Wait()
}
