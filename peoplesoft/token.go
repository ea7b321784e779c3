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
	"sync"
	"time"

	connector "ml-connector"
)

// Life of a token: what an identity provider means that does not say, and how long before the end it is renewed.
const (
	tokenLifeUnsaid = 5 * time.Minute
	tokenMargin     = time.Minute
)

// tokenCache holds one OAuth token. However many calls want one, one request is under way at most.
type tokenCache struct {
	mu     sync.Mutex
	value  string
	until  time.Time // renewed from then on
	flight *tokenFlight
}

type tokenFlight struct {
	done  chan struct{}
	value string
	err   error
}

// token gives a token that is good now, fetching one when need be.
func (i *Instance) token(ctx context.Context) (string, error) {
	c := &i.tokens
	for {
		c.mu.Lock()
		if c.value != "" && i.now().Before(c.until) {
			defer c.mu.Unlock()
			return c.value, nil
		}
		f := c.flight
		if f == nil {
			f = &tokenFlight{done: make(chan struct{})}
			c.flight = f
			c.mu.Unlock()
			return i.fly(ctx, f)
		}
		c.mu.Unlock()
		if err := i.pace.Until(ctx, f.done); err != nil {
			return "", connector.Errorf(connector.Unavailable, "sign on", "was called off").Because(err)
		}
		// Whoever fetched may have been called off, which says nothing about us.
		if f.err == nil || connector.CodeOf(f.err) != connector.Unavailable || ctx.Err() != nil {
			return f.value, f.err
		}
	}
}

// fly fetches for all who wait.
func (i *Instance) fly(ctx context.Context, f *tokenFlight) (string, error) {
	value, life, err := i.fetchToken(ctx)
	i.tokens.mu.Lock()
	f.value, f.err = value, err
	if err == nil {
		i.tokens.value, i.tokens.until = value, i.now().Add(life-min(tokenMargin, life/4))
	}
	i.tokens.flight = nil
	i.tokens.mu.Unlock()
	close(f.done)
	return f.value, f.err
}

// dropToken forgets a token that PeopleSoft refused, unless another has taken its place.
func (i *Instance) dropToken(value string) {
	i.tokens.mu.Lock()
	defer i.tokens.mu.Unlock()
	if i.tokens.value == value {
		i.tokens.value = ""
	}
}

// fetchToken asks the identity provider (PEOPLESOFT.md §2.3). A token says nothing to PeopleSoft, so it is no write.
func (i *Instance) fetchToken(ctx context.Context) (string, time.Duration, error) {
	const op = "sign on at the identity provider"
	form := url.Values{"grant_type": {"client_credentials"}}
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
	secret := i.secrets["client_secret"]
	// RFC 6749 §2.3.1 form-encodes both before they are joined; for plain letters and digits that is no difference.
	basic := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(i.config.clientID) + ":" + url.QueryEscape(secret)))
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
