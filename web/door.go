package web

import (
	"net/http"
	"net/url"
	"strings"

	connector "ml-connector"
	"ml-connector/gate"
	"ml-connector/people"
)

// mostForm is how large a form may be.
const mostForm = 64 << 10

// logInURL is the log-in that leads back to what was asked for.
func logInURL(r *http.Request) string {
	to := gate.LocalPath(r.URL.RequestURI())
	if to == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(to)
}

// logInBody is what the log-in shows.
type logInBody struct {
	Name, Next string
	Wrong      *connector.Error
	SignOn     string // what the way in by an identity provider is called, "" none
	SignOnURL  string
}

// logInPage asks who you are.
func (p *Pages) logInPage(w http.ResponseWriter, r *http.Request) {
	next := gate.LocalPath(r.URL.Query().Get("next"))
	if who, err := gate.Who(r); err == nil && who.Known() {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	p.show(w, r, p.logInView(logInBody{Next: next}))
}

func (p *Pages) logInView(b logInBody) view {
	b.SignOn, b.SignOnURL = p.App.SignsOn(), signOnURL(b.Next)
	v := view{Template: "login", Question: "Who are you?", Title: "Log in", Body: b}
	if b.Wrong != nil {
		v.Status = statusOf(b.Wrong)
	}
	return v
}

// form reads a form that a browser sent.
func form(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		return connector.Errorf(connector.Invalid, "", "The form can't be read.").Because(err)
	}
	return nil
}

// logIn lets somebody in. A session that the browser had is ended: the secret of one is never used on for another.
func (p *Pages) logIn(w http.ResponseWriter, r *http.Request) {
	if err := form(w, r); err != nil {
		p.show(w, r, p.logInView(logInBody{Wrong: connector.AsError(err)}))
		return
	}
	b := logInBody{Name: r.PostForm.Get("name"), Next: gate.LocalPath(r.PostForm.Get("next"))}
	secret, err := p.App.LogIn(r.Context(), b.Name, r.PostForm.Get("password"), gate.Origin(r))
	if err != nil {
		b.Wrong = p.told(r, err)
		if wait := b.Wrong.Wait; wait > 0 {
			w.Header().Set("Retry-After", plainCount(int64(wait.Seconds())+1))
		}
		p.show(w, r, p.logInView(b))
		return
	}
	p.begin(w, r, secret)
	http.Redirect(w, r, b.Next, http.StatusSeeOther)
}

// begin gives the browser a new session in the place of one that it may have.
func (p *Pages) begin(w http.ResponseWriter, r *http.Request, secret string) {
	if who, err := gate.Who(r); err == nil && who.Visit != nil {
		if err := p.App.LogOut(r.Context(), *who.Visit); err != nil {
			p.Log.Error("the session before could not be ended", "error", err)
		}
	}
	gate.Begin(w, r, secret)
}

// told is an error for a person; the log has those that are ours.
func (p *Pages) told(r *http.Request, err error) *connector.Error {
	e := connector.AsError(err)
	if e.Code == connector.Internal || e.Code == connector.Unavailable {
		p.Log.Error("a request failed", "path", loggedPath(r), "error", err)
	}
	return e
}

// loggedPath is the path of a request as the log may have it: a link is a secret.
func loggedPath(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/welcome/") {
		return "/welcome/…"
	}
	return r.URL.Path
}

// logOut ends the session, whether or not there is one.
func (p *Pages) logOut(w http.ResponseWriter, r *http.Request) {
	if who, err := gate.Who(r); err == nil && who.Visit != nil {
		if err := p.App.LogOut(r.Context(), *who.Visit); err != nil {
			p.told(r, err)
			http.Error(w, "The session could not be ended just now. Close the browser, and try again later.", http.StatusServiceUnavailable)
			return
		}
	}
	gate.Begin(w, r, "")
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// welcomeBody is what a link shows.
type welcomeBody struct {
	First        bool // who uses it becomes the first administrator
	Name, Action string
	Least        int
	Wrong        *connector.Error
}

// welcomePage asks for a password. To look at a link does not use it up: mail programs look at links too.
func (p *Pages) welcomePage(w http.ResponseWriter, r *http.Request) {
	p.showWelcome(w, r, "", nil)
}

func (p *Pages) showWelcome(w http.ResponseWriter, r *http.Request, name string, wrong *connector.Error) {
	secret := r.PathValue("secret")
	person, err := p.App.Welcome(r.Context(), secret)
	if err != nil {
		v := p.failed(r, err)
		v.Title = "This link does not count"
		p.show(w, r, v)
		return
	}
	b := welcomeBody{First: person == "", Name: person, Action: "/welcome/" + url.PathEscape(secret), Least: people.LeastPassword, Wrong: wrong}
	v := view{Template: "welcome", Question: "How will you log in?", Title: "Welcome, " + person, Body: &b}
	if b.First {
		b.Name, v.Title = name, "Welcome: you are the first administrator"
	}
	if wrong != nil {
		v.Status = statusOf(wrong)
	}
	p.show(w, r, v)
}

// welcome sets a password by a link, and lets the person in.
func (p *Pages) welcome(w http.ResponseWriter, r *http.Request) {
	if err := form(w, r); err != nil {
		p.showWelcome(w, r, "", connector.AsError(err))
		return
	}
	name, password := r.PostForm.Get("name"), r.PostForm.Get("password")
	if password != r.PostForm.Get("again") {
		p.showWelcome(w, r, name, connector.Errorf(connector.Invalid, "", "The two passwords are not the same."))
		return
	}
	secret, err := p.App.AcceptInvitation(r.Context(), r.PathValue("secret"), name, password, gate.Origin(r))
	if err != nil {
		p.showWelcome(w, r, name, p.told(r, err))
		return
	}
	p.begin(w, r, secret)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
