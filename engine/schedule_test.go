package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

func down() error { return connector.Errorf(connector.Unavailable, "read", "no answer") }

func (w *world) flow() connector.Flow {
	w.t.Helper()
	f, err := w.db.Flow(w.t.Context(), "orders")
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) scheduler(e *engine.Engine) *engine.Scheduler {
	w.t.Helper()
	s, err := engine.NewScheduler(w.t.Context(), e, 4)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// jobs counts River's jobs of a kind that are not finished.
func (w *world) jobs(kind string) int {
	w.t.Helper()
	var n int
	if err := w.db.SQL().QueryRowContext(w.t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = $1 AND finalized_at IS NULL", kind).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) tx(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Tx(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// A killed process leaves its jobs as `running` for ever; the next one does all of it again.
func TestJobsThatAKilledProcessLeftStandInNobodysWay(t *testing.T) {
	t.Parallel()
	for _, sole := range []bool{true, false} {
		t.Run(fmt.Sprintf("alone on its database: %v", sole), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.e.Sole = sole
			w.from.put("1", order("P1", "10", "open"))
			w.pass(time.Minute)
			if _, err := w.e.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil {
				t.Fatal(err)
			}
			w.tx(func(tx *store.Tx) error {
				_, err := tx.RequestRun(store.RunRequest{Wait: time.Hour})
				return err
			})
			if err := w.scheduler(w.e).Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{"poll", "pump", "request", "forget"} {
				if n := w.jobs(kind); n != 1 {
					t.Fatalf("%d jobs %s, expected one", n, kind)
				}
			}
			if _, err := w.db.SQL().ExecContext(t.Context(), "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at"); err != nil {
				t.Fatal(err)
			}
			w.from.put("2", order("P2", "10", "open"))
			w.pass(time.Minute)
			next := w.engine("two")
			next.Sole, next.Sleep = sole, w.briefly
			w.runUntil(w.scheduler(next), func() bool {
				d, err := w.db.LastDelivery(t.Context(), "orders", connector.Record{Connection: "a", Kind: connector.PurchaseOrder, ID: "2"})
				r, rerr := w.db.RunRequest(t.Context(), 1)
				return err == nil && rerr == nil && d != nil && d.State == connector.Delivered && !r.DoneAt.IsZero()
			})
		})
	}
}

// briefly moves the clock after a moment, so that a loop of sweeps leaves others room.
func (w *world) briefly(ctx context.Context, d time.Duration) error {
	err := engine.Sleep(ctx, 5*time.Millisecond)
	w.pass(d)
	return err
}

// runUntil lets a scheduler work until something is so, for at most half a minute.
func (w *world) runUntil(s *engine.Scheduler, so func() bool) {
	w.t.Helper()
	late, end := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer end()
	ctx, cancel := context.WithCancel(late)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for !so() {
		if err := engine.Sleep(late, 5*time.Millisecond); err != nil {
			w.t.Error("it did not come about")
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		w.t.Error(err)
	}
}

func TestWhenAScheduleIsDueAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fails int
		err   error
		least time.Duration
		most  time.Duration
	}{
		{"after a Run that ended well: at its next time", 0, nil, 59 * time.Minute, time.Hour},
		{"after a System that was down: soon", 1, down(), 2 * time.Second, 2 * time.Second},
		{"after one that is still down: later each time", 4, down(), 16 * time.Second, 16 * time.Second},
		{"never later than the schedule says", 12, down(), time.Second, 15 * time.Minute},
		{"after a node that is wrong: at its next time", 1, connector.Errorf(connector.Misconfigured, "read", "no such node"), 59 * time.Minute, time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.readErr = tc.err
			w.pass(time.Minute)
			for range max(tc.fails, 1) {
				w.pass(max(w.flow().NextRunAt.Sub(w.now()), 0))
				if polled, err := w.e.PollDue(t.Context(), "orders"); err != nil || !polled {
					t.Fatal(polled, err)
				}
			}
			wait := w.flow().NextRunAt.Sub(w.now())
			if wait < tc.least || wait > tc.most {
				t.Errorf("due again in %s, expected %s to %s", wait, tc.least, tc.most)
			}
			if polled, err := w.e.PollDue(t.Context(), "orders"); err != nil || polled {
				t.Errorf("polled again before it was due: %v, %v", polled, err)
			}
		})
	}
}

func TestACheckThatFailedBecauseASystemWasDownIsMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.steps = []connector.Step{{Step: "connect", State: connector.StepFailed, Code: connector.Unavailable, Message: "no answer"}}
	if _, err := w.e.PollDue(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	w.from.steps = nil
	w.pass(w.flow().NextRunAt.Sub(w.now()))
	if _, err := w.e.PollDue(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	runs, err := w.db.Runs(t.Context(), store.RunFilter{})
	if err != nil || len(runs) != 2 || runs[1].Err == nil || runs[0].Err != nil {
		t.Errorf("%+v, %v: expected one that failed and one that read", runs, err)
	}
}

// A maintenance page may answer a Check with what looks like a wrong setting.
func TestAFlowThatAPersonEnablesAfterAFailedCheckIsCheckedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.steps = []connector.Step{{Step: "query", State: connector.StepFailed, Code: connector.Misconfigured, Message: "a web page instead of data"}}
	if _, err := w.e.PollDue(t.Context(), "orders"); err != nil || w.flow().Paused.Code != connector.Misconfigured {
		t.Fatalf("%v, paused %+v", err, w.flow().Paused)
	}
	w.from.steps = nil
	w.tx(func(tx *store.Tx) error { return tx.ResumeFlow("orders", "a person") })
	w.pass(w.flow().NextRunAt.Sub(w.now()))
	if _, err := w.e.PollDue(t.Context(), "orders"); err != nil || w.flow().Paused.Code != "" {
		t.Errorf("%v; paused again: %+v", err, w.flow().Paused)
	}
}

func TestAReadThatWasToldToStopEndsAsStoppedAndStaysDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	var log bytes.Buffer
	w.e.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, cancel := context.WithCancel(t.Context())
	w.from.onRead = func() error { cancel(); return down() }
	if _, err := w.e.PollDue(ctx, "orders"); err != nil {
		t.Fatal(err)
	}
	if f := w.flow(); !f.NextRunAt.IsZero() || f.Paused.Code != "" {
		t.Errorf("due at %s, paused %+v; expected due at once, not paused", f.NextRunAt, f.Paused)
	}
	run, err := w.db.RunByID(t.Context(), 1)
	if err != nil || run.EndedAt.IsZero() || run.Err == nil || !strings.Contains(run.Err.Error(), "stopped") || log.Len() > 0 {
		t.Errorf("the run %+v (%v), the log %q; expected it ended as stopped and no warning", run, err, log.String())
	}
}

func TestRunsOfAKilledProcessAreEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	begin := func(trigger connector.Trigger) {
		w.tx(func(tx *store.Tx) error {
			_, err := tx.BeginRun(connector.Run{Flow: "orders", From: "a", To: "b", Kind: connector.PurchaseOrder, Trigger: trigger, Window: connector.Window{To: w.now()}, StartedAt: w.now()})
			return err
		})
	}
	begin(connector.TriggerDryRun)
	w.pass(48 * time.Hour)
	begin(connector.TriggerSchedule)
	begin(connector.TriggerManual)
	begin(connector.TriggerDryRun)
	w.pass(time.Second)
	ended := func(e *engine.Engine) (out []bool) {
		if err := e.CloseAbandoned(t.Context()); err != nil {
			t.Fatal(err)
		}
		for id := range 4 {
			r, err := w.db.RunByID(t.Context(), int64(id+1))
			if err != nil {
				t.Fatal(err)
			}
			if r.Err != nil && (r.Err.Code != connector.Unavailable || r.EndedAt.IsZero()) {
				t.Errorf("it ended with %v", r.Err)
			}
			out = append(out, r.Err != nil)
		}
		return out
	}
	many := w.engine("two")
	many.Sole = false
	if got := ended(many); fmt.Sprint(got) != "[true false false false]" {
		t.Errorf("beside others %v, expected only what is a day old", got)
	}
	if got := ended(w.e); fmt.Sprint(got) != "[true true true false]" {
		t.Errorf("alone %v, expected all but the fresh dry run", got)
	}
}

func TestAPauseByHandPausesNothingElseAndEndsForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.pass(time.Minute)
	w.tx(func(tx *store.Tx) error {
		return tx.PauseConnection("b", connector.Pause{Code: connector.Misconfigured, Reason: "paused by hand", By: "cli:test", At: w.now()})
	})
	s := w.scheduler(w.e)
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.jobs("poll") + w.jobs("pump"); n != 0 {
		t.Errorf("%d jobs for what is paused, expected none", n)
	}
	p, err := w.e.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual})
	if err != nil || p.Err == nil || p.Err.Code != connector.Misconfigured {
		t.Fatalf("%+v, %v: expected the pause's code", p, err)
	}
	if f := w.flow(); f.Paused.Code != "" {
		t.Errorf("the flow paused too: %+v", f.Paused)
	}
	w.tx(func(tx *store.Tx) error { return tx.ResumeConnection("b", "cli:test") })
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.jobs("poll"); n != 1 {
		t.Errorf("%d polls after the pause, expected one", n)
	}
	if c := w.sync().Counts; c.Delivered != 1 {
		t.Errorf("after the pause %+v, expected one delivered", c)
	}
}

func TestWhatIsDisabledGetsNoJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.pass(time.Minute)
	if _, err := w.e.Poll(t.Context(), engine.PollRequest{Flow: "orders", Trigger: connector.TriggerManual}); err != nil {
		t.Fatal(err)
	}
	s := w.scheduler(w.e)
	for _, enabled := range []bool{false, true} {
		w.tx(func(tx *store.Tx) error { return tx.EnableFlow("orders", enabled, "cli:test") })
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.jobs("poll") + w.jobs("pump"); n != 0 != enabled {
			t.Errorf("enabled %v: %d jobs", enabled, n)
		}
	}
}

func TestADryRunNeitherPausesNorEndsAPause(t *testing.T) {
	t.Parallel()
	t.Run("a refused log-in", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, connector.ClassNatural)
		w.from.readErr = connector.Errorf(connector.Credentials, "read", "who are you")
		p, err := w.e.Plan(t.Context(), engine.SyncRequest{})
		if err != nil || len(p.Runs) != 1 || p.Runs[0].Err == nil {
			t.Fatalf("%+v, %v: expected the Run's error", p, err)
		}
		if c, err := w.db.Connection(t.Context(), "a"); err != nil || c.Paused.Code != "" {
			t.Errorf("paused %+v, %v", c.Paused, err)
		}
	})
	t.Run("a check that fails", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, connector.ClassNatural)
		w.from.steps = []connector.Step{{Step: "query", State: connector.StepFailed, Code: connector.Forbidden, Message: "no right"}}
		if _, err := w.e.Plan(t.Context(), engine.SyncRequest{}); err != nil {
			t.Fatal(err)
		}
		if f := w.flow(); f.Paused.Code != "" {
			t.Errorf("paused %+v", f.Paused)
		}
	})
	for by, rows := range map[string]int{engine.ByEngine: 1, "cli:test": 0} {
		t.Run("a pause by "+by, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.pass(time.Minute)
			w.tx(func(tx *store.Tx) error {
				return tx.PauseFlow("orders", connector.Pause{Code: connector.Forbidden, Reason: "no right", By: by, At: w.now()})
			})
			p, err := w.e.Plan(t.Context(), engine.SyncRequest{})
			if err != nil || len(p.Rows) != rows {
				t.Errorf("%+v, %v: expected %d rows", p.Rows, err, rows)
			}
			if f := w.flow(); f.Paused.By != by {
				t.Errorf("the pause %+v, expected it as it was", f.Paused)
			}
		})
	}
}

func TestFirstRunsGoInTheOrderOfFlows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	s := w.scheduler(w.e)
	fresh := func(name string) connector.Flow { return connector.Flow{Name: name, Enabled: true} }
	ran := connector.Flow{Name: "suppliers", Enabled: true, NextRunAt: w.now()}
	for _, tc := range []struct {
		name  string
		flows []connector.Flow
		want  string
	}{
		{"nothing ran yet: the first", []connector.Flow{fresh("suppliers"), fresh("orders"), fresh("invoices")}, "[suppliers]"},
		{"the first ran: the second as well", []connector.Flow{ran, fresh("orders"), fresh("invoices")}, "[suppliers orders]"},
		{"for what is disabled nobody waits", []connector.Flow{{Name: "suppliers"}, fresh("orders")}, "[orders]"},
	} {
		if got := fmt.Sprint(engine.FirstOf(tc.flows, s)); got != tc.want {
			t.Errorf("%s: %s, expected %s", tc.name, got, tc.want)
		}
	}
}
