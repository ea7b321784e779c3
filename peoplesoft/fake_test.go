package peoplesoft

import (
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
)

// fakeCaller answers by a function and keeps what it was asked.
type fakeCaller struct {
	mu     sync.Mutex
	calls  []connector.Request
	answer func(r connector.Request) (*connector.Response, error)
}

func (f *fakeCaller) Call(_ context.Context, r connector.Request) (*connector.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Header = maps.Clone(r.Header)
	f.calls = append(f.calls, r)
	resp, err := f.answer(r)
	if resp != nil && resp.Exchange == "" {
		resp.Exchange = "x1"
	}
	return resp, err
}

func (f *fakeCaller) last() connector.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[len(f.calls)-1]
}

func (f *fakeCaller) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func answerWith(status int, contentType, body string) *connector.Response {
	return &connector.Response{Status: status, Header: map[string]string{"Content-Type": contentType}, Body: []byte(body)}
}

func always(status int, contentType, body string) *fakeCaller {
	return &fakeCaller{answer: func(connector.Request) (*connector.Response, error) {
		return answerWith(status, contentType, body), nil
	}}
}

// testNow is the clock of tests: a winter noon in Chicago.
var testNow = time.Date(2026, 3, 4, 18, 0, 0, 0, time.UTC)

func testSettings() connector.Settings {
	return connector.Settings{"host": "psft.example.com", "port": int64(8443), "node": "PSFT_EP", "username": "MLC", "time_zone": "America/Chicago",
		"setids": []any{"SHARE"}, "business_units": []any{"US001", "US002"}}
}

// open makes an Instance from the settings of a plain site, changed by edits of dotted paths.
func open(t *testing.T, c connector.Caller, edits ...any) *Instance {
	t.Helper()
	s := testSettings()
	for n := 0; n < len(edits); n += 2 {
		set(s, edits[n].(string), edits[n+1])
	}
	v := New().Validate(s)
	for _, p := range v.Problems {
		t.Fatalf("setting %s %s", p.Path, p.Message)
	}
	i, err := New().Open(connector.Opening{Connection: "erp", Settings: v.Settings, Caller: c, Now: func() time.Time { return testNow },
		Secrets: map[string]string{"password": "pw<&>1", "client_secret": "cs/+1", "ps_token": "tok1", "node_password": "np1"}})
	if err != nil {
		t.Fatal(err)
	}
	return i.(*Instance)
}

func set(s map[string]any, path string, v any) {
	head, rest, deep := strings.Cut(path, ".")
	if !deep {
		if v == nil {
			delete(s, head)
			return
		}
		s[head] = v
		return
	}
	sub, ok := s[head].(map[string]any)
	if !ok {
		sub = map[string]any{}
		s[head] = sub
	}
	set(sub, rest, v)
}

// prompts are the prompt values of a query's address, by name.
func promptsOf(t *testing.T, address string) map[string]string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	q := u.Query()
	names, values := strings.Split(q.Get("prompt_uniquepromptname"), ","), strings.Split(q.Get("prompt_fieldvalue"), ",")
	for n := range names {
		out[names[n]] = values[n]
	}
	return out
}

// queryOf is the name of the query in an address.
func queryOf(address string) string {
	_, rest, _ := strings.Cut(address, "ExecuteQuery.v1/")
	parts := strings.Split(rest, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}
