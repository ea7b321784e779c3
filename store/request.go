package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// RunRequest asks the running engine for a Run of each Flow now, on behalf of a command.
type RunRequest struct {
	ID          int64
	Flows       []string // none = all
	Since       time.Time
	Until       time.Time
	Deep        bool          // the last days, whatever the stamps say
	Plan        string        // not "": this saved plan is to be carried out, instead of all the above
	Wait        time.Duration // how long until nothing can move further
	Actor       string
	RequestedAt time.Time
	TakenAt     time.Time // zero before an engine takes it
	DoneAt      time.Time // zero before it is done
	Runs        []int64
	TimedOut    bool
	Err         *connector.Error
}

// RequestRun stores a request and gives its ID.
func (tx *Tx) RequestRun(r RunRequest) (int64, error) {
	id, err := tx.nextIDs("request", 1)
	if err != nil {
		return 0, err
	}
	_, err = tx.exec("request a Run", `INSERT INTO run_requests (id, flows, since, until, wait, actor, requested_at, taken_at, done_at, runs, timed_out, error, deep, plan)
 VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, '', 0, '', $8, $9)`, id, asJSON(r.Flows, len(r.Flows) == 0), micros(r.Since), micros(r.Until), r.Wait.Microseconds(), r.Actor, micros(tx.now), bit(r.Deep), r.Plan)
	return id, err
}

// RequestGrace is how much longer than its wait a request is worth something: who asked has given up by then.
const RequestGrace = 30 * time.Second

// OpenRunRequests lists the requests that no engine has taken and that somebody can still be waiting for, the oldest first.
func (db *DB) OpenRunRequests(ctx context.Context) ([]int64, error) {
	var out []int64
	err := each(db.view(ctx), "read requests", "SELECT id FROM run_requests WHERE taken_at = 0 AND done_at = 0 AND requested_at + wait >= $1 ORDER BY id",
		[]any{micros(db.Now().Add(-RequestGrace))}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}

// TakeRunRequest takes a request; nil when another engine has it, or had it and ended before it was done: the command that
// asked notices by its own wait.
func (db *DB) TakeRunRequest(ctx context.Context, id int64) (*RunRequest, error) {
	var out *RunRequest
	err := db.Tx(ctx, func(tx *Tx) error {
		out = nil
		n, err := tx.exec("take a request", "UPDATE run_requests SET taken_at = $2 WHERE id = $1 AND taken_at = 0 AND done_at = 0", id, micros(tx.now))
		if err != nil || n == 0 {
			return err
		}
		r, err := runRequest(tx, id)
		out = &r
		return err
	})
	return out, err
}

// ReopenRunRequest gives a request back that was taken and not done.
func (db *DB) ReopenRunRequest(ctx context.Context, id int64) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("give a request back", "UPDATE run_requests SET taken_at = 0 WHERE id = $1 AND done_at = 0", id)
		return err
	})
}

// WithdrawRunRequest closes a request that nobody took, on behalf of who asked. It says whether it was withdrawn: what was
// taken by then goes on.
func (db *DB) WithdrawRunRequest(ctx context.Context, id int64) (withdrawn bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		n, err := tx.exec("withdraw a request", "UPDATE run_requests SET done_at = $2 WHERE id = $1 AND taken_at = 0 AND done_at = 0", id, micros(tx.now))
		withdrawn = n == 1
		return err
	})
	return withdrawn, err
}

// FinishRunRequest stores what came of a request.
func (db *DB) FinishRunRequest(ctx context.Context, id int64, runs []int64, timedOut bool, fail *connector.Error) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("finish a request", "UPDATE run_requests SET done_at = $2, runs = $3, timed_out = $4, error = $5 WHERE id = $1",
			id, micros(tx.now), asJSON(runs, len(runs) == 0), bit(timedOut), errorText(fail))
		return err
	})
}

// RunRequest is a request as it stands.
func (db *DB) RunRequest(ctx context.Context, id int64) (RunRequest, error) {
	return runRequest(db.view(ctx), id)
}

func runRequest(r reader, id int64) (RunRequest, error) {
	q := RunRequest{ID: id}
	var flows, runs, fail string
	var since, until, wait, requested, taken, done, timedOut, deep int64
	found, err := one(r, "read a request", "SELECT flows, since, until, wait, actor, requested_at, taken_at, done_at, runs, timed_out, error, deep, plan FROM run_requests WHERE id = $1", []any{id},
		&flows, &since, &until, &wait, &q.Actor, &requested, &taken, &done, &runs, &timedOut, &fail, &deep, &q.Plan)
	if err != nil {
		return q, err
	}
	if !found {
		return q, connector.Errorf(connector.NotFound, "read a request", "there is no request %d", id)
	}
	q.Since, q.Until, q.RequestedAt, q.TakenAt, q.DoneAt = timeOf(since), timeOf(until), timeOf(requested), timeOf(taken), timeOf(done)
	q.Wait, q.TimedOut, q.Deep = time.Duration(wait)*time.Microsecond, timedOut != 0, deep != 0
	if err := fromJSON(flows, &q.Flows); err != nil {
		return q, r.fail("read a request", err)
	}
	if err := fromJSON(runs, &q.Runs); err != nil {
		return q, r.fail("read a request", err)
	}
	if q.Err, err = errorOf(fail); err != nil {
		return q, r.fail("read a request", err)
	}
	return q, nil
}
