package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// Due is all that is to be done now, by our rows alone.
type Due struct {
	Polls    []string             // Flows whose schedule is due
	Tracks   []connector.Flow     // whose delivered objects are to be followed
	Pumps    []store.PartitionRow // in which something is due and that no process beats
	Requests []int64              // of people
	Pushes   []store.Push         // Kinds of Connections of which something that was pushed is to be read
	Next     time.Time            // when something of the Flows will be due that is not yet; zero when nothing will
}

// Due looks at our rows, and lets wait again what was missing at its source for a while; began is when this process did. What is paused is not due: it goes on, at once, after its pause.
func (e *Engine) Due(ctx context.Context, began time.Time) (Due, error) {
	var due Due
	if err := e.mindClock(ctx); err != nil {
		return due, err
	}
	flows, err := e.moving(ctx)
	if err != nil {
		return due, err
	}
	now := e.Now()
	moving := map[string]bool{}
	for _, f := range flows {
		if !f.Enabled {
			continue
		}
		moving[f.Name] = true
		if !f.NextRunAt.After(now) && !waitsForOthers(f, flows, now.Sub(began)) {
			due.Polls = append(due.Polls, f.Name)
		}
		due.later(f.NextRunAt, now)
		if f.Track != "" && !f.NextTrackAt.After(now) {
			due.Tracks = append(due.Tracks, f)
		}
	}
	if _, err := e.DB.LookForMissing(ctx, slices.Collect(maps.Keys(moving)), missingAtOnce, now); err != nil {
		return due, err
	}
	if err := e.waitingPartitions(ctx, &due, now, moving); err != nil {
		return due, err
	}
	if due.Pushes, err = e.duePushes(ctx, now, flows); err != nil {
		return due, err
	}
	due.Requests, err = e.DB.OpenRunRequests(ctx)
	return due, err
}

// later takes a time at which something is due, if it is to come.
func (d *Due) later(at, now time.Time) {
	if at.After(now) && (d.Next.IsZero() || at.Before(d.Next)) {
		d.Next = at
	}
}

// moving lists the Flows that nothing lets stand still: no pause of theirs, none of either Connection.
func (e *Engine) moving(ctx context.Context) ([]connector.Flow, error) {
	flows, err := e.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	connections, err := e.DB.Connections(ctx)
	if err != nil {
		return nil, err
	}
	paused := map[string]bool{}
	for _, c := range connections {
		paused[c.Name] = c.Paused.Code != ""
	}
	var out []connector.Flow
	for _, f := range flows {
		if f.Paused.Code == "" && !paused[f.From] && !paused[f.To] {
			out = append(out, f)
		}
	}
	return out, nil
}

// firstRound is how long, after a start, a Flow that never ran waits for the first Run of those before it.
const firstRound = 10 * time.Minute

// waitsForOthers lets the first Runs of all Flows go in their order, so that what a record needs is read before it; for
// a bounded time, and for no Flow that stands still.
func waitsForOthers(f connector.Flow, flows []connector.Flow, age time.Duration) bool {
	if !neverRan(f) || age > firstRound {
		return false
	}
	for _, before := range flows {
		if before.Name == f.Name {
			return false // the list is in their order
		}
		if before.Enabled && neverRan(before) {
			return true
		}
	}
	return false
}

func neverRan(f connector.Flow) bool { return f.NextRunAt.IsZero() && f.Cursor.IsZero() }

// waitingPartitions adds each partition in which something is due and that no process beats. Where this process is the only
// one, a beat of another one is that of a dead one.
func (e *Engine) waitingPartitions(ctx context.Context, d *Due, now time.Time, moving map[string]bool) error {
	parts, err := e.DB.OpenPartitions(ctx)
	if err != nil {
		return err
	}
	for _, p := range parts {
		beaten := p.Owner != "" && store.Fresh(p.BeatAt, now, Stale) && (!e.Sole || p.Owner == e.Owner)
		beaten = beaten || bugWake && p.Owner != ""
		due := !p.DueAt.IsZero() && !p.DueAt.After(now)
		if !beaten && (due || p.Sending) && moving[p.Flow] {
			d.Pumps = append(d.Pumps, p)
		}
		if !beaten && moving[p.Flow] {
			d.later(p.DueAt, now)
		}
	}
	return nil
}

// TrackBegins notes when a Flow's objects are to be followed next, in one transaction with what sets off this round.
func (e *Engine) TrackBegins(ctx context.Context, f connector.Flow, setOff func(*store.Tx) error) error {
	return e.DB.Tx(ctx, func(tx *store.Tx) error {
		next, err := NextTime(f.Track, tx.Now())
		if err != nil {
			return err
		}
		if err := tx.SetNextTrack(f.Name, next); err != nil {
			return err
		}
		return setOff(tx)
	})
}

// Answer does what a person asked for, as `sync` would do it itself. Stopped before it was done, the request is open again:
// for the next process, or for who asked.
func (e *Engine) Answer(ctx context.Context, request int64) error {
	req, err := e.DB.TakeRunRequest(ctx, request)
	if err != nil || req == nil {
		return unlessStopped(ctx, err)
	}
	rep, err := e.Sync(ctx, SyncRequest{Flows: req.Flows, Trigger: connector.TriggerManual, Since: req.Since, Until: req.Until, Deep: req.Deep, Wait: req.Wait, Plan: req.Plan, Actor: req.Actor})
	if ctx.Err() != nil {
		return e.DB.ReopenRunRequest(context.WithoutCancel(ctx), req.ID)
	}
	var ids []int64
	for _, r := range rep.Runs {
		ids = append(ids, r.ID)
	}
	return e.DB.FinishRunRequest(context.WithoutCancel(ctx), req.ID, ids, rep.TimedOut, connector.AsError(err))
}
