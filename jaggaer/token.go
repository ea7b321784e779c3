package jaggaer

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/oauth"
)

// newTokens keeps the one access token of this Connection (JAGGAER.md §2.1).
func (i *Instance) newTokens(share func(context.Context, func(string) string) error) *oauth.Tokens {
	return oauth.New(oauth.Options{Ask: i.logIn, With: []string{i.opts.tokenURL, i.opts.clientID, i.opts.scope, i.opts.secrets["client_secret"]},
		Share: share, Now: func() time.Time { return i.now() }, Pace: i.pace})
}

// logIn asks for a token, and says of a refusal whether it worked before.
func (i *Instance) logIn(ctx context.Context) (oauth.Grant, *connector.Error) {
	got, err := i.askToken(ctx)
	if err != nil && err.Code == connector.Credentials && i.tokens.Had() {
		err.Message += "; the secret was changed or the client was disabled while running"
	}
	return got, err
}

// askToken makes one token request: credentials in the form body, never as Basic, so that a wrong secret is one failed log-in.
func (i *Instance) askToken(ctx context.Context) (oauth.Grant, *connector.Error) {
	const op = "token"
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {i.opts.clientID}, "client_secret": {i.opts.secrets["client_secret"]}}
	if i.opts.scope != "" {
		form.Set("scope", i.opts.scope)
	}
	before := i.now()
	resp, err := i.caller.Call(ctx, connector.Request{
		Op: op, Method: http.MethodPost, URL: i.opts.tokenURL, Body: []byte(form.Encode()), Timeout: i.timeout(60 * time.Second),
		Header: map[string]string{"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
	})
	if err != nil {
		return oauth.Grant{}, i.unreachable(op, err)
	}
	value, lifetime, fault := i.readToken(resp)
	if fault != nil {
		fault.Exchange = resp.Exchange
		return oauth.Grant{}, fault
	}
	if seconds := i.opts.profile.int("rest", "token_ttl_override_s"); seconds > 0 {
		lifetime = time.Duration(seconds) * time.Second
	}
	left := i.opts.profile.seconds("rest", "token_min_left_s")
	if lifetime <= left {
		left = lifetime / 2
	}
	return oauth.Grant{Value: value, Renew: before.Add(lifetime - left)}, nil
}

const (
	defaultLifetime = 600 * time.Second    // JAGGAER.md §2.5: when the answer names none
	longestLifetime = 365 * 24 * time.Hour // so that no number overflows
)

// readToken takes a token answer of either style, or says what it means (JAGGAER.md §2.2).
func (i *Instance) readToken(resp *connector.Response) (value string, lifetime time.Duration, fault *connector.Error) {
	body, _ := decodeObject(resp.Body)
	if resp.Status != http.StatusOK {
		return "", 0, i.tokenFault(resp, plainText(body["error"]), plainText(body["error_description"]))
	}
	if body == nil {
		if isPage(resp.Body) {
			return "", 0, connector.Errorf(connector.Unavailable, "token", "the token address answered with a web page instead of a token").
				Advise("Check the setting token_url (now %s): a log-in or maintenance page stands there.", i.opts.tokenURL)
		}
		return "", 0, connector.Errorf(connector.Unavailable, "token", "the token address answered with something that is not JSON").
			Advise("Check the setting token_url (now %s); otherwise try again later.", i.opts.tokenURL)
	}
	for _, name := range []string{"access_token", "token"} {
		if value = strings.TrimSpace(rawText(body[name])); value != "" {
			break
		}
	}
	if value == "" {
		return "", 0, connector.Errorf(connector.Unavailable, "token", "the token address answered without a token").
			Advise("Check the setting token_url (now %s) and the profile key rest.token_style.", i.opts.tokenURL)
	}
	return value, tokenLifetime(body), nil
}

// tokenLifetime knows seconds (expires_in) and the legacy style's milliseconds (expire_in), as numbers or as texts.
func tokenLifetime(body map[string]any) time.Duration {
	for _, of := range []struct {
		name string
		unit time.Duration
	}{{"expires_in", time.Second}, {"expire_in", time.Millisecond}} {
		n, err := strconv.ParseFloat(strings.TrimSpace(rawText(body[of.name])), 64)
		if err != nil || n <= 0 {
			continue
		}
		if n >= float64(longestLifetime/of.unit) {
			return longestLifetime
		}
		return time.Duration(n * float64(of.unit))
	}
	return defaultLifetime
}

// tokenFault keys on `error`, since the texts differ by release, and the status of a cause differs too.
func (i *Instance) tokenFault(resp *connector.Response, reason, description string) *connector.Error {
	const op = "token"
	said := sayBoth(reason, description)
	switch {
	case reason == "invalid_client" || reason == "unauthorized_client":
		e := connector.Errorf(connector.Credentials, op, "JAGGAER does not accept the client id or secret%s", said)
		if strings.Contains(strings.ToLower(description), "service account") {
			return e.Advise("Ask JAGGAER to enable the service account of client %s.", i.opts.clientID)
		}
		return e.Advise("Check client_id (%s) and the secret client_secret of this Connection; JAGGAER gives both. It is not tried again until one of them changes.", i.opts.clientID)
	case reason == "invalid_scope":
		return connector.Errorf(connector.Misconfigured, op, "the log-in service refuses the scope%s", said).Advise("Correct the setting scope, or leave it out.")
	case reason == "invalid_request" || reason == "unsupported_grant_type":
		return connector.Errorf(connector.Misconfigured, op, "the log-in service does not understand the request%s", said).
			Advise("Check the setting token_url (now %s): does a proxy stand between?", i.opts.tokenURL)
	case resp.Status == http.StatusTooManyRequests:
		return i.slowDown(op, resp)
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusMethodNotAllowed || resp.Status == http.StatusGone:
		return connector.Errorf(connector.Misconfigured, op, "the token address does not exist%s", said).
			Advise("Check the setting token_url (now %s); its realm is %s, normally J1p-integrations, with these capitals.", i.opts.tokenURL, realm(i.opts.tokenURL))
	case resp.Status >= 300 && resp.Status < 400:
		return connector.Errorf(connector.Misconfigured, op, "the token address redirects elsewhere (HTTP %d)", resp.Status).
			Advise("Check the setting token_url (now %s): it is not followed to another address.", i.opts.tokenURL)
	case resp.Status == http.StatusUnauthorized:
		return connector.Errorf(connector.Credentials, op, "JAGGAER does not accept the client id or secret (HTTP 401)%s", said).
			Advise("Check client_id (%s) and the secret client_secret of this Connection.", i.opts.clientID)
	case resp.Status == http.StatusForbidden:
		return connector.Errorf(connector.Forbidden, op, "the log-in service refuses us (HTTP 403)%s", said).
			Advise("Our outgoing address is probably not on JAGGAER's allow list; ask JAGGAER to add it.")
	case resp.Status >= 500 || resp.Status < 400:
		e := connector.Errorf(connector.Unavailable, op, "the log-in service is not well (HTTP %d)%s", resp.Status, said).Advise("Try again later.")
		e.Wait = retryAfter(resp, i.now())
		return e
	}
	return connector.Errorf(connector.Misconfigured, op, "the log-in service refuses the request (HTTP %d)%s", resp.Status, said).
		Advise("Check the setting token_url (now %s).", i.opts.tokenURL)
}

// realm is the realm that a Keycloak address names.
func realm(address string) string {
	_, rest, found := strings.Cut(address, "/realms/")
	if !found {
		return "not in it"
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// sayBoth puts JAGGAER's own words behind a sentence.
func sayBoth(reason, description string) string {
	switch {
	case reason == "" && description == "":
		return ""
	case reason == "":
		return ": " + description
	case description == "":
		return ": " + reason
	}
	return ": " + reason + ": " + description
}
