package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

const deliveryColumns = `d.id, d.flow, d.run, d.kind, d.record, d.version, d.part, d.state, d.attempts, d.failures, d.due_at, d.error, d.operation, d.sent, d.sent_body,
 d.sent_at, d.looks, d.looked_at, d.chosen, d.forced, d.target, d.target_id, d.blocked_on, d.life, d.healed, d.lost, d.created_at, d.updated_at, r.connection, r.ext_id, ` + toldColumn

const deliveryTables = " FROM deliveries d JOIN records r ON r.id = d.record "

// deliveryScan holds what needs a conversion between a row and a Delivery.
type deliveryScan struct {
	d                                      connector.Delivery
	sent                                   []byte
	body                                   int64
	due, sentAt, looked, created, updated  int64
	fail, chosen, target, id, blocks, life string
	told                                   string
	forced                                 int64
}

func (s *deliveryScan) into() []any {
	d := &s.d
	return []any{&d.ID, &d.Flow, &d.Run, &d.Kind, &d.RecordKey, &d.Version, &d.Partition, &d.State, &d.Attempts, &d.Failures, &s.due, &s.fail, &d.Operation, &s.sent, &s.body,
		&s.sentAt, &d.Looks, &s.looked, &s.chosen, &s.forced, &s.target, &s.id, &s.blocks, &s.life, &d.Healed, &d.Lost, &s.created, &s.updated, &d.Record.Connection, &d.Record.ID, &s.told}
}

func (s *deliveryScan) delivery() (connector.Delivery, error) {
	d := s.d
	d.Record.Kind = d.Kind
	d.DueAt, d.SentAt, d.LookedAt, d.CreatedAt, d.UpdatedAt = timeOf(s.due), timeOf(s.sentAt), timeOf(s.looked), timeOf(s.created), timeOf(s.updated)
	d.Forced = s.forced != 0
	if len(s.sent) > 0 {
		d.Sent = sentRef(s.sent, s.body)
	}
	if s.id != "" {
		d.Target = connector.Record{Connection: s.target, Kind: d.Kind, ID: s.id}
	}
	var err error
	if d.Err, err = errorOf(s.fail); err != nil {
		return d, err
	}
	if err := fromJSON(s.chosen, &d.Chosen); err != nil {
		return d, err
	}
	if err := fromJSON(s.blocks, &d.BlockedOn); err != nil {
		return d, err
	}
	if d.Told, err = toldOf(s.told); err != nil {
		return d, err
	}
	if s.life != "" {
		d.Life = &connector.Life{}
		return d, fromJSON(s.life, d.Life)
	}
	return d, nil
}

func scanDelivery(rows *sql.Rows) (connector.Delivery, error) {
	var s deliveryScan
	if err := rows.Scan(s.into()...); err != nil {
		return s.d, err
	}
	return s.delivery()
}

func deliveriesWhere(r reader, where string, args []any) ([]connector.Delivery, error) {
	var out []connector.Delivery
	err := each(r, "read Deliveries", "SELECT "+deliveryColumns+deliveryTables+where, args, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows)
		out = append(out, d)
		return err
	})
	return out, err
}

func firstDelivery(r reader, where string, args []any) (*connector.Delivery, error) {
	ds, err := deliveriesWhere(r, where, args)
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	return &ds[0], nil
}

// LastDelivery is the Delivery of a Record's newest Version by one Flow; nil when there is none.
func (db *DB) LastDelivery(ctx context.Context, flow string, rec connector.Record) (*connector.Delivery, error) {
	return firstDelivery(db.view(ctx), "WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id = $3 AND d.flow = $4 ORDER BY d.version DESC LIMIT 1",
		[]any{rec.Connection, string(rec.Kind), rec.ID, flow})
}

// HeldOn is a Delivery of a Flow that is held and names rec: it waits for a decision about it. Nil when there is none.
func (db *DB) HeldOn(ctx context.Context, flow string, rec connector.Record) (*connector.Delivery, error) {
	return firstDelivery(db.view(ctx), `WHERE d.id IN (SELECT w.delivery FROM waits w WHERE w.kind = $1 AND w.connection = $2 AND w.ext_id = $3)
 AND d.flow = $4 AND d.state = 'held' ORDER BY d.id LIMIT 1`, []any{string(rec.Kind), rec.Connection, rec.ID, flow})
}

// BlockedRow is a blocked Delivery and what it waits for.
type BlockedRow struct {
	Delivery int64
	Refs     []connector.Ref
}

// BlockedOf lists the blocked Deliveries of a Flow's Runs before one, oldest first.
func (db *DB) BlockedOf(ctx context.Context, flow string, before int64) ([]BlockedRow, error) {
	var out []BlockedRow
	err := each(db.view(ctx), "read blocked Deliveries", `SELECT id, blocked_on FROM deliveries
 WHERE state IN ('held', 'blocked', 'in_doubt') AND state = 'blocked' AND flow = $1 AND run < $2 ORDER BY id`, []any{flow, before}, func(rows *sql.Rows) error {
		var b BlockedRow
		var refs string
		if err := rows.Scan(&b.Delivery, &refs); err != nil {
			return err
		}
		err := fromJSON(refs, &b.Refs)
		out = append(out, b)
		return err
	})
	return out, err
}

// KnownStamp says that a Flow has a Delivery of a Record's last Version, and that the Record has this stamp: its content
// need not be read again.
func (db *DB) KnownStamp(ctx context.Context, flow, connection string, kind connector.Kind, extID, stamp string) (bool, error) {
	if stamp == "" {
		return false, nil
	}
	var n int
	return one(db.view(ctx), "look for a stamp", `SELECT 1 FROM records r JOIN deliveries d ON d.record = r.id AND d.flow = $1 AND d.version = r.version
 WHERE r.connection = $2 AND r.kind = $3 AND r.ext_id = $4 AND r.stamp = $5`, []any{flow, connection, string(kind), extID, stamp}, &n)
}

// KnownContent says that a Flow has a Delivery of a Record's last Version, and that this has the given fingerprint.
func (db *DB) KnownContent(ctx context.Context, flow, connection string, kind connector.Kind, extID, fingerprint string) (bool, error) {
	hash, err := unhex(fingerprint)
	if err != nil {
		return false, err
	}
	var n int
	return one(db.view(ctx), "look for a content", `SELECT 1 FROM records r JOIN deliveries d ON d.record = r.id AND d.flow = $1 AND d.version = r.version
 WHERE r.connection = $2 AND r.kind = $3 AND r.ext_id = $4 AND r.hash = $5`, []any{flow, connection, string(kind), extID, hash}, &n)
}

// ControlRow is a Delivery that made an object at its target: proof that a look-up which finds it sees.
type ControlRow struct {
	Delivery int64
	TargetID string
	Document connector.Document // as it was sent; nil when retention removed it
	SentAt   time.Time
}

// newest is among how many of the newest Deliveries a control is looked for.
const newest = 100_000

// ControlFor is the newest create that was delivered to a Connection and was begun after the given time; with a zero time
// the newest at all. Nil when there is none among the last hundred thousand Deliveries.
func (db *DB) ControlFor(ctx context.Context, toConnection string, kind connector.Kind, after time.Time) (*ControlRow, error) {
	const op = "look for a control"
	v := db.view(ctx)
	var row ControlRow
	var sent, at int64
	found, err := one(v, op, `SELECT d.id, d.target_id, d.sent_body, d.sent_at FROM deliveries d
 WHERE d.id > (SELECT COALESCE(MAX(id), 0) FROM deliveries) - $1 AND d.target = $2 AND d.kind = $3 AND d.state = 'delivered' AND d.operation = 'create'
 AND d.target_id <> '' AND d.sent_at > $4 ORDER BY d.id DESC LIMIT 1`, []any{int64(newest), toConnection, string(kind), micros(after)}, &row.Delivery, &row.TargetID, &sent, &at)
	if err != nil || !found {
		return nil, err
	}
	row.SentAt = timeOf(at)
	docs, err := db.documents(v, []int64{sent})
	row.Document = docs[sent]
	return &row, err
}
