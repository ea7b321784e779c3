package web

import (
	"net/http"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
)

// overviewBody is what the page Overview shows.
type overviewBody struct {
	Needs       app.NeedsPage
	More        int // causes that are only on the page Held
	Flows       []app.FlowToday
	Connections []app.ConnectionNow
	Since       time.Time
	Setup       []setupStep // while nothing runs yet
}

// mostCauses is how many causes the Overview shows.
const mostCauses = 8

// overview answers: is everything across?
func (p *Pages) overview(r *http.Request) (view, error) {
	now := p.Now()
	b := overviewBody{Since: now.Add(-24 * time.Hour).Truncate(time.Minute)}
	var err error
	if b.Needs, err = p.App.Needs(r.Context(), 0, ""); err != nil {
		return view{}, err
	}
	if b.Flows, err = p.App.FlowsSince(r.Context(), b.Since); err != nil {
		return view{}, err
	}
	if b.Connections, err = p.App.ConnectionsNow(r.Context()); err != nil {
		return view{}, err
	}
	if b.Setup, err = p.setup(r, b); err != nil {
		return view{}, err
	}
	v := view{Template: "overview", Active: "overview", Question: "Is everything across?", Title: b.answer()}
	if len(b.Needs.Causes) > mostCauses {
		b.More = len(b.Needs.Causes) - mostCauses
		b.Needs.Causes = b.Needs.Causes[:mostCauses]
	}
	v.Body = b
	return v, nil
}

// answer is the one sentence that an administrator came for.
func (b overviewBody) answer() string {
	open, still := 0, ""
	for _, f := range b.Flows {
		open += f.Today.Count(connector.Waiting) + f.Today.Count(connector.Blocked)
		if f.Paused.Code != "" && still == "" {
			still = "flow " + f.Name + " stands still"
		}
	}
	for _, c := range b.Connections {
		switch c.State {
		case "paused":
			still = "connection " + c.Name + " stands still"
		case "failed":
			still = "connection " + c.Name + " is not well"
		}
	}
	switch {
	case len(b.Flows) == 0:
		return "Nothing is set up yet."
	case len(b.Setup) > 0:
		return "Nothing runs yet."
	case still != "" && b.Needs.Total > 0:
		return "No: " + still + ", and " + records(b.Needs.Total) + " a person" + b.waiting() + "."
	case still != "":
		return "No: " + still + "."
	case b.Needs.Total > 0:
		return "Almost: " + records(b.Needs.Total) + " a person" + b.waiting() + "."
	case open > 0:
		return "On its way: " + plural(open, "delivery is", "deliveries are") + " still to come."
	}
	return "Yes, everything is across."
}

// waiting is the money that stands still, unless that would be a list.
func (b overviewBody) waiting() string {
	var sums []string
	for _, m := range b.Needs.Money {
		sums = append(sums, grouped(m.Amount)+" "+m.Currency)
	}
	switch {
	case b.Needs.Seen < b.Needs.Total, len(sums) == 0, len(sums) > 2:
		return ""
	case len(sums) == 1:
		return "; " + sums[0] + " is waiting"
	}
	return "; " + strings.Join(sums, " and ") + " are waiting"
}

func records(n int) string { return plural(n, "delivery needs", "deliveries need") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// reached is how the last Check reached a Connection: the time of its first step, and what the System said of itself.
func reached(steps []app.Step) string {
	for _, s := range steps {
		if s.State == connector.StepOK && s.TookMS > 0 {
			return count(s.TookMS) + " ms"
		}
	}
	return ""
}

// stepMark gives the outcome of a step the look of the state that it resembles.
func stepMark(s connector.StepState) connector.State {
	switch s {
	case connector.StepOK:
		return connector.Delivered
	case connector.StepWarning:
		return connector.Blocked
	case connector.StepFailed:
		return connector.Held
	}
	return connector.Skipped
}

// connectionMark does the same for a Connection.
func connectionMark(state string) connector.State {
	switch state {
	case "ok":
		return connector.Delivered
	case "paused":
		return connector.Blocked
	case "failed":
		return connector.Held
	}
	return connector.Waiting
}

// hostOf is an address without its scheme.
func hostOf(address string) string {
	_, host, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	return host
}
