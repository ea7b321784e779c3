package web

import (
	"net/http"

	connector "ml-connector"
	"ml-connector/gate"
	"ml-connector/people"
)

// actorOf is who asks; without a name when that is not known, and then they may do nothing.
func actorOf(r *http.Request) people.Actor {
	who, err := gate.Who(r)
	if err != nil {
		return people.Actor{}
	}
	return who.Actor
}

// known finds who asks for a page: they must be known, and may read.
func known(r *http.Request) (gate.Asker, error) {
	who, err := gate.Who(r)
	switch {
	case err != nil:
		return who, err
	case !who.Known() && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		return who, redirect(logInURL(r))
	case !who.Known():
		return who, connector.Errorf(connector.Credentials, "", "You are not logged in, or no more.").Advise("Log in, and do it once more.")
	}
	return who, who.Actor.May(people.Read)
}

// only lets those ask for what is no page who may read.
func only(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := known(r); err != nil {
			if to, ok := err.(redirect); ok {
				http.Redirect(w, r, string(to), http.StatusSeeOther)
				return
			}
			refuse(w, err)
			return
		}
		next(w, r)
	})
}

// refuse answers with an error as plain text.
func refuse(w http.ResponseWriter, err error) {
	e := connector.AsError(err)
	if e.Code == connector.Credentials {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	http.Error(w, e.Message, statusOf(e))
}

// statusOf is the HTTP status of an error here, where credentials are those of who asks.
func statusOf(e *connector.Error) int {
	if e.Code == connector.Credentials {
		return http.StatusUnauthorized
	}
	return e.Code.HTTPStatus()
}
