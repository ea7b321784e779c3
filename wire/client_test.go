package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	connector "ml-connector"
)

// bench is a Client, the server that it may call, and what it kept.
type bench struct {
	client *Client
	url    string
	port   string
	kept   *[]connector.Exchange
	ctx    context.Context
}

func newBench(t *testing.T, server *httptest.Server, edit func(*Config)) bench {
	t.Helper()
	c := Config{Connection: "erp", Addresses: []string{server.URL}, Now: time.Now}
	if edit != nil {
		edit(&c)
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	u, _ := url.Parse(server.URL)
	kept := &[]connector.Exchange{}
	ctx := connector.WithTrace(t.Context(), connector.Trace{Run: 7, Delivery: 9, Keep: func(x connector.Exchange) { *kept = append(*kept, x) }})
	return bench{client: client, url: server.URL, port: u.Port(), kept: kept, ctx: ctx}
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func (b bench) get(t *testing.T) (*connector.Response, *connector.Error) {
	t.Helper()
	r, err := b.client.Call(b.ctx, connector.Request{Op: "read", Method: "GET", URL: b.url + "/x"})
	if err == nil {
		return r, nil
	}
	return r, connector.AsError(err)
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text)
	w.Close()
	return b.Bytes()
}

func TestAnswersAreGivenWholeAndAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		handler http.HandlerFunc
		status  int
		body    string
		header  map[string]string
	}{
		"a plain answer": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }, 200, "hello", nil},
		"an error is an answer": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
			500, "no\n", nil},
		"a redirect is not followed": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) },
			302, "<a href=\"/login\">Found</a>.\n\n", map[string]string{"Location": "/login"}},
		"gzip is decoded": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gzipped([]byte("zipped")))
		}, 200, "zipped", map[string]string{"Content-Encoding": ""}},
		"an empty body may call itself gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusUnauthorized)
		}, 401, "", nil},
		"of a repeated header the first counts": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-Page"] = []string{"1", "2"}
		}, 200, "", map[string]string{"X-Page": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, serve(t, row.handler), nil)
			got, err := b.get(t)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != row.status || string(got.Body) != row.body {
				t.Errorf("got %d %q", got.Status, got.Body)
			}
			for name, want := range row.header {
				if got.Header[name] != want {
					t.Errorf("header %s is %q", name, got.Header[name])
				}
			}
			x := (*b.kept)[0]
			if x.ID != got.Exchange || len(x.ID) != 24 || x.Run != 7 || x.Delivery != 9 || x.Connection != "erp" || string(x.ResponseBody) != row.body || x.Status != row.status {
				t.Errorf("kept %+v", x)
			}
		})
	}
}

func TestRequestsAreSentAsGiven(t *testing.T) {
	t.Parallel()
	listener, lines := rawServer(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") })
	client, err := New(Config{Addresses: []string{"http://" + listener}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = client.Call(t.Context(), connector.Request{Method: "POST", URL: "http://" + listener + "/p?a=1", Write: true,
		Header: map[string]string{"SOAPAction": "Create.V1", "OperationName": "X.1", "Content-Type": "text/xml"}, Body: []byte("<a/>")})
	if err != nil {
		t.Fatal(err)
	}
	got := <-lines
	for _, want := range []string{"POST /p?a=1 HTTP/1.1\r\n", "SOAPAction: Create.V1\r\n", "OperationName: X.1\r\n", "Content-Length: 4\r\n",
		"Content-Type: text/xml\r\n", "Connection: close\r\n", "User-Agent: ml-connector\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the request has no %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "chunked") {
		t.Errorf("the request is chunked:\n%s", got)
	}
}

func TestWritesUseFreshConnections(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	b := newBench(t, s, nil)
	for range 3 {
		b.get(t)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("three reads used %d connections", n)
	}
	for range 3 {
		if _, err := b.client.Call(b.ctx, connector.Request{Method: "POST", URL: b.url, Write: true, Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if n := conns.Load(); n != 4 {
		t.Errorf("three writes made it %d connections, not 4", n)
	}
}

// I22: a request goes to the Connection's own addresses and to no other.
func TestI22ForeignAddressesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") })
	u, _ := url.Parse(s.URL)
	at := func(ip ...string) func(context.Context, string) ([]netip.Addr, error) {
		return func(context.Context, string) ([]netip.Addr, error) {
			var out []netip.Addr
			for _, i := range ip {
				out = append(out, netip.MustParseAddr(i))
			}
			return out, nil
		}
	}
	named := "http://erp.example.com:" + u.Port()
	for name, row := range map[string]struct {
		edit func(*Config)
		url  string
		says string
	}{
		"another host":            {nil, "http://localhost:" + u.Port() + "/", "not one of"},
		"another port":            {nil, "http://127.0.0.1:1/", "not one of"},
		"another scheme":          {nil, "https://127.0.0.1:" + u.Port() + "/", "not one of"},
		"our host as a user name": {nil, "http://127.0.0.1:" + u.Port() + "@evil.example.com/", "not one of"},
		"a user name at our host": {nil, "http://me:secret@127.0.0.1:" + u.Port() + "/", "not one of"},
		"not an HTTP address":     {nil, "file:///etc/passwd", "read"},
		"metadata, by rebinding":  {func(c *Config) { c.Addresses, c.Resolve = []string{named}, at("169.254.169.254") }, named, "never called"},
		"metadata behind NAT64":   {func(c *Config) { c.Addresses, c.Resolve = []string{named}, at("64:ff9b::a9fe:a9fe") }, named, "never called"},
		"metadata mapped to IPv6": {func(c *Config) { c.Addresses, c.Resolve = []string{named}, at("::ffff:169.254.169.254") }, named, "never called"},
		"link-local IPv6":         {func(c *Config) { c.Addresses, c.Resolve = []string{named}, at("fe80::1") }, named, "never called"},
		"this host as 0.0.0.0":    {func(c *Config) { c.Addresses, c.Resolve = []string{named}, at("0.0.0.0") }, named, "never called"},
		"metadata by its number":  {func(c *Config) { c.Addresses = []string{"http://169.254.169.254"} }, "http://169.254.169.254/", "never called"},
		"metadata although listed": {func(c *Config) {
			c.Addresses, c.Resolve, c.Allow = []string{named}, at("169.254.169.254"), []string{"169.254.0.0/16"}
		}, named, "never called"},
		"outside the egress list": {func(c *Config) { c.Allow = []string{"10.0.0.0/8", "127.0.0.1:1"} }, s.URL, "egress.allow"},
		"an empty egress list":    {func(c *Config) { c.Allow = []string{} }, s.URL, "egress.allow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, s, row.edit)
			for _, write := range []bool{false, true} {
				_, err := b.client.Call(b.ctx, connector.Request{Op: "read", Method: "POST", URL: row.url, Write: write})
				e := connector.AsError(err)
				if e == nil || (e.Code != connector.Forbidden && row.says != "read") || !strings.Contains(e.Message, row.says) {
					t.Fatalf("got %v", err)
				}
				if e.Hint == "" || strings.Contains(e.Message, "secret") {
					t.Errorf("message %q, hint %q", e.Message, e.Hint)
				}
			}
		})
	}
}

func TestEgressListLetsThrough(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") })
	u, _ := url.Parse(s.URL)
	for name, row := range map[string]struct {
		address string
		allow   []string
	}{
		"a range":            {s.URL, []string{"127.0.0.0/8"}},
		"an address":         {s.URL, []string{"127.0.0.1"}},
		"address and port":   {s.URL, []string{"127.0.0.1:" + u.Port()}},
		"a name and a port":  {"http://erp.example.com:" + u.Port(), []string{"ERP.example.com:" + u.Port()}},
		"the range, by name": {"http://erp.example.com:" + u.Port(), []string{"127.0.0.0/8"}},
	} {
		b := newBench(t, s, func(c *Config) {
			c.Addresses, c.Allow = []string{row.address}, row.allow
			c.Resolve = func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
			}
		})
		got, err := b.client.Call(b.ctx, connector.Request{Method: "GET", URL: row.address})
		if err != nil || string(got.Body) != "in" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"erp.example.com", "10.0.0.0/33", ":80", ""} {
		if err := CheckEgress([]string{bad}); connector.CodeOf(err) != connector.Invalid {
			t.Errorf("%q was taken: %v", bad, err)
		}
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, _ *http.Request) { t.Error("the proxy was asked") })
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	b := newBench(t, s, func(c *Config) {
		u, _ := url.Parse(s.URL)
		c.Addresses = []string{"http://erp.example.com:" + u.Port()}
		c.Resolve = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	})
	if _, err := b.client.Call(b.ctx, connector.Request{Method: "GET", URL: "http://erp.example.com:" + b.port}); err != nil {
		t.Error(err)
	}
}
