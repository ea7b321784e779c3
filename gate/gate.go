// Package gate lets in over HTTP: it judges by which name and over what a request came, keeps other sites' requests out, and finds
// who asks, by a session's cookie or by a token. Pages and API stand behind the same gate.
//
// It must never believe a header of somebody who is no proxy of ours, take a secret that came unencrypted over a network, write a
// secret into a log, or send a browser to another site. What somebody may do is not its business: that is asked by each verb.
//
// It is proved by requests from every side: foreign names and origins, proxies that are ours and that are not, cookies and tokens that
// are right, wrong, ended and sent in clear.
package gate

import (
	"context"
	"net/http"
	"strings"
	"sync"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
)

// Config is what a Gate is made of.
type Config struct {
	App    *app.App
	Public config.Public // how other machines reach the server
	// Everyone, when it has a name, is who everybody is who asks from this machine: no one logs in.
	Everyone people.Actor
}

// Gate is the way in.
type Gate struct {
	Config
	origins *http.CrossOriginProtection
}

// New makes a Gate.
func New(c Config) *Gate {
	g := &Gate{Config: c, origins: http.NewCrossOriginProtection()}
	if c.Public.URL != "" {
		if err := g.origins.AddTrustedOrigin(c.Public.URL); err != nil {
			c.App.Log.Warn("the url of the settings is no origin", "error", err)
		}
	}
	return g
}

// Asker is who asks.
type Asker struct {
	Actor people.Actor // without a name: nobody
	Visit *app.Visit   // of who has logged in; nil for a token, and where nobody logs in
	Open  bool         // nobody logs in here
}

// Known says whether somebody asks of whom it is known who they are.
func (a Asker) Known() bool { return a.Actor.Name != "" }

// asking is what a request carries behind the gate.
type asking struct {
	way
	who func() (Asker, error)
}

type key struct{}

func from(r *http.Request) *asking {
	a, _ := r.Context().Value(key{}).(*asking)
	return a
}

// Who finds who asks, once a request. Not known is no error; a token that does not count is one.
func Who(r *http.Request) (Asker, error) {
	if a := from(r); a != nil {
		return a.who()
	}
	return Asker{}, nil
}

// Origin is from where a request came.
func Origin(r *http.Request) app.Origin {
	if a := from(r); a != nil {
		return app.Origin{Address: a.address, Agent: r.UserAgent()}
	}
	return app.Origin{}
}

// Local says whether a request came from this machine, and through nothing.
func Local(r *http.Request) bool {
	a := from(r)
	return a != nil && a.local
}

// Guard lets through what asks by a name of ours, in a way that secrets may go, and not in the name of another site.
func (g *Gate) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		way := g.judge(r)
		headers(w.Header(), way.secure)
		switch {
		case !way.named && !(probes(r) && g.Public.URL != ""):
			http.Error(w, g.names(), http.StatusMisdirectedRequest)
		case !way.secure && !way.local && !probes(r):
			http.Error(w, "This came without encryption, and is not answered: passwords and sessions would be read on the way. Ask by https, through the proxy in front of this server.", http.StatusForbidden)
		case g.Everyone.Name != "" && !way.local:
			http.Error(w, "Nobody logs in here, so this is for this machine alone.", http.StatusForbidden)
		case g.origins.Check(r) != nil:
			http.Error(w, "This was asked by a page of another site, and is not done.", http.StatusForbidden)
		default:
			a := &asking{way: way}
			a.who = sync.OnceValues(func() (Asker, error) { return g.find(r, way) })
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, a)))
		}
	})
}

// probes are asked by machines in front of the server, and tell nothing but that it is there.
func probes(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// names says by which names the server is asked.
func (g *Gate) names() string {
	text := "This server answers only to the names of this machine: 127.0.0.1, [::1], localhost."
	if g.Public.URL != "" {
		text = "This server answers only to its own name, as `url` in its configuration says."
	}
	return text
}

func headers(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// find finds who asks: by a token where one is given, else by the session of the cookie.
func (g *Gate) find(r *http.Request, way way) (Asker, error) {
	if g.Everyone.Name != "" {
		return Asker{Actor: g.Everyone, Open: true}, nil
	}
	if given := r.Header.Get("Authorization"); given != "" {
		kind, token, _ := strings.Cut(given, " ")
		if !strings.EqualFold(kind, "Bearer") {
			return Asker{}, connector.Errorf(connector.Credentials, "read the token", "it is given in another way than `Authorization: Bearer TOKEN`")
		}
		actor, err := g.App.TokenActor(r.Context(), strings.TrimSpace(token))
		return Asker{Actor: actor}, err
	}
	visit, found, err := g.App.Visit(r.Context(), session(r, way.secure))
	if err != nil || !found {
		return Asker{}, err
	}
	return Asker{Actor: visit.Actor, Visit: &visit}, nil
}
