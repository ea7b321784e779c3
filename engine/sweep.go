package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	connector "ml-connector"
	"ml-connector/store"
)

// sweep looks at our rows and inserts a job for everything that is due. Missed times of a schedule collapse into one. What
// is paused gets no job: it goes on, at once, in the first sweep after its pause.
func (s *Scheduler) sweep(ctx context.Context) error {
	flows, err := s.moving(ctx)
	if err != nil {
		return err
	}
	now := s.e.Now()
	moving := map[string]bool{}
	for _, f := range flows {
		if !f.Enabled {
			continue
		}
		moving[f.Name] = true
		if !f.NextRunAt.After(now) && !s.waitsForOthers(f, flows, now) {
			if err := s.insert(ctx, pollArgs{f.Name, s.mark(now)}); err != nil {
				return err
			}
		}
		if f.Track != "" && !f.NextTrackAt.After(now) {
			if err := s.dueTrack(ctx, f, now); err != nil {
				s.e.Log.Error("a schedule can't be followed", "flow", f.Name, "error", err)
			}
		}
	}
	if err := s.wakeWaiting(ctx, now, moving); err != nil {
		return err
	}
	if err := s.dueForget(ctx, now); err != nil {
		return err
	}
	return s.takeRequests(ctx, now)
}

// moving lists the Flows that nothing lets stand still: no pause of theirs, none of either Connection.
func (s *Scheduler) moving(ctx context.Context) ([]connector.Flow, error) {
	flows, err := s.e.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	connections, err := s.e.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	paused := map[string]bool{}
	for _, c := range connections {
		paused[c.Name] = c.Paused.Code != ""
	}
	var out []connector.Flow
	for _, f := range flows {
		if f.Paused.Code == "" && !paused[f.From] && !paused[f.To] {
			out = append(out, f)
		}
	}
	return out, nil
}

// firstRound is how long, after a start, a Flow that never ran waits for the first Run of those before it.
const firstRound = 10 * time.Minute

// waitsForOthers lets the first Runs of all Flows go in their order, so that what a record needs is read before it; for
// a bounded time, and for no Flow that stands still.
func (s *Scheduler) waitsForOthers(f connector.Flow, flows []connector.Flow, now time.Time) bool {
	if !neverRan(f) || now.Sub(s.began) > firstRound {
		return false
	}
	for _, before := range flows {
		if before.Name == f.Name {
			return false // the list is in their order
		}
		if before.Enabled && neverRan(before) {
			return true
		}
	}
	return false
}

func neverRan(f connector.Flow) bool { return f.NextRunAt.IsZero() && f.Cursor.IsZero() }

func (s *Scheduler) insert(ctx context.Context, args river.JobArgs) error {
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error { return s.insertTx(ctx, tx, args) })
}

func (s *Scheduler) insertTx(ctx context.Context, tx *store.Tx, args river.JobArgs) error {
	if _, err := s.client.InsertTx(ctx, tx.SQL(), args, unique()); err != nil {
		return fmt.Errorf("insert a job %s: %w", args.Kind(), err)
	}
	return nil
}

func (s *Scheduler) dueTrack(ctx context.Context, f connector.Flow, now time.Time) error {
	next, err := NextTime(f.Track, now)
	if err != nil {
		return err
	}
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetNextTrack(f.Name, next); err != nil {
			return err
		}
		return s.insertTx(ctx, tx, trackArgs{f.Name, s.mark(now)})
	})
}

// wakeWaiting inserts a pump for each partition in which something is due and that no process beats. Where this process is
// the only one, a beat of another one is that of a dead one.
func (s *Scheduler) wakeWaiting(ctx context.Context, now time.Time, moving map[string]bool) error {
	parts, err := s.e.DB.OpenPartitions(ctx)
	if err != nil {
		return err
	}
	for _, p := range parts {
		beaten := p.Owner != "" && now.Sub(p.BeatAt) < Stale && (!s.e.Sole || p.Owner == s.e.Owner)
		due := !p.DueAt.IsZero() && !p.DueAt.After(now)
		if beaten || !due && !p.Sending || !moving[p.Flow] {
			continue
		}
		if err := s.insert(ctx, pumpArgs{p.Flow, p.Partition, p.Epoch + 1, s.mark(now)}); err != nil {
			return err
		}
	}
	return nil
}

// insertPumps wakes partitions within a transaction that made something wait there.
func (s *Scheduler) insertPumps(ctx context.Context, tx *store.Tx, parts []store.FlowPartition) error {
	for _, p := range parts {
		epoch, err := tx.Epoch(p.Flow, p.Partition)
		if err != nil {
			return err
		}
		if err := s.insertTx(ctx, tx, pumpArgs{p.Flow, p.Partition, epoch + 1, s.mark(s.e.Now())}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) takeRequests(ctx context.Context, now time.Time) error {
	ids, err := s.e.DB.OpenRunRequests(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.insert(ctx, requestArgs{id, s.mark(now)}); err != nil {
			return err
		}
	}
	return nil
}

// takeUp clears what a process before this one left: Runs that it read, and, where this process is the only one, its jobs,
// which River is told to cancel. Nothing hangs on those: their mark stands in nobody's way. It comes before the first job.
func (s *Scheduler) takeUp(ctx context.Context) error {
	s.began = s.e.Now()
	if err := s.e.CloseAbandoned(ctx); err != nil || !s.e.Sole {
		return err
	}
	old, err := s.client.JobList(ctx, river.NewJobListParams().States(unfinished...).First(10_000))
	if err != nil {
		return err
	}
	for _, job := range old.Jobs {
		if _, err := s.client.JobCancel(ctx, job.ID); err != nil {
			return err
		}
	}
	return nil
}
