package store

import (
	"context"
	"errors"
	"slices"

	connector "ml-connector"
)

// Settle stores Outcomes with their Links, agreements, releases, Exchanges and Entries in one transaction that is fenced:
// when the partition is lost nothing is stored, and the error has the class conflict.
//
// An Outcome that would break I6 (one Link for a Record and another Connection) is stored as held with the class conflict
// instead. One that is blocked on something which was linked in the meantime waits instead.
func (db *DB) Settle(ctx context.Context, flow string, partition int, epoch int64, outs []Outcome) (Settled, error) {
	a := db.advance(flow, partition, epoch, outs, nil)
	err := a.kept(ctx, db.Tx(ctx, a.do))
	return a.settled, err
}

// Intend marks Deliveries as sending before the first byte of any of them is sent, in one transaction that is fenced: when
// the partition is lost nothing is marked, and the error has the class conflict. Natural keys are reserved with it. What
// may not be sent comes back.
func (db *DB) Intend(ctx context.Context, flow string, partition int, epoch int64, intents []Intent) ([]Taken, error) {
	a := db.advance(flow, partition, epoch, nil, intents)
	err := a.kept(ctx, db.Tx(ctx, a.do))
	return a.taken, err
}

// SettleAndIntend is Settle of what ended and Intend of what comes next in one transaction, in this order.
func (db *DB) SettleAndIntend(ctx context.Context, flow string, partition int, epoch int64, outs []Outcome, intents []Intent) (Settled, []Taken, error) {
	a := db.advance(flow, partition, epoch, outs, intents)
	err := a.kept(ctx, db.Tx(ctx, a.do))
	return a.settled, a.taken, err
}

// advance is one transaction of a pump: outcomes of what ended, and the marks of what is sent next.
type advance struct {
	db        *DB
	flow      string
	partition int
	epoch     int64
	outs      []Outcome
	intents   []Intent
	exchanges packed
	owned     map[int64]*body // of the agreements, by Delivery
	documents []*body         // of the intents
	settled   Settled
	taken     []Taken
}

// advance does the work that needs no transaction.
func (db *DB) advance(flow string, partition int, epoch int64, outs []Outcome, intents []Intent) *advance {
	a := &advance{db: db, flow: flow, partition: partition, epoch: epoch, outs: outs, intents: intents, owned: make(map[int64]*body, len(outs)), documents: make([]*body, len(intents))}
	for _, o := range outs {
		if o.Agreement != nil {
			a.owned[o.Delivery] = hashedDocument(o.Agreement.Owned)
		}
	}
	for i, in := range intents {
		a.documents[i] = hashedDocument(in.Document)
	}
	a.exchanges = db.packExchanges(a.exchanged())
	for _, o := range outs {
		if b := a.owned[o.Delivery]; b != nil {
			a.exchanges.bodies = append(a.exchanges.bodies, b)
		}
	}
	a.exchanges.bodies = append(a.exchanges.bodies, a.documents...)
	return a
}

func (a *advance) exchanged() []connector.Exchange {
	var xs []connector.Exchange
	for _, o := range a.outs {
		xs = append(xs, o.Exchanges...)
	}
	for _, in := range a.intents {
		xs = append(xs, in.Exchanges...)
	}
	return xs
}

// do is the transaction. All its Deliveries are read, and kept from changing, at once, so that two of them never wait for
// each other.
func (a *advance) do(tx *Tx) error {
	a.settled, a.taken = Settled{}, nil
	if err := tx.fence(a.op(), a.flow, a.partition, a.epoch); err != nil {
		return err
	}
	if err := tx.keepExchanges(a.exchanges); err != nil {
		return err
	}
	w, err := tx.wayOf(a.flow)
	if err != nil {
		return err
	}
	if len(a.outs) > 0 {
		if err := tx.gate("the settling of "+a.flow, false); err != nil { // who brings newer Versions passes alone
			return err
		}
	}
	old, err := tx.briefs(a.deliveries())
	if err != nil {
		return err
	}
	s := settling{tx: tx, way: w, owned: a.owned}
	if len(a.outs) > 0 {
		s.begin(a.partition, a.outs, old)
		if err := s.run(a.epoch); err != nil {
			return err
		}
	}
	if len(a.intents) > 0 {
		if a.taken, err = tx.intend(w, a.partition, a.epoch, a.intents, a.documents, old); err != nil {
			return err
		}
	}
	a.settled = Settled{Wake: tx.Wake(), Dropped: s.dropped}
	return nil
}

// way is what a transaction of a pump needs to know of its Flow.
type way struct {
	flow     string
	from, to string
	kind     connector.Kind
	track    string
	drift    connector.DriftRule
	limited  bool // a Run may not write as much as it likes
}

func (tx *Tx) wayOf(flow string) (way, error) {
	w := way{flow: flow}
	var limits int64
	_, err := one(tx, "read a Flow", "SELECT source, target, kind, track, drift, max_changes + max_creates + max_share + CASE WHEN max_money <> '' THEN 1 ELSE 0 END FROM flows WHERE name = $1", []any{flow}, &w.from, &w.to, &w.kind, &w.track, &w.drift, &limits)
	w.limited = limits > 0
	return w, err
}

func (a *advance) op() string {
	if len(a.outs) > 0 {
		return "settle"
	}
	return "mark what is sent"
}

func (a *advance) deliveries() []int64 {
	ids := make([]int64, 0, len(a.outs)+len(a.intents))
	for _, o := range a.outs {
		ids = append(ids, o.Delivery)
	}
	for _, in := range a.intents {
		ids = append(ids, in.Delivery)
	}
	slices.Sort(ids)
	return ids
}

// kept keeps the Exchanges of a transaction that failed: nothing is settled or marked, but what was exchanged has happened.
func (a *advance) kept(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(err, a.db.SaveExchanges(context.WithoutCancel(ctx), a.exchanged()))
}
