package store_test

import (
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

// The last page ends a Run well and moves the cursor. If its commit is not heard of, or what follows fails, whoever read it
// takes the Run for failed; and whoever took it over while it stood still has called it abandoned before.
func TestWhatEndedWellIsNotCalledFailedAfterwards(t *testing.T) {
	fail := connector.Errorf(connector.Unavailable, "read", "no answer")
	for name, row := range map[string]struct {
		ends   []*connector.Error
		failed bool
	}{
		"a good end stays":                 {[]*connector.Error{nil, fail}, false},
		"a good end comes after a bad one": {[]*connector.Error{fail, nil}, false},
		"a bad end":                        {[]*connector.Error{fail}, true},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, f *fixture) {
				run := f.run(orders)
				for _, e := range row.ends {
					f.tx(func(tx *store.Tx) error { return tx.EndRun(run, e, f.clock.Now()) })
				}
				r, err := f.RunByID(f.ctx, run)
				must(t, err)
				equal(t, "failed", r.Err != nil, row.failed)
				refused(t, "end what is not there", f.Tx(f.ctx, func(tx *store.Tx) error { return tx.EndRun(run+1, fail, f.clock.Now()) }), connector.NotFound)
			})
		})
	}
}
