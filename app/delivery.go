package app

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	connector "ml-connector"
	"ml-connector/engine"
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

// Delivery shows one Delivery.
func (a *App) Delivery(ctx context.Context, id int64) (DeliveryDetail, error) {
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
		out.Exchanges = append(out.Exchanges, exchangeShape(x))
	}
	entries, err := a.DB.Entries(ctx, store.EntryFilter{Delivery: id})
	out.History = slices.Concat([]connector.Entry{}, entries)
	return out, err
}

// ReplayOptions choose what is replayed: the IDs, or all in a state (of a Flow, or of all).
type ReplayOptions struct {
	IDs    []int64
	State  connector.State
	Flow   string
	Create bool          // a person said: create it even where something of the same name exists
	Wait   time.Duration // how long to wait for what becomes of them; 0 = not
}

// Replayed is what became of what was replayed.
type Replayed struct {
	Replayed int                     `json:"replayed"`
	Passed   int                     `json:"passed_over"` // older than another Delivery of the same record, or changed meanwhile
	States   map[connector.State]int `json:"states"`
	TimedOut bool                    `json:"timed_out"`
}

// ExitStatus is 3 when one of them is held or in doubt again, 5 when the wait was over before all had ended.
func (r Replayed) ExitStatus() int {
	status := 0
	if r.States[connector.Held] > 0 || r.States[connector.InDoubt] > 0 {
		status = connector.Rejected.ExitStatus()
	}
	if r.TimedOut {
		status = WorstExit(status, connector.Unavailable.ExitStatus())
	}
	return status
}

// replayBatch is how many Deliveries one transaction of a bulk replay takes.
const replayBatch = 200

// Replay lets Deliveries wait again, and waits for what becomes of them: this process delivers them, or the engine that
// is alive does.
func (a *App) Replay(ctx context.Context, o ReplayOptions, actor string) (Replayed, error) {
	out := Replayed{States: map[connector.State]int{}}
	ids := o.IDs
	if o.State != "" {
		var err error
		if ids, err = a.chosen(ctx, o); err != nil {
			return out, err
		}
	}
	var replayed []int64
	for batch := range slices.Chunk(ids, replayBatch) {
		done, err := a.replayBatch(ctx, batch, o, actor)
		replayed = append(replayed, done...)
		if err != nil {
			return out, err
		}
	}
	out.Replayed, out.Passed = len(replayed), len(ids)-len(replayed)
	if o.Wait <= 0 || len(replayed) == 0 {
		return out, nil
	}
	if err := a.deliver(ctx, replayed, o.Wait); err != nil {
		return out, err
	}
	for _, id := range replayed {
		d, err := a.DB.Delivery(ctx, id)
		if err != nil {
			return out, err
		}
		out.States[d.State]++
		out.TimedOut = out.TimedOut || open(d.State)
	}
	return out, nil
}

// open says that something may still happen to a Delivery by itself, soon.
func open(s connector.State) bool { return s == connector.Waiting || s == connector.Sending }

func (a *App) chosen(ctx context.Context, o ReplayOptions) ([]int64, error) {
	if o.Flow != "" {
		if _, err := a.DB.Flow(ctx, o.Flow); err != nil {
			return nil, err
		}
	}
	var ids []int64
	err := a.DB.EachDelivery(ctx, store.DeliveryFilter{State: o.State, Flow: o.Flow}, func(d connector.Delivery) error {
		ids = append(ids, d.ID)
		return nil
	})
	return ids, err
}

// replayBatch replays some Deliveries in one transaction. Of a choice by state, those that can't be replayed (a newer
// Version came meanwhile) are passed over; of IDs that a person gave, they are an error.
func (a *App) replayBatch(ctx context.Context, ids []int64, o ReplayOptions, actor string) ([]int64, error) {
	replay := func(ids []int64) error {
		return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Replay(ids, actor, o.Create) })
	}
	err := replay(ids)
	if err == nil {
		return ids, nil
	}
	if o.State == "" || connector.CodeOf(err) != connector.Conflict {
		return nil, err
	}
	var done []int64
	for _, id := range ids {
		switch err := replay([]int64{id}); connector.CodeOf(err) {
		case "":
			done = append(done, id)
		case connector.Conflict:
		default:
			return done, err
		}
	}
	return done, nil
}

// deliver waits until nothing of the Deliveries can move further, or the wait is over: the engine that is alive delivers
// them, or this process when there is none, or none any more.
func (a *App) deliver(ctx context.Context, ids []int64, wait time.Duration) error {
	flows := map[string]bool{}
	for _, id := range ids {
		d, err := a.DB.Delivery(ctx, id)
		if err != nil {
			return err
		}
		flows[d.Flow] = true
	}
	names := make([]string, 0, len(flows))
	for f := range flows {
		names = append(names, f)
	}
	slices.Sort(names)
	deadline := a.Now().Add(wait)
	for len(ids) > 0 && a.Now().Before(deadline) {
		if mine, err := a.settleOver(ctx, names, deadline.Sub(a.Now())); mine || err != nil {
			return err
		}
		d, err := a.DB.Delivery(ctx, ids[0])
		if err != nil {
			return err
		}
		if !open(d.State) {
			ids = ids[1:]
			continue
		}
		a.tell(engine.Progress{Stage: "waiting"})
		if err := engine.Sleep(ctx, askEvery); err != nil {
			return connector.Errorf(connector.Unavailable, "wait for the running engine", "stopped before it was done").Because(err)
		}
	}
	return nil
}

// Skip settles a Delivery without delivering it.
func (a *App) Skip(ctx context.Context, id int64, reason, actor string) error {
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Skip(id, reason, actor) })
}

// Resolve ends a doubt by hand: delivered as targetID, or, with "", surely not sent. An ID is looked up at the target first,
// where that can be asked, unless it is to be taken unchecked.
func (a *App) Resolve(ctx context.Context, id int64, targetID, reason string, unchecked bool, actor string) error {
	if targetID != "" {
		if err := a.checkTarget(ctx, id, targetID, unchecked); err != nil {
			return err
		}
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error { return tx.Resolve(id, targetID, reason, actor) })
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
