package server

import (
	"context"

	"ml-connector/app"
	"ml-connector/people"
)

type reconciled struct {
	Window
	Flows []string `query:"flow,explode" doc:"None are all that are enabled."`
}

func (a *API) reconciliations() {
	get(a, "/reconciliations", "list-reconciliations", "Give what the last reconciliation of each flow found", func(ctx context.Context, in *struct {
		Flows []string `query:"flow,explode" doc:"None are all that are enabled."`
	}) (app.Reconciliation, error) {
		return a.App.LastReconciled(ctx, in.Flows)
	})
	post(a, "/reconciliations", "reconcile", "Read both sides live and hold them against each other, record by record", func(ctx context.Context, in *reconciled, by people.Actor) (app.Reconciliation, error) {
		o := app.SyncOptions{Flows: in.Flows}
		var err error
		if o.Since, o.Until, err = a.span(in.Window); err != nil {
			return app.Reconciliation{}, err
		}
		if err := patient(ctx, mostWait); err != nil {
			return app.Reconciliation{}, err
		}
		return a.App.Reconcile(ctx, o, by)
	})
}

// about is who runs here, and as whom one asks.
type about struct {
	Version     string              `json:"version"`
	Name        string              `json:"name" doc:"Whose token or session this is."`
	Permissions []people.Permission `json:"permissions"`
}

func (a *API) questions() {
	get(a, "/why", "why", "Say in one sentence where something is and what it waits for", func(ctx context.Context, in *struct {
		Number string `query:"number" required:"true" minLength:"1" doc:"Any number of either side."`
	}) (app.Why, error) {
		return a.App.Why(ctx, in.Number)
	})
	post(a, "/explain", "explain", "Say what a system's error means", func(_ context.Context, in *struct {
		Body struct {
			Text string `json:"text" minLength:"1" doc:"The message, or the whole answer."`
		}
	}, _ people.Actor) ([]app.Explanation, error) {
		return app.Explain(a.App.Systems, in.Body.Text)
	})
	get(a, "/doctor", "doctor", "Look at all that this installation stands on: keys, alerts and certificates for who has settings.read, people and tokens for who has people.read", func(ctx context.Context, _ *none) (app.Diagnosis, error) {
		if err := patient(ctx, mostWait); err != nil {
			return app.Diagnosis{}, err
		}
		return a.App.DoctorFor(ctx, actor(ctx))
	})
	get(a, "/about", "about", "Say which version runs here, and who you are", func(ctx context.Context, _ *none) (about, error) {
		by := actor(ctx)
		return about{Version: a.Version, Name: by.Name, Permissions: by.Permissions}, nil
	})
}
