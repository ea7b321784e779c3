package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	connector "ml-connector"
)

// MissingWait is how long what a list named, and its source does not have, is left before it is looked for again by itself:
// lists and details lag behind one another. What is still missing after the last look is left to Runs and people.
func MissingWait(looks int64) (wait time.Duration, more bool) {
	waits := []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}
	if looks < 0 || looks >= int64(len(waits)) {
		return 0, false
	}
	return waits[looks], true
}

// missing is when a Delivery whose record could not be read is looked for again, 0 for never.
func (tx *Tx) missing(fail *connector.Error) int64 {
	if fail == nil || fail.Code != connector.NotFound {
		return 0
	}
	wait, _ := MissingWait(0)
	return micros(tx.now.Add(wait))
}

// forRow stands for the looks so far of a Delivery that is held for a row of a Crosswalk, not for its record.
const forRow = int64(-1)

// LookForMissing lets Deliveries of some Flows wait again, at most limit of them, and says how many: those whose record was missing and is to be
// looked for by now, and those that are held for a row of a Crosswalk which begins to count by now.
func (db *DB) LookForMissing(ctx context.Context, flows []string, limit int, now time.Time) (int, error) {
	const op = "look for what was missing"
	if len(flows) == 0 {
		return 0, nil
	}
	due := map[int64][]int64{}
	find := func(r reader) error {
		clear(due)
		args := []any{micros(now), int64(limit)}
		in := list(&args, flows)
		return each(r, op, `SELECT id, healed, error_code FROM deliveries WHERE follow_at > 0 AND stage = '' AND state = 'held' AND follow_at <= $1 AND flow IN (`+in+`)
 ORDER BY follow_at, id LIMIT $2`, args, func(found *sql.Rows) error {
			var id, looks int64
			var code connector.Code
			err := found.Scan(&id, &looks, &code)
			if code != connector.NotFound {
				looks = forRow
			}
			due[looks] = append(due[looks], id)
			return err
		})
	}
	if err := find(db.view(ctx)); err != nil || len(due) == 0 {
		return 0, err
	}
	n := 0
	err := db.Tx(ctx, func(tx *Tx) error {
		tx.happenedAt(now)
		n = 0
		if err := find(tx); err != nil {
			return err
		}
		for _, looks := range slices.Sorted(maps.Keys(due)) {
			if err := tx.lookAgain(op, due[looks], looks, now); err != nil {
				return err
			}
			n += len(due[looks])
		}
		return nil
	})
	return n, err
}

// lookAgain lets wait again what was looked for so often, and notes when it is looked for next.
func (tx *Tx) lookAgain(op string, ids []int64, looks int64, now time.Time) error {
	next, more, reason := int64(0), int64(1), "its record is looked for again"
	if wait, again := MissingWait(looks + 1); again {
		next = micros(now.Add(wait))
	}
	if looks == forRow {
		next, more, reason = 0, 0, "a row of a crosswalk begins to count"
	}
	args := []any{next, more}
	in := list(&args, ids)
	if _, err := tx.exec(op, "UPDATE deliveries SET healed = healed + $2, follow_at = $1 WHERE id IN ("+in+")", args...); err != nil {
		return err
	}
	return tx.waitAgain(ids, connector.Entry{Action: "delivery.released", Details: map[string]string{"reason": reason}})
}
