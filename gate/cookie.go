package gate

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The cookie of a session. Where requests are encrypted its name makes browsers refuse one that was set otherwise, or by another host.
const (
	secureCookie = "__Host-ml-connector"
	localCookie  = "ml-connector"
	cookieLasts  = 7 * 24 * 60 * 60 // seconds; the session itself may end earlier
)

func cookieName(secure bool) string {
	if secure {
		return secureCookie
	}
	return localCookie
}

// session is the secret that a request carries, "" none.
func session(r *http.Request, secure bool) string {
	c, err := r.Cookie(cookieName(secure))
	if err != nil {
		return ""
	}
	return c.Value
}

// Begin gives the browser the secret of its session; with "" it takes it back.
func Begin(w http.ResponseWriter, r *http.Request, secret string) {
	a := from(r)
	secure := a != nil && a.secure
	c := &http.Cookie{Name: cookieName(secure), Value: secret, Path: "/", MaxAge: cookieLasts, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// LocalPath is a place on this server that a browser may be sent to, "/" where another one was named.
func LocalPath(text string) string {
	u, err := url.Parse(text)
	bad := err != nil || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsRune(text, '\\') || strings.ContainsFunc(text, unicode.IsControl) || len(text) > 2000
	if bad || u.Host != "" || u.Scheme != "" || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/login") || strings.HasPrefix(u.Path, "/welcome") {
		return "/"
	}
	return text
}

// What is kept in a browser for a moment, once: what the next page says, so that a link can't make a page say something; and a sign-on
// that was begun there.
var (
	saying  = passing{"__Host-ml-connector-said", "ml-connector-said", 60}
	signing = passing{"__Host-ml-connector-sign-on", "ml-connector-sign-on", 10 * 60}
)

// passing is a cookie that is read once.
type passing struct {
	secure, local string // names
	lasts         int    // seconds
}

const mostSaid = 1000

func (p passing) name(r *http.Request) (name string, secure bool) {
	if a := from(r); a != nil && a.secure {
		return p.secure, true
	}
	return p.local, false
}

func (p passing) put(w http.ResponseWriter, r *http.Request, text string) {
	name, secure := p.name(r)
	http.SetCookie(w, &http.Cookie{Name: name, Value: base64.RawURLEncoding.EncodeToString([]byte(text)), Path: "/", MaxAge: p.lasts, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode})
}

func (p passing) take(w http.ResponseWriter, r *http.Request) string {
	name, secure := p.name(r)
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || !utf8.Valid(text) {
		return ""
	}
	return string(text)
}

// Say lets the next page say what was done. It must hold no secret.
func Say(w http.ResponseWriter, r *http.Request, text string) {
	if len(text) > mostSaid {
		text = strings.ToValidUTF8(text[:mostSaid], "") + "…"
	}
	saying.put(w, r, text)
}

// Said is what is to be said, "" nothing. It is said once.
func Said(w http.ResponseWriter, r *http.Request) string { return saying.take(w, r) }

// BeginSignOn keeps a sign-on that is under way in the browser in which it was begun: what it holds is of use there alone.
func BeginSignOn(w http.ResponseWriter, r *http.Request, begun string) { signing.put(w, r, begun) }

// BegunSignOn is what is kept of a sign-on, "" nothing. It is read once.
func BegunSignOn(w http.ResponseWriter, r *http.Request) string { return signing.take(w, r) }
