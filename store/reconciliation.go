package store

import (
	"context"
	"database/sql"
	"time"
)

// Reconciliation is how both sides of a Flow stood to each other when somebody looked. The text is the caller's.
type Reconciliation struct {
	ID    int64
	Flow  string
	Since time.Time
	Until time.Time
	Actor string
	At    time.Time
	Text  []byte
}

// KeepReconciliation keeps one and gives its ID.
func (tx *Tx) KeepReconciliation(r Reconciliation) (int64, error) {
	const op = "keep a reconciliation"
	id, err := tx.nextIDs("reconciliation", 1)
	if err != nil {
		return 0, err
	}
	b := hashed(r.Text)
	if err := tx.keep([]*body{b}); err != nil {
		return 0, err
	}
	_, err = tx.exec(op, "INSERT INTO reconciliations (id, flow, since, until, actor, at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id, r.Flow, micros(r.Since), micros(r.Until), r.Actor, micros(tx.now), b.id)
	return id, err
}

// LastReconciliation is the newest one of a Flow, nil when there is none.
func (db *DB) LastReconciliation(ctx context.Context, flow string) (*Reconciliation, error) {
	var out *Reconciliation
	var ref int64
	v := db.view(ctx)
	err := each(v, "read a reconciliation", "SELECT id, flow, since, until, actor, at, body FROM reconciliations WHERE flow = $1 ORDER BY id DESC LIMIT 1", []any{flow}, func(rows *sql.Rows) error {
		var since, until, at int64
		out = &Reconciliation{}
		err := rows.Scan(&out.ID, &out.Flow, &since, &until, &out.Actor, &at, &ref)
		out.Since, out.Until, out.At = timeOf(since), timeOf(until), timeOf(at)
		return err
	})
	if err != nil || out == nil {
		return nil, err
	}
	err = db.contents(v, []int64{ref}, func(_ int64, content []byte) error {
		out.Text = content
		return nil
	})
	return out, err
}
