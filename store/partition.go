package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	connector "ml-connector"
)

// ErrLost is the cause of every error of a process that has lost its partition.
var ErrLost = errors.New("its epoch has passed")

// lost is the error of a process whose partition belongs to another one by now. Nothing of what it wanted was done.
func lost(op string) *connector.Error {
	return connector.Errorf(connector.Conflict, op, "this partition belongs to another process").Because(ErrLost).
		Advise("Nothing to do: the other process goes on with it.")
}

// openPartitions makes sure that the partitions have rows, by which they are found.
func (tx *Tx) openPartitions(flow string, parts []int) error {
	have := map[int]bool{} // an insert would wait for whoever beats the same row, even though it changes nothing
	err := each(tx, "read partitions", "SELECT n FROM partitions WHERE flow = $1", []any{flow}, func(rows *sql.Rows) error {
		var n int
		err := rows.Scan(&n)
		have[n] = true
		return err
	})
	if err != nil {
		return err
	}
	var rows [][]any
	for _, n := range parts {
		if !have[n] {
			rows = append(rows, []any{flow, int64(n), int64(0), "", int64(0)})
		}
	}
	_, err = tx.insert("open partitions", "INSERT INTO partitions (flow, n, epoch, owner, beat_at)", " ON CONFLICT (flow, n) DO NOTHING", rows)
	return err
}

// Take takes a partition over by raising its epoch, unless another owner's last beat is younger than stale. What the
// process before left in sending is in doubt from here on, and due. Where the Flow is to have another number of partitions
// nothing is taken before it has.
func (db *DB) Take(ctx context.Context, flow string, partition int, owner string, stale time.Duration) (epoch int64, ok bool, err error) {
	const op = "take a partition"
	err = db.Tx(ctx, func(tx *Tx) error {
		epoch, ok = 0, false
		if there, err := tx.settlePartitions(flow, partition, owner, stale); err != nil || !there {
			return err
		}
		if err := tx.openPartitions(flow, []int{partition}); err != nil {
			return err
		}
		var was int64
		var by string
		var beat int64
		if _, err := one(tx, op, "SELECT epoch, owner, beat_at FROM partitions WHERE flow = $1 AND n = $2"+tx.db.dialect.lock("partitions"),
			[]any{flow, int64(partition)}, &was, &by, &beat); err != nil {
			return err
		}
		if by != "" && by != owner && Fresh(timeOf(beat), tx.now, stale) {
			return nil
		}
		epoch, ok = was+1, true
		if _, err := tx.exec(op, "UPDATE partitions SET epoch = $3, owner = $4, beat_at = $5 WHERE flow = $1 AND n = $2", flow, int64(partition), epoch, owner, micros(tx.now)); err != nil {
			return err
		}
		return tx.doubtSending(flow, partition)
	})
	return epoch, ok, err
}

// Fresh says whether a beat is younger than stale. One that lies further ahead than that was made by a clock that ran wrong.
func Fresh(beat, now time.Time, stale time.Duration) bool { return now.Sub(beat).Abs() < stale }

func (tx *Tx) doubtSending(flow string, partition int) error {
	where, args := "WHERE d.flow = $1 AND d.part = $2 AND d.state = 'sending'", []any{flow, int64(partition)}
	if partition == anyPartition {
		where, args = "WHERE d.flow = $1 AND d.state = 'sending'", args[:1]
	}
	old, err := briefsWhere(tx, where+" ORDER BY d.id"+tx.db.dialect.lock("d"), args)
	if err != nil {
		return err
	}
	fail := connector.Errorf(connector.Ambiguous, "send", "the process that was sending it ended before the answer was stored").
		Advise("It is looked up at the target; nothing is sent twice.")
	return tx.move(old, connector.InDoubt, fail, connector.Entry{Action: "delivery.in_doubt", Details: map[string]string{"reason": "taken over"}})
}

// Beat renews the lease of a partition. Not ok: it belongs to another process.
func (db *DB) Beat(ctx context.Context, flow string, partition int, epoch int64) (ok bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		n, err := tx.exec("beat", "UPDATE partitions SET beat_at = $4 WHERE flow = $1 AND n = $2 AND epoch = $3 AND owner <> ''", flow, int64(partition), epoch, micros(tx.now))
		ok = n == 1
		return err
	})
	return ok, err
}

// Leave gives a partition up, so that the next process need not wait for the lease to run out. The epoch is kept: who
// left can't settle any more once another has taken it.
func (db *DB) Leave(ctx context.Context, flow string, partition int, epoch int64) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("leave a partition", "UPDATE partitions SET owner = '', beat_at = 0 WHERE flow = $1 AND n = $2 AND epoch = $3", flow, int64(partition), epoch)
		return err
	})
}

// fence makes sure that the partition is still ours and keeps it so until the transaction ends; it is a beat as well.
func (tx *Tx) fence(op, flow string, partition int, epoch int64) error {
	n, err := tx.exec(op, "UPDATE partitions SET beat_at = $4 WHERE flow = $1 AND n = $2 AND epoch = $3 AND owner <> ''", flow, int64(partition), epoch, micros(tx.now))
	if err != nil {
		return err
	}
	if n != 1 && !bugFence {
		return lost(op)
	}
	return nil
}

// PartitionRow is a partition that has something to do.
type PartitionRow struct {
	Flow      string
	Partition int
	Epoch     int64
	Owner     string    // "" = nobody
	BeatAt    time.Time // of the owner's last beat
	DueAt     time.Time // earliest due Delivery
	Sending   bool      // it has Deliveries in sending
}

// OpenPartitions lists the partitions with Deliveries that are waiting, in doubt (for a look-up, not for a person) or in
// sending.
func (db *DB) OpenPartitions(ctx context.Context) ([]PartitionRow, error) {
	var out []PartitionRow
	err := each(db.view(ctx), "read partitions", `SELECT p.flow, p.n, p.epoch, p.owner, p.beat_at,
 COALESCE((SELECT MIN(d.due_at) FROM deliveries d WHERE d.flow = p.flow AND d.part = p.n AND d.due_at > 0), 0),
 (SELECT COUNT(*) FROM deliveries d WHERE d.flow = p.flow AND d.part = p.n AND d.state = 'sending') FROM partitions p ORDER BY p.flow, p.n`, nil, func(rows *sql.Rows) error {
		var r PartitionRow
		var beat, due, sending int64
		err := rows.Scan(&r.Flow, &r.Partition, &r.Epoch, &r.Owner, &beat, &due, &sending)
		r.BeatAt, r.DueAt, r.Sending = timeOf(beat), timeOf(due), sending > 0
		out = append(out, r)
		return err
	})
	out = slices.DeleteFunc(out, func(r PartitionRow) bool { return r.DueAt.IsZero() && !r.Sending })
	return out, err
}

// AnyDue says whether anything is due in a partition, as the transaction sees it.
func (tx *Tx) AnyDue(flow string, partition int, at time.Time) (bool, error) {
	return anyDue(tx, flow, partition, at)
}

// AnyWork says whether anything in a partition is due, or was being sent by a process that may be gone.
func (db *DB) AnyWork(ctx context.Context, flow string, partition int) (bool, error) {
	v := db.view(ctx)
	if due, err := anyDue(v, flow, partition, db.Now()); err != nil || due {
		return due, err
	}
	var n int
	return one(v, "look for Deliveries that are being sent", "SELECT 1 FROM deliveries WHERE flow = $1 AND part = $2 AND state = 'sending' LIMIT 1", []any{flow, int64(partition)}, &n)
}

func anyDue(r reader, flow string, partition int, at time.Time) (bool, error) {
	var n int
	return one(r, "look for a due Delivery", "SELECT 1 FROM deliveries WHERE flow = $1 AND part = $2 AND due_at > 0 AND due_at <= $3 LIMIT 1", []any{flow, int64(partition), micros(at)}, &n)
}

// NextDue is the earliest due time among the waiting and doubtful Deliveries of a partition; false when none will be due
// by itself.
func (db *DB) NextDue(ctx context.Context, flow string, partition int) (time.Time, bool, error) {
	var due int64
	found, err := one(db.view(ctx), "look for the next Delivery", `SELECT due_at FROM deliveries WHERE flow = $1 AND part = $2 AND due_at > 0 AND due_at < $3
 ORDER BY due_at LIMIT 1`, []any{flow, int64(partition), never}, &due)
	return timeOf(due), found, err
}

// Epoch is the epoch of a partition, 0 before anybody took it.
func (tx *Tx) Epoch(flow string, partition int) (int64, error) {
	var epoch int64
	_, err := one(tx, "read an epoch", "SELECT epoch FROM partitions WHERE flow = $1 AND n = $2", []any{flow, int64(partition)}, &epoch)
	return epoch, err
}
