package engine

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"ml-connector/cmd/postgres"
	"ml-connector/store"
)

// nothingArgs is a job that does nothing.
type nothingArgs struct {
	N int `json:"n" river:"unique"`
}

func (nothingArgs) Kind() string { return "nothing" }

// BenchmarkRiver tells what River costs: "job" is one job inserted in a transaction of ours, fetched, and completed in another
// one; "idle" is a second of a Scheduler that has nothing to do, and "sweep" the part of that which is ours.
//
//	go test ./engine -run xxx -bench River -benchtime 500x
func BenchmarkRiver(b *testing.B) {
	server, err := postgres.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer server.Stop()
	for i, kind := range []string{"sqlite", "postgres"} {
		url := "sqlite:" + filepath.Join(b.TempDir(), "river.db")
		if kind == "postgres" {
			name := fmt.Sprintf("river%d", i)
			if err := server.Create(b.Context(), name, ""); err != nil {
				b.Fatal(err)
			}
			url = server.URL(name)
		}
		db, err := store.Open(b.Context(), url, time.Now)
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		e := New(Config{DB: db, Now: time.Now, Jitter: rand.Float64, Owner: "bench", Sole: db.IsSQLite()})
		s, err := NewScheduler(b.Context(), e, 16)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(kind+"/job", func(b *testing.B) { benchmarkJob(b, db) })
		b.Run(kind+"/sweep", func(b *testing.B) {
			m := measureFrom(b, db)
			for b.Loop() {
				if _, err := s.sweep(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			m.report(b, float64(b.N), "sweep")
		})
		b.Run(kind+"/idle", func(b *testing.B) {
			s, err := NewScheduler(b.Context(), e, 16)
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithTimeout(b.Context(), 10*time.Second)
			defer stop()
			m := measureFrom(b, db)
			if err := s.Run(ctx); err != nil {
				b.Fatal(err)
			}
			m.report(b, 10, "s")
		})
	}
}

func benchmarkJob(b *testing.B, db *store.DB) {
	driver, closeDriver, err := riverDriver(b.Context(), db)
	if err != nil {
		b.Fatal(err)
	}
	defer closeDriver()
	var done sync.WaitGroup
	done.Add(b.N)
	ws := river.NewWorkers()
	river.AddWorker(ws, river.WorkFunc(func(ctx context.Context, job *river.Job[nothingArgs]) error {
		defer done.Done()
		return db.Tx(ctx, func(tx *store.Tx) error {
			_, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx.SQL(), job)
			return err
		})
	}))
	client, err := river.NewClient(driver, &river.Config{Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 16}}, Workers: ws,
		Logger: slog.New(slog.DiscardHandler), JobTimeout: -1, FetchPollInterval: 200 * time.Millisecond, FetchCooldown: 50 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	m := measureFrom(b, db)
	b.ResetTimer()
	for i := range b.N {
		if err := db.Tx(b.Context(), func(tx *store.Tx) error {
			_, err := client.InsertTx(b.Context(), tx.SQL(), nothingArgs{int(time.Now().UnixNano()) + i}, unique())
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	done.Wait()
	b.StopTimer()
	m.report(b, float64(b.N), "job")
	if err := client.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// spent is what a process and its database have done so far.
type spent struct {
	db    *store.DB
	used  time.Duration
	begun int64 // transactions that PostgreSQL committed
}

func measureFrom(b *testing.B, db *store.DB) spent {
	b.Helper()
	s := spent{db: db}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	s.used = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	if !db.IsSQLite() {
		if err := db.SQL().QueryRowContext(context.WithoutCancel(b.Context()), "SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = current_database()").Scan(&s.begun); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func (s spent) report(b *testing.B, times float64, unit string) {
	b.Helper()
	if !s.db.IsSQLite() {
		<-time.After(1500 * time.Millisecond) // PostgreSQL tells its counts a second late
	}
	now := measureFrom(b, s.db)
	b.ReportMetric(float64((now.used-s.used).Microseconds())/times, "µs-cpu/"+unit)
	if !s.db.IsSQLite() {
		b.ReportMetric(float64(now.begun-s.begun)/times, "transactions/"+unit)
	}
}
