package engine

import (
	"context"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
	"ml-connector/store"
)

// slots bound how many calls of a Connection are made at once.
type slots interface {
	// Take waits for a free one; the error is the context's.
	Take(ctx context.Context, p connector.Pace) error
	Give()
	// Size is how many this process may have at most.
	Size() int
}

// share is the part of a Connection's concurrency that this process has, where several processes call it. It grows and
// shrinks with each beat; a call is begun only while the last beat that the store took is younger than Stale, so that what
// another process takes for free by then is free.
type share struct {
	e    *Engine
	name string // of the Connection

	mu      sync.Mutex
	limit   int       // concurrency of the Connection
	granted int       // of it, to this process
	next    int       // granted once the beat under way is committed
	beaten  time.Time // of the last beat that the store took
	used    int       // calls in flight
	most    int       // of calls in flight and waiting, since the last beat
	asked   int       // what was asked for with the last beat
	busy    bool      // it is beaten right now
	called  bool      // since the last beat that was tried
	quiet   int       // beats in a row without a call
	waiting []chan struct{}
}

var (
	_ slots = (*share)(nil)
	_ slots = (*pace.Slots)(nil)
)

// quietBeats is after how many beats without a call a process gives its share back.
const quietBeats = 2

// turnEvery is how long a process keeps its call where there are more processes than calls.
const turnEvery = 10 * time.Second

// sharing are the shares of this process.
type sharing struct {
	mu      sync.Mutex
	of      map[string]*share // by Connection
	beating bool
}

// sorted are the shares by the names of their Connections, so that nothing hangs on the order of a map.
func (h *sharing) sorted() []*share {
	out := make([]*share, 0, len(h.of))
	for _, name := range slices.Sorted(maps.Keys(h.of)) {
		out = append(out, h.of[name])
	}
	return out
}

// slotsOf gives the slots of a Connection that takes so many calls at once: all of them where this process is the only one.
func (e *Engine) slotsOf(name string, limit int) slots {
	if e.Sole {
		return pace.NewSlots(limit)
	}
	return e.shareOf(name, limit)
}

// atOnce is how many calls this process may make at once as things are.
func (p *peer) atOnce() int {
	s, shared := p.slots.(*share)
	if !shared {
		return p.slots.Size()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.granted
}

// shareOf gives the share of a Connection, with the limit that it has now.
func (e *Engine) shareOf(name string, limit int) *share {
	e.sharing.mu.Lock()
	defer e.sharing.mu.Unlock()
	s := e.sharing.of[name]
	if s == nil {
		s = &share{e: e, name: name}
		e.sharing.of[name] = s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = limit
	return s
}

// Size is the whole concurrency of the Connection: the share may grow to it.
func (s *share) Size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit
}

// Take waits until this process may make one more call.
func (s *share) Take(ctx context.Context, p connector.Pace) error {
	s.mu.Lock()
	s.called, s.quiet = true, 0
	s.most = max(s.most, s.used+len(s.waiting)+1)
	if len(s.waiting) == 0 && s.free() {
		s.used++
		s.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	s.waiting = append(s.waiting, mine)
	s.mu.Unlock()
	s.e.beatShares()
	s.ask(ctx)
	err := p.Until(ctx, mine)
	if err == nil {
		return nil
	}
	s.mu.Lock()
	at := slices.Index(s.waiting, mine)
	if at >= 0 {
		s.waiting = slices.Delete(s.waiting, at, at+1)
	}
	s.mu.Unlock()
	if at < 0 {
		s.Give() // it was given to us just now
	}
	return err
}

// Give gives a call back.
func (s *share) Give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	s.serve()
}

// free says whether one more call may be made now.
func (s *share) free() bool { return s.used < s.granted && s.e.Now().Sub(s.beaten) < Stale }

// serve lets as many go on as may.
func (s *share) serve() {
	for len(s.waiting) > 0 && s.free() {
		s.used++
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
	}
}

// ask asks for more at once, and not with the next beat, when more callers have come than the last beat knew of.
func (s *share) ask(ctx context.Context) {
	for s.wantsMore() && s.e.beatOnce(ctx, s) == nil {
	}
}

func (s *share) wantsMore() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.busy && (min(s.most, s.limit) > s.asked || len(s.waiting) > 0 && s.e.Now().Sub(s.beaten) >= Stale)
}

// beatShares keeps the shares of this process alive, each second, as long as it has any.
func (e *Engine) beatShares() {
	e.sharing.mu.Lock()
	defer e.sharing.mu.Unlock()
	if e.sharing.beating {
		return
	}
	e.sharing.beating = true
	ctx := context.Background() // it ends when nothing calls any more
	e.Pace.Go(func() {
		for e.second(ctx) == nil {
			some := e.liveShares()
			if len(some) == 0 {
				return
			}
			if err := e.beatOnce(ctx, some...); err != nil {
				e.Log.Warn("shares of connections not renewed; nothing is called before they are", "error", err)
			}
			for _, s := range some {
				s.ask(ctx)
			}
		}
	})
}

// liveShares are those that are used, or were a moment ago. When there are none the beat has ended.
func (e *Engine) liveShares() []*share {
	e.sharing.mu.Lock()
	defer e.sharing.mu.Unlock()
	var out []*share
	for _, s := range e.sharing.sorted() {
		s.mu.Lock()
		s.quiet++
		if s.called || s.used+len(s.waiting) > 0 {
			s.called, s.quiet = false, 0
		}
		if s.quiet <= quietBeats {
			out = append(out, s)
		} else {
			s.granted = 0
		}
		s.mu.Unlock()
	}
	e.sharing.beating = len(out) > 0
	return out
}

// beatOnce beats some shares in one transaction, and learns what the other processes found out about their Connections.
func (e *Engine) beatOnce(ctx context.Context, some ...*share) error {
	some = slices.DeleteFunc(slices.Clone(some), func(s *share) bool { return !s.start() })
	if len(some) == 0 {
		return nil
	}
	byName := make(map[string]*share, len(some))
	for _, s := range some {
		byName[s.name] = s
	}
	at := e.Now()
	told := map[string]store.Sharing{}
	err := e.DB.Share(ctx, e.Owner, slices.Sorted(maps.Keys(byName)), Stale, func(now store.Sharing) store.Share {
		told[now.Connection] = now
		return byName[now.Connection].settle(e.Owner, now.Shares, int(at.Unix()/int64(turnEvery/time.Second)))
	})
	for _, s := range some {
		now, known := told[s.name]
		s.end(at, known && err == nil)
		if known && err == nil {
			e.learn(s.name, now)
		}
	}
	return err
}

// start lets one beat at a time be under way.
func (s *share) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return false
	}
	s.busy = true
	return true
}

// end uses what the store gave.
func (s *share) end(at time.Time, given bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if given {
		s.granted, s.beaten = s.next, at
		s.serve()
	}
}

// giveBack gives back what this process calls no more, so that others need not wait for its last beat to grow old.
func (e *Engine) giveBack(ctx context.Context) {
	e.sharing.mu.Lock()
	var some []*share
	for _, s := range e.sharing.sorted() {
		s.mu.Lock()
		if s.used+len(s.waiting) == 0 && s.granted > 0 {
			s.quiet, s.most = quietBeats, 0
			some = append(some, s)
		}
		s.mu.Unlock()
	}
	e.sharing.mu.Unlock()
	if err := e.beatOnce(context.WithoutCancel(ctx), some...); err != nil {
		e.Log.Warn("shares of connections not given back; others have them in a few seconds", "error", err)
	}
}

// settle decides, inside the transaction, what this process has from now on: what is fair, but no more than is free, and no
// less than the calls in flight. What it gives up it stops using before anybody else can have it.
func (s *share) settle(owner string, all []store.Share, turn int) store.Share {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := 0
	if s.quiet < quietBeats {
		want = min(roundUp(max(s.most, s.asked/2)), s.limit)
	}
	had, taken, me := 0, 0, -1
	wants := make([]int, len(all), len(all)+1)
	for i, o := range all {
		wants[i], taken = o.Wanted, taken+o.Granted
		if o.Owner == owner {
			had, me, wants[i] = o.Granted, i, want
		}
	}
	if me < 0 { // in the order of owners, so that all processes see the same
		me, _ = slices.BinarySearchFunc(all, owner, func(o store.Share, name string) int { return strings.Compare(o.Owner, name) })
		wants = slices.Insert(wants, me, want)
	}
	s.next = divide(s.limit, wants, turn)[me]
	switch {
	case s.next < had:
		s.next = max(s.next, min(s.used, had))
	case s.next > had:
		s.next = min(s.next, had+max(s.limit-taken, 0))
	}
	s.granted, s.asked, s.most = min(s.granted, s.next), want, s.used+len(s.waiting)
	return store.Share{Granted: s.next, Wanted: want}
}

// roundUp gives the next power of two, so that a growing number of callers asks seldom.
func roundUp(n int) int {
	if n <= 1 {
		return n
	}
	return 1 << bits.Len(uint(n-1))
}
