package engine

import (
	"context"
	"errors"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// commit settles what ended and marks what is sent next, in one transaction, before the first byte of any of it; what was
// looked up for it is kept with it. What has no outcome waits on as it was, but its Exchanges are kept.
func (s *stream) commit(ctx context.Context) {
	keep := context.WithoutCancel(ctx)
	s.late = false
	s.timed()
	outs, rest := s.outcomes()
	next, intents := s.intents()
	b := s.b
	at := b.e.Now()
	var settled store.Settled
	var taken []store.Taken
	err := b.keepExchanges(keep, rest)
	switch {
	case err != nil:
	case len(intents) == 0 && len(outs) == 0:
	case len(intents) == 0:
		settled, err = b.e.DB.Settle(keep, b.r.flow.Name, b.partition, b.epoch, outs)
	case len(outs) == 0:
		taken, err = b.e.DB.Intend(keep, b.r.flow.Name, b.partition, b.epoch, intents)
	default:
		settled, taken, err = b.e.DB.SettleAndIntend(keep, b.r.flow.Name, b.partition, b.epoch, outs, intents)
	}
	if err != nil {
		s.notCommitted(next, err)
		return
	}
	if len(outs)+len(intents) > 0 {
		b.renewed(at)
	}
	for _, it := range s.ended {
		if it.out != nil {
			delete(s.hand, it.work.Delivery.ID)
		}
	}
	s.ended = nil
	s.wake = append(s.wake, settled.Wake...)
	if len(outs) > 0 {
		s.freed = true
		s.settled += len(outs)
		b.e.progress(Progress{Flow: b.r.flow.Name, Stage: "delivering", Settled: s.settled})
	}
	s.launch(ctx, next, taken)
}

// notCommitted keeps what ended for one more try, unless the partition is lost or that was it: then it is in doubt.
func (s *stream) notCommitted(next []*item, err error) {
	again := s.failed == nil && !errors.Is(err, store.ErrLost)
	s.fail(err)
	for _, it := range next {
		it.write = nil
	}
	if again {
		s.ended = append(s.ended, next...)
		return
	}
	s.ended = nil
}

// outcomes are those of what ended; rest is what has none.
func (s *stream) outcomes() (outs []store.Outcome, rest []*item) {
	for _, it := range s.ended {
		if it.out == nil {
			rest = append(rest, it)
			continue
		}
		it.out.Delivery, it.out.Since, it.out.Known = it.work.Delivery.ID, it.since, it.targetVersion()
		it.out.Exchanges = append(it.out.Exchanges, it.kept.take()...)
		if it.out.Exchange == "" {
			it.out.Exchange = lastExchange(it.out.Exchanges)
		}
		if it.out.Exchange == "" {
			it.out.Exchange = it.exchange
		}
		outs = append(outs, *it.out)
	}
	return outs, rest
}

// intents are those of what is sent next, as many as there is room for.
func (s *stream) intents() (next []*item, intents []store.Intent) {
	n := min(len(s.ready), max(s.room()-s.air, 0))
	next, s.ready = s.ready[:n:n], s.ready[n:]
	for _, it := range next {
		xs := it.kept.take()
		it.exchange = lastExchange(xs)
		intents = append(intents, store.Intent{Delivery: it.work.Delivery.ID, Operation: it.write.Operation, Document: it.write.Document, Linked: it.work.Linked(), Chosen: it.chosen,
			Reserve: it.res.Reserve, Exchanges: xs, Plan: s.b.r.plan, Money: s.b.r.money(it)})
	}
	return next, intents
}

// launch has everything sent that was marked. Natural keys that another record has are conflicts, or filter, as the Flow
// says.
func (s *stream) launch(ctx context.Context, next []*item, taken []store.Taken) {
	byID := make(map[int64]store.Taken, len(taken))
	for _, t := range taken {
		byID[t.Delivery] = t
	}
	var some []*item
	for _, it := range next {
		t, refused := byID[it.work.Delivery.ID]
		switch {
		case !refused:
			some = append(some, it)
			continue
		case t.Over:
			s.b.reached(it, t)
		case t.Rebound:
			s.b.leave()
			it.out = &store.Outcome{State: connector.Waiting, Action: "delivery.waiting", Details: map[string]string{"reason": "a plan was begun or ended after it was decided"}}
			s.ended = append(s.ended, it)
		case t.Relinked:
			it.out = &store.Outcome{State: connector.Waiting, Action: "delivery.waiting", Details: map[string]string{"reason": "its Link changed after it was decided"}}
			s.ended = append(s.ended, it)
		default:
			it.out = takenOutcome(it, t)
			s.ended = append(s.ended, it)
		}
		it.write = nil
	}
	if s.air == 0 { // the time without any does not count
		s.since = s.b.e.Now().Add(min(s.since.Sub(s.last), 0))
	}
	s.air += len(some)
	s.crew.add(s.b.writing(ctx, s.sending, some)...)
}

// timed notes how many writes the target would take in sliceTime, once it was asked for long enough.
func (s *stream) timed() {
	took := s.last.Sub(s.since)
	if s.answered == 0 || took < aheadTime {
		return
	}
	s.b.r.to.took(max(int(time.Duration(s.answered)*sliceTime/took), 1))
	s.answered, s.since = 0, s.b.e.Now()
}

func takenOutcome(it *item, t store.Taken) *store.Outcome {
	if it.res.TakenFilters {
		return &store.Outcome{State: connector.Filtered, Details: map[string]string{"reason": "another record has this key", "key": t.Key, "by": t.By.String()}}
	}
	err := connector.Errorf(connector.Conflict, "reserve "+t.Key, "another record has this key already: %s", t.By).
		Advise("Two records of the source claim the same key at the target. Find out which is right and skip the other.")
	return heldOutcome(err, []connector.Ref{{Connection: t.By.Connection, Kind: t.By.Kind, IDs: []string{t.By.ID}}})
}

// keepExchanges keeps what was exchanged about Deliveries that are not settled now.
func (b *pump) keepExchanges(ctx context.Context, items []*item) error {
	var xs []connector.Exchange
	for _, it := range items {
		xs = append(xs, it.kept.take()...)
	}
	if bugExchange {
		return nil
	}
	return b.e.DB.SaveExchanges(ctx, xs)
}
