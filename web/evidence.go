package web

import (
	"net/http"
	"time"

	connector "ml-connector"
	"ml-connector/people"
)

// evidence gives all that is known of a Record away as one zip.
func (p *Pages) evidence(w http.ResponseWriter, r *http.Request) {
	by := actorOf(r)
	rec := connector.Record{Connection: r.PathValue("connection"), Kind: connector.Kind(r.PathValue("kind")), ID: r.PathValue("id")}
	err := by.May(people.ExportLedger)
	if err == nil {
		_, err = p.App.FindRecord(r.Context(), rec.String())
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="evidence-`+safeName(rec.Connection)+`-`+safeName(string(rec.Kind))+`-`+safeName(rec.ID)+`.zip"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // it may be long
	if r.Method == http.MethodHead {
		return
	}
	if err := p.App.Evidence(r.Context(), rec.String(), w, by); err != nil {
		p.Log.Error("evidence broke off", "error", err)
		panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
	}
}
