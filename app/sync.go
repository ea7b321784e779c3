package app

import (
	"context"
	"errors"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// SyncOptions say what to run.
type SyncOptions struct {
	Flows []string // none = all that are enabled, in dependency order
	Since time.Time
	Until time.Time
	Deep  bool // the last days, whatever the stamps say
	Wait  time.Duration
	Plan  string // the saved plan that is carried out; its own Flows and times count
}

// Synced is what a `sync` did: its Runs, and whether something could still move when the wait was over.
type Synced struct {
	Runs     []Run    `json:"runs"`
	Besides  *Besides `json:"besides,omitempty"`
	TimedOut bool     `json:"timed_out,omitempty"`
}

// ExitStatus is the exit status of the command: that of each Run's error, 3 when one ended with held or in_doubt records,
// 5 when the wait was over.
func (s Synced) ExitStatus() int {
	var all []int
	for _, r := range s.Runs {
		all = append(all, runStatus(r))
	}
	if s.TimedOut {
		all = append(all, connector.Unavailable.ExitStatus())
	}
	return WorstExit(all...)
}

func runStatus(r Run) int {
	status := 0
	if r.Error != nil {
		status = r.Error.Code.ExitStatus()
	}
	if r.Held > 0 || r.InDoubt > 0 {
		status = WorstExit(status, connector.Rejected.ExitStatus())
	}
	return status
}

// Sync runs Flows now and waits: in this process, or, when an engine is alive on a database that takes one only, in that. What
// other Runs read and this one moved is told beside its Runs.
func (a *App) Sync(ctx context.Context, o SyncOptions, by people.Actor) (Synced, error) {
	if err := by.May(people.RunFlow); err != nil {
		return Synced{}, err
	}
	head, err := a.lastEntry(ctx)
	if err != nil {
		return Synced{}, err
	}
	out, err := a.sync(ctx, o, by.Name)
	if err != nil {
		return out, err
	}
	out.Besides, err = a.besides(context.WithoutCancel(ctx), head.Number, o.Flows, out.Runs)
	return out, err
}

func (a *App) sync(ctx context.Context, o SyncOptions, actor string) (Synced, error) {
	unlock, err := engine.Lock(a.Process.Database)
	if errors.Is(err, engine.ErrAlive) {
		return a.ask(ctx, o, actor)
	}
	if err != nil {
		return Synced{}, err
	}
	defer unlock()
	if err := a.enterSync(ctx, o, actor); err != nil {
		return Synced{}, err
	}
	e := a.newEngine()
	if err := e.CloseAbandoned(ctx); err != nil {
		return Synced{}, err
	}
	rep, err := e.Sync(ctx, engine.SyncRequest{Flows: o.Flows, Trigger: connector.TriggerManual, Since: o.Since, Until: o.Until, Deep: o.Deep, Wait: o.Wait, Plan: o.Plan, Actor: actor})
	return synced(rep.Runs, rep.TimedOut), err
}

func synced(runs []connector.Run, timedOut bool) Synced {
	out := Synced{Runs: []Run{}, TimedOut: timedOut}
	for _, r := range runs {
		out.Runs = append(out.Runs, RunShape(r))
	}
	return out
}

// enterSync checks the names of the Flows and leaves the Entry of who asked.
func (a *App) enterSync(ctx context.Context, o SyncOptions, actor string) error {
	if o.Plan != "" {
		_, err := a.DB.SavedPlan(ctx, o.Plan)
		return err // the engine leaves the Entries
	}
	flows, err := a.flowNames(ctx, o.Flows)
	if err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		for _, f := range flows {
			tx.Enter(connector.Entry{Actor: actor, Action: "flow.run_asked", Subject: "flow:" + f})
		}
		return nil
	})
}

// flowNames checks names, or gives all that are enabled.
func (a *App) flowNames(ctx context.Context, names []string) ([]string, error) {
	for _, n := range names {
		if _, err := a.DB.Flow(ctx, n); err != nil {
			return nil, err
		}
	}
	if len(names) > 0 {
		return names, nil
	}
	flows, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range flows {
		if f.Enabled {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return nil, connector.Errorf(connector.Invalid, "sync", "there is no Flow to run").
			Advise("Put Flows into the configuration file and `apply` it, or enable one with `ml-connector flow enable NAME`.")
	}
	return names, nil
}

// askEvery is how often a waiting command looks at what it asked for.
const askEvery = 200 * time.Millisecond

// grace is how much longer than the wait itself a command waits for the engine to answer.
const grace = store.RequestGrace

// ask lets the engine that is alive do it, and waits.
func (a *App) ask(ctx context.Context, o SyncOptions, actor string) (Synced, error) {
	if err := a.enterSync(ctx, o, actor); err != nil {
		return Synced{}, err
	}
	var id int64
	err := a.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		id, err = tx.RequestRun(store.RunRequest{Flows: o.Flows, Since: o.Since, Until: o.Until, Deep: o.Deep, Wait: o.Wait, Actor: actor, Plan: o.Plan})
		return err
	})
	if err != nil {
		return Synced{}, err
	}
	const op = "wait for the running engine"
	started := a.Now()
	asking := context.WithoutCancel(ctx) // a stop is noticed in one place, below, so that the request is always withdrawn
	for {
		r, err := a.DB.RunRequest(asking, id)
		if err != nil {
			return Synced{}, err
		}
		switch {
		case !r.DoneAt.IsZero():
			return a.answered(asking, r)
		case r.TakenAt.IsZero() && a.Now().Sub(started) > o.Wait+grace:
			withdrawn, err := a.DB.WithdrawRunRequest(asking, id)
			if err != nil {
				return Synced{}, err
			}
			if !withdrawn {
				continue // it was taken, or done, just now
			}
			return Synced{}, connector.Errorf(connector.Unavailable, op, "it did not take the request within %s", o.Wait+grace).
				Advise("Look at the log of `ml-connector serve`; stop it to let `sync` work by itself.")
		case !r.TakenAt.IsZero() && a.Now().Sub(r.TakenAt) > o.Wait+grace:
			return Synced{TimedOut: true, Runs: []Run{}}, connector.Errorf(connector.Unavailable, op, "it was not done within %s", o.Wait+grace).
				Advise("It goes on by itself; `ml-connector delivery list` shows how far it is.")
		}
		if done, mine, err := a.takeOver(ctx, id); mine || err != nil {
			return done, err
		}
		a.tell(engine.Progress{Stage: "waiting"})
		if err := engine.Sleep(ctx, askEvery); err != nil {
			return Synced{}, a.giveUp(ctx, id, connector.Errorf(connector.Unavailable, op, "stopped before it was done").Because(err))
		}
	}
}

// giveUp withdraws a request of a command that was told to stop, so that it is not done when nobody waits for it any more.
func (a *App) giveUp(ctx context.Context, id int64, stopped *connector.Error) error {
	withdrawn, err := a.DB.WithdrawRunRequest(context.WithoutCancel(ctx), id)
	if err != nil {
		return err
	}
	if withdrawn {
		return stopped.Advise("Nothing was run.")
	}
	return stopped.Advise("The engine had begun; it goes on by itself. `ml-connector delivery list`, and of a plan `ml-connector plan list`, show how far it is.")
}

func (a *App) answered(ctx context.Context, r store.RunRequest) (Synced, error) {
	var runs []connector.Run
	for _, id := range r.Runs {
		run, err := a.DB.RunByID(ctx, id)
		if err != nil {
			return Synced{}, err
		}
		runs = append(runs, run)
	}
	out := synced(runs, r.TimedOut)
	if r.Err != nil {
		return out, r.Err
	}
	return out, nil
}

func (a *App) tell(p engine.Progress) {
	if a.Progress != nil {
		a.Progress(p)
	}
}

// Plan is what a dry run would do.
type Plan struct {
	Rows []PlanRow `json:"plan"`
	Runs []Run     `json:"runs"`
}

// PlanRow is what a dry run says of one Record.
type PlanRow struct {
	Flow      string             `json:"flow"`
	Record    Place              `json:"record"`
	Operation string             `json:"operation"` // create, update, none, hold, block
	Target    Place              `json:"target"`
	Changes   []connector.Change `json:"changes"`
	Error     *Error             `json:"error"`
}

// ExitStatus is that of the Runs' errors, and 3 when the plan holds something.
func (p Plan) ExitStatus() int {
	status := 0
	for _, r := range p.Runs {
		status = WorstExit(status, runStatus(r))
	}
	for _, r := range p.Rows {
		if r.Operation == "hold" {
			return WorstExit(status, connector.Rejected.ExitStatus())
		}
	}
	return status
}

// DryRun reads, maps and decides as Sync would, and writes to neither System.
func (a *App) DryRun(ctx context.Context, o SyncOptions, by people.Actor) (Plan, error) {
	if err := by.May(people.PlanFlow); err != nil {
		return Plan{}, err
	}
	if _, err := a.flowNames(ctx, o.Flows); err != nil {
		return Plan{}, err
	}
	planned, err := a.newEngine().Plan(ctx, engine.SyncRequest{Flows: o.Flows, Since: o.Since, Until: o.Until, Deep: o.Deep})
	return planShape(planned), err
}

func planShape(planned engine.Planned) Plan {
	out := Plan{Rows: []PlanRow{}, Runs: synced(planned.Runs, false).Runs}
	for _, r := range planned.Rows {
		out.Rows = append(out.Rows, planRowShape(r))
	}
	return out
}

func planRowShape(r engine.PlanRow) PlanRow {
	row := PlanRow{Flow: r.Flow, Record: Place(r.Record), Operation: r.Operation, Target: Place(r.Target), Changes: r.Changes, Error: ErrorShape(r.Err)}
	if row.Changes == nil {
		row.Changes = []connector.Change{}
	}
	return row
}
