package gate_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/gate"
	"ml-connector/people"
)

const password = "four unrelated words"

var public = config.Public{URL: "https://mlc.example.com", Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")}}

// bench is an App with one person and one token.
type bench struct {
	*app.App
	t              *testing.T
	session, token string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	a, err := app.Open(t.Context(), app.Config{Process: config.Process{Dir: dir, Database: "sqlite:" + filepath.Join(dir, "test.db") + "?durable=no", Key: "file:key"}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	b := &bench{App: a, t: t}
	root := people.Local("cli:root")
	in, err := a.AddPerson(t.Context(), "ann", []people.Role{people.Viewer}, root)
	if err == nil {
		b.session, err = a.AcceptInvitation(t.Context(), in.Secret, "", password, app.Origin{})
	}
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.AddToken(t.Context(), "nightly", app.TokenOptions{Roles: []people.Role{people.Machine}}, root)
	if err != nil {
		t.Fatal(err)
	}
	b.token = made.Secret
	return b
}

// ask sends a request through a gate, and says who was found behind it.
func ask(g *gate.Gate, r *http.Request) (w *httptest.ResponseRecorder, who, address string) {
	w = httptest.NewRecorder()
	g.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := gate.Who(r)
		who, address = a.Actor.Name, gate.Origin(r).Address
		if err != nil {
			who = "refused"
		}
	})).ServeHTTP(w, r)
	return w, who, address
}

// request is one of a peer, by a name, with headers as NAME: VALUE.
func request(method, peer, host string, encrypted bool, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "/x", nil)
	r.RemoteAddr, r.Host = peer, host
	if encrypted {
		r.TLS = &tls.ConnectionState{}
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// TestByWhichWayARequestMayCome is the table of names, peers and proxies.
func TestByWhichWayARequestMayCome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const here, proxy, stranger, name = "127.0.0.1:5000", "10.0.0.5:5000", "203.0.113.9:5000", "mlc.example.com"
	https := "X-Forwarded-Proto: https"
	for what, row := range map[string]struct {
		r       *http.Request
		public  bool
		status  int
		address string
	}{
		"a browser at this machine":                              {request("GET", here, "localhost:8080", false), false, 200, "127.0.0.1"},
		"a browser at this machine, by IPv6":                     {request("GET", "[::1]:5000", "[::1]:8080", false), false, 200, "::/64"},
		"a foreign name that leads to this machine":              {request("GET", here, "evil.example", false), false, 421, ""},
		"the name of the settings, where there is none":          {request("GET", here, name, false, https), false, 421, ""},
		"a proxy at this machine that tells encryption":          {request("GET", here, name, false, https, "X-Forwarded-For: 198.51.100.7"), true, 200, "198.51.100.7"},
		"a proxy at this machine that tells none":                {request("GET", here, name, false, "X-Forwarded-For: 198.51.100.7"), true, 403, ""},
		"a proxy at this machine that hides itself":              {request("GET", here, name, false), true, 403, ""},
		"a proxy at this machine that makes it look local":       {request("GET", here, "127.0.0.1:8080", false, "X-Forwarded-For: 198.51.100.7"), true, 403, ""},
		"a proxy of the settings":                                {request("GET", proxy, name, false, https, "X-Forwarded-For: 6.6.6.6, 198.51.100.7"), true, 200, "198.51.100.7"},
		"a proxy of the settings, encrypted too":                 {request("GET", proxy, name, true, https, "X-Forwarded-For: 198.51.100.7"), true, 200, "198.51.100.7"},
		"a proxy of the settings that got it in clear":           {request("GET", proxy, name, true, "X-Forwarded-Proto: http", "X-Forwarded-For: 198.51.100.7"), true, 403, ""},
		"a proxy of the settings behind which one lies":          {request("GET", proxy, name, false, https, "X-Forwarded-Proto: http"), true, 403, ""},
		"a stranger who says that he is a proxy":                 {request("GET", stranger, name, false, https, "X-Forwarded-For: 127.0.0.1"), true, 403, ""},
		"a stranger in clear":                                    {request("GET", stranger, name, false), true, 403, ""},
		"a stranger, encrypted":                                  {request("GET", stranger, name, true), true, 200, "203.0.113.9"},
		"a stranger, encrypted, with an address that he made up": {request("GET", stranger, name, true, "X-Forwarded-For: 127.0.0.1", "Via: x"), true, 200, "203.0.113.9"},
		"a stranger, encrypted, who calls us localhost":          {request("GET", stranger, "localhost", true), true, 421, ""},
		"a stranger, encrypted, by our number":                   {request("GET", stranger, "192.0.2.1", true), true, 421, ""},
		"our name, with the port of https":                       {request("GET", stranger, "MLC.example.com:443", true), true, 200, "203.0.113.9"},
		"our name, with another port":                            {request("GET", stranger, name+":8080", true), true, 421, ""},
		"a name that begins like ours":                           {request("GET", stranger, name+".evil.example", true), true, 421, ""},
		"a form of another site, here":                           {request("POST", here, "localhost:8080", false, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"), false, 403, ""},
		"a form of another port of this machine":                 {request("POST", here, "localhost:8080", false, "Origin: http://localhost:9999"), false, 403, ""},
		"a form of a site without a name":                        {request("POST", here, "localhost:8080", false, "Origin: null"), false, 403, ""},
		"a form of a sibling of ours":                            {request("POST", stranger, name, true, "Sec-Fetch-Site: same-site", "Origin: https://other.example.com"), true, 403, ""},
		"a form of ours":                                         {request("POST", stranger, name, true, "Sec-Fetch-Site: same-origin", "Origin: https://mlc.example.com"), true, 200, "203.0.113.9"},
		"a form of ours, in an old browser":                      {request("POST", stranger, name, true, "Origin: https://mlc.example.com"), true, 200, "203.0.113.9"},
		"a link of another site":                                 {request("GET", stranger, name, true, "Sec-Fetch-Site: cross-site"), true, 200, "203.0.113.9"},
		"a program":                                              {request("POST", stranger, name, true), true, 200, "203.0.113.9"},
	} {
		c := gate.Config{App: b.App}
		if row.public {
			c.Public = public
		}
		w, _, address := ask(gate.New(c), row.r)
		if w.Code != row.status || address != row.address {
			t.Errorf("%s: %d from %q, expected %d from %q: %s", what, w.Code, address, row.status, row.address, w.Body)
		}
		if h := w.Header(); !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Frame-Options") != "DENY" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", what, h)
		}
	}
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const stranger, here, name = "203.0.113.9:5000", "127.0.0.1:5000", "mlc.example.com"
	secure, local := "Cookie: __Host-ml-connector="+b.session, "Cookie: ml-connector="+b.session
	for what, row := range map[string]struct {
		r    *http.Request
		want string
	}{
		"nobody":                     {request("GET", stranger, name, true), ""},
		"a session, encrypted":       {request("GET", stranger, name, true, secure), "user:ann"},
		"a session, at this machine": {request("GET", here, "localhost", false, local), "user:ann"},
		"the cookie of this machine, from elsewhere":   {request("GET", stranger, name, true, local), ""},
		"a cookie that was made up":                    {request("GET", stranger, name, true, "Cookie: __Host-ml-connector=abc"), ""},
		"the hash in the place of the secret":          {request("GET", stranger, name, true, "Cookie: __Host-ml-connector="+people.HashSecret(b.session)), ""},
		"a token":                                      {request("GET", stranger, name, true, "Authorization: Bearer "+b.token), "token:root/nightly"},
		"a token, written in another way":              {request("GET", stranger, name, true, "Authorization: bearer  "+b.token), "token:root/nightly"},
		"a token as a password":                        {request("GET", stranger, name, true, "Authorization: Basic "+b.token), "refused"},
		"a token that was made up":                     {request("GET", stranger, name, true, "Authorization: Bearer mlc_abc"), "refused"},
		"a session as a token":                         {request("GET", stranger, name, true, "Authorization: Bearer "+b.session), "refused"},
		"a token as a cookie":                          {request("GET", stranger, name, true, "Cookie: __Host-ml-connector="+b.token), ""},
		"a bad token beside a good session":            {request("GET", stranger, name, true, secure, "Authorization: Bearer mlc_abc"), "refused"},
		"a token in clear":                             {request("GET", stranger, name, false, "Authorization: Bearer "+b.token), ""},
		"a session in clear":                           {request("GET", stranger, name, false, secure, local), ""},
		"a token in the address, where it does not go": {httptest.NewRequest("GET", "https://mlc.example.com/?token="+b.token, nil), ""},
	} {
		if _, who, _ := ask(gate.New(gate.Config{App: b.App, Public: public}), row.r); who != row.want {
			t.Errorf("%s is %q, expected %q", what, who, row.want)
		}
	}
	open := gate.New(gate.Config{App: b.App, Everyone: people.Local("demo")})
	if _, who, _ := ask(open, request("GET", here, "localhost", false)); who != "demo" {
		t.Errorf("where nobody logs in, it is %q", who)
	}
	if w, _, _ := ask(open, request("GET", here, "localhost", false, "X-Forwarded-Proto: https")); w.Code != http.StatusForbidden {
		t.Errorf("where nobody logs in, through a proxy: %d", w.Code)
	}
	if _, err := b.DisablePerson(t.Context(), "ann", people.Local("cli:root")); err != nil {
		t.Fatal(err)
	}
	if _, who, _ := ask(gate.New(gate.Config{App: b.App, Public: public}), request("GET", stranger, name, true, secure)); who != "" {
		t.Errorf("once disabled, it is %q", who)
	}
}

func TestTheCookieIsForThisServerAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for what, row := range map[string]struct {
		r    *http.Request
		want string
	}{
		"encrypted":       {request("GET", "203.0.113.9:5000", "mlc.example.com", true), "__Host-ml-connector=s; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax"},
		"at this machine": {request("GET", "127.0.0.1:5000", "localhost", false), "ml-connector=s; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"},
	} {
		w := httptest.NewRecorder()
		gate.New(gate.Config{App: b.App, Public: public}).Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { gate.Begin(w, r, "s") })).ServeHTTP(w, row.r)
		if got := w.Header().Get("Set-Cookie"); got != row.want {
			t.Errorf("%s: %s", what, got)
		}
		if (w.Header().Get("Strict-Transport-Security") != "") != (what == "encrypted") {
			t.Errorf("%s: %v", what, w.Header())
		}
	}
}

func TestABrowserIsSentToThisServerAlone(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/held?state=x&y=%2F": "/held?state=x&y=%2F", "/records/s2p/invoice/A%2FB": "/records/s2p/invoice/A%2FB", "": "/", "held": "/",
		"//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/", "/%2F/evil.example/..//": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/",
		"/login?next=/login": "/", "/welcome/abc": "/", "/a\r\nSet-Cookie: x": "/", "///evil.example": "/", "/" + strings.Repeat("a", 3000): "/", "\\\\evil.example": "/",
	} {
		if got := gate.LocalPath(to); got != want {
			t.Errorf("%q leads to %q, expected %q", to, got, want)
		}
	}
}
