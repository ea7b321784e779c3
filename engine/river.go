package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
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

// pollArgs is the job that runs one Flow's Poll: unique per Flow while not finished.
type pollArgs struct {
	Flow string `json:"flow" river:"unique"`
}

func (pollArgs) Kind() string { return "poll" }

// pumpArgs is the job that runs one partition's Pump: unique per Flow and partition while not finished.
type pumpArgs struct {
	Flow      string `json:"flow" river:"unique"`
	Partition int    `json:"partition" river:"unique"`
}

func (pumpArgs) Kind() string { return "pump" }

// trackArgs is the job that follows the delivered objects of one Flow.
type trackArgs struct {
	Flow string `json:"flow" river:"unique"`
}

func (trackArgs) Kind() string { return "track" }

// requestArgs is the job that runs what a person asked for.
type requestArgs struct {
	Request int64 `json:"request" river:"unique"`
}

func (requestArgs) Kind() string { return "request" }

// forgetArgs is the job that removes old bodies.
type forgetArgs struct{}

func (forgetArgs) Kind() string { return "forget" }

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
	forgot time.Time // when this process last asked for old bodies to be removed
}

// NewScheduler makes a Scheduler and brings River's own tables up to date. Workers is how many jobs run at once.
func NewScheduler(ctx context.Context, e *Engine, workers int) (*Scheduler, error) {
	driver, closeDriver, err := riverDriver(ctx, e.DB)
	if err != nil {
		return nil, err
	}
	s := &Scheduler{e: e, close: closeDriver}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
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
	river.AddWorker(ws, river.WorkFunc(s.forget))
	s.client, err = river.NewClient(driver, &river.Config{
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:                     ws,
		Logger:                      e.Log.With("part", "river"),
		JobTimeout:                  -1, // a time-out that cancels a write in flight makes doubt out of nothing; takeover is by epoch
		RescueStuckJobsAfter:        time.Minute,
		CompletedJobRetentionPeriod: time.Hour,
		FetchPollInterval:           200 * time.Millisecond,
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
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if err := s.client.Start(work); err != nil {
		return connector.Errorf(connector.Unavailable, "start the job engine", "the database refused").Because(err)
	}
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.e.Log.Error("sweep failed; it is tried again in a second", "error", err)
		}
		if s.e.Sleep(ctx, time.Second) != nil {
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

// sweep looks at our rows and inserts a job for everything that is due. Missed times of a schedule collapse into one.
func (s *Scheduler) sweep(ctx context.Context) error {
	flows, err := s.e.DB.Flows(ctx)
	if err != nil {
		return err
	}
	now := s.e.Now()
	for _, f := range flows {
		if !f.Enabled || f.Paused.Code != "" {
			continue
		}
		if !f.NextRunAt.After(now) {
			if err := s.due(ctx, f, now); err != nil {
				return err
			}
		}
		if f.Track != "" && !f.NextTrackAt.After(now) {
			if err := s.dueTrack(ctx, f, now); err != nil {
				return err
			}
		}
	}
	if err := s.wakeWaiting(ctx, now); err != nil {
		return err
	}
	if err := s.dueForget(ctx, now); err != nil {
		return err
	}
	return s.takeRequests(ctx)
}

func (s *Scheduler) due(ctx context.Context, f connector.Flow, now time.Time) error {
	next, err := NextTime(f.Schedule, now)
	if err != nil {
		return err
	}
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetNextRun(f.Name, next); err != nil {
			return err
		}
		_, err := s.client.InsertTx(ctx, tx.SQL(), pollArgs{f.Name}, unique())
		return err
	})
}

func (s *Scheduler) dueTrack(ctx context.Context, f connector.Flow, now time.Time) error {
	next, err := NextTime(f.Track, now)
	if err != nil {
		return err
	}
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetNextTrack(f.Name, next); err != nil {
			return err
		}
		_, err := s.client.InsertTx(ctx, tx.SQL(), trackArgs{f.Name}, unique())
		return err
	})
}

// wakeWaiting inserts a pump for each partition in which something is due and that no process beats.
func (s *Scheduler) wakeWaiting(ctx context.Context, now time.Time) error {
	parts, err := s.e.DB.DuePartitions(ctx, now, Stale)
	if err != nil || len(parts) == 0 {
		return err
	}
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error { return s.insertPumps(ctx, tx, parts) })
}

func (s *Scheduler) insertPumps(ctx context.Context, tx *store.Tx, parts []store.FlowPartition) error {
	for _, p := range parts {
		if _, err := s.client.InsertTx(ctx, tx.SQL(), pumpArgs{p.Flow, p.Partition}, unique()); err != nil {
			return fmt.Errorf("insert a pump of flow %s: %w", p.Flow, err)
		}
	}
	return nil
}

func (s *Scheduler) takeRequests(ctx context.Context) error {
	ids, err := s.e.DB.OpenRunRequests(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.e.DB.Tx(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if _, err := s.client.InsertTx(ctx, tx.SQL(), requestArgs{id}, unique()); err != nil {
				return fmt.Errorf("insert the request %d: %w", id, err)
			}
		}
		return nil
	})
}

func (s *Scheduler) poll(ctx context.Context, job *river.Job[pollArgs]) error {
	if _, err := s.e.Poll(ctx, PollRequest{Flow: job.Args.Flow, Trigger: connector.TriggerSchedule}); err != nil {
		return err
	}
	return s.finish(ctx, func(tx *store.Tx) error {
		var parts []store.FlowPartition
		for n := range Partitions {
			parts = append(parts, store.FlowPartition{Flow: job.Args.Flow, Partition: n})
		}
		if err := s.insertPumps(ctx, tx, parts); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx.SQL(), job)
		return err
	})
}

// pump runs until nothing is due, completes its job, and looks once more under the same lock: what was accepted in
// between found this job unfinished and made none of its own.
func (s *Scheduler) pump(ctx context.Context, job *river.Job[pumpArgs]) error {
	for {
		p, err := s.e.Pump(ctx, job.Args.Flow, job.Args.Partition)
		if err != nil {
			return err
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
	return s.e.TrackFlow(ctx, job.Args.Flow)
}

// request does what a person asked for, as `sync` would do it itself.
func (s *Scheduler) request(ctx context.Context, job *river.Job[requestArgs]) error {
	req, err := s.e.DB.TakeRunRequest(ctx, job.Args.Request)
	if err != nil || req == nil {
		return err
	}
	rep, err := s.e.Sync(ctx, SyncRequest{Flows: req.Flows, Trigger: connector.TriggerManual, Since: req.Since, Until: req.Until, Wait: req.Wait})
	var ids []int64
	for _, r := range rep.Runs {
		ids = append(ids, r.ID)
	}
	return s.e.DB.FinishRunRequest(context.WithoutCancel(ctx), req.ID, ids, rep.TimedOut, connector.AsError(err))
}
