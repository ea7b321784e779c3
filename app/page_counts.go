package app

import (
	"context"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// FlowGauge is what there is to measure of one Flow.
type FlowGauge struct {
	connector.Flow
	Counts Parts          // of all its Deliveries
	Reread int            // reads of content that was known, ever
	Last   *connector.Run // nil before the first
	Ages   map[connector.State]time.Duration
}

// Gauges is what there is to measure: it counts every Delivery, so its caller should not ask too often.
type Gauges struct {
	Flows       []FlowGauge
	Needs       []store.NeedRow
	Connections []Connection
	Runs        int64 // that were ever begun
}

// Gauges measures.
func (a *App) Gauges(ctx context.Context) (Gauges, error) {
	var out Gauges
	flows, err := a.FlowsSince(ctx, time.Time{})
	if err != nil {
		return out, err
	}
	for _, f := range flows {
		g := FlowGauge{Flow: f.Flow, Counts: f.Today, Reread: f.Reread, Last: f.Last}
		if g.Ages, err = a.ages(ctx, f.Flow); err != nil {
			return out, err
		}
		if f.Last != nil {
			out.Runs = max(out.Runs, f.Last.ID)
		}
		out.Flows = append(out.Flows, g)
	}
	if out.Needs, err = a.DB.NeedsPerson(ctx); err != nil {
		return out, err
	}
	out.Connections, err = a.Connections(ctx)
	return out, err
}

// ages says how long the oldest Delivery of each open state has been in it; of waiting, since it was due.
func (a *App) ages(ctx context.Context, flow connector.Flow) (map[connector.State]time.Duration, error) {
	now := a.Now()
	out := map[connector.State]time.Duration{connector.Waiting: 0}
	for n := range flow.Partitions {
		due, found, err := a.DB.NextDue(ctx, flow.Name, n)
		if err != nil {
			return nil, err
		}
		if found {
			out[connector.Waiting] = max(out[connector.Waiting], now.Sub(due))
		}
	}
	for _, s := range []connector.State{connector.Held, connector.Blocked, connector.InDoubt} {
		out[s] = 0
		ds, err := a.DB.Deliveries(ctx, store.DeliveryFilter{State: s, Flow: flow.Name, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(ds) > 0 {
			out[s] = max(0, now.Sub(ds[0].UpdatedAt))
		}
	}
	return out, nil
}
