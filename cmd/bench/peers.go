package main

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// peer stands before a simulator and answers at once what the simulator answered before to the same request, so that the
// peers cost both sides next to nothing. What was never asked goes to the simulator, and is remembered while it learns.
type peer struct {
	simulator http.Handler
	instead   func(http.ResponseWriter, *http.Request, []byte) bool // not nil: answers first, or says that it can't

	mu       sync.Mutex
	learning bool
	known    map[string]call
}

// call is a request with its answer.
type call struct {
	method, url string
	header      http.Header
	body        []byte

	status       int
	answerHeader http.Header
	answer       []byte
}

func newPeer(simulator http.Handler) *peer {
	return &peer{simulator: simulator, known: map[string]call{}}
}

// learn begins or ends the time in which answers are remembered.
func (p *peer) learn(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learning = on
}

// calls are the remembered ones whose key has the prefix, in the order of their keys.
func (p *peer) calls(prefix string) []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []call
	for _, k := range slices.Sorted(maps.Keys(p.known)) {
		if strings.HasPrefix(k, prefix) {
			out = append(out, p.known[k])
		}
	}
	return out
}

var orderReference = regexp.MustCompile(`PO_REF>([^<]+)<`)

// keyOf tells requests apart that get different answers: times and message ids don't count.
func keyOf(r *http.Request, body []byte) string {
	q := r.URL.Query()
	q.Del("flt") // a window of time
	key := r.Method + " " + r.URL.Path + "?" + q.Encode()
	if ref := orderReference.FindSubmatch(body); ref != nil {
		key += " " + string(ref[1])
	}
	return key
}

// ServeHTTP answers from memory, else from the simulator.
func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	if p.instead != nil && p.instead(w, r, body) {
		return
	}
	key := keyOf(r, body)
	p.mu.Lock()
	c, ok := p.known[key]
	learning := p.learning
	p.mu.Unlock()
	if !ok {
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		p.simulator.ServeHTTP(answer, r)
		address := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		c = call{method: r.Method, url: address.String(), header: r.Header.Clone(), body: body, status: answer.Code, answerHeader: answer.Header(), answer: answer.Body.Bytes()}
		if learning {
			p.mu.Lock()
			p.known[key] = c
			p.mu.Unlock()
		}
	}
	maps.Copy(w.Header(), c.answerHeader)
	w.WriteHeader(c.status)
	_, _ = w.Write(c.answer) // who went away shows as a missing record
}
