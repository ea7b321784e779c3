// Package pace is how things wait and run beside each other: the real [connector.Pace], and what is built on any: a bounded
// number at once, something every second, slots that are taken in turn, a context that outlives its parent for a while.
//
// It must never wait or start anything but by the Pace that it is given, so that a simulation with virtual time sees every
// wait; and never hold a lock while it waits.
//
// It is proved by tables under testing/synctest, and by the simulation, which runs everything on a Pace of its own.
package pace

import (
	"context"
	"sync"
	"time"

	connector "ml-connector"
)

// Real is the Pace of the machine.
type Real struct{}

var _ connector.Pace = Real{}

// Or gives p, or the real Pace when there is none.
func Or(p connector.Pace) connector.Pace {
	if p == nil {
		return Real{}
	}
	return p
}

// Sleep waits in real time.
func (Real) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Go starts a goroutine.
func (Real) Go(f func()) { go f() }

// Until waits for a channel to be closed.
func (Real) Until(ctx context.Context, closed <-chan struct{}) error {
	select {
	case <-closed:
		return nil
	default:
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Each calls f for 0 … n-1, at most limit at once, and waits for all of them. The caller is one of those that work.
func Each(p connector.Pace, limit, n int, f func(int)) {
	var (
		mu   sync.Mutex
		next int
	)
	work := func() {
		for {
			mu.Lock()
			i := next
			next++
			mu.Unlock()
			if i >= n {
				return
			}
			f(i)
		}
	}
	workers := min(max(limit, 1), n)
	if workers <= 1 {
		work()
		return
	}
	left, done := workers-1, make(chan struct{})
	for range workers - 1 {
		p.Go(func() {
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				if left--; left == 0 {
					close(done)
				}
			}()
			work()
		})
	}
	work()
	_ = p.Until(context.Background(), done) // which never ends early
}

// Every calls f each time that wait returns without an error, until it is stopped; stop waits for a call under way.
func Every(ctx context.Context, p connector.Pace, wait func(context.Context) error, f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p.Go(func() {
		defer close(done)
		for wait(ctx) == nil {
			f(ctx)
		}
	})
	return func() {
		cancel()
		_ = p.Until(context.WithoutCancel(ctx), done) // which never ends early
	}
}

// Patient gives a context that ends when the returned function is called, or a while after its parent.
func Patient(parent context.Context, p connector.Pace, while time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	if parent.Done() == nil {
		return ctx, cancel
	}
	watch, unwatch := context.WithCancel(parent)
	p.Go(func() {
		defer unwatch()
		_ = p.Until(ctx, watch.Done()) // either ends it
		if parent.Err() != nil && p.Sleep(ctx, while) == nil {
			cancel()
		}
	})
	return ctx, func() { cancel(); unwatch() }
}
