package web

import (
	"fmt"
	"net/http"
	"time"

	"ml-connector/engine"
)

// How long a stream lasts before the browser asks for the next one, and how often it looks whether something changed. It looks at one
// number: the end of the ledger, and the newest of what is read.
const (
	liveLasts = 10 * time.Minute
	liveEvery = time.Second
)

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
	last, err := p.App.Pulse(r.Context())
	for begun, quiet := time.Now(), 0; err == nil && time.Since(begun) < liveLasts; {
		if engine.Sleep(r.Context(), liveEvery) != nil || p.stopped.Load() {
			return
		}
		var now string
		if now, err = p.App.Pulse(r.Context()); err != nil {
			return
		}
		text := ""
		if quiet++; quiet%20 == 0 {
			text = ": still here\n\n" // so that who went away is noticed
		}
		if now != last {
			text, last = "event: changed\ndata: \n\n", now
		}
		if text != "" && !say(text) {
			return
		}
	}
}

// Stop ends the streams: the server is to end.
func (p *Pages) Stop() { p.stopped.Store(true) }
