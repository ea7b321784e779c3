package store_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// ask gives a process a fixed share of a Connection and says what it was told before.
func (f *fixture) ask(owner, connection string, granted, wanted int) store.Sharing {
	f.t.Helper()
	var told store.Sharing
	must(f.t, f.Share(f.ctx, owner, []string{connection}, 5*time.Second, func(s store.Sharing) store.Share {
		told = s
		return store.Share{Granted: granted, Wanted: wanted}
	}))
	return told
}

func TestShare(t *testing.T) {
	t.Run("each process is told what those that live have", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			equal(t, "at first", len(f.ask("a", "erp", 3, 8).Shares), 0)
			f.clock.add(4 * time.Second)
			told := f.ask("b", "erp", 1, 2)
			equal(t, "told b", told.Shares[0], store.Share{Owner: "a", Granted: 3, Wanted: 8})
			equal(t, "of another connection", len(f.ask("b", "s2p", 1, 1).Shares), 0)
			f.clock.add(2 * time.Second)
			told = f.ask("b", "erp", 2, 2)
			equal(t, "a's last beat is too old", len(told.Shares), 1)
			equal(t, "and b's own is known", told.Shares[0], store.Share{Owner: "b", Granted: 1, Wanted: 2})
			f.ask("b", "erp", 0, 0)
			equal(t, "who wants nothing has none", len(f.ask("a", "erp", 1, 1).Shares), 0)
		})
	})
	t.Run("a pause comes along, and a connection that is gone is nobody's", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.tx(func(tx *store.Tx) error {
				if err := tx.SaveConnection(connector.Connection{Name: "third", System: "left"}); err != nil {
					return err
				}
				return tx.PauseConnection("third", connector.Pause{Code: connector.Credentials, Reason: "who are you", By: "engine"})
			})
			equal(t, "pause", f.ask("a", "third", 1, 1).Paused.Code, connector.Credentials)
			f.tx(func(tx *store.Tx) error { return tx.RemoveConnection("third") })
			must(t, f.Share(f.ctx, "a", []string{"third"}, time.Second, func(store.Sharing) store.Share {
				t.Error("asked about what is gone")
				return store.Share{}
			}))
		})
	})
	t.Run("what one process tells of a connection all others know", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			h, err := f.Health(f.ctx, "erp")
			must(t, err)
			equal(t, "at first", h, store.Health{})
			until := f.clock.Now().Add(time.Minute)
			told, err := f.ChangeHealth(f.ctx, "erp", func(h store.Health) store.Health {
				h.AskedUntil, h.Failures = until, 3
				return h
			})
			must(t, err)
			got := f.ask("b", "erp", 1, 1).Health
			equal(t, "told with the beat", got, told)
			equal(t, "until", got.AskedUntil.Equal(until), true)
			same, err := f.ChangeHealth(f.ctx, "erp", func(h store.Health) store.Health { return h })
			must(t, err)
			equal(t, "what stays is no change", same.Change, told.Change)
		})
	})
}
