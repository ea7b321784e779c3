package server

import (
	"context"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// One names a Delivery.
type One struct {
	ID int64 `path:"id" minimum:"1"`
}

type deliveryList struct {
	Listed
	State  connector.State `query:"state" enum:"waiting,blocked,sending,in_doubt,delivered,unchanged,filtered,held,superseded,skipped"`
	Flow   string          `query:"flow"`
	Code   connector.Code  `query:"code" doc:"Of the error."`
	Search string          `query:"search" doc:"An ID or a number, exactly; where there is none such, a part of ID, number, title or error."`
	Run    int64           `query:"run" minimum:"1"`
	After  int64           `query:"after" minimum:"1" doc:"The ID of the last one seen."`
	Order  string          `query:"order" enum:"oldest,newest" default:"oldest"`

	Assigned string `query:"assigned" doc:"Only what this person sees to; me is who asks."`
}

type assignMany struct {
	Body struct {
		IDs []int64 `json:"ids" minItems:"1" maxItems:"10000"`
		To  string  `json:"to" minLength:"1" maxLength:"80" doc:"A person who can log in, me, or nobody."`
	}
}

type noteOne struct {
	One
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000" doc:"It stays as it is, and is not in the ledger."`
	}
}

// Replay is what may be said of Deliveries that are tried again.
type Replay struct {
	Create bool `json:"create,omitempty" doc:"Create it even where something of the same name exists at the target."`
}

type replayMany struct {
	Waited
	Body struct {
		Replay
		IDs   []int64         `json:"ids,omitempty" doc:"Which ones; or give a state." maxItems:"10000"`
		State connector.State `json:"state,omitempty" enum:"held,blocked,skipped" doc:"All in this state."`
		Flow  string          `json:"flow,omitempty" doc:"With state, only those of this Flow."`
	}
}

type replayOne struct {
	One
	Waited
	Body *Replay
}

type approveMany struct {
	Waited
	Body struct {
		IDs   []int64         `json:"ids,omitempty" doc:"Which ones; or give a state." maxItems:"10000"`
		State connector.State `json:"state,omitempty" enum:"held" doc:"All that wait for a second person, but for those that you may not approve."`
		Flow  string          `json:"flow,omitempty" doc:"With state, only those of this Flow."`
	}
}

type approveOne struct {
	One
	Waited
}

type skipOne struct {
	One
	Body struct {
		Reason string `json:"reason" minLength:"1" doc:"Why; it is kept in the ledger."`
	}
}

type resolveOne struct {
	One
	Body struct {
		Delivered string `json:"delivered,omitempty" doc:"It is at the target, under this ID; or say not_sent."`
		NotSent   bool   `json:"not_sent,omitempty" doc:"It surely is not there: it is sent again."`
		Reason    string `json:"reason" minLength:"1" doc:"How you know; it is kept in the ledger."`
		Unchecked bool   `json:"unchecked,omitempty" doc:"Take the ID as it is, without looking it up at the target."`
	}
}

func idsOrState(ids []int64, state connector.State) error {
	if (len(ids) > 0) == (state != "") {
		return connector.Errorf(connector.Invalid, "read the request", "body: give either ids or state")
	}
	return nil
}

func (a *API) deliveries() {
	list(a, "/deliveries", "list-deliveries", "List deliveries", func(ctx context.Context, in *deliveryList, fn func(app.Delivery) error) error {
		return a.App.EachDelivery(ctx, app.DeliveryFilter{Assigned: app.Meant(in.Assigned, actor(ctx)), State: in.State, Flow: in.Flow, Code: in.Code, Search: in.Search, Run: in.Run, After: in.After,
			Newest: in.Order == "newest", Limit: in.Limit + 1}, fn)
	}, func(d app.Delivery) string { return number(d.ID) })
	get(a, "/deliveries/{id}", "show-delivery", "Show a delivery: what was sent, what was said, what happened", func(ctx context.Context, in *One) (app.DeliveryDetail, error) {
		return a.App.Delivery(ctx, in.ID, actor(ctx))
	})
	post(a, "/deliveries/replay", "replay-deliveries", "Try many deliveries again", func(ctx context.Context, in *replayMany, by people.Actor) (app.Replayed, error) {
		wait, err := in.duration(ctx)
		if err != nil {
			return app.Replayed{}, err
		}
		if err := idsOrState(in.Body.IDs, in.Body.State); err != nil {
			return app.Replayed{}, err
		}
		return a.App.Replay(ctx, app.ReplayOptions{IDs: in.Body.IDs, State: in.Body.State, Flow: in.Body.Flow, Create: in.Body.Create, Wait: wait}, by)
	})
	post(a, "/deliveries/approve", "approve-deliveries", "Let go on many that wait for a second person", func(ctx context.Context, in *approveMany, by people.Actor) (app.Replayed, error) {
		wait, err := in.duration(ctx)
		if err != nil {
			return app.Replayed{}, err
		}
		if err := idsOrState(in.Body.IDs, in.Body.State); err != nil {
			return app.Replayed{}, err
		}
		return a.App.Approve(ctx, app.ReplayOptions{IDs: in.Body.IDs, State: in.Body.State, Flow: in.Body.Flow, Wait: wait}, by)
	})
	post(a, "/deliveries/{id}/replay", "replay-delivery", "Try a held, blocked or skipped delivery again", func(ctx context.Context, in *replayOne, by people.Actor) (app.Replayed, error) {
		wait, err := in.duration(ctx)
		if err != nil {
			return app.Replayed{}, err
		}
		return a.App.Replay(ctx, app.ReplayOptions{IDs: []int64{in.ID}, Create: in.Body != nil && in.Body.Create, Wait: wait}, by)
	})
	post(a, "/deliveries/{id}/approve", "approve-delivery", "Let go on what waits for a second person", func(ctx context.Context, in *approveOne, by people.Actor) (app.Replayed, error) {
		wait, err := in.duration(ctx)
		if err != nil {
			return app.Replayed{}, err
		}
		return a.App.Approve(ctx, app.ReplayOptions{IDs: []int64{in.ID}, Wait: wait}, by)
	})
	post(a, "/deliveries/{id}/skip", "skip-delivery", "Settle a delivery without delivering it", func(ctx context.Context, in *skipOne, by people.Actor) (app.DeliveryDetail, error) {
		if err := a.App.Skip(ctx, in.ID, in.Body.Reason, by); err != nil {
			return app.DeliveryDetail{}, err
		}
		return a.App.Delivery(ctx, in.ID, by)
	})
	post(a, "/deliveries/assign", "assign-deliveries", "Say who sees to deliveries", func(ctx context.Context, in *assignMany, by people.Actor) (done, error) {
		return done{true}, a.App.AssignDeliveries(ctx, in.Body.IDs, in.Body.To, by)
	})
	post(a, "/deliveries/{id}/note", "note-delivery", "Note something of a delivery", func(ctx context.Context, in *noteOne, by people.Actor) (app.DeliveryDetail, error) {
		if err := a.App.NoteDelivery(ctx, in.ID, in.Body.Text, by); err != nil {
			return app.DeliveryDetail{}, err
		}
		return a.App.Delivery(ctx, in.ID, by)
	})
	post(a, "/deliveries/{id}/resolve", "resolve-delivery", "End a doubt", func(ctx context.Context, in *resolveOne, by people.Actor) (app.DeliveryDetail, error) {
		if (in.Body.Delivered == "") != in.Body.NotSent {
			return app.DeliveryDetail{}, connector.Errorf(connector.Invalid, "read the request", "body: give either delivered or not_sent")
		}
		if err := a.App.Resolve(ctx, in.ID, in.Body.Delivered, in.Body.Reason, in.Body.Unchecked, by); err != nil {
			return app.DeliveryDetail{}, err
		}
		return a.App.Delivery(ctx, in.ID, by)
	})
}
