// Package web is what a person sees of ml-connector in a browser: pages that each answer one question, made on the server,
// usable without a script, with nothing fetched from elsewhere. Beside them it answers /healthz, /readyz and /metrics.
//
// It is a thin skin over app: a page asks for what it shows by one or two functions there. It must never write anything,
// decide anything, speak SQL, or show a secret. Whatever it shows came from outside (a supplier's name, a System's answer)
// and is escaped. Until there is a log-in it answers only to loopback names, so that no other site can reach it through a
// browser's back.
//
// It is proved by asking for every page of a database with ugly content and of an empty one, by computing the contrast of
// its colours, and, with the build tag browser, in a real Chromium at three widths in light and dark.
package web

import (
	"log/slog"
	"net/http"
	"time"

	"ml-connector/app"
)

// Config is what the pages are made of.
type Config struct {
	App     *app.App
	Version string
	Now     func() time.Time
	Log     *slog.Logger
}

// Pages answers HTTP.
type Pages struct {
	Config
	metrics *metrics
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
	p := &Pages{Config: c, metrics: newMetrics(c)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", p.healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.Handle("GET /metrics", p.metrics.handler())
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
		"/search":                              p.search,
		"/":                                    p.nowhere,
	} {
		mux.Handle("GET "+path, p.page(page))
	}
	mux.HandleFunc("GET /exchanges/{id}/{part}", p.exchangeBody)
	p.handler = guard(mux)
	return p
}

// ServeHTTP answers a request from this machine.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }
