package web

import (
	"encoding/json"
	"net/http"
	"net/url"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/signon"
)

// signingOn is a sign-on that is under way, as the browser keeps it.
type signingOn struct {
	signon.Pending
	Next    string `json:"next"`    // where it leads to
	Connect string `json:"connect"` // the person who has logged in and connects it, "" when it is a log-in
}

// signOnRoutes lead to the identity provider and back.
func (p *Pages) signOnRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /login/oidc", p.beginSignOn)
	mux.HandleFunc("GET "+app.SignOnPath, p.signedOn)
	mux.HandleFunc("POST /you/sign-on", p.connectSignOn)
	mux.Handle("POST /people/{name}/forget-sign-on", p.act(p.forgetSignOn))
}

// signOnURL leads to the identity provider, and from there to a place on this server.
func signOnURL(next string) string {
	if next == "/" || next == "" {
		return "/login/oidc"
	}
	return "/login/oidc?next=" + url.QueryEscape(next)
}

// begun keeps in the browser what it must bring back.
func (p *Pages) begun(w http.ResponseWriter, r *http.Request, s signingOn) error {
	text, err := json.Marshal(s)
	if err == nil {
		gate.BeginSignOn(w, r, string(text))
	}
	return err
}

// beginSignOn sends the browser to the identity provider.
func (p *Pages) beginSignOn(w http.ResponseWriter, r *http.Request) {
	next := gate.LocalPath(r.URL.Query().Get("next"))
	pending, address, err := p.App.BeginSignOn(r.Context())
	if err == nil {
		err = p.begun(w, r, signingOn{Pending: pending, Next: next})
	}
	if err != nil {
		p.show(w, r, p.logInView(logInBody{Next: next, Wrong: p.told(r, err)}))
		return
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// signedOn is where the identity provider sends the browser back to.
func (p *Pages) signedOn(w http.ResponseWriter, r *http.Request) {
	var s signingOn
	if err := json.Unmarshal([]byte(gate.BegunSignOn(w, r)), &s); err != nil {
		s = signingOn{} // refused below, like one of another browser
	}
	s.Next = gate.LocalPath(s.Next)
	if s.Connect != "" {
		p.connected(w, r, s)
		return
	}
	secret, err := p.App.SignOn(r.Context(), s.Pending, r.URL.Query(), gate.Origin(r))
	if err != nil {
		p.show(w, r, p.logInView(logInBody{Next: s.Next, Wrong: p.told(r, err)}))
		return
	}
	p.begin(w, r, secret)
	http.Redirect(w, r, s.Next, http.StatusSeeOther)
}

// signOnBody leads somebody who has logged in to the identity provider. It is a link and no redirect: of a form, browsers follow none to
// another site.
type signOnBody struct{ Provider, Address string }

// connectSignOn begins to connect a sign-on with who has logged in.
func (p *Pages) connectSignOn(w http.ResponseWriter, r *http.Request) {
	who, err := p.asked(w, r)
	var v view
	if err == nil {
		v, err = p.connectView(w, r)
	}
	if err != nil {
		p.undone(w, r, who, err)
		return
	}
	v.Who = who
	p.show(w, r, v)
}

func (p *Pages) connectView(w http.ResponseWriter, r *http.Request) (view, error) {
	who, err := visit(r)
	if err != nil {
		return view{}, err
	}
	by := p.App.SignsOn()
	pending, address, err := p.App.BeginConnect(r.Context(), who, r.PostForm.Get("present"), gate.Origin(r))
	if err == nil {
		err = p.begun(w, r, signingOn{Pending: pending, Connect: who.Name})
	}
	return view{Template: "sign-on", Question: "Who are you there?", Title: "Connect " + by, Active: "you", Crumbs: []crumb{{who.Name, "/you"}}, Body: signOnBody{by, address}}, err
}

// connected ends what connectSignOn began.
func (p *Pages) connected(w http.ResponseWriter, r *http.Request, s signingOn) {
	who, err := p.asked(w, r)
	var as string
	if err == nil {
		as, err = p.connect(r, s)
	}
	if err != nil {
		p.undone(w, r, who, err)
		return
	}
	gate.Say(w, r, "From now on you may sign on by "+p.App.SignsOn()+" as "+as+".")
	http.Redirect(w, r, "/you", http.StatusSeeOther)
}

// connect is for the person who began it alone.
func (p *Pages) connect(r *http.Request, s signingOn) (as string, err error) {
	v, err := visit(r)
	if err == nil && v.Name != s.Connect {
		err = connector.Errorf(connector.Invalid, "", "Somebody else has logged in here meanwhile.").Advise("Log in as %s and begin once more.", s.Connect)
	}
	if err != nil {
		return "", err
	}
	return p.App.ConnectSignOn(r.Context(), v, s.Pending, r.URL.Query(), gate.Origin(r))
}

func (p *Pages) forgetSignOn(r *http.Request) (said, to string, err error) {
	name := r.PathValue("name")
	return name + " signs on no more; their sessions ended.", personPath(name), p.App.ForgetSignOn(r.Context(), name, actorOf(r))
}
