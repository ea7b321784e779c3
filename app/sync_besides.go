package app

import (
	"context"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

// Besides counts the records of other Runs that moved while a `sync` ran, by the state in which they are now: what was due
// again, released, or found out by tracking. On a shared database other processes may have moved some of them.
type Besides struct {
	Delivered int `json:"delivered"`
	Unchanged int `json:"unchanged"`
	Filtered  int `json:"filtered"`
	Held      int `json:"held"`
	Blocked   int `json:"blocked"`
	InDoubt   int `json:"in_doubt"`
}

// lastEntry is the newest Entry of the ledger, an empty one before the first.
func (a *App) lastEntry(ctx context.Context) (connector.Entry, error) {
	last, err := a.DB.Entries(ctx, store.EntryFilter{Newest: true, Limit: 1})
	if err != nil || len(last) == 0 {
		return connector.Entry{}, err
	}
	return last[0], nil
}

// stateAfter is the state in which an Entry left its Delivery, "" when it says nothing of that.
func stateAfter(e connector.Entry) connector.State {
	switch e.Action {
	case "delivery.released", "delivery.replayed":
		return connector.Waiting
	case "delivery.life", "delivery.acknowledged", "delivery.not_acknowledged", "delivery.resolved":
		return ""
	}
	return connector.State(strings.TrimPrefix(e.Action, "delivery."))
}

// besides reads in the ledger what happened since an Entry to Deliveries of the named Flows (none = all) that none of the Runs
// made; nil when nothing did.
func (a *App) besides(ctx context.Context, since int64, flows []string, runs []Run) (*Besides, error) {
	states, theirs := map[int64]connector.State{}, map[int64]bool{}
	err := a.DB.EachEntry(ctx, store.EntryFilter{Action: "delivery.", After: since}, func(e connector.Entry) error {
		if slices.ContainsFunc(runs, func(r Run) bool { return r.ID == e.Run }) {
			return nil
		}
		if _, known := theirs[e.Run]; !known {
			run, err := a.DB.RunByID(ctx, e.Run)
			if err != nil {
				return err
			}
			theirs[e.Run] = len(flows) == 0 || slices.Contains(flows, run.Flow)
		}
		if state := stateAfter(e); theirs[e.Run] && state != "" {
			states[e.Delivery] = state
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out Besides
	counts := map[connector.State]*int{connector.Delivered: &out.Delivered, connector.Unchanged: &out.Unchanged, connector.Filtered: &out.Filtered,
		connector.Held: &out.Held, connector.Blocked: &out.Blocked, connector.InDoubt: &out.InDoubt}
	for _, s := range states {
		if n := counts[s]; n != nil {
			*n++
		}
	}
	if out == (Besides{}) {
		return nil, nil
	}
	return &out, nil
}
