package peoplesoft

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	connector "ml-connector"
)

const idp = "https://idp.example.com/oauth2/v1/token"

var oauthSettings = []any{"auth", "oauth2", "username", nil, "client_id", "mlc", "scope", "readwrite", "audience", "psft", "token_url", idp}

const noRows = `{"data":{"query":{"numrows":0,"rows":[]}}}`

// tokenServer answers as an identity provider and as PeopleSoft, which takes the tokens that good says.
func tokenServer(life int, good func(token string) bool) (*fakeCaller, *atomic.Int64) {
	var issued atomic.Int64
	f := &fakeCaller{}
	f.answer = func(r connector.Request) (*connector.Response, error) {
		if r.URL == idp {
			return answerWith(200, "application/json", fmt.Sprintf(`{"access_token":"tok-%d","token_type":"Bearer","expires_in":%d}`, issued.Add(1), life)), nil
		}
		if token, ok := strings.CutPrefix(r.Header["Authorization"], "Bearer "); !ok || !good(token) {
			return answerWith(401, "text/plain", ""), nil
		}
		return answerWith(200, "application/json", noRows), nil
	}
	return f, &issued
}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"basic": "audience=psft&grant_type=client_credentials&scope=readwrite",
		"body":  "audience=psft&client_id=mlc&client_secret=cs%2F%2B1&grant_type=client_credentials&scope=readwrite",
	} {
		f, _ := tokenServer(3600, func(string) bool { return true })
		i := open(t, f, append([]any{"profile.oauth.client_auth", method}, oauthSettings...)...)
		if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); err != nil {
			t.Fatal(err)
		}
		r := f.calls[0]
		if r.Op != "token" || r.Method != "POST" || string(r.Body) != want || r.Header["Content-Type"] != "application/x-www-form-urlencoded" {
			t.Errorf("%s: %+v %s", method, r, r.Body)
		}
		if got := r.Header["Authorization"]; (method == "basic") != (got == "Basic bWxjOmNzLysx") {
			t.Errorf("%s: Authorization %q", method, got)
		}
		if last := f.last(); last.Header["Authorization"] != "Bearer tok-1" || len(last.Secrets) != 1 || last.Secrets[0] != "tok-1" {
			t.Errorf("%s: the query carries %q and masks %q", method, last.Header["Authorization"], last.Secrets)
		}
	}
}

func TestTokenIsFetchedOnceForManyCalls(t *testing.T) {
	t.Parallel()
	f, issued := tokenServer(3600, func(string) bool { return true })
	i := open(t, f, oauthSettings...)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := issued.Load(); n != 1 {
		t.Errorf("%d tokens for calls at the same time", n)
	}
}

func TestTokenIsRenewedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	f, issued := tokenServer(600, func(string) bool { return true })
	i := open(t, f, oauthSettings...)
	now := testNow
	i.now = func() time.Time { return now }
	for _, row := range []struct {
		after  time.Duration
		issued int64
	}{{0, 1}, {8 * time.Minute, 1}, {9*time.Minute + time.Second, 2}} {
		now = testNow.Add(row.after)
		if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); err != nil || issued.Load() != row.issued {
			t.Errorf("%s on: %d tokens, want %d (%v)", row.after, issued.Load(), row.issued, err)
		}
	}
}

func TestTokenThatPeopleSoftRefusesIsReplacedOnce(t *testing.T) {
	t.Parallel()
	f, issued := tokenServer(3600, func(token string) bool { return token == "tok-2" })
	i := open(t, f, oauthSettings...)
	if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); err != nil || issued.Load() != 2 {
		t.Errorf("%v with %d tokens", err, issued.Load())
	}
	f, issued = tokenServer(3600, func(string) bool { return false })
	i = open(t, f, oauthSettings...)
	if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); connector.CodeOf(err) != connector.Credentials || issued.Load() != 2 || f.count() != 4 {
		t.Errorf("%v with %d tokens and %d calls", err, issued.Load(), f.count())
	}
}

func TestWriteIsRepeatedAfterA401WithAnotherToken(t *testing.T) {
	t.Parallel()
	f, _ := tokenServer(3600, func(token string) bool { return token == "tok-2" })
	inner := f.answer
	f.answer = func(r connector.Request) (*connector.Response, error) {
		resp, err := inner(r)
		if r.Write && resp.Status == 200 {
			return answerWith(201, "application/json", `{"BUSINESS_UNIT":"US001","PO_ID":"0000004711"}`), nil
		}
		return resp, err
	}
	i := open(t, f, oauthSettings...)
	r, err := i.Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCreate, Document: orderDocument()})
	if err != nil || r.ID != "US001/0000004711" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		code   connector.Code
		word   string
	}{
		"a wrong secret":                   {401, `{"error":"invalid_client","error_description":"Client authentication failed"}`, connector.Credentials, "client_secret"},
		"a wrong secret, with 400":         {400, `{"error":"invalid_client"}`, connector.Credentials, "client_id"},
		"a client that may not":            {400, `{"error":"unauthorized_client"}`, connector.Credentials, "client"},
		"a wrong scope":                    {400, `{"error":"invalid_scope"}`, connector.Misconfigured, "scope"},
		"another refusal":                  {400, `{"error":"unsupported_grant_type"}`, connector.Misconfigured, "token_url"},
		"a web page":                       {200, `<html>Sign in</html>`, connector.Misconfigured, "web page"},
		"a token that is not there":        {200, `{"token_type":"Bearer"}`, connector.Misconfigured, "token"},
		"another address":                  {404, `not here`, connector.Misconfigured, "token_url"},
		"a redirect":                       {302, ``, connector.Misconfigured, "token_url"},
		"an identity provider that's down": {503, ``, connector.Unavailable, "503"},
		"too many requests":                {429, ``, connector.Throttled, "limits"},
		"too many requests, in words":      {429, `{"error":"too_many_requests"}`, connector.Throttled, "too_many_requests"},
		"one that is down, in words":       {503, `{"error":"temporarily_unavailable"}`, connector.Unavailable, "503"},
		"one that is down, with 400":       {400, `{"error":"temporarily_unavailable"}`, connector.Unavailable, "tried again"},
		"a wrong secret, with 500":         {500, `{"error":"invalid_client"}`, connector.Credentials, "client_secret"},
	} {
		f := always(row.status, "application/json", row.body)
		i := open(t, f, oauthSettings...)
		_, _, err := i.askRaw(context.Background(), i.entity(entPing), 1)
		e, requests := connector.AsError(err), 1
		if row.code == connector.Credentials {
			requests = 2 // as they are, and form-encoded
		}
		if e == nil || e.Code != row.code || !strings.Contains(e.Message+e.Hint, row.word) || f.count() != requests {
			t.Errorf("%s: %+v after %d requests, want %s with %q", name, e, f.count(), row.code, row.word)
		}
		if e != nil && (strings.Contains(e.Error(), "cs/+1") || strings.Contains(e.Error(), url.QueryEscape("cs/+1"))) {
			t.Errorf("%s: the error holds the secret", name)
		}
	}
}

// TestAnIdentityProviderMayTakeBasicAsItIsOrFormEncoded: what the first is refused for is tried in the other way once, and the way
// that was taken is the first from then on. A log-in that was refused is not tried again.
func TestAnIdentityProviderMayTakeBasicAsItIsOrFormEncoded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		secret, takes string
		asked         []int // after the first token, and after the second
		code          connector.Code
	}{
		"as it is":                          {"cs/+1", "mlc:cs/+1", []int{1, 2}, ""},
		"form-encoded":                      {"cs/+1", "mlc:cs%2F%2B1", []int{2, 3}, ""},
		"a wrong one is refused in both":    {"cs/+1", "mlc:other", []int{2, 2}, connector.Credentials},
		"a wrong one of letters, only once": {"cs1", "mlc:other", []int{1, 1}, connector.Credentials},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			f := &fakeCaller{answer: func(r connector.Request) (*connector.Response, error) {
				if r.URL != idp {
					return answerWith(200, "application/json", noRows), nil
				}
				asked++
				said, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header["Authorization"], "Basic "))
				if err != nil || string(said) != tc.takes {
					return answerWith(401, "application/json", `{"error":"invalid_client"}`), nil
				}
				return answerWith(200, "application/json", `{"access_token":"tok","expires_in":3600}`), nil
			}}
			i := open(t, f, oauthSettings...)
			i.secrets["client_secret"] = tc.secret
			for n := range 2 {
				_, _, err := i.askRaw(context.Background(), i.entity(entPing), 1)
				if connector.CodeOf(err) != tc.code || asked != tc.asked[n] {
					t.Errorf("%v after %d requests, want %q after %d", err, asked, tc.code, tc.asked[n])
				}
				i.tokens.Drop("tok")
			}
		})
	}
}

// TestCallOffOfOneIsNotThatOfAnother: the one who fetches is called off, the other, who waited for that token, gets one.
func TestCallOffOfOneIsNotThatOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, first := make(chan struct{}), true
		f := &callFunc{func(ctx context.Context, r connector.Request) (*connector.Response, error) {
			if r.URL != idp {
				return answerWith(200, "application/json", noRows), nil
			}
			if first {
				first = false
				<-ctx.Done()
				<-release
				return nil, connector.Errorf(connector.Unavailable, "token", "was called off").Because(ctx.Err())
			}
			return answerWith(200, "application/json", `{"access_token":"tok","expires_in":600}`), nil
		}}
		i := open(t, f, oauthSettings...)
		ctx, cancel := context.WithCancel(context.Background())
		results := make(chan error, 2)
		ask := func(ctx context.Context) {
			var err error
			if _, fault := i.tokens.Token(ctx); fault != nil {
				err = fault
			}
			results <- err
		}
		go ask(ctx)
		synctest.Wait()
		go ask(context.Background())
		synctest.Wait()
		cancel()
		close(release)
		one, two := <-results, <-results
		if (one == nil) == (two == nil) {
			t.Errorf("results %v and %v: one was called off, the other was not", one, two)
		}
	})
}

type callFunc struct {
	call func(context.Context, connector.Request) (*connector.Response, error)
}

func (f *callFunc) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	return f.call(ctx, r)
}
