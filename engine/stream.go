package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

const (
	claimOf   = 64 // Deliveries that are claimed at once
	prepareOf = 16 // and mapped before answers are looked at

	// sliceTime is how long the target should have with what is marked as being sent: that is in doubt after a crash.
	sliceTime = 500 * time.Millisecond
	// worthTime is how long the target should have with what is claimed or marked at once, where more comes soon: many
	// together cost less than one by one.
	worthTime = 125 * time.Millisecond
	// aheadTime is how long the target still has something to do when the next ones are marked.
	aheadTime = 50 * time.Millisecond
	// restTime is how long at most something that could be marked or settled waits for more of its kind.
	restTime = 250 * time.Millisecond
)

// stream is the way of Deliveries through one pump, one behind the other: while some are being sent, what comes next is
// claimed, mapped, looked at and decided, and one transaction settles what ended and marks what is sent next. So the target
// is kept busy as long as work waits, and no more than room is ever marked as being sent.
//
// One goroutine does all but the calls.
type stream struct {
	b       *pump
	more    *arrivals // nil: what is there is all that comes
	heard   int       // of them, when it was last claimed
	bell    *bell
	crew    *crew
	sending context.Context // of the writes; outlives the pump's for a while

	hand    map[int64]bool // Deliveries that are claimed and not settled, or were given back
	claimed []*item        // not mapped yet
	looking int            // Deliveries at which the target is looked for
	ready   []*item        // are to be written
	air     int            // Deliveries that are marked as being sent and not answered yet
	ended   []*item        // have an outcome, or wait on as they were
	dry     bool           // the last claim gave all there was
	freed   bool           // what was settled since may let others go
	alarm   bool           // somebody rings in a moment
	rang    atomic.Bool    // and did
	late    bool           // something waited long enough to be marked or settled
	halting bool           // nothing more is begun
	failed  error          // of the store

	since, last time.Time // between them so many writes were answered
	answered    int

	settled int
	wake    []store.FlowPartition
}

func newStream(b *pump, more *arrivals, sending context.Context) *stream {
	s := &stream{b: b, more: more, bell: newBell(), sending: sending, hand: map[int64]bool{}}
	s.crew = &crew{pace: b.e.Pace, size: b.r.to.slots.Size(), bell: s.bell}
	return s
}

// run works until nothing is due, the work is to stop, or the target wants to be left alone.
func (s *stream) run(ctx context.Context) error {
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if s.more != nil {
		s.more.join(s.bell)
		defer s.more.part(s.bell)
	}
	for {
		s.collect(ctx)
		s.heed(ctx)
		switch {
		case s.worth():
			s.commit(ctx)
		case len(s.claimed) > 0:
			s.prepare(ctx)
		case s.claims():
			s.claim(ctx)
		case s.crew.busy() == 0 && len(s.ready)+len(s.ended) == 0 && !s.expects():
			return s.failed
		default:
			s.wait(ctx, alive)
		}
	}
}

// wait waits for an answer, for more, or until something has waited long enough to be marked or settled.
func (s *stream) wait(ctx, alive context.Context) {
	if s.something() && !s.alarm {
		s.alarm = true
		s.b.e.Pace.Go(func() {
			if s.b.e.Pace.Sleep(alive, restTime) == nil {
				s.rang.Store(true)
				s.bell.ring()
			}
		})
	}
	if s.halting {
		ctx = alive
	}
	_ = s.bell.wait(ctx, s.b.e.Pace) // heed sees what ended it
}

// something says that there is something to be claimed, marked or settled.
func (s *stream) something() bool {
	return len(s.ready)+len(s.ended) > 0 || s.more != nil && s.more.count() > s.heard
}

// expects says that more may come, though nothing is there.
func (s *stream) expects() bool {
	return s.more != nil && !s.halting && s.b.r.to.rest(s.b.e.Now()) == 0 && !s.more.ended()
}

// room is how many writes are marked as being sent at once: as many as the target takes in sliceTime, at least as many as
// keep it busy, and 16 as long as its pace is not known. Of a fast target one transaction marks many that way, and of a slow
// one few are in doubt.
func (s *stream) room() int {
	if s.b.r.batchSink() != nil {
		return s.b.r.writes.Batch
	}
	pace := s.b.r.to.pace()
	if pace == 0 {
		pace = 16
	}
	return max(2*s.b.r.to.atOnce(), min(pace, batch))
}

// low is how many writes are left when the next ones are marked: the target has something to do meanwhile.
func (s *stream) low() int {
	if s.b.r.batchSink() != nil {
		return 0
	}
	return s.b.r.to.atOnce() + s.of(aheadTime)
}

// of is how many writes the target takes in a time, by what it took the last time.
func (s *stream) of(d time.Duration) int { return int(time.Duration(s.b.r.to.pace()) * d / sliceTime) }

// worth says whether it is time for a transaction.
func (s *stream) worth() bool {
	ready, ended, busy := len(s.ready), len(s.ended), s.crew.busy()
	switch {
	case ready+ended == 0:
		return false
	case s.halting:
		return busy == 0 || s.late
	case ended >= batch, s.late, s.air <= s.low() && ready > 0 && ready >= s.room()-s.air:
		return true
	case len(s.claimed) > 0 || s.claims():
		return false
	case busy == 0 && !s.expects():
		return true
	case s.b.r.batchSink() != nil:
		return false // a batch is filled as long as something comes
	}
	return ready > 0 && s.air <= s.low() && busy < s.b.r.to.atOnce() && ready >= s.of(worthTime)
}

// claims says whether there may be something to claim, and a place for it. It is done seldom: each claim asks anew for Links
// and values that its Deliveries share.
func (s *stream) claims() bool {
	return !s.halting && 2*(len(s.claimed)+s.looking+len(s.ready)) <= s.room() && (!s.dry || s.came() || s.freed && s.crew.busy() < s.b.r.to.atOnce()) && s.b.r.to.rest(s.b.e.Now()) == 0
}

// came says that enough came since the last claim to be claimed: a few of many are not worth it yet.
func (s *stream) came() bool {
	if s.more == nil {
		return false
	}
	n := s.more.count() - s.heard
	return n > 0 && (s.late || s.more.ended() || n >= s.b.r.flow.Partitions*s.of(worthTime))
}

// claim takes what is due and not in hand.
func (s *stream) claim(ctx context.Context) {
	if s.more != nil {
		s.heard = s.more.count()
	}
	s.late = s.late && len(s.ready)+len(s.ended) > 0
	n := min(s.room()-s.looking-len(s.ready), claimOf)
	works, err := s.b.e.DB.Claim(ctx, s.b.r.flow.Name, s.b.partition, s.b.epoch, n, slices.Collect(maps.Keys(s.hand))...)
	if err != nil {
		s.fail(err)
		return
	}
	s.dry, s.freed = len(works) < n, false
	memo, now := newMemo(), s.b.e.Now()
	for _, w := range works {
		s.hand[w.Delivery.ID] = true
		s.claimed = append(s.claimed, &item{work: w, since: now, memo: memo, chosen: w.Delivery.Chosen})
	}
}

// prepare maps some of what was claimed; what needs a look at the target gets it, and the rest is decided.
func (s *stream) prepare(ctx context.Context) {
	n := min(len(s.claimed), prepareOf)
	finder := s.b.r.batchFinder()
	if finder != nil {
		n = len(s.claimed)
	}
	part := s.claimed[:n]
	s.claimed = s.claimed[n:]
	var looks []call
	var together []*item
	for _, it := range part {
		err := s.failed
		if err == nil {
			err = s.b.mapped(ctx, it)
		}
		switch {
		case err != nil:
			s.fail(err)
			s.ended = append(s.ended, it)
		case it.work.Delivery.State == connector.InDoubt && it.out == nil:
			looks = append(looks, s.b.handled(it, func() { s.b.resolve(ctx, it) }))
		case it.look && it.out == nil && finder != nil:
			together = append(together, it)
		case it.look && it.out == nil:
			looks = append(looks, s.look(ctx, it))
		default:
			s.decide(ctx, it)
		}
	}
	if len(together) > 0 {
		looks = append(looks, call{items: together, make: func() { s.b.r.lookBatch(ctx, s.b.e, finder, together, s.b.lookFailed) }})
	}
	for _, x := range looks {
		s.looking += len(x.items)
	}
	s.crew.add(looks...)
}

func (s *stream) look(ctx context.Context, it *item) call {
	return s.b.handled(it, func() { s.b.r.look(ctx, s.b.e, it, s.b.lookFailed) })
}

// decide decides what was mapped, and looked at where that was needed.
func (s *stream) decide(ctx context.Context, it *item) {
	if it.out == nil && !s.halting && it.work.Delivery.State == connector.Waiting {
		if err := s.b.decided(ctx, it); err != nil {
			it.write = nil
			s.fail(err)
		}
	}
	if it.out == nil && it.write != nil {
		s.ready = append(s.ready, it)
		return
	}
	s.ended = append(s.ended, it)
}

// collect takes up what the calls brought.
func (s *stream) collect(ctx context.Context) {
	if s.rang.Swap(false) {
		s.alarm, s.late = false, s.something()
	}
	for _, x := range s.crew.take() {
		if x.write {
			s.air -= len(x.items)
			s.answered, s.last = s.answered+len(x.items), s.b.e.Now()
			for _, it := range x.items {
				it.strip()
			}
			s.ended = append(s.ended, x.items...)
			continue
		}
		s.looking -= len(x.items)
		for _, it := range x.items {
			if it.look && !it.looked && it.out == nil && ctx.Err() == nil && !s.halting { // of a call for many that met a defect
				s.looking++
				s.crew.add(s.look(ctx, it))
				continue
			}
			if ctx.Err() != nil {
				s.halting = true // what was looked at while it was being left says nothing
			}
			s.decide(ctx, it)
		}
	}
}

// heed stops all that was not begun when the work is to stop, or the target is down.
func (s *stream) heed(ctx context.Context) {
	b := s.b
	if !s.halting && ctx.Err() == nil && s.failed == nil && b.stopped() == nil && b.over == nil && !b.leaves() && !b.gone() && !b.r.to.isDown(b.e.Now()) {
		return
	}
	s.halting = true
	s.claimed = nil
	for _, x := range s.crew.drop() {
		s.looking -= len(x.items)
		s.ended = append(s.ended, x.items...)
	}
	for _, it := range s.ready {
		it.write = nil
	}
	s.ended, s.ready = append(s.ended, s.ready...), nil
}

// fail notes an error of the store: nothing more is begun.
func (s *stream) fail(err error) {
	s.failed = errors.Join(s.failed, err)
	s.halting = true
	s.b.lose()
}
