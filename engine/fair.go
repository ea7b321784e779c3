package engine

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ml-connector/store"
)

// leftFor is how long a process that has its part of the partitions leaves one to others; then it works on it itself, so that
// nothing hangs on whether they can.
const leftFor = 6 * time.Second

// left remembers the partitions that a process leaves to others, and since when.
type left struct {
	mu    sync.Mutex
	since map[store.FlowPartition]time.Time
}

// leave says for how long a partition has been left, from now on where it was not yet.
func (l *left) leave(p store.FlowPartition, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since == nil {
		l.since = map[store.FlowPartition]time.Time{}
	}
	since, ok := l.since[p]
	if !ok {
		since = now
		l.since[p] = since
	}
	return now.Sub(since)
}

// only forgets all partitions but those that still wait for somebody.
func (l *left) only(due []store.PartitionRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.since, func(p store.FlowPartition, _ time.Time) bool {
		return !slices.ContainsFunc(due, func(d store.PartitionRow) bool { return d.Flow == p.Flow && d.Partition == p.Partition })
	})
}

// mayTake says whether a process that works on so many partitions may work on one more, where so many are to be worked on
// by so many processes, and this one was left to others for so long already. It is pure.
func mayTake(held, open, processes int, left time.Duration) bool {
	return processes < 2 || left >= leftFor || held <= (open+processes-1)/processes
}

// takes says whether this process works on a partition, or leaves it to others; what it takes, it gives back with done. One
// process fetches whatever jobs there are, and would keep all partitions for itself while its machine can do no more. What it
// leaves has no job any more until the sweep of a process that may take it makes one.
func (s *Scheduler) takes(ctx context.Context, p store.FlowPartition) (takes bool, done func()) {
	asked, open, processes := false, 0, 0
	for {
		held := s.pumps.Load()
		if held > 0 && !s.e.Sole && !asked {
			open, processes = s.toShare(ctx)
			asked = true
			continue
		}
		if held > 0 && !s.e.Sole && !s.may(p, int(held), open, processes) {
			return false, nil
		}
		if s.pumps.CompareAndSwap(held, held+1) {
			return true, func() { s.pumps.Add(-1) }
		}
	}
}

// may is mayTake of a partition, which is left where it may not be taken.
func (s *Scheduler) may(p store.FlowPartition, held, open, processes int) bool {
	return mayTake(held, open, processes, 0) || mayTake(held, open, processes, s.left.leave(p, s.e.Now()))
}

// wanted keeps those of the partitions due that this process may take.
func (s *Scheduler) wanted(ctx context.Context, due []store.PartitionRow) []store.PartitionRow {
	s.left.only(due)
	held := int(s.pumps.Load())
	if s.e.Sole || len(due) == 0 || held == 0 {
		return due
	}
	open, processes := s.toShare(ctx)
	return slices.DeleteFunc(due, func(p store.PartitionRow) bool {
		return !s.may(store.FlowPartition{Flow: p.Flow, Partition: p.Partition}, held, open, processes)
	})
}

// toShare counts the partitions that are worked on or are to be, and the processes that are alive; where that can't be read,
// this process is alone, and each pump sees for itself.
func (s *Scheduler) toShare(ctx context.Context) (open, processes int) {
	err := s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		live, err := tx.LiveProcesses(DeadAfter)
		processes = len(live)
		return err
	})
	if err != nil || processes < 2 {
		return 0, 1
	}
	parts, err := s.e.DB.OpenPartitions(ctx)
	if err != nil {
		return 0, 1
	}
	now := s.e.Now()
	for _, p := range parts {
		if p.Partition >= 0 && (p.Owner != "" || p.Sending || !p.DueAt.After(now)) {
			open++
		}
	}
	return open, processes
}
