package jaggaersim

import (
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Entry is one request as the Server saw it, secrets masked.
type Entry struct {
	Number    int               `json:"number"` // from 1
	Time      time.Time         `json:"time"`
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Query     string            `json:"query,omitempty"` // as it was sent
	Operation string            `json:"operation"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body,omitempty"` // at most Options.KeepBodies bytes
	Status    int               `json:"status"`         // 0 = the connection ended without an answer
	Answer    string            `json:"answer,omitempty"`
	Fault     string            `json:"fault,omitempty"` // kind of the fault that was applied
}

func (s *Server) record(c call, f *Fault, a answer) {
	s.requests++
	e := Entry{
		Number: s.requests, Time: s.now(), Method: c.Method, Path: c.URL.Path, Query: maskText(c.URL.RawQuery), Operation: c.operation,
		Headers: maskHeaders(c.Header), Body: s.kept(c.body), Status: a.status, Answer: s.kept(a.body),
	}
	if f != nil {
		e.Fault = f.Kind
	}
	if a.abort || a.hang {
		e.Status, e.Answer = 0, ""
	}
	if len(s.journal) >= s.options.JournalSize {
		s.journal = slices.Delete(s.journal, 0, 1+len(s.journal)-s.options.JournalSize)
	}
	s.journal = append(s.journal, e)
}

func (s *Server) kept(raw []byte) string {
	if s.options.KeepBodies <= 0 {
		return ""
	}
	return maskText(string(raw[:min(len(raw), s.options.KeepBodies)]))
}

const stars = "********"

// secretPatterns find secrets, tokens, bank accounts and tax numbers in forms, JSON and XML; the second group is the secret.
var secretPatterns = []*regexp.Regexp{
	regexp.MustCompile(`(client_secret=)([^&\s]*)`),
	regexp.MustCompile(`(?i)("(?:access_token|token|client_secret|sharedSecret|routingNumber|bankAccountNumber|ibanBankAccountNumber|taxIdentificationNumber)"\s*:\s*")([^"]*)`),
	regexp.MustCompile(`(?s)(<(?:SharedSecret|RoutingNumber|BankAccountNumber|IbanBankAccountNumber|TaxIdentificationNumber)>)([^<]*)`),
}

func maskText(s string) string {
	for _, p := range secretPatterns {
		s = p.ReplaceAllString(s, "${1}"+stars)
	}
	return s
}

func maskHeaders(h http.Header) map[string]string {
	out := map[string]string{}
	for name := range h {
		out[name] = h.Get(name)
	}
	for _, name := range []string{"Authorization", "Cookie"} {
		if _, ok := out[name]; ok {
			out[name] = stars
		}
	}
	return out
}

// Journal are the last Options.JournalSize requests, oldest first.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}
