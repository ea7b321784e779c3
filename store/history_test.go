package store_test

import (
	"fmt"
	"hash/fnv"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "ml-connector"
	"ml-connector/store"
)

// TestHistories lets engine, people and crashes act in random order, and holds after every step what must always hold.
func TestHistories(t *testing.T) {
	t.Parallel()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		f := newFixture(t, fmt.Sprintf("sqlite:%s?durable=no", filepath.Join(t.TempDir(), fmt.Sprint(n))))
		h := &history{fixture: f, rt: rt, pumps: map[store.FlowPartition]pump{}}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			rapid.OneOf(
				rapid.Just(h.read), rapid.Just(h.work), rapid.Just(h.work), rapid.Just(h.takeOver), rapid.Just(h.person), rapid.Just(h.heal), rapid.Just(h.standing), rapid.Just(h.spread),
			).Draw(rt, "step")()
			h.clock.add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
			h.check()
		}
		must(t, f.Close())
	})
}

type history struct {
	*fixture
	rt    *rapid.T
	pumps map[store.FlowPartition]pump
	late  []late
}

// late is what a process that stalled has claimed and not settled.
type late struct {
	pump
	outs []store.Outcome
}

func (h *history) pick(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(h.rt, what)
}

// read accepts a page of a few records with few contents, sometimes with problems, sometimes deciding again.
func (h *history) read() {
	flow := h.pick("flow", orders, suppliers, vendors)
	var page connector.Page
	for range rapid.IntRange(0, 4).Draw(h.rt, "records") {
		id := h.pick("id", "1", "2", "3")
		if rapid.IntRange(0, 9).Draw(h.rt, "readable") == 0 {
			page.Problems = append(page.Problems, connector.Problem{ID: id, Err: connector.Errorf(connector.Invalid, "read", "%s", h.pick("problem", "x", "y"))})
			continue
		}
		page.Versions = append(page.Versions, usable(version(id, h.pick("content", "a", "b", "c")), connector.Standing(h.pick("standing", "", "usable", "pending"))))
	}
	h.acceptAll(store.Acceptance{Flow: h.flow(flow), Run: h.run(flow), Page: page, Again: rapid.Bool().Draw(h.rt, "again"), Last: rapid.Bool().Draw(h.rt, "last"), Cursor: h.clock.Now()})
}

func (h *history) takeOver() {
	at := h.partition()
	epoch, ok, err := h.Take(h.ctx, at.Flow, at.Partition, "test", 5*time.Second)
	must(h.t, err)
	if ok { // else the Flow is to have another number of partitions
		h.pumps[at] = pump{fixture: h.fixture, flow: at.Flow, epoch: epoch, part: at.Partition}
	}
}

func (h *history) partition() store.FlowPartition {
	flow := h.pick("flow", orders, suppliers, vendors)
	return store.FlowPartition{Flow: flow, Partition: rapid.IntRange(0, h.flow(flow).Partitions-1).Draw(h.rt, "partition")}
}

// spread asks for another number of partitions: it comes at once, or when those who work on the present ones have left.
func (h *history) spread() {
	flow := h.pick("flow", orders, suppliers, vendors)
	h.tx(func(tx *store.Tx) error {
		return tx.WantPartitions(flow, rapid.IntRange(1, 4).Draw(h.rt, "partitions"), "test", 5*time.Second)
	})
}

// work claims, marks some as sending, and settles some of what was claimed in a random way.
func (h *history) work() {
	at := h.partition()
	p, ok := h.pumps[at]
	if !ok {
		h.takeOver()
		return
	}
	works, err := h.Claim(h.ctx, p.flow, p.part, p.epoch, 100)
	if connector.CodeOf(err) == connector.Conflict {
		delete(h.pumps, at) // its Flow was spread anew
		h.tooLate(p.flow)
		return
	}
	must(h.t, err)
	var outs []store.Outcome
	var intents []store.Intent
	for _, w := range works {
		if rapid.Bool().Draw(h.rt, "sent") {
			intents = append(intents, store.Intent{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Linked: w.Linked(), Document: w.Version.Document, Reserve: []string{h.pick("key", "k1", "k2", "k3")}})
		}
		outs = append(outs, h.outcome(w))
	}
	if _, err := h.Intend(h.ctx, p.flow, p.part, p.epoch, intents); err != nil {
		h.rt.Fatal(err)
	}
	if rapid.IntRange(0, 4).Draw(h.rt, "crash") == 0 {
		h.late = append(h.late, late{p, outs})
		return
	}
	if _, err := h.Settle(h.ctx, p.flow, p.part, p.epoch, outs); err != nil {
		h.rt.Fatal(err)
	}
}

// tooLate lets processes that lost their partition try to settle what they claimed: I8.
func (h *history) tooLate(flow string) {
	for _, l := range h.late {
		now, err := h.epoch(l.flow, l.part)
		must(h.t, err)
		if l.flow != flow || now == l.epoch {
			continue
		}
		if _, err := h.Settle(h.ctx, l.flow, l.part, l.epoch, l.outs); connector.CodeOf(err) != connector.Conflict {
			h.rt.Fatalf("settled under epoch %d of partition %d, which has %d by now: %v", l.epoch, l.part, now, err)
		}
	}
}

func (h *history) epoch(flow string, part int) (epoch int64, err error) {
	err = h.Tx(h.ctx, func(tx *store.Tx) error {
		epoch, err = tx.Epoch(flow, part)
		return err
	})
	return epoch, err
}

// checkSpread holds that what waits is where its record belongs, so that what waits of one record is in one place.
func (f *fixture) checkSpread() error {
	rows, err := f.SQL().QueryContext(f.ctx, `SELECT d.id, d.flow, d.state, d.part, r.ext_id, f.partitions FROM deliveries d JOIN records r ON r.id = d.record JOIN flows f ON f.name = d.flow
 WHERE d.state IN ('waiting', 'in_doubt', 'sending')`)
	must(f.t, err)
	defer rows.Close()
	for rows.Next() {
		var id, part, partitions int64
		var flow, state, record string
		must(f.t, rows.Scan(&id, &flow, &state, &part, &record, &partitions))
		sum := fnv.New32a()
		_, _ = sum.Write([]byte(record))
		if want := int64(sum.Sum32() % uint32(partitions)); part != want {
			return fmt.Errorf("delivery %d of %s is %s in partition %d of %d, and its record belongs into %d", id, flow, state, part, partitions, want)
		}
	}
	return rows.Err()
}

func (h *history) outcome(w store.Work) store.Outcome {
	doubt := connector.Errorf(connector.Ambiguous, "write", "?")
	switch h.pick("outcome", "delivered", "delivered", "held", "blocked", "filtered", "unchanged", "waiting", "in_doubt") {
	case "delivered":
		o := deliveredTo(w, h.pick("target", "1", "2", "3", "4"))
		o.Standing = connector.Standing(h.pick("standing", "", "usable", "pending"))
		return o
	case "held":
		return store.Outcome{Delivery: w.Delivery.ID, State: connector.Held, ReleaseKeys: true, Err: connector.Errorf(connector.Code(h.pick("code", "rejected", "conflict")), "write", "no"),
			Target: connector.Record{Connection: "erp", Kind: w.Delivery.Kind, ID: h.pick("target", "", "1", "2")}}
	case "blocked":
		return store.Outcome{Delivery: w.Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{supplierRef(h.pick("supplier", "1", "2", "3"), rapid.Bool().Draw(h.rt, "usable"))}}
	case "filtered":
		return store.Outcome{Delivery: w.Delivery.ID, State: connector.Filtered}
	case "unchanged":
		return store.Outcome{Delivery: w.Delivery.ID, State: connector.Unchanged}
	case "in_doubt":
		return store.Outcome{Delivery: w.Delivery.ID, State: connector.InDoubt, Err: doubt, DueAt: h.clock.Now().Add(time.Minute)}
	}
	return store.Outcome{Delivery: w.Delivery.ID, State: connector.Waiting, DueAt: h.clock.Now().Add(time.Minute), Failures: 1}
}

// person does something to any Delivery; what is refused changes nothing.
func (h *history) person() {
	ds := h.deliveries(store.DeliveryFilter{})
	if len(ds) == 0 {
		return
	}
	d := rapid.SampledFrom(ds).Draw(h.rt, "delivery")
	err := h.Tx(h.ctx, func(tx *store.Tx) error {
		switch h.pick("verb", "replay", "skip", "resolve", "link", "unlink", "reopen") {
		case "replay":
			return tx.Replay([]int64{d.ID}, "cli:test", true)
		case "skip":
			return tx.Skip(d.ID, "because", "cli:test")
		case "resolve":
			return tx.Resolve(d.ID, h.pick("target", "", "1", "2", "3"), "because", "cli:test")
		case "reopen":
			return tx.Reopen(d.ID, connector.Waiting, nil, h.clock.Now(), "drift")
		case "link":
			return tx.LinkRecords(d.Record, connector.Record{Connection: other(d.Record.Connection), Kind: d.Kind, ID: h.pick("target", "1", "2", "3")}, "cli:test")
		}
		return tx.UnlinkRecords(d.Record, connector.Record{Connection: other(d.Record.Connection), Kind: d.Kind, ID: h.pick("target", "1", "2", "3")}, "cli:test")
	})
	if err != nil && connector.CodeOf(err) != connector.Conflict && connector.CodeOf(err) != connector.NotFound {
		h.rt.Fatal(err)
	}
}

func other(connection string) string {
	if connection == "erp" {
		return "s2p"
	}
	return "erp"
}

func (h *history) heal() {
	if _, err := h.Heal(h.ctx, h.pick("flow", orders, suppliers), 2, h.clock.Now()); err != nil {
		h.rt.Fatal(err)
	}
}

// standing reads a record without counting it.
func (h *history) standing() {
	connection := h.pick("connection", "erp", "s2p")
	h.acceptAll(store.Acceptance{Flow: connector.Flow{From: connection, Kind: connector.Supplier}, Uncounted: true,
		Page: connector.Page{Versions: []connector.Version{usable(version(h.pick("id", "1", "2", "3"), "a"), connector.Standing(h.pick("standing", "usable", "refused")))}}})
}

// check holds I2, I5, I6, I8, I10 and I17.
func (h *history) check() {
	broken, err := h.CheckEquation(h.ctx)
	must(h.t, err)
	if len(broken) > 0 {
		h.rt.Fatalf("the run equation is broken in runs %v", broken)
	}
	runs, err := h.Runs(h.ctx, store.RunFilter{})
	must(h.t, err)
	for _, r := range runs {
		if !r.Counts.Balanced() {
			h.rt.Fatalf("run %d: %+v", r.ID, r.Counts)
		}
	}
	v, err := h.VerifyEntries(h.ctx)
	must(h.t, err)
	if !v.OK {
		h.rt.Fatalf("ledger: %+v", v)
	}
	type place struct {
		flow   string
		record int64
	}
	moving, open := map[place]int{}, map[place]int{}
	for _, d := range h.deliveries(store.DeliveryFilter{}) {
		at := place{d.Flow, d.RecordKey}
		switch d.State {
		case connector.Sending, connector.InDoubt:
			moving[at]++
		case connector.Waiting, connector.Blocked, connector.Held:
			open[at]++
		}
		if moving[at] > 1 || open[at] > 1 {
			h.rt.Fatalf("two Deliveries of one record at once: %+v", d)
		}
		h.checkEntry(d)
	}
	h.checkLinks()
	if err := h.checkSpread(); err != nil {
		h.rt.Fatal(err)
	}
}

// checkEntry holds that the last Entry of a Delivery says the state that it is in.
func (h *history) checkEntry(d connector.Delivery) {
	es, err := h.Entries(h.ctx, store.EntryFilter{Delivery: d.ID, Action: "delivery.", Newest: true, Limit: 1})
	must(h.t, err)
	switch {
	case len(es) == 0 && d.State == connector.Waiting && d.Attempts == 0:
	case len(es) == 0:
		h.rt.Fatalf("delivery %d is %s without an Entry", d.ID, d.State)
	case es[0].Action == "delivery.sending" && d.State == connector.Sending:
	case es[0].Details["to"] != string(d.State) && !(es[0].Action == "delivery.held" && d.State == connector.Held):
		h.rt.Fatalf("delivery %d is %s, and its last Entry says %+v", d.ID, d.State, es[0])
	}
}

func (h *history) checkLinks() {
	recs, err := h.Records(h.ctx, store.RecordFilter{})
	must(h.t, err)
	for _, r := range recs {
		links, err := h.LinksOf(h.ctx, r.Record)
		must(h.t, err)
		if len(links) > 1 {
			h.rt.Fatalf("%s has %d Links", r.Record, len(links))
		}
	}
}
