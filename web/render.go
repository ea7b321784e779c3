package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"

	connector "ml-connector"
	"ml-connector/gate"
	"ml-connector/people"
)

//go:embed templates/*.html
var templateFiles embed.FS

var pageTemplates = template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/*.html"))

// view is what every page has.
type view struct {
	Template string
	Status   int    // 0 = 200
	Question string // that the page answers
	Title    string // the answer, or what it is about
	Crumbs   []crumb
	Active   string // entry of the menu
	Query    string // in the search box
	Needs    int
	Version  string
	Who      gate.Asker
	Said     string // what was done just before
	Body     any
	clock
}

// Can says whether who asks may do something.
func (v view) Can(permission string) bool { return v.Who.Actor.Can(people.Permission(permission)) }

// crumb is a step of the way to a page.
type crumb struct{ Text, URL string }

// pageFunc gathers what one page shows.
type pageFunc func(r *http.Request) (view, error)

// redirect is an error that sends the browser elsewhere.
type redirect string

func (r redirect) Error() string { return "see " + string(r) }

// page makes a handler of a page: what every page has, rendering, and errors that a person can read.
func (p *Pages) page(gather pageFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var v view
		who, err := known(r)
		if err == nil {
			v, err = gather(r)
		}
		if to, ok := err.(redirect); ok {
			http.Redirect(w, r, string(to), http.StatusSeeOther)
			return
		}
		if err != nil {
			v = p.failed(r, err)
		}
		v.Who, v.Said = who, gate.Said(w, r)
		p.show(w, r, v)
	})
}

// show renders a page. Of the database only those are told who are known.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, v view) {
	v.Version, v.Now, v.Query, v.zones = p.Version, p.Now(), r.URL.Query().Get("q"), map[string]*time.Location{}
	if v.Can(string(people.Read)) {
		if needs, err := p.App.NeedsCount(r.Context()); err == nil { // the page itself says that the database is gone
			v.Needs = needs
		}
		if zones, err := p.App.Zones(r.Context()); err == nil {
			v.zones = zones
		}
	}
	var out bytes.Buffer
	if err := pageTemplates.ExecuteTemplate(&out, "layout", v); err != nil {
		p.Log.Error("a page can't be rendered", "page", v.Template, "error", err)
		http.Error(w, "This page could not be made. The log has the reason.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.Status != 0 {
		w.WriteHeader(v.Status)
	}
	_, _ = turned.WriteString(w, out.String()) // the browser went away
}

// failed is the page that says what went wrong.
func (p *Pages) failed(r *http.Request, err error) view {
	e := connector.AsError(err)
	if e.Code == connector.Internal || e.Code == connector.Unavailable {
		p.Log.Error("a page failed", "path", loggedPath(r), "error", err)
	}
	v := view{Template: "failed", Status: statusOf(e), Question: "What went wrong, and how to go on?", Title: "This page can't be shown", Body: e}
	if e.Code == connector.NotFound {
		v.Title = "There is no such thing here"
	}
	return v
}

func (p *Pages) nowhere(r *http.Request) (view, error) {
	return view{}, connector.Errorf(connector.NotFound, "", "There is no page at %s.", r.URL.Path).Advise("Start at the Overview, or search for a number.")
}
