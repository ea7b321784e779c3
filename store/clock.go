package store

import (
	"context"
	"time"

	connector "ml-connector"
)

// What Now is set right by: less is the time that asking takes, and more is no clock that runs wrong but another time, as a
// test has it.
const (
	leastSkew = 200 * time.Millisecond
	mostSkew  = 24 * time.Hour
)

// Now is the time that all who share the database go by: that of this machine on SQLite, and on PostgreSQL that of the
// server, so that the leases of processes whose clocks differ are worth the same.
func (db *DB) Now() time.Time { return db.own().Add(db.skew) }

// Skew is what the database's clock is ahead of this machine's.
func (db *DB) Skew() time.Duration { return db.skew }

// meetClock asks PostgreSQL for the time and sets Now right by it.
func (db *DB) meetClock(ctx context.Context) error {
	if db.dialect.sqlite {
		return nil
	}
	before := db.own()
	var at int64
	if _, err := one(db.view(ctx), "ask for the time", "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)", nil, &at); err != nil {
		return err
	}
	asking := db.own().Sub(before)
	skew := timeOf(at).Sub(before.Round(0).Add(asking / 2))
	if skew.Abs() >= leastSkew+asking && skew.Abs() <= mostSkew {
		db.skew = skew
	}
	return nil
}

// LastEntryAt is when the last Entry of the ledger was made; zero when there is none.
func (db *DB) LastEntryAt(ctx context.Context) (time.Time, error) {
	var at int64
	_, err := one(db.view(ctx), "read the end of the ledger", "SELECT e.at FROM head h JOIN entries e ON e.number = h.number WHERE h.id = 1", nil, &at)
	return timeOf(at), err
}

// ClockWentBack is told that the clock was set back by some time, so that nothing waits for a time that was meant to be
// sooner: what is due, Runs, leases and waits that lie ahead come so much sooner, and a cursor that lies ahead goes back,
// for what changed since would be passed over. What was sent or looked up ahead of time counts as done now: doubt waits rather too long
// than too short.
func (db *DB) ClockWentBack(ctx context.Context, by time.Duration) error {
	const op = "set times back with the clock"
	return db.Tx(ctx, func(tx *Tx) error {
		now, back := micros(tx.now), by.Microseconds()
		for _, q := range []struct {
			text string
			args []any
		}{
			{"UPDATE deliveries SET due_at = " + sooner("due_at") + " WHERE due_at > $1 AND due_at < $3", []any{now, back, never}},
			{"UPDATE deliveries SET sent_at = $1 WHERE sent_at > $1", []any{now}},
			{"UPDATE deliveries SET looked_at = $1 WHERE looked_at > $1", []any{now}},
			{"UPDATE flows SET next_run_at = " + sooner("next_run_at") + " WHERE next_run_at > $1", []any{now, back}},
			{"UPDATE flows SET next_track_at = " + sooner("next_track_at") + " WHERE next_track_at > $1", []any{now, back}},
			{"UPDATE flows SET next_deep_at = " + sooner("next_deep_at") + " WHERE next_deep_at > $1", []any{now, back}},
			{"UPDATE flows SET cursor_at = cursor_at - $2 WHERE cursor_at > $1", []any{now, back}},
			{"UPDATE partitions SET beat_at = $1 WHERE beat_at > $1", []any{now}},
			{"UPDATE shares SET beat_at = $1 WHERE beat_at > $1", []any{now}},
			{"UPDATE health SET change = change + 1, down_until = " + sooner("down_until") + " WHERE down_until > $1", []any{now, back}},
			{"UPDATE health SET change = change + 1, asked_until = " + sooner("asked_until") + " WHERE asked_until > $1", []any{now, back}},
		} {
			if _, err := tx.exec(op, q.text, q.args...); err != nil {
				return err
			}
		}
		tx.Enter(connector.Entry{Action: "clock.went_back", Subject: "clock", Details: map[string]string{"by": by.Round(time.Second).String()}})
		return nil
	})
}

// sooner is a time of a row, earlier by $2 but not before $1.
func sooner(column string) string {
	return "CASE WHEN " + column + " - $2 > $1 THEN " + column + " - $2 ELSE $1 END"
}
