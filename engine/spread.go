package engine

import (
	"context"
	"time"

	"ml-connector/store"
)

// MostPartitions is the largest number of partitions of a Flow.
const MostPartitions = 16

// handOver is how long a process works on a partition before it offers it to others, so that one that came later gets its
// part of the work.
const handOver = 30 * time.Second

// partitionsFor is over how many partitions the Deliveries to a Connection are spread that takes so many calls at once: one
// process has enough work with one of them, and several can share what many calls at once bring across. It is pure.
func partitionsFor(concurrency int) int { return max(2, min(MostPartitions, concurrency/8)) }

// spread sees to it that a Flow has as many partitions as its target can use.
func (e *Engine) spread(ctx context.Context, r *route) error {
	n := partitionsFor(r.to.slots.Size())
	if r.flow.Wanted == n && r.flow.Partitions == n {
		return nil
	}
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.WantPartitions(r.flow.Name, n, e.Owner, e.stale()) })
}

// stale is the age of another process's beat from which what it had is free: where there is no other, any.
func (e *Engine) stale() time.Duration {
	if e.Sole {
		return 0
	}
	return Stale
}

// leave has the partition left once what is under way has ended: the next pump sees the Flow as it is now.
func (b *pump) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leaving = true
}

// leaves says that the partition is to be left once what is under way has ended: the Flow is to have another number of
// partitions, or it is time to offer it to others.
func (b *pump) leaves() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leaving || !b.e.Sole && b.e.Now().Sub(b.began) >= handOver
}
