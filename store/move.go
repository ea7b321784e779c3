package store

import (
	"database/sql"
	"maps"

	connector "ml-connector"
)

// brief is what a change of state needs to know of a Delivery.
type brief struct {
	id       int64
	flow     string
	run      int64
	part     int
	state    connector.State
	record   int64
	version  int
	newest   int // Version of the Record that this Flow has a Delivery of
	source   connector.Record
	title    string // of the source Record
	attempts int
	stage    connector.Stage
}

func briefsWhere(r reader, where string, args []any) ([]brief, error) {
	var out []brief
	err := each(r, "read Deliveries", `SELECT d.id, d.flow, d.run, d.part, d.state, d.record, d.version, r.connection, r.kind, r.ext_id, r.title, d.attempts, d.stage,
 (SELECT MAX(x.version) FROM deliveries x WHERE x.record = d.record AND x.flow = d.flow)`+
		deliveryTables+where, args, func(rows *sql.Rows) error {
		var b brief
		err := rows.Scan(&b.id, &b.flow, &b.run, &b.part, &b.state, &b.record, &b.version, &b.source.Connection, &b.source.Kind, &b.source.ID, &b.title,
			&b.attempts, &b.stage, &b.newest)
		out = append(out, b)
		return err
	})
	return out, err
}

// briefs reads Deliveries by ID and keeps them from changing until the transaction ends.
func (tx *Tx) briefs(ids []int64) ([]brief, error) {
	var out []brief
	err := chunks(ids, func(part []int64) error {
		var args []any
		in := list(&args, part)
		some, err := briefsWhere(tx, "WHERE d.id IN ("+in+") ORDER BY d.id"+tx.db.dialect.lock("d"), args)
		out = append(out, some...)
		return err
	})
	return out, err
}

// move changes the state of Deliveries and leaves an Entry for each, made after the given one. What they waited for is
// forgotten. Those that wait then are due now, and start afresh: their failures and look-ups are forgotten as well.
func (tx *Tx) move(old []brief, to connector.State, fail *connector.Error, e connector.Entry) error {
	if len(old) == 0 {
		return nil
	}
	ids := make([]int64, len(old))
	for i, b := range old {
		ids[i] = b.id
	}
	now := micros(tx.now)
	due := int64(0)
	if to == connector.Waiting || to == connector.InDoubt {
		due = now
	}
	err := chunks(ids, func(part []int64) error {
		args := []any{string(to), due, errorCode(fail), errorText(fail), now, bit(to == connector.InDoubt)}
		in := list(&args, part)
		if _, err := tx.exec("move Deliveries", `UPDATE deliveries SET state = $1, due_at = $2, error_code = $3, error = $4, updated_at = $5, failures = 0, looks = 0, looked_at = 0,
 blocked_on = '', doubted = CASE WHEN $6 = 1 THEN 1 ELSE doubted END WHERE id IN (`+in+")", args...); err != nil {
			return err
		}
		args = nil
		in = list(&args, part)
		_, err := tx.exec("forget what Deliveries waited for", "DELETE FROM waits WHERE delivery IN ("+in+")", args...)
		return err
	})
	if err == nil && due > 0 {
		old, err = tx.respread(old)
	}
	if err != nil {
		return err
	}
	for _, b := range old {
		tx.enterMove(b, to, fail, e)
	}
	return nil
}

// enterMove leaves the Entry of one change of state, and notes whom it wakes.
func (tx *Tx) enterMove(b brief, to connector.State, fail *connector.Error, e connector.Entry) {
	if to == connector.Waiting || to == connector.InDoubt {
		tx.wakeUp(b.flow, b.part)
	}
	e.Details = maps.Clone(e.Details)
	if e.Details == nil {
		e.Details = map[string]string{}
	}
	e.Details["from"] = string(b.state)
	e.Details["to"] = string(to)
	if fail != nil {
		e.Details["code"] = string(fail.Code)
		if e.Exchange == "" {
			e.Exchange = fail.Exchange
		}
	}
	e.Subject, e.Run, e.Delivery = b.subject(), b.run, b.id
	tx.Enter(e)
}

func (b brief) subject() string { return b.source.String() }

// waitAgain lets Deliveries wait, whatever they were.
func (tx *Tx) waitAgain(ids []int64, e connector.Entry) error {
	old, err := tx.briefs(ids)
	if err != nil {
		return err
	}
	return tx.move(old, connector.Waiting, nil, e)
}
