package engine

import (
	"context"
	"time"
)

// skewed is by how much the clocks of machines that share a database may differ.
const skewed = 5 * time.Minute

// mindClock notices that the machine's clock was set back, and sets back with it what our rows wait for: else what was
// written by the clock that was ahead would stand still until that time came once more. It is asked each second. At the
// start it goes by the last Entry; how long nothing ran is not known then, so that it goes back twice as far.
func (e *Engine) mindClock(ctx context.Context) error {
	now := e.Now().Round(0) // without the monotonic reading, which no jump touches
	e.mu.Lock()
	last := e.minded
	e.mu.Unlock()
	back := last.Sub(now)
	if last.IsZero() {
		at, err := e.DB.LastEntryAt(ctx)
		if err != nil {
			return err
		}
		if back = 2 * at.Sub(now); back < 2*skewed {
			back = 0
		}
	}
	if back >= time.Second {
		e.Log.Warn("the clock was set back; what waits is set back with it, and what changed since is read again", "by", back.Round(time.Second).String())
		if err := e.DB.ClockWentBack(ctx, back); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.minded = now
	if back >= time.Second {
		for _, p := range e.peers {
			p.clockWentBack(e.Now(), back)
		}
	}
	return nil
}

// clockWentBack takes back waits that are longer by the jump. One that is shorter is counted by a clock that does not jump.
func (p *peer) clockWentBack(now time.Time, by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range []*time.Time{&p.until, &p.asked} {
		if t.Sub(now) > by {
			*t = t.Add(-by)
		}
	}
}

// wentBack says that the clock is earlier than a time that it showed before.
func (e *Engine) wentBack(since time.Time) bool { return e.Now().Round(0).Before(since.Round(0)) }
