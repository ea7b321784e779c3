package server

import (
	"context"

	"ml-connector/app"
	"ml-connector/people"
)

// Tried says what a dry run is made of.
type Tried struct {
	Window
	Deep  bool     `query:"deep" doc:"Read the last days again and compare content, whatever the stamps say."`
	Flows []string `query:"flow,explode" doc:"None are all that are enabled."`
}

// trying are its options; the answer may be long in coming.
func (a *API) trying(ctx context.Context, in Tried) (app.SyncOptions, error) {
	o := app.SyncOptions{Flows: in.Flows, Deep: in.Deep}
	var err error
	if o.Since, o.Until, err = a.span(in.Window); err != nil {
		return o, err
	}
	return o, patient(ctx, mostWait)
}

type savePlan struct {
	Called
	Tried
}

type runPlan struct {
	Called
	Waited
}

func (a *API) plans() {
	get(a, "/dry-run", "dry-run", "Read, map and decide, and write to neither system", func(ctx context.Context, in *Tried) (app.Plan, error) {
		o, err := a.trying(ctx, *in)
		if err != nil {
			return app.Plan{}, err
		}
		return a.App.DryRun(ctx, o, actor(ctx))
	})
	list(a, "/plans", "list-plans", "List saved dry runs, the newest first", func(ctx context.Context, in *AfterName, fn func(app.SavedPlan) error) error {
		all, err := a.App.SavedPlans(ctx)
		if err != nil {
			return err
		}
		return behind(all, in.After, planName, fn)
	}, planName)
	get(a, "/plans/{name}", "show-plan", "Show a saved dry run, row by row", func(ctx context.Context, in *Called) (app.SavedPlanDetail, error) {
		return a.App.SavedPlan(ctx, in.Name)
	})
	post(a, "/plans/{name}", "save-plan", "Make a dry run and keep it under a name, to be approved by a second person", func(ctx context.Context, in *savePlan, by people.Actor) (app.Plan, error) {
		o, err := a.trying(ctx, in.Tried)
		if err != nil {
			return app.Plan{}, err
		}
		return a.App.SaveDryRun(ctx, in.Name, o, by)
	})
	post(a, "/plans/{name}/approve", "approve-plan", "Approve what somebody else saved", func(ctx context.Context, in *Called, by people.Actor) (app.SavedPlan, error) {
		return a.App.ApprovePlan(ctx, in.Name, by)
	})
	post(a, "/plans/{name}/run", "run-plan", "Carry an approved plan out as it stands, or refuse it when the world has moved", func(ctx context.Context, in *runPlan, by people.Actor) (app.Synced, error) {
		wait, err := in.duration(ctx)
		if err != nil {
			return app.Synced{}, err
		}
		return a.App.Sync(ctx, app.SyncOptions{Plan: in.Name, Wait: wait}, by)
	})
	post(a, "/plans/{name}/end", "end-plan", "End a plan that was begun where it stands", func(ctx context.Context, in *Called, by people.Actor) (done, error) {
		return done{true}, a.App.EndPlan(ctx, in.Name, by)
	})
}

func planName(p app.SavedPlan) string { return p.Name }
