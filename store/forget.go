package store

import (
	"context"
	"strconv"
	"time"

	connector "ml-connector"
)

// forgottenTo is the setting that holds the last content which Forget has looked at.
const forgottenTo = "forgotten_to"

// Forget removes the headers and bodies of Exchanges that were kept before a time, with an Entry; the Exchanges themselves,
// Documents and Entries stay. One call looks at no more than limit packs, in the order in which they were kept and at each once
// only, and says how many it removed and whether there are more to look at.
func (db *DB) Forget(ctx context.Context, before time.Time, limit int) (removed int, more bool, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		removed, more, err = tx.forget(micros(before), limit)
		return err
	})
	return removed, more, err
}

func (tx *Tx) forget(end int64, limit int) (removed int, more bool, err error) {
	const op = "remove old bodies"
	var text string
	if _, err := one(tx, op, "SELECT value FROM meta WHERE key = $1"+tx.db.dialect.lock("meta"), []any{forgottenTo}, &text); err != nil {
		return 0, false, err
	}
	var from, to, young, looked int64
	if text != "" {
		if from, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, false, tx.fail(op, err)
		}
	}
	if _, err := one(tx, op, `SELECT COUNT(*), COALESCE(MAX(id), 0), COALESCE(MIN(CASE WHEN kept_at >= $3 THEN id END), 0)
 FROM (SELECT id, kept_at FROM bodies WHERE id > $1 ORDER BY id LIMIT $2) AS oldest`, []any{from, int64(limit), end}, &looked, &to, &young); err != nil {
		return 0, false, err
	}
	if young > 0 {
		to = young - 1
	}
	if to <= from {
		return 0, false, nil
	}
	n, err := tx.exec(op, "DELETE FROM bodies WHERE id > $1 AND id <= $2 AND purpose = $3", from, to, forExchange)
	if err != nil {
		return 0, false, err
	}
	if n > 0 {
		tx.Enter(connector.Entry{Action: "bodies.removed", Subject: "exchanges", Details: map[string]string{"count": strconv.FormatInt(n, 10), "before": timeOf(end).Format(time.RFC3339)}})
	}
	return int(n), young == 0 && looked == int64(limit), tx.SetMeta(forgottenTo, strconv.FormatInt(to, 10))
}
