package app

import (
	"context"
	"time"

	connector "ml-connector"
)

// Observer hears of every call of a System: which Connection, what it was, the status (0 = no answer), and how long it took.
// It must return at once.
type Observer func(connection, op string, status int, took time.Duration)

// observed tells an Observer of each call that goes through a Caller.
type observed struct {
	connector.Caller
	connection string
	tell       Observer
	now        func() time.Time
}

// Call calls, and tells.
func (o observed) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	started := o.now()
	resp, err := o.Caller.Call(ctx, r)
	status := 0
	if resp != nil {
		status = resp.Status
	}
	o.tell(o.connection, r.Op, status, o.now().Sub(started))
	return resp, err
}

// observe puts the App's Observer, if it has one, between a System and its Caller.
func (a *App) observe(connection string, c connector.Caller) connector.Caller {
	if a.Observe == nil {
		return c
	}
	return observed{Caller: c, connection: connection, tell: a.Observe, now: a.Now}
}
