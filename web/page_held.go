package web

import (
	"net/http"

	"ml-connector/app"
)

// rowsOfCause is how many Deliveries of one cause the page Held lists.
const rowsOfCause = 5

// held answers: what mends the most?
func (p *Pages) held(r *http.Request) (view, error) {
	needs, err := p.App.Needs(r.Context(), rowsOfCause)
	if err != nil {
		return view{}, err
	}
	v := view{Template: "held", Active: "held", Question: "What mends the most?", Title: "Nothing needs a person.", Body: needs}
	if needs.Total > 0 {
		v.Title = plural(needs.Total, "delivery needs", "deliveries need") + " a person, for " + plural(len(needs.Causes), "cause", "causes") + "."
	}
	return v, nil
}

// one says whether a cause stops a single Delivery.
func one(c app.Cause) bool { return c.Count == 1 }
