// Package web is what a person sees of ml-connector in a browser: pages that each answer one question, made on the server,
// usable without the one script that they have (live parts, keys), with nothing fetched from elsewhere. Beside them it answers /healthz, /readyz and /metrics.
//
// It is a thin skin over app: a page asks for what it shows by one or two functions there, and a form calls one verb. It must never
// decide anything, change anything when it is only asked for, speak SQL, or show a secret. Whatever it shows came from outside (a supplier's name, a System's answer)
// and is escaped. Everything but the log-in itself is for those who the gate knows and who may read; what somebody may not do is
// not offered, and refused by the verb.
//
// It is proved by asking for every page of a database with ugly content and of an empty one, by computing the contrast of
// its colours, and, with the build tag browser, in a real Chromium at three widths in light and dark.
package web

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"ml-connector/app"
	"ml-connector/gate"
)

// Config is what the pages are made of.
type Config struct {
	App     *app.App
	Gate    *gate.Gate // nil: of this machine alone, with log-in
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// Pages answers HTTP.
type Pages struct {
	Config
	metrics *metrics
	streams atomic.Int64 // of live pages
	stopped atomic.Bool
	handler http.Handler
}

// New makes the pages. The App's Observer should be Pages.Observe, so that metrics know of its calls.
func New(c Config) *Pages {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Gate == nil {
		c.Gate = gate.New(gate.Config{App: c.App})
	}
	p := &Pages{Config: c, metrics: newMetrics(c)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.Handle("GET /metrics", p.scraped(p.metrics.handler()))
	mux.HandleFunc("GET /assets/{name}", serveAsset)
	for path, page := range map[string]pageFunc{
		"/{$}":                                 p.overview,
		"/held":                                p.held,
		"/flows/{name}":                        p.flow,
		"/runs":                                p.runs,
		"/runs/{id}":                           p.run,
		"/runs/{id}/exchanges":                 p.runExchanges,
		"/deliveries":                          p.deliveries,
		"/deliveries/{id}":                     p.delivery,
		"/records/{connection}/{kind}/{id...}": p.record,
		"/exchanges/{id}":                      p.exchange,
		"/connections/{name}":                  p.connection,
		"/crosswalks":                          p.crosswalks,
		"/crosswalks/{name}":                   p.crosswalk,
		"/ledger":                              p.ledger,
		"/plans":                               p.plans,
		"/reconciliations":                     p.reconciliations,
		"/plans/{name}":                        p.plan,
		"/search":                              p.search,
		"/":                                    p.nowhere,
	} {
		mux.Handle("GET "+path, p.page(page))
	}
	mux.Handle("GET /exchanges/{id}/{part}", only(p.exchangeBody))
	mux.Handle("GET /live", only(p.live))
	mux.Handle("GET /evidence/{connection}/{kind}/{id...}", only(p.evidence))
	mux.Handle("GET /ledger/export", only(p.ledgerFile))
	mux.HandleFunc("GET /login", p.logInPage)
	mux.HandleFunc("POST /login", p.logIn)
	mux.HandleFunc("POST /logout", p.logOut)
	mux.HandleFunc("GET /welcome/{secret}", p.welcomePage)
	mux.HandleFunc("POST /welcome/{secret}", p.welcome)
	p.signOnRoutes(mux)
	p.peopleRoutes(mux)
	p.deedRoutes(mux)
	p.settingsRoutes(mux)
	p.connectRoutes(mux)
	p.handler = c.Gate.Guard(mux)
	return p
}

// ServeHTTP answers a request, behind the gate.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }
