package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/people"
	"ml-connector/store"
)

// forms is every form, an address of it over the ugly database, and the permission that it needs; "" for those of everybody who is
// known, "open" for those of everybody.
var forms = map[string]struct {
	path  string
	form  url.Values
	needs people.Permission
}{
	"/login":                        {"/login", url.Values{}, "open"},
	"/logout":                       {"/logout", url.Values{}, "open"},
	"/welcome/{secret}":             {"/welcome/none", url.Values{}, "open"},
	"/you/sessions":                 {"/you/sessions", url.Values{"session": {"none"}}, ""},
	"/you/password":                 {"/you/password", url.Values{}, ""},
	"/you/sign-on":                  {"/you/sign-on", url.Values{}, ""},
	"/people/{name}/forget-sign-on": {"/people/none/forget-sign-on", url.Values{}, people.ChangePeople},
	"/people":                       {"/people", url.Values{}, people.ChangePeople},
	"/people/{name}/roles":          {"/people/none/roles", url.Values{}, people.ChangePeople},
	"/people/{name}/disable":        {"/people/none/disable", url.Values{}, people.ChangePeople},
	"/people/{name}/enable":         {"/people/none/enable", url.Values{}, people.ChangePeople},
	"/people/{name}/remove":         {"/people/none/remove", url.Values{}, people.ChangePeople},
	"/people/{name}/sessions":       {"/people/none/sessions", url.Values{}, people.ChangePeople},
	"/people/{name}/invite":         {"/people/none/invite", url.Values{}, people.ChangePeople},
	"/tokens":                       {"/tokens", url.Values{"days": {"1"}}, people.ChangePeople},
	"/tokens/{name}/revoke":         {"/tokens/none/revoke", url.Values{}, people.ChangePeople},
	"/deliveries/{id}/replay":       {"/deliveries/999999/replay", url.Values{}, people.ReplayDelivery},
	"/deliveries/{id}/skip":         {"/deliveries/999999/skip", url.Values{"reason": {"x"}}, people.SkipDelivery},
	"/deliveries/{id}/resolve":      {"/deliveries/999999/resolve", url.Values{"how": {"not_sent"}, "reason": {"x"}}, people.ResolveDelivery},
	"/deliveries/{id}/approve":      {"/deliveries/999999/approve", url.Values{}, people.ApproveDelivery},
	"/held/replay":                  {"/held/replay", nil, people.ReplayDelivery}, // what a preview showed
	"/held/skip":                    {"/held/skip", nil, people.SkipDelivery},
	"/connections/{name}/pause":     {"/connections/none/pause", url.Values{}, people.PauseConnection},
	"/connections/{name}/resume":    {"/connections/none/resume", url.Values{}, people.PauseConnection},
	"/connections/{name}/ping":      {"/connections/none/ping", url.Values{}, people.CheckConnection},
	"/connect/{system}":             {"/connect/none", url.Values{"name": {"x"}}, people.ChangeConnection},
	"/connections/{name}/edit":      {"/connections/none/edit", url.Values{}, people.ChangeConnection},
	"/connections/{name}/secrets":   {"/connections/none/secrets", url.Values{}, people.ChangeConnection},
	"/connections/{name}/remove":    {"/connections/none/remove", url.Values{"again": {"none"}}, people.ChangeConnection},
	"/connections/{name}/flows":     {"/connections/none/flows", url.Values{}, people.ChangeConnection},
	"/flows/{name}/enable":          {"/flows/none/enable", url.Values{}, people.EnableFlow},
	"/flows/{name}/disable":         {"/flows/none/disable", url.Values{}, people.EnableFlow},
	"/flows/{name}/run":             {"/flows/none/run", url.Values{}, people.RunFlow},
	"/plans":                        {"/plans", url.Values{"name": {"x"}, "flow": {"none"}}, people.PlanFlow},
	"/plans/{name}/approve":         {"/plans/none/approve", url.Values{}, people.ApprovePlan},
	"/plans/{name}/run":             {"/plans/none/run", url.Values{}, people.RunFlow},
	"/plans/{name}/end":             {"/plans/none/end", url.Values{}, people.RunFlow},
	"/settings/test":                {"/settings/test", url.Values{"channel": {"none"}}, people.ChangeSettings},
	"/reconciliations":              {"/reconciliations", url.Values{"flow": {"none"}}, people.Reconcile},
	"/crosswalks/{name}/rows":       {"/crosswalks/none/rows", url.Values{"left": {"a"}, "right": {"b"}}, people.ChangeCrosswalk},

	"/deliveries/{id}/assign": {"/deliveries/999999/assign", url.Values{"to": {"nobody"}}, people.AssignDelivery},
	"/deliveries/{id}/note":   {"/deliveries/999999/note", url.Values{"text": {"x"}}, people.AssignDelivery},
	"/held/assign":            {"/held/assign", url.Values{"cause": {"none"}, "state": {"held"}, "to": {"nobody"}}, people.AssignDelivery},
}

// TestEveryFormAsksForItsPermission (I24) finds all forms in the sources, and sends each as nobody, as each role, and from another site.
func TestEveryFormAsksForItsPermission(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range sources {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`"(?:POST|PUT|DELETE|PATCH) ([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			found++
			if _, ok := forms[m[1]]; !ok {
				t.Errorf("the form %s of %s stands in no row of this test", m[1], file)
			}
		}
	}
	if found != len(forms) {
		t.Errorf("%d forms are in the sources, %d in this test", found, len(forms))
	}
	s := closed(t)
	held := seenPreview(t, s)
	for name, f := range forms {
		if f.form == nil {
			f.form = held
		}
		if w := s.browser().ask(f.path, f.form); (w.Code == http.StatusUnauthorized) != (f.needs != "open") && name != "/login" {
			t.Errorf("%s as nobody: %d", name, w.Code)
		}
	}
	before := entries(t, s)
	for _, role := range people.Roles() {
		b := s.as("a-"+string(role), role)
		for name, f := range forms {
			if f.needs == "open" {
				continue
			}
			if f.form == nil {
				f.form = url.Values{"cause": {"none"}, "state": {"held"}, "last": {"1"}, "count": {"1"}, "reason": {"x"}}
				if may(role, f.needs) {
					continue // TestBulk does it
				}
				f.form = held
			}
			w := b.ask(f.path, f.form)
			if allowed := f.needs == "" || may(role, f.needs); (w.Code == http.StatusForbidden) == allowed {
				t.Errorf("%s as %s: %d %s", name, role, w.Code, w.Body)
			}
			r := httptest.NewRequest(http.MethodPost, f.path, strings.NewReader(f.form.Encode()))
			r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:54321"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", "https://evil.example")
			r.AddCookie(&http.Cookie{Name: "ml-connector", Value: b.cookies["ml-connector"]})
			cross := httptest.NewRecorder()
			if s.ServeHTTP(cross, r); cross.Code != http.StatusForbidden || !strings.Contains(cross.Body.String(), "another site") {
				t.Errorf("%s as %s from another site: %d", name, role, cross.Code)
			}
		}
	}
	for _, e := range entries(t, s)[len(before):] {
		if !strings.HasPrefix(e.Action, "person.added") && !strings.HasPrefix(e.Action, "session.") && !strings.HasPrefix(e.Action, "password.") {
			t.Errorf("something was done: %+v", e)
		}
	}
}

func may(role people.Role, p people.Permission) bool {
	return people.Actor{Permissions: people.Of(role)}.Can(p)
}

func entries(t *testing.T, s *site) []connector.Entry {
	t.Helper()
	es, err := s.app.DB.Entries(t.Context(), store.EntryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return es
}

// fields are the hidden fields of a page's last form.
func fields(html string) url.Values {
	out := url.Values{}
	for _, m := range regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		out.Set(m[1], m[2])
	}
	return out
}

// seenPreview is the form of a preview of the cause that stops most.
func seenPreview(t *testing.T, s *site) url.Values {
	t.Helper()
	needs, err := s.app.Needs(t.Context(), 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range needs.Causes {
		if c.State == connector.Held && c.Count > 5 {
			pre, err := s.app.PreviewCause(t.Context(), app.CauseChoice{Cause: c.ID, State: c.State, Flow: c.Flow, Code: c.Code})
			if err != nil {
				t.Fatal(err)
			}
			return url.Values{"cause": {c.ID}, "state": {"held"}, "flow": {c.Flow}, "code": {string(c.Code)}, "last": {fmt.Sprint(pre.Last)}, "count": {fmt.Sprint(len(pre.IDs))}, "reason": {"not ours"}}
		}
	}
	t.Fatal("no cause stops many")
	return nil
}

// TestButtonsAreForThoseWhoMay looks at the forms that each page offers to each role.
func TestButtonsAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := closed(t)
	held := s.delivery(connector.Invoice, "5001-refused-"+hostile)
	lost := s.delivery(connector.Invoice, "4001-lost")
	offered := map[string]map[string]people.Permission{
		fmt.Sprintf("/deliveries/%d", held): {"/replay\"": people.ReplayDelivery, "/skip\"": people.SkipDelivery},
		fmt.Sprintf("/deliveries/%d", lost): {"/resolve\"": people.ResolveDelivery},
		"/records/s2p/invoice/1002":         {"/evidence/s2p/invoice/1002\"": people.ExportLedger},
		"/held":                             {"/held/preview?": people.ReplayDelivery, "do=skip": people.SkipDelivery},
		"/connections/erp":                  {"/ping\"": people.CheckConnection, "/pause\"": people.PauseConnection},
		"/flows/invoices":                   {"/run\"": people.RunFlow, "/disable\"": people.EnableFlow},
	}
	for _, role := range people.Roles() {
		b := s.as("a-"+string(role), role)
		for path, list := range offered {
			html := b.ask(path, nil).Body.String()
			checkHTML(t, path, html)
			for part, needs := range list {
				if strings.Contains(html, part) != may(role, needs) {
					t.Errorf("%s as %s offers %s: %v", path, role, part, strings.Contains(html, part))
				}
			}
		}
	}
}

func TestWhatPeopleDoOnPages(t *testing.T) {
	t.Parallel()
	s := closed(t)
	b := s.as("op", people.Operator)
	held := s.delivery(connector.Invoice, "5001-refused-"+hostile)
	lost := s.delivery(connector.Invoice, "4001-lost")
	at := func(id int64) string { return fmt.Sprintf("/deliveries/%d", id) }
	state := func(id int64) connector.State {
		d, err := s.app.DB.Delivery(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return d.State
	}
	for _, step := range []struct {
		path, says string
		form       url.Values
		status     int
		id         int64
		then       connector.State
	}{
		{at(held) + "/skip", "no reason", url.Values{"reason": {"  "}}, 422, held, connector.Held},
		{at(held) + "/skip", "It is skipped.", url.Values{"reason": {hostile}}, 303, held, connector.Skipped},
		{at(held) + "/skip", "is skipped", url.Values{"reason": {"again"}}, 409, held, connector.Skipped},
		{at(held) + "/approve", "lacks the permission", url.Values{}, 403, held, connector.Skipped},
		{at(held) + "/replay", "It waits to be sent again.", url.Values{}, 303, held, connector.Waiting},
		{at(lost) + "/replay", "is in_doubt", url.Values{}, 409, lost, connector.InDoubt},
		{at(lost) + "/resolve", "It is not said what became of it", url.Values{"how": {"maybe"}}, 422, lost, connector.InDoubt},
		{at(lost) + "/resolve", "not said under which ID", url.Values{"how": {"delivered"}}, 422, lost, connector.InDoubt},
		{at(lost) + "/resolve", "it is delivered", url.Values{"how": {"delivered"}, "target": {"US001/J9"}, "unchecked": {"yes"}}, 303, lost, connector.Delivered},
		{"/deliveries/x/skip", "There is no delivery", url.Values{"reason": {"x"}}, 404, lost, connector.Delivered},
	} {
		w := b.ask(step.path, step.form)
		text := w.Body.String()
		if w.Code == http.StatusSeeOther {
			text = b.ask(w.Header().Get("Location"), nil).Body.String()
		}
		if w.Code != step.status || !strings.Contains(strings.ToLower(text), strings.ToLower(step.says)) || state(step.id) != step.then {
			t.Errorf("%s %v: %d, %s; it does not say %q:\n%s", step.path, step.form, w.Code, state(step.id), step.says, text)
		}
		checkHTML(t, step.path, b.ask(at(step.id), nil).Body.String())
	}
	for path, says := range map[string]string{"/connections/erp/ping": "Checked", "/connections/erp/pause": "stands still", "/flows/invoices/disable": "no more by its schedule", "/flows/suppliers/run": "A run was asked for"} {
		w := b.ask(path, url.Values{"reason": {hostile}})
		if w.Code != http.StatusSeeOther || !strings.Contains(b.ask(w.Header().Get("Location"), nil).Body.String(), says) {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	by := map[string]bool{}
	for _, e := range entries(t, s) {
		if e.Actor == "user:op" {
			by[e.Action] = true
		}
	}
	for _, action := range []string{"delivery.skipped", "delivery.replayed", "delivery.resolved", "connection.paused", "flow.disabled", "flow.run_asked"} {
		if !by[action] {
			t.Errorf("no Entry of %s by who did it: %v", action, by)
		}
	}
}

func TestBulkDoesWhatItsPreviewShowed(t *testing.T) {
	t.Parallel()
	s := closed(t)
	b := s.as("op", people.Operator)
	form := seenPreview(t, s)
	q := url.Values{"cause": form["cause"], "state": form["state"], "flow": form["flow"], "code": form["code"]}
	html := b.ask("/held/preview?"+q.Encode(), nil).Body.String()
	checkHTML(t, "preview", html)
	seen := fields(html)
	if seen.Get("count") != form.Get("count") || seen.Get("last") != form.Get("last") || !strings.Contains(html, "USD") {
		t.Fatalf("the preview has %v:\n%s", seen, html)
	}
	if w := b.ask("/held/skip", seen); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", w.Code)
	}
	other := url.Values{}
	for k, v := range seen {
		other[k] = v
	}
	other.Set("count", "3")
	if w := b.ask("/held/replay", other); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Nothing was done") {
		t.Errorf("something else than was seen: %d", w.Code)
	}
	for what, bad := range map[string]url.Values{"no cause": {"state": {"held"}}, "delivered ones": {"cause": {seen.Get("cause")}, "state": {"delivered"}, "last": {"9"}, "count": {"1"}}, "a cause that is none": {"cause": {"x"}, "state": {"held"}, "last": {"9"}, "count": {"1"}}} {
		if w := b.ask("/held/replay", bad); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if w := b.ask("/held/replay", seen); w.Code != http.StatusSeeOther || !strings.Contains(b.ask("/held", nil).Body.String(), form.Get("count")+" wait to be sent again.") {
		t.Errorf("sent again: %d %s", w.Code, w.Body)
	}
	if w := b.ask("/held/replay", seen); w.Code != http.StatusNotFound {
		t.Errorf("the same form once more: %d", w.Code)
	}
	second := uglySite(t) // where nobody logs in
	form = seenPreview(t, second)
	if w := second.browser().ask("/held/skip", form); w.Code != http.StatusSeeOther {
		t.Errorf("skipped: %d %s", w.Code, w.Body)
	}
	for _, e := range entries(t, second) {
		if e.Action == "delivery.skipped" && (e.Actor != "demo" || e.Details["reason"] != "not ours") {
			t.Errorf("%+v", e)
		}
	}
}
