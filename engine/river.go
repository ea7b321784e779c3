package engine

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	connector "ml-connector"
	"ml-connector/store"
)

// Every job's arguments carry a mark (see [Scheduler.mark]): two jobs of one mark for one thing are one, and what a dead
// process left `running` in River's rows, which is ended late (see [Scheduler.bury]), stands in the way of no later one.

// pollArgs is the job that runs one Flow's Poll.
type pollArgs struct {
	Flow string `json:"flow" river:"unique"`
	Mark string `json:"mark" river:"unique"`
}

func (pollArgs) Kind() string { return "poll" }

// pumpArgs is the job that runs one partition's Pump for the epoch that it will raise the partition to.
type pumpArgs struct {
	Flow      string `json:"flow" river:"unique"`
	Partition int    `json:"partition" river:"unique"`
	Epoch     int64  `json:"epoch" river:"unique"`
	Mark      string `json:"mark" river:"unique"`
}

func (pumpArgs) Kind() string { return "pump" }

// trackArgs is the job that follows the delivered objects of one Flow.
type trackArgs struct {
	Flow string `json:"flow" river:"unique"`
	Mark string `json:"mark" river:"unique"`
}

func (trackArgs) Kind() string { return "track" }

// requestArgs is the job that runs what a person asked for.
type requestArgs struct {
	Request int64  `json:"request" river:"unique"`
	Mark    string `json:"mark" river:"unique"`
}

func (requestArgs) Kind() string { return "request" }

// pushArgs is the job that reads what a Connection pushed of one Kind.
type pushArgs struct {
	Connection string         `json:"connection" river:"unique"`
	Record     connector.Kind `json:"record" river:"unique"`
	Mark       string         `json:"mark" river:"unique"`
}

func (pushArgs) Kind() string { return "push" }

// forgetArgs is the job that removes old bodies.
type forgetArgs struct {
	Mark string `json:"mark" river:"unique"`
}

func (forgetArgs) Kind() string { return "forget" }

// buryArgs is the job that ends the jobs of dead processes.
type buryArgs struct {
	Mark string `json:"mark" river:"unique"`
}

func (buryArgs) Kind() string { return "bury" }

// unfinished are all states but the finished ones. With River's default a completed poll would block the next one.
var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}

func unique() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// Scheduler runs an Engine by River: polls when their Flow is due, pumps when something waits, requests of people. River
// decides who does what when; every job can be made again from our rows.
type Scheduler struct {
	e      *Engine
	client *river.Client[*sql.Tx]
	close  func()
	forgot time.Time    // when this process last asked for old bodies to be removed
	buried time.Time    // and for what dead processes left
	beaten time.Time    // when it last said that it is alive
	pumps  atomic.Int64 // that run here
	left   left         // to other processes
	start  string       // of this process: no two starts have the same
	began  time.Time
}

// markEvery is how long, on a database of several processes, an unfinished job keeps another one for the same thing away.
const markEvery = 10 * time.Second

// mark is the part of a job's arguments that a crash leaves behind. Where this process is the only one it is its start. Where
// several share the jobs, any of which may run what another inserted, it is the time: a job too many finds the lease of its
// partition or Flow taken and ends.
func (s *Scheduler) mark(now time.Time) string {
	if s.e.Sole {
		return s.start
	}
	return strconv.FormatInt(now.Unix()/int64(markEvery/time.Second), 10)
}

// NewScheduler makes a Scheduler and brings River's own tables up to date. Workers is how many jobs run at once.
func NewScheduler(ctx context.Context, e *Engine, workers int) (*Scheduler, error) {
	driver, closeDriver, err := riverDriver(ctx, e.DB)
	if err != nil {
		return nil, err
	}
	return newScheduler(ctx, e, workers, fetchEvery, driver, closeDriver)
}

// fetchEvery is how long at most nobody looks for jobs.
const fetchEvery = 200 * time.Millisecond

func newScheduler(ctx context.Context, e *Engine, workers int, fetch time.Duration, driver riverdriver.Driver[*sql.Tx], closeDriver func()) (*Scheduler, error) {
	s := &Scheduler{e: e, close: closeDriver, start: rand.Text()}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		// Two that make the same tables at once stand in each other's way.
		err = e.DB.Alone(ctx, "the tables of the job engine", func(ctx context.Context) error {
			_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
			return err
		})
	}
	if err != nil {
		closeDriver()
		return nil, connector.Errorf(connector.Unavailable, "prepare the tables of the job engine", "the database refused").Because(err)
	}
	ws := river.NewWorkers()
	river.AddWorker(ws, river.WorkFunc(s.poll))
	river.AddWorker(ws, river.WorkFunc(s.pump))
	river.AddWorker(ws, river.WorkFunc(s.track))
	river.AddWorker(ws, river.WorkFunc(s.request))
	river.AddWorker(ws, river.WorkFunc(s.push))
	river.AddWorker(ws, river.WorkFunc(s.forget))
	river.AddWorker(ws, river.WorkFunc(s.bury))
	s.client, err = river.NewClient(driver, &river.Config{
		ID:                          clientID(e.Owner),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:                     ws,
		Logger:                      slog.New(warnings{e.Log.With("part", "river").Handler()}),
		JobTimeout:                  -1, // a time-out that cancels a write in flight makes doubt out of nothing; takeover is by epoch
		RescueStuckJobsAfter:        time.Minute,
		CompletedJobRetentionPeriod: time.Hour,
		FetchPollInterval:           fetch,
		FetchCooldown:               50 * time.Millisecond,
	})
	if err != nil {
		closeDriver()
		return nil, connector.Errorf(connector.Internal, "start the job engine", "its configuration was refused").Because(err)
	}
	return s, nil
}

func riverDriver(ctx context.Context, db *store.DB) (riverdriver.Driver[*sql.Tx], func(), error) {
	if db.IsSQLite() {
		return riversqlite.New(db.SQL()), func() {}, nil
	}
	pool, err := pgxpool.New(ctx, db.URL())
	if err != nil {
		return nil, nil, connector.Errorf(connector.Unavailable, "listen to the database", "no connection").Because(err)
	}
	return riverdatabasesql.NewWithPgxListener(db.SQL(), pool), pool.Close, nil
}

// Run works until the context ends, then lets what is in flight finish for up to 9 s.
func (s *Scheduler) Run(ctx context.Context) error {
	defer s.close()
	defer s.e.giveBack(ctx)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.alive(ctx)
	defer s.ended(ctx)
	if err := s.takeUp(ctx); err != nil {
		s.e.Log.Error("what the process before left was not cleared", "error", err)
	}
	if err := s.client.Start(work); err != nil {
		return connector.Errorf(connector.Unavailable, "start the job engine", "the database refused").Because(err)
	}
	for {
		s.alive(ctx)
		wait, err := s.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.e.Log.Error("sweep failed; it is tried again in a second", "error", err)
		}
		if s.e.Sleep(ctx, wait) != nil {
			break
		}
	}
	stop, done := context.WithTimeout(work, 9*time.Second)
	defer done()
	if err := s.client.StopAndCancel(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return connector.Errorf(connector.Internal, "stop the job engine", "it did not end in time").Because(err)
	}
	return nil
}

func (s *Scheduler) poll(ctx context.Context, job *river.Job[pollArgs]) error {
	polled, err := s.e.PollDue(ctx, job.Args.Flow)
	if err != nil {
		return unlessStopped(ctx, err)
	}
	return s.finish(ctx, func(tx *store.Tx) error {
		if polled && ctx.Err() == nil {
			f, err := tx.Flow(job.Args.Flow)
			if err != nil {
				return err
			}
			for n := range f.Partitions {
				if err := s.insertPumps(ctx, tx, []store.FlowPartition{{Flow: f.Name, Partition: n}}); err != nil {
					return err
				}
			}
		}
		_, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx.SQL(), job)
		return err
	})
}

// pump runs until nothing is due, completes its job, and looks once more under the same lock: what was accepted in
// between found this job unfinished and made none of its own.
func (s *Scheduler) pump(ctx context.Context, job *river.Job[pumpArgs]) error {
	takes, done := s.takes(ctx, store.FlowPartition{Flow: job.Args.Flow, Partition: job.Args.Partition})
	if !takes {
		return nil
	}
	defer done()
	for {
		p, err := s.e.Pump(ctx, job.Args.Flow, job.Args.Partition)
		if err != nil {
			return unlessStopped(ctx, err)
		}
		again := false
		err = s.finish(ctx, func(tx *store.Tx) error {
			if err := s.insertPumps(ctx, tx, p.Wake); err != nil {
				return err
			}
			if _, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx.SQL(), job); err != nil {
				return err
			}
			if p.Busy || p.Stopped != nil || !p.Next.IsZero() || ctx.Err() != nil {
				return nil // the sweep comes back when something is due
			}
			due, err := tx.AnyDue(job.Args.Flow, job.Args.Partition, s.e.Now())
			if err != nil {
				return err
			}
			if due {
				again = true
				return errAgain
			}
			return nil
		})
		if !again {
			return err
		}
	}
}

// errAgain rolls the completion back.
var errAgain = errors.New("something is due")

func (s *Scheduler) finish(ctx context.Context, f func(*store.Tx) error) error {
	err := s.e.DB.Tx(context.WithoutCancel(ctx), f)
	if errors.Is(err, errAgain) {
		return nil
	}
	return err
}

func (s *Scheduler) track(ctx context.Context, job *river.Job[trackArgs]) error {
	return unlessStopped(ctx, s.e.TrackFlow(ctx, job.Args.Flow))
}

func (s *Scheduler) push(ctx context.Context, job *river.Job[pushArgs]) error {
	return unlessStopped(ctx, s.e.ReadPushed(ctx, job.Args.Connection, job.Args.Record))
}

// unlessStopped keeps quiet about what ends because this process was told to: our rows know what is left to do.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// warnings is a log of what an operator has to know of River: nothing below a warning.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(name string) slog.Handler   { return warnings{w.Handler.WithGroup(name)} }

// request does what a person asked for.
func (s *Scheduler) request(ctx context.Context, job *river.Job[requestArgs]) error {
	return s.e.Answer(ctx, job.Args.Request)
}
