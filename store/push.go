package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	connector "ml-connector"
)

// Push is one record that a System pushed and that is still to be read for that.
type Push struct {
	Connection string
	Kind       connector.Kind
	Number     string // that people know the record by
	Exchange   string // of the last push that named it
	Pushed     int64  // pushes so far that named it
	Looks      int64  // reads that did not find it
	DueAt      time.Time
}

// KeepPush keeps what a System pushed, and that the records with these numbers are to be read. When it returns without an
// error, no crash loses it.
func (db *DB) KeepPush(ctx context.Context, x connector.Exchange, kind connector.Kind, numbers []string) error {
	p := db.packExchanges([]connector.Exchange{x})
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers))) // in one order: two that name the same do not lock each other out
	return db.Tx(ctx, func(tx *Tx) error {
		if err := tx.keepExchanges(p); err != nil {
			return err
		}
		for _, number := range numbers {
			if _, err := tx.exec("keep a push", `INSERT INTO pushes (number, kind, connection, exchange, pushed, looks, due_at) VALUES ($1, $2, $3, $4, 1, 0, $5)
 ON CONFLICT (number, kind, connection) DO UPDATE SET exchange = excluded.exchange, pushed = pushes.pushed + 1, looks = 0, due_at = excluded.due_at`,
				number, string(kind), x.Connection, x.ID, micros(tx.now)); err != nil {
				return err
			}
			tx.Enter(connector.Entry{Actor: x.Connection, Action: "push.received", Subject: "connection:" + x.Connection, Exchange: x.ID,
				Details: map[string]string{"kind": string(kind), "number": number}})
		}
		return nil
	})
}

// PushesDue lists, of each Connection, the Kinds of which something is to be read by a time.
func (db *DB) PushesDue(ctx context.Context, due time.Time) ([]Push, error) {
	var out []Push
	err := each(db.view(ctx), "read pushes", "SELECT connection, kind, MIN(due_at) FROM pushes WHERE due_at <= $1 GROUP BY connection, kind ORDER BY connection, kind", []any{micros(due)}, func(rows *sql.Rows) error {
		var p Push
		var at int64
		err := rows.Scan(&p.Connection, &p.Kind, &at)
		p.DueAt = timeOf(at)
		out = append(out, p)
		return err
	})
	return out, err
}

// Pushes lists what of a Connection and Kind is to be read by a time, the longest due first.
func (db *DB) Pushes(ctx context.Context, connection string, kind connector.Kind, due time.Time, limit int) ([]Push, error) {
	var out []Push
	err := each(db.view(ctx), "read pushes", "SELECT number, exchange, pushed, looks, due_at FROM pushes WHERE connection = $1 AND kind = $2 AND due_at <= $3 ORDER BY due_at LIMIT $4",
		[]any{connection, string(kind), micros(due), int64(limit)}, func(rows *sql.Rows) error {
			p := Push{Connection: connection, Kind: kind}
			var at int64
			err := rows.Scan(&p.Number, &p.Exchange, &p.Pushed, &p.Looks, &at)
			p.DueAt = timeOf(at)
			out = append(out, p)
			return err
		})
	return out, err
}

// PushDone takes a push away that needs no more reading, with an Entry that says what came of it; record is the one that was
// read, zero for none. What was pushed again meanwhile stays to be read.
func (tx *Tx) PushDone(p Push, record connector.Record, result string) error {
	n, err := tx.exec("end a push", "DELETE FROM pushes WHERE number = $1 AND kind = $2 AND connection = $3 AND pushed = $4", p.Number, string(p.Kind), p.Connection, p.Pushed)
	if err != nil || n == 0 {
		return err
	}
	e := connector.Entry{Action: "push.done", Subject: "connection:" + p.Connection, Exchange: p.Exchange,
		Details: map[string]string{"kind": string(p.Kind), "number": p.Number, "pushes": strconv.FormatInt(p.Pushed, 10), "result": result}}
	if record.ID != "" {
		e.Subject = record.String()
	}
	tx.Enter(e)
	return nil
}

// PushLater has a push read again at a time; looked says that the System was asked and does not show the record. One that was
// pushed again meanwhile keeps its time.
func (tx *Tx) PushLater(p Push, due time.Time, looked bool) error {
	_, err := tx.exec("put a push off", "UPDATE pushes SET due_at = $5, looks = looks + $6 WHERE number = $1 AND kind = $2 AND connection = $3 AND pushed = $4",
		p.Number, string(p.Kind), p.Connection, p.Pushed, micros(due), bit(looked))
	return err
}

// Pushed is one record that a System named in a push, and what became of that.
type Pushed struct {
	Kind     connector.Kind
	Number   string
	At       time.Time
	Exchange string
	Result   string           // "" = it is still to be read
	Record   connector.Record // that was read; zero for none
	Looks    int64            // reads so far that did not find it, and
	DueAt    time.Time        // when the next one is, of what is still to be read
}

// LastPushes lists what a Connection pushed, the newest first, at most limit.
func (db *DB) LastPushes(ctx context.Context, connection string, limit int) ([]Pushed, error) {
	v := db.view(ctx)
	named, err := entriesOf(v, "connection:"+connection, "push.received", "DESC", 0, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Pushed, 0, len(named))
	for _, e := range named {
		p := Pushed{Kind: connector.Kind(e.Details["kind"]), Number: e.Details["number"], At: e.Time, Exchange: e.Exchange}
		var due int64
		waits, err := one(v, "read pushes", "SELECT looks, due_at FROM pushes WHERE number = $1 AND kind = $2 AND connection = $3", []any{p.Number, string(p.Kind), connection}, &p.Looks, &due)
		if err != nil {
			return nil, err
		}
		if waits {
			p.DueAt = timeOf(due)
		} else if err := db.pushEnd(ctx, connection, e.Number, &p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// pushEnd finds what became of a push: the first Entry after it that ends one of its number.
func (db *DB) pushEnd(ctx context.Context, connection string, after int64, p *Pushed) error {
	const most = 100 // Entries of other numbers that are passed over
	subjects := []string{"connection:" + connection}
	rows, err := db.RecordByNumber(ctx, connection, p.Kind, p.Number)
	if err != nil {
		return err
	}
	of := map[string]connector.Record{}
	for _, r := range rows {
		subjects = append(subjects, r.Record.String())
		of[r.Record.String()] = r.Record
	}
	for _, s := range subjects {
		ends, err := entriesOf(db.view(ctx), s, "push.done", "ASC", after, most)
		if err != nil {
			return err
		}
		for _, e := range ends {
			if e.Details["number"] == p.Number && e.Details["kind"] == string(p.Kind) {
				p.Result, p.Record = e.Details["result"], of[s]
				return nil
			}
		}
	}
	return nil
}

// LastRefused is the newest Entry of a push of a Connection that was refused, nil for none.
func (db *DB) LastRefused(ctx context.Context, connection string) (*connector.Entry, error) {
	es, err := entriesOf(db.view(ctx), "connection:"+connection, "push.refused", "DESC", 0, 1)
	if err != nil || len(es) == 0 {
		return nil, err
	}
	return &es[0], nil
}

// entriesOf lists Entries of one subject and action that belong to no Delivery.
func entriesOf(r reader, subject, action, order string, after int64, limit int) ([]connector.Entry, error) {
	var out []connector.Entry
	err := each(r, "read the ledger", "SELECT "+entryColumns+" FROM entries e WHERE e.delivery = 0 AND e.subject = $1 AND e.action = $2 AND e.number > $3 ORDER BY e.number "+order+" LIMIT $4",
		[]any{subject, action, after, int64(limit)}, func(rows *sql.Rows) error {
			e, err := scanEntry(rows)
			out = append(out, e)
			return err
		})
	return out, err
}
