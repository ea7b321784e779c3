package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/money"
	"ml-connector/people"
)

// differencesShown is how many differences of a Flow its part of the page lists.
const differencesShown = 100

// reconciliationBody is what the page of reconciliations shows.
type reconciliationBody struct {
	Flows []reconciledFlow
	Names []app.FlowToday
}

// reconciledFlow is what the last reconciliation of a Flow found.
type reconciledFlow struct {
	app.ReconciledFlow
	Sums  []bothSides
	Shown []app.Difference
	Apart int // differences in all
}

// bothSides is the money of one currency on both sides.
type bothSides struct {
	Source, Target   *money.Amount // nil: that side has none
	InSource, Inside int           // records
	Differs          bool
}

// reconciliations answers: do both sides agree, to the cent?
func (p *Pages) reconciliations(r *http.Request) (view, error) {
	var b reconciliationBody
	var err error
	if b.Names, err = p.App.FlowNames(r.Context()); err != nil {
		return view{}, err
	}
	last, err := p.App.LastReconciled(r.Context(), nil)
	if err != nil && connector.CodeOf(err) != connector.NotFound && connector.CodeOf(err) != connector.Invalid {
		return view{}, err
	}
	apart := 0
	for _, f := range last.Flows {
		line := reconciledFlow{ReconciledFlow: f, Sums: sumsOf(f.Source, f.Target), Shown: f.Differences[:min(len(f.Differences), differencesShown)], Apart: f.Missing + f.Extra + f.Different}
		apart += line.Apart
		b.Flows = append(b.Flows, line)
	}
	title := "Both sides agree"
	switch {
	case len(b.Flows) == 0:
		title = "Nobody has looked yet"
	case apart > 0:
		title = plural(apart, "difference", "differences")
	}
	return view{Template: "reconciliations", Active: "runs", Question: "Do both sides agree, to the cent?", Title: title, Body: b, Crumbs: []crumb{{"Runs", "/runs"}}}, nil
}

// sumsOf puts the sums of both sides beside each other, by currency. Records without money have none.
func sumsOf(source, target []app.SideSum) []bothSides {
	by := map[string]*bothSides{}
	var order []string
	line := func(s app.SideSum) *bothSides {
		if by[s.Currency] == nil {
			by[s.Currency] = &bothSides{}
			order = append(order, s.Currency)
		}
		return by[s.Currency]
	}
	amount := func(s app.SideSum) *money.Amount {
		if s.Currency == "" {
			return nil
		}
		return &money.Amount{Amount: s.Total, Currency: s.Currency}
	}
	for _, s := range source {
		b := line(s)
		b.Source, b.InSource = amount(s), s.Records
	}
	for _, s := range target {
		b := line(s)
		b.Target, b.Inside = amount(s), s.Records
	}
	slices.Sort(order)
	var out []bothSides
	for _, currency := range order {
		b := by[currency]
		b.Differs = b.InSource != b.Inside || (b.Source == nil) != (b.Target == nil) || b.Source != nil && b.Source.Amount != b.Target.Amount
		out = append(out, *b)
	}
	return out
}

// reconcile reads both sides now.
func (p *Pages) reconcile(r *http.Request) (said, to string, err error) {
	o := app.SyncOptions{Flows: slices.DeleteFunc(r.PostForm["flow"], func(f string) bool { return f == "" })}
	if err := actorOf(r).May(people.Reconcile); err != nil { // before anything is said of what was asked
		return "", "", err
	}
	if o.Since, err = app.ParseTime(strings.TrimSpace(r.PostForm.Get("since")), p.Now()); err != nil {
		return "", "", err
	}
	began := p.Now()
	found, err := p.App.Reconcile(r.Context(), o, actorOf(r))
	if err != nil {
		return "", "", err
	}
	return plural(len(found.Flows), "flow was", "flows were") + " read on both sides, in " + p.Now().Sub(began).Round(time.Second).String() + ".", "/reconciliations", nil
}
