package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	connector "ml-connector"
)

// BeginRun stores a new Run and gives its ID.
func (tx *Tx) BeginRun(r connector.Run) (int64, error) {
	id, err := tx.nextIDs("run", 1)
	if err != nil {
		return 0, err
	}
	if r.StartedAt.IsZero() {
		r.StartedAt = tx.now
	}
	_, err = tx.exec("begin a Run", `INSERT INTO runs (id, flow, source, target, kind, cause, window_from, window_to, started_at, ended_at, read_count, same_count, error)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, '')`,
		id, r.Flow, r.From, r.To, string(r.Kind), string(r.Trigger), micros(r.Window.From), micros(r.Window.To), micros(r.StartedAt))
	if err != nil {
		return 0, err
	}
	tx.Enter(connector.Entry{Action: "run.begin", Subject: "flow:" + r.Flow, Run: id, Details: map[string]string{"trigger": string(r.Trigger)}})
	return id, nil
}

// EndRun ends a Run, with the error that broke it off or with none. What it accepted stays; the cursor does not move.
// One that ended well stays so: who did not hear of it, or failed at what follows, can't take that back.
func (tx *Tx) EndRun(id int64, fail *connector.Error, at time.Time) error {
	const op = "end a Run"
	n, err := tx.exec(op, "UPDATE runs SET ended_at = $2, error = $3 WHERE id = $1 AND ($3 = '' OR ended_at = 0)", id, micros(at), errorText(fail))
	if err != nil {
		return err
	}
	if n == 0 {
		found, err := one(tx, op, "SELECT 1 FROM runs WHERE id = $1", []any{id}, new(int))
		if err == nil && !found {
			err = connector.Errorf(connector.NotFound, op, "there is no Run %d", id)
		}
		return err
	}
	return tx.enterRunEnd(id, fail)
}

// Abandoned chooses Runs that are not ended; zero fields choose all.
type Abandoned struct {
	Flow    string // only what read a window, or the whole
	Trigger connector.Trigger
	Before  time.Time // when they began
}

// EndAbandoned ends Runs whose process is gone.
func (tx *Tx) EndAbandoned(a Abandoned, fail *connector.Error, at time.Time) error {
	var q conditions
	q.add(true, "ended_at = ?", int64(0))
	q.add(a.Flow != "", "flow = ? AND window_from <> window_to", a.Flow)
	q.add(a.Trigger != "", "cause = ?", string(a.Trigger))
	q.add(!a.Before.IsZero(), "started_at < ?", micros(a.Before))
	var ids []int64
	err := each(tx, "look for abandoned Runs", "SELECT id FROM runs "+q.where()+" ORDER BY id", q.args, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.EndRun(id, fail, at); err != nil {
			return err
		}
	}
	return nil
}

// enterRunEnd keeps the snapshot of the Run's numbers in the ledger.
func (tx *Tx) enterRunEnd(id int64, fail *connector.Error) error {
	runs, err := runsWhere(tx, "WHERE id = $1", []any{id})
	if err != nil || len(runs) == 0 {
		return err
	}
	details := map[string]string{}
	c := runs[0].Counts
	for name, n := range map[string]int{"read": c.Read, "delivered": c.Delivered, "unchanged": c.Unchanged, "filtered": c.Filtered, "skipped": c.Skipped,
		"superseded": c.Superseded, "held": c.Held, "blocked": c.Blocked, "in_doubt": c.InDoubt, "waiting": c.Waiting} {
		if n != 0 || name == "read" {
			details[name] = strconv.Itoa(n)
		}
	}
	e := connector.Entry{Action: "run.end", Subject: "flow:" + runs[0].Flow, Run: id, Details: details}
	if fail != nil {
		details["code"], e.Exchange = string(fail.Code), fail.Exchange
	}
	tx.Enter(e)
	return nil
}

// RunFilter chooses Runs; zero fields choose all.
type RunFilter struct {
	Flow    string
	Windows bool  // only those that read a window or the whole: not what was fetched by key, nor dry runs
	Limit   int   // 0 = all
	After   int64 // only those begun before the Run with this ID
}

// Runs lists Runs with their counts, the newest first.
func (db *DB) Runs(ctx context.Context, f RunFilter) ([]connector.Run, error) {
	var q conditions
	q.add(f.Flow != "", "flow = ?", f.Flow)
	q.add(f.Windows, "window_from <> window_to AND cause <> ?", string(connector.TriggerDryRun))
	q.add(f.After != 0, "id < ?", f.After)
	return runsWhere(db.view(ctx), q.where()+" ORDER BY id DESC"+q.limit(f.Limit), q.args)
}

// RunByID is one Run with its counts.
func (db *DB) RunByID(ctx context.Context, id int64) (connector.Run, error) {
	runs, err := runsWhere(db.view(ctx), "WHERE id = $1", []any{id})
	if err != nil {
		return connector.Run{}, err
	}
	if len(runs) == 0 {
		return connector.Run{}, connector.Errorf(connector.NotFound, "read a Run", "there is no Run %d", id).Advise("`ml-connector sync -o json` and the page Runs show their numbers.")
	}
	return runs[0], nil
}

func runsWhere(r reader, where string, args []any) ([]connector.Run, error) {
	var out []connector.Run
	err := each(r, "read Runs", "SELECT id, flow, source, target, kind, cause, window_from, window_to, started_at, ended_at, read_count, same_count, error FROM runs "+where, args, func(rows *sql.Rows) error {
		var run connector.Run
		var from, to, started, ended int64
		var fail string
		err := rows.Scan(&run.ID, &run.Flow, &run.From, &run.To, &run.Kind, &run.Trigger, &from, &to, &started, &ended, &run.Counts.Read, &run.Counts.Unchanged, &fail)
		if err != nil {
			return err
		}
		run.Window = connector.Window{From: timeOf(from), To: timeOf(to)}
		run.StartedAt, run.EndedAt = timeOf(started), timeOf(ended)
		run.Err, err = errorOf(fail)
		out = append(out, run)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, count(r, out)
}

// count adds up the Deliveries of Runs by state.
func count(r reader, runs []connector.Run) error {
	at := make(map[int64]int, len(runs))
	ids := make([]int64, len(runs))
	for i, run := range runs {
		at[run.ID], ids[i] = i, run.ID
	}
	return chunks(ids, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(r, "count Deliveries", "SELECT run, state, COUNT(*) FROM deliveries WHERE run IN ("+in+") GROUP BY run, state", args, func(rows *sql.Rows) error {
			var run int64
			var state connector.State
			var n int
			if err := rows.Scan(&run, &state, &n); err != nil {
				return err
			}
			runs[at[run]].Counts.Add(state, n)
			return nil
		})
	})
}

// CheckEquation lists the Runs whose run equation does not hold (I2). It is one query over all of them.
func (db *DB) CheckEquation(ctx context.Context) ([]int64, error) {
	var out []int64
	err := each(db.view(ctx), "check the run equation", `SELECT r.id FROM runs r LEFT JOIN (SELECT run, COUNT(*) AS n FROM deliveries GROUP BY run) d ON d.run = r.id
 WHERE r.read_count <> r.same_count + COALESCE(d.n, 0) ORDER BY r.id`, nil, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}
