package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// DeliveryDetail is a Delivery with what was sent and said.
type DeliveryDetail struct {
	Delivery
	Run       int64               `json:"run"`
	Operation connector.Operation `json:"operation"`
	DueAt     *time.Time          `json:"due_at"`
	SentAt    *time.Time          `json:"sent_at"`
	CreatedAt time.Time           `json:"created_at"`
	Exchanges []Exchange          `json:"exchanges"`
	History   []connector.Entry   `json:"history"`
	Assigned  string              `json:"assigned"` // who sees to it; "" = nobody
	Notes     []Note              `json:"notes"`
}

// Exchange is one HTTP request and answer, masked, bodies as text.
type Exchange struct {
	ID             string            `json:"id"`
	Connection     string            `json:"connection"`
	Op             string            `json:"op"`
	Method         string            `json:"method"`
	URL            string            `json:"url"`
	RequestHeader  map[string]string `json:"request_header"`
	RequestBody    string            `json:"request_body"`
	Status         int               `json:"status"`
	ResponseHeader map[string]string `json:"response_header"`
	ResponseBody   string            `json:"response_body"`
	StartedAt      time.Time         `json:"started_at"`
	TookMS         int64             `json:"took_ms"`
	Failure        string            `json:"failure"`
}

func exchangeShape(x connector.Exchange) Exchange {
	return Exchange{x.ID, x.Connection, x.Op, x.Method, x.URL, x.RequestHeader, string(x.RequestBody), x.Status, x.ResponseHeader, string(x.ResponseBody),
		x.Started, x.Took.Milliseconds(), x.Failure}
}

// EachDelivery calls fn for each Delivery that a filter chooses, one by one, so that a list may be of any length.
func (a *App) EachDelivery(ctx context.Context, f store.DeliveryFilter, fn func(Delivery) error) error {
	return a.DB.EachDelivery(ctx, f, func(d connector.Delivery) error { return fn(DeliveryShape(d)) })
}

// Delivery shows one Delivery. Who may not see Exchanges raw is told of each that it was, and not what was said.
func (a *App) Delivery(ctx context.Context, id int64, by people.Actor) (DeliveryDetail, error) {
	if err := by.May(people.Read); err != nil {
		return DeliveryDetail{}, err
	}
	d, err := a.DB.Delivery(ctx, id)
	if err != nil {
		return DeliveryDetail{}, err
	}
	out := DeliveryDetail{Delivery: DeliveryShape(d), Run: d.Run, Operation: d.Operation, DueAt: moment(d.DueAt), SentAt: moment(d.SentAt),
		CreatedAt: d.CreatedAt, Exchanges: []Exchange{}}
	exchanges, err := a.DB.ExchangesOf(ctx, id)
	if err != nil {
		return out, err
	}
	for _, x := range exchanges {
		if !by.Can(people.ReadExchanges) {
			x.RequestHeader, x.RequestBody, x.ResponseHeader, x.ResponseBody = nil, nil, nil, nil
		}
		out.Exchanges = append(out.Exchanges, exchangeShape(x))
	}
	assigned, err := a.DB.Assignments(ctx, []int64{id})
	if err != nil {
		return out, err
	}
	out.Assigned, out.Notes = assigned[id].Person, noteShapes(assigned[id].Notes)
	entries, err := a.DB.Entries(ctx, store.EntryFilter{Delivery: id})
	out.History = slices.Concat([]connector.Entry{}, entries)
	return out, err
}

// ReplayOptions choose what is replayed: the IDs, or all in a state (of a Flow, or of all).
type ReplayOptions struct {
	IDs    []int64
	State  connector.State
	Flow   string
	Still  bool          // IDs that can't be replayed any more are passed over, as those of a choice by state are
	Create bool          // a person said: create it even where something of the same name exists
	Wait   time.Duration // how long to wait for what becomes of them; 0 = not
}

// Replayed is what became of what was replayed.
type Replayed struct {
	Replayed int                     `json:"replayed"`
	Passed   int                     `json:"passed_over"` // older than another Delivery of the same record, or changed meanwhile
	States   map[connector.State]int `json:"states"`
	TimedOut bool                    `json:"timed_out"`
	Stands   []string                `json:"stands,omitempty"` // why those that still wait do not go on, and what to do
}

// ExitStatus is 3 when one of them is held or in doubt again, 5 when the wait was over before all had ended.
func (r Replayed) ExitStatus() int { return decidedStatus(r.States, r.TimedOut || len(r.Stands) > 0) }

// decidedStatus is the exit status of a command after which Deliveries that were decided again are in some states.
func decidedStatus(states map[connector.State]int, timedOut bool) int {
	status := 0
	if states[connector.Held] > 0 || states[connector.InDoubt] > 0 {
		status = connector.Rejected.ExitStatus()
	}
	if timedOut {
		status = WorstExit(status, connector.Unavailable.ExitStatus())
	}
	return status
}

// replayBatch is how many Deliveries one transaction of a bulk replay takes.
const replayBatch = 200

// Replay lets Deliveries wait again, and waits for what becomes of them: this process delivers them, or the engine that
// is alive does.
func (a *App) Replay(ctx context.Context, o ReplayOptions, by people.Actor) (Replayed, error) {
	if err := by.May(people.ReplayDelivery); err != nil {
		return Replayed{}, err
	}
	out := Replayed{States: map[connector.State]int{}}
	ids := o.IDs
	if o.State != "" {
		var err error
		if ids, err = a.chosen(ctx, o, func(connector.Delivery) bool { return true }); err != nil {
			return out, err
		}
	}
	replayed, err := a.letGo(ctx, ids, o.State != "" || o.Still, func(tx *store.Tx, ids []int64) error { return tx.Replay(ids, by.Name, o.Create) })
	if err != nil {
		return out, err
	}
	return a.await(ctx, replayed, len(ids), o.Wait)
}

// await waits for what becomes of Deliveries that wait again, out of so many that were asked for.
func (a *App) await(ctx context.Context, replayed []int64, asked int, wait time.Duration) (Replayed, error) {
	out := Replayed{States: map[connector.State]int{}, Replayed: len(replayed), Passed: asked - len(replayed)}
	if wait <= 0 || len(replayed) == 0 {
		return out, nil
	}
	stands, err := a.deliver(ctx, replayed, wait)
	out.Stands = stands
	if err != nil {
		return out, err
	}
	for _, id := range replayed {
		d, err := a.DB.Delivery(ctx, id)
		if err != nil {
			return out, err
		}
		out.States[d.State]++
		out.TimedOut = out.TimedOut || isOpen(d.State) && len(stands) == 0
	}
	return out, nil
}

// isOpen says that something may still happen to a Delivery by itself, soon.
func isOpen(s connector.State) bool { return s == connector.Waiting || s == connector.Sending }

func (a *App) chosen(ctx context.Context, o ReplayOptions, which func(connector.Delivery) bool) ([]int64, error) {
	if o.Flow != "" {
		if _, err := a.DB.Flow(ctx, o.Flow); err != nil {
			return nil, err
		}
	}
	var ids []int64
	err := a.DB.EachDelivery(ctx, store.DeliveryFilter{State: o.State, Flow: o.Flow}, func(d connector.Delivery) error {
		if which(d) {
			ids = append(ids, d.ID)
		}
		return nil
	})
	return ids, err
}

// letGo lets Deliveries go on, some in each transaction. Of a choice by state, those that can't (a newer Version came meanwhile, or this
// person may not) are passed over; of IDs that a person gave, they are an error.
func (a *App) letGo(ctx context.Context, ids []int64, chosen bool, do func(tx *store.Tx, ids []int64) error) (done []int64, err error) {
	some := func(ids []int64) error { return a.DB.Tx(ctx, func(tx *store.Tx) error { return do(tx, ids) }) }
	passes := func(err error) bool {
		return chosen && (connector.CodeOf(err) == connector.Conflict || connector.CodeOf(err) == connector.Forbidden)
	}
	for batch := range slices.Chunk(ids, replayBatch) {
		err := some(batch)
		if err == nil {
			done = append(done, batch...)
			continue
		}
		if !passes(err) {
			return done, err
		}
		for _, id := range batch {
			switch err := some([]int64{id}); {
			case err == nil:
				done = append(done, id)
			case !passes(err):
				return done, err
			}
		}
	}
	return done, nil
}

// deliver waits until nothing of the Deliveries can move further, or the wait is over: the engine that is alive delivers
// them, or this process when there is none, or none any more. Those of Flows that stand still are not waited for: why comes back.
func (a *App) deliver(ctx context.Context, ids []int64, wait time.Duration) (still []string, err error) {
	stands, err := a.DB.Stands(ctx, ids)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range stands {
		if at, found := slices.BinarySearch(names, s.Flow); !found {
			names = slices.Insert(names, at, s.Flow)
		}
	}
	deadline := a.Now().Add(wait)
	for a.Now().Before(deadline) {
		if mine, err := a.settleOver(ctx, names, deadline.Sub(a.Now())); mine || err != nil {
			return nil, err
		}
		if stands, err = a.DB.Stands(ctx, ids); err != nil {
			return nil, err
		}
		ids = ids[:0:0]
		sending, open := false, map[string]bool{}
		for _, s := range stands {
			if isOpen(s.State) {
				ids, open[s.Flow], sending = append(ids, s.ID), true, sending || s.State == connector.Sending
			}
		}
		if len(ids) == 0 {
			return nil, nil
		}
		if still, err = a.standing(ctx, open); err != nil || len(still) == len(open) && !sending {
			return still, err
		}
		a.tell(engine.Progress{Stage: "waiting"})
		if err := engine.Sleep(ctx, askEvery); err != nil {
			return nil, connector.Errorf(connector.Unavailable, "wait for the running engine", "stopped before it was done").Because(err)
		}
	}
	return nil, nil
}

// standing says which of some Flows the running engine delivers nothing of, why, and what to do.
func (a *App) standing(ctx context.Context, flows map[string]bool) ([]string, error) {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(flows)) {
		f, err := a.DB.Flow(ctx, name)
		if err != nil {
			return nil, err
		}
		if !f.Enabled {
			out = append(out, "flow "+name+" is disabled, so they wait: `ml-connector sync "+name+"` delivers them once, `ml-connector flow enable "+name+"` from now on")
			continue
		}
		if f.Paused.Code != "" {
			out = append(out, "flow "+name+" is paused ("+trimStop(f.Paused.Reason)+"), so they wait: `ml-connector flow enable "+name+"`")
			continue
		}
		for _, end := range []string{f.From, f.To} {
			c, err := a.DB.Connection(ctx, end)
			if err != nil {
				return nil, err
			}
			if c.Paused.Code != "" {
				out = append(out, "connection "+end+" is paused ("+trimStop(c.Paused.Reason)+"), so those of flow "+name+" wait: `ml-connector connection resume "+end+"`")
				break
			}
		}
	}
	return out, nil
}

// Approve lets Deliveries go on that wait for a second person, and waits for what becomes of them. Of all that are held (of a Flow) those
// that this person may not approve are passed over.
func (a *App) Approve(ctx context.Context, o ReplayOptions, by people.Actor) (Replayed, error) {
	if err := by.May(people.ApproveDelivery); err != nil {
		return Replayed{}, err
	}
	out := Replayed{States: map[connector.State]int{}}
	ids := o.IDs
	if o.State != "" {
		if o.State != connector.Held {
			return out, connector.Errorf(connector.Invalid, "approve", "only what is held waits for a second person").Advise("Give --state held, or the IDs of deliveries.")
		}
		var err error
		if ids, err = a.chosen(ctx, o, func(d connector.Delivery) bool { return d.Err != nil && d.Err.Op == store.ConfirmOp }); err != nil {
			return out, err
		}
	}
	approved, err := a.letGo(ctx, ids, o.State != "" || o.Still, func(tx *store.Tx, ids []int64) error { return tx.Approve(ids, by.Name) })
	if err != nil {
		return out, err
	}
	return a.await(ctx, approved, len(ids), o.Wait)
}

// Skip settles a Delivery without delivering it.
func (a *App) Skip(ctx context.Context, id int64, reason string, by people.Actor) error {
	if err := by.May(people.SkipDelivery); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Skip(id, reason, by.Name) })
}

// Resolve ends a doubt by hand: delivered as targetID, or, with "", surely not sent. An ID is looked up at the target first,
// where that can be asked, unless it is to be taken unchecked.
func (a *App) Resolve(ctx context.Context, id int64, targetID, reason string, unchecked bool, by people.Actor) error {
	if err := by.May(people.ResolveDelivery); err != nil {
		return err
	}
	if targetID != "" {
		if err := a.checkTarget(ctx, id, targetID, unchecked); err != nil {
			return err
		}
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Resolve(id, targetID, reason, by.Name) })
}

// checkTarget refuses an ID that no record of the target can have, and, unless unchecked, one that the target does not have.
func (a *App) checkTarget(ctx context.Context, id int64, targetID string, unchecked bool) error {
	op := "look up " + targetID
	if strings.TrimSpace(targetID) != targetID || strings.ContainsFunc(targetID, unicode.IsControl) || len(targetID) > 200 {
		return connector.Errorf(connector.Invalid, "resolve a delivery", "%q is not an ID", targetID).Advise("Give the target's own ID, as `delivery show` of a delivered one has it.")
	}
	d, err := a.DB.Delivery(ctx, id)
	if err != nil || unchecked || d.State != connector.InDoubt { // the store says why others can't be resolved
		return err
	}
	f, err := a.DB.Flow(ctx, d.Flow)
	if err != nil {
		return err
	}
	c, err := a.DB.Connection(ctx, f.To)
	if err != nil {
		return err
	}
	instance, err := a.open(ctx, c)
	if err != nil {
		return err
	}
	finder, asks := instance.(connector.Finder)
	if !asks {
		return nil
	}
	const advice = "Correct the ID, or give --unchecked to take it as it is."
	found, err := finder.Find(ctx, connector.Lookup{Kind: d.Kind, ID: targetID})
	if err != nil {
		e := connector.AsError(err)
		return connector.Errorf(e.Code, op, "%s can't tell: %s", f.To, e.Message).Advise(advice)
	}
	if len(found) == 0 {
		return connector.Errorf(connector.NotFound, op, "%s has no such %s", f.To, strings.ReplaceAll(string(d.Kind), "_", " ")).Advise(advice)
	}
	return nil
}
