package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/people"
	"ml-connector/web"
)

const password = "four unrelated words"

var root = people.Local("cli:root")

// closed is the ugly site behind a log-in.
func closed(t testing.TB) *site {
	s := uglySite(t)
	s.open(gate.Config{})
	return s
}

// browser is one that keeps cookies.
type browser struct {
	*site
	cookies map[string]string
}

func (s *site) browser() *browser { return &browser{s, map[string]string{}} }

// ask sends a request with the cookies, and keeps those that come back. A form makes it a POST.
func (b *browser) ask(path string, form url.Values) *httptest.ResponseRecorder {
	r := asked(http.MethodGet, path)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:54321"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

// as is a browser in which somebody of these roles is logged in.
func (s *site) as(name string, roles ...people.Role) *browser {
	s.t.Helper()
	in, err := s.app.AddPerson(s.t.Context(), name, roles, root)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.browser()
	if w := b.ask(in.Path, url.Values{"password": {password}, "again": {password}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		s.t.Fatalf("%s can't join: %d %s", name, w.Code, w.Body)
	}
	return b
}

func TestWithoutLogInNothingIsShown(t *testing.T) {
	t.Parallel()
	s := closed(t)
	b := s.browser()
	for name, path := range everyPage(s) {
		w := b.ask(path, nil)
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/login") {
			t.Errorf("%s gives %d, to %s", name, w.Code, to)
		}
		if strings.Contains(w.Body.String(), "Acme") {
			t.Errorf("%s tells something:\n%s", name, w.Body)
		}
	}
	id := "/exchanges/far1/answer"
	if w := b.ask(id, nil); w.Code != http.StatusSeeOther || strings.Contains(w.Body.String(), "Fault") {
		t.Errorf("%s gives %d", id, w.Code)
	}
	for path, want := range map[string]int{"/login": 200, "/healthz": 200, "/readyz": 200, "/metrics": 200, "/welcome/abc": 404} {
		w := b.ask(path, nil)
		if w.Code != want {
			t.Errorf("%s gives %d", path, w.Code)
		}
		if strings.Contains(w.Body.String(), "Acme") || path == "/login" && (strings.Contains(w.Body.String(), "Overview") || strings.Contains(w.Body.String(), "badge")) {
			t.Errorf("%s tells something:\n%s", path, w.Body)
		}
		if strings.HasPrefix(path, "/login") || strings.HasPrefix(path, "/welcome") {
			checkHTML(t, path, w.Body.String())
		}
	}
	r := asked(http.MethodGet, "/metrics")
	r.Header.Set("X-Forwarded-For", "203.0.113.9") // from elsewhere
	r.Header.Set("X-Forwarded-Proto", "https")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther || strings.Contains(w.Body.String(), "ml_connector") {
		t.Errorf("metrics from elsewhere give %d", w.Code)
	}
	made, err := s.app.AddToken(t.Context(), "scrape", app.TokenOptions{Permissions: []people.Permission{people.Read}}, root)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	w = httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ml_connector_up 1") {
		t.Errorf("metrics from elsewhere with a token give %d", w.Code)
	}
}

func TestLogInAndOut(t *testing.T) {
	t.Parallel()
	s := closed(t)
	first := s.as("ann", people.Viewer)
	if w := first.ask("/", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Log out") || !strings.Contains(w.Body.String(), ">ann<") {
		t.Fatalf("after the link: %d", w.Code)
	}
	b := s.browser()
	b.cookies["ml-connector"] = "planted-by-somebody"
	if w := b.ask("/held?x=1", nil); w.Header().Get("Location") != "/login?next=%2Fheld%3Fx%3D1" {
		t.Errorf("it leads to %s", w.Header().Get("Location"))
	}
	w := b.ask("/login", url.Values{"name": {`ann"><script>`}, "password": {"wrong"}, "next": {"/held"}})
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "wrong") || !strings.Contains(w.Body.String(), "do not fit together") || !strings.Contains(w.Body.String(), `name="next" value="/held"`) {
		t.Errorf("a wrong password: %d\n%s", w.Code, w.Body)
	}
	checkHTML(t, "refused", w.Body.String())
	w = b.ask("/login", url.Values{"name": {"Ann"}, "password": {password}, "next": {"//evil.example"}})
	secret := b.cookies["ml-connector"]
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || secret == "planted-by-somebody" || len(secret) != 52 {
		t.Fatalf("the right one: %d, to %s, cookie %s", w.Code, w.Header().Get("Location"), secret)
	}
	b.ask("/login", url.Values{"name": {"ann"}, "password": {password}, "next": {"/held"}})
	if b.cookies["ml-connector"] == secret {
		t.Error("a second log-in keeps the secret of the session")
	}
	old := s.browser()
	old.cookies["ml-connector"] = secret
	if w := old.ask("/held", nil); w.Code != http.StatusSeeOther {
		t.Errorf("the session before the second log-in still counts: %d", w.Code)
	}
	if w := b.ask("/login?next=/held", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/held" {
		t.Errorf("who is logged in is asked again: %d", w.Code)
	}
	kept := b.cookies["ml-connector"]
	if w := b.ask("/logout", url.Values{}); w.Code != http.StatusSeeOther || b.cookies["ml-connector"] != "" {
		t.Errorf("log-out: %d, cookies %v", w.Code, b.cookies)
	}
	b.cookies["ml-connector"] = kept
	if w := b.ask("/held", nil); w.Code != http.StatusSeeOther {
		t.Errorf("after log-out the cookie still counts: %d", w.Code)
	}
	if w := b.ask("/logout", nil); w.Code != http.StatusMethodNotAllowed && w.Code != http.StatusSeeOther {
		t.Errorf("log-out by a link: %d", w.Code)
	}
	if w := first.ask("/held", nil); w.Code != http.StatusOK {
		t.Errorf("her other browser: %d", w.Code)
	}
	for range 9 {
		w = s.browser().ask("/login", url.Values{"name": {"ann"}, "password": {"guess"}})
	}
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("many guesses: %d", w.Code)
	}
}

func TestTheFirstLink(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.open(gate.Config{})
	one, err := s.app.FirstAdmin(t.Context())
	two, err2 := s.app.FirstAdmin(t.Context())
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	b := s.browser()
	for range 3 { // a mail program looks at it
		if w := b.ask(one.Path, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "first administrator") {
			t.Fatalf("looked at: %d", w.Code)
		}
	}
	for what, form := range map[string]url.Values{
		"two passwords":          {"name": {"root"}, "password": {password}, "again": {password + "x"}},
		"a short one":            {"name": {"root"}, "password": {"short"}, "again": {"short"}},
		"a name that can't be":   {"name": {`<script>alert(1)</script>`}, "password": {password}, "again": {password}},
		"a name of the program":  {"name": {"engine"}, "password": {password}, "again": {password}},
		"the name as a password": {"name": {"administrating"}, "password": {"administrating"}, "again": {"administrating"}},
	} {
		w := b.ask(one.Path, form)
		if w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), password) {
			t.Errorf("%s: %d\n%s", what, w.Code, w.Body)
		}
		checkHTML(t, what, w.Body.String())
	}
	good := url.Values{"name": {"root"}, "password": {password}, "again": {password}}
	if w := b.ask(one.Path, good); w.Code != http.StatusSeeOther {
		t.Fatalf("used: %d %s", w.Code, w.Body)
	}
	if w := b.ask("/", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Nothing is set up yet") {
		t.Errorf("then: %d", w.Code)
	}
	for _, link := range []string{one.Path, two.Path} {
		other := s.browser()
		good.Set("name", "other")
		if w := other.ask(link, good); w.Code != http.StatusNotFound || len(other.cookies) != 0 {
			t.Errorf("a link that was used, or was for the first: %d, %v", w.Code, other.cookies)
		}
	}
	if w := s.browser().ask("/", nil); w.Code != http.StatusSeeOther {
		t.Errorf("another browser: %d", w.Code)
	}
}

// TestALinkIsNotLogged looks at the log of a server whose database is gone.
func TestALinkIsNotLogged(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	in, err := s.app.FirstAdmin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s.Pages = web.New(web.Config{App: s.app, Now: s.now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := s.app.DB.Close(); err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	if w := b.ask(in.Path, nil); w.Code < 500 {
		t.Errorf("looked at: %d", w.Code)
	}
	if w := b.ask(in.Path, url.Values{"name": {"root"}, "password": {password}, "again": {password}}); w.Code < 500 {
		t.Errorf("used: %d", w.Code)
	}
	b.ask("/login", url.Values{"name": {"root"}, "password": {password}})
	if log.Len() == 0 || strings.Contains(log.String(), in.Secret) || strings.Contains(log.String(), password) {
		t.Errorf("the log has:\n%s", log.String())
	}
}
