package jaggaer

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	connector "ml-connector"
)

// tokens keeps the one access token that all calls of an Instance share (JAGGAER.md §2.1).
type tokens struct {
	mu      sync.Mutex
	value   string
	renew   time.Time // ask for another one from then on
	taken   string    // the last token that the API took
	had     bool      // there was a good token before
	flight  *flight
	refused *connector.Error // JAGGAER does not know who we are: only a ping asks again, or a newly opened Instance
	at      time.Time        // when it was refused
}

// flight is a token request under way, which everybody who needs a token waits for.
type flight struct {
	done  chan struct{}
	token string
	err   *connector.Error
	ended bool // the context of the one who asked was over; the others ask themselves
}

// token gives a token with at least token_min_left_s left, and asks for one when there is none.
func (i *Instance) token(ctx context.Context) (string, *connector.Error) {
	t := &i.tokens
	for {
		t.mu.Lock()
		if t.refused != nil {
			t.mu.Unlock()
			again := *t.refused
			again.Exchange = ""
			return "", &again
		}
		if t.value != "" && i.now().Before(t.renew) {
			defer t.mu.Unlock()
			return t.value, nil
		}
		f := t.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			t.flight = f
			t.mu.Unlock()
			i.fly(ctx, f)
			return f.token, f.err
		}
		t.mu.Unlock()
		if err := i.pace.Until(ctx, f.done); err != nil {
			return "", connector.Errorf(connector.Unavailable, "token", "stopped before anything was sent").Because(err)
		}
		if !f.ended {
			return f.token, f.err
		}
	}
}

func (i *Instance) fly(ctx context.Context, f *flight) {
	got, err := i.askToken(ctx)
	t := &i.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flight = nil
	f.token, f.err, f.ended = got.value, err, err != nil && ctx.Err() != nil
	switch {
	case err == nil:
		t.value, t.renew, t.had = got.value, got.renew, true
	case err.Code == connector.Credentials:
		if t.had {
			err.Message += "; the secret was changed or the client was disabled while running"
		}
		t.value, t.refused, t.at = "", err, i.now()
	}
	close(f.done)
}

// accept notes that the API took a token.
func (t *tokens) accept(used string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = used
}

// drop forgets a token that was refused, unless another one has taken its place. It says whether the API had taken it.
func (t *tokens) drop(used string) (proven bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == used {
		t.value = ""
	}
	return t.taken == used
}

// lately is the refusal of a log-in not longer ago than this, nil when there is none.
func (t *tokens) lately(now time.Time, within time.Duration) *connector.Error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil || now.Sub(t.at) >= within {
		return nil
	}
	return t.refused
}

// adopt takes over what a ping learned: a token, or a refusal.
func (t *tokens) adopt(from *tokens) {
	from.mu.Lock()
	value, renew, refused, at := from.value, from.renew, from.refused, from.at
	from.mu.Unlock()
	if value == "" && refused == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.value, t.renew, t.refused, t.at = value, renew, refused, at
	t.had = t.had || value != ""
}

type grant struct {
	value string
	renew time.Time
}

// askToken makes one token request: credentials in the form body, never as Basic, so that a wrong secret is one failed log-in.
func (i *Instance) askToken(ctx context.Context) (grant, *connector.Error) {
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
		return grant{}, i.unreachable(op, err)
	}
	value, lifetime, fault := i.readToken(resp)
	if fault != nil {
		fault.Exchange = resp.Exchange
		return grant{}, fault
	}
	if seconds := i.opts.profile.int("rest", "token_ttl_override_s"); seconds > 0 {
		lifetime = time.Duration(seconds) * time.Second
	}
	left := i.opts.profile.seconds("rest", "token_min_left_s")
	if lifetime <= left {
		left = lifetime / 2
	}
	return grant{value: value, renew: before.Add(lifetime - left)}, nil
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
	for name, unit := range map[string]time.Duration{"expires_in": time.Second, "expire_in": time.Millisecond} {
		n, err := strconv.ParseFloat(strings.TrimSpace(rawText(body[name])), 64)
		if err != nil || n <= 0 {
			continue
		}
		if n >= float64(longestLifetime/unit) {
			return longestLifetime
		}
		return time.Duration(n * float64(unit))
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
