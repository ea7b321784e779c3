package jaggaer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	connector "ml-connector"
)

// call is one request to the REST API.
type call struct {
	op       string
	method   string
	url      string
	body     []byte
	resource string // what permissions are about, for hints: "purchaseorders"
	timeout  time.Duration
	write    bool
	patient  bool // waits where JAGGAER says so, and is made again when there was no answer (reads of a Run)
	once     bool // makes no second log-in (Check)
}

// Time-outs of JAGGAER.md §8, where the Connection's setting timeout says nothing.
const (
	readTimeout  = 60 * time.Second
	writeTimeout = 120 * time.Second
	xmlTimeout   = 300 * time.Second
)

func (i *Instance) timeout(contract time.Duration) time.Duration {
	if i.opts.timeout > 0 {
		return i.opts.timeout
	}
	return contract
}

// maxRenewals bounds the log-ins of one call whose tokens, good for others, are revoked while it is made.
const maxRenewals = 3

// send makes one REST call with a token. A 401 renews the token and repeats the call once: it is decided before anything
// is done, so that is safe for writes too (JAGGAER.md §2.3). A second 401 is final, unless the API has taken that very token
// from another call, or another process had asked for it: then it was revoked meanwhile. The answer has any other status but 401 and 429.
func (i *Instance) send(ctx context.Context, c call) (*connector.Response, error) {
	for renewals := 0; ; renewals++ {
		if err := i.pass(ctx, c); err != nil {
			return nil, err
		}
		token, fault := i.tokens.Token(ctx)
		if fault != nil {
			own := *fault // others wait for the same log-in
			own.Op = c.op
			return nil, &own
		}
		resp, err := i.exchange(ctx, c, token)
		if err != nil {
			return nil, i.unreachable(c.op, err)
		}
		switch {
		case resp.Status == http.StatusTooManyRequests:
			fault := i.slowDown(c.op, resp)
			fault.Exchange = resp.Exchange
			return nil, fault
		case resp.Status != http.StatusUnauthorized:
			i.tokens.Taken(token)
			return resp, nil
		}
		stale := i.tokens.Drop(token)
		if c.once || renewals >= maxRenewals || renewals > 0 && !stale {
			e := connector.Errorf(connector.Credentials, c.op, "the token was accepted by the log-in service but not by the API (HTTP 401)").
				Advise("Do token_url (%s) and url (%s) belong to the same JAGGAER? Otherwise ask JAGGAER whether client %s is enabled.", i.opts.tokenURL, i.opts.url, i.opts.clientID)
			e.Exchange = resp.Exchange
			return nil, e
		}
	}
}

func (i *Instance) exchange(ctx context.Context, c call, token string) (*connector.Response, error) {
	release, err := i.slot(ctx, c.op, i.rest)
	if err != nil {
		return nil, err
	}
	defer release()
	header := map[string]string{"Authorization": "Bearer " + token, "Accept": "application/json"}
	if c.body != nil {
		header["Content-Type"] = "application/json"
	}
	return i.caller.Call(ctx, connector.Request{
		Op: c.op, Method: c.method, URL: c.url, Header: header, Body: c.body, Write: c.write, Timeout: i.timeout(c.timeout), Secrets: []string{token},
	})
}

// unreachable puts the operation on an Error of the Caller, whose class stands.
func (i *Instance) unreachable(op string, err error) *connector.Error {
	e := *connector.AsError(err)
	e.Op = op
	if e.Hint == "" && e.Code == connector.Ambiguous {
		e.Hint = "We do not know yet whether JAGGAER stored it; it is looked up before anything is sent again."
	}
	return &e
}

// slowDown closes the gate for as long as a 429 asks, within the profile's cap.
func (i *Instance) slowDown(op string, resp *connector.Response) *connector.Error {
	wait := retryAfter(resp, i.now())
	if wait <= 0 {
		wait = i.opts.profile.seconds("rest", "throttle_fallback_s")
	}
	wait = min(wait, i.opts.profile.seconds("rest", "throttle_max_wait_s"))
	i.gate.close(i.now().Add(wait))
	return throttled(op, wait)
}

// retryAfter reads seconds or an HTTP date; 0 when the header is missing, garbled or past.
func retryAfter(resp *connector.Response, now time.Time) time.Duration {
	value := strings.TrimSpace(resp.Header["Retry-After"])
	if seconds, ok := duration(value + "s"); ok && value != "" && strings.Trim(value, "0123456789") == "" {
		return seconds
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// backoff is the pause before a read is made again (JAGGAER.md §8).
var backoff = [...]time.Duration{1 * time.Second, 4 * time.Second, 15 * time.Second, 60 * time.Second}

// throttlesInARow is how often a patient call lets itself be told to wait before that is a failure.
const throttlesInARow = 10

// read makes a reading call and hands the answer to take, until take is content. Only a patient call is made again: after
// an unavailable answer up to max_attempts, after a 429 as long as it is told to wait.
func (i *Instance) read(ctx context.Context, c call, take func(*connector.Response) error) error {
	waits := 0
	for attempt := 1; ; {
		resp, err := i.send(ctx, c)
		if err == nil {
			if err = take(resp); err == nil {
				return nil
			}
			e := connector.AsError(err)
			e.Exchange = resp.Exchange
			err = e
		}
		if !c.patient || ctx.Err() != nil {
			return err
		}
		var e *connector.Error
		errors.As(err, &e)
		switch {
		case e.Code == connector.Throttled && waits < throttlesInARow:
			waits++ // the gate makes the next call wait
		case e.Code == connector.Unavailable && attempt < i.opts.profile.int("rest", "max_attempts"):
			waits = 0
			pause := max(backoff[min(attempt, len(backoff))-1], e.Wait)
			attempt++
			if err := i.pause(ctx, c.op, min(pause, i.opts.profile.seconds("rest", "throttle_max_wait_s"))); err != nil {
				return err
			}
		default:
			return err
		}
	}
}
