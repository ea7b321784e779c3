package web

import (
	"net/http"
	"strconv"

	connector "ml-connector"
	"ml-connector/app"
)

// connectionBody is what the page of a Connection shows.
type connectionBody struct {
	app.ConnectionDetail
	System   string // for people
	Settings []connector.Change
	Fit      []app.Fit
	Failed   int

	Receiving *app.Receiving // nil = it takes no pushes
}

// connection answers: can we talk, as whom, and what is missing?
func (p *Pages) connection(r *http.Request) (view, error) {
	name := r.PathValue("name")
	detail, err := p.App.Connection(r.Context(), name)
	if err != nil {
		return view{}, err
	}
	b := connectionBody{ConnectionDetail: detail, System: detail.Connection.System, Settings: app.SettingRows(detail.Settings)}
	if b.Fit, err = p.App.ConnectionFit(r.Context(), name); err != nil {
		return view{}, err
	}
	if b.Receiving, err = p.App.Receiving(r.Context(), name); err != nil {
		return view{}, err
	}
	all, err := p.App.ConnectionsNow(r.Context())
	if err != nil {
		return view{}, err
	}
	for _, c := range all {
		if c.Name == name {
			b.System = c.Title
		}
	}
	for _, s := range detail.Steps {
		if s.State == connector.StepFailed {
			b.Failed++
		}
	}
	return view{Template: "connection", Active: "connections", Question: "Can we talk, as whom, and what is missing?", Title: name, Body: b,
		Crumbs: []crumb{{"Overview", "/"}, {"Connections", "/#connections"}}}, nil
}

func plainCount(n int64) string { return strconv.FormatInt(n, 10) }
