package app

import (
	"cmp"
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/store"
)

// mostThread bounds a thread: an order of a whole year may have more invoices than anybody reads.
const mostThread = 200

// thread gathers the Records that belong to one purchase: what Links and references connect in either direction, in the
// order of the Kinds. Both sides of one object stand together, the one that was sent before the other.
func (a *App) thread(ctx context.Context, from store.RecordRow) ([]ThreadRecord, error) {
	rows, err := a.DB.Thread(ctx, from.Key, mostThread)
	if err != nil {
		return nil, err
	}
	nearest := map[int64]int{} // the place of each object's first side
	for i, r := range slices.Backward(rows) {
		nearest[r.Object] = i
	}
	slices.SortStableFunc(rows, func(x, y store.ThreadRow) int {
		return cmp.Or(cmp.Compare(slices.Index(connector.Kinds(), x.Record.Kind), slices.Index(connector.Kinds(), y.Record.Kind)),
			cmp.Compare(nearest[x.Object], nearest[y.Object]), cmp.Compare(unsent(x), unsent(y)))
	})
	out := make([]ThreadRecord, len(rows))
	for i, r := range rows {
		out[i] = ThreadRecord{Connection: r.Record.Connection, Kind: r.Record.Kind, ID: r.Record.ID, Title: r.Title, State: r.State}
	}
	return out, nil
}

func unsent(r store.ThreadRow) int {
	if r.State == "" {
		return 1
	}
	return 0
}
