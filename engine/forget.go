package engine

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// Retention is how long the bodies of Exchanges are kept (DESIGN.md "Store").
const Retention = 400 * 24 * time.Hour

// The round that removes old bodies: how often, how many contents one transaction looks at, and the pause after each, so
// that Deliveries are never kept waiting.
const (
	forgetEvery = 24 * time.Hour
	forgetStep  = 1000
	forgetPause = 100 * time.Millisecond
)

// Forget removes the bodies of Exchanges that are older than Retention, in small steps; what remains when ctx ends is
// removed in the next round.
func (e *Engine) Forget(ctx context.Context) error {
	for {
		_, more, err := e.DB.Forget(ctx, e.Now().Add(-Retention), forgetStep)
		if err != nil || !more {
			return err
		}
		if e.Sleep(ctx, forgetPause) != nil {
			return nil
		}
	}
}

// dueForget inserts the job once a day. Every process does, and after each start: each content is looked at once only, so
// that a round too many costs nothing.
func (s *Scheduler) dueForget(ctx context.Context, now time.Time) error {
	if now.Sub(s.forgot) < forgetEvery {
		return nil
	}
	err := s.insert(ctx, forgetArgs{s.mark(now)})
	if err == nil {
		s.forgot = now
	}
	return err
}

func (s *Scheduler) forget(ctx context.Context, _ *river.Job[forgetArgs]) error {
	return unlessStopped(ctx, s.e.Forget(ctx))
}
