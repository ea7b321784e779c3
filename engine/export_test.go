package engine

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	connector "ml-connector"
)

// MayTake is mayTake, for its table.
var MayTake = mayTake

// deaf is a driver that gets no notices of new jobs.
type deaf struct{ *riversqlite.Driver }

func (deaf) SupportsListener() bool { return false }

// NewPolling is NewScheduler without the wait for notices of new jobs: on PostgreSQL a test's own time stands still during it, on
// SQLite River waits for the database while it holds a lock, and time stands still for good. It looks for jobs seldom, which is
// most of what such a test does.
func NewPolling(ctx context.Context, e *Engine, workers int) (*Scheduler, error) {
	var driver riverdriver.Driver[*sql.Tx] = riverdatabasesql.New(e.DB.SQL())
	if e.DB.IsSQLite() {
		driver = deaf{riversqlite.New(e.DB.SQL())}
	}
	return newScheduler(ctx, e, workers, 5*fetchEvery, driver, func() {})
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
