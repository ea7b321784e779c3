package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestWhatIsBlockedWhileItsReferenceIsLinkedGoesOn settles an order as blocked on a supplier in the very moment in which
// another process links that supplier: neither sees what the other is about to commit.
func TestWhatIsBlockedWhileItsReferenceIsLinkedGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("O1", "a"))
		p := f.take(orders)
		order := p.claim()[0].Delivery.ID
		other := f.open()
		linked, commit := make(chan struct{}), make(chan struct{})
		results := make(chan error, 2)
		go func() {
			results <- other.Tx(f.ctx, func(tx *store.Tx) error {
				err := tx.LinkRecords(connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S1"}, connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V1"}, "cli:me")
				close(linked)
				<-commit
				return err
			})
		}()
		<-linked
		go func() {
			_, err := p.Settle(f.ctx, orders, 0, p.epoch, []store.Outcome{{Delivery: order, State: connector.Blocked,
				BlockedOn: []connector.Ref{{Connection: "s2p", Kind: connector.Supplier, IDs: []string{"S1"}}}}})
			results <- err
		}()
		select {
		case err := <-results: // it did not wait for the other
			must(t, err)
			results <- nil
		case <-time.After(300 * time.Millisecond):
		}
		close(commit)
		must(t, <-results)
		must(t, <-results)
		equal(t, "state of the order", f.state(orders, "O1"), connector.Waiting)
	})
}

// TestWhatIsSettledWhileANewerVersionComesIsSuperseded settles a Delivery as held in the very moment in which another
// process accepts a newer Version: no older one may be left open behind a newer (I10).
func TestWhatIsSettledWhileANewerVersionComesIsSuperseded(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(orders, version("O1", "a"))
		p := f.take(orders)
		first := p.claim()[0].Delivery.ID
		p.intend(first)
		other := f.open()
		accepted, commit := make(chan struct{}), make(chan struct{})
		results := make(chan error, 2)
		a := store.Acceptance{Flow: f.flow(orders), Run: f.run(orders), Page: connector.Page{Versions: []connector.Version{version("O1", "b")}}, Last: true}
		go func() {
			results <- other.Tx(f.ctx, func(tx *store.Tx) error {
				_, err := tx.Accept(a)
				close(accepted)
				<-commit
				return err
			})
		}()
		<-accepted
		go func() {
			_, err := p.Settle(f.ctx, orders, 0, p.epoch, []store.Outcome{{Delivery: first, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it.")}})
			results <- err
		}()
		select {
		case err := <-results: // it did not wait for the other
			must(t, err)
			results <- nil
		case <-time.After(300 * time.Millisecond):
		}
		close(commit)
		must(t, <-results)
		must(t, <-results)
		if items, texts := f.broken(); items != "" {
			t.Errorf("%s: %s", items, texts)
		}
	})
}

// TestWhatIsFilteredWhileItIsLinkedIsDecidedAgain settles a Delivery as filtered whose Record got its Link since that was
// decided: a linked Record is never filtered.
func TestWhatIsFilteredWhileItIsLinkedIsDecidedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		f.accept(vendors, version("V1", "a"), version("V2", "a"))
		p := f.take(vendors)
		works := p.claim()
		must(t, f.LinkRecords(f.ctx, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "S1"}, connector.Record{Connection: "erp", Kind: connector.Supplier, ID: "V1"}, "cli:me"))
		for _, w := range works {
			p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Filtered})
		}
		equal(t, "state of the linked one", f.state(vendors, "V1"), connector.Waiting)
		equal(t, "state of the other", f.state(vendors, "V2"), connector.Filtered)
		f.sound()
	})
}
