package jaggaer

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
)

const emptyList = `{"returnCode":0,"returnMessage":"","totRecords":0,"returnedRecords":0,"startAt":1}`

// readOrders makes one call that needs a token.
func readOrders(b *bench) error {
	_, err := b.Read(b.t.Context(), connector.Query{Kind: connector.PurchaseOrder})
	return err
}

func TestTheTokenRequest(t *testing.T) {
	t.Parallel()
	f := always(200, emptyList)
	var sent connector.Request
	b := open(t, callerFunc(func(ctx context.Context, r connector.Request) (*connector.Response, error) {
		if r.Op == "token" {
			sent = r
		}
		return f.Call(ctx, r)
	}))
	if err := readOrders(b); err != nil {
		t.Fatal(err)
	}
	if want := "client_id=acme-peoplesoft&client_secret=S3cr3t%2Fplus+%2B%26&grant_type=client_credentials"; string(sent.Body) != want {
		t.Errorf("body %s", sent.Body)
	}
	if sent.Method != "POST" || sent.URL != "https://acme.example.com"+keycloakPath || sent.Write || sent.Header["Authorization"] != "" ||
		sent.Header["Content-Type"] != "application/x-www-form-urlencoded" || sent.Header["Accept"] != "application/json" {
		t.Errorf("request %+v", sent)
	}
	r := f.requests[0]
	if r.Header["Authorization"] != "Bearer token-1" || r.Header["Accept"] != "application/json" || r.Secrets[0] != "token-1" || r.Write {
		t.Errorf("call %+v", r)
	}
}

type callerFunc func(ctx context.Context, r connector.Request) (*connector.Response, error)

func (f callerFunc) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	return f(ctx, r)
}

// TestTokensLast checks after which time a call asks for another token.
func TestTokensLast(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer string
		edits  []func(connector.Settings)
		lasts  time.Duration
	}{
		"an hour less the minute that must be left": {`{"access_token":"a","expires_in":3600}`, nil, 59 * time.Minute},
		"seconds as text":                            {`{"access_token":"a","expires_in":"300"}`, nil, 4 * time.Minute},
		"legacy milliseconds":                        {`{"token":"a","expire_in":86399911,"expire_on":"2026-03-02T09:15:00+00:00"}`, nil, 86339911 * time.Millisecond},
		"both spellings: the one of seconds":         {`{"access_token":"a","expires_in":300,"expire_in":900000}`, nil, 4 * time.Minute},
		"no lifetime: ten minutes":                   {`{"access_token":"a"}`, nil, 9 * time.Minute},
		"a lifetime that is none: ten minutes":       {`{"access_token":"a","expires_in":"soon"}`, nil, 9 * time.Minute},
		"a lifetime without end":                     {`{"access_token":"a","expires_in":1e300}`, nil, longestLifetime - time.Minute},
		"shorter than what must be left: half of it": {`{"access_token":"a","expires_in":30}`, nil, 15 * time.Second},
		"the profile's own minimum":                  {`{"access_token":"a","expires_in":3}`, []func(connector.Settings){profileOf(1, "rest", "token_min_left_s")}, 2 * time.Second},
		"the profile's own lifetime":                 {`{"access_token":"a","expires_in":3600}`, []func(connector.Settings){profileOf(600, "rest", "token_ttl_override_s")}, 9 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, emptyList)
			f.logins = func() (*connector.Response, error) { return reply200(row.answer), nil }
			b := open(t, f, row.edits...)
			for _, at := range []struct {
				after time.Duration
				want  int
			}{{0, 1}, {row.lasts - time.Millisecond, 1}, {row.lasts, 2}} {
				b.at = noon.Add(at.after)
				if err := readOrders(b); err != nil || f.tokens != at.want {
					t.Fatalf("after %s: %d token requests, expected %d: %v", at.after, f.tokens, at.want, err)
				}
			}
		})
	}
}

// TestTheLifetimeCountsFromBeforeTheRequest lets the answer take its time.
func TestTheLifetimeCountsFromBeforeTheRequest(t *testing.T) {
	t.Parallel()
	f := always(200, emptyList)
	b := open(t, f)
	f.logins = func() (*connector.Response, error) {
		b.pass(50 * time.Second)
		return reply200(`{"access_token":"a","expires_in":120}`), nil
	}
	_ = readOrders(b)
	b.at = noon.Add(61 * time.Second)
	_ = readOrders(b)
	if f.tokens != 2 {
		t.Errorf("%d token requests", f.tokens)
	}
}

// TestClocksThatDiffer: JAGGAER's clock says nothing about a token's life, and when ours is set back a token that has ended meanwhile
// is renewed by its 401.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	expired := false
	f := &fake{answer: func(r connector.Request) (*connector.Response, error) {
		if expired && strings.HasSuffix(r.Header["Authorization"], "token-1") {
			return respond(401, ""), nil
		}
		return respond(200, emptyList, "Date", "Mon, 02 Mar 2020 12:00:00 GMT"), nil
	}}
	b := open(t, f)
	f.logins = func() (*connector.Response, error) {
		return respond(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":3600,"expire_on":"2020-01-01T00:00:00+00:00"}`, f.tokens), "Date", "Tue, 03 Mar 2026 12:00:00 GMT"), nil
	}
	for _, step := range []struct {
		at      time.Duration
		expired bool
		tokens  int
	}{{0, false, 1}, {30 * time.Minute, false, 1}, {-2 * time.Hour, true, 2}, {-2 * time.Hour, true, 2}, {30 * time.Hour, true, 3}} {
		b.at, expired = noon.Add(step.at), step.expired
		if err := readOrders(b); err != nil || f.tokens != step.tokens {
			t.Errorf("at %s: %d tokens, expected %d: %v", step.at, f.tokens, step.tokens, err)
		}
	}
}

// TestTokenAnswers is the table of JAGGAER.md §2.2.
func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		code   connector.Code
		words  []string
		asks   int // token requests after two calls
	}{
		"wrong secret":                 {401, `{"error":"invalid_client","error_description":"Invalid client or Invalid client credentials"}`, connector.Credentials, []string{"client id or secret", "client_secret", "acme-peoplesoft"}, 1},
		"wrong secret, older":          {400, `{"error":"unauthorized_client","error_description":"Invalid client secret"}`, connector.Credentials, []string{"Invalid client secret"}, 1},
		"unknown client, older":        {400, `{"error":"invalid_client","error_description":"Invalid client credentials"}`, connector.Credentials, nil, 1},
		"no service account":           {401, `{"error":"unauthorized_client","error_description":"Client not enabled to retrieve service account"}`, connector.Credentials, []string{"enable the service account of client acme-peoplesoft"}, 1},
		"401 without a word":           {401, ``, connector.Credentials, nil, 1},
		"body lost":                    {400, `{"error":"invalid_request","error_description":"Missing form parameter: grant_type"}`, connector.Misconfigured, []string{"grant_type", "token_url"}, 2},
		"grant not known":              {400, `{"error":"unsupported_grant_type","error_description":"Unsupported grant_type"}`, connector.Misconfigured, nil, 2},
		"wrong scope":                  {400, `{"error":"invalid_scope","error_description":"Invalid scopes: xyz"}`, connector.Misconfigured, []string{"setting scope"}, 2},
		"wrong realm":                  {404, `{"error":"Realm does not exist"}`, connector.Misconfigured, []string{"Realm does not exist", "token_url", "its realm is J1p-integrations"}, 2},
		"wrong path":                   {404, `<html>not here</html>`, connector.Misconfigured, []string{"token_url"}, 2},
		"a page of a web server":       {200, "\n <!DOCTYPE html><html>Log in</html>", connector.Unavailable, []string{"web page", "token_url"}, 8},
		"an answer without a token":    {200, `{"token_type":"Bearer"}`, connector.Unavailable, []string{"without a token"}, 8},
		"an answer that is no JSON":    {200, `OK`, connector.Unavailable, []string{"not JSON"}, 8},
		"a redirect":                   {302, ``, connector.Misconfigured, []string{"redirects"}, 2},
		"not on the allow list":        {403, `<html>`, connector.Forbidden, []string{"allow list"}, 2},
		"down":                         {503, `<html>maintenance</html>`, connector.Unavailable, []string{"HTTP 503"}, 8},
		"a status nobody has heard of": {418, ``, connector.Misconfigured, []string{"HTTP 418"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, emptyList)
			f.logins = func() (*connector.Response, error) { return respond(row.status, row.body), nil }
			b := open(t, f)
			mustFail(t, readOrders(b), row.code, row.words...)
			mustFail(t, readOrders(b), row.code)
			if f.tokens != row.asks {
				t.Errorf("%d token requests, expected %d", f.tokens, row.asks)
			}
			if len(f.requests) > 0 {
				t.Error("a call was made without a token")
			}
		})
	}
}

func TestLegacyTokenAddress(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, emptyList), profileOf("legacy", "rest", "token_style"))
	if b.opts.tokenURL != "https://acme.example.com/esop/jint/api/public/v1/tokens" {
		t.Error(b.opts.tokenURL)
	}
}

// TestAnExpiredToken covers JAGGAER.md §2.3, for reads and for writes.
func TestAnExpiredToken(t *testing.T) {
	t.Parallel()
	malformed := respond(401, `{"returnCode":"2","returnMessage":"invalid_or_missing_token"}`, "Content-Type", "; charset=UTF-8")
	written := reply200(`{"returnCode":0,"resultList":{"result":[{"index":0,"returnCode":0}]}}`)
	write := func(b *bench) error {
		_, err := b.Write(b.t.Context(), connector.Write{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": "Account", "value": "610000"}})
		return err
	}
	for name, row := range map[string]struct {
		do      func(*bench) error
		answers []*connector.Response
		calls   int
		tokens  int
		code    connector.Code
	}{
		"a read is made again":       {readOrders, []*connector.Response{respond(401, ""), reply200(emptyList)}, 2, 2, ""},
		"the older form of it":       {readOrders, []*connector.Response{malformed, reply200(emptyList)}, 2, 2, ""},
		"a write is made again":      {write, []*connector.Response{respond(401, ""), written}, 2, 2, ""},
		"once only, for a read":      {readOrders, []*connector.Response{respond(401, "")}, 2, 2, connector.Credentials},
		"once only, for a write":     {write, []*connector.Response{respond(401, "")}, 2, 2, connector.Credentials},
		"a good token is kept":       {readOrders, []*connector.Response{reply200(emptyList)}, 1, 1, ""},
		"a 403 is no expired token":  {readOrders, []*connector.Response{respond(403, "")}, 1, 1, connector.Forbidden},
		"nor is a 400, for a read":   {readOrders, []*connector.Response{respond(400, "")}, 1, 1, connector.Misconfigured},
		"nor is a 500, for a write ": {write, []*connector.Response{respond(500, "")}, 1, 1, connector.Ambiguous},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := inTurn(row.answers...)
			err := row.do(open(t, f))
			if connector.CodeOf(err) != row.code || len(f.requests) != row.calls || f.tokens != row.tokens {
				t.Errorf("%d calls, %d tokens, %v", len(f.requests), f.tokens, err)
			}
		})
	}
}

// TestATokenRevokedBetweenOthers: the new token is taken from another call before this one's repetition meets its end.
func TestATokenRevokedBetweenOthers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		revoked int // calls that meet a revoked token
		code    connector.Code
	}{"twice": {2, ""}, "three times": {3, ""}, "for ever": {99, connector.Credentials}} {
		n := 0
		f := &fake{}
		b := open(t, f)
		f.answer = func(r connector.Request) (*connector.Response, error) {
			if n++; n <= row.revoked {
				b.tokens.Taken(r.Secrets[0]) // by another call
				return respond(401, ""), nil
			}
			return reply200(emptyList), nil
		}
		if err := readOrders(b); connector.CodeOf(err) != row.code || f.tokens != min(row.revoked, maxRenewals)+1 {
			t.Errorf("%s: %v, %d log-ins", name, err, f.tokens)
		}
	}
}

func TestTheSecretChangesWhileRunning(t *testing.T) {
	t.Parallel()
	f := inTurn(reply200(emptyList), respond(401, ""))
	b := open(t, f)
	if err := readOrders(b); err != nil {
		t.Fatal(err)
	}
	f.logins = func() (*connector.Response, error) { return respond(401, `{"error":"invalid_client"}`), nil }
	for range 3 {
		mustFail(t, readOrders(b), connector.Credentials, "while running")
	}
	if f.tokens != 2 {
		t.Errorf("%d token requests", f.tokens)
	}
}

// TestOneLogInForAll has many workers ask at once.
func TestOneLogInForAll(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer *connector.Response
		code   connector.Code
	}{
		"a good one":    {reply200(`{"access_token":"a","expires_in":3600}`), ""},
		"a refused one": {respond(401, `{"error":"invalid_client"}`), connector.Credentials},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				b := open(t, callerFunc(func(_ context.Context, r connector.Request) (*connector.Response, error) {
					if r.Op == "token" {
						asked++
						time.Sleep(time.Second)
						return row.answer, nil
					}
					return reply200(emptyList), nil
				}))
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() {
						_, err := b.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder})
						if connector.CodeOf(err) != row.code {
							t.Errorf("%v", err)
						}
					})
				}
				wg.Wait()
				if asked != 1 {
					t.Errorf("%d token requests", asked)
				}
			})
		})
	}
}

// TestALogInOutlivesWhoAskedForIt: the one who asks gives up, the others still get a token.
func TestALogInOutlivesWhoAskedForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := open(t, callerFunc(func(ctx context.Context, r connector.Request) (*connector.Response, error) {
			select {
			case <-ctx.Done():
				return nil, connector.Errorf(connector.Unavailable, "", "stopped").Because(ctx.Err())
			case <-time.After(time.Second):
				return reply200(`{"access_token":"a","expires_in":3600}`), nil
			}
		}))
		hasty, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { _, err := b.tokens.Token(hasty); done <- err }()
		synctest.Wait()
		patient := make(chan error, 1)
		go func() { _, err := b.tokens.Token(t.Context()); patient <- err }()
		synctest.Wait()
		cancel()
		if err := <-done; connector.CodeOf(err) != connector.Unavailable {
			t.Errorf("the hasty one: %v", err)
		}
		if err := <-patient; err.(*connector.Error) != nil {
			t.Errorf("the patient one: %v", err)
		}
	})
}
