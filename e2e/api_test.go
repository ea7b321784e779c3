package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// apiDocument is what a test reads of /openapi.json.
type apiDocument struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Parameters  []struct {
			Name, In string
			Schema   map[string]any
		}
		RequestBody *struct {
			Content map[string]struct{ Schema map[string]any }
		}
		Responses map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
	}
	Components struct{ Schemas map[string]map[string]any }
}

// apiRig is a running server with a token.
type apiRig struct {
	*rig
	base, token string
	doc         apiDocument
}

func newAPIRig(t *testing.T) *apiRig {
	t.Helper()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	c, out := r.start("serve", "--listen", "127.0.0.1:0")
	t.Cleanup(func() { terminate(t, c, out) })
	x := &apiRig{rig: r, base: r.address(out)}
	x.token = r.newToken("tests", "admin")
	x.into(http.MethodGet, "/openapi.json", "", &x.doc)
	return x
}

// newToken makes a token and gives its secret.
func (r *rig) newToken(name, role string) string {
	r.t.Helper()
	var made struct{ Token string }
	text := r.do([]int{0}, "token", "add", name, "--role", role, "-o", "json")
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		r.t.Fatalf("%v: %s", err, text)
	}
	return made.Token
}

// ask asks as whoever has the token.
func (x *apiRig) ask(method, path, body string) (*http.Response, []byte) {
	x.t.Helper()
	req, err := http.NewRequestWithContext(x.t.Context(), method, x.base+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+x.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if strings.Contains(path, "/import") {
		req.Header.Set("Content-Type", "text/csv")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		x.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return resp, text
}

// into asks, expects what was asked for, and reads it.
func (x *apiRig) into(method, path, body string, v any) {
	x.t.Helper()
	resp, text := x.ask(method, path, body)
	if resp.StatusCode != http.StatusOK {
		x.t.Fatalf("%s %s: HTTP %d %s", method, path, resp.StatusCode, text)
	}
	if err := json.Unmarshal(text, v); err != nil {
		x.t.Fatalf("%s %s: %v: %.300s", method, path, err, text)
	}
}

// fits says where a value is not as its schema says, "" when it is.
func (d *apiDocument) fits(s map[string]any, v any, where string) string {
	if ref, ok := s["$ref"].(string); ok {
		name := ref[strings.LastIndex(ref, "/")+1:]
		if s = d.Components.Schemas[name]; s == nil {
			return where + ": there is no shape " + name
		}
	}
	if len(s) == 0 {
		return ""
	}
	if of, ok := s["anyOf"].([]any); ok {
		wrong := ""
		for _, o := range of {
			one, _ := o.(map[string]any)
			if wrong = d.fits(one, v, where); wrong == "" {
				return ""
			}
		}
		return wrong
	}
	var kinds []string
	switch t := s["type"].(type) {
	case string:
		kinds = []string{t}
	case []any:
		for _, k := range t {
			kinds = append(kinds, fmt.Sprint(k))
		}
	}
	kind := map[bool]string{true: "null"}[v == nil]
	switch x := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case json.Number:
		kind = "number"
		if !strings.ContainsAny(x.String(), ".eE") {
			kind = "integer"
		}
	case []any:
		kind = "array"
		items, _ := s["items"].(map[string]any)
		for n, e := range x {
			if wrong := d.fits(items, e, fmt.Sprintf("%s[%d]", where, n)); wrong != "" {
				return wrong
			}
		}
	case map[string]any:
		kind = "object"
		known, _ := s["properties"].(map[string]any)
		for name, e := range x {
			p, ok := known[name].(map[string]any)
			if !ok {
				switch more := s["additionalProperties"].(type) {
				case map[string]any:
					p = more
				case bool:
					if !more {
						return where + "." + name + " is not in the document"
					}
				}
			}
			if wrong := d.fits(p, e, where+"."+name); wrong != "" {
				return wrong
			}
		}
		must, _ := s["required"].([]any)
		for _, name := range must {
			if _, there := x[fmt.Sprint(name)]; !there {
				return where + " lacks " + fmt.Sprint(name)
			}
		}
	}
	if len(kinds) > 0 && !slices.Contains(kinds, kind) && (kind != "integer" || !slices.Contains(kinds, "number")) {
		return fmt.Sprintf("%s is %s, and the document says %v", where, kind, kinds)
	}
	if values, ok := s["enum"].([]any); ok && kind == "string" && !slices.Contains(values, v) {
		return fmt.Sprintf("%s is %v, which the document does not name", where, v)
	}
	return ""
}

// TestAPI asks one server, in this order: lists, commands through it, every operation, and what nobody should ask.
func TestAPI(t *testing.T) {
	t.Parallel()
	x := newAPIRig(t)
	if status, out, talk := x.through("sync", "-o", "json", "--wait", "2m"); status != 3 || strings.Count(out, `"flow": `) != 6 {
		t.Fatalf("sync: exit status %d\n%s%s", status, out, talk)
	}
	for _, flow := range []string{"gl-accounts", "suppliers-to-jaggaer", "suppliers-to-peoplesoft", "requisitions", "purchase-orders", "invoices"} { // nothing runs meanwhile
		if status, _, talk := x.through("flow", "disable", flow); status != 0 {
			t.Fatalf("flow disable %s: %d %s", flow, status, talk)
		}
	}
	x.quiet()
	for _, part := range []struct {
		name string
		test func(*testing.T, *apiRig)
	}{{"the API and the commands agree", agree}, {"commands act through a server", actThrough}, {"answers are as the document says", answerAsSaid}, {"nothing that is asked breaks it", unbroken}} {
		t.Run(part.name, func(t *testing.T) {
			mine := *x
			mine.rig = &rig{t: t, dir: x.dir, site: x.site}
			part.test(t, &mine)
		})
	}
}

// quiet waits until no Run is under way.
func (x *apiRig) quiet() {
	x.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; <-time.After(200 * time.Millisecond) {
		if x.allRan() {
			return
		}
		if time.Now().After(end) {
			x.t.Fatal("a run does not end")
		}
	}
}

// answerAsSaid asks for every operation once with what is really there, and holds each answer against the document.
func answerAsSaid(t *testing.T, x *apiRig) {
	x.do([]int{0}, "flow", "enable", "invoices")
	var synced runs
	x.into(http.MethodPost, "/api/v1/runs?wait=2m", "", &synced)
	if len(synced.Runs) != 1 {
		t.Fatalf("%d runs", len(synced.Runs))
	}
	var held, doubtful []struct {
		ID     int64
		Record struct{ Connection, ID string }
		Kind   string
	}
	x.into(http.MethodGet, "/api/v1/deliveries?state=held", "", &held)
	x.into(http.MethodGet, "/api/v1/deliveries?state=delivered&limit=2", "", &doubtful)
	if len(held) == 0 || len(doubtful) != 2 {
		t.Fatalf("%d held, %d delivered", len(held), len(doubtful))
	}
	record := doubtful[0]
	x.do([]int{0, 3}, "sync", "--dry-run", "--save", "third", "invoices")
	for _, name := range []string{"bea", "cid"} {
		x.do([]int{0}, "user", "add", name, "--role", "viewer")
	}
	x.newToken("gone", "viewer")
	x.into(http.MethodPost, "/api/v1/connections", `{"name":"spare","system":"jaggaer","settings":{"url":"https://spare.example.com","client_id":"x"},"secrets":{"client_secret":"x"}}`, &struct{}{})
	delivery := fmt.Sprint(held[0].ID)
	at := func(path string) string { return "/api/v1" + path }
	ofRecord := fmt.Sprintf("/%s/%s/%s", record.Record.Connection, record.Kind, url.PathEscape(record.Record.ID))
	type example struct {
		path, body string
		status     int // 0 = 200
	}
	examples := map[string]example{
		"list-deliveries": {path: "/deliveries?limit=3&order=newest"}, "show-delivery": {path: "/deliveries/" + fmt.Sprint(record.ID)},
		"replay-deliveries": {path: "/deliveries/replay?wait=30s", body: `{"state":"held","flow":"invoices"}`}, "replay-delivery": {path: "/deliveries/" + delivery + "/replay?wait=30s", body: `{"create":false}`},
		"approve-deliveries": {path: "/deliveries/approve?wait=1s", body: `{"state":"held"}`}, "approve-delivery": {path: "/deliveries/" + delivery + "/approve", status: 409}, "skip-delivery": {path: "/deliveries/" + delivery + "/skip", body: `{"reason":"entered by hand"}`},
		"assign-deliveries": {path: "/deliveries/assign", body: `{"ids":[` + delivery + `],"to":"me"}`}, "note-delivery": {path: "/deliveries/" + delivery + "/note", body: `{"text":"asked the supplier"}`},
		"resolve-delivery": {path: "/deliveries/" + delivery + "/resolve", body: `{"not_sent":true,"reason":"looked"}`, status: 409},
		"list-records":     {path: "/records?limit=5"}, "show-record": {path: "/records" + ofRecord}, "explain-record": {path: "/explained" + ofRecord},
		"link-records": {path: "/links", body: `{"records":["erp:supplier:nobody","s2p:supplier:nobody"]}`}, "unlink-records": {path: "/links/remove", body: `{"records":["erp:supplier:nobody","s2p:supplier:nobody"]}`},
		"merge-records": {path: "/links/merged", body: `{"records":["erp:supplier:nobody","erp:supplier:noone"]}`, status: 404}, "keep-records-apart": {path: "/links/apart", body: `{"records":["erp:supplier:nobody","s2p:supplier:nobody"]}`, status: 409}, "list-link-candidates": {path: "/links/candidates"},
		"list-flows": {path: "/flows"}, "show-flow": {path: "/flows/invoices"}, "enable-flow": {path: "/flows/gl-accounts/enable"}, "disable-flow": {path: "/flows/gl-accounts/disable"},
		"reapply-flow": {path: "/flows/invoices/reapply?since=1h&wait=30s"}, "list-runs-of-flow": {path: "/flows/invoices/runs"}, "run-flow": {path: "/flows/invoices/runs?wait=30s"},
		"list-runs": {path: "/runs?limit=2"}, "run-flows": {path: "/runs?wait=30s"}, "show-run": {path: "/runs/1"}, "watch-run": {path: "/runs/1/events"},
		"list-connections": {path: "/connections"}, "show-connection": {path: "/connections/s2p"}, "list-requirements": {path: "/connections/erp/requirements"}, "ping-connection": {path: "/connections/s2p/ping"},
		"pause-connection": {path: "/connections/s2p/pause", body: `{"reason":"works there"}`}, "resume-connection": {path: "/connections/s2p/resume"},
		"list-crosswalks": {path: "/crosswalks"}, "show-crosswalk": {path: "/crosswalks/uom"}, "list-missing-values": {path: "/missing-values"}, "list-crosswalk-changes": {path: "/crosswalks/uom/history"}, "find-record": {path: "/record?id=" + url.QueryEscape(record.Record.ID)}, "explain-found-record": {path: "/explained?id=" + url.QueryEscape(record.Record.ID)}, "try-rules": {path: "/flows/invoices/impact?since=1h"}, "export-crosswalk": {path: "/crosswalks/uom/export"},
		"set-crosswalk-row": {path: "/crosswalks/uom/rows", body: `{"left":"CASE","right":"CS"}`}, "import-crosswalk": {path: "/crosswalks/uom/import?dry_run=true", body: "jaggaer,peoplesoft\nCASE,CS\n"},
		"take-evidence": {path: "/evidence?id=" + url.QueryEscape(record.Record.Connection+":"+record.Kind+":"+record.Record.ID)},
		"list-entries":  {path: "/audit?limit=4"}, "verify-ledger": {path: "/audit/verify"}, "export-ledger": {path: "/audit/export"},
		"dry-run": {path: "/dry-run?flow=invoices"}, "list-plans": {path: "/plans"}, "show-plan": {path: "/plans/third"}, "save-plan": {path: "/plans/second?flow=invoices"},
		"approve-plan": {path: "/plans/third/approve", status: 403}, "run-plan": {path: "/plans/second/run", status: 403}, "end-plan": {path: "/plans/second/end", status: 409},
		"list-reconciliations": {path: "/reconciliations"}, "reconcile": {path: "/reconciliations?flow=invoices"},
		"list-people": {path: "/people"}, "add-person": {path: "/people", body: `{"name":"ann","roles":["viewer"]}`}, "show-person": {path: "/people/ann"}, "invite-person": {path: "/people/bea/invite"}, "give-roles": {path: "/people/bea/roles", body: `{"roles":["operator","viewer"]}`},
		"disable-person": {path: "/people/bea/disable"}, "enable-person": {path: "/people/bea/enable"}, "remove-person": {path: "/people/cid/remove"}, "forget-sign-on": {path: "/people/bea/forget-sign-on"}, "list-sessions": {path: "/people/bea/sessions"}, "end-sessions": {path: "/people/bea/sessions/end"},
		"list-tokens": {path: "/tokens"}, "add-token": {path: "/tokens", body: `{"name":"more","roles":["viewer"]}`, status: 403}, "revoke-token": {path: "/tokens/gone/revoke"},
		"list-systems": {path: "/systems"}, "show-system": {path: "/systems/jaggaer"}, "add-connection": {path: "/connections", body: `{"name":"third","system":"jaggaer","settings":{"url":"https://third.example.com","client_id":"x"},"secrets":{"client_secret":"x"}}`},
		"change-connection": {path: "/connections/third/settings", body: `{"settings":{"concurrency":"3"}}`}, "rotate-secrets": {path: "/connections/third/secrets", body: `{"secrets":{"client_secret":"y"}}`}, "remove-connection": {path: "/connections/spare/remove"},
		"list-flow-choices": {path: "/connections/s2p/flow-choices"}, "add-flows": {path: "/flows", body: `{"flows":[{"use":"invoices","from":"s2p","to":"erp"}]}`, status: 409},
		"why": {path: "/why?number=" + url.QueryEscape(record.Record.ID)}, "explain": {path: "/explain", body: `{"text":"(158,505)"}`}, "doctor": {path: "/doctor"}, "about": {path: "/about"}, "list-alerts": {path: "/alerts"}, "show-settings": {path: "/settings"}, "make-support-bundle": {path: "/support"}, "test-alert": {path: "/alerts/test?channel=nobody", status: 404},
	}
	for _, path := range slices.Sorted(maps.Keys(x.doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(x.doc.Paths[path])) { // GET before POST
			op := x.doc.Paths[path][method]
			e, there := examples[op.OperationID]
			if !there {
				t.Errorf("%s has no example", op.OperationID)
				continue
			}
			delete(examples, op.OperationID)
			resp, text := x.ask(strings.ToUpper(method), at(e.path), e.body)
			want := e.status
			if want == 0 {
				want = http.StatusOK
			}
			if resp.StatusCode != want {
				t.Errorf("%s: HTTP %d, expected %d: %.500s", op.OperationID, resp.StatusCode, want, text)
				continue
			}
			part := "200"
			if e.status != 0 {
				part = "default"
			}
			schema, json := op.Responses[part].Content[strings.TrimSuffix(resp.Header.Get("Content-Type"), "; charset=utf-8")]
			if !json || len(schema.Schema) == 0 {
				continue
			}
			if wrong := x.doc.fits(schema.Schema, value(t, text), "body"); wrong != "" {
				t.Errorf("%s: %s: %.500s", op.OperationID, wrong, text)
			}
		}
	}
	for id := range examples {
		t.Errorf("there is no operation %s", id)
	}
}

func value(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Errorf("%v: %.300s", err, text)
	}
	return v
}

// agree holds lists of the API against those of the commands, row by row, in parts and as a whole.
func agree(t *testing.T, x *apiRig) {
	for path, command := range map[string][]string{
		"/deliveries?limit=7":            {"delivery", "list"},
		"/deliveries?state=held&limit=2": {"delivery", "list", "--state", "held"},
		"/records?limit=50":              {"record", "list"},
		"/records?kind=supplier&limit=3": {"record", "list", "--kind", "supplier"},
		"/connections":                   {"connection", "list"},
		"/crosswalks":                    {"crosswalk", "list"},
		"/audit?action=flow.&limit=3":    {"audit", "list", "--action", "flow."},
	} {
		text := x.do([]int{0}, append(command, "-o", "json")...)
		want, _ := value(t, []byte(text)).([]any)
		got := x.all("/api/v1" + path)
		if len(want) == 0 || len(got) != len(want) {
			t.Errorf("%s: %d rows, and %v has %d", path, len(got), command, len(want))
			continue
		}
		for n := range want {
			if fmt.Sprint(got[n]) != fmt.Sprint(want[n]) {
				t.Errorf("%s: row %d is %v, and %v has %v", path, n, got[n], command, want[n])
			}
		}
	}
}

// through runs a command through the server, as whoever has the token, and gives its exit status and what it printed.
func (x *apiRig) through(args ...string) (status int, out, talk string) {
	x.t.Helper()
	c := exec.CommandContext(x.t.Context(), binary, append([]string{"--server", x.base}, args...)...)
	c.Dir = x.t.TempDir() // nothing of the installation is here
	c.Env = append(os.Environ(), "ML_CONNECTOR_CONFIG=", "ML_CONNECTOR_DATABASE=", "ML_CONNECTOR_TOKEN="+x.token)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil && c.ProcessState == nil {
		x.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// actThrough runs each command that can through the server and on the database, and holds what they print against each other; what changes
// something is done through the server, and seen on the database.
func actThrough(t *testing.T, x *apiRig) {
	var held []struct{ ID int64 }
	x.into(http.MethodGet, "/api/v1/deliveries?state=held", "", &held)
	delivery := fmt.Sprint(held[0].ID)
	for _, command := range []string{"delivery list", "delivery list --state held -o csv", "delivery show " + delivery, "delivery show " + delivery + " -o json", "record list -o json", "record list --kind supplier --limit 3",
		"record show erp:supplier:SHARE/0000010010 -o json", "record show SHARE/0000010010", "record history erp:supplier:SHARE/0000010010", "record show erp:supplier:SHARE/0000010010 --explain", "record show nothing", "why 0000010010", "flow list", "flow show invoices",
		"connection list", "connection show s2p", "connection show s2p -o json", "connection requirements erp", "crosswalk list", "crosswalk show uom", "crosswalk todo", "crosswalk export uom", "crosswalk history uom", "crosswalk export nothing",
		"audit list --action flow. -o json", "audit list --limit 5", "alert list", "alert channels", "plan list", "plan show nothing", "link --candidates -o csv", "explain (158,505)", "user list", "user show nobody", "user list -o json"} {
		args := strings.Fields(command)
		status, out, talk := x.through(args...)
		here := exec.CommandContext(t.Context(), binary, args...)
		here.Dir, here.Env = x.dir, append(os.Environ(), "ML_CONNECTOR_CONFIG=", "ML_CONNECTOR_DATABASE=")
		var stdout, stderr bytes.Buffer
		here.Stdout, here.Stderr = &stdout, &stderr
		if err := here.Run(); err != nil && here.ProcessState == nil {
			t.Fatal(err)
		}
		if status != here.ProcessState.ExitCode() || out != stdout.String() || talk != stderr.String() {
			t.Errorf("%s: exit status %d through the server, %d on the database\n--- through the server\n%.1500s%.500s\n--- on the database\n%.1500s%.500s", command, status, here.ProcessState.ExitCode(), out, talk, stdout.String(), stderr.String())
		}
	}
	for _, row := range []struct {
		command []string
		status  int
		entry   string
	}{
		{[]string{"delivery", "skip", delivery, "--reason", "entered by hand"}, 0, "delivery.skipped"},
		{[]string{"delivery", "replay", delivery, "--wait", "0s"}, 0, "delivery.replayed"},
		{[]string{"delivery", "assign", delivery}, 0, "delivery.assigned"},
		{[]string{"delivery", "note", delivery, "asked the supplier"}, 0, "delivery.noted"},
		{[]string{"delivery", "resolve", delivery, "--not-sent", "--reason", "looked"}, 3, ""},
		{[]string{"delivery", "approve", delivery, "--wait", "0s"}, 3, ""},
		{[]string{"delivery", "approve", "--state", "held", "--wait", "0s"}, 0, ""},
		{[]string{"connection", "pause", "s2p", "--reason", "works there"}, 0, "connection.paused"},
		{[]string{"connection", "resume", "s2p"}, 0, "connection.resumed"},
		{[]string{"connection", "ping"}, 0, ""},
		{[]string{"crosswalk", "set", "uom", "CASE", "CS"}, 0, "crosswalk.set"},
		{[]string{"flow", "enable", "invoices"}, 0, "flow.enabled"},
		{[]string{"link", "erp:supplier:nobody", "s2p:supplier:nobody"}, 0, "link.made"},
		{[]string{"unlink", "erp:supplier:nobody", "s2p:supplier:nobody"}, 0, "link.removed"},
		{[]string{"sync", "invoices", "--dry-run", "--save", "first"}, 0, "plan.saved"},
		{[]string{"plan", "approve", "first"}, 4, ""},
		{[]string{"reconcile", "invoices"}, 3, "flow.reconciled"},
		{[]string{"reconcile", "invoices", "--last"}, 3, ""},
		{[]string{"user", "add", "dee", "--role", "viewer"}, 0, "person.added"},
		{[]string{"user", "invite", "dee"}, 0, "person.invited"},
		{[]string{"user", "role", "dee", "--role", "operator"}, 0, "person.roles_changed"},
		{[]string{"user", "sessions", "dee", "--end"}, 0, ""},
		{[]string{"user", "disable", "dee"}, 0, "person.disabled"},
		{[]string{"user", "enable", "dee"}, 0, "person.enabled"},
		{[]string{"user", "forget-sign-on", "dee"}, 0, ""},
		{[]string{"user", "show", "dee"}, 0, ""},
		{[]string{"user", "remove", "dee"}, 0, "person.removed"},
		{[]string{"user", "show", "dee"}, 3, ""},
		{[]string{"token", "add", "more", "--role", "viewer"}, 4, ""},
		{[]string{"token", "revoke", "more"}, 3, ""},
		{[]string{"audit", "verify"}, 0, ""},
		{[]string{"doctor"}, 0, ""},
		{[]string{"flow", "reapply", "invoices", "--since", "1h", "--dry-run"}, 3, ""},
	} {
		status, out, talk := x.through(row.command...)
		if status != row.status {
			t.Errorf("%v: exit status %d, expected %d\n%s%s", row.command, status, row.status, out, talk)
		}
		if row.entry != "" && !strings.Contains(x.do([]int{0}, "audit", "list", "-o", "json", "--action", row.entry), `"token:`) {
			t.Errorf("%v leaves no entry %s of the token", row.command, row.entry)
		}
	}
	x.token = x.newToken("reader", "viewer")
	if status, _, talk := x.through("delivery", "skip", delivery, "--reason", "a"); status != 4 || !strings.Contains(talk, "lacks the permission delivery.skip") {
		t.Errorf("as a viewer: exit status %d, %s", status, talk)
	}
	x.do([]int{0}, "token", "revoke", "reader")
	if status, _, talk := x.through("flow", "list"); status != 4 {
		t.Errorf("with a token that was revoked: exit status %d, %s", status, talk)
	}
}

// all reads a list to its end.
func (x *apiRig) all(path string) []any {
	x.t.Helper()
	var out []any
	for parts := 0; path != ""; parts++ {
		resp, text := x.ask(http.MethodGet, path, "")
		rows, ok := value(x.t, text).([]any)
		if !ok || parts > 1000 {
			x.t.Fatalf("%s: HTTP %d %.300s", path, resp.StatusCode, text)
		}
		out = append(out, rows...)
		path, _, _ = strings.Cut(strings.TrimPrefix(resp.Header.Get("Link"), "<"), ">")
	}
	return out
}

// hostile are values that no operation expects.
var hostile = []string{"", "0", "-1", "1", "9223372036854775807", "9223372036854775808", "1e9", "true", "null", "%00", "%2F..%2F", "a%20b", "%F0%9F%92%A9", "%FF%FE", "'%20OR%201=1--", "<script>", strings.Repeat("a", 3000), "2026-02-30", "s2p:supplier:1"}

// unbroken asks for every operation with every hostile value in each of its places.
func unbroken(t *testing.T, x *apiRig) {
	asked, began := 0, time.Now()
	try := func(method, path, body string) {
		resp, text := x.ask(method, path, body)
		asked++
		if resp.StatusCode == http.StatusInternalServerError || resp.StatusCode >= 400 && resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %.200s %.200s: HTTP %d %s %.300s", method, path, body, resp.StatusCode, resp.Header.Get("Content-Type"), text)
		}
	}
	slow := []string{"ping-connection", "reconcile", "dry-run", "save-plan", "run-flows", "doctor", "make-support-bundle", "watch-run"}
	for path, methods := range x.doc.Paths {
		for method, op := range methods {
			method = strings.ToUpper(method)
			for _, h := range hostile {
				if slices.Contains(slow, op.OperationID) && h != "%00" && h != "<script>" {
					continue
				}
				at := path
				var query []string
				for _, p := range op.Parameters {
					switch p.In {
					case "path":
						at = strings.NewReplacer("{"+p.Name+"}", h, "{"+p.Name+"...}", h).Replace(at)
					case "query":
						if p.Name != "wait" {
							query = append(query, p.Name+"="+strings.ReplaceAll(h, " ", "+"))
						}
					}
				}
				try(method, at, "")
				for _, q := range query {
					try(method, strings.NewReplacer("{id}", "1", "{name}", "invoices", "{connection}", "erp", "{kind}", "supplier", "{id...}", "1").Replace(path)+"?"+q, "")
				}
			}
			if op.RequestBody == nil {
				continue
			}
			at := strings.NewReplacer("{id}", "1", "{name}", "uom").Replace(path)
			for _, body := range []string{"{}", "[]", "null", "1", `"a"`, "{", "\xff", `{"a":1}`, strings.Repeat("[", 100_000), `{"ids":["a"]}`, `{"ids":[-1]}`, `{"ids":[9223372036854775807]}`, `{"reason":null}`, `{"reason":{}}`,
				`{"reason":"\u0000"}`, `{"records":["a","b"]}`, `{"records":["a:b:c","\u0000:b:c"]}`, `{"left":"\u0000","right":"b"}`, `{"left":"a","right":"b","valid_from":"2026-12-01","valid_to":"2026-01-01"}`, `{"text":"\u0000"}`, `{"state":"held","flow":"\u0000"}`} {
				try(method, at, body)
			}
		}
	}
	if asked < 1000 {
		t.Errorf("asked only %d times", asked)
	}
	t.Logf("asked %d times in %v", asked, time.Since(began))
}
