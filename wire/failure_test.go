package wire

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// rawServer takes connections, reads one request of each, sends it to the channel, and then does what answer does.
func rawServer(t *testing.T, answer func(net.Conn)) (address string, requests chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	requests = make(chan string, 8)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				requests <- readRequest(c)
				answer(c)
			}()
		}
	}()
	return l.Addr().String(), requests
}

func readRequest(c net.Conn) string {
	r := bufio.NewReader(c)
	var text strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		text.WriteString(line)
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(n))
		}
		if err != nil || line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	_, _ = io.ReadFull(r, body)
	return text.String() + string(body)
}

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); c.Close() }

func TestFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	const big = 1 << 16
	bomb := append([]byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"), gzipped(make([]byte, 50*big))...)
	for name, row := range map[string]struct {
		answer      func(net.Conn)
		read, write connector.Code
		says        string
	}{
		"reset after the request":   {reset, connector.Unavailable, connector.Ambiguous, "cut before the answer was whole"},
		"closed without an answer":  {func(c net.Conn) { c.Close() }, connector.Unavailable, connector.Ambiguous, "cut"},
		"cut in the header":         {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-") }, connector.Unavailable, connector.Ambiguous, "was cut"},
		"cut in the body":           {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") }, connector.Unavailable, connector.Ambiguous, "cut"},
		"cut in a chunk":            {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal") }, connector.Unavailable, connector.Ambiguous, "cut"},
		"no answer at all":          {func(c net.Conn) { c.Read(make([]byte, 1)) }, connector.Unavailable, connector.Ambiguous, "no answer from host 127.0.0.1, port"},
		"an answer that never ends": {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nx"); c.Read(make([]byte, 1)) }, connector.Unavailable, connector.Ambiguous, "no answer"},
		"not HTTP":                  {func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n") }, connector.Unavailable, connector.Ambiguous, "does not speak HTTP"},
		"a body over the limit":     {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", big+1)) }, connector.Unavailable, connector.Ambiguous, "larger"},
		"a bomb":                    {func(c net.Conn) { c.Write(bomb) }, connector.Unavailable, connector.Ambiguous, "larger"},
		"gzip that is none": {func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n<html></html")
		}, connector.Unavailable, connector.Ambiguous, "gzip"},
		"a header without end":            {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 2<<20)+"\r\n\r\n") }, connector.Unavailable, connector.Ambiguous, ""},
		"a body of the limit is no error": {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", big)) }, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, requests := rawServer(t, row.answer)
			timeout := time.Minute
			if strings.HasPrefix(row.says, "no answer") {
				timeout = 200 * time.Millisecond
			}
			client, err := New(Config{Addresses: []string{"http://" + address}, MaxBody: big, Timeout: timeout})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			for _, write := range []bool{false, true} {
				want := row.read
				if write {
					want = row.write
				}
				_, err := client.Call(t.Context(), connector.Request{Op: "write order", Method: "POST", URL: "http://" + address + "/?password=hunter2", Write: write, Body: []byte("x")})
				if connector.CodeOf(err) != want {
					t.Fatalf("write %v gave %q: %v", write, connector.CodeOf(err), err)
				}
				if e := connector.AsError(err); e != nil && (!strings.Contains(e.Message, row.says) || e.Hint == "" || e.Op != "write order" || len(e.Exchange) != 24 || strings.Contains(e.Error(), "hunter2")) {
					t.Errorf("got %+v", e)
				}
			}
			if got := len(requests); got != 2 {
				t.Errorf("two calls made %d requests", got)
			}
		})
	}
}

func TestNothingWasSent(t *testing.T) {
	t.Parallel()
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	closed.Close()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for name, row := range map[string]struct {
		address string
		ctx     context.Context
		resolve func(context.Context, string) ([]netip.Addr, error)
		says    string
	}{
		"nobody listens":       {"http://" + closed.Addr().String(), t.Context(), nil, "connection refused"},
		"no such name":         {"http://erp.example.com", t.Context(), func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsNotFound: true} }, "not known"},
		"a name without hosts": {"http://erp.example.com", t.Context(), func(context.Context, string) ([]netip.Addr, error) { return nil, nil }, "not known"},
		"DNS is gone":          {"http://erp.example.com", t.Context(), func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }, "looked up"},
		"stopped before":       {plain.URL, stopped, nil, "stopped"},
		"no TLS over there":    {strings.Replace(plain.URL, "http:", "https:", 1), t.Context(), nil, "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := New(Config{Addresses: []string{row.address}, Resolve: row.resolve})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Call(row.ctx, connector.Request{Method: "POST", URL: row.address, Write: true, Body: []byte("x")})
			if e := connector.AsError(err); e == nil || e.Code != connector.Unavailable || !strings.Contains(e.Message, row.says) || e.Hint == "" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestStoppedConnectionsLetNothingOut(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	defer far.Close()
	c := &conn{Conn: near}
	if c.stop() {
		t.Error("a connection that nothing was given to began")
	}
	if n, err := c.Write([]byte("x")); n != 0 || err == nil {
		t.Error("a stopped connection took a byte")
	}
	if c.stop() {
		t.Error("what was refused counts as begun")
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	authority := newAuthority(t)
	now := time.Now()
	for name, row := range map[string]struct {
		host          string
		trusted       bool
		before, after time.Time
		server        *tls.Config
		max           string
		says          string
	}{
		"a good one":                 {"127.0.0.1", true, now.Add(-time.Hour), now.Add(time.Hour), nil, "", ""},
		"a good one, by TLS 1.2":     {"127.0.0.1", true, now.Add(-time.Hour), now.Add(time.Hour), &tls.Config{MaxVersion: tls.VersionTLS12}, "1.2", ""},
		"another name":               {"erp.example.com", true, now.Add(-time.Hour), now.Add(time.Hour), nil, "", "another name (erp.example.com)"},
		"expired":                    {"127.0.0.1", true, now.Add(-2 * time.Hour), now.Add(-time.Hour), nil, "", "not valid now"},
		"an authority that we don't": {"127.0.0.1", false, now.Add(-time.Hour), now.Add(time.Hour), nil, "", "not trusted here"},
		"too old a version of TLS":   {"127.0.0.1", true, now.Add(-time.Hour), now.Add(time.Hour), &tls.Config{MaxVersion: tls.VersionTLS11}, "", "no secure connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.TLS = &tls.Config{}
			if row.server != nil {
				s.TLS = row.server
				s.TLS.MinVersion = tls.VersionTLS10
			}
			certificate, _ := authority.issue(t, row.host, row.before, row.after)
			s.TLS.Certificates = []tls.Certificate{certificate}
			s.StartTLS()
			t.Cleanup(s.Close)
			c := Config{Addresses: []string{s.URL}, TLS: TLS{Max: row.max}}
			if row.trusted {
				c.TLS.CA = authority.pem
			}
			client, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			_, err = client.Call(t.Context(), connector.Request{Method: "POST", URL: s.URL, Write: true, Body: []byte("x")})
			if row.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e := connector.AsError(err); e == nil || e.Code != connector.Unavailable || !strings.Contains(e.Message, row.says) || e.Hint == "" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	authority := newAuthority(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	certificate, _ := authority.issue(t, "127.0.0.1", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	mine, key := authority.issue(t, "ml-connector", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	b := newBench(t, s, func(c *Config) {
		c.TLS = TLS{CA: authority.pem, Cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mine.Certificate[0]}), Key: key}
	})
	if got, err := b.get(t); err != nil || string(got.Body) != "ml-connector" {
		t.Errorf("got %v, %v", got, err)
	}
	for name, bad := range map[string]TLS{
		"a CA that is none":     {CA: []byte("hello")},
		"a key that is missing": {Cert: authority.pem},
		"a version of old":      {Max: "1.1"},
	} {
		if _, err := New(Config{TLS: bad}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// authority issues certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	return authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a authority) issue(t *testing.T, host string, before, after time.Time) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: before, NotAfter: after}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, _ := x509.MarshalPKCS8PrivateKey(key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}
