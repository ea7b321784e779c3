package jaggaersim

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keycloak is the token endpoint of JAGGAER.md §2.1, errors as in §2.2.
func (s *Server) keycloak(c call, path string) answer {
	realm, rest, _ := strings.Cut(path, "/")
	if rest != "protocol/openid-connect/token" {
		return htmlAnswer(http.StatusNotFound, "Page not found")
	}
	if realm != s.profile.Realm {
		return jsonAnswer(http.StatusNotFound, doc{"error": "Realm does not exist"})
	}
	if c.Method != http.MethodPost {
		return jsonAnswer(http.StatusMethodNotAllowed, doc{"error": "RESTEASY003650: No resource method found"})
	}
	form := formOf(c)
	if refused, ok := s.refuseClient(form); ok {
		return refused
	}
	if scope := form.Get("scope"); scope != "" && !slices.Contains([]string{"email", "profile", "email profile"}, scope) {
		return oauthError(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+scope)
	}
	ttl := s.options.TokenTTL
	if ttl == 0 {
		ttl = time.Hour
	}
	a := jsonAnswer(http.StatusOK, doc{
		"access_token": s.issue("eyJhbGciOiJSUzI1NiJ9."+s.letters(24)+".", ttl), "expires_in": int(ttl / time.Second), "refresh_expires_in": 0,
		"token_type": "Bearer", "not-before-policy": 0, "scope": "email profile",
	})
	a.header["Cache-Control"] = "no-store"
	return a
}

// legacyToken is the older endpoint of JAGGAER.md §2.5: other names, and milliseconds.
func (s *Server) legacyToken(c call) answer {
	if c.Method != http.MethodPost {
		return s.refusal(http.StatusMethodNotAllowed, 2, "Method not allowed")
	}
	if refused, ok := s.refuseClient(formOf(c)); ok {
		return refused
	}
	ttl := s.options.TokenTTL
	if ttl == 0 {
		ttl = 24 * time.Hour
	}
	return jsonAnswer(http.StatusOK, doc{
		"token": s.issue("", ttl), "resource": "https://" + c.Host + c.URL.Path, "token_type": "Bearer",
		"expire_on": s.now().Add(ttl).Format("2006-01-02T15:04:05-07:00"), "expire_in": json.Number(strconv.FormatInt(ttl.Milliseconds(), 10)),
	})
}

// formOf reads the body as a form; any other content type leaves it empty, as Keycloak does.
func formOf(c call) url.Values {
	kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return url.Values{}
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return url.Values{}
	}
	return form
}

func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, doc{"error": code, "error_description": description})
}

// refuseClient judges the form in Keycloak's order: grant type present, client known, secret right, grant supported.
// Credentials in a Basic header count as missing: JAGGAER.md §2.1 has them in the body.
func (s *Server) refuseClient(form url.Values) (answer, bool) {
	grant := form.Get("grant_type")
	switch {
	case grant == "":
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type"), true
	case form.Get("client_id") == "":
		return oauthError(http.StatusUnauthorized, "unauthorized_client", "UNKNOWN_CLIENT: Client was not identified by any client authenticator"), true
	case form.Get("client_id") != s.options.ClientID, form.Get("client_secret") != s.options.ClientSecret:
		return oauthError(http.StatusUnauthorized, "invalid_client", "Invalid client or Invalid client credentials"), true
	case grant != "client_credentials":
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type"), true
	}
	return answer{}, false
}

// issue makes a token and remembers it until it ends.
func (s *Server) issue(head string, ttl time.Duration) string {
	now := s.now()
	for token, end := range s.tokens {
		if !now.Before(end) {
			delete(s.tokens, token)
		}
	}
	token := head + s.letters(43)
	s.tokens[token] = now.Add(ttl)
	return token
}

func (s *Server) letters(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.rng.IntN(len(alphabet))]
	}
	return string(b)
}

// authorised says whether the call carries a token that is valid now.
func (s *Server) authorised(c call) bool {
	scheme, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	end, known := s.tokens[token]
	return known && strings.EqualFold(scheme, "Bearer") && s.now().Before(end)
}

// unauthorised is the 401 of an API call, in one of the two forms of JAGGAER.md §2.3.
func (s *Server) unauthorised(malformed bool) answer {
	if malformed {
		a := jsonAnswer(http.StatusUnauthorized, doc{"returnCode": "2", "returnMessage": "invalid_or_missing_token"})
		a.header["Content-Type"] = "; charset=UTF-8"
		return a
	}
	return answer{status: http.StatusUnauthorized, header: map[string]string{
		"WWW-Authenticate": `Bearer realm="` + s.profile.Realm + `", error="invalid_token", error_description="Token is not active"`,
	}}
}

// RevokeTokens makes every token given out so far invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]time.Time{}
}

// RotateSecret changes the client secret; tokens given out stay valid.
func (s *Server) RotateSecret(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.ClientSecret = to
}
