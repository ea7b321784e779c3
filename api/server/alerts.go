package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ml-connector/app"
	"ml-connector/people"
)

func (a *API) alerts() {
	tell(a, "GET", "/support", "make-support-bundle", "Give a bundle for whoever helps, as a zip file; nothing in it is secret or personal", func(ctx context.Context, _ *none) (huma.StreamResponse, error) {
		if err := actor(ctx).May(people.ReadSettings); err != nil {
			return huma.StreamResponse{}, err
		}
		if err := patient(ctx, mostWait); err != nil {
			return huma.StreamResponse{}, err
		}
		return huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/zip")
			if err := a.App.Support(ctx, c.BodyWriter(), a.Version, actor(ctx)); err != nil {
				a.Log.Error("the support bundle broke off", "error", err)
				panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
			}
		}}, nil
	})
	get(a, "/settings", "show-settings", "Say how this installation is set up: keys by their IDs, what is kept how long, the ledger as it was last", func(ctx context.Context, _ *none) (app.Settings, error) {
		return a.App.Settings(ctx, actor(ctx))
	})
	get(a, "/alerts", "list-alerts", "Give the alerts that last and those that were lately, the channels, and the rules", func(ctx context.Context, _ *none) (app.AlertsShown, error) {
		return a.App.Alerts(ctx, actor(ctx))
	})
	post(a, "/alerts/test", "test-alert", "Send a message by a channel, and give what its server answers", func(ctx context.Context, in *struct {
		Channel string `query:"channel" doc:"None are all."`
	}, by people.Actor) ([]app.AlertTest, error) {
		if err := patient(ctx, mostWait); err != nil {
			return nil, err
		}
		return a.App.TestAlert(ctx, in.Channel, by)
	})
}
