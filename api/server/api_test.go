package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/gate"
	"ml-connector/people"
	"ml-connector/systems"
)

// asked is an API behind its gate, over a database with one Connection and no Flow, and the token of who asks.
type asked struct {
	http.Handler
	t     *testing.T
	token string
}

func newAsked(t *testing.T, roles ...people.Role) *asked {
	t.Helper()
	return newAskedWith(t, roles, nil)
}

func newAskedWith(t *testing.T, roles []people.Role, may []people.Permission) *asked {
	t.Helper()
	dir := t.TempDir()
	a, err := app.Open(t.Context(), app.Config{
		Process: config.Process{Database: "sqlite:" + filepath.Join(dir, "test.db") + "?durable=no", Key: "file:" + filepath.Join(dir, "key"), Dir: dir},
		Systems: systems.All(), Shipped: flows.Shipped(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Lookup: func(string) (string, bool) { return secret, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	const text = `connections: {s2p: {system: jaggaer, settings: {url: "https://acme.example.com", client_id: mlc, identity: ACME1}, secrets: {client_secret: env:S, shared_secret: env:S}}}`
	if _, err := a.AddConnection(t.Context(), "s2p", []byte(text), people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	made, err := a.AddToken(t.Context(), "tests", app.TokenOptions{Roles: roles, Permissions: may}, people.Local("cli:jdoe"))
	if err != nil {
		t.Fatal(err)
	}
	return &asked{t: t, token: made.Secret, Handler: gate.New(gate.Config{App: a}).Guard(NewAPI(Config{App: a, Version: "test", Log: a.Log}))}
}

func (x *asked) ask(method, path, body string) *httptest.ResponseRecorder {
	x.t.Helper()
	r := httptest.NewRequestWithContext(x.t.Context(), method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:50000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if x.token != "" {
		r.Header.Set("Authorization", "Bearer "+x.token)
	}
	w := httptest.NewRecorder()
	x.ServeHTTP(w, r)
	return w
}

// document is what /openapi.json says: per path and method, the operation.
func (x *asked) document() map[string]map[string]struct {
	OperationID string `json:"operationId"`
	Summary     string
	Responses   map[string]any
} {
	x.t.Helper()
	var d struct {
		Openapi string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string
			Responses   map[string]any
		}
	}
	w := x.ask("GET", "/openapi.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || d.Openapi != "3.1.0" {
		x.t.Fatalf("%v: %.200s", err, w.Body)
	}
	return d.Paths
}

// braces are the parameters of a path.
var braces = regexp.MustCompile(`\{[^}]*\}`)

// each calls f for each operation with a path that fits it.
func (x *asked) each(f func(method, path, id string)) {
	x.t.Helper()
	for path, methods := range x.document() {
		for method, op := range methods {
			f(strings.ToUpper(method), braces.ReplaceAllString(path, "1"), op.OperationID)
		}
	}
}

func TestTheSurfaceIsThere(t *testing.T) {
	t.Parallel()
	paths := newAsked(t, people.Admin).document()
	for _, want := range []string{"GET /connections", "POST /connections/{name}/ping", "GET /flows", "POST /flows/{name}/runs", "GET /flows/{name}/runs", "GET /runs/{id}", "GET /records",
		"GET /records/{connection}/{kind}/{id...}", "GET /deliveries", "GET /deliveries/{id}", "POST /deliveries/{id}/replay", "POST /deliveries/{id}/skip", "POST /deliveries/{id}/resolve",
		"POST /deliveries/replay", "POST /links", "POST /runs", "POST /connections/{name}/pause", "POST /connections/{name}/resume", "GET /audit", "GET /audit/verify", "GET /crosswalks", "GET /reconciliations", "POST /reconciliations"} {
		method, path, _ := strings.Cut(want, " ")
		op, there := paths[prefix+path][strings.ToLower(method)]
		if !there || op.Summary == "" || op.Responses["200"] == nil || op.Responses["default"] == nil {
			t.Errorf("%s: there %v, %+v", want, there, op)
		}
	}
}

func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	x := newAsked(t, people.Admin)
	refused := 0
	check := func(method, path, id string) {
		w := x.ask(method, path, "")
		if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" || w.Header().Get("Content-Type") != problemJSON || strings.Contains(w.Body.String(), "acme") {
			t.Errorf("%s: HTTP %d %v %s", id, w.Code, w.Header(), w.Body)
		}
		refused++
	}
	made := x.token
	for _, x.token = range []string{"", "mlc_nothing", made + "a", made[:len(made)-1]} {
		x.each(check)
		check("GET", prefix+"/nowhere", "nowhere")
		check("DELETE", prefix+"/flows", "not understood")
	}
	if refused < 40 {
		t.Errorf("only %d operations", refused)
	}
}

// TestNobodyDoesWhatTheyMayNot asks for everything as somebody who may read only, and as somebody who may not even that.
func TestNobodyDoesWhatTheyMayNot(t *testing.T) {
	t.Parallel()
	harmless := []string{"explain"} // they ask nobody and change nothing
	x := newAsked(t, people.Viewer)
	only := map[string]string{"skip-delivery": `{"reason":"a"}`, "resolve-delivery": `{"reason":"a","delivered":"1"}`, "replay-deliveries": `{"ids":[1]}`, "approve-deliveries": `{"ids":[1]}`, "assign-deliveries": `{"ids":[1],"to":"me"}`, "note-delivery": `{"text":"a"}`, "replay-delivery": `{}`, "pause-connection": `{}`,
		"set-crosswalk-row": `{"left":"a","right":"b"}`, "import-crosswalk": "peoplesoft,jaggaer\na,b\n", "link-records": `{"records":["s2p:supplier:1","erp:supplier:1"]}`, "add-person": `{"name":"ann","roles":["viewer"]}`, "give-roles": `{"roles":["viewer"]}`, "add-token": `{"name":"a","roles":["viewer"]}`, "add-connection": `{"name":"a","system":"left","settings":{}}`, "change-connection": `{"settings":{}}`, "rotate-secrets": `{"secrets":{}}`, "add-flows": `{"flows":[{"use":"a","from":"b","to":"c"}]}`}
	only["unlink-records"], only["keep-records-apart"], only["merge-records"] = only["link-records"], only["link-records"], only["link-records"]
	x.each(func(method, path, id string) {
		if method == http.MethodGet || slices.Contains(harmless, id) {
			return
		}
		if id == "reapply-flow" || id == "try-rules" {
			path += "?since=1h"
		}
		w := x.ask(method, path, only[id])
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "token:jdoe/tests lacks the permission") {
			t.Errorf("%s: HTTP %d %s", id, w.Code, w.Body)
		}
	})
	for _, path := range []string{"/dry-run", "/audit/export", "/people", "/people/jdoe", "/people/jdoe/sessions", "/tokens"} {
		if w := x.ask("GET", prefix+path, ""); w.Code != http.StatusForbidden {
			t.Errorf("%s: HTTP %d %s", path, w.Code, w.Body)
		}
	}
	x = newAskedWith(t, nil, []people.Permission{people.RunFlow})
	x.each(func(method, path, id string) {
		if w := x.ask(method, path, only[id]); w.Code != http.StatusForbidden {
			t.Errorf("without the permission to read, %s: HTTP %d %s", id, w.Code, w.Body)
		}
	})
}

func TestRequestsThatAreWrong(t *testing.T) {
	t.Parallel()
	x := newAsked(t, people.Admin)
	for name, row := range map[string]struct {
		method, path, body string
		status             int
		code               connector.Code
		says               string
	}{
		"an operation that there is not":       {"GET", "/nowhere", "", 404, connector.NotFound, "there is nothing at /api/v1/nowhere"},
		"a method that is not understood":      {"DELETE", "/flows", "", 405, connector.Invalid, "DELETE is not understood here"},
		"what there is not":                    {"GET", "/connections/erp", "", 404, connector.NotFound, "erp"},
		"a flow that there is not":             {"GET", "/flows/invoices/runs", "", 404, connector.NotFound, "invoices"},
		"a delivery that there is not":         {"GET", "/deliveries/7", "", 404, connector.NotFound, "7"},
		"an ID that is none":                   {"GET", "/deliveries/seven", "", 422, connector.Invalid, "path.id"},
		"a parameter that is not known":        {"GET", "/deliveries?stat=held", "", 422, connector.Invalid, "stat"},
		"a state that there is not":            {"GET", "/deliveries?state=lost", "", 422, connector.Invalid, "query.state"},
		"more rows than are given":             {"GET", "/deliveries?limit=1001", "", 422, connector.Invalid, "query.limit"},
		"a record to go on after that is none": {"GET", "/records?after=1", "", 422, connector.Invalid, "1"},
		"a time that is none":                  {"POST", "/reconciliations?since=yesterday", "", 422, connector.Invalid, "yesterday"},
		"a wait that is too long":              {"POST", "/runs?wait=11m", "", 422, connector.Invalid, "query.wait"},
		"a wait that is none":                  {"POST", "/runs?wait=soon", "", 422, connector.Invalid, "query.wait"},
		"no body where one must be":            {"POST", "/deliveries/1/skip", "", 400, connector.Invalid, "body"},
		"a body without what must be there":    {"POST", "/deliveries/1/skip", "{}", 422, connector.Invalid, "reason"},
		"a name that is not known":             {"POST", "/deliveries/1/skip", `{"reason":"a","raison":"b"}`, 422, connector.Invalid, "raison"},
		"a name twice":                         {"POST", "/deliveries/1/skip", `{"reason":"a","reason":"b"}`, 400, connector.Invalid, "twice"},
		"something after the body":             {"POST", "/deliveries/1/skip", `{"reason":"a"}{}`, 400, connector.Invalid, "after its end"},
		"both of two":                          {"POST", "/deliveries/1/resolve", `{"reason":"a","delivered":"1","not_sent":true}`, 422, connector.Invalid, "either"},
		"none of two":                          {"POST", "/deliveries/replay", `{}`, 422, connector.Invalid, "either ids or state"},
		"three records that are the same":      {"POST", "/links", `{"records":["a:b:1","a:b:2","a:b:3"]}`, 422, connector.Invalid, "records"},
		"a day that is none":                   {"POST", "/crosswalks/uom/rows", `{"left":"a","right":"b","valid_from":"soon"}`, 422, connector.Invalid, "valid_from"},
		"a body of something else":             {"POST", "/deliveries/1/skip", "<reason/>", 400, connector.Invalid, ""},
		"a hash that is none":                  {"GET", "/audit/verify?expect=abc", "", 422, connector.Invalid, "query.expect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := x.ask(row.method, prefix+row.path, row.body)
			var p problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != row.status || p.Status != row.status || p.Code != row.code || w.Header().Get("Content-Type") != problemJSON || !strings.Contains(w.Body.String(), row.says) || p.Hint == "" && row.code == connector.Invalid && p.Errors != nil {
				t.Errorf("HTTP %d %s: %s; expected %d %s with %q", w.Code, w.Header().Get("Content-Type"), w.Body, row.status, row.code, row.says)
			}
		})
	}
}

func TestTheDocsShowEveryOperation(t *testing.T) {
	t.Parallel()
	x := newAsked(t, people.Viewer)
	page := x.ask("GET", "/docs", "").Body.String()
	shown := 0
	x.each(func(_, _, id string) {
		if !strings.Contains(page, `<article id="`+id+`">`) {
			t.Errorf("%s is not shown", id)
		}
		shown++
	})
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("the link to %s leads nowhere", link[1])
		}
	}
	if strings.Contains(page, "<script") || shown < 40 {
		t.Errorf("%d operations, or a script", shown)
	}
}
