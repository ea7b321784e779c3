package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// A source's stamps may stand still although something changed, such as a line. So now and then (the Flow's `deep`) a Run reads
// the last days again and compares content, whatever the stamps say.

// deepFrom is how far a deep Run reads back: profile.deep_days of the source, 7 where it has none; of documents never to before the
// first Run, which left older ones alone.
func (r *route) deepFrom(started time.Time) time.Time {
	profile, _ := r.from.instance.Settings()["profile"].(map[string]any)
	from := started.AddDate(0, 0, -settingInt(profile, "deep_days", 7))
	if master := r.flow.Kind == connector.Supplier || r.flow.Kind == connector.GLAccount; !master && r.flow.Start.IsZero() && from.Before(r.flow.AppliedAt) {
		return r.flow.AppliedAt
	}
	return from
}

// deepIsDue says whether a scheduled Run is to be a deep one.
func deepIsDue(f connector.Flow, now time.Time) bool {
	return f.Deep != "" && !f.NextDeepAt.IsZero() && !f.NextDeepAt.After(now)
}

// deepDone notes when the next deep Run is due: after one that was read to its end, and for a Flow that had none yet.
func (e *Engine) deepDone(ctx context.Context, f connector.Flow, q PollRequest, started time.Time) error {
	if f.Deep == "" || !q.Deep && !f.NextDeepAt.IsZero() {
		return nil
	}
	return e.DB.Tx(ctx, func(tx *store.Tx) error {
		if tx.Now().Before(started) { // the clock was set back
			started = tx.Now()
		}
		next, err := NextTime(f.Deep, started)
		if err != nil {
			return err
		}
		return tx.SetNextDeep(f.Name, next)
	})
}
