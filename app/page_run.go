package app

import (
	"context"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// RunList lists Runs, the newest first: of one Flow or, with "", of all; before is the ID of the last one seen, or 0.
func (a *App) RunList(ctx context.Context, flow string, before int64, limit int) (runs []connector.Run, next int64, err error) {
	runs, err = a.DB.Runs(ctx, store.RunFilter{Flow: flow, After: before, Limit: limit + 1})
	if len(runs) > limit {
		runs = runs[:limit]
		next = runs[limit-1].ID
	}
	return runs, next, err
}

// RunShown is one Run as it stands now.
func (a *App) RunShown(ctx context.Context, id int64) (connector.Run, error) {
	return a.DB.RunByID(ctx, id)
}

// FlowShown is one Flow with where it stands.
func (a *App) FlowShown(ctx context.Context, name string) (connector.Flow, error) {
	return a.DB.Flow(ctx, name)
}

// RunExchanges lists the Exchanges of a Run that belong to none of its Deliveries: what it read.
func (a *App) RunExchanges(ctx context.Context, id int64) ([]connector.Exchange, error) {
	return a.DB.ExchangesOfRun(ctx, id)
}

// ExchangeShown is one Exchange, masked when it was kept; bodies that retention removed are nil.
func (a *App) ExchangeShown(ctx context.Context, id string, by people.Actor) (connector.Exchange, error) {
	if err := by.May(people.ReadExchanges); err != nil {
		return connector.Exchange{}, err
	}
	return a.DB.Exchange(ctx, id)
}
