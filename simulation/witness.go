package simulation

import (
	"net/http"
	"strings"
	"time"

	connector "ml-connector"
)

// witness sees every call that arrives at a System, and says what must never be seen there. What it can't know from the calls
// alone it asks of the database, in whose transactions nothing happens meanwhile.
type witness struct {
	s          *sim
	deliveries map[int64]*sentDelivery
	hot        map[connector.Kind]string // the record of each Kind that was written last
	sent       map[string]string         // what was written last, by Flow and record
	unanswered map[connector.Record]bool // of which a write had no clear answer
	newest     map[string]int64          // the latest Delivery whose write arrived, by Flow and record
	exchanged  []exchanged
	tellings   map[string]string // what an Exchange tells the source, by its ID
	took       map[string]int    // what the source surely took, and how much had gone wrong by then
}

// exchanged is an Exchange that a process had.
type exchanged struct {
	by *process
	id string
	at time.Time
}

// sentDelivery is what is known of the writes of one Delivery.
type sentDelivery struct {
	writes int
	unsure bool // the last write has no answer, or one that leaves it open
	looked bool // the target was asked since
}

func newWitness(s *sim) *witness {
	return &witness{s: s, deliveries: map[int64]*sentDelivery{}, newest: map[string]int64{}, tellings: map[string]string{}, took: map[string]int{}, hot: map[connector.Kind]string{}, sent: map[string]string{}, unanswered: map[connector.Record]bool{}}
}

// sending sees a call right before it has its effect.
func (w *witness) sending(by wire, q connector.Request, x *connector.Exchange) {
	w.s.count("calls")
	if !q.Write {
		return
	}
	w.s.count("writes")
	if x.Delivery == 0 {
		return // of a batch
	}
	d, err := w.s.desk.Delivery(w.s.ctx, x.Delivery)
	if err != nil {
		w.s.violate("I16", "%s is sent for delivery %d, which is not there: %v", q.Op, x.Delivery, err)
		return
	}
	if d.Record.Connection == x.Connection {
		w.telling(by, q, x, d)
		return
	}
	w.s.tell("%s: %s of %s version %d, delivery %d, attempt %d", by.p.owner, q.Op, d.Record, d.Version, d.ID, d.Attempts)
	known := w.deliveries[d.ID]
	if known == nil {
		known = &sentDelivery{}
		w.deliveries[d.ID] = known
	}
	known.writes++
	if known.writes > 1 {
		w.s.count("sent again")
	}
	if known.unsure && !known.looked && w.duplicates(d) {
		w.s.violate("I7", "delivery %d of %s is sent again although its last write may have happened, and nobody looked", d.ID, d.Record)
	}
	known.unsure, known.looked = true, false
	key := d.Flow + " " + d.Record.String()
	if d.ID < w.newest[key] {
		w.s.violate("I10", "delivery %d of %s is written after delivery %d", d.ID, d.Record, w.newest[key])
	}
	w.newest[key] = max(w.newest[key], d.ID)
	w.owned(by, d)
	w.needed(d, known.writes)
	w.hot[d.Kind] = d.Record.ID
}

// needed checks that nothing is written twice in a row which the target holds already: both sides would echo for ever. After a write without an answer nobody can know.
func (w *witness) needed(d connector.Delivery, writes int) {
	key := d.Flow + " " + d.Record.String()
	before := w.sent[key]
	w.sent[key] = d.Sent
	if d.Sent != before || d.Operation != connector.OpUpdate || d.Attempts > 1 || writes > 1 || d.Forced || w.unanswered[d.Record] {
		return
	}
	f, err := w.s.desk.Flow(w.s.ctx, d.Flow)
	if err != nil {
		return
	}
	work, err := w.s.desk.WorkFor(w.s.ctx, d.Flow, d.Record, f.To)
	if err != nil || work.Delivery.ID != d.ID || work.SentDocument == nil || work.Link == nil || work.Agreement == nil {
		return
	}
	found, err := w.s.look(f, work)
	if err == nil && len(found) == 1 && found[0].Document != nil && connector.Covers(found[0].Document, work.SentDocument) {
		w.s.violateAbout("I9", d.Record, "delivery %d writes what the target holds already", d.ID)
	}
}

// duplicates says whether a repeated write of a Delivery makes a second object.
func (w *witness) duplicates(d connector.Delivery) bool {
	return d.Operation == connector.OpCreate && (d.Kind == connector.Requisition || d.Kind == connector.PurchaseOrder || d.Kind == connector.Supplier && strings.HasSuffix(d.Flow, "peoplesoft"))
}

// owned checks that a write comes from the process that owns the partition. One that was stalled on the way can't know.
func (w *witness) owned(by wire, d connector.Delivery) {
	if !by.p.woke.IsZero() && w.s.turns.now.Sub(by.p.woke) < time.Minute {
		return
	}
	if d.State != connector.Sending {
		w.s.violate("I8", "delivery %d of %s is written by %s while it is %s", d.ID, d.Record, by.p.owner, d.State)
	}
}

// kept checks at the end that every Exchange of a process that nobody killed was kept (I16), unless the database was away.
func (w *witness) kept() {
	if w.s.counts["database: not available"] > 0 {
		return
	}
	for _, x := range w.exchanged {
		if x.by.dead || w.s.turns.now.Sub(x.at) < time.Minute { // it is kept with what comes of it
			continue
		}
		w.s.count("exchanges found again")
		if _, err := w.s.desk.Exchange(w.s.ctx, x.id); err != nil {
			w.s.violate("I16", "%s exchanged %s, and it was not kept: %v", x.by.owner, x.id, err)
		}
	}
}

// answered sees what the process got.
func (w *witness) answered(by wire, q connector.Request, x connector.Exchange, err *connector.Error) {
	w.s.tell("%s: %s → %d %s", by.p.owner, q.Op, x.Status, x.Failure)
	w.exchanged = append(w.exchanged, exchanged{by.p, x.ID, w.s.turns.now})
	if w.tellings[x.ID] != "" {
		w.told(x, err)
		return
	}
	known := w.deliveries[x.Delivery]
	if known == nil {
		return
	}
	switch {
	case !q.Write && q.Op != "token":
		known.looked = known.looked || err == nil
	case q.Write && x.Status == http.StatusTooManyRequests:
		known.unsure = false // refused before anybody looked at it
	case q.Write && (err != nil || x.Status >= 300):
		if d, err := w.s.desk.Delivery(w.s.ctx, x.Delivery); err == nil {
			w.unanswered[d.Record] = true
			w.s.hurry(d)
		}
	case q.Write && err == nil && x.Status == 200:
		known.unsure = known.unsure && x.Status != 200
	}
}
