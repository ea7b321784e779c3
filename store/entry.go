package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	connector "ml-connector"
)

// Engine is the actor of what nobody asked for.
const Engine = "engine"

// Enter adds an Entry to the ledger. It gets its number and its hash when the transaction commits, and the transaction's
// time unless it has one. Without an Actor it is the engine's.
func (tx *Tx) Enter(e connector.Entry) {
	if e.Actor == "" {
		e.Actor = Engine
	}
	if e.Time.IsZero() {
		e.Time = tx.now
	}
	e.Time = micro(e.Time)
	tx.entries = append(tx.entries, e)
}

// seal numbers and chains the transaction's Entries. The head row is touched last: whoever holds it commits next.
func (tx *Tx) seal() error {
	const op = "write the ledger"
	if len(tx.entries) == 0 {
		return nil
	}
	var number int64
	var prev string
	if _, err := one(tx, op, "SELECT number, hash FROM head WHERE id = 1"+tx.db.dialect.lock("head"), nil, &number, &prev); err != nil {
		return err
	}
	rows := make([][]any, len(tx.entries))
	var buf []byte
	for i := range tx.entries {
		e := &tx.entries[i]
		number++
		e.Number = number
		details, written := string(textsJSON(e.Details)), "null"
		if details != "" {
			written = details
		}
		prev, buf = link(buf, *e, written, prev)
		rows[i] = []any{e.Number, micros(e.Time), e.Actor, e.Action, e.Subject, e.Run, e.Delivery, e.Exchange, details, hashBytes(prev)}
	}
	_, err := tx.insert(op, "INSERT INTO entries (number, at, actor, action, subject, run, delivery, exchange, details, hash)", "", rows)
	if err != nil {
		return err
	}
	_, err = tx.exec(op, "UPDATE head SET number = $1, hash = $2 WHERE id = 1", number, prev)
	return err
}

const entryColumns = "number, at, actor, action, subject, run, delivery, exchange, details, hash"

func scanEntry(rows *sql.Rows) (connector.Entry, error) {
	e, details, err := scanRawEntry(rows)
	if err != nil {
		return e, err
	}
	return e, fromJSON(details, &e.Details)
}

// scanRawEntry leaves the details as they are stored: "" for none.
func scanRawEntry(rows *sql.Rows) (e connector.Entry, details string, err error) {
	var at int64
	var hash []byte
	err = rows.Scan(&e.Number, &at, &e.Actor, &e.Action, &e.Subject, &e.Run, &e.Delivery, &e.Exchange, &details, &hash)
	e.Time, e.Hash = time.UnixMicro(at).UTC(), hexHash(hash)
	return e, details, err
}

// nextNumbers raises the last number of a series by some and returns it.
const nextNumbers = `INSERT INTO counters (name, n) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = counters.n + excluded.n RETURNING n`

// nextIDs gives n new IDs of a series that follow each other; the first of them is returned.
func (tx *Tx) nextIDs(series string, n int) (int64, error) {
	if n == 0 {
		return 0, nil
	}
	op := "number " + series
	if tx.db.ahead != nil && unordered(series) {
		first, err := tx.db.ahead.take(tx.ctx, series, int64(n))
		if err != nil {
			return 0, tx.fail(op, err)
		}
		return first, nil
	}
	var last int64
	_, err := one(tx, op, nextNumbers, []any{series, int64(n)}, &last)
	return last - int64(n) + 1, err
}

func subject(connection, kind, id string) string {
	return strings.Join([]string{connection, kind, id}, ":")
}

// EntryFilter chooses Entries; zero fields choose all.
type EntryFilter struct {
	Subject  string // the Entries of a Record (CONNECTION:KIND:ID) include those of its Deliveries
	Delivery int64
	Run      int64 // its own and those of its Deliveries
	Actor    string
	Action   string // delivery.held; or with a dot at the end all of a group: delivery.
	After    int64  // only later ones; with Newest only earlier ones
	Until    int64  // only up to this number
	Limit    int    // 0 = all
	Newest   bool   // the newest first
}

// Entries lists Entries of the ledger.
func (db *DB) Entries(ctx context.Context, f EntryFilter) ([]connector.Entry, error) {
	var out []connector.Entry
	err := db.EachEntry(ctx, f, func(e connector.Entry) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

// EachEntry calls fn for every Entry of a list, one by one, so that it may be of any length. An error of fn ends it.
func (db *DB) EachEntry(ctx context.Context, f EntryFilter, fn func(connector.Entry) error) error {
	var q conditions
	if f.Subject != "" {
		connection, rest, _ := strings.Cut(f.Subject, ":")
		kind, id, _ := strings.Cut(rest, ":")
		q.add(true, `(e.delivery = 0 AND e.subject = ? OR e.delivery > 0 AND e.delivery IN
 (SELECT d.id FROM deliveries d JOIN records r ON r.id = d.record WHERE r.connection = ? AND r.kind = ? AND r.ext_id = ?))`, f.Subject, connection, kind, id)
	}
	q.add(f.Delivery != 0, "e.delivery = ? AND e.delivery > 0", f.Delivery)
	q.add(f.Run != 0, "(e.delivery = 0 AND e.run > 0 AND e.run = ? OR e.delivery > 0 AND e.delivery IN (SELECT d.id FROM deliveries d WHERE d.run = ?))", f.Run, f.Run)
	q.add(f.Actor != "", "e.actor = ?", f.Actor)
	if strings.HasSuffix(f.Action, ".") {
		q.add(true, `e.action LIKE ? ESCAPE '\'`, likeText(f.Action)+"%")
	} else {
		q.add(f.Action != "", "e.action = ?", f.Action)
	}
	q.add(f.After != 0 && !f.Newest, "e.number > ?", f.After)
	q.add(f.After != 0 && f.Newest, "e.number < ?", f.After)
	q.add(f.Until != 0, "e.number <= ?", f.Until)
	order := " ORDER BY e.number"
	if f.Newest {
		order += " DESC"
	}
	return each(db.view(ctx), "read the ledger", "SELECT "+entryColumns+" FROM entries e "+q.where()+order+q.limit(f.Limit), q.args, func(rows *sql.Rows) error {
		e, err := scanEntry(rows)
		if err != nil {
			return err
		}
		return fn(e)
	})
}
