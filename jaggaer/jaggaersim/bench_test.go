package jaggaersim

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"ml-connector/sample"
)

// bench is a Server with a clock that stands still until it is told, asked by hand-made requests.
type bench struct {
	*Server
	t     *testing.T
	clock *clock
	token string
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const api = "/j1p/api/public/ji/v1/"

func newBench(t *testing.T, company *sample.Company, o Options) *bench {
	t.Helper()
	c := &clock{now: noon}
	o.Now, o.KeepBodies = c.Now, 1<<16
	b := &bench{Server: New(company, o), t: t, clock: c}
	b.token = b.login()
	return b
}

// small is a bench with a small JAGGAER: one supplier, one user, two accounts.
func small(t *testing.T, o Options) *bench {
	t.Helper()
	b := newBench(t, nil, o)
	b.AddUser("jdoe")
	for _, account := range []string{"610000", "630000"} {
		b.must(b.Add(CustomFieldValue, doc{"header": doc{"fieldInternalName": "Account", "value": account, "description": "Supplies", "active": "true"}}))
	}
	b.must(b.Add(Supplier, doc{"header": doc{"erpNumber": "0000012345", "sqIntegrationNumber": "u1", "name": "Acme Laboratory Supply Inc", "active": "true", "registrationStatus": "Approved"}}))
	return b
}

func (b *bench) must(id int64, err error) int64 {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) login() string {
	b.t.Helper()
	form := url.Values{"client_id": {b.options.ClientID}, "client_secret": {b.options.ClientSecret}, "grant_type": {"client_credentials"}}
	r := b.send("POST", "/auth/realms/J1p-integrations/protocol/openid-connect/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	token := text(r.json(), "access_token")
	if r.Code != 200 || token == "" {
		b.t.Fatalf("login: %d %s", r.Code, r.Body)
	}
	return token
}

type reply struct {
	*httptest.ResponseRecorder
	t *testing.T
}

func (r reply) json() doc {
	r.t.Helper()
	var out doc
	if err := decode(r.Body.Bytes(), &out); err != nil {
		r.t.Fatalf("answer %d is not JSON: %v: %s", r.Code, err, r.Body)
	}
	return out
}

// code is the returnCode as text.
func (r reply) code() string { r.t.Helper(); return text(r.json(), "returnCode") }

func (r reply) xml() *node {
	r.t.Helper()
	d, err := parseXML(r.Body.Bytes())
	if err != nil {
		r.t.Fatalf("answer %d is not XML: %v: %s", r.Code, err, r.Body)
	}
	return d.root
}

// status is the trimmed StatusCode of an XML answer.
func (r reply) status() string { r.t.Helper(); return first(r.xml(), "StatusCode").value() }

// first is the first element of that name anywhere.
func first(n *node, name string) *node {
	if n.name == name {
		return n
	}
	for _, c := range n.children {
		if found := first(c, name); found.name != "" {
			return found
		}
	}
	return &node{}
}

func (b *bench) send(method, target, body string, headers ...string) reply {
	b.t.Helper()
	r := httptest.NewRequest(method, "http://jaggaer.test"+target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return reply{w, b.t}
}

func (b *bench) get(target string) reply {
	b.t.Helper()
	return b.send("GET", target, "", "Authorization", "Bearer "+b.token, "Accept", "application/json")
}

func (b *bench) write(method, target string, body any) reply {
	b.t.Helper()
	raw, isText := body.(string)
	if !isText {
		raw = string(encode(body))
	}
	return b.send(method, target, raw, "Authorization", "Bearer "+b.token, "Content-Type", "application/json")
}

func (b *bench) post(name, document string) reply {
	b.t.Helper()
	return b.send("POST", "/apps/Router/"+name, document, "Content-Type", "text/xml; charset=UTF-8")
}

// ids reads a whole list as a client must: each page from the last item of the one before, until nothing new comes.
func (b *bench) ids(target, filter string) []string {
	b.t.Helper()
	e := b.profile.Entities[map[string]string{"invoices": Invoice, "purchaseorders": PurchaseOrder, "requisitions": Requisition, "suppliers": Supplier, "customfieldvalues": CustomFieldValue}[target]]
	var out []string
	seen := map[string]bool{}
	for start := 1; ; {
		page := b.get(api + target + "?start=" + itoa(start) + "&flt=" + url.QueryEscape(filter)).json()
		elements := items(page, e.ListKey+"."+e.ItemKey)
		fresh := 0
		for _, v := range elements {
			if h, ok := v["header"].(doc); ok {
				v = h
			}
			if id := text(v, e.defaultIDField); !seen[id] {
				seen[id] = true
				out = append(out, id)
				fresh++
			}
		}
		if fresh == 0 {
			return out
		}
		start += len(elements) - 1
		if len(elements) == 1 {
			start++
		}
	}
}

func itoa(n int) string { return integer(n).String() }

// listen serves the bench over a real connection, for faults that break one.
func (b *bench) listen() *httptest.Server {
	s := httptest.NewUnstartedServer(b)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	b.t.Cleanup(s.Close)
	return s
}

func fetch(t *testing.T, r *http.Request, wait time.Duration) (*http.Response, []byte, error) {
	t.Helper()
	client := &http.Client{Timeout: wait, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res, raw, err
}
