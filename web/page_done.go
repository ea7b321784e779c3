package web

import (
	"net/http"
	"net/url"
	"slices"

	connector "ml-connector"
	"ml-connector/app"
)

// rowsOfDeed is how many Deliveries the page of a bulk deed lists.
const rowsOfDeed = 100

// deedActions are what people do to many at once, as the ledger calls it, and what is said of it.
var deedActions = map[string]struct{ action, says string }{
	"replay": {"delivery.replayed", "sent again"}, "skip": {"delivery.skipped", "skipped"},
}

// followed does something to many Deliveries, and gives the page that tells what becomes of each: those whose Entries it left in the
// ledger. So the page can be sent to a colleague, and loaded again.
func (p *Pages) followed(r *http.Request, what string, do func() error) (to string, err error) {
	after, err := p.App.LedgerEnd(r.Context())
	if err != nil {
		return "", err
	}
	if err := do(); err != nil {
		return "", err
	}
	until, err := p.App.LedgerEnd(r.Context())
	if err != nil || until == after {
		return "/held", err
	}
	return "/held/done?" + url.Values{"what": {what}, "by": {actorOf(r).Name}, "after": {plainCount(after)}, "until": {plainCount(until)}}.Encode(), nil
}

// doneBody is what the page of a bulk deed shows.
type doneBody struct {
	app.DeedPage
	By, State string
	Legend    []barPart
	All       string // address without a state
}

// done answers: what became of each?
func (p *Pages) done(r *http.Request) (view, error) {
	q := r.URL.Query()
	deed, known := deedActions[q.Get("what")]
	state := connector.State(q.Get("state"))
	if !known || state != "" && !slices.Contains(connector.States(), state) {
		return view{}, connector.Errorf(connector.NotFound, "", "Nothing of this sort is done to many at once.").Advise("Look at what is held now.")
	}
	after, err := number(r, "after")
	if err != nil {
		return view{}, err
	}
	until, err := number(r, "until")
	if err != nil {
		return view{}, err
	}
	b := doneBody{By: q.Get("by"), State: string(state)}
	if b.DeedPage, err = p.App.DeedShown(r.Context(), deed.action, b.By, after, until, state, rowsOfDeed); err != nil {
		return view{}, err
	}
	b.Legend = bar(b.Parts)
	for n := range b.Legend {
		b.Legend[n].URL = with(r.URL, "state", string(b.Legend[n].State))
	}
	b.All = with(r.URL, "state", "")
	return view{Template: "done", Active: "held", Question: "What became of each?", Title: plural(b.Total, "delivery", "deliveries") + " " + deed.says, Body: b, Crumbs: []crumb{{"Held", "/held"}}}, nil
}
