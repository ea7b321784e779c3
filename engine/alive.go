package engine

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"ml-connector/store"
)

// DeadAfter is the age of its last beat after which a process is taken for dead, by everybody who asks.
const DeadAfter = 20 * time.Second

// How often a process that shares the database says that it is alive, and how often it looks for what dead ones left.
const (
	aliveEvery = 5 * time.Second
	buryEvery  = 30 * time.Second
)

// clientID is an owner's name among River's clients, which has 100 characters at most. What tells owners apart stands last.
func clientID(owner string) string { return owner[max(len(owner)-100, 0):] }

// alive says, every few seconds, that this process is alive. It comes before the first job, so that whoever runs one is
// known.
func (s *Scheduler) alive(ctx context.Context) {
	now := s.e.Now()
	if s.e.Sole || now.Sub(s.beaten) < aliveEvery && !s.e.wentBack(s.beaten) {
		return
	}
	if err := s.e.DB.BeatProcess(ctx, clientID(s.e.Owner)); err != nil {
		if ctx.Err() == nil {
			s.e.Log.Warn("that this process is alive is not stored; it is tried again in a second", "error", err)
		}
		return
	}
	s.beaten = now
}

// ended says that this process works no more.
func (s *Scheduler) ended(ctx context.Context) {
	if s.e.Sole {
		return
	}
	if err := s.e.DB.EndProcess(context.WithoutCancel(ctx), clientID(s.e.Owner)); err != nil {
		s.e.Log.Warn("that this process ended is not stored; others find out in a few seconds", "error", err)
	}
}

// dueBury inserts the job that looks for what dead processes left. Every process does: a round too many finds nothing.
func (s *Scheduler) dueBury(ctx context.Context, now time.Time) error {
	if s.e.Sole || now.Sub(s.buried) < buryEvery && !s.e.wentBack(s.buried) {
		return nil
	}
	err := s.insert(ctx, buryArgs{s.mark(now)})
	if err == nil {
		s.buried = now
	}
	return err
}

// bury ends the jobs that dead processes left `running`, which River never does where jobs have no time-out. It completes
// them and does not cancel them: should their process live after all, its work goes on, and its end finds the job ended.
func (s *Scheduler) bury(ctx context.Context, _ *river.Job[buryArgs]) error {
	return unlessStopped(ctx, s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		live, err := tx.LiveProcesses(DeadAfter)
		if err != nil {
			return err
		}
		live[clientID(s.e.Owner)] = true
		jobs, err := s.client.JobListTx(ctx, tx.SQL(), river.NewJobListParams().States(rivertype.JobStateRunning).First(10_000))
		if err != nil {
			return err
		}
		for _, row := range jobs.Jobs {
			if n := len(row.AttemptedBy); n == 0 || live[row.AttemptedBy[n-1]] {
				continue
			}
			_, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx.SQL(), &river.Job[buryArgs]{JobRow: row})
			if err != nil && !errors.Is(err, rivertype.ErrNotFound) {
				return err
			}
		}
		return tx.ForgetProcesses(DeadAfter)
	}))
}
