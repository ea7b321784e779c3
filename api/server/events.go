package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"ml-connector/app"
)

// events registers the stream of a Run's counts.
func (a *API) events() {
	tell(a, http.MethodGet, "/runs/{id}/events", "watch-run", "Give a run as it stands and again each time that it changes, until nothing of it waits (text/event-stream, events named run)",
		func(ctx context.Context, in *One) (huma.StreamResponse, error) {
			if _, err := a.App.RunShown(ctx, in.ID); err != nil {
				return huma.StreamResponse{}, err
			}
			return huma.StreamResponse{Body: func(c huma.Context) {
				c.SetHeader("Content-Type", "text/event-stream")
				_, w := humago.Unwrap(c)
				flush := http.NewResponseController(w)
				watched, stop := context.WithTimeout(ctx, mostWait)
				defer stop()
				go func() {
					select {
					case <-a.stopped:
						stop()
					case <-watched.Done():
					}
				}()
				_ = a.App.WatchRun(watched, in.ID, func(r app.Run) error { // who goes away ends it; who stays too long asks again
					if err := patient(ctx, mostWait); err != nil {
						return err
					}
					text, err := json.Marshal(r)
					if err != nil {
						return err
					}
					if _, err := fmt.Fprintf(w, "event: run\nid: %d\ndata: %s\n\n", r.ID, text); err != nil {
						return err
					}
					return flush.Flush()
				})
			}}, nil
		})
}
