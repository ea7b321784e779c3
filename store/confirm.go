package store

import (
	"context"
	"database/sql"

	connector "ml-connector"
	"ml-connector/people"
)

// ConfirmOp marks the errors of Deliveries that wait for a second person.
const ConfirmOp = "confirm a change"

// VersionDocument is the content of one Version of a Record; known is false when there is none any more.
func (db *DB) VersionDocument(ctx context.Context, rec connector.Record, n int) (doc connector.Document, known bool, err error) {
	v := db.view(ctx)
	var body int64
	found, err := one(v, "read a Version", `SELECT v.document FROM records r JOIN versions v ON v.record = r.id AND v.n = $4 WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id = $3`,
		[]any{rec.Connection, string(rec.Kind), rec.ID, n}, &body)
	if err != nil || !found || body == 0 {
		return nil, false, err
	}
	docs, err := db.documents(v, []int64{body})
	return docs[body], docs[body] != nil, err
}

// Approved says whether a second person approved what a Delivery brings.
func (db *DB) Approved(ctx context.Context, id int64) (bool, error) {
	var n int
	return one(db.view(ctx), "look for an approval", "SELECT 1 FROM entries e WHERE e.delivery > 0 AND e.delivery = $1 AND e.action = 'delivery.approved' LIMIT 1", []any{id}, &n)
}

// Approve lets Deliveries go on that wait for a second person. Who replayed one of them, or linked its Record, is the first.
func (tx *Tx) Approve(ids []int64, actor string) error {
	const op = "approve"
	old, err := tx.lastWord(op, ids)
	if err != nil {
		return err
	}
	for _, b := range old {
		d, err := firstDelivery(tx, "WHERE d.id = $1", []any{b.id})
		if err != nil {
			return err
		}
		if b.state != connector.Held || d == nil || d.Err == nil || d.Err.Op != ConfirmOp {
			return connector.Errorf(connector.Conflict, op, "delivery %d does not wait for a second person", b.id).Advise("`ml-connector delivery show %d` says what it waits for.", b.id)
		}
		if err := b.isNewest(op); err != nil {
			return err
		}
		did, err := tx.firstPerson(b, actor)
		if err != nil {
			return err
		}
		if did != "" {
			return connector.Errorf(connector.Forbidden, op, "%s has done %s of delivery %d or its record, and nobody approves their own", actor, did, b.id).Advise("A second person approves it.")
		}
	}
	return tx.move(old, connector.Waiting, nil, connector.Entry{Actor: actor, Action: "delivery.approved"})
}

// firstPerson is what somebody has done with a Delivery or the Link of its Record, "" nothing.
func (tx *Tx) firstPerson(b brief, actor string) (did string, err error) {
	const op = "look for who did what"
	links, err := tx.db.linkSubjects(tx, b.source)
	if err != nil {
		return "", err
	}
	look := func(from string, args []any) error {
		return each(tx, op, "SELECT e.action, e.actor FROM entries e WHERE "+from, args, func(rows *sql.Rows) error {
			var action, by string
			err := rows.Scan(&action, &by)
			if did == "" && people.Same(by, actor) {
				did = action
			}
			return err
		})
	}
	if err := look("e.delivery > 0 AND e.delivery = $1 AND e.action NOT IN ('delivery.approved', 'delivery.assigned', 'delivery.noted')", []any{b.id}); err != nil || did != "" {
		return did, err
	}
	var args []any
	in := list(&args, append(links, b.source.String()))
	return did, look("e.delivery = 0 AND e.subject IN ("+in+") AND e.action IN ('link.made', 'link.moved')", args)
}

// linkSubjects are the subjects of the Entries of a Record's Links: the side whose Connection's name has the smaller bytes.
func (db *DB) linkSubjects(r reader, rec connector.Record) ([]string, error) {
	var out []string
	err := each(r, "read Links", `SELECT a_connection, a_id FROM links WHERE kind = $1 AND (a_connection = $2 AND a_id = $3 OR b_connection = $2 AND b_id = $3)`,
		[]any{string(rec.Kind), rec.Connection, rec.ID}, func(rows *sql.Rows) error {
			l := connector.Record{Kind: rec.Kind}
			err := rows.Scan(&l.Connection, &l.ID)
			out = append(out, l.String())
			return err
		})
	return out, err
}
