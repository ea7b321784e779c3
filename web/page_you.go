package web

import (
	"net/http"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/people"
)

// youBody is what the page of who asks shows.
type youBody struct {
	Visit    *app.Visit // nil for a program, and where nobody logs in
	May      []people.Permission
	Sessions []app.Session
	Least    int

	Password  bool   // they have one
	SignOn    string // what the way in by an identity provider is called, "" none
	Connected bool   // and they may take it
}

// you answers: who am I here, and where am I logged in?
func (p *Pages) you(r *http.Request) (view, error) {
	who, err := gate.Who(r)
	if err != nil {
		return view{}, err
	}
	b := youBody{Visit: who.Visit, May: who.Actor.Permissions, Least: people.LeastPassword}
	v := view{Template: "you", Question: "Who am I here, and where am I logged in?", Title: who.Actor.Name, Active: "you"}
	if who.Visit != nil {
		v.Title, b.SignOn = who.Visit.Name, p.App.SignsOn()
		if b.Password, b.Connected, err = p.App.WaysIn(r.Context(), *who.Visit); err != nil {
			return v, err
		}
		if b.Sessions, err = p.App.OwnSessions(r.Context(), *who.Visit); err != nil {
			return v, err
		}
	}
	v.Body = b
	return v, nil
}

// visit is who has logged in; nobody else has a password or sessions.
func visit(r *http.Request) (app.Visit, error) {
	who, err := gate.Who(r)
	if err != nil {
		return app.Visit{}, err
	}
	if who.Visit == nil {
		return app.Visit{}, connector.Errorf(connector.Invalid, "", "This is for people who have logged in.")
	}
	return *who.Visit, nil
}

func (p *Pages) endOwnSessions(r *http.Request) (said, to string, err error) {
	v, err := visit(r)
	if err != nil {
		return "", "", err
	}
	n, err := p.App.EndOwnSessions(r.Context(), v, r.PostForm.Get("session"))
	return plural(n, "session ended.", "sessions ended."), "/you", err
}

// changePassword sets a new password, and gives the browser the session that begins with it.
func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) {
	who, err := p.asked(w, r)
	var secret string
	if err == nil {
		secret, err = p.newPassword(r)
	}
	if err != nil {
		p.undone(w, r, who, err)
		return
	}
	gate.Begin(w, r, secret)
	gate.Say(w, r, "The password is changed, and all other sessions ended.")
	http.Redirect(w, r, "/you", http.StatusSeeOther)
}

func (p *Pages) newPassword(r *http.Request) (secret string, err error) {
	v, err := visit(r)
	if err != nil {
		return "", err
	}
	password := r.PostForm.Get("password")
	if password != r.PostForm.Get("again") {
		return "", connector.Errorf(connector.Invalid, "", "The two new passwords are not the same.")
	}
	return p.App.ChangePassword(r.Context(), v, r.PostForm.Get("present"), password, gate.Origin(r))
}
