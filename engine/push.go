package engine

import (
	"context"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

const (
	pushing    = -2 // the partition that stands for what a Connection pushed
	pushesOf   = 100
	pushedWait = time.Minute // until what could not be read is tried again
)

// duePushes are those that a Flow which moves would read, and those that no Flow reads: these end. What belongs to Flows
// that stand still waits for them.
func (e *Engine) duePushes(ctx context.Context, now time.Time, moving []connector.Flow) ([]store.Push, error) {
	all, err := e.DB.PushesDue(ctx, now)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	flows, err := e.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	var out []store.Push
	for _, p := range all {
		if len(readers(moving, p.Connection, p.Kind)) > 0 || len(readers(flows, p.Connection, p.Kind)) == 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// readers are the enabled Flows that read a Kind from a Connection.
func readers(flows []connector.Flow, connection string, kind connector.Kind) []connector.Flow {
	var out []connector.Flow
	for _, f := range flows {
		if f.Enabled && f.From == connection && f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// ReadPushed reads, by their numbers, the records of one Kind that a Connection pushed, and accepts them as what a Flow's
// polling reads. A push brings nothing that polling would not: it only comes sooner.
func (e *Engine) ReadPushed(ctx context.Context, connection string, kind connector.Kind) error {
	one := connection + ":" + string(kind)
	if !e.enter(one, pushing) {
		return nil
	}
	defer e.leave(one, pushing)
	for {
		pushes, err := e.DB.Pushes(ctx, connection, kind, e.Now(), pushesOf)
		if err != nil || len(pushes) == 0 {
			return err
		}
		for _, p := range pushes {
			moved, err := e.readPushed(ctx, p)
			if err != nil || !moved || ctx.Err() != nil {
				return err
			}
		}
	}
}

// readPushed reads one. It is moved when it needs no more reading, or later.
func (e *Engine) readPushed(ctx context.Context, p store.Push) (moved bool, err error) {
	moving, err := e.moving(ctx)
	if err != nil {
		return false, err
	}
	flows := readers(moving, p.Connection, p.Kind)
	if len(flows) == 0 {
		all, err := e.DB.Flows(ctx)
		if err != nil || len(readers(all, p.Connection, p.Kind)) > 0 {
			return false, err // they stand still
		}
		return true, e.pushDone(ctx, p, connector.Record{}, "no flow reads it")
	}
	found, results := connector.Record{}, []string{}
	for _, f := range flows {
		rec, result, again, err := e.readPushedFor(ctx, f, p)
		switch {
		case err != nil:
			return false, err
		case again > 0:
			return true, e.pushLater(ctx, p, again, false)
		case rec.ID != "":
			found = rec
		}
		if result != "" {
			results = append(results, f.Name+": "+result)
		}
	}
	if len(results) > 0 {
		return true, e.pushDone(ctx, p, found, strings.Join(results, "; "))
	}
	if wait, more := store.MissingWait(p.Looks); more { // lists lag; the time after that is for polling
		return true, e.pushLater(ctx, p, wait, true)
	}
	return true, e.pushDone(ctx, p, found, "its source does not show it; polling brings it once it does")
}

// readPushedFor reads one for one Flow. Without a result its source does not show it; again is when it is to be tried anew.
func (e *Engine) readPushedFor(ctx context.Context, f connector.Flow, p store.Push) (rec connector.Record, result string, again time.Duration, err error) {
	if _, err := e.ready(ctx, f.Name, nil); err != nil {
		return rec, "", pushedWait, nil
	}
	r, err := e.route(ctx, f.Name)
	if err != nil {
		return rec, "", pushedWait, nil
	}
	var k kept
	page, fail := e.readPage(ctx, r.from, r.source, &k, 0, connector.Query{Kind: p.Kind, To: e.Now(), Keys: []connector.Key{{Number: p.Number}}})
	if fail != nil {
		if err := e.keepAll(ctx, &k); err != nil || ctx.Err() != nil {
			return rec, "", pushedWait, err
		}
		e.Log.Warn("what was pushed could not be read", "flow", f.Name, "number", p.Number, "code", fail.Code, "reason", fail.Error())
		switch fail.Code.Reaction() {
		case connector.ReactHold:
			return rec, "it could not be read: " + fail.Error(), 0, nil
		case connector.ReactPauseFlow, connector.ReactPauseConnection:
			_, err = e.pause(ctx, f, f.From, fail)
		}
		return rec, "", max(pushedWait, fail.Wait), err
	}
	for n, v := range page.Versions {
		one := page
		one.Versions, one.Same, one.Problems = page.Versions[n:n+1], nil, nil
		got, err := e.acceptKeyed(ctx, r, one, &k, fetchedFor{trigger: connector.TriggerSchedule})
		if err != nil {
			return rec, "", 0, err
		}
		rec, result = connector.Record{Connection: f.From, Kind: f.Kind, ID: v.ID}, string(got)
	}
	if len(page.Versions) == 0 && len(page.Problems) > 0 {
		rec.Connection, rec.Kind, rec.ID = f.From, f.Kind, page.Problems[0].ID
		result = "it could not be read: " + page.Problems[0].Err.Error()
	}
	return rec, result, 0, e.keepAll(ctx, &k)
}

func (e *Engine) pushDone(ctx context.Context, p store.Push, rec connector.Record, result string) error {
	return e.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.PushDone(p, rec, result) })
}

func (e *Engine) pushLater(ctx context.Context, p store.Push, wait time.Duration, looked bool) error {
	return e.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.PushLater(p, e.Now().Add(wait), looked) })
}
