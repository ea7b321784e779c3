package engine

import (
	"context"
	"slices"
	"sync"

	connector "ml-connector"
)

// arrivals tell those who deliver that pages were accepted, while another one reads on.
type arrivals struct {
	first *bell // of who waits for the first

	mu    sync.Mutex
	came  int
	over  bool    // nothing comes any more
	bells []*bell // of those who deliver
}

func newArrivals() *arrivals {
	first := newBell()
	return &arrivals{first: first, bells: []*bell{first}}
}

// add says that a page brought so many Deliveries.
func (a *arrivals) add(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came += n
	a.ring()
}

// end says that nothing comes any more.
func (a *arrivals) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	a.ring()
}

func (a *arrivals) ring() {
	for _, b := range a.bells {
		b.ring()
	}
}

// join has a bell rung whenever something comes, and at the end.
func (a *arrivals) join(b *bell) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bells = append(a.bells, b)
}

// part takes a bell back.
func (a *arrivals) part(b *bell) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bells = slices.DeleteFunc(a.bells, func(other *bell) bool { return other == b })
}

// count is how many came so far.
func (a *arrivals) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.came
}

// ended says that nothing comes any more.
func (a *arrivals) ended() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.over
}

// wait waits until more than so many came; false when nothing comes any more.
func (a *arrivals) wait(ctx context.Context, p connector.Pace, seen int) bool {
	for a.count() == seen && !a.ended() {
		if a.first.wait(ctx, p) != nil {
			return false
		}
	}
	return !a.ended()
}

// pollAndDrain polls a Flow and delivers what it reads, and what was waiting: what one page brought is delivered while the
// next is read. Order is kept as ever: what refers to something that is not across waits for it.
func (e *Engine) pollAndDrain(ctx context.Context, f connector.Flow, q PollRequest) (Polled, error) {
	a, done := newArrivals(), make(chan struct{})
	var failed error
	e.Pace.Go(func() {
		defer close(done)
		for seen := 0; failed == nil && a.wait(ctx, e.Pace, seen); {
			seen = a.count()
			_, failed = e.drain(ctx, f, pumping{more: a, plan: q.bound})
		}
	})
	q.accepted = a.add
	p, err := e.Poll(ctx, q)
	a.end()
	_ = e.Pace.Until(context.WithoutCancel(ctx), done) // which never ends early
	if err == nil {
		err = failed
	}
	if err == nil {
		_, err = e.drain(ctx, f, pumping{plan: q.bound})
	}
	return p, err
}
