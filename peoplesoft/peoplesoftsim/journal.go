package peoplesoftsim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Entry is one request in the journal. Secrets are masked; bodies are kept only with Options.KeepBodies.
type Entry struct {
	Number      int
	Time        time.Time
	Method      string
	Path, Query string
	Operation   string
	User        string // whom the request was signed on as
	Status      int
	Fault       string // kind of the fault that struck, and shapes
	Header      http.Header
	Request     string
	Response    string
}

var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?s)(<(?:\w+:)?Password[^>]*>).*?(</)`),
	regexp.MustCompile(`(client_secret=)[^&]*()`),
	regexp.MustCompile(`("access_token":")[^"]*(")`),
	regexp.MustCompile(`(?i)([?&]?password=)[^&]*()`),
}

func mask(text string) string {
	for _, r := range secrets {
		text = r.ReplaceAllString(text, "${1}***${2}")
	}
	return text
}

func (s *Server) record(q *request, a *answer, f *Fault) {
	s.requests++
	e := Entry{Number: s.requests, Time: s.now(), Method: q.Method, Path: q.URL.Path, Query: mask(q.URL.RawQuery), Operation: q.operation, Status: a.status, Header: q.Header.Clone()}
	for _, name := range []string{"Authorization", "Cookie", "Password", "Ps_token"} {
		if len(e.Header[name]) > 0 {
			e.Header.Set(name, "***")
		}
	}
	if q.user != nil {
		e.User = q.user.ID
	}
	var kinds []string
	if f != nil {
		kinds = append(kinds, f.Kind)
	}
	for kind := range q.shape {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	e.Fault = strings.Join(kinds, " ")
	if s.options.KeepBodies {
		e.Request, e.Response = mask(string(q.body)), mask(string(a.body))
	}
	s.journal = append(s.journal, e)
	if extra := len(s.journal) - s.options.Journal; extra > 0 {
		s.journal = slices.Delete(s.journal, 0, extra)
	}
}

// Journal is what was asked so far, oldest first, as far as it is kept.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}

// Effects are the natural keys of what an operation did, in order, so that a thing done twice stands there twice. Operations:
// po.create, po.update, vendor.create, vendor.update (keys as BU/PO_REF, SETID/AR_NUM, or the row's own key when that is blank);
// voucher.accept, voucher.stage, voucher.build, voucher.preedit, voucher.recycle, voucher.pay, token.
func (s *Server) Effects(operation string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.effects[operation])
}
