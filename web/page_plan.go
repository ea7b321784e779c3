package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
)

// rowsOfPlan is how many rows of a plan its page lists.
const rowsOfPlan = 200

// planWaits is how long a page waits for a plan that is carried out; it goes on by itself.
const planWaits = 20 * time.Second

// plansBody is what the list of plans shows.
type plansBody struct {
	Plans []app.SavedPlan
	Flows []app.FlowToday
}

// plans answers: what would be done, and who has agreed?
func (p *Pages) plans(r *http.Request) (view, error) {
	var b plansBody
	var err error
	if b.Plans, err = p.App.SavedPlans(r.Context()); err != nil {
		return view{}, err
	}
	if b.Flows, err = p.App.FlowNames(r.Context()); err != nil {
		return view{}, err
	}
	return view{Template: "plans", Active: "runs", Question: "What would be done, and who has agreed?", Title: "Dry runs", Body: b, Crumbs: []crumb{{"Runs", "/runs"}}}, nil
}

// planBody is what the page of a plan shows.
type planBody struct {
	app.PlanPage
	Operation string // that is listed, "" all that would do or hold something
	Mine      bool   // who asks saved it, and so may not approve it
	Parts     []planPart
}

// planPart is how many rows of a plan have one operation.
type planPart struct {
	Operation, Says, URL string
	Count                int
}

// planOperations are those of a plan's rows, and what they say.
var planOperations = []struct{ operation, says string }{{"create", "to be created"}, {"update", "to be changed"}, {"hold", "to be held"}, {"block", "to be blocked"}, {"none", "left as they are"}}

// plan answers: what exactly would be written?
func (p *Pages) plan(r *http.Request) (view, error) {
	name, operation := r.PathValue("name"), r.URL.Query().Get("operation")
	shown, err := p.App.PlanShown(r.Context(), name, operation, rowsOfPlan)
	if err != nil {
		return view{}, err
	}
	b := planBody{PlanPage: shown, Operation: operation, Mine: people.Same(actorOf(r).Name, shown.MadeBy)}
	for _, o := range planOperations {
		if n := shown.Counts[o.operation]; n > 0 {
			b.Parts = append(b.Parts, planPart{Operation: o.operation, Says: o.says, Count: n, URL: planURL(name) + "?operation=" + o.operation})
		}
	}
	return view{Template: "plan", Active: "runs", Question: "What exactly would be written?", Title: shown.Name, Body: b, Crumbs: []crumb{{"Runs", "/runs"}, {"Dry runs", "/plans"}}}, nil
}

func planURL(name string) string { return "/plans/" + url.PathEscape(name) }

// savePlan makes a dry run and keeps it.
func (p *Pages) savePlan(r *http.Request) (said, to string, err error) {
	name := strings.TrimSpace(r.PostForm.Get("name"))
	if name == "" {
		return "", "", connector.Errorf(connector.Invalid, "", "It has no name.").Advise("Give it one, such as the day and what it is for.")
	}
	o := app.SyncOptions{Flows: slices.DeleteFunc(r.PostForm["flow"], func(f string) bool { return f == "" })}
	if o.Since, err = app.ParseTime(strings.TrimSpace(r.PostForm.Get("since")), p.Now()); err != nil {
		return "", "", err
	}
	if _, err := p.App.SaveDryRun(r.Context(), name, o, actorOf(r)); err != nil {
		return "", "", err
	}
	return "It is saved. A second person approves it.", planURL(name), nil
}

func (p *Pages) approvePlan(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	_, err = p.App.ApprovePlan(r.Context(), name, actorOf(r))
	return "It is approved, and can be carried out.", planURL(name), err
}

func (p *Pages) runPlan(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	done, err := p.App.Sync(r.Context(), app.SyncOptions{Plan: name, Wait: planWaits}, actorOf(r))
	if err != nil {
		return "", "", err
	}
	if done.TimedOut {
		return "It is being carried out, and goes on by itself.", planURL(name), nil
	}
	return "It is carried out.", planURL(name), nil
}

func (p *Pages) endPlan(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	return "It is ended where it stood.", planURL(name), p.App.EndPlan(r.Context(), name, actorOf(r))
}
