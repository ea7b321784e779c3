package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// Share is what one process has of a Connection's concurrency.
type Share struct {
	Owner   string
	Granted int // calls that it may make at once
	Wanted  int // calls that it would make if it could
}

// Sharing is what is known of one Connection for all processes that call it, under a lock that keeps it so until the
// transaction ends.
type Sharing struct {
	Connection string
	Shares     []Share // of the processes that are alive, by owner
	Health     Health
	Paused     connector.Pause
}

// Share beats the shares that a process has of some Connections and changes them, all in one transaction. decide is told
// what holds of a Connection and gives this process's share of it from now on; with nothing granted and nothing wanted it
// has none. What belongs to processes whose last beat is older than stale is free. decide may be asked again for the same.
func (db *DB) Share(ctx context.Context, owner string, connections []string, stale time.Duration, decide func(Sharing) Share) error {
	connections = slices.Compact(slices.Sorted(slices.Values(connections))) // locked in this order by all
	return db.Tx(ctx, func(tx *Tx) error {
		for _, name := range connections {
			if err := tx.share(owner, name, stale, decide); err != nil {
				return err
			}
		}
		return nil
	})
}

func (tx *Tx) share(owner, connection string, stale time.Duration, decide func(Sharing) Share) error {
	const op = "share the calls of a connection"
	c, err := tx.Connection(connection)
	if connector.CodeOf(err) == connector.NotFound {
		return nil // removed, and all shares with it
	}
	if err != nil {
		return err
	}
	s := Sharing{Connection: connection, Paused: c.Paused}
	if s.Health, err = tx.lockHealth(connection); err != nil {
		return err
	}
	if _, err := tx.exec(op, "DELETE FROM shares WHERE connection = $1 AND (beat_at <= $2 OR beat_at >= $3)", connection, micros(tx.now.Add(-stale)), micros(tx.now.Add(stale))); err != nil {
		return err
	}
	err = each(tx, op, "SELECT owner, granted, wanted FROM shares WHERE connection = $1", []any{connection}, func(rows *sql.Rows) error {
		var r Share
		err := rows.Scan(&r.Owner, &r.Granted, &r.Wanted)
		s.Shares = append(s.Shares, r)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(s.Shares, func(a, b Share) int { return strings.Compare(a.Owner, b.Owner) })
	mine := decide(s)
	if mine.Granted <= 0 && mine.Wanted <= 0 {
		_, err = tx.exec(op, "DELETE FROM shares WHERE connection = $1 AND owner = $2", connection, owner)
		return err
	}
	_, err = tx.exec(op, `INSERT INTO shares (connection, owner, granted, wanted, beat_at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (connection, owner) DO UPDATE SET granted = excluded.granted, wanted = excluded.wanted, beat_at = excluded.beat_at`,
		connection, owner, int64(mine.Granted), int64(mine.Wanted), micros(tx.now))
	return err
}

// Health is how the calls of a Connection fare, as one process told all others.
type Health struct {
	Change     int64 // counts the changes; 0 = nobody ever told anything
	Failures   int   // answers in a row that did not come
	DownUntil  time.Time
	AskedUntil time.Time // the System asked us to wait until then
	WellAt     time.Time // of the answer that ended the last row of failures
}

// Health is what the processes told each other of a Connection.
func (db *DB) Health(ctx context.Context, connection string) (Health, error) {
	return healthOf(db.view(ctx), connection, "")
}

func healthOf(r reader, connection, lock string) (Health, error) {
	var h Health
	var down, asked, well int64
	_, err := one(r, "read how a connection fares", "SELECT h.change, h.failures, h.down_until, h.asked_until, h.well_at FROM health h WHERE h.connection = $1"+lock, []any{connection},
		&h.Change, &h.Failures, &down, &asked, &well)
	h.DownUntil, h.AskedUntil, h.WellAt = timeOf(down), timeOf(asked), timeOf(well)
	return h, err
}

// lockHealth reads the row and keeps others from changing it and the shares of its Connection.
func (tx *Tx) lockHealth(connection string) (Health, error) {
	h, err := healthOf(tx, connection, tx.db.dialect.lock("h"))
	if err != nil || h.Change > 0 {
		return h, err
	}
	_, err = tx.exec("note how a connection fares", "INSERT INTO health (connection, change, failures, down_until, asked_until, well_at) VALUES ($1, 1, 0, 0, 0, 0) ON CONFLICT (connection) DO NOTHING", connection)
	if err != nil {
		return h, err
	}
	return healthOf(tx, connection, tx.db.dialect.lock("h"))
}

// ChangeHealth tells all processes how a Connection fares. tell is given what is known and gives what is known from now on;
// it may be asked again. What it leaves as it was is not written.
func (db *DB) ChangeHealth(ctx context.Context, connection string, tell func(Health) Health) (Health, error) {
	var out Health
	err := db.Tx(ctx, func(tx *Tx) error {
		was, err := tx.lockHealth(connection)
		if err != nil {
			return err
		}
		if out = tell(was); out == was {
			return nil
		}
		out.Change = was.Change + 1
		_, err = tx.exec("note how a connection fares", "UPDATE health SET change = $2, failures = $3, down_until = $4, asked_until = $5, well_at = $6 WHERE connection = $1",
			connection, out.Change, int64(out.Failures), micros(out.DownUntil), micros(out.AskedUntil), micros(out.WellAt))
		return err
	})
	return out, err
}
