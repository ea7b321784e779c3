package engine

import (
	"context"

	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	connector "ml-connector"
)

// MayTake is mayTake, for its table.
var MayTake = mayTake

// NewPolling is NewScheduler without the wait for notices of PostgreSQL, during which a test's own time stands still.
func NewPolling(ctx context.Context, e *Engine, workers int) (*Scheduler, error) {
	if e.DB.IsSQLite() {
		return NewScheduler(ctx, e, workers)
	}
	return newScheduler(ctx, e, workers, riverdatabasesql.New(e.DB.SQL()), func() {})
}

// Sweep is one sweep, for tests of what it inserts.
func (s *Scheduler) Sweep(ctx context.Context) error { _, err := s.sweep(ctx); return err }

// FirstOf lists the Flows whose Poll one sweep of a process that just started would insert.
func FirstOf(flows []connector.Flow, s *Scheduler) []string {
	s.began = s.e.Now()
	var out []string
	for _, f := range flows {
		if f.Enabled && !waitsForOthers(f, flows, s.e.Now().Sub(s.began)) {
			out = append(out, f.Name)
		}
	}
	return out
}
