package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
)

const problemJSON = "application/problem+json"

// problem is an error as RFC 9457 has it, with the members of SURFACE.md's ERROR.
type problem struct {
	Type   string         `json:"type" doc:"Where the class of the error is explained."`
	Title  string         `json:"title" doc:"The HTTP status in words."`
	Status int            `json:"status"`
	Detail string         `json:"detail" doc:"What happened."`
	Code   connector.Code `json:"code" doc:"The class of the error."`
	Hint   string         `json:"hint" doc:"What to do, and who does it."`
	Op     string         `json:"op" doc:"What was being done."`
	Errors []misplaced    `json:"errors,omitempty" doc:"What of the request is wrong, and where."`
}

// misplaced is one thing that is wrong with a request.
type misplaced struct {
	Location string `json:"location" doc:"Such as body.reason or query.limit."`
	Message  string `json:"message"`
}

// Error is what happened.
func (p *problem) Error() string { return p.Detail }

// GetStatus is its HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457, whatever was asked for.
func (p *problem) ContentType(string) string { return problemJSON }

// write writes it where nothing can be said any more if that fails.
func (p *problem) write(w io.Writer) { _ = json.NewEncoder(w).Encode(p) }

// problemOf is an error of ours for the one who asked.
func problemOf(err error) *problem {
	shape := app.ErrorShape(connector.AsError(err))
	status := shape.Code.HTTPStatus()
	p := &problem{Type: "/docs#" + string(shape.Code), Title: http.StatusText(status), Status: status, Detail: shape.Message, Code: shape.Code, Hint: shape.Hint, Op: shape.Op}
	if typos, ok := errors.AsType[config.Typos](err); ok {
		for _, t := range typos {
			p.Errors = append(p.Errors, misplaced{strings.TrimSuffix("body."+t.Field, "."), t.Text})
		}
	}
	return p
}

// strange is what whoever can't say who they are is told.
func strange(err error) *problem {
	p := problemOf(err)
	if p.Code == connector.Credentials { // theirs, not ours at a System
		p.Status, p.Title = http.StatusUnauthorized, http.StatusText(http.StatusUnauthorized)
	}
	return p
}

// class is the code of what is wrong with a request before it reaches us.
func class(status int) connector.Code {
	switch {
	case status == http.StatusNotFound:
		return connector.NotFound
	case status >= http.StatusInternalServerError:
		return connector.Internal
	}
	return connector.Invalid
}

// asProblem makes what huma has to say about a request one of our problems.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &problem{Title: http.StatusText(m.Status), Status: m.Status, Detail: m.Detail, Code: class(m.Status), Op: "read the request",
		Hint: "Compare the request with what /docs says of this operation."}
	p.Type = "/docs#" + string(p.Code)
	for _, d := range m.Errors {
		p.Errors = append(p.Errors, misplaced{d.Location, d.Message})
	}
	return p, nil
}

// nowhere answers what no operation is for.
func (a *API) nowhere(w http.ResponseWriter, r *http.Request) {
	if _, err := who(r); err != nil {
		answerProblem(w, strange(err))
		return
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != prefix+"/" && method != r.Method {
			w.Header().Add("Allow", method)
		}
	}
	if w.Header().Get("Allow") != "" {
		answerProblem(w, &problem{Type: "/docs#" + string(connector.Invalid), Title: http.StatusText(http.StatusMethodNotAllowed), Status: http.StatusMethodNotAllowed,
			Detail: r.Method + " is not understood here", Code: connector.Invalid, Hint: "The header Allow names what is; /docs lists all operations.", Op: "read the request"})
		return
	}
	answerProblem(w, problemOf(connector.Errorf(connector.NotFound, "read the request", "there is nothing at %s", r.URL.Path).Advise("/docs lists all operations.")))
}

func answerProblem(w http.ResponseWriter, p *problem) {
	w.Header().Set("Content-Type", problemJSON)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="ml-connector"`)
	}
	w.WriteHeader(p.Status)
	p.write(w)
}
