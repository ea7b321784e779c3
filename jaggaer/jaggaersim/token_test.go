package jaggaersim

import (
	"net/url"
	"testing"
	"time"
)

const keycloakPath = "/auth/realms/J1p-integrations/protocol/openid-connect/token"

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	good := url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}, "grant_type": {"client_credentials"}}
	with := func(name, value string) string {
		v := url.Values{}
		for k, x := range good {
			v[k] = x
		}
		v.Set(name, value)
		if value == "" {
			v.Del(name)
		}
		return v.Encode()
	}
	for name, row := range map[string]struct {
		path, body, contentType string
		status                  int
		member, want            string
	}{
		"the right secret, form-encoded, gets a bearer token": {keycloakPath, good.Encode(), "", 200, "token_type", "Bearer"},
		"it lives an hour":                                         {keycloakPath, good.Encode(), "", 200, "expires_in", "3600"},
		"a wrong secret is refused":                                {keycloakPath, with("client_secret", "x"), "", 401, "error", "invalid_client"},
		"a secret whose plus was not encoded is a wrong secret":    {keycloakPath, "client_id=acme-peoplesoft&grant_type=client_credentials&client_secret=" + DefaultClientSecret, "", 401, "error", "invalid_client"},
		"an unknown client is refused":                             {keycloakPath, with("client_id", "x"), "", 401, "error", "invalid_client"},
		"a client that is not named is refused":                    {keycloakPath, with("client_id", ""), "", 401, "error", "unauthorized_client"},
		"a missing grant type is an invalid request":               {keycloakPath, with("grant_type", ""), "", 400, "error", "invalid_request"},
		"a body of another content type is lost":                   {keycloakPath, good.Encode(), "text/plain", 400, "error", "invalid_request"},
		"another grant type is not supported":                      {keycloakPath, with("grant_type", "password"), "", 400, "error", "unsupported_grant_type"},
		"an unknown scope is refused":                              {keycloakPath, with("scope", "xyz"), "", 400, "error", "invalid_scope"},
		"the realm's case matters":                                 {"/auth/realms/j1p-integrations/protocol/openid-connect/token", good.Encode(), "", 404, "error", "Realm does not exist"},
		"the legacy endpoint calls it token":                       {"/esop/jint/api/public/v1/tokens", good.Encode(), "", 200, "token_type", "Bearer"},
		"the legacy endpoint counts milliseconds":                  {"/esop/jint/api/public/v1/tokens", good.Encode(), "", 200, "expire_in", "86400000"},
		"the legacy endpoint refuses a wrong secret just the same": {"/esop/jint/api/public/v1/tokens", with("client_secret", "x"), "", 401, "error", "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil, Options{})
			contentType := row.contentType
			if contentType == "" {
				contentType = "application/x-www-form-urlencoded"
			}
			r := b.send("POST", row.path, row.body, "Content-Type", contentType)
			if got := text(r.json(), row.member); r.Code != row.status || got != row.want {
				t.Errorf("%d, %s = %q; want %d, %q", r.Code, row.member, got, row.status, row.want)
			}
		})
	}
}

func TestTokenIsNeeded(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, Options{TokenTTL: time.Minute})
	ok := func(want int, what string) {
		t.Helper()
		if got := b.get(api + "invoices").Code; got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	ok(200, "a fresh token")
	b.clock.pass(time.Minute)
	ok(401, "a token at the end of its life")
	b.token = b.login()
	ok(200, "a new token")
	b.RevokeTokens()
	ok(401, "a revoked token")
	b.token = ""
	ok(401, "no token")
	b.RotateSecret("another")
	b.token = b.login()
	ok(200, "a token of the rotated secret")

	b.token = "none"
	if got := b.get(api + "invoices").Header().Get("WWW-Authenticate"); got == "" {
		t.Error("a 401 of the gateway names its scheme")
	}
	b.SetSwitches(Switches{MalformedUnauthorized: true})
	if got := b.get(api + "invoices").Header(); got.Get("Content-Type") != "; charset=UTF-8" || got.Get("WWW-Authenticate") != "" {
		t.Errorf("the older hosts' 401 has headers %v", got)
	}
	b.SetSwitches(Switches{RevokeEvery: 2})
	b.token = b.login()
	ok(200, "the first of two calls")
	ok(200, "the second of two calls")
	ok(401, "after it every token is dead")
}
