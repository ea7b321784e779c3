package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// DecidedSince gives the Flow's newest Deliveries of Records whose newest Version was read since a time, with all that a decision
// needs: those that were decided and can be decided again. They come by ID, after one that was given before; at most limit.
func (db *DB) DecidedSince(ctx context.Context, flow string, since time.Time, after int64, limit int) ([]Work, error) {
	v := db.view(ctx)
	return db.works(v, flow, `WHERE d.flow = $1 AND d.id > $2 AND d.state IN ('filtered', 'unchanged', 'blocked', 'held', 'delivered') AND v.seen_at >= $3 AND v.document <> 0
 AND NOT EXISTS (SELECT 1 FROM deliveries n WHERE n.record = d.record AND n.flow = d.flow AND n.version > d.version) ORDER BY d.id LIMIT $4`,
		[]any{flow, after, micros(since), int64(limit)})
}

// Reapply lets Deliveries be decided again by the rules as they are now; those that meanwhile are somewhere else stay.
func (tx *Tx) Reapply(ids []int64, since time.Time, actor string) (n int, err error) {
	old, err := tx.briefs(ids)
	if err != nil {
		return 0, err
	}
	var again []brief
	for _, b := range old {
		switch b.state {
		case connector.Filtered, connector.Unchanged, connector.Blocked, connector.Held, connector.Delivered:
			again = append(again, b)
		}
	}
	return len(again), tx.move(again, connector.Waiting, nil, connector.Entry{Actor: actor, Action: "delivery.released", Details: map[string]string{"reason": "the rules are applied again", "since": since.UTC().Format(time.RFC3339)}})
}

// Stand is where a Delivery is.
type Stand struct {
	ID    int64
	Flow  string
	State connector.State
}

// Stands says where Deliveries are, by ID; those that there are not are left out.
func (db *DB) Stands(ctx context.Context, ids []int64) ([]Stand, error) {
	var out []Stand
	v := db.view(ctx)
	err := chunks(ids, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(v, "read where Deliveries are", "SELECT id, flow, state FROM deliveries WHERE id IN ("+in+") ORDER BY id", args, func(rows *sql.Rows) error {
			var s Stand
			err := rows.Scan(&s.ID, &s.Flow, &s.State)
			out = append(out, s)
			return err
		})
	})
	return out, err
}
