package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/api"
)

// answering is a Client of a server that answers by a function.
func answering(t *testing.T, f http.HandlerFunc) *api.Client {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	c, err := api.New(s.URL, "mlc_a")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, code := range map[string]connector.Code{
		"https://connector.example.com":      "",
		"https://connector.example.com/":     "",
		"https://example.com/ml-connector":   "",
		"http://127.0.0.1:8080":              "",
		"http://[::1]:8080":                  "",
		"http://LOCALHOST:8080":              "",
		"http://connector.example.com":       connector.Invalid,
		"http://127.0.0.1.example.com":       connector.Invalid,
		"ftp://connector.example.com":        connector.Invalid,
		"connector.example.com":              connector.Invalid,
		"https://user:pw@example.com":        connector.Invalid,
		"https://connector.example.com?a=b":  connector.Invalid,
		"https://connector.example.com#a":    connector.Invalid,
		"":                                   connector.Invalid,
		"https://connector.example.com:port": connector.Invalid,
	} {
		if _, err := api.New(address, "mlc_a"); connector.CodeOf(err) != code {
			t.Errorf("%s: %v, expected %q", address, err, code)
		}
	}
	if _, err := api.New("https://connector.example.com", ""); connector.CodeOf(err) != connector.Credentials {
		t.Errorf("without a token: %v", err)
	}
}

func TestWhatServersAnswer(t *testing.T) {
	t.Parallel()
	const problem = "application/problem+json"
	for name, row := range map[string]struct {
		status     int
		kind, body string
		code       connector.Code
		says       string
	}{
		"what was asked for":                {200, "application/json", `{"name":"erp"}`, "", ""},
		"a problem":                         {404, problem, `{"code":"not_found","detail":"there is no connection erp","hint":"look","op":"show"}`, connector.NotFound, "there is no connection erp"},
		"a problem with places":             {422, problem + "; charset=utf-8", `{"code":"invalid","detail":"validation failed","errors":[{"location":"query.limit","message":"too many"}]}`, connector.Invalid, "query.limit: too many"},
		"a problem without a code":          {500, problem, `{"detail":"no"}`, connector.Misconfigured, "HTTP 500"},
		"a page of something else":          {200, "text/html", `<html>`, connector.Misconfigured, "gave no answer of ml-connector"},
		"a refusal of something else":       {403, "text/html", `<html>`, connector.Misconfigured, "HTTP 403"},
		"a redirect, which is not followed": {302, "text/html", ``, connector.Misconfigured, "HTTP 302"},
		"half an answer":                    {200, "application/json", `{"name":`, connector.Misconfigured, "gave no answer of ml-connector"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				if got := r.Header.Get("Authorization"); got != "Bearer mlc_a" {
					t.Errorf("Authorization: %q", got)
				}
				w.Header().Set("Content-Type", row.kind)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
			})
			var out struct{ Name string }
			err := c.Get(t.Context(), "/connections/erp", nil, &out)
			if connector.CodeOf(err) != row.code || row.code != "" && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, expected %q with %q", err, row.code, row.says)
			}
			if row.code == "" && out.Name != "erp" {
				t.Errorf("%+v", out)
			}
			if asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	breaks := answering(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if err := breaks.Get(t.Context(), "/flows", nil, nil); connector.CodeOf(err) != connector.Unavailable {
		t.Errorf("what only reads was surely not done: %v", err)
	}
	if err := breaks.Post(t.Context(), "/runs", nil, nil, nil); connector.CodeOf(err) != connector.Ambiguous {
		t.Errorf("what was sent may have been done: %v", err)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, err := api.New(gone.URL, "mlc_a")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Post(t.Context(), "/runs", nil, nil, nil); connector.CodeOf(err) != connector.Unavailable {
		t.Errorf("where nobody listens nothing was done: %v", err)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		at := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("after"), &at)
		if r.URL.Query().Get("flow") != "a b" {
			t.Errorf("the filter was lost: %s", r.URL)
		}
		if at < 4 {
			w.Header().Set("Link", fmt.Sprintf(`</api/v1/deliveries?flow=a+b&after=%d>; rel="next"`, at+2))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, "[%d,%d]", at+1, at+2)
	})
	var got []int
	err := api.Each(t.Context(), c, "/deliveries", url.Values{"flow": {"a b"}}, func(n int) error {
		got = append(got, n)
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[1 2 3 4 5 6]" {
		t.Errorf("%v, %v", got, err)
	}
}
