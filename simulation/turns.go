package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// turns let one actor run at a time, and say what time it is.
type turns struct {
	rng     *rand.Rand
	now     time.Time
	actors  []*actor // that have not ended, in the order in which they began
	current *actor   // whose turn it is; nil: the one who started the turns
	back    chan struct{}
	steps   int
	names   int
	limit   int // steps after which nothing is to be expected any more
	broken  func(string)
	beat    *atomic.Int64 // counts turns for whoever watches over the simulation itself
}

// actor is what one goroutine does. It waits for its turn, and besides for what it says here.
type actor struct {
	name   string
	of     *process // nil: of the world
	turn   chan struct{}
	wake   time.Time       // not before, unless ctx ends; zero: no matter
	closed <-chan struct{} // not before it is closed, unless ctx ends; nil: no matter
	ctx    context.Context // ends the waiting; nil: nothing does
}

func newTurns(rng *rand.Rand, now time.Time, limit int, broken func(string)) *turns {
	return &turns{rng: rng, now: now, back: make(chan struct{}), limit: limit, broken: broken}
}

// begin starts an actor. It gets its first turn later.
func (t *turns) begin(name string, of *process, f func()) {
	t.names++
	a := &actor{name: fmt.Sprintf("%s#%d", name, t.names), of: of, turn: make(chan struct{})}
	t.actors = append(t.actors, a)
	if of != nil {
		of.actors++
	}
	go func() {
		<-a.turn
		defer func() {
			if p := recover(); p != nil {
				t.broken(fmt.Sprintf("panic in %s: %v\n%s", a.name, p, debug.Stack()))
			}
			t.actors = slices.DeleteFunc(t.actors, func(x *actor) bool { return x == a })
			if of != nil {
				of.actors--
			}
			t.back <- struct{}{}
		}()
		f()
	}()
}

// yield gives the turn away.
func (t *turns) yield() {
	a := t.current
	t.back <- struct{}{}
	<-a.turn
}

// sleep gives the turn away until a time has passed or ctx, if there is one, has ended.
func (t *turns) sleep(ctx context.Context, d time.Duration) {
	a := t.current
	a.wake, a.ctx = t.now.Add(d), ctx
	t.yield()
	a.wake, a.ctx = time.Time{}, nil
}

// await gives the turn away until the channel is closed or ctx has ended.
func (t *turns) await(ctx context.Context, closed <-chan struct{}) {
	a := t.current
	a.closed, a.ctx = closed, ctx
	t.yield()
	a.closed, a.ctx = nil, nil
}

// ready says whether an actor can go on now.
func (t *turns) ready(a *actor) bool {
	switch {
	case a.of != nil && a.of.stalled.After(t.now):
		return false
	case a.ctx != nil && a.ctx.Err() != nil, a.of != nil && a.of.dead && !a.wake.IsZero():
		return true
	case a.closed != nil:
		select {
		case <-a.closed:
			return true
		default:
			return false
		}
	}
	return !a.wake.After(t.now)
}

// next is the time at which something can go on by itself; false when nothing ever will.
func (t *turns) next() (time.Time, bool) {
	var next time.Time
	for _, a := range t.actors {
		at := a.wake
		if a.of != nil && a.of.stalled.After(t.now) && (a.closed == nil || !at.IsZero()) && a.of.stalled.After(at) {
			at = a.of.stalled
		}
		if at.After(t.now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// run gives turns until nothing is left to do, or enough says so.
func (t *turns) run(enough func() bool) {
	var able []*actor
	for len(t.actors) > 0 && !enough() {
		able = able[:0]
		for _, a := range t.actors {
			if t.ready(a) {
				able = append(able, a)
			}
		}
		if len(able) == 0 {
			next, ok := t.next()
			if !ok {
				t.broken("nothing can go on any more: " + t.waiting())
				return
			}
			t.now = next
			continue
		}
		if t.steps++; t.steps > t.limit {
			t.broken(fmt.Sprintf("it does not come to rest within %d turns: %s", t.limit, t.waiting()))
			return
		}
		if t.beat != nil {
			t.beat.Add(1)
		}
		if t.rng.IntN(4) == 0 {
			t.now = t.now.Add(time.Duration(t.rng.IntN(3000)) * time.Microsecond)
		}
		a := able[t.rng.IntN(len(able))]
		t.current = a
		a.turn <- struct{}{}
		<-t.back
		t.current = nil
	}
}

// waiting names who waits, and for what.
func (t *turns) waiting() string {
	text := ""
	for _, a := range t.actors {
		text += a.name
		switch {
		case !a.wake.IsZero():
			text += " until " + a.wake.Format(time.TimeOnly)
		case a.closed != nil:
			text += " for another"
		}
		text += "; "
	}
	return text
}
