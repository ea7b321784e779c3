package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ml-connector/people"
)

// secretIn is what a page shows this once.
func secretIn(t *testing.T, html string) string {
	t.Helper()
	found := regexp.MustCompile(`<input readonly value="([^"]*)"`).FindStringSubmatch(html)
	if found == nil {
		t.Fatalf("no secret is shown:\n%s", html)
	}
	return found[1]
}

func TestAnAdministratorSeesToPeople(t *testing.T) {
	t.Parallel()
	s := closed(t)
	admin := s.as("root", people.Admin)
	w := admin.ask("/people", url.Values{"name": {"M.Clerk@example.com"}, "role": {"operator", "viewer"}})
	link := secretIn(t, w.Body.String())
	if w.Code != http.StatusOK || !strings.HasPrefix(link, "http://127.0.0.1:8080/welcome/") {
		t.Fatalf("the link is %s", link)
	}
	checkHTML(t, "the link", w.Body.String())
	clerk := s.browser()
	if w := clerk.ask(strings.TrimPrefix(link, "http://127.0.0.1:8080"), url.Values{"password": {password}, "again": {password}}); w.Code != http.StatusSeeOther {
		t.Fatalf("the link: %d %s", w.Code, w.Body)
	}
	list := admin.ask("/people", nil).Body.String()
	for _, says := range []string{`href="/people/m.clerk@example.com"`, "viewer, operator", "may log in"} {
		if !strings.Contains(list, says) {
			t.Errorf("the list lacks %s:\n%s", says, list)
		}
	}
	if strings.Contains(list, "welcome/") {
		t.Error("a link is shown twice")
	}
	const path = "/people/m.clerk@example.com"
	for _, step := range []struct {
		do   string
		form url.Values
		said string
		gone bool // the clerk's session
	}{
		{"/roles", url.Values{"role": {"auditor"}}, "m.clerk@example.com is now auditor.", true},
		{"/disable", url.Values{}, "m.clerk@example.com is disabled; 0 sessions ended.", true},
		{"/enable", url.Values{}, "m.clerk@example.com may log in again.", true},
	} {
		w := admin.ask(path+step.do, step.form)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != path {
			t.Errorf("%s: %d %s", step.do, w.Code, w.Body)
		}
		if html := admin.ask(path, nil).Body.String(); !strings.Contains(html, `role="status">`+step.said) {
			t.Errorf("%s: not said: %s", step.do, step.said)
		}
		if html := admin.ask(path, nil).Body.String(); strings.Contains(html, step.said) {
			t.Errorf("%s: said twice", step.do)
		}
		if w := clerk.ask("/", nil); (w.Code == http.StatusSeeOther) != step.gone {
			t.Errorf("%s: the clerk gets %d", step.do, w.Code)
		}
	}
	if w := admin.ask(path+"/invite", url.Values{}); !strings.Contains(secretIn(t, w.Body.String()), "/welcome/") {
		t.Error("no new link")
	}
	if w := admin.ask(path+"/remove", url.Values{}); w.Header().Get("Location") != "/people" || strings.Contains(admin.ask("/people", nil).Body.String(), path) {
		t.Errorf("removed: %d", w.Code)
	}
	if w := admin.ask("/people/root/disable", url.Values{}); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "only administrator") {
		t.Errorf("the last administrator: %d", w.Code)
	}
	for what, form := range map[string]url.Values{"a hostile name": {"name": {hostile}, "role": {"viewer"}}, "a role that is none": {"name": {"x"}, "role": {hostile}}, "no role": {"name": {"x"}}} {
		w := admin.ask("/people", form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, w.Code)
		}
		checkHTML(t, what, w.Body.String())
	}
}

func TestTokensAreShownOnce(t *testing.T) {
	t.Parallel()
	s := closed(t)
	admin := s.as("root", people.Admin)
	w := admin.ask("/tokens", url.Values{"name": {"nightly"}, "role": {"machine"}, "permission": {"ledger.export"}, "days": {"30"}})
	token := secretIn(t, w.Body.String())
	checkHTML(t, "the token", w.Body.String())
	if actor, err := s.app.TokenActor(t.Context(), token); err != nil || actor.Name != "token:root/nightly" || !actor.Can(people.ExportLedger) {
		t.Fatalf("%s is %+v, %v", token, actor, err)
	}
	list := admin.ask("/tokens", nil).Body.String()
	if strings.Contains(list, token) || !strings.Contains(list, "machine, <code>ledger.export</code>") || !strings.Contains(list, "in 29 days") && !strings.Contains(list, "in 30 days") {
		t.Errorf("the list:\n%s", list)
	}
	for what, form := range map[string]url.Values{"no days": {"name": {"x"}, "role": {"viewer"}}, "days before now": {"name": {"x"}, "role": {"viewer"}, "days": {"-1"}}, "nothing to do": {"name": {"x"}, "days": {"1"}}, "a permission that is none": {"name": {"x"}, "permission": {hostile}, "days": {"1"}}} {
		if w := admin.ask("/tokens", form); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if w := admin.ask("/tokens/nightly/revoke", url.Values{}); w.Code != http.StatusSeeOther {
		t.Errorf("revoked: %d", w.Code)
	}
	if _, err := s.app.TokenActor(t.Context(), token); err == nil {
		t.Error("it counts once revoked")
	}
}

func TestYou(t *testing.T) {
	t.Parallel()
	s := closed(t)
	ann, bea := s.as("ann", people.Viewer), s.as("bea", people.Viewer)
	second := s.browser()
	second.ask("/login", url.Values{"name": {"ann"}, "password": {password}})
	html := ann.ask("/you", nil).Body.String()
	checkHTML(t, "you", html)
	ids := regexp.MustCompile(`name="session" value="([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(ids) != 1 || !strings.Contains(html, "this one") {
		t.Fatalf("%d other sessions:\n%s", len(ids), html)
	}
	if w := bea.ask("/you/sessions", url.Values{"session": {ids[0][1]}}); w.Code != http.StatusNotFound || second.ask("/", nil).Code != http.StatusOK {
		t.Errorf("somebody else ends her session: %d", w.Code)
	}
	if w := ann.ask("/you/sessions", url.Values{"session": {ids[0][1]}}); w.Code != http.StatusSeeOther || second.ask("/", nil).Code != http.StatusSeeOther {
		t.Errorf("she ends it: %d", w.Code)
	}
	second.ask("/login", url.Values{"name": {"ann"}, "password": {password}})
	if w := ann.ask("/you/sessions", url.Values{}); w.Code != http.StatusSeeOther || second.ask("/", nil).Code != http.StatusSeeOther || ann.ask("/", nil).Code != http.StatusOK {
		t.Errorf("she ends all others: %d", w.Code)
	}
	before := ann.cookies["ml-connector"]
	for what, form := range map[string]url.Values{
		"a wrong one":  {"present": {"x"}, "password": {"another four words"}, "again": {"another four words"}},
		"a typo":       {"present": {password}, "password": {"another four words"}, "again": {"another four wards"}},
		"a short one":  {"present": {password}, "password": {"short"}, "again": {"short"}},
		"nothing else": {},
	} {
		if w := ann.ask("/you/password", form); w.Code != http.StatusUnprocessableEntity || ann.cookies["ml-connector"] != before {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if w := ann.ask("/you/password", url.Values{"present": {password}, "password": {"another four words"}, "again": {"another four words"}}); w.Code != http.StatusSeeOther || ann.cookies["ml-connector"] == before {
		t.Errorf("changed: %d", w.Code)
	}
	if html := ann.ask("/you", nil).Body.String(); !strings.Contains(html, "The password is changed") {
		t.Error("it is not said")
	}
}

func TestPeopleAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := closed(t)
	for role, sees := range map[people.Role]bool{people.Viewer: false, people.Operator: false, people.Mapper: false, people.Approver: false, people.Auditor: true, people.Admin: true} {
		b := s.as("a-"+string(role), role)
		for _, path := range []string{"/people", "/people/a-" + string(role), "/tokens"} {
			w := b.ask(path, nil)
			checkHTML(t, path, w.Body.String())
			if (w.Code == http.StatusOK) != sees || !sees && w.Code != http.StatusForbidden {
				t.Errorf("%s as %s: %d", path, role, w.Code)
			}
			if strings.Contains(w.Body.String(), "<form method=\"post\" action=\"/people") && role != people.Admin || strings.Contains(w.Body.String(), `class="door"`) != (role == people.Admin) {
				t.Errorf("%s as %s has forms that are not for them, or lacks its own", path, role)
			}
			if strings.Contains(w.Body.String(), `href="/people"`) != sees {
				t.Errorf("%s as %s: the menu is wrong", path, role)
			}
		}
		w := b.ask("/exchanges/"+s.exchangeOf("invoice", "5001-refused-"+hostile), nil)
		if want := map[bool]int{true: http.StatusForbidden, false: http.StatusOK}[role == people.Viewer]; w.Code != want {
			t.Errorf("a raw exchange as %s: %d", role, w.Code)
		}
	}
}
