package app

import (
	"context"
	"errors"
	"time"

	connector "ml-connector"
	"ml-connector/money"
	"ml-connector/people"
	"ml-connector/store"
)

// WaitsForSecond says whether a Delivery waits for a second person.
func WaitsForSecond(d connector.Delivery) bool {
	return d.State == connector.Held && d.Err != nil && d.Err.Op == store.ConfirmOp
}

// CauseChoice chooses what one Cause stops; UpTo leaves out what came after it was looked at, 0 = nothing.
type CauseChoice struct {
	Cause string
	State connector.State
	Flow  string
	Code  connector.Code
	UpTo  int64
}

// CausePreview is what would be touched: the oldest of what a Cause stops.
type CausePreview struct {
	Message string
	IDs     []int64
	Last    int64          // the largest ID
	More    bool           // there are more than are done at once
	Money   []money.Amount // per currency, of all that would be touched
	Counted bool           // Money is of all of them
	Rows    []ListedDelivery
}

// Bounds of what is done to one Cause at once, and of what is added up and listed before.
const (
	mostAtOnce   = 5_000
	mostPreview  = 2_000 // that are added up
	rowsPreview  = 50
	runWaitsFor  = 5 * time.Minute
	mostOfReason = 500
)

// PreviewCause says which Deliveries a Cause stops now, and how much money they are about.
func (a *App) PreviewCause(ctx context.Context, c CauseChoice) (CausePreview, error) {
	var out CausePreview
	var first []connector.Delivery
	err := a.DB.EachDelivery(ctx, store.DeliveryFilter{State: c.State, Flow: c.Flow, Code: c.Code}, func(d connector.Delivery) error {
		cause := causeOf(d)
		if cause.ID != c.Cause || c.UpTo > 0 && d.ID > c.UpTo {
			return nil
		}
		if len(out.IDs) == mostAtOnce {
			out.More = true
			return errEnough
		}
		out.Message, out.Last = cause.Message, max(out.Last, d.ID)
		out.IDs = append(out.IDs, d.ID)
		if len(out.IDs) <= mostPreview {
			first = append(first, d)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return out, err
	}
	if len(out.IDs) == 0 {
		return out, connector.Errorf(connector.NotFound, "", "Nothing is stopped by this cause any more.").Advise("Look at what is held now.")
	}
	listed, err := a.listed(ctx, first)
	if err != nil {
		return out, err
	}
	if len(listed) == 1 {
		out.Message = causeText(listed[0].Delivery)
	}
	var all []money.Amount
	for _, l := range listed {
		if l.Money != nil {
			all = append(all, *l.Money)
		}
	}
	if out.Counted = len(out.IDs) <= mostPreview; out.Counted {
		out.Money = money.Sum(all)
	}
	out.Rows = listed[:min(rowsPreview, len(listed))]
	return out, nil
}

// SkipAll settles several Deliveries without delivering them, and says how many; those that can't be skipped any more are passed over.
func (a *App) SkipAll(ctx context.Context, ids []int64, reason string, by people.Actor) (int, error) {
	if err := by.May(people.SkipDelivery); err != nil {
		return 0, err
	}
	if len(reason) > mostOfReason {
		return 0, connector.Errorf(connector.Invalid, "skip", "the reason is longer than %d bytes", mostOfReason)
	}
	done, err := a.letGo(ctx, ids, true, func(tx *store.Tx, ids []int64) error {
		for _, id := range ids {
			if err := tx.Skip(id, reason, by.Name); err != nil {
				return err
			}
		}
		return nil
	})
	return len(done), err
}

// AskRun asks the engine that runs for a Run of a Flow now, and does not wait for it.
func (a *App) AskRun(ctx context.Context, flow string, by people.Actor) error {
	if err := by.May(people.RunFlow); err != nil {
		return err
	}
	o := SyncOptions{Flows: []string{flow}}
	if err := a.enterSync(ctx, o, by.Name); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.RequestRun(store.RunRequest{Flows: o.Flows, Wait: runWaitsFor, Actor: by.Name})
		return err
	})
}
