package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

const flowColumns = `name, shipped, kind, source, target, position, schedule, condition, drift, withdraw, max_changes, starts_at, retry_held, track, acknowledge, deep, enabled,
 mapping, pause, applied_at, cursor_at, next_run_at, next_track_at, next_deep_at, partitions, wanted, max_creates, max_share, max_money`

func scanFlow(rows *sql.Rows) (connector.Flow, error) {
	var f connector.Flow
	var starts, enabled, applied, cursor, nextRun, nextTrack, nextDeep int64
	var pause string
	err := rows.Scan(&f.Name, &f.Use, &f.Kind, &f.From, &f.To, &f.Position, &f.Schedule, &f.Where, &f.Drift, &f.Withdraw, &f.MaxChanges, &starts, &f.RetryHeld, &f.Track, &f.Acknowledge, &f.Deep,
		&enabled, &f.Mapping, &pause, &applied, &cursor, &nextRun, &nextTrack, &nextDeep, &f.Partitions, &f.Wanted, &f.MaxCreates, &f.MaxShare, &f.MaxMoney)
	if err != nil {
		return f, err
	}
	f.Start, f.AppliedAt, f.Cursor, f.NextRunAt, f.NextTrackAt, f.NextDeepAt = timeOf(starts), timeOf(applied), timeOf(cursor), timeOf(nextRun), timeOf(nextTrack), timeOf(nextDeep)
	f.Enabled = enabled != 0
	return f, fromJSON(pause, &f.Paused)
}

// Flows lists all Flows in the order in which they depend on each other.
func (db *DB) Flows(ctx context.Context) ([]connector.Flow, error) {
	return flowsWhere(db.view(ctx), "ORDER BY position, name", nil)
}

// Flow is one Flow, or an Error not_found.
func (db *DB) Flow(ctx context.Context, name string) (connector.Flow, error) {
	return flowByName(db.view(ctx), name)
}

// Flow is DB.Flow as the transaction sees it.
func (tx *Tx) Flow(name string) (connector.Flow, error) { return flowByName(tx, name) }

func flowByName(r reader, name string) (connector.Flow, error) {
	fs, err := flowsWhere(r, "WHERE name = $1", []any{name})
	if err != nil {
		return connector.Flow{}, err
	}
	if len(fs) == 0 {
		return connector.Flow{}, connector.Errorf(connector.NotFound, "read a flow", "there is no flow %q", name).Advise("`ml-connector flow list` shows those there are.")
	}
	return fs[0], nil
}

func flowsWhere(r reader, where string, args []any) ([]connector.Flow, error) {
	var out []connector.Flow
	err := each(r, "read flows", "SELECT "+flowColumns+" FROM flows "+where, args, func(rows *sql.Rows) error {
		f, err := scanFlow(rows)
		out = append(out, f)
		return err
	})
	return out, err
}

// SaveFlow stores the rules of a Flow, new or known. Of one that is known it keeps where it stands: pause, cursor, times, partitions,
// and when it was first applied; the cursor and that time start anew when it reads from another Connection or Kind. It
// leaves no Entry: the caller knows what was asked for.
func (tx *Tx) SaveFlow(f connector.Flow) error {
	if f.AppliedAt.IsZero() {
		f.AppliedAt = tx.now
	}
	const same = "CASE WHEN flows.source = excluded.source AND flows.kind = excluded.kind THEN flows."
	_, err := tx.exec("save flow "+f.Name, `INSERT INTO flows (`+flowColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
 ON CONFLICT (name) DO UPDATE SET shipped = excluded.shipped, kind = excluded.kind, source = excluded.source, target = excluded.target, position = excluded.position,
 schedule = excluded.schedule, condition = excluded.condition, drift = excluded.drift, withdraw = excluded.withdraw, max_changes = excluded.max_changes, max_creates = excluded.max_creates, max_share = excluded.max_share, max_money = excluded.max_money, starts_at = excluded.starts_at,
 retry_held = excluded.retry_held, track = excluded.track, acknowledge = excluded.acknowledge, deep = excluded.deep, enabled = excluded.enabled, mapping = excluded.mapping,
 applied_at = `+same+`applied_at ELSE excluded.applied_at END, cursor_at = `+same+`cursor_at ELSE 0 END,
 next_deep_at = CASE WHEN flows.deep = excluded.deep THEN flows.next_deep_at ELSE 0 END`,
		f.Name, f.Use, string(f.Kind), f.From, f.To, int64(f.Position), f.Schedule, f.Where, string(f.Drift), string(f.Withdraw), int64(f.MaxChanges), micros(f.Start), int64(f.RetryHeld),
		f.Track, f.Acknowledge, f.Deep, bit(f.Enabled), f.Mapping, asJSON(f.Paused, f.Paused.Code == ""), micros(f.AppliedAt), micros(f.Cursor), micros(f.NextRunAt), micros(f.NextTrackAt), micros(f.NextDeepAt), int64(max(f.Partitions, 1)), int64(max(f.Wanted, f.Partitions, 1)), int64(f.MaxCreates), int64(f.MaxShare), f.MaxMoney)
	return err
}

// RemoveFlow takes a Flow away. Its Runs and Deliveries stay; those that wait go nowhere.
func (tx *Tx) RemoveFlow(name string) error {
	return tx.mustChange("remove flow "+name, "there is no such flow", "DELETE FROM flows WHERE name = $1", name)
}

// PauseFlow lets a Flow stand still; its Deliveries keep waiting.
func (tx *Tx) PauseFlow(name string, p connector.Pause) error {
	if err := tx.mustChange("pause flow "+name, "there is no such flow", "UPDATE flows SET pause = $2 WHERE name = $1", name, asJSON(p, p.Code == "")); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: p.By, Action: "flow.paused", Subject: "flow:" + name, Details: map[string]string{"code": string(p.Code)}})
	return nil
}

// ResumeFlow ends a pause; of what does not stand still nothing changes.
func (tx *Tx) ResumeFlow(name, by string) error {
	f, err := tx.Flow(name)
	if err != nil || f.Paused.Code == "" {
		return err
	}
	p := tx.resumed(f.Paused)
	if _, err := tx.exec("resume flow "+name, "UPDATE flows SET pause = $2 WHERE name = $1", name, asJSON(p, p.By == "")); err != nil {
		return err
	}
	tx.Enter(connector.Entry{Actor: by, Action: "flow.resumed", Subject: "flow:" + name})
	return nil
}

// EnableFlow says whether a Flow runs by its schedule and in a `sync` of all.
func (tx *Tx) EnableFlow(name string, enabled bool, by string) error {
	if err := tx.mustChange("enable flow "+name, "there is no such flow", "UPDATE flows SET enabled = $2 WHERE name = $1", name, bit(enabled)); err != nil {
		return err
	}
	action := "flow.disabled"
	if enabled {
		action = "flow.enabled"
	}
	tx.Enter(connector.Entry{Actor: by, Action: action, Subject: "flow:" + name})
	return nil
}

// SetNextRun says when the schedule is due next; zero is never.
func (tx *Tx) SetNextRun(name string, at time.Time) error {
	_, err := tx.exec("schedule flow "+name, "UPDATE flows SET next_run_at = $2 WHERE name = $1", name, micros(at))
	return err
}

// SetNextDeep says when the last days are read again next, whatever the stamps say; zero is not decided yet.
func (tx *Tx) SetNextDeep(name string, at time.Time) error {
	_, err := tx.exec("schedule flow "+name, "UPDATE flows SET next_deep_at = $2 WHERE name = $1", name, micros(at))
	return err
}

// SetNextTrack says when the lives of delivered objects are read next; zero is never.
func (tx *Tx) SetNextTrack(name string, at time.Time) error {
	_, err := tx.exec("schedule flow "+name, "UPDATE flows SET next_track_at = $2 WHERE name = $1", name, micros(at))
	return err
}
