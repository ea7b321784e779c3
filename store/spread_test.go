package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func (f *fixture) want(n int) connector.Flow {
	f.t.Helper()
	f.tx(func(tx *store.Tx) error { return tx.WantPartitions(orders, n, "test", 5*time.Second) })
	return f.flow(orders)
}

func TestSpread(t *testing.T) {
	t.Run("nobody works on it: it is spread at once, and what was being sent is in doubt", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			var vs []connector.Version
			for i := range 20 {
				vs = append(vs, version(fmt.Sprint(i), "a"))
			}
			f.accept(orders, vs...)
			p := f.take(orders)
			works := p.claim()
			p.intend(works[0].Delivery.ID)
			f.clock.add(6 * time.Second) // it is dead
			equal(t, "partitions", f.want(8).Partitions, 8)
			broken, err := f.BrokenStates(f.ctx)
			must(t, err)
			equal(t, "broken", len(broken), 0)
			equal(t, "what was being sent", f.state(orders, works[0].Delivery.Record.ID), connector.InDoubt)
			_, err = f.Settle(f.ctx, orders, 0, p.epoch, []store.Outcome{{Delivery: works[1].Delivery.ID, State: connector.Filtered}})
			refused(t, "settle", err, connector.Conflict)
			seen := map[string]bool{}
			for n := range 8 {
				epoch, ok, err := f.Take(f.ctx, orders, n, "test", 5*time.Second)
				must(t, err)
				equal(t, "taken", ok, true)
				q := pump{fixture: f, flow: orders, epoch: epoch, part: n}
				claimed := q.claim()
				if len(claimed) == 20 {
					t.Error("all in one partition")
				}
				for _, w := range claimed {
					seen[w.Delivery.Record.ID] = true
				}
			}
			equal(t, "claimed", len(seen), 20)
			f.sound()
		})
	})
	t.Run("somebody works on it: nothing changes before that has ended, and nobody begins", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.want(2)
			f.accept(orders, version("1", "a"), version("2", "a"), version("3", "a"))
			p := f.take(orders)
			fl := f.want(4)
			equal(t, "partitions", fl.Partitions, 2)
			equal(t, "wanted", fl.Wanted, 4)
			_, ok, err := f.Take(f.ctx, orders, 1, "other", 5*time.Second)
			must(t, err)
			equal(t, "another one taken", ok, false)
			must(t, f.Leave(f.ctx, orders, 0, p.epoch))
			_, ok, err = f.Take(f.ctx, orders, 3, "other", 5*time.Second)
			must(t, err)
			equal(t, "taken after it was left", ok, true)
			equal(t, "partitions", f.flow(orders).Partitions, 4)
			f.want(1)
			_, ok, err = f.Take(f.ctx, orders, 3, "other", 5*time.Second)
			must(t, err)
			equal(t, "one that is to be no more", ok, false)
		})
	})
	t.Run("who stores a page and who spreads the Flow in the same moment do not miss each other", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			second := f.open()
			f.want(2)
			var vs []connector.Version
			for i := range 20 {
				vs = append(vs, version(fmt.Sprint(i), "a"))
			}
			run := f.run(orders)
			done := make(chan error, 1)
			f.tx(func(tx *store.Tx) error {
				_, err := tx.Accept(store.Acceptance{Flow: f.flow(orders), Run: run, Page: connector.Page{Versions: vs}, Last: true})
				go func() {
					done <- second.Tx(f.ctx, func(tx *store.Tx) error { return tx.WantPartitions(orders, 4, "test", 5*time.Second) })
				}()
				soon, end := context.WithTimeout(f.ctx, 300*time.Millisecond)
				defer end()
				select {
				case early := <-done: // it did not see what is not committed
					done <- early
				case <-soon.Done():
				}
				return err
			})
			must(t, <-done)
			must(t, f.checkSpread())
			f.sound()
		})
	})
}
