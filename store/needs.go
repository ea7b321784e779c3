package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// tooLong is how long a Delivery may be blocked before it counts as needing a person.
const tooLong = 24 * time.Hour

// NeedRow counts Deliveries of a Flow that need a person for one reason.
type NeedRow struct {
	Flow   string
	State  connector.State // held, in_doubt that no look-up can end, or blocked for over a day
	Code   connector.Code  // "" of blocked
	Count  int
	Oldest time.Time // when the first of them came into that state
}

// NeedsPerson counts what needs a person, the most first within a Flow.
func (db *DB) NeedsPerson(ctx context.Context) ([]NeedRow, error) {
	var out []NeedRow
	err := each(db.view(ctx), "count what needs a person", `SELECT flow, state, error_code, COUNT(*), MIN(updated_at) FROM deliveries WHERE state IN ('held', 'blocked', 'in_doubt')
 AND (state = 'held' OR state = 'in_doubt' AND due_at = $1 OR state = 'blocked' AND updated_at < $2) GROUP BY flow, state, error_code ORDER BY COUNT(*) DESC`,
		[]any{never, micros(db.Now().Add(-tooLong))}, func(rows *sql.Rows) error {
			var r NeedRow
			var oldest int64
			err := rows.Scan(&r.Flow, &r.State, &r.Code, &r.Count, &oldest)
			r.Oldest = timeOf(oldest)
			out = append(out, r)
			return err
		})
	return out, err
}

// Reread counts what the Runs of a Flow read again with content that was known: no Delivery, and part of the unchanged of
// StateCounts.
func (db *DB) Reread(ctx context.Context, flow string, since time.Time) (int, error) {
	var same int64
	_, err := one(db.view(ctx), "count reads", "SELECT COALESCE(SUM(same_count), 0) FROM runs WHERE flow = $1 AND started_at >= $2", []any{flow, micros(since)}, &same)
	return int(same), err
}

// StateCounts counts the Deliveries of a Flow by state: those of the Runs that were started since a time, or with a zero
// time all.
func (db *DB) StateCounts(ctx context.Context, flow string, since time.Time) (connector.Counts, error) {
	var c connector.Counts
	err := each(db.view(ctx), "count Deliveries", `SELECT state, COUNT(*) FROM deliveries WHERE run IN (SELECT id FROM runs WHERE flow = $1 AND started_at >= $2) GROUP BY state`,
		[]any{flow, micros(since)}, func(rows *sql.Rows) error {
			var s connector.State
			var n int
			err := rows.Scan(&s, &n)
			c.Add(s, n)
			return err
		})
	if err != nil {
		return c, err
	}
	var read, same int64
	_, err = one(db.view(ctx), "count reads", "SELECT COALESCE(SUM(read_count), 0), COALESCE(SUM(same_count), 0) FROM runs WHERE flow = $1 AND started_at >= $2", []any{flow, micros(since)}, &read, &same)
	c.Read, c.Unchanged = int(read), c.Unchanged+int(same)
	return c, err
}
