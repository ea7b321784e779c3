package app

import (
	"cmp"
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/store"
)

// DeedPage is what became of the Deliveries that a person decided at once.
type DeedPage struct {
	Total int
	Parts Parts
	Open  int              // that may still move by themselves
	Rows  []ListedDelivery // those that need somebody again first
}

// mostOfDeed bounds of how many Deliveries it is told at once what became of them.
const mostOfDeed = mostAtOnce

// LedgerEnd is the number of the last Entry: what is done afterwards has greater ones.
func (a *App) LedgerEnd(ctx context.Context) (int64, error) {
	last, err := a.DB.Entries(ctx, store.EntryFilter{Newest: true, Limit: 1})
	if err != nil || len(last) == 0 {
		return 0, err
	}
	return last[0].Number, nil
}

// DeedShown lists, with a state only those in it, and tells what became of what an actor did between two Entries of the ledger: delivery.replayed, delivery.skipped.
func (a *App) DeedShown(ctx context.Context, action, actor string, after, until int64, state connector.State, rows int) (DeedPage, error) {
	var out DeedPage
	var ids []int64
	err := a.DB.EachEntry(ctx, store.EntryFilter{Action: action, Actor: actor, After: after, Until: until, Limit: mostOfDeed}, func(e connector.Entry) error {
		ids = append(ids, e.Delivery)
		return nil
	})
	if err != nil {
		return out, err
	}
	if out.Total = len(ids); out.Total == 0 {
		return out, connector.Errorf(connector.NotFound, "", "Nothing was decided there.").Advise("Look at what is held now.")
	}
	stands, err := a.DB.Stands(ctx, ids)
	if err != nil {
		return out, err
	}
	var counts connector.Counts
	for _, s := range stands {
		counts.Add(s.State, 1)
		if isOpen(s.State) {
			out.Open++
		}
	}
	out.Parts = PartsOf(counts)
	order := []connector.State{connector.Held, connector.InDoubt, connector.Blocked, connector.Sending, connector.Waiting}
	rank := func(s connector.State) int {
		if at := slices.Index(order, s); at >= 0 {
			return at
		}
		return len(order)
	}
	slices.SortStableFunc(stands, func(x, y store.Stand) int { return cmp.Compare(rank(x.State), rank(y.State)) })
	if state != "" {
		stands = slices.DeleteFunc(stands, func(s store.Stand) bool {
			return s.State != state && (state != connector.Waiting || s.State != connector.Sending)
		})
	}
	shown := map[int64]int{}
	var first []int64
	for n, s := range stands[:min(rows, len(stands))] {
		shown[s.ID], first = n, append(first, s.ID)
	}
	if len(first) == 0 {
		return out, nil
	}
	ds, err := a.DB.Deliveries(ctx, store.DeliveryFilter{IDs: first})
	if err != nil {
		return out, err
	}
	slices.SortFunc(ds, func(x, y connector.Delivery) int { return cmp.Compare(shown[x.ID], shown[y.ID]) })
	out.Rows, err = a.listed(ctx, ds)
	return out, err
}
