package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// onEach runs a test in a time of its own, on SQLite and, when ML_CONNECTOR_TEST_POSTGRES names one, on PostgreSQL: there in
// a schema of its own. Answers of the database take no time.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	for name, url := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, url) })
		})
	}
}

var schemas atomic.Int64

func databases(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "test.db") + "?durable=no"}
	server := os.Getenv("ML_CONNECTOR_TEST_POSTGRES")
	if server == "" {
		return out
	}
	name := fmt.Sprintf("engine_%d_%d", os.Getpid(), schemas.Add(1))
	admin, err := sql.Open("pgx", server)
	if err == nil {
		_, err = admin.ExecContext(t.Context(), "CREATE SCHEMA "+name)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	sep := "?"
	if strings.Contains(server, "?") {
		sep = "&"
	}
	out["postgres"] = server + sep + "search_path=" + name
	db, err := store.Open(t.Context(), out["postgres"], time.Now) // waits for others that make tables, in real time
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	return out
}

// process is one of several that share a database, with a connection to it and to both Systems of its own.
type process struct {
	*engine.Engine
	w  *world
	to *special
}

// newShared is a world in which only time itself moves the clock.
func newShared(t *testing.T, url string, atOnce int, edit ...func(*connector.Flow)) *world {
	t.Cleanup(func() { time.Sleep(5 * time.Second) }) // until the last share was given back
	began := time.Now()
	w := newWorldOn(t, url, connector.ClassNatural, append(edit, func(f *connector.Flow) { f.AppliedAt = began })...)
	w.real = true
	w.to.now, w.from.now, w.to.atOnce = time.Now, time.Now, atOnce
	w.tx(func(tx *store.Tx) error { return tx.SetNextRun("orders", time.Now().Add(24*time.Hour)) })
	return w
}

// process starts another one.
func (w *world) process(owner string) *process {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), w.db.URL(), time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	p := &process{w: w, to: &special{side: w.to}}
	p.Engine = engine.New(engine.Config{DB: db, Now: time.Now, Jitter: rand.Float64, Owner: owner,
		Open: func(_ context.Context, c connector.Connection) (connector.Instance, error) {
			if c.Name == "a" {
				return w.from, nil
			}
			return p.to, nil
		}})
	return p
}

// pumps lets processes pump, each over and over and beginning with another partition, until a time has passed.
func (w *world) pumps(while time.Duration, all ...*process) {
	w.t.Helper()
	end := time.Now().Add(while)
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() {
			for n := i; time.Now().Before(end); n++ {
				f, err := p.DB.Flow(w.t.Context(), "orders")
				if err == nil {
					_, err = p.Pump(w.t.Context(), "orders", n%f.Partitions)
				}
				if err != nil {
					w.t.Error(err)
				}
				_ = engine.Sleep(w.t.Context(), 100*time.Millisecond)
			}
		})
	}
	wg.Wait()
}

// What a System tells one process holds for all of them within a second.
func TestWhatOneProcessIsToldHoldsForAll_I26(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fails func() error
		late  time.Duration // after it the other one begins
		quiet time.Duration // how long nobody calls
	}{
		{"asked to wait", func() error {
			err := connector.Errorf(connector.Throttled, "write", "slowly")
			err.Wait = 30 * time.Second
			return err
		}, 0, 29 * time.Second},
		{"down", func() error { return connector.Errorf(connector.Unavailable, "write", "no answer") }, 3700 * time.Millisecond, 1900 * time.Millisecond},
		{"a log-in refused", func() error { return connector.Errorf(connector.Credentials, "write", "who are you") }, 0, 40 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				w := newShared(t, url, 4)
				w.fill(600)
				a, b := w.process("a"), w.process("b")
				time.Sleep(time.Second)
				if _, err := a.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				var told time.Time // when the first was told
				var calls []time.Time
				began := time.Now()
				call := func(by *process) func(context.Context, connector.Write) (connector.Receipt, error) {
					return func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
						_ = engine.Sleep(ctx, 50*time.Millisecond)
						mu.Lock()
						defer mu.Unlock()
						now := time.Now()
						if by == a && now.Sub(began) > 3*time.Second && (told.IsZero() || now.Sub(told) < time.Second) {
							if told.IsZero() {
								told = now
							}
							return connector.Receipt{}, tc.fails()
						}
						if !told.IsZero() {
							calls = append(calls, now)
						}
						return by.to.side.Write(ctx, wr)
					}
				}
				a.to.write, b.to.write = call(a), call(b)
				var wg sync.WaitGroup
				wg.Go(func() { w.pumps(40*time.Second, a) })
				wg.Go(func() {
					time.Sleep(tc.late)
					w.pumps(36*time.Second, b)
				})
				wg.Wait()
				if told.IsZero() {
					t.Fatal("nobody was told anything: the test tests nothing")
				}
				for _, at := range calls {
					if d := at.Sub(told); d > 1150*time.Millisecond && d < tc.quiet {
						t.Fatalf("called %s after one was told", d)
					}
				}
				entries, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "connection.paused"})
				if err != nil || len(entries) > 1 {
					t.Errorf("%d pauses, %v", len(entries), err)
				}
			})
		})
	}
}

// take says how many calls the target takes at once from now on.
func (w *world) take(atOnce int) {
	w.t.Helper()
	w.to.mu.Lock()
	w.to.atOnce = atOnce
	w.to.mu.Unlock()
	w.tx(func(tx *store.Tx) error {
		return tx.SaveConnection(connector.Connection{Name: "b", System: "right", Settings: connector.Settings{"concurrency": atOnce}})
	})
}

// Four processes deliver, while records change and the number of calls that the target takes goes up and down, and with it
// the number of partitions.
func TestSeveralProcessesAreSpreadAnewWhileTheyWork_I8(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		w := newShared(t, url, 2)
		w.to.info.CanUpdate = true
		var mu sync.Mutex
		inFlight, most, limit := 0, 0, 2
		amounts := map[string][]string{}
		var all []*process
		for i := range 4 {
			p := w.process(fmt.Sprint("process ", i))
			p.to.write = func(ctx context.Context, wr connector.Write) (connector.Receipt, error) {
				mu.Lock()
				inFlight++
				most = max(most, inFlight-limit)
				amounts[wr.Document.Text("KEY")] = append(amounts[wr.Document.Text("KEY")], wr.Document.Text("AMOUNT"))
				mu.Unlock()
				_ = engine.Sleep(ctx, 100*time.Millisecond)
				mu.Lock()
				inFlight--
				mu.Unlock()
				return w.to.Write(ctx, wr)
			}
			all = append(all, p)
		}
		spread := map[int]bool{}
		poll := func() {
			time.Sleep(time.Second)
			if p, err := all[0].Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil || p.Err != nil {
				t.Error(err, p.Err)
			}
		}
		put := func(amount int) {
			for i := range 60 {
				w.from.put(fmt.Sprint(i), order(fmt.Sprint("P", i), fmt.Sprint(amount), "open"))
			}
		}
		put(10)
		poll()
		var wg sync.WaitGroup
		wg.Go(func() {
			for n, atOnce := range []int{64, 16, 40} {
				time.Sleep(1500 * time.Millisecond)
				mu.Lock()
				limit = max(limit, atOnce)
				mu.Unlock()
				w.take(atOnce)
				put(20 + n)
				poll()
				time.Sleep(3 * time.Second)
				spread[w.flow().Partitions] = true
			}
		})
		w.pumps(30*time.Second, all...)
		wg.Wait()
		if !spread[8] || !spread[2] || !spread[5] {
			t.Errorf("spread over %v, expected 8, 2 and 5 partitions", spread)
		}
		if most > 0 {
			t.Errorf("%d calls more at once than the target takes", most)
		}
		for i := range 60 {
			key := fmt.Sprint("P", i)
			if got := amounts[key]; !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) || w.to.count(key) != 1 {
				t.Errorf("%s was written as %v, and is there %d times", key, got, w.to.count(key))
			}
		}
		d, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "delivery.in_doubt"})
		if err != nil || len(d) > 0 {
			t.Errorf("%d doubts out of nothing: %v", len(d), err)
		}
		if s := w.states(); s[connector.Delivered]+s[connector.Superseded] < 240 || len(s) > 2 {
			t.Errorf("%v", s)
		}
	})
}

// TestProcessesThatStartTogetherOnANewDatabase: all of them find the tables of the job engine made.
func TestProcessesThatStartTogetherOnANewDatabase(t *testing.T) {
	t.Parallel()
	for name, url := range databases(t) {
		if name == "sqlite" { // one engine at a time
			continue
		}
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				db, err := store.Open(t.Context(), url, time.Now)
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = db.Close() }()
				s, err := engine.NewScheduler(t.Context(), engine.New(engine.Config{DB: db, Now: time.Now}), 1)
				if err != nil {
					t.Error(err)
					return
				}
				over, end := context.WithCancel(t.Context())
				end()
				if err := s.Run(over); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
