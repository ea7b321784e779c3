package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// Assignment says who sees to a Delivery, and what was noted of it. Both belong to its Record and Flow, and so outlive its Version.
type Assignment struct {
	Person string // "" = nobody
	By     string
	At     time.Time
	Notes  []Note // the oldest first
}

// Note is what a person noted of a Delivery.
type Note struct {
	Text string
	By   string
	At   time.Time
}

// Assign gives Deliveries to a person, "" to nobody. The ledger keeps who and to whom.
func (tx *Tx) Assign(ids []int64, person, actor string) error {
	const op = "assign a delivery"
	for _, id := range ids {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		if person == "" {
			_, err = tx.exec(op, "DELETE FROM assignments WHERE record = $1 AND flow = $2", d.RecordKey, d.Flow)
		} else {
			_, err = tx.exec(op, `INSERT INTO assignments (record, flow, person, said_by, said_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (record, flow) DO UPDATE SET person = excluded.person, said_by = excluded.said_by, said_at = excluded.said_at`, d.RecordKey, d.Flow, person, actor, micros(tx.now))
		}
		if err != nil {
			return err
		}
		e := connector.Entry{Actor: actor, Action: "delivery.assigned", Subject: d.Record.String(), Run: d.Run, Delivery: id, Details: map[string]string{"person": person}}
		if person == "" {
			e.Details = map[string]string{"person": "nobody"}
		}
		tx.Enter(e)
	}
	return nil
}

// Note keeps what a person noted of a Delivery. The ledger keeps that something was noted, and not what.
func (tx *Tx) Note(id int64, text, actor string) error {
	d, err := tx.Delivery(id)
	if err != nil {
		return err
	}
	n, err := tx.nextIDs("note", 1)
	if err != nil {
		return err
	}
	if _, err := tx.exec("note something", "INSERT INTO notes (id, record, flow, text, said_by, said_at) VALUES ($1, $2, $3, $4, $5, $6)", n, d.RecordKey, d.Flow, text, actor, micros(tx.now)); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: actor, Action: "delivery.noted", Subject: d.Record.String(), Run: d.Run, Delivery: id})
	return nil
}

// Assignments gives who sees to Deliveries and what was noted of them, by ID; those of which nobody said anything are left out.
func (db *DB) Assignments(ctx context.Context, ids []int64) (map[int64]Assignment, error) {
	const op = "read assignments"
	out := map[int64]Assignment{}
	v := db.view(ctx)
	return out, chunks(ids, func(part []int64) error {
		var args []any
		in := list(&args, part)
		err := each(v, op, "SELECT d.id, a.person, a.said_by, a.said_at FROM deliveries d JOIN assignments a ON a.record = d.record AND a.flow = d.flow WHERE d.id IN ("+in+")", args, func(rows *sql.Rows) error {
			var id, at int64
			var a Assignment
			err := rows.Scan(&id, &a.Person, &a.By, &at)
			a.At = timeOf(at)
			out[id] = a
			return err
		})
		if err != nil {
			return err
		}
		return each(v, op, "SELECT d.id, n.text, n.said_by, n.said_at FROM deliveries d JOIN notes n ON n.record = d.record AND n.flow = d.flow WHERE d.id IN ("+in+") ORDER BY n.id", args, func(rows *sql.Rows) error {
			var id, at int64
			var n Note
			err := rows.Scan(&id, &n.Text, &n.By, &at)
			n.At = timeOf(at)
			a := out[id]
			a.Notes = append(a.Notes, n)
			out[id] = a
			return err
		})
	})
}
