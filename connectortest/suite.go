// Package connectortest is the conformance suite that every System must pass: what DESIGN.md "What a System must give" and
// QUALITY.md ask of a Source, a Sink, a Finder and a ping, whatever the vendor.
//
// Run opens a Site anew for every case, through the real wire, in front of a simulator, and disturbs what goes between the
// two: answers get lost, cut, replaced by a log-in page. A System that is added brings a Site and eight lines of test.
//
// It must never know a vendor: what differs between Systems stands in the Site. It has no knobs that turn a case off; a case
// about something that a System does not have (writes, windows) finds nothing to do there.
//
// Each case was seen to fail on a planted bug before it was kept.
package connectortest

import (
	"context"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/wire"
)

// Site is one System with a simulator behind it, and the hands that a person there would have. Every function is called
// from the test's own goroutine.
type Site struct {
	System   connector.System
	Handler  http.Handler                            // the simulator
	Settings func(address string) connector.Settings // that lead to it; address is scheme://host:port
	Secrets  map[string]string
	User     string // name that a secret is sent with, "" when none is
	Now      func() time.Time
	Pass     func(time.Duration) // time goes by
	Needs    []connector.Need    // of a Check

	Holds   func(connector.Kind) []string           // Record IDs of everything that a whole read must give
	Edit    func(k connector.Kind, id string) error // a person changes the content of a record, now
	Spoil   func(k connector.Kind) string           // one record of the Kind becomes unreadable; its Record ID, "" when nothing can be
	LockOut func()                                  // the secrets stop fitting
	LogIns  func() int                              // attempts so far that the simulator refused or granted
	Planted []Planted
	Writes  []Sample
}

// Planted is a record that holds texts which suffer easily, exactly as a Document must give them.
type Planted struct {
	Kind  connector.Kind
	ID    string
	Texts []string
}

// Sample is a write that the System takes. Stored are the objects of its Kind as the target holds them, in any text form.
type Sample struct {
	Kind     connector.Kind
	Document connector.Document
	Given    []string // fields that the target gives another value: a number that it chooses itself
	Texts    []string // that the target must then hold, exactly
	Stored   func() []string
	Ripen    func() // the target does with what it took what it does later; nil = nothing
}

// The kinds of requests that a Site is disturbed at.
const (
	reading = "read"
	writing = "write"
	login   = "login"
)

// nature is the header that tells the front what a request is; a System's server never looks at it.
const nature = "X-Conformance-Request"

// subject is a Site that is open.
type subject struct {
	Site
	connector.Instance
	front  *front
	server *httptest.Server
	client *wire.Client

	mu        sync.Mutex
	exchanges []connector.Exchange
	secrets   []string // values and forms of them that nobody may see
}

// tap tells the front what each request is, and notes what else it says is secret: tokens.
type tap struct {
	connector.Caller
	s *subject
}

func (c tap) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	kind := reading
	switch {
	case r.Write:
		kind = writing
	case strings.Contains(r.Op, "token"):
		kind = login
	}
	header := map[string]string{nature: kind}
	for name, value := range r.Header {
		header[name] = value
	}
	r.Header = header
	c.s.conceal(r.Secrets...)
	return c.Caller.Call(ctx, r)
}

// openSite opens a Site through the wire. What is kept of each exchange is looked through for secrets at the end.
func openSite(t *testing.T, site Site) *subject {
	t.Helper()
	s := &subject{Site: site, front: &front{next: site.Handler, now: site.Now}}
	s.server = httptest.NewServer(s.front)
	validation := site.System.Validate(site.Settings(s.server.URL))
	for _, p := range validation.Problems {
		t.Fatalf("setting %s %s", p.Path, p.Message)
	}
	for _, v := range site.Secrets {
		s.conceal(v, base64.StdEncoding.EncodeToString([]byte(site.User+":"+v)))
	}
	values := make([]string, 0, len(site.Secrets))
	for _, v := range site.Secrets {
		values = append(values, v)
	}
	client, err := wire.New(wire.Config{Connection: "site", Addresses: validation.Addresses, Secrets: values, Timeout: 20 * time.Second, Now: site.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	s.Instance, err = site.System.Open(connector.Opening{Connection: "site", Settings: validation.Settings, Secrets: site.Secrets, Caller: tap{client, s}, Now: site.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// conceal notes values that nobody may see, in the spellings of URLs and XML too.
func (s *subject) conceal(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range values {
		for _, spelling := range []string{v, url.QueryEscape(v), url.PathEscape(v), html.EscapeString(v)} {
			if len(v) > 3 && !slices.Contains(s.secrets, spelling) {
				s.secrets = append(s.secrets, spelling)
			}
		}
	}
}

// close ends the Site's connections and looks for secrets in all that was kept of them.
func (s *subject) close(t *testing.T) {
	t.Helper()
	s.front.release()
	s.client.Close()
	s.server.CloseClientConnections()
	s.server.Close()
	s.mu.Lock()
	exchanges := s.exchanges
	s.mu.Unlock()
	for _, x := range exchanges {
		s.noSecret(t, "the kept request of "+x.Op, x.URL, string(x.RequestBody), flat(x.RequestHeader))
		s.noSecret(t, "the kept answer to "+x.Op, string(x.ResponseBody), flat(x.ResponseHeader), x.Failure)
	}
}

func flat(header map[string]string) string {
	var b strings.Builder
	for name, value := range header {
		b.WriteString(name + ": " + value + "\n")
	}
	return b.String()
}

func (s *subject) noSecret(t *testing.T, where string, texts ...string) {
	t.Helper()
	s.mu.Lock()
	secrets := slices.Clone(s.secrets)
	s.mu.Unlock()
	for _, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret: %s", where, strings.ReplaceAll(text, secret, "[SECRET]"))
				return
			}
		}
	}
}

// trace keeps the exchanges of a context's calls.
func (s *subject) trace(ctx context.Context) context.Context {
	return connector.WithTrace(ctx, connector.Trace{Run: 1, Keep: func(x connector.Exchange) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.exchanges = append(s.exchanges, x)
	}})
}

// mustFail holds an error against the classes that it may have; a person must be able to read it, and it tells no secret.
func (s *subject) mustFail(t *testing.T, what string, err error, codes ...connector.Code) *connector.Error {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %v", what, codes)
		return nil
	}
	e := connector.AsError(err)
	if !slices.Contains(codes, e.Code) {
		t.Errorf("%s: the error is %s (%v), want %v", what, e.Code, err, codes)
	}
	if e.Message == "" || e.Op == "" {
		t.Errorf("%s: the error does not say what was being done and what happened: %+v", what, e)
	}
	s.noSecret(t, "the error of "+what, e.Error(), e.Hint)
	return e
}

// kinds lists the Kinds that something holds for.
func (s *subject) kinds(holds func(connector.KindInfo) bool) []connector.Kind {
	var out []connector.Kind
	for _, k := range connector.Kinds() {
		if holds(s.Instance.Kind(k)) {
			out = append(out, k)
		}
	}
	return out
}

func reads(i connector.KindInfo) bool    { return i.Reads }
func windowed(i connector.KindInfo) bool { return i.Reads && i.Windowed }

// source is the Instance as a Source; a Site that reads nothing has no Kinds that ask for it.
func (s *subject) source(t *testing.T) connector.Source {
	t.Helper()
	src, ok := s.Instance.(connector.Source)
	if !ok {
		t.Fatal("it says that it reads, and is no Source")
	}
	return src
}

// read reads to the end, and gives all pages as one. each sees the pages as they come; nil when nobody looks.
func (s *subject) read(t *testing.T, q connector.Query, each func(connector.Page)) (connector.Page, error) {
	t.Helper()
	var all connector.Page
	src := s.source(t)
	for n := 0; ; n++ {
		page, err := src.Read(s.trace(t.Context()), q)
		if err != nil {
			return all, err
		}
		if each != nil {
			each(page)
		}
		all.Versions = append(all.Versions, page.Versions...)
		all.Same = append(all.Same, page.Same...)
		all.Problems = append(all.Problems, page.Problems...)
		if page.Next == "" {
			return all, nil
		}
		if n > 5000 || page.Next == q.After {
			t.Fatalf("reading %s does not end: after %d pages it goes on with %q", q.Kind, n+1, page.Next)
		}
		q.After = page.Next
	}
}

// mustRead reads to the end of a healthy Site.
func (s *subject) mustRead(t *testing.T, q connector.Query) connector.Page {
	t.Helper()
	page, err := s.read(t, q, nil)
	if err != nil {
		t.Fatalf("read %s: %v (%s)", q.Kind, err, connector.AsError(err).Hint)
	}
	for _, p := range page.Problems {
		t.Errorf("read %s: %s is a Problem: %v", q.Kind, p.ID, p.Err)
	}
	return page
}

func (s *subject) whole(k connector.Kind) connector.Query {
	return connector.Query{Kind: k, To: s.Now()}
}

func ids(page connector.Page) []string {
	var out []string
	for _, v := range page.Versions {
		out = append(out, v.ID)
	}
	for _, v := range page.Same {
		out = append(out, v.ID)
	}
	return out
}

// write makes the Sample's write.
func (s *subject) write(t *testing.T, ctx context.Context, w Sample) (connector.Receipt, error) {
	t.Helper()
	op := connector.Write{Kind: w.Kind, Operation: connector.OpCreate, Document: w.Document.Clone()}
	if b, ok := s.Instance.(connector.BatchSink); ok && s.Instance.Kind(w.Kind).Batch > 0 {
		r := b.WriteBatch(s.trace(ctx), []connector.Write{op})
		if len(r) != 1 {
			t.Fatalf("one write of %s has %d results", w.Kind, len(r))
		}
		return r[0].Receipt, r[0].Err
	}
	sink, ok := s.Instance.(connector.Sink)
	if !ok {
		t.Fatal("it says that it writes, and is no Sink")
	}
	return sink.Write(s.trace(ctx), op)
}

func (s *subject) find(t *testing.T, l connector.Lookup) ([]connector.Found, error) {
	t.Helper()
	f, ok := s.Instance.(connector.Finder)
	if !ok {
		return nil, nil
	}
	return f.Find(s.trace(t.Context()), l)
}
