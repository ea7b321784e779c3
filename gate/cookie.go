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

// What was done is told on the next page by a cookie of its own, once: a link can't make a page say something.
const (
	secureSaid = "__Host-ml-connector-said"
	localSaid  = "ml-connector-said"
	saidLasts  = 60 // seconds
	mostSaid   = 1000
)

func saidName(secure bool) string {
	if secure {
		return secureSaid
	}
	return localSaid
}

// Say lets the next page say what was done. It must hold no secret.
func Say(w http.ResponseWriter, r *http.Request, text string) {
	a := from(r)
	secure := a != nil && a.secure
	if len(text) > mostSaid {
		text = strings.ToValidUTF8(text[:mostSaid], "") + "…"
	}
	http.SetCookie(w, &http.Cookie{Name: saidName(secure), Value: base64.RawURLEncoding.EncodeToString([]byte(text)), Path: "/", MaxAge: saidLasts, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode})
}

// Said is what is to be said, "" nothing. It is said once.
func Said(w http.ResponseWriter, r *http.Request) string {
	a := from(r)
	secure := a != nil && a.secure
	c, err := r.Cookie(saidName(secure))
	if err != nil {
		return ""
	}
	http.SetCookie(w, &http.Cookie{Name: saidName(secure), Path: "/", MaxAge: -1, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || !utf8.Valid(text) {
		return ""
	}
	return string(text)
}
