package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	connector "ml-connector"
	"ml-connector/app"
)

// mostPing is how long a ping may take.
const mostPing = 5 * time.Minute

// Waited is how long an operation waits for what becomes of what it sets going.
type Waited struct {
	Wait string `query:"wait" default:"10s" doc:"How long to wait until nothing can move further, such as 30s or 5m; 10m at most. What is not done by then goes on by itself."`
}

// duration is how long to wait; the answer may take as long.
func (w Waited) duration(ctx context.Context) (time.Duration, error) {
	d, err := time.ParseDuration(w.Wait)
	if err != nil || d < 0 || d > mostWait {
		return 0, connector.Errorf(connector.Invalid, "read the request", "query.wait: %q is no duration between 0s and 10m", w.Wait).Advise("For example 30s or 5m.")
	}
	return d, patient(ctx, d)
}

// Window is a range of time.
type Window struct {
	Since string `query:"since" doc:"A time (RFC 3339), or a duration back from now such as 36h or 7d."`
	Until string `query:"until" doc:"As since."`
}

func (a *API) span(w Window) (from, to time.Time, err error) {
	now := a.App.Now()
	if from, err = app.ParseTime(w.Since, now); err == nil {
		to, err = app.ParseTime(w.Until, now)
	}
	return from, to, err
}

type writerKey struct{}

// patient lets an answer be longer in coming than the server lets others be.
func patient(ctx context.Context, d time.Duration) error {
	w, ok := ctx.Value(writerKey{}).(http.ResponseWriter)
	if !ok {
		return nil
	}
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + time.Minute))
	if err != nil && !errors.Is(err, errors.ErrUnsupported) { // where there is no limit, none is in the way
		return connector.Errorf(connector.Internal, "answer a request", "it can't be answered late").Because(err)
	}
	return nil
}
