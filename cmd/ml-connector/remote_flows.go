package main

import (
	"context"
	"net/url"
	"time"

	"ml-connector/app"
	"ml-connector/people"
)

// window are the parameters of what reads a range of time of some Flows.
func window(o app.SyncOptions) url.Values {
	out := asked("since", timeText(o.Since), "until", timeText(o.Until))
	for _, f := range o.Flows {
		out.Add("flow", f)
	}
	return out
}

// deeply are those of a window whose last days may be read again.
func deeply(o app.SyncOptions) url.Values {
	out := window(o)
	if o.Deep {
		out.Set("deep", "true")
	}
	return out
}

func (r remote) Flows(ctx context.Context) ([]app.Flow, error) {
	return lists[app.Flow](ctx, r.c, "/flows")
}

func (r remote) Flow(ctx context.Context, name string) (app.FlowDetail, error) {
	return gets[app.FlowDetail](ctx, r.c, below("flows", name), nil)
}

func (r remote) EnableFlow(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("flows", name, "enable"), nil, nil, nil)
}

func (r remote) DisableFlow(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("flows", name, "disable"), nil, nil, nil)
}

func (r remote) Sync(ctx context.Context, o app.SyncOptions, _ people.Actor) (app.Synced, error) {
	if o.Plan != "" {
		return posts[app.Synced](ctx, r.c, below("plans", o.Plan, "run"), asked("wait", o.Wait.String()), nil)
	}
	query := deeply(o)
	query.Set("wait", o.Wait.String())
	return posts[app.Synced](ctx, r.c, "/runs", query, nil)
}

func (r remote) DryRun(ctx context.Context, o app.SyncOptions, _ people.Actor) (app.Plan, error) {
	return gets[app.Plan](ctx, r.c, "/dry-run", deeply(o))
}

func (r remote) SaveDryRun(ctx context.Context, name string, o app.SyncOptions, _ people.Actor) (app.Plan, error) {
	return posts[app.Plan](ctx, r.c, below("plans", name), deeply(o), nil)
}

func (r remote) Reconcile(ctx context.Context, o app.SyncOptions, _ people.Actor) (app.Reconciliation, error) {
	return posts[app.Reconciliation](ctx, r.c, "/reconciliations", window(o), nil)
}

func (r remote) LastReconciled(ctx context.Context, flows []string) (app.Reconciliation, error) {
	return gets[app.Reconciliation](ctx, r.c, "/reconciliations", window(app.SyncOptions{Flows: flows}))
}

func (r remote) Reapply(ctx context.Context, flow string, since time.Time, wait time.Duration, _ people.Actor) (app.Reapplied, error) {
	return posts[app.Reapplied](ctx, r.c, below("flows", flow, "reapply"), asked("since", timeText(since), "wait", wait.String()), nil)
}

func (r remote) Impact(ctx context.Context, flow string, since time.Time, rules []byte) (app.Plan, error) {
	return posts[app.Plan](ctx, r.c, below("flows", flow, "impact"), asked("since", timeText(since)), map[string]string{"rules": string(rules)})
}

func (r remote) SavedPlans(ctx context.Context) ([]app.SavedPlan, error) {
	return lists[app.SavedPlan](ctx, r.c, "/plans")
}

func (r remote) SavedPlan(ctx context.Context, name string) (app.SavedPlanDetail, error) {
	return gets[app.SavedPlanDetail](ctx, r.c, below("plans", name), nil)
}

func (r remote) ApprovePlan(ctx context.Context, name string, _ people.Actor) (app.SavedPlan, error) {
	return posts[app.SavedPlan](ctx, r.c, below("plans", name, "approve"), nil, nil)
}

func (r remote) EndPlan(ctx context.Context, name string, _ people.Actor) error {
	return r.c.Post(ctx, below("plans", name, "end"), nil, nil, nil)
}
