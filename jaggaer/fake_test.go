package jaggaer

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
)

// noon is the time of every test's clock.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fake is a Caller that answers by a function and keeps every request.
type fake struct {
	mu       sync.Mutex
	requests []connector.Request
	answer   func(r connector.Request) (*connector.Response, error)
	logins   func() (*connector.Response, error) // nil = a token for an hour
	tokens   int
}

func (f *fake) Call(_ context.Context, r connector.Request) (*connector.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Op == "token" {
		f.tokens++
		if f.logins != nil {
			return f.logins()
		}
		return reply200(fmt.Sprintf(`{"access_token":"token-%d","expires_in":3600,"token_type":"Bearer"}`, f.tokens)), nil
	}
	f.requests = append(f.requests, r)
	resp, err := f.answer(r)
	if resp == nil || resp.Exchange != "" {
		return resp, err
	}
	kept := *resp // several fakes may give the same answer
	kept.Exchange = fmt.Sprintf("exchange-%d", len(f.requests))
	return &kept, err
}

// seen are the paths and queries of the requests so far, readable.
func (f *fake) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, r := range f.requests {
		s, err := url.PathUnescape(strings.TrimPrefix(r.URL, "https://acme.example.com"))
		if err != nil {
			s = r.URL
		}
		out = append(out, r.Method+" "+s)
	}
	return out
}

func respond(status int, body string, header ...string) *connector.Response {
	r := &connector.Response{Status: status, Header: map[string]string{}, Body: []byte(body)}
	for n := 0; n+1 < len(header); n += 2 {
		r.Header[header[n]] = header[n+1]
	}
	return r
}

func reply200(body string) *connector.Response { return respond(200, body) }

// always answers every request alike.
func always(status int, body string, header ...string) *fake {
	return &fake{answer: func(connector.Request) (*connector.Response, error) { return respond(status, body, header...), nil }}
}

// inTurn gives one answer after the other; the last one for ever.
func inTurn(answers ...*connector.Response) *fake {
	n := 0
	return &fake{answer: func(connector.Request) (*connector.Response, error) {
		r := *answers[min(n, len(answers)-1)]
		n++
		return &r, nil
	}}
}

func silence() (*connector.Response, error) {
	return nil, connector.Errorf(connector.Unavailable, "", "nothing answers at host acme.example.com, port 443 (connection refused)").Advise("Check host and port.")
}

// bench is an open Instance with a clock that only waiting moves.
type bench struct {
	*Instance
	t     *testing.T
	mu    sync.Mutex
	at    time.Time
	waits []time.Duration
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

// pass moves the clock.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

// open makes an Instance of a healthy Connection; edits change its settings first.
func open(t *testing.T, caller connector.Caller, edits ...func(connector.Settings)) *bench {
	t.Helper()
	given := connector.Settings{
		"url": "https://acme.example.com", "client_id": "acme-peoplesoft", "xml_url": "https://router.example.com", "identity": "ACME30000999",
		"profile": map[string]any{},
	}
	for _, edit := range edits {
		edit(given)
	}
	v := New().Validate(given)
	if len(v.Problems) > 0 {
		t.Fatalf("the settings have problems: %v", v.Problems)
	}
	b := &bench{t: t, at: noon}
	i, err := New().Open(connector.Opening{
		Connection: "s2p", Settings: v.Settings, Secrets: map[string]string{"client_secret": "S3cr3t/plus +&", "shared_secret": "<shared> & secret"},
		Caller: caller, Now: b.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Instance = i.(*Instance)
	b.wait = func(ctx context.Context, d time.Duration) error {
		b.pass(d)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.waits = append(b.waits, d)
		return ctx.Err()
	}
	return b
}

// profileOf sets one key of the profile by its path.
func profileOf(value any, path ...string) func(connector.Settings) {
	return func(s connector.Settings) {
		at := s["profile"].(map[string]any)
		for _, name := range path[:len(path)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[path[len(path)-1]] = value
	}
}

// readAll reads every page.
func (b *bench) readAll(q connector.Query) (out connector.Page, err error) {
	for range 1000 {
		page, err := b.Read(b.t.Context(), q)
		if err != nil {
			return out, err
		}
		out.Versions = append(out.Versions, page.Versions...)
		out.Same = append(out.Same, page.Same...)
		out.Problems = append(out.Problems, page.Problems...)
		if page.Next == "" {
			return out, nil
		}
		q.After = page.Next
	}
	b.t.Fatal("the read does not end")
	return out, nil
}

func ids(vs []connector.Version) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.ID)
	}
	return strings.Join(out, " ")
}

// mustFail checks class and words of an error.
func mustFail(t *testing.T, err error, code connector.Code, words ...string) {
	t.Helper()
	e := connector.AsError(err)
	if e == nil {
		t.Fatalf("no error; expected %s", code)
	}
	if e.Code != code {
		t.Errorf("class %s, expected %s: %v", e.Code, code, e)
	}
	text := e.Error() + " | " + e.Hint
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the error does not say %q: %s", w, text)
		}
	}
	for _, secret := range []string{"S3cr3t", "<shared>", "token-1"} {
		if strings.Contains(text, secret) {
			t.Errorf("the error tells the secret %q: %s", secret, text)
		}
	}
}
