package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
	"ml-connector/store"
)

// reading is the partition whose lease a scheduled Poll holds: of the processes that share a database one reads a Flow,
// and when that one dies another reads it again.
const reading = -1

// PollDue is the Poll of a Flow's schedule. It does nothing when another one is at it or was, and says when the schedule is
// due again: a Run that the Systems let down is made up soon, one that this process was told to stop as soon as there is
// another process. It says whether it polled.
func (e *Engine) PollDue(ctx context.Context, flow string) (bool, error) {
	if !e.enter(flow, reading) {
		return false, nil
	}
	defer e.leave(flow, reading)
	epoch, ok, err := e.DB.Take(ctx, flow, reading, e.Owner, e.stale())
	if err != nil || !ok {
		return false, err
	}
	polling, stop := e.holdReading(ctx, flow, epoch)
	defer func() {
		stop()
		_ = e.DB.Leave(context.WithoutCancel(ctx), flow, reading, epoch) // if this fails, the lease runs out by itself
	}()
	f, err := e.DB.Flow(ctx, flow)
	if err != nil || f.NextRunAt.After(e.Now()) {
		return false, err
	}
	if !e.Sole { // else the start did
		if err := e.closeRuns(ctx, store.Abandoned{Flow: flow, Trigger: connector.TriggerSchedule, Before: e.Now()}); err != nil {
			return false, err
		}
	}
	p, err := e.Poll(polling, PollRequest{Flow: flow, Trigger: connector.TriggerSchedule})
	if polling.Err() != nil {
		return true, nil // not done: it stays due
	}
	soon, nextErr := e.madeUp(ctx, f, p, err)
	if nextErr == nil { // by the time of the transaction: a clock that is set back meanwhile finds it in our rows, or is right already
		nextErr = e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetNextRun(flow, nextRun(f, soon, tx.Now())) })
	}
	if err == nil {
		err = nextErr
	}
	return true, err
}

// madeUp is how soon a Run is made up that failed for reasons that pass; zero when its schedule says when it comes again.
func (e *Engine) madeUp(ctx context.Context, f connector.Flow, p Polled, fail error) (time.Duration, error) {
	switch {
	case fail != nil: // the store
		return backoff(4, e.Jitter()), nil
	case p.Err == nil || p.Err.Code != connector.Unavailable && p.Err.Code != connector.Throttled:
		return 0, nil
	}
	runs, err := e.DB.Runs(ctx, store.RunFilter{Flow: f.Name, Windows: true, Limit: maxFailures})
	if err != nil {
		return 0, err
	}
	failures := 0
	for failures < len(runs) && runs[failures].Err != nil {
		failures++
	}
	return max(backoff(failures, e.Jitter()), p.Err.Wait), nil
}

// nextRun is when a schedule is due after now, or, when that is later, the moment at which a Run is made up; soon is zero for none.
func nextRun(f connector.Flow, soon time.Duration, now time.Time) time.Time {
	next, err := NextTime(f.Schedule, now)
	if err != nil {
		return now.Add(time.Hour) // apply refuses such a schedule
	}
	if again := now.Add(soon); soon > 0 && again.Before(next) {
		return again
	}
	return next
}

// holdReading beats the lease each second; the context that it gives ends when the lease is lost.
func (e *Engine) holdReading(parent context.Context, flow string, epoch int64) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	end := pace.Every(ctx, e.Pace, e.second, func(ctx context.Context) {
		if ok, err := e.DB.Beat(ctx, flow, reading, epoch); err == nil && !ok {
			cancel()
		}
	})
	return ctx, func() { cancel(); end() }
}

// second waits between two beats of a lease.
func (e *Engine) second(ctx context.Context) error { return e.Tick(ctx, time.Second) }

// longestRun is the age at which a Run that is not ended is taken for one of a process that is gone, where nothing else
// tells.
const longestRun = 24 * time.Hour

// CloseAbandoned ends the Runs that a killed process left reading. Where this process is the only engine these are all that
// no dry run made; a dry run, which needs no engine, and the Runs of others have a day.
func (e *Engine) CloseAbandoned(ctx context.Context) error {
	now := e.Now()
	if err := e.closeRuns(ctx, store.Abandoned{Before: now.Add(-longestRun)}); err != nil || !e.Sole {
		return err
	}
	for _, t := range []connector.Trigger{connector.TriggerSchedule, connector.TriggerManual} {
		if err := e.closeRuns(ctx, store.Abandoned{Trigger: t, Before: now}); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) closeRuns(ctx context.Context, a store.Abandoned) error {
	fail := connector.Errorf(connector.Unavailable, "read", "the process that read it ended").Advise("Nothing to do: the next Run reads the same again.")
	return e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.EndAbandoned(a, fail, e.Now()) })
}
