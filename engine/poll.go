package engine

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// PollRequest asks for one Run of a Flow.
type PollRequest struct {
	Flow    string
	Trigger connector.Trigger
	Since   time.Time // when set: this window instead of the cursor's; known records are decided again, the cursor stays
	Until   time.Time // when set: the end of the window
	Deep    bool      // reads the last days whatever the stamps say; a scheduled Run does by itself when it is due
	Again   Rechecks  // not nil: what stands still by itself is checked once more first

	bound    string      // the plan that is being carried out, "" = none
	accepted func(n int) // not nil: hears how many Deliveries a page brought
}

// Polled is the outcome of a Poll.
type Polled struct {
	Run int64
	Err *connector.Error // that ended the Run; what was accepted before it stays
}

// Poll reads everything of one Flow that changed since its cursor and accepts it, page by page. The error is of the
// store alone; what the Systems said is in Polled and on the Run.
func (e *Engine) Poll(ctx context.Context, q PollRequest) (Polled, error) {
	f, err := e.DB.Flow(ctx, q.Flow)
	if err != nil {
		return Polled{}, err
	}
	if at, err := e.ready(ctx, q.Flow, q.Again); err != nil {
		return e.failedRun(ctx, f, q, at, connector.AsError(err))
	}
	r, err := e.route(ctx, q.Flow)
	if err != nil {
		return e.failedRun(ctx, f, q, f.From, connector.AsError(err))
	}
	if err := e.spread(ctx, r); err != nil {
		return Polled{}, err
	}
	started := e.Now()
	q.Deep = q.Deep || q.Trigger == connector.TriggerSchedule && deepIsDue(f, started)
	w := r.window(q, started)
	run, err := e.beginRun(ctx, r.flow, q.Trigger, w, started)
	if err != nil {
		return Polled{}, err
	}
	if fail := e.readAll(ctx, r, q, run, w, started); fail != nil {
		return e.endRun(ctx, r.flow, run, f.From, fail)
	}
	if err := e.deepDone(ctx, f, q, started); err != nil {
		return Polled{Run: run}, err
	}
	if q.Trigger == connector.TriggerSchedule {
		if _, err := e.DB.Heal(ctx, f.Name, f.RetryHeld, e.Now()); err != nil {
			return Polled{Run: run}, err
		}
	}
	if err := e.refetchBlocked(ctx, r, q.Trigger, run); err != nil {
		return Polled{Run: run}, err
	}
	return Polled{Run: run}, nil
}

// window is what a Run reads: FLOWS.md "What to read" and DESIGN.md step 3.
func (r *route) window(q PollRequest, started time.Time) connector.Window {
	w := connector.Window{To: started}
	if !q.Until.IsZero() && q.Until.Before(started) {
		w.To = q.Until
	}
	if !r.reads.Windowed {
		return w
	}
	switch {
	case !q.Since.IsZero():
		w.From = q.Since
	case !r.flow.Cursor.IsZero():
		w.From = r.flow.Cursor.Add(-r.from.duration("overlap", 10*time.Minute))
	case r.flow.Kind == connector.Supplier || r.flow.Kind == connector.GLAccount: // master data: everything else refers to them (FLOWS.md "What to read")
	case r.flow.Start.IsZero():
		w.From = r.flow.AppliedAt
	}
	if days := r.deepFrom(started); q.Deep && q.Since.IsZero() && days.Before(w.From) {
		w.From = days
	}
	if w.From.Before(r.flow.Start) {
		w.From = r.flow.Start
	}
	return w
}

func (e *Engine) beginRun(ctx context.Context, f connector.Flow, t connector.Trigger, w connector.Window, at time.Time) (int64, error) {
	var run int64
	err := e.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		run, err = tx.BeginRun(connector.Run{Flow: f.Name, From: f.From, To: f.To, Kind: f.Kind, Trigger: t, Window: w, StartedAt: at})
		return err
	})
	return run, err
}

// failedRun is a Run that read nothing; at names the Connection that is to blame, none when the Flow only stood still.
func (e *Engine) failedRun(ctx context.Context, f connector.Flow, q PollRequest, at string, fail *connector.Error) (Polled, error) {
	now := e.Now()
	run, err := e.beginRun(ctx, f, q.Trigger, connector.Window{From: q.Since, To: now}, now)
	if err != nil {
		return Polled{}, err
	}
	return e.endRun(ctx, f, run, at, fail)
}

func (e *Engine) endRun(ctx context.Context, f connector.Flow, run int64, at string, fail *connector.Error) (Polled, error) {
	told := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx)
	if err := e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.EndRun(run, fail, e.Now()) }); err != nil {
		return Polled{Run: run}, err
	}
	if told {
		e.Log.Info("run stopped", "flow", f.Name, "run", run)
		return Polled{Run: run, Err: fail}, nil
	}
	if at != "" {
		if _, err := e.pause(ctx, f, at, fail); err != nil {
			return Polled{Run: run}, err
		}
	}
	e.Log.Warn("run failed", "flow", f.Name, "run", run, "code", fail.Code, "reason", fail.Error())
	return Polled{Run: run, Err: fail}, nil
}

// readAll reads the window to its end and accepts each page.
func (e *Engine) readAll(ctx context.Context, r *route, q PollRequest, run int64, w connector.Window, started time.Time) *connector.Error {
	if fail := e.readTargetFirst(ctx, r, run); fail != nil {
		return fail
	}
	again := !q.Since.IsZero()
	query := connector.Query{Kind: r.flow.Kind, From: w.From, To: w.To}
	if !again && !q.Deep {
		query.Known = func(id, stamp string) bool {
			known, err := e.DB.KnownStamp(ctx, r.flow.Name, r.flow.From, r.flow.Kind, id, stamp)
			return err == nil && known
		}
	}
	seen, read := newSeen(), 0
	fail := e.eachPage(ctx, r.from, r.source, run, query, func(page connector.Page, xs []connector.Exchange) *connector.Error {
		a := store.Acceptance{Flow: r.flow, Run: run, Page: seen.fresh(page), Exchanges: xs, Now: e.Now(), Again: again, Last: page.Next == "", Judge: judgeDrift}
		if a.Last && !again && q.Until.IsZero() && !e.wentBack(started) {
			a.Cursor = started.Add(-r.from.duration("settle", 2*time.Minute))
		}
		got, err := e.accept(ctx, a)
		if err != nil {
			return connector.AsError(err)
		}
		read += got.Read
		if q.accepted != nil && got.New > got.Problems {
			q.accepted(got.New - got.Problems)
		}
		e.progress(Progress{Flow: r.flow.Name, Stage: "reading", Read: read})
		return nil
	})
	if fail != nil {
		return fail
	}
	return e.markWhole(ctx, r, w, started)
}

// eachPage reads to the end and hands each page on with its Exchanges; the last one has no Next. The Exchanges of a read
// that failed are kept here.
func (e *Engine) eachPage(ctx context.Context, p *peer, s connector.Source, run int64, q connector.Query, use func(connector.Page, []connector.Exchange) *connector.Error) *connector.Error {
	var k kept
	for {
		page, fail := e.readPage(ctx, p, s, &k, run, q)
		if fail != nil {
			if err := e.keepAll(ctx, &k); err != nil {
				return connector.AsError(err)
			}
			return fail
		}
		if fail := use(page, k.take()); fail != nil || page.Next == "" {
			return fail
		}
		q.After = page.Next
	}
}

// readPage reads one page, trying again what is safe to try: 4 attempts 1, 4 and 15 s apart (± 20 %), and waiting as
// long as the System tells us to, at most ten times. A Connection that failed a whole round is asked once only until it
// answers: a dead System must not keep each Flow of a sync waiting in turn.
func (e *Engine) readPage(ctx context.Context, p *peer, s connector.Source, k *kept, run int64, q connector.Query) (connector.Page, *connector.Error) {
	pauses := []time.Duration{time.Second, 4 * time.Second, 15 * time.Second}
	if p.instance.Kind(q.Kind).Retries || p.down(len(pauses)+1) {
		pauses = nil
	}
	throttled := 0
	for attempt := 0; ; {
		if d := p.told(e.Now()); d > 0 {
			if err := e.Sleep(ctx, d); err != nil {
				return connector.Page{}, stopped(err)
			}
		}
		var page connector.Page
		_, err := p.call(ctx, e, nil, func() (err error) {
			asked := e.Now()
			page, err = s.Read(k.trace(ctx, run, 0), q)
			page.Asked = asked
			return err
		})
		if err == nil {
			for _, note := range page.Notes {
				e.Log.Warn(note, "connection", p.name)
			}
			return page, nil
		}
		if ctx.Err() != nil {
			return page, stopped(ctx.Err()) // whatever the System's answer looks like by now
		}
		fail := connector.AsError(err)
		if fail.Exchange == "" {
			k.mu.Lock()
			fail.Exchange = lastExchange(k.list)
			k.mu.Unlock()
		}
		pause := fail.Wait
		switch {
		case fail.Code == connector.Throttled && throttled < 10:
			throttled++
		case fail.Code == connector.Unavailable && attempt < len(pauses):
			pause = max(pause, time.Duration(float64(pauses[attempt])*(0.8+0.4*e.Jitter())))
			attempt++
		default:
			return page, fail
		}
		if err := e.Sleep(ctx, pause); err != nil {
			return page, stopped(err)
		}
	}
}

func stopped(err error) *connector.Error {
	return connector.Errorf(connector.Unavailable, "read", "stopped before the read was done").Because(err).Advise("Nothing to do: the next Run reads the same again.")
}

// markWhole remembers when a Kind was last read as a whole.
func (e *Engine) markWhole(ctx context.Context, r *route, w connector.Window, at time.Time) *connector.Error {
	if !w.From.IsZero() {
		return nil
	}
	if err := e.DB.Tx(ctx, func(tx *store.Tx) error { return tx.SetWhole(r.flow.From, r.flow.Kind, at) }); err != nil {
		return connector.AsError(err)
	}
	return nil
}
