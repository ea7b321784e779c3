package web

import (
	"fmt"
	"net/http"

	connector "ml-connector"
)

// healthz says that the process is alive, whatever else is wrong.
func (p *Pages) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "alive")
}

// readyz says whether the database answers and has its tables, and this process can open the secrets in it.
func (p *Pages) readyz(w http.ResponseWriter, r *http.Request) {
	if err := p.App.Ready(r.Context()); err != nil {
		http.Error(w, "not ready: "+connector.AsError(err).Message, http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ready")
}
