package engine

import (
	"context"
	"sync"

	connector "ml-connector"
)

// arrivals tell one who delivers that a page was accepted, while another one reads on.
type arrivals struct {
	mu   sync.Mutex
	came chan struct{} // closed when something came since the last look
	some bool
	over bool // nothing comes any more
}

func newArrivals() *arrivals { return &arrivals{came: make(chan struct{})} }

// tell says that something came; last that nothing else will.
func (a *arrivals) tell(last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = a.over || last
	if !a.some {
		a.some = true
		close(a.came)
	}
}

// wait waits for something that came since it was called last; false when nothing comes any more.
func (a *arrivals) wait(ctx context.Context, p connector.Pace) bool {
	a.mu.Lock()
	came := a.came
	a.mu.Unlock()
	if p.Until(ctx, came) != nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return false
	}
	a.some, a.came = false, make(chan struct{})
	return true
}

// pollAndDrain polls a Flow and delivers what it reads, and what was waiting: what one page brought is delivered while the
// next is read. Order is kept as ever: what refers to something that is not across waits for it.
func (e *Engine) pollAndDrain(ctx context.Context, f connector.Flow, q PollRequest) (Polled, error) {
	a, done := newArrivals(), make(chan struct{})
	var failed error
	e.Pace.Go(func() {
		defer close(done)
		for failed == nil && a.wait(ctx, e.Pace) {
			_, failed = e.drain(ctx, f)
		}
	})
	q.accepted = func() { a.tell(false) }
	p, err := e.Poll(ctx, q)
	a.tell(true)
	_ = e.Pace.Until(context.WithoutCancel(ctx), done) // which never ends early
	if err == nil {
		err = failed
	}
	if err == nil {
		_, err = e.drain(ctx, f)
	}
	return p, err
}
