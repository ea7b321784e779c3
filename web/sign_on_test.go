package web_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/signon/signontest"
)

// provider gives a site an identity provider of its own.
func (s *site) provider(roles map[string][]people.Role) *signontest.Provider {
	s.t.Helper()
	p := signontest.New(s.now)
	s.t.Cleanup(p.Close)
	ca := filepath.Join(s.t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, p.CA, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.app.Lookup = func(string) (string, bool) { return signontest.ClientSecret, true }
	s.app.Process.OIDC = &config.OIDC{Name: "Example sign-on", Issuer: p.URL, ClientID: signontest.ClientID, ClientSecret: "env:ANY", CA: ca, Roles: roles}
	return p
}

// signOn goes to the provider and comes back; the answer is that of the way back.
func (b *browser) signOn(p *signontest.Provider, next string) (status int, where, html string) {
	b.t.Helper()
	w := b.ask("/login/oidc"+next, nil)
	if w.Code != http.StatusSeeOther {
		return w.Code, "", w.Body.String()
	}
	return b.comeBack(p, w.Header().Get("Location"))
}

func (b *browser) comeBack(p *signontest.Provider, address string) (status int, where, html string) {
	b.t.Helper()
	back, err := p.Browse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	w := b.ask(app.SignOnPath+"?"+back.Encode(), nil)
	return w.Code, w.Header().Get("Location"), w.Body.String()
}

// isIn says whether the browser is logged in, and as whom.
func (b *browser) isIn(name string) bool {
	w := b.ask("/you", nil)
	return w.Code == http.StatusOK && strings.Contains(w.Body.String(), "<h1>"+name)
}

const clerk = "m.clerk@example.com"

func TestSignOnOfSomebodyWhoWasInvited(t *testing.T) {
	t.Parallel()
	s := closed(t)
	p := s.provider(nil)
	b := s.browser()
	if html := b.ask("/login?next=%2Fheld", nil).Body.String(); !strings.Contains(html, `href="/login/oidc?next=%2Fheld">Log in by Example sign-on`) {
		t.Fatalf("the log-in page:\n%s", html)
	}
	if code, _, html := b.signOn(p, ""); code != http.StatusUnauthorized || !strings.Contains(html, clerk+", who is nobody here.") || b.isIn(clerk) {
		t.Fatalf("a stranger: %d %s", code, html)
	}
	in, err := s.app.AddPerson(t.Context(), clerk, []people.Role{people.Viewer}, root)
	if err != nil {
		t.Fatal(err)
	}
	if code, to, html := b.signOn(p, "?next=%2Fheld"); code != http.StatusSeeOther || to != "/held" || !b.isIn(clerk) {
		t.Fatalf("invited: %d %s %s", code, to, html)
	}
	if _, err := s.app.Welcome(t.Context(), in.Secret); err == nil {
		t.Error("the link still counts")
	}
	html := b.ask("/you", nil).Body.String()
	if strings.Contains(html, "Present password") || !strings.Contains(html, "You may sign on there, too.") {
		t.Errorf("their page:\n%s", html)
	}
	p.Say(map[string]any{"email": "another@example.com"}) // they married
	if code, _, html := s.browser().signOn(p, ""); code != http.StatusSeeOther {
		t.Errorf("with another address: %d %s", code, html)
	}
	p.Say(map[string]any{"sub": "subject-2", "email": clerk}) // somebody else got the old one
	if code, _, html := s.browser().signOn(p, ""); code != http.StatusUnauthorized || !strings.Contains(html, "has another way in") {
		t.Errorf("somebody else: %d %s", code, html)
	}
	p.Say(map[string]any{"sub": "subject-1"})
	for _, where := range []string{"https://evil.example.com", "//evil.example.com", "/login", "/\\evil.example.com"} {
		if _, to, _ := s.browser().signOn(p, "?next="+url.QueryEscape(where)); to != "/" {
			t.Errorf("%s leads to %s", where, to)
		}
	}
	s.pass(13 * time.Hour)
	if b.isIn(clerk) {
		t.Error("the session outlives its day")
	}
	if _, err := s.app.DisablePerson(t.Context(), clerk, root); err != nil {
		t.Fatal(err)
	}
	if code, _, html := b.signOn(p, ""); code != http.StatusUnauthorized || !strings.Contains(html, "is disabled here") {
		t.Errorf("disabled: %d %s", code, html)
	}
	if _, err := s.app.RemovePerson(t.Context(), clerk, root); err != nil {
		t.Fatal(err)
	}
	if code, _, html := b.signOn(p, ""); code != http.StatusUnauthorized || !strings.Contains(html, "was removed here") {
		t.Errorf("removed: %d %s", code, html)
	}
}

// TestAPasswordsOwnerIsNobodyByName: who has a password is not to be had by a name at the provider; they connect it themselves.
func TestAPasswordsOwnerConnectsTheSignOn(t *testing.T) {
	t.Parallel()
	s := closed(t)
	p := s.provider(nil)
	ann, other := s.as(clerk, people.Admin), s.as("bea", people.Viewer)
	if code, _, html := s.browser().signOn(p, ""); code != http.StatusUnauthorized || !strings.Contains(html, "has another way in") {
		t.Fatalf("by name: %d %s", code, html)
	}
	begin := func(b *browser) string {
		page := b.ask("/you/sign-on", url.Values{"present": {password}}).Body.String()
		_, rest, ok := strings.Cut(page, `<a class="button" href="`)
		address, _, _ := strings.Cut(rest, `"`)
		if !ok {
			t.Fatalf("no way to the provider:\n%s", page)
		}
		return html.UnescapeString(address)
	}
	if w := ann.ask("/you/sign-on", url.Values{"present": {"not the password"}}); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "authorize?") {
		t.Errorf("without the password: %d %s", w.Code, w.Body)
	}
	address := begin(ann)
	for name, value := range ann.cookies {
		if strings.HasSuffix(name, "sign-on") {
			other.cookies[name] = value // as if somebody else logged in meanwhile
		}
	}
	if code, _, html := other.comeBack(p, address); code == http.StatusSeeOther || !strings.Contains(html, "Somebody else has logged in") {
		t.Errorf("another person: %d %s", code, html)
	}
	if code, to, html := ann.comeBack(p, begin(ann)); code != http.StatusSeeOther || to != "/you" {
		t.Fatalf("connected: %d %s", code, html)
	}
	if html := ann.ask("/you", nil).Body.String(); !strings.Contains(html, "as "+clerk+".") || !strings.Contains(html, "Present password") {
		t.Errorf("their page:\n%s", html)
	}
	fresh := s.browser()
	if code, _, html := fresh.signOn(p, ""); code != http.StatusSeeOther || !fresh.isIn(clerk) {
		t.Fatalf("signed on: %d %s", code, html)
	}
	if code, _, html := other.comeBack(p, begin(other)); code != http.StatusConflict {
		t.Errorf("one identity, two people: %d %s", code, html)
	}
	if w := ann.ask("/people/"+clerk+"/forget-sign-on", url.Values{}); w.Code != http.StatusSeeOther || fresh.isIn(clerk) {
		t.Errorf("forgotten: %d %s", w.Code, w.Body)
	}
	if code, _, _ := s.browser().signOn(p, ""); code != http.StatusUnauthorized {
		t.Errorf("signed on after it was forgotten: %d", code)
	}
	ann = s.browser()
	ann.ask("/login", url.Values{"name": {clerk}, "password": {password}})
	if code, _, html := ann.comeBack(p, begin(ann)); code != http.StatusSeeOther {
		t.Fatalf("connected once more: %d %s", code, html)
	}
	in, err := s.app.InvitePerson(t.Context(), clerk, root)
	if err != nil {
		t.Fatal(err)
	}
	if w := s.browser().ask(in.Path, url.Values{"password": {"another one of hers"}, "again": {"another one of hers"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("the link: %d %s", w.Code, w.Body)
	}
	if code, _, html := s.browser().signOn(p, ""); code != http.StatusUnauthorized {
		t.Errorf("a new password by a link leaves the sign-on: %d %s", code, html)
	}
}

// TestGroupsKeepNobodyElse: who was added by hand keeps their roles, whatever groups they are in, and groups' people are not changed by hand.
func TestGroupsKeepNobodyElse(t *testing.T) {
	t.Parallel()
	s := closed(t)
	p := s.provider(map[string][]people.Role{"clerks": {people.Operator}})
	ann := s.as("root", people.Admin)
	_, rest, _ := strings.Cut(ann.ask("/you/sign-on", url.Values{"present": {password}}).Body.String(), `<a class="button" href="`)
	address, _, _ := strings.Cut(rest, `"`)
	if code, _, text := ann.comeBack(p, html.UnescapeString(address)); code != http.StatusSeeOther {
		t.Fatalf("connected: %d %s", code, text)
	}
	b := s.browser()
	if code, _, text := b.signOn(p, ""); code != http.StatusSeeOther || !b.isIn("root") {
		t.Fatalf("the administrator, in no group: %d %s", code, text)
	}
	if x, err := s.app.PersonShown(t.Context(), "root", root); err != nil || !slices.Equal(x.Roles, []people.Role{people.Admin}) {
		t.Errorf("the administrator has the roles %v, %v", x.Roles, err)
	}
	p.Say(map[string]any{"sub": "subject-2", "groups": []string{"clerks"}})
	if code, _, text := s.browser().signOn(p, ""); code != http.StatusSeeOther {
		t.Fatalf("a clerk: %d %s", code, text)
	}
	if w := ann.ask("/people/"+clerk+"/roles", url.Values{"role": {"admin"}}); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "come from their groups") {
		t.Errorf("roles by hand: %d %s", w.Code, w.Body)
	}
}

func TestGroupsGiveRoles(t *testing.T) {
	t.Parallel()
	s := closed(t)
	p := s.provider(map[string][]people.Role{"clerks": {people.Operator}, "leads": {people.Approver, people.Viewer}})
	b := s.browser()
	roles := func() []people.Role {
		x, err := s.app.PersonShown(t.Context(), clerk, root)
		if err != nil {
			return nil
		}
		return x.Roles
	}
	if code, _, html := b.signOn(p, ""); code != http.StatusUnauthorized || !strings.Contains(html, "is in no group") || roles() != nil {
		t.Fatalf("no group: %d %s", code, html)
	}
	p.Say(map[string]any{"groups": []string{"clerks"}})
	if code, _, html := b.signOn(p, ""); code != http.StatusSeeOther || !slices.Equal(roles(), []people.Role{people.Operator}) {
		t.Fatalf("a clerk: %d %s %v", code, html, roles())
	}
	first := s.browser()
	first.signOn(p, "")
	p.Say(map[string]any{"groups": []string{"leads"}})
	if code, _, _ := b.signOn(p, ""); code != http.StatusSeeOther || !slices.Equal(roles(), []people.Role{people.Viewer, people.Approver}) || !b.isIn(clerk) {
		t.Errorf("a lead: %d %v", code, roles())
	}
	if first.isIn(clerk) {
		t.Error("a session with the roles of before goes on")
	}
	p.Say(map[string]any{"groups": []string{"others"}})
	if code, _, _ := s.browser().signOn(p, ""); code != http.StatusUnauthorized || len(roles()) != 0 || b.isIn(clerk) {
		t.Errorf("out of all groups: %d %v", code, roles())
	}
	if v, err := s.app.VerifyLedger(t.Context(), ""); err != nil || !v.OK {
		t.Errorf("the ledger: %+v, %v", v, err)
	}
}

// TestASignOnBelongsToOneBrowser: what another one brings back, or a link, lets nobody in.
func TestASignOnBelongsToOneBrowser(t *testing.T) {
	t.Parallel()
	s := closed(t)
	p := s.provider(map[string][]people.Role{"clerks": {people.Operator}})
	p.Say(map[string]any{"groups": []string{"clerks"}})
	attacker, victim := s.browser(), s.browser()
	p.Gone.Store(true)
	if w := attacker.ask("/login/oidc", nil); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "does not answer") || !strings.Contains(w.Body.String(), "Password") {
		t.Errorf("the provider is away: %d %s", w.Code, w.Body)
	}
	p.Gone.Store(false)
	s.pass(6 * time.Second)
	address := attacker.ask("/login/oidc", nil).Header().Get("Location")
	if code, _, html := victim.comeBack(p, address); code != http.StatusUnauthorized || !strings.Contains(html, "not begun in this browser") || victim.isIn(clerk) {
		t.Errorf("a link with somebody else's code: %d %s", code, html)
	}
	victim.ask("/login/oidc", nil)
	if code, _, _ := victim.comeBack(p, address); code != http.StatusUnauthorized || victim.isIn(clerk) {
		t.Errorf("a code of another sign-on: %d", code)
	}
	w := victim.ask(app.SignOnPath+"?error=access_denied&error_description="+url.QueryEscape(hostile), nil)
	checkHTML(t, "an error", w.Body.String())
	if w.Code != http.StatusUnauthorized {
		t.Errorf("an error: %d", w.Code)
	}
	s.app.Process.OIDC = nil
	if w := victim.ask("/login/oidc", nil); w.Code == http.StatusSeeOther {
		t.Error("there is a sign-on without a provider")
	}
}

// TestTheDoctorAsksTheProvider says whether it answers, and what mends it.
func TestTheDoctorAsksTheProvider(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	said := func() (text string) {
		d, err := s.app.Doctor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Symptoms {
			if c.Check == "sign-on" {
				text += string(c.State) + ": " + c.Message
			}
		}
		return text
	}
	if text := said(); text != "" {
		t.Errorf("without a provider: %s", text)
	}
	p := s.provider(nil)
	p.Gone.Store(true)
	if text := said(); !strings.HasPrefix(text, "warning: The provider of single sign-on does not answer") {
		t.Errorf("it is away: %s", text)
	}
	p.Gone.Store(false)
	s.pass(6 * time.Second)
	if text := said(); !strings.HasPrefix(text, "ok: "+p.URL) {
		t.Errorf("it is there: %s", text)
	}
}
