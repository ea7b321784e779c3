package store_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func TestWhatEndedIsSettledAndWhatComesNextIsMarkedInOneTransaction(t *testing.T) {
	next := func(w store.Work, keys ...string) store.Intent {
		return store.Intent{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Document: connector.Document{"sent": w.Delivery.Record.ID}, Reserve: keys,
			Exchanges: []connector.Exchange{{ID: "looked-" + w.Delivery.Record.ID, ResponseBody: []byte("nothing")}}}
	}
	t.Run("a key that one gives up goes to the next, and both have their Entries and Exchanges", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			taken, err := f.Intend(f.ctx, orders, 0, p.epoch, []store.Intent{next(works[0], "INV-1")})
			must(t, err)
			equal(t, "first refused", len(taken), 0)
			held := store.Outcome{Delivery: works[0].Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it."), ReleaseKeys: true,
				Exchanges: []connector.Exchange{{ID: "wrote-1", ResponseBody: []byte("no")}}}
			commits := 0
			f.Watch(func(_ string, at store.Moment) error {
				if at == store.AfterCommit {
					commits++
				}
				return nil
			})
			settled, taken, err := f.SettleAndIntend(f.ctx, orders, 0, p.epoch, []store.Outcome{held}, []store.Intent{next(works[1], "INV-1")})
			must(t, err)
			equal(t, "transactions", commits, 1)
			equal(t, "dropped and refused", len(settled.Dropped)+len(taken), 0)
			equal(t, "the first", f.state(orders, "1"), connector.Held)
			equal(t, "the second", f.state(orders, "2"), connector.Sending)
			by, _, err := f.ReservedBy(f.ctx, "erp", connector.PurchaseOrder, "INV-1")
			must(t, err)
			equal(t, "the key is of", by.ID, "2")
			for _, id := range []string{"looked-1", "looked-2", "wrote-1"} {
				_, err := f.Exchange(f.ctx, id)
				must(t, err)
			}
			f.sound()
		})
	})
	t.Run("who lost the partition does neither, and its Exchanges are kept", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			old := f.take(orders)
			works := old.claim()
			old.intend(works[0].Delivery.ID)
			f.take(orders)
			o := deliveredTo(works[0], "PO-1")
			o.Exchanges = []connector.Exchange{{ID: "wrote-1", ResponseBody: []byte("late")}}
			_, _, err := f.SettleAndIntend(f.ctx, orders, 0, old.epoch, []store.Outcome{o}, []store.Intent{next(works[1])})
			refused(t, "settle and intend", err, connector.Conflict)
			equal(t, "the first", f.state(orders, "1"), connector.InDoubt)
			equal(t, "the second", f.state(orders, "2"), connector.Waiting)
			for _, id := range []string{"wrote-1", "looked-2"} {
				_, err := f.Exchange(f.ctx, id)
				must(t, err)
			}
			f.sound()
		})
	})
	t.Run("what was superseded meanwhile is not marked, and what is settled beside it is", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"), version("2", "b"))
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID)
			f.accept(orders, version("2", "c"))
			_, taken, err := f.SettleAndIntend(f.ctx, orders, 0, p.epoch, []store.Outcome{deliveredTo(works[0], "PO-1")}, []store.Intent{next(works[1])})
			must(t, err)
			equal(t, "gone", len(taken) == 1 && taken[0].Gone, true)
			equal(t, "the first", f.state(orders, "1"), connector.Delivered)
			f.sound()
		})
	})
}

func TestWhatIsInHandIsNotClaimedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("1", "a"), version("2", "b"), version("3", "c"))
		p := f.take(orders)
		all := p.claim()
		rest, err := f.Claim(f.ctx, orders, 0, p.epoch, 1, all[0].Delivery.ID, all[2].Delivery.ID)
		must(t, err)
		equal(t, "claimed", len(rest) == 1 && rest[0].Delivery.ID == all[1].Delivery.ID, true)
	})
}
