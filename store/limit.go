package store

import (
	connector "ml-connector"
)

// ByLimit is who paused a Flow whose Run reached its limit of changes.
const ByLimit = "limit"

// allowance is how many new changes each Run of a Flow may still make. The Flow's row is locked: its partitions count one
// after the other.
type allowance struct {
	limit int           // 0 = no limit
	left  map[int64]int // by Run
}

// allowed counts the changes that the Runs of these Deliveries have begun: since the pause for the limit was ended last, or
// at all.
func (tx *Tx) allowed(w way, waiting map[int64]brief) (allowance, error) {
	const op = "count the changes of a Run"
	if w.limit <= 0 {
		return allowance{}, nil
	}
	fs, err := flowsWhere(tx, "WHERE name = $1"+tx.db.dialect.lock("flows"), []any{w.flow})
	if err != nil || len(fs) == 0 || fs[0].MaxChanges <= 0 {
		return allowance{}, err
	}
	f := fs[0]
	a := allowance{limit: f.MaxChanges, left: map[int64]int{}}
	var since int64
	if f.Paused.Code == "" && f.Paused.By == ByLimit {
		since = micros(f.Paused.At)
	}
	for _, b := range waiting {
		if _, known := a.left[b.run]; known {
			continue
		}
		var n int64
		if _, err := one(tx, op, "SELECT COUNT(*) FROM deliveries WHERE run = $1 AND attempts > 0 AND sent_at > $2", []any{b.run, since}, &n); err != nil {
			return a, err
		}
		a.left[b.run] = a.limit - int(n)
		if f.Paused.By == ByLimit && f.Paused.Code != "" {
			a.left[b.run] = 0
		}
	}
	return a, nil
}

// take says whether a Delivery may be sent. What was sent before is no new change.
func (a allowance) take(b brief) bool {
	if a.limit == 0 || b.attempts > 0 {
		return true
	}
	a.left[b.run]--
	return a.left[b.run] >= 0
}

// resumed is what is remembered of a pause that has ended: of one for a limit, since when as many changes may go again.
func (tx *Tx) resumed(p connector.Pause) connector.Pause {
	if p.By != ByLimit {
		return connector.Pause{}
	}
	return connector.Pause{By: ByLimit, At: tx.now}
}
