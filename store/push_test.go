package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

func (f *fixture) push(exchange string, numbers ...string) {
	f.t.Helper()
	must(f.t, f.KeepPush(f.ctx, connector.Exchange{ID: exchange, Connection: "s2p", Op: "receive", Method: "POST", RequestBody: []byte("<pushed/>" + exchange), Started: f.clock.Now()}, connector.PurchaseOrder, numbers))
}

func (f *fixture) pushes() []store.Push {
	f.t.Helper()
	ps, err := f.Pushes(f.ctx, "s2p", connector.PurchaseOrder, f.clock.Now(), 10)
	must(f.t, err)
	return ps
}

func (f *fixture) entries(action string) []connector.Entry {
	f.t.Helper()
	es, err := f.Entries(f.ctx, store.EntryFilter{Action: action})
	must(f.t, err)
	return es
}

func TestPushes(t *testing.T) {
	t.Run("one is kept as it came, with an Entry of each record that it names, and is due at once", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.push("x1", "P2", "P1", "P2")
			x, err := f.Exchange(f.ctx, "x1")
			must(t, err)
			equal(t, "body", string(x.RequestBody), "<pushed/>x1")
			equal(t, "entries", len(f.entries("push.received")), 2)
			equal(t, "entry", f.entries("push.received")[0].Exchange, "x1")
			due, err := f.PushesDue(f.ctx, f.clock.Now())
			must(t, err)
			equal(t, "due", len(due), 1)
			equal(t, "of", due[0].Connection+" "+string(due[0].Kind), "s2p purchase_order")
			equal(t, "to read", len(f.pushes()), 2)
			again := f.open() // after a crash
			ps, err := again.Pushes(f.ctx, "s2p", connector.PurchaseOrder, f.clock.Now(), 1)
			must(t, err)
			equal(t, "to read by another process, one at a time", len(ps), 1)
		})
	})
	t.Run("what is pushed twice before it is read is read once", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.push("x1", "P1")
			f.push("x2", "P1")
			ps := f.pushes()
			equal(t, "to read", len(ps), 1)
			equal(t, "pushes", ps[0].Pushed, int64(2))
			equal(t, "exchange", ps[0].Exchange, "x2")
			f.tx(func(tx *store.Tx) error {
				return tx.PushDone(ps[0], connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: "7"}, "new")
			})
			equal(t, "left", len(f.pushes()), 0)
			done := f.entries("push.done")
			equal(t, "done", len(done), 1)
			equal(t, "subject", done[0].Subject, "s2p:purchase_order:7")
			equal(t, "result", done[0].Details["result"], "new")
			f.tx(func(tx *store.Tx) error { return tx.PushDone(ps[0], connector.Record{}, "new") })
			equal(t, "done a second time", len(f.entries("push.done")), 1)
		})
	})
	t.Run("what is pushed again while it is read is read again", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.push("x1", "P1")
			read := f.pushes()[0]
			f.clock.add(time.Second)
			f.push("x2", "P1")
			f.tx(func(tx *store.Tx) error { return tx.PushDone(read, connector.Record{}, "new") })
			equal(t, "done", len(f.entries("push.done")), 0)
			f.tx(func(tx *store.Tx) error { return tx.PushLater(read, f.clock.Now().Add(time.Hour), true) })
			ps := f.pushes()
			equal(t, "to read", len(ps), 1)
			equal(t, "looks", ps[0].Looks, int64(0))
		})
	})
	t.Run("one that is put off is due later", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.push("x1", "P1")
			read := f.pushes()[0]
			f.tx(func(tx *store.Tx) error { return tx.PushLater(read, f.clock.Now().Add(time.Minute), true) })
			equal(t, "at once", len(f.pushes()), 0)
			due, err := f.PushesDue(f.ctx, f.clock.Now())
			must(t, err)
			equal(t, "due", len(due), 0)
			f.clock.add(time.Minute)
			equal(t, "looks", f.pushes()[0].Looks, int64(1))
		})
	})
	t.Run("nothing is kept of one for a connection that is gone", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			err := f.KeepPush(f.ctx, connector.Exchange{ID: "x1", Connection: "gone"}, connector.PurchaseOrder, []string{"P1"})
			if err == nil {
				t.Error("kept")
			}
			equal(t, "entries", len(f.entries("push.")), 0)
		})
	})
	t.Run("the last ones are told with what became of each, the newest first", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.push("x1", "P1", "P2", "P3")
			for _, p := range f.pushes() {
				f.tx(func(tx *store.Tx) error {
					switch p.Number {
					case "P1":
						return tx.PushDone(p, connector.Record{}, "first")
					case "P2":
						return tx.PushLater(p, f.clock.Now().Add(time.Minute), true)
					}
					return nil
				})
			}
			f.push("x2", "P1")
			last, err := f.LastPushes(f.ctx, "s2p", 10)
			must(t, err)
			got := ""
			for _, p := range last {
				got += p.Number + " " + p.Exchange + " " + p.Result + map[bool]string{true: "done", false: "waits"}[p.DueAt.IsZero()] + map[bool]string{true: " looked", false: ""}[p.Looks > 0] + "; "
			}
			equal(t, "last", got, "P1 x2 waits; P3 x1 waits; P2 x1 waits looked; P1 x1 waits; ")
			f.tx(func(tx *store.Tx) error {
				tx.Enter(connector.Entry{Actor: "s2p", Action: "push.refused", Subject: "connection:s2p", Details: map[string]string{"reason": "no"}})
				return tx.PushDone(store.Push{Connection: "s2p", Kind: connector.PurchaseOrder, Number: "P1", Exchange: "x2", Pushed: 1}, connector.Record{}, "second")
			})
			last, err = f.LastPushes(f.ctx, "s2p", 1)
			must(t, err)
			equal(t, "at most", len(last), 1)
			equal(t, "its end", last[0].Result, "second")
			all, err := f.LastPushes(f.ctx, "s2p", 10)
			must(t, err)
			equal(t, "the end of the one before", all[3].Result, "first")
			refused, err := f.LastRefused(f.ctx, "s2p")
			must(t, err)
			equal(t, "refused", refused.Details["reason"], "no")
			none, err := f.LastPushes(f.ctx, "erp", 10)
			must(t, err)
			equal(t, "of another connection", len(none), 0)
		})
	})
}
