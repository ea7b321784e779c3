package store_test

import (
	"testing"

	"ml-connector/store"
)

func TestTheLastReconciliationOfAFlowIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		for _, text := range []string{`{"n":1}`, `{"n":2}`} {
			f.tx(func(tx *store.Tx) error {
				_, err := tx.KeepReconciliation(store.Reconciliation{Flow: orders, Actor: "ann", Since: f.Now(), Text: []byte(text)})
				return err
			})
		}
		last, err := f.LastReconciliation(f.ctx, orders)
		equal(t, "error", err, nil)
		equal(t, "text", string(last.Text), `{"n":2}`)
		equal(t, "by", last.Actor, "ann")
		none, err := f.LastReconciliation(f.ctx, vendors)
		equal(t, "error", err, nil)
		equal(t, "of another", none == nil, true)
		f.sound()
	})
}
