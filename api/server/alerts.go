package server

import (
	"context"

	"ml-connector/app"
	"ml-connector/people"
)

func (a *API) alerts() {
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
