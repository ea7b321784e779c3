package web

import (
	"net/http"
	"strings"
	"time"

	"ml-connector/app"
)

// settingsRoutes are the page of how this installation is set up, and what is done there.
func (p *Pages) settingsRoutes(mux *http.ServeMux) {
	mux.Handle("GET /settings", p.page(p.settings))
	mux.Handle("POST /settings/test", p.act(p.testAlert))
	mux.Handle("GET /settings/support", only(p.supportFile))
}

// settingsBody is what the page Settings shows.
type settingsBody struct {
	app.Settings
	app.AlertsShown
	Lasting []app.Alert
	Lately  []app.Alert
}

// latelyShown is how many alerts are shown that are over.
const latelyShown = 20

// settings answers: who is told when something goes wrong, and how is this set up?
func (p *Pages) settings(r *http.Request) (view, error) {
	by := actorOf(r)
	var b settingsBody
	var err error
	if b.Settings, err = p.App.Settings(r.Context(), by); err != nil {
		return view{}, err
	}
	if b.AlertsShown, err = p.App.Alerts(r.Context(), by); err != nil {
		return view{}, err
	}
	for _, a := range b.Alerts {
		switch {
		case a.OverAt == nil:
			b.Lasting = append(b.Lasting, a)
		case len(b.Lately) < latelyShown:
			b.Lately = append(b.Lately, a)
		}
	}
	title := "Nothing is wrong, and people are told when something is"
	switch {
	case len(b.Lasting) > 0:
		title = plural(len(b.Lasting), "alert lasts", "alerts last")
	case len(b.Channels) == 0:
		title = "Nobody is told when something goes wrong"
	}
	return view{Template: "settings", Question: "Who is told, and how is this set up?", Title: title, Active: "settings", Body: b}, nil
}

// testAlert sends a message by a channel, and says what its server answered.
func (p *Pages) testAlert(r *http.Request) (said, to string, err error) {
	done, err := p.App.TestAlert(r.Context(), strings.TrimSpace(r.PostForm.Get("channel")), actorOf(r))
	var lines []string
	for _, t := range done {
		if t.Error != nil {
			lines = append(lines, t.Channel+": not sent. "+t.Error.Message+" "+t.Error.Hint)
		} else {
			lines = append(lines, t.Channel+": sent. Its server answered: "+t.Answer)
		}
	}
	return strings.Join(lines, " · "), "/settings#channels", err
}

// supportFile gives the bundle for whoever helps.
func (p *Pages) supportFile(w http.ResponseWriter, r *http.Request) {
	by := actorOf(r)
	if _, err := p.App.Settings(r.Context(), by); err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="ml-connector-support.zip"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(deedLasts)) // it may take a while
	if err := p.App.Support(r.Context(), w, p.Version, by); err != nil {
		p.Log.Error("the support bundle broke off", "error", err)
		panic(http.ErrAbortHandler) // what was sent is not whole, and must not look so
	}
}
