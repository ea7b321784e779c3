package engine

import (
	"context"
	"sync"
	"time"

	connector "ml-connector"
)

// While a Flow is read, what came is delivered in rounds: the first page at once, so that the first answer of the target is
// soon known, and then whenever so many came or so much time went by. Small rounds would commit more often than they gain.
const (
	roundOf    = 2 * batch
	roundAfter = time.Second
)

// arrivals tell one who delivers that pages were accepted, while another one reads on.
type arrivals struct {
	mu      sync.Mutex
	came    chan struct{} // closed when there is a round to do
	some    bool
	over    bool // nothing comes any more
	waiting int  // that no round was told of
	told    time.Time
}

func newArrivals() *arrivals { return &arrivals{came: make(chan struct{})} }

// add says how many came; it tells of a round when it is time for one.
func (a *arrivals) add(n int, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting += n
	if a.waiting < roundOf && now.Sub(a.told) < roundAfter {
		return
	}
	a.waiting, a.told = 0, now
	a.tell()
}

// end says that nothing comes any more.
func (a *arrivals) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	a.tell()
}

func (a *arrivals) tell() {
	if !a.some {
		a.some = true
		close(a.came)
	}
}

// wait waits for the next round; false when nothing comes any more.
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
			_, failed = e.drain(ctx, f, true)
		}
	})
	q.accepted = func(n int) { a.add(n, e.Now()) }
	p, err := e.Poll(ctx, q)
	a.end()
	_ = e.Pace.Until(context.WithoutCancel(ctx), done) // which never ends early
	if err == nil {
		err = failed
	}
	if err == nil {
		_, err = e.drain(ctx, f, false)
	}
	return p, err
}
