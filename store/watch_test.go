package store_test

import (
	"errors"
	"testing"

	"ml-connector/store"
)

func TestAWatchedTransactionIsBrokenOffWhereItsWatcherSays(t *testing.T) {
	killed := errors.New("killed")
	for name, row := range map[string]struct {
		at   store.Moment
		kept bool
	}{
		"before it begins nothing is written":     {store.BeforeBegin, false},
		"before it commits nothing is kept":       {store.BeforeCommit, false},
		"after it committed all of it stays":      {store.AfterCommit, true},
		"at no moment it is written and no error": {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, f *fixture) {
				var ops []string
				f.Watch(func(op string, at store.Moment) error {
					ops = append(ops, op+" "+string(at))
					if at == row.at {
						return killed
					}
					return nil
				})
				err := f.Tx(t.Context(), func(tx *store.Tx) error { return tx.SetMeta("k", "v") })
				if (row.at != "") != errors.Is(err, killed) {
					t.Errorf("gave %v", err)
				}
				f.Watch(nil)
				if v, err := f.Meta(t.Context(), "k"); err != nil || (v == "v") != row.kept {
					t.Errorf("kept %q, %v", v, err)
				}
				if len(ops) == 0 || ops[0] != "store_test.TestAWatchedTransactionIsBrokenOffWhereItsWatcherSays before begin" {
					t.Errorf("seen %q", ops)
				}
			})
		})
	}
}
