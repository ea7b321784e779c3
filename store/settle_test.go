package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func TestFence(t *testing.T) {
	t.Run("a partition that is beaten can't be taken, one that is not can", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			_, ok, err := f.Take(f.ctx, orders, 0, "a", 5*time.Second)
			must(t, err)
			equal(t, "a takes it", ok, true)
			_, ok, err = f.Take(f.ctx, orders, 0, "b", 5*time.Second)
			must(t, err)
			equal(t, "b takes it at once", ok, false)
			f.clock.add(6 * time.Second)
			epoch, ok, err := f.Take(f.ctx, orders, 0, "b", 5*time.Second)
			must(t, err)
			equal(t, "b takes it when a is silent", ok, true)
			equal(t, "epoch", epoch, 2)
		})
	})
	t.Run("who lost its partition claims, marks and settles nothing", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			old := f.take(orders)
			works := old.claim()
			old.intend(works[0].Delivery.ID)
			now := f.take(orders)
			equal(t, "epoch", now.epoch, old.epoch+1)
			equal(t, "what was being sent", f.state(orders, "1"), connector.InDoubt)
			_, err := f.Claim(f.ctx, orders, 0, old.epoch, 10)
			refused(t, "claim", err, connector.Conflict)
			_, err = f.Intend(f.ctx, orders, 0, old.epoch, []store.Intent{{Delivery: works[1].Delivery.ID}})
			refused(t, "intend", err, connector.Conflict)
			o := deliveredTo(works[0], "PO-1")
			o.Exchanges = []connector.Exchange{{ID: "x1", ResponseBody: []byte("late")}}
			_, err = f.Settle(f.ctx, orders, 0, old.epoch, []store.Outcome{o})
			refused(t, "settle", err, connector.Conflict)
			x, err := f.Exchange(f.ctx, "x1")
			must(t, err)
			equal(t, "but its Exchange is kept", string(x.ResponseBody), "late")
			ok, err := f.Beat(f.ctx, orders, 0, old.epoch)
			must(t, err)
			equal(t, "beat", ok, false)
			equal(t, "waiting", f.state(orders, "2"), connector.Waiting)
			f.sound()
		})
	})
	t.Run("who left can't settle, and nobody has to wait for the lease", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			w := p.claim()[0]
			must(t, f.Leave(f.ctx, orders, 0, p.epoch))
			_, err := f.Settle(f.ctx, orders, 0, p.epoch, []store.Outcome{{Delivery: w.Delivery.ID, State: connector.Filtered}})
			refused(t, "settle", err, connector.Conflict)
			open, err := f.OpenPartitions(f.ctx)
			must(t, err)
			equal(t, "open partitions", len(open), 1)
			equal(t, "owner", open[0].Owner, "")
			_, ok, err := f.Take(f.ctx, orders, 0, "other", 5*time.Second)
			must(t, err)
			equal(t, "taken", ok, true)
			open, err = f.OpenPartitions(f.ctx)
			must(t, err)
			equal(t, "owner", open[0].Owner, "other")
			equal(t, "beaten now", open[0].BeatAt.Equal(f.clock.Now()), true)
			f.tx(func(tx *store.Tx) error {
				epoch, err := tx.Epoch(orders, 0)
				equal(t, "epoch", epoch, open[0].Epoch)
				return err
			})
		})
	})
}

func TestClaim(t *testing.T) {
	t.Run("work has all that a decision needs", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			w := p.claim()[0]
			equal(t, "document", w.Version.Document.Text("content"), "a")
			equal(t, "title", w.Version.Title, "title of 1")
			equal(t, "sent before", w.PreviouslySent, false)
			equal(t, "has a Link", w.Link != nil, false)
			p.deliver("PO-")
			f.acceptAll(store.Acceptance{Flow: connector.Flow{From: "erp", Kind: connector.PurchaseOrder}, Page: connector.Page{Versions: []connector.Version{version("PO-1", "target")}}, Uncounted: true})
			f.accept(orders, version("1", "b"))
			w = p.claim()[0]
			equal(t, "sent before", w.PreviouslySent, true)
			equal(t, "linked to", w.Link.Other("s2p").ID, "PO-1")
			equal(t, "agreed on", w.Agreement.Owned.Text("owned"), "a")
			equal(t, "agreed version", w.Agreement.SourceVersion, 1)
			equal(t, "target as it was read", w.Target.Document.Text("content"), "target")
		})
	})
	t.Run("a Version waits until the one before it is settled", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			first := p.claim()[0]
			p.intend(first.Delivery.ID)
			f.accept(orders, version("1", "b"))
			equal(t, "the first is being sent still", f.deliveries(store.DeliveryFilter{})[0].State, connector.Sending)
			equal(t, "due while it is being sent", len(p.claim()), 0)
			p.settle(store.Outcome{Delivery: first.Delivery.ID, State: connector.InDoubt, Err: connector.Errorf(connector.Ambiguous, "write", "?"), DueAt: f.clock.Now().Add(time.Minute)})
			equal(t, "due while it is in doubt", len(p.claim()), 0)
			f.clock.add(time.Minute)
			again := p.claim()
			equal(t, "due to be looked up", len(again), 1)
			equal(t, "what was sent", again[0].SentDocument.Text("sent"), "1")
			p.settle(deliveredTo(again[0], "PO-1"))
			next := p.claim()
			equal(t, "due then", len(next), 1)
			equal(t, "version", next[0].Delivery.Version, 2)
		})
	})
	t.Run("what was being sent when a newer Version came is superseded, unless it is settled for good", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "a"))
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID, works[1].Delivery.ID)
			f.accept(orders, version("1", "b"), version("2", "b"))
			p.settle(store.Outcome{Delivery: works[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it.")}, deliveredTo(works[1], "PO-2"))
			all := f.deliveries(store.DeliveryFilter{})
			equal(t, "refused", all[0].State, connector.Superseded)
			equal(t, "why", all[0].Err.Message, "no")
			equal(t, "taken", all[1].State, connector.Delivered)
			equal(t, "due", len(p.claim()), 2)
			f.sound()
		})
	})
	t.Run("what is due later, or only for a person, is not given", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID)
			p.settle(store.Outcome{Delivery: works[0].Delivery.ID, State: connector.InDoubt, Err: connector.Errorf(connector.Ambiguous, "write", "?")},
				store.Outcome{Delivery: works[1].Delivery.ID, State: connector.Waiting, DueAt: f.clock.Now().Add(time.Hour), Failures: 3})
			equal(t, "due", len(p.claim()), 0)
			next, ok, err := f.NextDue(f.ctx, orders, 0)
			must(t, err)
			equal(t, "something is due later", ok, true)
			equal(t, "in", next.Sub(f.clock.Now()), time.Hour)
			f.clock.add(1000 * time.Hour)
			works = p.claim()
			equal(t, "due much later", len(works), 1)
			equal(t, "failures", works[0].Delivery.Failures, 3)
			needs, err := f.NeedsPerson(f.ctx)
			must(t, err)
			equal(t, "needs", len(needs), 1)
			equal(t, "for a person", needs[0].State, connector.InDoubt)
		})
	})
}

func TestIntend(t *testing.T) {
	t.Run("a natural key belongs to one Record until it is given up", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			intents := func(ids ...int) (out []store.Intent) {
				for _, i := range ids {
					out = append(out, store.Intent{Delivery: works[i].Delivery.ID, Operation: connector.OpCreate, Document: connector.Document{"n": "1"}, Reserve: []string{"INV-1", "own-" + works[i].Delivery.Record.ID}})
				}
				return out
			}
			taken, err := f.Intend(f.ctx, orders, 0, p.epoch, intents(0, 1))
			must(t, err)
			equal(t, "taken in one batch", len(taken), 1)
			equal(t, "by", taken[0].By.ID, "1")
			equal(t, "key", taken[0].Key, "INV-1")
			equal(t, "the second", f.state(orders, "2"), connector.Waiting)
			_, reserved, err := f.ReservedBy(f.ctx, "erp", connector.PurchaseOrder, "own-2")
			must(t, err)
			equal(t, "it got none of its keys", reserved, false)
			p.settle(store.Outcome{Delivery: works[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it."), ReleaseKeys: true})
			taken, err = f.Intend(f.ctx, orders, 0, p.epoch, intents(1))
			must(t, err)
			equal(t, "taken once it is given up", len(taken), 0)
			by, _, err := f.ReservedBy(f.ctx, "erp", connector.PurchaseOrder, "INV-1")
			must(t, err)
			equal(t, "reserved by", by.ID, "2")
		})
	})
	t.Run("what was superseded since it was claimed is not marked, and its outcome is dropped", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			w := p.claim()[0]
			f.accept(orders, version("1", "b"))
			taken, err := f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{{Delivery: w.Delivery.ID, Operation: connector.OpCreate}})
			must(t, err)
			equal(t, "gone", len(taken) == 1 && taken[0].Gone, true)
			s := p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Filtered})
			equal(t, "dropped", len(s.Dropped), 1)
			equal(t, "state", f.deliveries(store.DeliveryFilter{})[0].State, connector.Superseded)
			f.sound()
		})
	})
	t.Run("what is sent again was sent when it was sent last: nothing written before proves that it did not arrive", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			for attempt := 1; attempt <= 2; attempt++ {
				f.clock.add(time.Minute)
				id := p.claim()[0].Delivery.ID
				p.intend(id)
				d := f.last(orders, "1")
				equal(t, "attempts", d.Attempts, attempt)
				equal(t, "time of sending", d.SentAt, f.clock.Now())
				p.settle(store.Outcome{Delivery: id, State: connector.Waiting})
			}
			f.sound()
		})
	})
	t.Run("numbers that we chose stand on the Delivery before anything is sent", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			p := f.take(orders)
			w := p.claim()[0]
			n, err := f.NextNumber(f.ctx, "vouchers")
			must(t, err)
			_, err = f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Document: connector.Document{"n": n}, Chosen: map[string]string{"voucher": n}}})
			must(t, err)
			d := f.last(orders, "1")
			equal(t, "chosen", d.Chosen["voucher"], "1")
			equal(t, "attempts", d.Attempts, 1)
			sent, err := f.Body(f.ctx, d.Sent)
			must(t, err)
			equal(t, "sent", string(sent), `{"n":"1"}`)
			next, err := f.NextNumber(f.ctx, "vouchers")
			must(t, err)
			equal(t, "the next number", next, "2")
		})
	})
}
