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
// order of the Kinds and within them as they became known; both sides of one object stand together.
func (a *App) thread(ctx context.Context, from store.RecordRow) ([]ThreadRecord, error) {
	rows, err := a.DB.Thread(ctx, from.Key, mostThread)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(x, y store.ThreadRow) int {
		return cmp.Or(cmp.Compare(slices.Index(connector.Kinds(), x.Record.Kind), slices.Index(connector.Kinds(), y.Record.Kind)),
			cmp.Compare(x.Object, y.Object), cmp.Compare(sideRank(x), sideRank(y)), cmp.Compare(x.Record.Connection, y.Record.Connection))
	})
	out := make([]ThreadRecord, len(rows))
	for i, r := range rows {
		out[i] = ThreadRecord{Connection: r.Record.Connection, Kind: r.Record.Kind, ID: r.Record.ID, Title: r.Title, State: r.State}
	}
	return out, nil
}

// sideRank orders the sides of one object: what was sent, what was read, what is known from a Link alone.
func sideRank(r store.ThreadRow) int {
	switch {
	case r.State != "":
		return 0
	case r.Version > 0:
		return 1
	}
	return 2
}
