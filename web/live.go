package web

import (
	"fmt"
	"net/http"
	"time"
)

// liveLasts is how long a stream lasts before the browser asks for the next one.
const liveLasts = 10 * time.Minute

// mostLive is how many streams there may be at once: each is a connection that stays.
const mostLive = 200

// live tells a page each time that something changed, as server-sent events, so that it fetches its live parts again. What changed is
// not told: who may see it is decided where it is shown.
func (p *Pages) live(w http.ResponseWriter, r *http.Request) {
	if p.streams.Add(1) > mostLive {
		p.streams.Add(-1)
		w.Header().Set("Retry-After", "60")
		http.Error(w, "There are too many live pages.", http.StatusServiceUnavailable)
		return
	}
	defer p.streams.Add(-1)
	flush := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	say := func(text string) bool {
		_ = flush.SetWriteDeadline(time.Now().Add(time.Minute))
		_, err := fmt.Fprint(w, text)
		return err == nil && flush.Flush() == nil
	}
	if !say("retry: 5000\n\n") {
		return
	}
	begun, quiet := time.Now(), 0
	_ = p.App.WatchAll(r.Context(), func(changed bool) error {
		if p.stopped.Load() || time.Since(begun) > liveLasts {
			return errEnough
		}
		if quiet++; !changed && quiet%20 != 0 {
			return nil
		}
		text := ": still here\n\n" // so that who went away is noticed
		if changed {
			text = "event: changed\ndata: \n\n"
		}
		if !say(text) {
			return errEnough
		}
		return nil
	})
}

// Stop ends the streams: the server is to end.
func (p *Pages) Stop() { p.stopped.Store(true) }
