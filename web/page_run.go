package web

import (
	"net/http"

	connector "ml-connector"
	"ml-connector/app"
)

// runBody is what the page of a Run shows.
type runBody struct {
	Run   connector.Run
	Parts app.Parts
}

// run answers: where is what it read?
func (p *Pages) run(r *http.Request) (view, error) {
	id, err := pathNumber(r, "Run")
	if err != nil {
		return view{}, err
	}
	run, err := p.App.RunShown(r.Context(), id)
	if err != nil {
		return view{}, err
	}
	return view{Template: "run", Active: "runs", Question: "Where is what it read?", Title: "Run " + count(id) + " of " + run.Flow,
		Crumbs: []crumb{{"Runs", "/runs"}, {run.Flow, "/flows/" + run.Flow}}, Body: runBody{run, app.PartsOf(run.Counts)}}, nil
}

// runExchanges lists what a Run said and heard while it read.
func (p *Pages) runExchanges(r *http.Request) (view, error) {
	id, err := pathNumber(r, "Run")
	if err != nil {
		return view{}, err
	}
	if _, err := p.App.RunShown(r.Context(), id); err != nil {
		return view{}, err
	}
	list, err := p.App.RunExchanges(r.Context(), id)
	if err != nil {
		return view{}, err
	}
	b := exchangesBody{Total: len(list), List: list[:min(len(list), mostExchanges)]}
	return view{Template: "exchanges", Active: "runs", Question: "What was said while it read?", Title: plural(len(list), "exchange", "exchanges") + " of Run " + count(id),
		Crumbs: []crumb{{"Runs", "/runs"}, {"Run " + count(id), "/runs/" + r.PathValue("id")}}, Body: b}, nil
}

// mostExchanges is how many Exchanges a page lists.
const mostExchanges = 200

// exchangesBody is a list of Exchanges.
type exchangesBody struct {
	List  []connector.Exchange
	Total int
}
