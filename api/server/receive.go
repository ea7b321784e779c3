// Package server answers other programs: those that ask and act through the API below /api/v1, and the Systems that push documents to
// us, at /receive/CONNECTION.
//
// It is a thin skin over app: it reads a request strictly, bounds what a stranger may send, and hands on. It must never tell a stranger
// anything (which Connections there are, why something was refused), keep what it was sent, or decide what that means: app and the System
// do, and who may do what says people.
//
// It is proved by tables of what strangers and programs send, by asking for every operation of the document as somebody who may not, and
// by the whole program between simulators, whose answers are held against the document.
package server

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	connector "ml-connector"
	"ml-connector/app"
)

// Limits of what is taken from outside.
const (
	MaxPush   = 8 << 20  // bytes of a push
	atOnce    = 4        // long pushes that are read at the same time
	atDoor    = 64       // pushes whose first part is read, and as many whose first part is judged, at the same time
	firstPart = 64 << 10 // bytes of a push by which its sender must be known
	textXML   = "text/xml; charset=UTF-8"
	busySecs  = "5"
)

// Receiver takes what Systems push, at POST /receive/CONNECTION. Whatever is wrong with a push, HTTP says 200 and its body why: so
// these Systems want it.
type Receiver struct {
	app   *app.App
	log   *slog.Logger
	mux   *http.ServeMux
	door  door          // what anybody may fill: few bytes each
	tests chan struct{} // first parts that are judged
	slots chan struct{} // what only a System that proved who it is may fill
}

// NewReceiver makes one.
func NewReceiver(a *app.App) *Receiver {
	r := &Receiver{app: a, log: a.Log, mux: http.NewServeMux(), tests: make(chan struct{}, atDoor), slots: make(chan struct{}, atOnce)}
	r.mux.HandleFunc("POST /receive/{connection}", r.receive)
	return r
}

// ServeHTTP answers one push.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	r.mux.ServeHTTP(w, req)
}

func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("connection")
	if !r.app.Receives(req.Context(), name) {
		http.NotFound(w, req)
		return
	}
	body := http.MaxBytesReader(w, req.Body, MaxPush)
	leave := r.door.come(http.NewResponseController(w))
	push, err := io.ReadAll(io.LimitReader(body, firstPart))
	leave()
	if !enter(w, r.tests) {
		return
	}
	defer func() { <-r.tests }()
	if err == nil && len(push) == firstPart {
		answer, stranger, failed := r.app.Stranger(req.Context(), name, push)
		if failed != nil || stranger {
			r.say(w, name, answer, true, failed)
			return
		}
		if !enter(w, r.slots) {
			return
		}
		defer func() { <-r.slots }()
		var rest []byte
		rest, err = io.ReadAll(body)
		push = append(push, rest...)
	}
	large := (*http.MaxBytesError)(nil)
	if err != nil && !errors.As(err, &large) {
		http.Error(w, "not read to its end", http.StatusBadRequest)
		return
	}
	answer, ok, err := r.app.Receive(req.Context(), name, push, large == nil)
	r.say(w, name, answer, ok, err)
}

// enter takes a place, or sends the sender away for a while.
func enter(w http.ResponseWriter, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", busySecs)
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return false
	}
}

func (r *Receiver) say(w http.ResponseWriter, name string, answer []byte, ok bool, err error) {
	switch {
	case err != nil:
		r.log.Error("a push could not be taken", "connection", name, "code", connector.CodeOf(err), "error", err)
		http.Error(w, "not now", http.StatusServiceUnavailable)
	case !ok:
		http.Error(w, "404 page not found", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", textXML)
		if _, err := w.Write(answer); err != nil {
			r.log.Info("who pushed did not wait for the answer", "connection", name)
		}
	}
}
