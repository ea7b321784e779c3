package jaggaer

import (
	"context"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
)

// gate holds calls back: all of them after a 429, and reads that come faster than min_interval_ms.
type gate struct {
	mu    sync.Mutex
	until time.Time // closed by a 429
	next  time.Time // pacing
}

// close shuts the gate for a while, unless it is shut for longer already.
func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

// ask says how long the gate stays shut for a call at this time; when it is open, the call's place in the pace is taken.
func (g *gate) ask(now time.Time, interval time.Duration) (shut, pace time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if shut = g.until.Sub(now); shut > 0 {
		return shut, 0
	}
	if interval <= 0 {
		return 0, 0
	}
	if g.next.Before(now) {
		g.next = now
	}
	pace = g.next.Sub(now)
	g.next = g.next.Add(interval)
	return 0, pace
}

// pass waits at the gate if the call is patient; otherwise a shut gate is throttled, with the time that is left.
func (i *Instance) pass(ctx context.Context, c call) error {
	for {
		shut, pace := i.gate.ask(i.now(), time.Duration(i.opts.profile.int("rest", "min_interval_ms"))*time.Millisecond)
		if shut <= 0 {
			return i.pause(ctx, c.op, pace)
		}
		if !c.patient {
			return throttled(c.op, shut)
		}
		if err := i.pause(ctx, c.op, shut); err != nil {
			return err
		}
	}
}

func (i *Instance) pause(ctx context.Context, op string, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if err := i.wait(ctx, d); err != nil {
		return connector.Errorf(connector.Unavailable, op, "stopped while waiting").Because(err)
	}
	return nil
}

func throttled(op string, wait time.Duration) *connector.Error {
	e := connector.Errorf(connector.Throttled, op, "JAGGAER asked us to wait %s", wait.Round(time.Second)).
		Advise("It goes on by itself. If it happens often, lower the setting concurrency of this Connection or ask JAGGAER for a higher limit.")
	e.Wait = wait
	return e
}

// slot takes one of the places for calls at the same time; the returned function gives it back.
func (i *Instance) slot(ctx context.Context, op string, slots *pace.Slots) (func(), error) {
	if err := slots.Take(ctx, i.pace); err != nil {
		return nil, connector.Errorf(connector.Unavailable, op, "stopped before anything was sent").Because(err)
	}
	return slots.Give, nil
}
