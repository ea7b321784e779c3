package engine

import (
	"context"
	"sync"
	"time"

	connector "ml-connector"
	"ml-connector/pace"
)

// SyncRequest asks for one Run of each Flow, now, in dependency order, and for its Deliveries.
type SyncRequest struct {
	Flows   []string // none = all that are enabled
	Trigger connector.Trigger
	Since   time.Time
	Until   time.Time
	Deep    bool          // the last days, whatever the stamps say
	Plan    string        // not "": this saved plan is carried out; what it was made for counts instead of the above
	Actor   string        // who asked for the plan
	Wait    time.Duration // how long to wait until nothing can move further

	bound string // the plan that is being carried out, "" = none
}

// SyncReport is what came of it.
type SyncReport struct {
	Runs     []connector.Run
	TimedOut bool // something could still move when the wait was over
}

// Sync polls each Flow and delivers what it reads and what was waiting for it, Flow by Flow, and goes on until nothing of
// them can move further or the wait is over. It is what a scheduler would do, done now and in order.
func (e *Engine) Sync(ctx context.Context, q SyncRequest) (SyncReport, error) {
	if q.Plan != "" {
		return e.carryOut(ctx, q)
	}
	return e.sync(ctx, q)
}

func (e *Engine) sync(ctx context.Context, q SyncRequest) (SyncReport, error) {
	var rep SyncReport
	flows, err := e.ordered(ctx, q.Flows)
	if err != nil {
		return rep, err
	}
	defer e.giveBack(ctx)
	deadline := e.Now().Add(q.Wait)
	var ids []int64
	if err := e.lookForMissing(ctx, flows); err != nil {
		return rep, err
	}
	again, err := e.rechecks(ctx, flows)
	if err != nil {
		return rep, err
	}
	for _, f := range flows {
		if ctx.Err() != nil {
			break
		}
		p, err := e.pollAndDrain(ctx, f, PollRequest{Flow: f.Name, Trigger: q.Trigger, Since: q.Since, Until: q.Until, Deep: q.Deep, Again: again, bound: q.bound})
		if p.Run != 0 {
			ids = append(ids, p.Run)
		}
		if err == nil {
			err = e.TrackFlow(ctx, f.Name)
		}
		if err != nil && ctx.Err() == nil {
			return rep, err
		}
	}
	rep.TimedOut, err = e.settleAll(ctx, flows, deadline, q.bound)
	if err != nil && ctx.Err() == nil {
		return rep, err
	}
	for _, id := range ids {
		run, err := e.DB.RunByID(context.WithoutCancel(ctx), id)
		if err != nil {
			return rep, err
		}
		rep.Runs = append(rep.Runs, run)
	}
	return rep, nil
}

// Settle delivers what waits in the named Flows until nothing of them can move further or the wait is over.
func (e *Engine) Settle(ctx context.Context, flows []string, wait time.Duration) (timedOut bool, err error) {
	fs, err := e.ordered(ctx, flows)
	if err != nil {
		return false, err
	}
	defer e.giveBack(ctx)
	return e.settleAll(ctx, fs, e.Now().Add(wait), "")
}

// settleAll drains the Flows round by round; between rounds it waits for the earliest Delivery that is due later.
func (e *Engine) settleAll(ctx context.Context, flows []connector.Flow, deadline time.Time, bound string) (timedOut bool, err error) {
	for ctx.Err() == nil {
		var next time.Time
		moved := 0
		for _, f := range flows {
			p, err := e.drain(ctx, f, pumping{plan: bound})
			if err != nil {
				return false, err
			}
			moved += p.Settled
			if !p.Next.IsZero() && (next.IsZero() || p.Next.Before(next)) {
				next = p.Next
			}
		}
		if moved > 0 && e.Now().Before(deadline) {
			continue
		}
		if next.IsZero() && moved == 0 {
			return false, nil
		}
		if next.After(deadline) || moved > 0 {
			return true, nil
		}
		e.progress(Progress{Stage: "waiting"})
		if e.Sleep(ctx, max(next.Sub(e.Now()), 10*time.Millisecond)) != nil {
			break
		}
	}
	return true, nil
}

// drain pumps all partitions of a Flow at once until nothing is due, and nothing more comes of what is being read. One that
// was disabled before the command is run since a person named it; one that is disabled meanwhile stops.
func (e *Engine) drain(ctx context.Context, flow connector.Flow, how pumping) (Pumped, error) {
	var (
		mu    sync.Mutex
		all   Pumped
		first error
	)
	f, err := e.DB.Flow(ctx, flow.Name)
	if err != nil {
		return all, err
	}
	how.asked = !flow.Enabled
	pace.Each(e.Pace, f.Partitions, f.Partitions, func(n int) {
		p, err := e.pump(ctx, flow.Name, n, how)
		mu.Lock()
		defer mu.Unlock()
		if err != nil && first == nil {
			first = err
		}
		all.Settled += p.Settled
		if p.Stopped != nil {
			return // what is paused moves only when its pause ends
		}
		if p.Busy {
			p.Next = e.Now().Add(time.Second)
		}
		if !p.Next.IsZero() && (all.Next.IsZero() || p.Next.Before(all.Next)) {
			all.Next = p.Next
		}
	})
	return all, first
}
