package store_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func enter(f *fixture, n int) {
	f.t.Helper()
	for range n {
		f.tx(func(tx *store.Tx) error {
			tx.Enter(connector.Entry{Actor: "cli:test", Action: "connection.set", Subject: "connection:erp", Details: map[string]string{"b": "2", "a": "ä <1>"}})
			tx.Enter(connector.Entry{Action: "flow.applied", Subject: "flow:orders"})
			return nil
		})
	}
}

func TestLedger(t *testing.T) {
	t.Run("Entries are numbered without gaps and chained", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			enter(f, 3)
			v, err := f.VerifyEntries(f.ctx)
			must(t, err)
			equal(t, "ok", v.OK, true)
			equal(t, "entries", v.Entries, 6)
			equal(t, "last", v.Last, 6)
			var c store.Chain
			all, err := f.Entries(f.ctx, store.EntryFilter{})
			must(t, err)
			for _, e := range all {
				c.Add(e)
			}
			equal(t, "an export verifies alone", c.Verification(), v)
			equal(t, "actor", all[1].Actor, store.Engine)
			equal(t, "details", all[0].Details["a"], "ä <1>")
		})
	})
	t.Run("a transaction that fails leaves no Entry and no gap", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			enter(f, 1)
			stop := errors.New("stop")
			err := f.Tx(f.ctx, func(tx *store.Tx) error { tx.Enter(connector.Entry{Action: "never"}); return stop })
			equal(t, "the error of the function", errors.Is(err, stop), true)
			enter(f, 1)
			f.sound()
			v, err := f.VerifyEntries(f.ctx)
			must(t, err)
			equal(t, "last", v.Last, 4)
		})
	})
	for name, row := range map[string]struct {
		tamper string
		broken int64
	}{
		"a changed detail is found":              {"UPDATE entries SET details = '{\"a\":\"x\"}' WHERE number = 3", 3},
		"a changed time is found":                {"UPDATE entries SET at = at + 1 WHERE number = 2", 2},
		"a removed Entry is found":               {"DELETE FROM entries WHERE number = 4", 4},
		"a removed end is found":                 {"DELETE FROM entries WHERE number > 4", 5},
		"an Entry that follows another is found": {"UPDATE entries SET hash = (SELECT o.hash FROM entries o WHERE o.number = 1) WHERE number = 5", 5},
		"a changed head is found":                {"UPDATE head SET hash = 'x'", 7},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, f *fixture) {
				enter(f, 3)
				_, err := f.SQL().Exec(row.tamper)
				must(t, err)
				v, err := f.VerifyEntries(f.ctx)
				must(t, err)
				equal(t, "ok", v.OK, false)
				equal(t, "broken at", v.BrokenAt, row.broken)
			})
		})
	}
	t.Run("the Entries of a Record, of a Run and of a Delivery are found", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			got := f.accept(suppliers, version("S1", "a"), version("S2", "b"))
			f.take(suppliers).deliver("V-")
			d := f.last(suppliers, "S1")
			for name, row := range map[string]struct {
				filter store.EntryFilter
				want   string
			}{
				"of a Delivery": {store.EntryFilter{Delivery: d.ID}, "delivery.sending link.made delivery.delivered"},
				"of a Record":   {store.EntryFilter{Subject: "s2p:supplier:S1"}, "delivery.sending link.made delivery.delivered"},
				"the newest":    {store.EntryFilter{Subject: "s2p:supplier:S1", Newest: true, Limit: 1}, "delivery.delivered"},
				"of a group":    {store.EntryFilter{Run: d.Run, Action: "link."}, "link.made link.made"},
				"of a Flow":     {store.EntryFilter{Subject: "flow:" + suppliers}, "run.begin run.end"},
			} {
				es, err := f.Entries(f.ctx, row.filter)
				must(t, err)
				var actions []string
				for _, e := range es {
					actions = append(actions, e.Action)
				}
				equal(t, name, strings.Join(actions, " "), row.want)
			}
			equal(t, "new", got.New, 2)
		})
	})
}

func TestOpen(t *testing.T) {
	t.Run("a database that was closed has everything when it is opened again", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			f.DB = f.open()
			equal(t, "state", f.state(orders, "1"), connector.Waiting)
			must(t, f.Ping(f.ctx))
			f.sound()
		})
	})
	t.Run("a database of a newer version is refused, with what to do", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			_, err := f.SQL().Exec("INSERT INTO schema_version (version_id, is_applied) VALUES (9999, true)")
			must(t, err)
			_, err = store.Open(f.ctx, f.url, f.clock.Now)
			refused(t, "open", err, connector.Misconfigured)
			equal(t, "has a hint", connector.AsError(err).Hint != "", true)
		})
	})
	t.Run("several processes may open a new database at once", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			url := f.fresh()
			errs := make(chan error, 4)
			for range cap(errs) {
				go func() {
					db, err := store.Open(f.ctx, url, f.clock.Now)
					if err == nil {
						err = db.Close()
					}
					errs <- err
				}()
			}
			for range cap(errs) {
				must(t, <-errs)
			}
		})
	})
	t.Run("what can't be opened says so", func(t *testing.T) {
		t.Parallel()
		for _, url := range []string{"", "sqlite:", "mysql://x", "sqlite:/no/such/folder/x.db", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"} {
			_, err := store.Open(t.Context(), url, (&clock{}).Now)
			if code := connector.CodeOf(err); code != connector.Misconfigured && code != connector.Unavailable {
				t.Errorf("open %q: %v", url, err)
			}
		}
	})
	t.Run("a statement that breaks a CHECK changes nothing", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.accept(orders, version("1", "a"))
			for _, broken := range []string{"UPDATE deliveries SET state = 'lost'", "UPDATE deliveries SET state = 'held'", "UPDATE deliveries SET due_at = 0", "UPDATE runs SET same_count = 99", "INSERT INTO head (id, number, hash) VALUES (2, 0, '')"} {
				if _, err := f.SQL().Exec(broken); err == nil {
					t.Errorf("%s: nothing keeps it out", broken)
				}
			}
			f.sound()
		})
	})
}

func TestTransactions(t *testing.T) {
	t.Run("transactions of many goroutines neither fail nor lose an Entry", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			const each, workers = 10, 6
			errs := make(chan error, workers)
			for w := range workers {
				go func() {
					var err error
					for i := range each {
						id := string(rune('a'+w)) + string(rune('0'+i))
						a := store.Acceptance{Flow: connector.Flow{From: "s2p", Kind: connector.PurchaseOrder}, Uncounted: true, Page: connector.Page{Versions: []connector.Version{version("shared", id), version(id, id)}}}
						if _, err = f.Accept(f.ctx, a); err == nil {
							err = f.Tx(f.ctx, func(tx *store.Tx) error { tx.Enter(connector.Entry{Action: "test"}); return nil })
						}
						if err != nil {
							break
						}
					}
					errs <- err
				}()
			}
			for range workers {
				must(t, <-errs)
			}
			v, err := f.VerifyEntries(f.ctx)
			must(t, err)
			equal(t, "entries", v.Entries, each*workers)
			equal(t, "versions of the shared record", len(f.versions("shared")), each*workers)
			f.sound()
		})
	})
	t.Run("a context that has ended begins nothing", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			ctx, cancel := context.WithCancel(f.ctx)
			cancel()
			refused(t, "write", f.Tx(ctx, func(*store.Tx) error { return nil }), connector.Unavailable)
		})
	})
	t.Run("a panic gives the connection back", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			func() {
				defer func() { _ = recover() }()
				_ = f.Tx(f.ctx, func(*store.Tx) error { panic("defect") })
			}()
			enter(f, 1)
		})
	})
	t.Run("rows of others can ride in the transaction", func(t *testing.T) {
		onEach(t, func(t *testing.T, f *fixture) {
			f.tx(func(tx *store.Tx) error {
				var one int
				return tx.SQL().QueryRow("SELECT 1").Scan(&one)
			})
			var _ *sql.DB = f.SQL()
		})
	})
}
