package web

import (
	"net/http"

	"ml-connector/app"
)

// rowsOfCause is how many Deliveries of one cause the page Held lists.
const rowsOfCause = 5

// heldBody is what the page Held shows.
type heldBody struct {
	app.NeedsPage
	Assigned string   // only what this person sees to
	People   []string // who could
}

// held answers: what mends the most?
func (p *Pages) held(r *http.Request) (view, error) {
	b := heldBody{Assigned: r.URL.Query().Get("assigned")}
	person := app.Meant(b.Assigned, actorOf(r))
	needs, err := p.App.Needs(r.Context(), rowsOfCause, person)
	if err != nil {
		return view{}, err
	}
	if b.People, err = p.App.Assignable(r.Context(), app.Meant(app.Me, actorOf(r))); err != nil {
		return view{}, err
	}
	b.NeedsPage = needs
	v := view{Template: "held", Active: "held", Question: "What mends the most?", Title: "Nothing needs a person.", Body: b}
	if person != "" {
		v.Title = "Nothing waits for " + person + "."
	}
	if needs.Total > 0 {
		v.Title = plural(needs.Total, "delivery needs", "deliveries need") + " a person, for " + plural(len(needs.Causes), "cause", "causes") + "."
	}
	return v, nil
}

// one says whether a cause stops a single Delivery.
func one(c app.Cause) bool { return c.Count == 1 }

// askedValues are the values of Crosswalks that a cause waits for, each with what the form beside it needs.
func askedValues(c app.Cause) []task {
	var out []task
	for _, v := range c.Values {
		out = append(out, task{CrosswalkTask: v, Left: v.System < c.Target, Other: c.Target})
	}
	return out
}
