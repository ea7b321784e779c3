package web

import (
	"net/http"
	"net/url"
	"slices"

	"ml-connector/app"
)

// setupStep is one step from an empty database to the first record that is brought across.
type setupStep struct {
	Text, Says, URL string
	Done, Here      bool
}

// setup tells the steps while no Flow runs; afterwards there are none.
func (p *Pages) setup(r *http.Request, b overviewBody) ([]setupStep, error) {
	if slices.ContainsFunc(b.Flows, func(f app.FlowToday) bool { return f.Enabled || f.Last != nil }) {
		return nil, nil
	}
	var steps []setupStep
	first := ""
	for _, s := range p.App.KnownSystems() {
		at := slices.IndexFunc(b.Connections, func(c app.ConnectionNow) bool { return c.System == s.Name })
		step := setupStep{Text: "Connect " + s.Title, Says: "its address, a user, and the check that both are right", URL: "/connect/" + url.PathEscape(s.Name), Done: at >= 0}
		if at >= 0 {
			c := b.Connections[at]
			first = c.Name
			step.URL, step.Says = "/connections/"+url.PathEscape(c.Name), "as "+c.Name
			if c.State != "ok" {
				step.Done, step.Says = false, "as "+c.Name+": "+map[string]string{"failed": "a step of its check failed", "unchecked": "not checked yet", "paused": "it stands still"}[c.State]
			}
		}
		steps = append(steps, step)
	}
	plans, err := p.App.SavedPlans(r.Context())
	if err != nil {
		return nil, err
	}
	add := setupStep{Text: "Choose what is kept in step", Says: "suppliers, orders, invoices: each is a flow of its own", Done: len(b.Flows) > 0}
	if first != "" && !add.Done {
		add.URL = "/connections/" + url.PathEscape(first) + "/flows"
	}
	dry := setupStep{Text: "Make a dry run", Says: "it reads both sides, says what it would do, and writes nothing", Done: len(plans) > 0}
	begin := setupStep{Text: "Let the flows run", Says: "each by its schedule, from its own page"}
	if len(b.Flows) > 0 {
		dry.URL, begin.URL = "/plans", "/flows/"+url.PathEscape(b.Flows[0].Name)
	}
	steps = append(steps, add, dry, begin)
	if at := slices.IndexFunc(steps, func(s setupStep) bool { return !s.Done }); at >= 0 {
		steps[at].Here = true
	}
	if !actorOf(r).Can("connection.change") {
		for i := range steps {
			steps[i].URL = ""
		}
	}
	return steps, nil
}
