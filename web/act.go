package web

import (
	"net/http"
	"time"

	connector "ml-connector"
	"ml-connector/gate"
)

// deed is what a form does: what is said afterwards, and on which page.
type deed func(r *http.Request) (said, to string, err error)

// deedLasts is how long a System may let a form wait.
const deedLasts = 10 * time.Minute

// act makes a handler of a deed: who asks must be known, and the verb asks for its permission. It ends on another page, so that to
// load that one again does nothing again.
func (p *Pages) act(do deed) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := p.asked(w, r)
		var said, to string
		if err == nil {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(deedLasts)) // where there is no limit, none is in the way
			said, to, err = do(r)
		}
		if err != nil {
			p.undone(w, r, who, err)
			return
		}
		p.ended(w, r, said, to)
	})
}

// ended goes on to the page on which a deed ends.
func (p *Pages) ended(w http.ResponseWriter, r *http.Request, said, to string) {
	if said != "" {
		gate.Say(w, r, said)
	}
	http.Redirect(w, r, gate.LocalPath(to), http.StatusSeeOther)
}

// once makes a handler of a form whose answer is shown this once: it is no page that can be asked for.
func (p *Pages) once(gather pageFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := p.asked(w, r)
		var v view
		if err == nil {
			v, err = gather(r)
		}
		if err != nil {
			p.undone(w, r, who, err)
			return
		}
		v.Who = who
		p.show(w, r, v)
	})
}

// asked reads a form of somebody who is known.
func (p *Pages) asked(w http.ResponseWriter, r *http.Request) (gate.Asker, error) {
	who, err := known(r)
	if err != nil {
		return who, err
	}
	return who, form(w, r)
}

// undone says why something was not done.
func (p *Pages) undone(w http.ResponseWriter, r *http.Request, who gate.Asker, err error) {
	v := p.failed(r, err)
	v.Title, v.Who = "This was not done", who
	if connector.CodeOf(err) == connector.Credentials {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	p.show(w, r, v)
}
