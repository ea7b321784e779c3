package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"ml-connector/store"
)

// sweepEvery is how long at most nobody looks at our rows: for what other processes and commands left there.
const sweepEvery = time.Second

// sweepShare is which part of the time sweeps may take: with many Flows one is due every moment, and each sweep reads them all.
const sweepShare = 5

// sweep looks at our rows and inserts a job for everything that is due, and says how long the next sweep may wait: until
// something is due that is not yet, and for at most a second. Missed times of a schedule collapse into one.
func (s *Scheduler) sweep(ctx context.Context) (wait time.Duration, err error) {
	now := s.e.Now()
	due, err := s.e.Due(ctx, s.began)
	if err == nil {
		err = s.insertDue(ctx, due, now)
	}
	if err == nil && !due.Next.IsZero() {
		return nextSweep(now, s.e.Now(), due.Next), nil
	}
	return sweepEvery, err
}

// nextSweep is how long after a sweep, which began and ended, the next one comes.
func nextSweep(began, ended, due time.Time) time.Duration {
	return min(max(due.Sub(ended), sweepShare*ended.Sub(began), time.Millisecond), sweepEvery)
}

func (s *Scheduler) insertDue(ctx context.Context, due Due, now time.Time) error {
	for _, flow := range due.Polls {
		if err := s.insert(ctx, pollArgs{flow, s.mark(now)}); err != nil {
			return err
		}
	}
	for _, f := range due.Tracks {
		err := s.e.TrackBegins(ctx, f, func(tx *store.Tx) error { return s.insertTx(ctx, tx, trackArgs{f.Name, s.mark(now)}) })
		if err != nil && ctx.Err() == nil {
			s.e.Log.Error("a schedule can't be followed", "flow", f.Name, "error", err)
		}
	}
	for _, p := range s.wanted(ctx, due.Pumps) {
		// In no transaction of ours: so a process that gets no notices of new jobs fetches its own at once.
		if _, err := s.client.Insert(ctx, pumpArgs{p.Flow, p.Partition, p.Epoch + 1, s.mark(now)}, unique()); err != nil {
			return fmt.Errorf("insert a job pump: %w", err)
		}
	}
	if err := s.dueForget(ctx, now); err != nil {
		return err
	}
	if err := s.dueBury(ctx, now); err != nil {
		return err
	}
	for _, p := range due.Pushes {
		if err := s.insert(ctx, pushArgs{p.Connection, p.Kind, s.mark(now)}); err != nil {
			return err
		}
	}
	for _, id := range due.Requests {
		if err := s.insert(ctx, requestArgs{id, s.mark(now)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) insert(ctx context.Context, args river.JobArgs) error {
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error { return s.insertTx(ctx, tx, args) })
}

func (s *Scheduler) insertTx(ctx context.Context, tx *store.Tx, args river.JobArgs) error {
	if _, err := s.client.InsertTx(ctx, tx.SQL(), args, unique()); err != nil {
		return fmt.Errorf("insert a job %s: %w", args.Kind(), err)
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
