package store

import (
	"database/sql"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	connector "ml-connector"
)

// partitionOf spreads a Flow's records over its partitions.
func partitionOf(id string, partitions int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum32() % uint32(max(partitions, 1)))
}

// partitionsOf is the number of partitions of a Flow, which stays so until the transaction ends.
func (tx *Tx) partitionsOf(flow string) (int, error) {
	if n, known := tx.spread[flow]; known {
		return n, nil
	}
	n := 0
	if _, err := one(tx, "read the partitions of a flow", "SELECT f.partitions FROM flows f WHERE f.name = $1"+tx.db.dialect.keep("f"), []any{flow}, &n); err != nil {
		return 0, err
	}
	if tx.spread == nil {
		tx.spread = map[string]int{}
	}
	tx.spread[flow] = n
	return n, nil
}

// respread puts Deliveries that wait again into the partitions that their records belong to by now.
func (tx *Tx) respread(old []brief) ([]brief, error) {
	moved := map[int][]int64{}
	out := slices.Clone(old)
	for i, b := range out {
		n, err := tx.partitionsOf(b.flow)
		if err != nil {
			return nil, err
		}
		part := partitionOf(b.source.ID, n)
		if n == 0 || part == b.part { // 0: the Flow is gone
			continue
		}
		out[i].part = part
		moved[part] = append(moved[part], b.id)
		if err := tx.openPartitions(b.flow, []int{part}); err != nil {
			return nil, err
		}
	}
	return out, tx.putInto(moved)
}

// putInto puts Deliveries into partitions.
func (tx *Tx) putInto(moved map[int][]int64) error {
	for part, ids := range moved {
		err := chunks(ids, func(some []int64) error {
			args := []any{int64(part)}
			in := list(&args, some)
			_, err := tx.exec("put Deliveries into a partition", "UPDATE deliveries SET part = $1 WHERE id IN ("+in+")", args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// WantPartitions says over how many partitions a Flow's Deliveries shall be spread. They are at once when nobody works on
// the present ones, else when the first is taken after all were left.
func (tx *Tx) WantPartitions(flow string, n int, owner string, stale time.Duration) error {
	if _, err := tx.exec("spread flow "+flow, "UPDATE flows SET wanted = $2 WHERE name = $1 AND wanted <> $2", flow, int64(max(n, 1))); err != nil {
		return err
	}
	_, err := tx.settlePartitions(flow, 0, owner, stale)
	return err
}

// settlePartitions gives a Flow the number of partitions that it shall have, if nobody works on the present ones; until
// then no other is there to be taken. It says whether one is there.
func (tx *Tx) settlePartitions(flow string, partition int, owner string, stale time.Duration) (there bool, err error) {
	const op = "read the partitions of a flow"
	var have, want int
	if found, err := one(tx, op, "SELECT partitions, wanted FROM flows WHERE name = $1", []any{flow}, &have, &want); err != nil || !found {
		return true, err // without a Flow there is nothing to settle, nor to take
	}
	if have == want || partition < 0 {
		return partition < have, nil
	}
	if _, err := one(tx, op, "SELECT f.partitions, f.wanted FROM flows f WHERE f.name = $1"+tx.db.dialect.lockKey("f"), []any{flow}, &have, &want); err != nil || have == want {
		return partition < have, err
	}
	busy, err := tx.anyAtWork(flow, owner, stale)
	if err != nil || busy {
		return false, err
	}
	return partition < want, tx.spreadAnew(flow, have, want)
}

// anyAtWork says whether a live process works on any partition of a Flow, and keeps it from changing.
func (tx *Tx) anyAtWork(flow, owner string, stale time.Duration) (bool, error) {
	busy := false
	err := each(tx, "read partitions", "SELECT p.owner, p.beat_at FROM partitions p WHERE p.flow = $1 AND p.n >= 0 ORDER BY p.n"+tx.db.dialect.lock("p"), []any{flow}, func(rows *sql.Rows) error {
		var by string
		var beat int64
		if err := rows.Scan(&by, &beat); err != nil {
			return err
		}
		patience := stale
		if by == owner {
			patience = ownStale
		}
		busy = busy || by != "" && Fresh(timeOf(beat), tx.now, patience)
		return nil
	})
	return busy, err
}

// ownStale is the age of a beat from which a partition that this very process has is one that it forgot to leave.
const ownStale = 5 * time.Second

// spreadAnew gives a Flow another number of partitions: all epochs are raised, so that nobody settles what it claimed
// before, what was being sent is in doubt, and all Deliveries that wait go where their records belong. Of one record they
// all go to the same place.
func (tx *Tx) spreadAnew(flow string, had, n int) error {
	if _, err := tx.exec("spread flow "+flow, "UPDATE flows SET partitions = $2 WHERE name = $1", flow, int64(n)); err != nil {
		return err
	}
	delete(tx.spread, flow)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if err := tx.openPartitions(flow, all); err != nil {
		return err
	}
	// One that is new begins where the others are: what comes to it was sent under their epochs.
	if _, err := tx.exec("spread flow "+flow, "UPDATE partitions SET epoch = (SELECT MAX(m.epoch) FROM partitions m WHERE m.flow = $1) + 1, owner = '', beat_at = 0 WHERE flow = $1 AND n >= 0", flow); err != nil {
		return err
	}
	if err := tx.doubtSending(flow, anyPartition); err != nil {
		return err
	}
	moved := map[int][]int64{}
	err := each(tx, "read what waits", "SELECT d.id, d.part, r.ext_id FROM deliveries d JOIN records r ON r.id = d.record WHERE d.flow = $1 AND d.due_at > 0 ORDER BY d.id"+tx.db.dialect.lock("d"), []any{flow}, func(rows *sql.Rows) error {
		var id int64
		var part int
		var record string
		if err := rows.Scan(&id, &part, &record); err != nil {
			return err
		}
		if to := partitionOf(record, n); to != part {
			moved[to] = append(moved[to], id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if had > 1 { // else it is new
		tx.Enter(connector.Entry{Action: "flow.spread", Subject: "flow:" + flow, Details: map[string]string{"partitions": strconv.Itoa(n)}})
	}
	return tx.putInto(moved)
}

// anyPartition stands for all partitions of a Flow.
const anyPartition = -2
