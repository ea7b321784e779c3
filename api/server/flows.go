package server

import (
	"context"

	"ml-connector/app"
	"ml-connector/people"
)

// Called names what has a name.
type Called struct {
	Name string `path:"name"`
}

type runList struct {
	Listed
	Flow  string `query:"flow"`
	After int64  `query:"after" minimum:"1" doc:"The ID of the last one seen."`
}

type flowRuns struct {
	Listed
	Called
	After int64 `query:"after" minimum:"1" doc:"The ID of the last one seen."`
}

type runFlow struct {
	Called
	RunNow
}

// RunNow says how Flows are run.
type RunNow struct {
	Waited
	Window
	Deep bool `query:"deep" doc:"Read the last days again and compare content, whatever the stamps say."`
}

type reapplied struct {
	Called
	Waited
	Since string `query:"since" required:"true" doc:"A time (RFC 3339), or a duration back from now such as 36h or 7d."`
}

type triedRules struct {
	Called
	Since string `query:"since" required:"true" doc:"A time (RFC 3339), or a duration back from now such as 36h or 7d."`
	Body  *struct {
		Rules string `json:"rules,omitempty" doc:"A Flow as YAML; without it those in force."`
	}
}

type runSome struct {
	RunNow
	Flows []string `query:"flow,explode" doc:"None are all that are enabled."`
}

func (a *API) options(ctx context.Context, in RunNow, flows ...string) (app.SyncOptions, error) {
	o := app.SyncOptions{Flows: flows, Deep: in.Deep}
	var err error
	if o.Since, o.Until, err = a.span(in.Window); err != nil {
		return o, err
	}
	o.Wait, err = in.duration(ctx)
	return o, err
}

func (a *API) flows() {
	list(a, "/flows", "list-flows", "List flows in the order in which they depend on each other", func(ctx context.Context, in *AfterName, fn func(app.Flow) error) error {
		all, err := a.App.Flows(ctx)
		if err != nil {
			return err
		}
		return behind(all, in.After, flowName, fn)
	}, flowName)
	get(a, "/flows/{name}", "show-flow", "Show a flow and its rules", func(ctx context.Context, in *Called) (app.FlowDetail, error) {
		return a.App.Flow(ctx, in.Name)
	})
	post(a, "/flows/{name}/enable", "enable-flow", "Let a flow run by its schedule, and end its pause", func(ctx context.Context, in *Called, by people.Actor) (app.FlowDetail, error) {
		if err := a.App.EnableFlow(ctx, in.Name, by); err != nil {
			return app.FlowDetail{}, err
		}
		return a.App.Flow(ctx, in.Name)
	})
	post(a, "/flows/{name}/disable", "disable-flow", "Stop a flow from running by its schedule and in a run of all", func(ctx context.Context, in *Called, by people.Actor) (app.FlowDetail, error) {
		if err := a.App.DisableFlow(ctx, in.Name, by); err != nil {
			return app.FlowDetail{}, err
		}
		return a.App.Flow(ctx, in.Name)
	})
	post(a, "/flows/{name}/reapply", "reapply-flow", "Decide again, by today's rules, what was read since a time", func(ctx context.Context, in *reapplied, by people.Actor) (app.Reapplied, error) {
		since, _, err := a.span(Window{Since: in.Since})
		if err != nil {
			return app.Reapplied{}, err
		}
		wait, err := in.duration(ctx)
		if err != nil {
			return app.Reapplied{}, err
		}
		return a.App.Reapply(ctx, in.Name, since, wait, by)
	})
	post(a, "/flows/{name}/impact", "try-rules", "Say what deciding again would change, by today's rules or by others, and change nothing", func(ctx context.Context, in *triedRules, by people.Actor) (app.Plan, error) {
		if err := by.May(people.PlanFlow); err != nil {
			return app.Plan{}, err
		}
		since, _, err := a.span(Window{Since: in.Since})
		if err != nil {
			return app.Plan{}, err
		}
		if err := patient(ctx, mostWait); err != nil {
			return app.Plan{}, err
		}
		var rules []byte
		if in.Body != nil && in.Body.Rules != "" {
			rules = []byte(in.Body.Rules)
		}
		return a.App.Impact(ctx, in.Name, since, rules)
	})
	list(a, "/flows/{name}/runs", "list-runs-of-flow", "List the runs of a flow, the newest first", func(ctx context.Context, in *flowRuns, fn func(app.Run) error) error {
		if _, err := a.App.FlowShown(ctx, in.Name); err != nil {
			return err
		}
		return a.App.EachRun(ctx, in.Name, in.After, in.Limit+1, fn)
	}, runName)
	post(a, "/flows/{name}/runs", "run-flow", "Run a flow now", func(ctx context.Context, in *runFlow, by people.Actor) (app.Synced, error) {
		o, err := a.options(ctx, in.RunNow, in.Name)
		if err != nil {
			return app.Synced{}, err
		}
		return a.App.Sync(ctx, o, by)
	})
	list(a, "/runs", "list-runs", "List runs, the newest first", func(ctx context.Context, in *runList, fn func(app.Run) error) error {
		return a.App.EachRun(ctx, in.Flow, in.After, in.Limit+1, fn)
	}, runName)
	post(a, "/runs", "run-flows", "Run flows now, in the order in which they depend on each other", func(ctx context.Context, in *runSome, by people.Actor) (app.Synced, error) {
		o, err := a.options(ctx, in.RunNow, in.Flows...)
		if err != nil {
			return app.Synced{}, err
		}
		return a.App.Sync(ctx, o, by)
	})
	get(a, "/runs/{id}", "show-run", "Show a run as it stands now", func(ctx context.Context, in *One) (app.Run, error) {
		r, err := a.App.RunShown(ctx, in.ID)
		return app.RunShape(r), err
	})
}

func flowName(f app.Flow) string { return f.Name }
func runName(r app.Run) string   { return number(r.ID) }
