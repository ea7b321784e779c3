package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
)

// rowsOfRuns is how many Runs a page lists.
const rowsOfRuns = 25

// flowBody is what the page of a Flow shows.
type flowBody struct {
	Flow  connector.Flow
	Today app.FlowToday
	Since time.Time
	Words string // its schedule, for people
	Next  []time.Time
	Rules app.FlowRules
	Fault *connector.Error // why the rules can't be shown
	Try   string           // the record that they are tried against, as it was asked for
	Runs  runsBody
}

// runsBody is a list of Runs.
type runsBody struct {
	Runs  []connector.Run
	Older string // address of the next page, "" at the end
	Plain bool   // of one Flow: its name needs no column
}

// flow answers: what does it do, and when?
func (p *Pages) flow(r *http.Request) (view, error) {
	name := r.PathValue("name")
	f, err := p.App.FlowShown(r.Context(), name)
	if err != nil {
		return view{}, err
	}
	b := flowBody{Flow: f, Since: p.Now().Add(-24 * time.Hour).Truncate(time.Minute)}
	all, err := p.App.FlowsSince(r.Context(), b.Since)
	if err != nil {
		return view{}, err
	}
	for _, t := range all {
		if t.Name == name {
			b.Today = t
		}
	}
	if f.Enabled && f.Paused.Code == "" {
		after := p.Now()
		if f.NextRunAt.After(after) {
			b.Next, after = append(b.Next, f.NextRunAt), f.NextRunAt
		}
		more, err := app.NextTimes(f.Schedule, after, 5-len(b.Next))
		if err != nil {
			return view{}, err
		}
		b.Next = append(b.Next, more...)
	}
	if b.Runs, err = p.runList(r, name); err != nil {
		return view{}, err
	}
	b.Words, b.Try = app.ScheduleWords(f.Schedule), strings.TrimSpace(r.URL.Query().Get("try"))
	if b.Rules, err = p.App.FlowRules(r.Context(), name, b.Try); err != nil {
		b.Fault = connector.AsError(err) // the page shows all the rest
	}
	return view{Template: "flow", Active: "flows", Question: "What does it do, and when?", Title: f.Name, Body: b,
		Crumbs: []crumb{{"Overview", "/"}, {"Flows", "/#flows"}}}, nil
}

// runs answers: what ran?
func (p *Pages) runs(r *http.Request) (view, error) {
	b, err := p.runList(r, "")
	return view{Template: "runs", Active: "runs", Question: "What ran, and did it work?", Title: "Runs", Body: b}, err
}

func (p *Pages) runList(r *http.Request, flow string) (runsBody, error) {
	before, err := number(r, "before")
	if err != nil {
		return runsBody{}, err
	}
	runs, next, err := p.App.RunList(r.Context(), flow, before, rowsOfRuns)
	b := runsBody{Runs: runs, Plain: flow != ""}
	if next != 0 {
		b.Older = r.URL.Path + "?before=" + strconv.FormatInt(next, 10)
	}
	return b, err
}

// number reads a whole number of the query; 0 when it is not given.
func number(r *http.Request, name string) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, connector.Errorf(connector.Invalid, "", "%s=%s is not a number.", name, text).Advise("Correct the address, or begin at the Overview.")
	}
	return n, nil
}

// pathNumber reads the ID in an address.
func pathNumber(r *http.Request, what string) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || n <= 0 {
		return 0, connector.Errorf(connector.NotFound, "", "There is no %s %s.", what, r.PathValue("id")).Advise("Numbers of %s are whole; search for it.", what)
	}
	return n, nil
}
