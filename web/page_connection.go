package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
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

	Path   string
	Hidden []secretField
	SetBy  map[string]string // who set a secret last
	fields []connector.Setting
}

// namedField is a field of the form that a step names.
type namedField struct{ ID, Label string }

var word = regexp.MustCompile(`[a-z_]+`)

// Named are the settings and secrets that a step which failed names: where it is mended.
func (b connectionBody) Named(s app.Step) []namedField {
	words := word.FindAllString(s.Message+" "+s.Hint, -1)
	var out []namedField
	for _, f := range b.fields {
		if slices.Contains(words, f.Name) && len(out) < 3 {
			out = append(out, namedField{"s-" + f.Name, f.Label})
		}
	}
	for _, f := range b.Hidden {
		if slices.Contains(words, f.Name) && len(out) < 3 {
			out = append(out, namedField{f.ID, f.Label})
		}
	}
	return out
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
	form, err := p.App.ConnectionForm(r.Context(), name)
	if err != nil {
		return view{}, err
	}
	b.Path, b.fields = "/connections/"+url.PathEscape(name), form.Settings
	for _, s := range form.Secrets {
		s.Where = ""
		b.Hidden = append(b.Hidden, secretField{SecretField: s, ID: "x-" + s.Name})
	}
	if b.SetBy, err = p.App.SecretsBy(r.Context(), name); err != nil {
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
