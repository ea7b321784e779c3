package peoplesoft

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/oauth"
)

// Life of a token: what an identity provider means that does not say, and how long before the end it is renewed.
const (
	tokenLifeUnsaid = 5 * time.Minute
	tokenMargin     = time.Minute
)

// newTokens keeps the one access token of this Connection.
func (i *Instance) newTokens(share func(context.Context, func(string) string) error) *oauth.Tokens {
	return oauth.New(oauth.Options{Ask: i.logIn, With: []string{i.config.tokenURL, i.config.clientID, i.config.scope, i.config.audience, i.secrets["client_secret"]},
		Share: share, Now: func() time.Time { return i.now() }, Pace: i.pace})
}

func (i *Instance) logIn(ctx context.Context) (oauth.Grant, *connector.Error) {
	value, life, err := i.fetchToken(ctx)
	if err != nil {
		return oauth.Grant{}, connector.AsError(err)
	}
	return oauth.Grant{Value: value, Renew: i.now().Add(life - min(tokenMargin, life/4))}, nil
}

// fetchToken asks the identity provider (PEOPLESOFT.md §2.3). A token says nothing to PeopleSoft, so it is no write.
//
// The contract shows client id and secret in Basic as they are; RFC 6749 §2.3.1 has them form-encoded. For plain letters and
// digits that is the same. Where it is not and the first is refused, the second is tried once, and remembered if it is taken.
func (i *Instance) fetchToken(ctx context.Context) (string, time.Duration, error) {
	id, secret := i.config.clientID, i.secrets["client_secret"]
	encoded := func(s string) string { return s }
	if i.encodes.Load() {
		encoded = url.QueryEscape
	}
	value, life, err := i.askToken(ctx, encoded)
	differ := url.QueryEscape(id) != id || url.QueryEscape(secret) != secret
	if connector.CodeOf(err) != connector.Credentials || i.profile.clientAuth == "body" || !differ || i.encodes.Load() {
		return value, life, err
	}
	second, life, again := i.askToken(ctx, url.QueryEscape)
	if again != nil {
		return "", 0, err
	}
	i.encodes.Store(true)
	return second, life, nil
}

// askToken asks with client id and secret encoded for Basic.
func (i *Instance) askToken(ctx context.Context, encoded func(string) string) (string, time.Duration, error) {
	const op = "sign on at the identity provider"
	form := url.Values{"grant_type": {"client_credentials"}}
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
	secret := i.secrets["client_secret"]
	basic := base64.StdEncoding.EncodeToString([]byte(encoded(i.config.clientID) + ":" + encoded(secret)))
	if i.profile.clientAuth == "body" {
		form.Set("client_id", i.config.clientID)
		form.Set("client_secret", secret)
	} else {
		header["Authorization"] = "Basic " + basic
	}
	if i.config.scope != "" {
		form.Set("scope", i.config.scope)
	}
	if i.config.audience != "" {
		form.Set("audience", i.config.audience)
	}
	resp, err := i.caller.Call(ctx, connector.Request{Op: "token", Method: http.MethodPost, URL: i.config.tokenURL, Header: header, Body: []byte(form.Encode()),
		Secrets: []string{basic, url.QueryEscape(secret)}})
	if err != nil {
		return "", 0, withOp(err, op)
	}
	var said struct {
		Token  string `json:"access_token"`
		Life   any    `json:"expires_in"`
		Error  string `json:"error"`
		Reason string `json:"error_description"`
	}
	decodeErr := json.Unmarshal(toUTF8(resp.Body, i.profile.fallback), &said)
	if resp.Status == http.StatusOK && decodeErr == nil && said.Token != "" {
		return said.Token, tokenLife(said.Life), nil
	}
	return "", 0, tokenError(op, resp, said.Error, said.Reason)
}

func tokenLife(v any) time.Duration {
	seconds, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if err != nil || !(seconds >= 1 && seconds <= 1e8) { // what is no number is neither
		return tokenLifeUnsaid
	}
	return time.Duration(seconds * float64(time.Second))
}

// tokenError says what the identity provider's refusal means (RFC 6749 §5.2).
func tokenError(op string, resp *connector.Response, code, reason string) error {
	words := strings.Trim(code+": "+clip(squeeze(reason), 300), ": ")
	e := &connector.Error{Op: op, Exchange: resp.Exchange}
	switch {
	case code == "invalid_scope":
		e.Code, e.Message, e.Hint = connector.Misconfigured, sentence("the identity provider refused the scope", words), "Correct the setting `scope` (readwrite, read or write)."
	case code == "invalid_client" || code == "unauthorized_client" || code == "access_denied" || resp.Status == http.StatusUnauthorized || resp.Status == http.StatusForbidden:
		e.Code, e.Message, e.Hint = connector.Credentials, sentence("the identity provider refused client_id and client_secret", words), "Check client_id and client_secret, and whether this client may use the grant client_credentials."
	case resp.Status == http.StatusTooManyRequests:
		e.Code, e.Message, e.Wait = connector.Throttled, sentence("the identity provider limits the requests for tokens", words), retryAfter(resp.Header)
	case resp.Status >= 500 || code == "temporarily_unavailable" || code == "server_error":
		e.Code, e.Message = connector.Unavailable, sentence(fmt.Sprintf("the identity provider answered HTTP %d", resp.Status), words)
		e.Hint, e.Wait = "It is tried again. If it lasts, ask whoever runs the identity provider.", retryAfter(resp.Header)
	case code != "":
		e.Code, e.Message, e.Hint = connector.Misconfigured, sentence("the identity provider refused the request for a token", words), "Check token_url, scope, audience and the profile's oauth.client_auth with whoever runs the identity provider."
	case resp.Status >= 400:
		e.Code, e.Message, e.Hint = connector.Misconfigured, fmt.Sprintf("the identity provider answered HTTP %d without a reason", resp.Status), "Check token_url: there is no token endpoint at this address."
	default:
		e.Code, e.Message, e.Hint = connector.Misconfigured, "the answer of token_url is no token, but a web page or something else", "Check token_url: it must be the address of the token endpoint itself, not of a sign-on page."
	}
	return e
}
