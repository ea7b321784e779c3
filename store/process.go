package store

import (
	"context"
	"database/sql"
	"time"
)

// BeatProcess notes that a process that works on this database is alive.
func (db *DB) BeatProcess(ctx context.Context, owner string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("note that a process is alive", `INSERT INTO processes (owner, beat_at) VALUES ($1, $2)
 ON CONFLICT (owner) DO UPDATE SET beat_at = excluded.beat_at`, owner, micros(tx.now))
		return err
	})
}

// EndProcess notes that a process works no more.
func (db *DB) EndProcess(ctx context.Context, owner string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec("note that a process ended", "DELETE FROM processes WHERE owner = $1", owner)
		return err
	})
}

// ForgetProcesses removes what is left of processes whose last beat is that old.
func (tx *Tx) ForgetProcesses(age time.Duration) error {
	_, err := tx.exec("forget processes", "DELETE FROM processes WHERE beat_at <= $1 OR beat_at >= $2", micros(tx.now.Add(-age)), micros(tx.now.Add(age)))
	return err
}

// LiveProcesses gives the processes whose last beat is younger than an age.
func (tx *Tx) LiveProcesses(age time.Duration) (map[string]bool, error) {
	out := map[string]bool{}
	err := each(tx, "read processes", "SELECT owner FROM processes WHERE beat_at > $1 AND beat_at < $2", []any{micros(tx.now.Add(-age)), micros(tx.now.Add(age))}, func(rows *sql.Rows) error {
		var owner string
		err := rows.Scan(&owner)
		out[owner] = true
		return err
	})
	return out, err
}
