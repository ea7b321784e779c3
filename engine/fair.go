package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"

	"ml-connector/store"
)

// A process that has its part of the partitions leaves a job to others for so long, and so often; then it does it itself, so
// that nothing hangs on whether they can. How long it leaves it is left to chance: processes look for jobs at fixed
// intervals, and one that always looks right before the others would get what it left each time.
const (
	leftAtLeast = 200 * time.Millisecond
	leftAtMost  = 800 * time.Millisecond
	leftTimes   = 6
)

// leftFor is how long a job is left to others.
func (e *Engine) leftFor() time.Duration {
	return leftAtLeast + time.Duration(float64(leftAtMost-leftAtLeast)*e.Jitter())
}

// mayTake says whether a process that works on so many partitions may work on one more, where so many are to be worked on
// by so many processes, and a job was left to others so often already. It is pure.
func mayTake(held, open, processes, left int) bool {
	return processes < 2 || left >= leftTimes || held <= (open+processes-1)/processes
}

// takes says whether this process runs a pump job, or leaves it to others; what it takes, it gives back with done. One
// process fetches whatever jobs there are, and would keep all partitions for itself while its machine can do no more.
func (s *Scheduler) takes(ctx context.Context, job *river.Job[pumpArgs]) (takes bool, done func()) {
	asked, open, processes := false, 0, 0
	for {
		held := s.pumps.Load()
		if held > 0 && !s.e.Sole && !asked {
			var err error
			if open, processes, err = s.toShare(ctx); err != nil {
				processes = 1 // the pump sees for itself
			}
			asked = true
			continue
		}
		if held > 0 && !s.e.Sole && !mayTake(int(held), open, processes, timesLeft(job.Metadata)) {
			return false, nil
		}
		if s.pumps.CompareAndSwap(held, held+1) {
			return true, func() { s.pumps.Add(-1) }
		}
	}
}

// toShare counts the partitions that are worked on or are to be, and the processes that are alive.
func (s *Scheduler) toShare(ctx context.Context) (open, processes int, err error) {
	err = s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		live, err := tx.LiveProcesses(deadAfter)
		processes = len(live)
		return err
	})
	if err != nil || processes < 2 {
		return 0, processes, err
	}
	parts, err := s.e.DB.OpenPartitions(ctx)
	now := s.e.Now()
	for _, p := range parts {
		if p.Partition >= 0 && (p.Owner != "" || p.Sending || !p.DueAt.After(now)) {
			open++
		}
	}
	return open, processes, err
}

// timesLeft is how often a job was left to others, which River counts.
func timesLeft(metadata []byte) int {
	var note struct {
		Snoozes int `json:"snoozes"`
	}
	if json.Unmarshal(metadata, &note) != nil {
		return leftTimes
	}
	return note.Snoozes
}
