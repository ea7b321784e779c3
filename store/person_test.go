package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// held settles a new order as held with a class, and gives its Delivery's ID.
func held(p pump, id string, code connector.Code) int64 {
	p.t.Helper()
	p.accept(orders, version(id, "a"))
	for _, w := range p.claim() {
		if w.Delivery.Record.ID == id {
			p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Held, Err: connector.Errorf(code, "write", "refused: %s", id).Advise("mend it")})
			return w.Delivery.ID
		}
	}
	p.t.Fatalf("%s is not due", id)
	return 0
}

func TestPeople(t *testing.T) {
	t.Run("a held Delivery replays as if it had never failed", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			p := f.take(orders)
			id := held(p, "1", connector.Rejected)
			f.tx(func(tx *store.Tx) error { return tx.Replay([]int64{id}, "cli:test", true) })
			w := p.claim()[0]
			equal(t, "error", w.Delivery.Err == nil, true)
			equal(t, "forced", w.Delivery.Forced, true)
			equal(t, "actor", f.lastEntry(id).Actor, "cli:test")
			refused(t, "replay what waits", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Replay([]int64{id}, "cli:test", false) }), connector.Conflict)
			refused(t, "replay what is not there", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Replay([]int64{4711}, "cli:test", false) }), connector.NotFound)
			f.sound()
		})
	})
	t.Run("nobody approves what they did themselves, by whatever way they come", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			p := f.take(orders)
			f.accept(orders, version("1", "a"))
			confirm := func() int64 {
				id := p.claim()[0].Delivery.ID
				p.settle(store.Outcome{Delivery: id, State: connector.Held, Err: connector.Errorf(connector.Conflict, store.ConfirmOp, "bank details changed")})
				return id
			}
			id := confirm()
			f.tx(func(tx *store.Tx) error { return tx.Replay([]int64{id}, "cli:ann", false) })
			equal(t, "the same Delivery", confirm(), id)
			for _, actor := range []string{"cli:ann", "user:ann", "token:ann/nightly"} {
				refused(t, actor, f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Approve([]int64{id}, actor) }), connector.Forbidden)
			}
			f.tx(func(tx *store.Tx) error { return tx.Approve([]int64{id}, "user:bea") })
			equal(t, "state", f.state(orders, "1"), connector.Waiting)
			f.sound()
		})
	})
	t.Run("a skipped Delivery needs a reason, and what waits for the decision goes on", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			p := f.take(orders)
			id := held(p, "1", connector.Conflict)
			f.accept(vendors, version("V1", "a"))
			q := f.take(vendors)
			q.settle(store.Outcome{Delivery: q.claim()[0].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{{Connection: "s2p", Kind: connector.PurchaseOrder, IDs: []string{"1"}}}})
			refused(t, "without a reason", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Skip(id, "", "cli:test") }), connector.Invalid)
			f.tx(func(tx *store.Tx) error { return tx.Skip(id, "entered by hand", "cli:test") })
			equal(t, "state", f.state(orders, "1"), connector.Skipped)
			equal(t, "what waited", f.state(vendors, "V1"), connector.Waiting)
			equal(t, "reason", f.lastEntry(id).Details["reason"], "entered by hand")
			refused(t, "skip twice", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Skip(id, "again", "cli:test") }), connector.Conflict)
			f.sound()
		})
	})
	t.Run("what is skipped gives up its natural keys, unless it is linked or may be at the target", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("free", "a"), version("linked", "b"), version("doubted", "c"))
			p := f.take(orders)
			for _, w := range p.claim() {
				taken, err := f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Reserve: []string{"key of " + w.Delivery.Record.ID}}})
				must(t, err)
				equal(t, "taken", len(taken), 0)
				o := store.Outcome{Delivery: w.Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it.")}
				if w.Delivery.Record.ID == "doubted" {
					o.State, o.DueAt = connector.InDoubt, f.clock.Now()
				}
				p.settle(o)
			}
			order := func(id string) connector.Record {
				return connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: id}
			}
			must(t, f.LinkRecords(f.ctx, order("linked"), connector.Record{Connection: "erp", Kind: connector.PurchaseOrder, ID: "PO-1"}, "cli:test"))
			f.accept(orders, version("doubted", "newer"))
			for id, kept := range map[string]bool{"free": false, "linked": true, "doubted": true} {
				f.tx(func(tx *store.Tx) error { return tx.Skip(f.last(orders, id).ID, "entered by hand", "cli:test") })
				_, reserved, err := f.ReservedBy(f.ctx, "erp", connector.PurchaseOrder, "key of "+id)
				must(t, err)
				equal(t, id+" keeps its key", reserved, kept)
			}
			f.sound()
		})
	})
	t.Run("a doubt is resolved either way, and only a doubt", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID, works[1].Delivery.ID)
			f.take(orders)
			resolve := func(i int, target string) error {
				return f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Resolve(works[i].Delivery.ID, target, "looked", "cli:test") })
			}
			refused(t, "skip a doubt", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.Skip(works[0].Delivery.ID, "x", "cli:test") }), connector.Conflict)
			must(t, resolve(0, "PO-1"))
			equal(t, "delivered", f.state(orders, "1"), connector.Delivered)
			equal(t, "target", f.last(orders, "1").Target.ID, "PO-1")
			_, linked, err := f.Linked(f.ctx, connector.PurchaseOrder, "s2p", []string{"1"}, "erp")
			must(t, err)
			equal(t, "linked", linked, true)
			refused(t, "the same target for another", resolve(1, "PO-1"), connector.Conflict)
			equal(t, "which changes nothing", f.state(orders, "2"), connector.InDoubt)
			said := func() bool {
				yes, err := f.NotSent(f.ctx, works[1].Delivery.ID)
				must(t, err)
				return yes
			}
			equal(t, "nobody said that it was not sent", said(), false)
			must(t, resolve(1, ""))
			equal(t, "not sent", f.state(orders, "2"), connector.Waiting)
			equal(t, "somebody said so", said(), true)
			refused(t, "what is in no doubt", resolve(1, "PO-2"), connector.Conflict)
			f.sound()
		})
	})
	t.Run("heal tries again what was rejected, so many times, and nothing else", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			p := f.take(orders)
			held(p, "rejected", connector.Rejected)
			held(p, "invalid", connector.Invalid)
			f.accept(orders, version("doubted", "a"))
			doubted := p.claim()[0].Delivery.ID
			p.intend(doubted)
			p.settle(store.Outcome{Delivery: doubted, State: connector.InDoubt, Err: connector.Errorf(connector.Ambiguous, "write", "?"), DueAt: f.clock.Now()})
			p.settle(store.Outcome{Delivery: doubted, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it.")})
			for i, want := range []int{1, 1, 0} {
				n, err := f.Heal(f.ctx, orders, 2, f.clock.Now())
				must(t, err)
				equal(t, "healed", n, want)
				for _, w := range p.claim() {
					equal(t, "what is tried again", w.Delivery.Record.ID, "rejected")
					equal(t, "times", w.Delivery.Healed, i+1)
					p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it.")})
				}
			}
			f.sound()
		})
	})
	t.Run("a life that takes a bad turn holds the Delivery, and a good one frees it", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.tx(func(tx *store.Tx) error {
				fl, err := tx.Flow(orders)
				if err != nil {
					return err
				}
				fl.Track = "@hourly"
				return tx.SaveFlow(fl)
			})
			f.accept(orders, version("1", "a"))
			f.take(orders).deliver("PO-")
			due, err := f.TrackDue(f.ctx, orders, f.clock.Now(), 0, 10)
			must(t, err)
			equal(t, "followed from the start", len(due) == 1 && due[0].Life.Stage == connector.StageSent, true)
			set := func(stage connector.Stage, to connector.State, fail *connector.Error) {
				f.tx(func(tx *store.Tx) error {
					return tx.SetLife(due[0].ID, connector.Life{Stage: stage, Reason: "r", At: f.clock.Now()}, to, fail, f.clock.Now())
				})
			}
			set(connector.StageRecycled, connector.Held, connector.Errorf(connector.Rejected, "follow", "recycled"))
			equal(t, "recycled", f.state(orders, "1"), connector.Held)
			n, err := f.Heal(f.ctx, orders, 3, f.clock.Now())
			must(t, err)
			equal(t, "never tried again by itself", n, 0)
			set(connector.StageBuilt, connector.Delivered, nil)
			equal(t, "built", f.state(orders, "1"), connector.Delivered)
			equal(t, "stage", f.last(orders, "1").Life.Stage, connector.StageBuilt)
			set(connector.StagePaid, connector.Delivered, nil)
			due, err = f.TrackDue(f.ctx, orders, f.clock.Now(), 0, 10)
			must(t, err)
			equal(t, "final", len(due), 0)
			f.sound()
		})
	})
	t.Run("drift reopens a settled Delivery, and its end closes it", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			f.take(orders).deliver("PO-")
			rows, err := f.AgreementsOf(f.ctx, "erp", connector.PurchaseOrder, "PO-1")
			must(t, err)
			equal(t, "agreements", len(rows), 1)
			equal(t, "source", rows[0].Source.ID, "1")
			equal(t, "owned", rows[0].Owned.Text("owned"), "a")
			d := f.last(orders, "1")
			f.tx(func(tx *store.Tx) error {
				return tx.Reopen(d.ID, connector.Held, connector.Errorf(connector.Conflict, "compare", "drift"), f.clock.Now(), "drift")
			})
			equal(t, "held", f.state(orders, "1"), connector.Held)
			f.tx(func(tx *store.Tx) error { return tx.Reopen(d.ID, connector.Delivered, nil, f.clock.Now(), "agree") })
			equal(t, "delivered", f.state(orders, "1"), connector.Delivered)
			f.sound()
		})
	})
	t.Run("a control is the newest create that was delivered after a time", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			f.take(orders).deliver("PO-")
			first := f.clock.Now()
			f.clock.add(time.Minute)
			f.accept(orders, version("2", "a"))
			f.take(orders).deliver("PO-")
			for name, row := range map[string]struct {
				after time.Time
				want  string
			}{"after the first": {first, "PO-2"}, "at all": {time.Time{}, "PO-2"}, "after the last": {f.clock.Now(), ""}} {
				c, err := f.ControlFor(f.ctx, "erp", connector.PurchaseOrder, row.after)
				must(t, err)
				got := ""
				if c != nil {
					got = c.TargetID
					equal(t, "has what was sent", c.Document.Text("sent") != "", true)
				}
				equal(t, name, got, row.want)
			}
		})
	})
}

func TestLists(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		v := version("US001/0000000042", "a")
		v.Numbers, v.Title = []string{"INV-77812"}, "100% Glass_ware, Inc."
		f.accept(orders, v, version("2", "b"), version("3", "c"))
		p := f.take(orders)
		works := p.claim()
		p.settle(store.Outcome{Delivery: works[1].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "Department 12 is closed")})
		for name, row := range map[string]struct {
			filter store.DeliveryFilter
			want   int
		}{
			"all":                        {store.DeliveryFilter{}, 3},
			"held":                       {store.DeliveryFilter{State: connector.Held, Flow: orders}, 1},
			"of a class":                 {store.DeliveryFilter{Code: connector.Rejected}, 1},
			"by a number":                {store.DeliveryFilter{Search: "INV-77812"}, 1},
			"by an ID":                   {store.DeliveryFilter{Search: "2"}, 1},
			"by a part of the title":     {store.DeliveryFilter{Search: "glass_WARE"}, 1},
			"a sign of LIKE is itself":   {store.DeliveryFilter{Search: "100_ glass"}, 0},
			"by a part of the error":     {store.DeliveryFilter{Search: "department 12"}, 1},
			"the first":                  {store.DeliveryFilter{Limit: 1}, 1},
			"after the first":            {store.DeliveryFilter{After: works[0].Delivery.ID}, 2},
			"before the last":            {store.DeliveryFilter{After: works[2].Delivery.ID, Newest: true}, 2},
			"of a Record":                {store.DeliveryFilter{Record: works[0].Delivery.Record}, 1},
			"of a Run that has nothing":  {store.DeliveryFilter{Run: 4711}, 0},
			"of a Flow that has nothing": {store.DeliveryFilter{Flow: vendors}, 0},
		} {
			equal(t, name, len(f.deliveries(row.filter)), row.want)
		}
		recs, err := f.Records(f.ctx, store.RecordFilter{State: connector.Held})
		must(t, err)
		equal(t, "records by state", len(recs) == 1 && recs[0].Record.ID == "2" && recs[0].State == connector.Held, true)
		recs, err = f.Records(f.ctx, store.RecordFilter{Search: "glass", Connection: "s2p", Kind: connector.PurchaseOrder})
		must(t, err)
		equal(t, "records by title", len(recs), 1)
		counts, err := f.StateCounts(f.ctx, orders, time.Time{})
		must(t, err)
		equal(t, "counts", counts, connector.Counts{Read: 3, Held: 1, Waiting: 2})
		needs, err := f.NeedsPerson(f.ctx)
		must(t, err)
		equal(t, "needs", len(needs) == 1 && needs[0].Code == connector.Rejected && needs[0].Count == 1, true)
	})
}

func TestConfiguration(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.tx(func(tx *store.Tx) error {
			c := connector.Connection{Name: "erp", System: "left", Settings: connector.Settings{"port": int64(8443), "tls": true, "profile": map[string]any{"a.b": []any{"x", int64(1)}}}}
			if err := tx.SaveConnection(c); err != nil {
				return err
			}
			if err := tx.SaveCheck("erp", f.clock.Now(), []connector.Step{{Step: "connect", State: connector.StepOK, Took: time.Millisecond}}); err != nil {
				return err
			}
			if err := tx.SetWhole("erp", connector.Supplier, f.clock.Now()); err != nil {
				return err
			}
			return tx.SaveConnection(c)
		})
		c, err := f.Connection(f.ctx, "erp")
		must(t, err)
		equal(t, "a whole number stays one", c.Settings["port"], any(int64(8443)))
		equal(t, "a check outlives the same settings", c.CheckedAt.IsZero(), false)
		equal(t, "step", c.Steps[0].Took, time.Millisecond)
		equal(t, "whole", c.WholeAt[connector.Supplier].Equal(f.clock.Now()), true)
		f.tx(func(tx *store.Tx) error {
			return tx.SaveSecret("erp", store.SecretRow{Name: "password", Sealed: "sealed", Address: "https://erp"})
		})
		c, err = f.Connection(f.ctx, "erp")
		must(t, err)
		equal(t, "a new secret ends the check", c.CheckedAt.IsZero(), true)
		secrets, err := f.Secrets(f.ctx, "erp")
		must(t, err)
		equal(t, "secrets", len(secrets) == 1 && secrets[0].Sealed == "sealed", true)
		refused(t, "remove what is used", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.RemoveConnection("erp") }), connector.Conflict)

		pause := connector.Pause{Code: connector.Credentials, Reason: "401", At: f.clock.Now(), By: "engine"}
		f.tx(func(tx *store.Tx) error {
			if err := tx.PauseConnection("erp", pause); err != nil {
				return err
			}
			return tx.PauseFlow(orders, pause)
		})
		before := f.flow(orders)
		equal(t, "flow paused", before.Paused.Code, connector.Credentials)
		f.clock.add(time.Hour)
		f.tx(func(tx *store.Tx) error {
			changed := before
			changed.Schedule, changed.AppliedAt, changed.Paused = "@daily", f.clock.Now(), connector.Pause{}
			return tx.SaveFlow(changed)
		})
		after := f.flow(orders)
		equal(t, "schedule", after.Schedule, "@daily")
		equal(t, "first applied", after.AppliedAt.Equal(before.AppliedAt), true)
		equal(t, "still paused", after.Paused.Code, connector.Credentials)
		f.tx(func(tx *store.Tx) error {
			if err := tx.ResumeFlow(orders, "cli:test"); err != nil {
				return err
			}
			return tx.ResumeConnection("erp", "cli:test")
		})
		equal(t, "resumed", f.flow(orders).Paused.Code, "")
		flows, err := f.Flows(f.ctx)
		must(t, err)
		equal(t, "flows in order", flows[0].Name+flows[1].Name+flows[2].Name, suppliers+vendors+orders)
		f.tx(func(tx *store.Tx) error { return tx.SetMeta("key", "value") })
		meta, err := f.Meta(f.ctx, "key")
		must(t, err)
		equal(t, "meta", meta, "value")

		var id int64
		f.tx(func(tx *store.Tx) (err error) {
			id, err = tx.RequestRun(store.RunRequest{Flows: []string{orders}, Wait: time.Minute, Actor: "cli:test"})
			return err
		})
		open, err := f.OpenRunRequests(f.ctx)
		must(t, err)
		equal(t, "open requests", len(open), 1)
		req, err := f.TakeRunRequest(f.ctx, id)
		must(t, err)
		equal(t, "taken", req.Flows[0], orders)
		second, err := f.TakeRunRequest(f.ctx, id)
		must(t, err)
		equal(t, "taken by one engine", second == nil, true)
		must(t, f.FinishRunRequest(f.ctx, id, []int64{7}, true, connector.Errorf(connector.Unavailable, "sync", "down")))
		done, err := f.RunRequest(f.ctx, id)
		must(t, err)
		withdrawn, err := f.WithdrawRunRequest(f.ctx, id)
		must(t, err)
		equal(t, "withdrawn after it was taken", withdrawn, false)
		equal(t, "done", !done.DoneAt.IsZero() && done.Runs[0] == 7 && done.TimedOut && done.Err.Code == connector.Unavailable, true)
		f.sound()
	})
}

func TestRequestsThatNobodyWaitsForAreNotDone(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		ask := func() (id int64) {
			f.tx(func(tx *store.Tx) (err error) {
				id, err = tx.RequestRun(store.RunRequest{Wait: time.Minute, Actor: "cli:test"})
				return err
			})
			return id
		}
		open := func(what string, want int) {
			t.Helper()
			ids, err := f.OpenRunRequests(f.ctx)
			must(t, err)
			equal(t, what, len(ids), want)
		}
		id := ask()
		_, err := f.TakeRunRequest(f.ctx, id)
		must(t, err)
		open("taken", 0)
		must(t, f.ReopenRunRequest(f.ctx, id))
		open("given back", 1)
		withdrawn, err := f.WithdrawRunRequest(f.ctx, id)
		must(t, err)
		equal(t, "withdrawn", withdrawn, true)
		open("withdrawn", 0)
		taken, err := f.TakeRunRequest(f.ctx, id)
		must(t, err)
		equal(t, "taken after it was withdrawn", taken == nil, true)
		ask()
		f.clock.add(time.Minute + store.RequestGrace)
		open("as old as its wait and the grace", 1)
		f.clock.add(time.Second)
		open("older", 0)
	})
}

func (f *fixture) lastEntry(delivery int64) connector.Entry {
	f.t.Helper()
	es, err := f.Entries(f.ctx, store.EntryFilter{Delivery: delivery, Newest: true, Limit: 1})
	must(f.t, err)
	if len(es) == 0 {
		f.t.Fatal("no Entry")
	}
	return es[0]
}
