package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// served takes what `serve` says, and sends the address on which it listens once.
type served struct {
	mu      sync.Mutex
	text    bytes.Buffer
	address chan string
}

var listening = regexp.MustCompile(`listening on (https?://\S+)`)

func (s *served) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if found := listening.FindSubmatch(b); found != nil {
		s.address <- string(found[1])
	}
	return len(b), nil
}

func (s *served) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestServeShowsPagesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "serve.db")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	talk := &served{address: make(chan string, 1)}
	ended := make(chan int, 1)
	serve := func(listen string, talk io.Writer) int {
		return run(ctx, []string{"serve", "--database", database, "--listen", listen}, nil, io.Discard, talk, map[string]string{"USER": "jdoe"})
	}
	go func() { ended <- serve("127.0.0.1:0", talk) }()
	var base string
	select {
	case base = <-talk.address:
	case status := <-ended:
		t.Fatalf("it ended with %d:\n%s", status, talk)
	}
	for path, want := range map[string]string{"/": "Who are you?", "/healthz": "alive", "/readyz": "ready", "/metrics": "ml_connector_up 1"} {
		if status, body := ask(t, base+path, ""); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s gave %d without %q:\n%s", path, status, want, body)
		}
	}
	if status, _ := ask(t, base+"/", "evil.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("a foreign name gave %d", status)
	}

	// A second one on the same address is told the reason, and not only that the address is taken.
	again := &served{address: make(chan string, 1)}
	if status := serve(strings.TrimPrefix(base, "http://"), again); status != 5 || !strings.Contains(again.String(), "another one is running on this database") {
		t.Errorf("a second one ended with %d:\n%s", status, again)
	}

	began := time.Now()
	stop()
	if status := <-ended; status != 0 {
		t.Errorf("it ended with %d:\n%s", status, talk)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to stop", took)
	}
}

func ask(t *testing.T, url, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServeListensWhereNothingGoesInClear(t *testing.T) {
	t.Parallel()
	for what, row := range map[string]struct{ config, says string }{
		"everywhere":                               {"listen: 0.0.0.0:0", "it is not said by which name"},
		"everywhere, in short":                     {"listen: ':8080'", "it is not said by which name"},
		"everywhere, by IPv6":                      {"listen: '[::]:0'", "it is not said by which name"},
		"at an address of a network":               {"listen: 192.0.2.1:8080", "it is not said by which name"},
		"at a name":                                {"listen: erp.example.com:80", "it is not said by which name"},
		"everywhere by a name, in clear":           {"listen: 0.0.0.0:0\nurl: https://mlc.example.com", "passwords would go there in clear"},
		"with a certificate without its key":       {"listen: 127.0.0.1:0\ntls_cert: cert.pem", "of tls_cert and tls_key one is given"},
		"with a certificate that is not there":     {"listen: 0.0.0.0:0\nurl: https://mlc.example.com\ntls_cert: cert.pem\ntls_key: key.pem", "the certificate can't be used"},
		"at an address that is none":               {"database: sqlite:serve.db", "is not ADDRESS:PORT"},
		"everywhere behind a proxy that is no one": {"listen: 0.0.0.0:0\nurl: https://mlc.example.com\nproxies: []", "passwords would go there in clear"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "c.yaml")
			if err := os.WriteFile(path, []byte(row.config+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"serve", "--config", path}
			if !strings.Contains(row.config, "listen") {
				args = append(args, "--listen", "nonsense")
			}
			talk := &served{address: make(chan string, 1)}
			if status := run(t.Context(), args, nil, io.Discard, talk, nil); status != 2 || !strings.Contains(talk.String(), row.says) {
				t.Errorf("it ended with %d:\n%s", status, talk)
			}
		})
	}
}

// TestServeWithACertificateOfItsOwn listens everywhere, and answers by its name and encrypted alone. A certificate that was renewed counts without
// a new start.
func TestServeWithACertificateOfItsOwn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := issue(t, folder)
	path := filepath.Join(folder, "c.yaml")
	if err := os.WriteFile(path, []byte("listen: 0.0.0.0:0\nurl: https://mlc.example.com\ntls_cert: cert.pem\ntls_key: key.pem\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	talk := &served{address: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "--config", path}, nil, io.Discard, talk, nil) }()
	var base string
	select {
	case base = <-talk.address:
	case status := <-ended:
		t.Fatalf("it ended with %d:\n%s", status, talk)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(base, "https://[::]"), ":")
	pool := x509.NewCertPool()
	pool.AddCert(first)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "mlc.example.com"}}}
	for host, want := range map[string]int{"mlc.example.com": http.StatusSeeOther, "127.0.0.1:" + port: http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:"+port+map[bool]string{true: "/login", false: "/"}[want == http.StatusOK], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s gives %d, expected %d", host, resp.StatusCode, want)
		}
	}
	if status, _ := ask(t, "http://127.0.0.1:"+port+"/login", "mlc.example.com"); status != http.StatusBadRequest {
		t.Errorf("in clear it gives %d", status)
	}
	for range 100 { // it is told after it listens
		if strings.Contains(talk.String(), "https://mlc.example.com/welcome/") {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if !strings.Contains(talk.String(), "https://mlc.example.com/welcome/") {
		t.Errorf("no link is told:\n%s", talk)
	}
	stop()
	if status := <-ended; status != 0 {
		t.Errorf("it ended with %d", status)
	}
}

func TestARenewedCertificateCounts(t *testing.T) {
	t.Parallel()
	folder, now := t.TempDir(), time.Now()
	first := issue(t, folder)
	c := &certificate{cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem"), now: func() time.Time { return now }}
	serial := func() string {
		t.Helper()
		got, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return got.Leaf.SerialNumber.String()
	}
	if serial() != first.SerialNumber.String() {
		t.Error("another one than that of the file")
	}
	second := issue(t, folder)
	for _, name := range []string{"cert.pem", "key.pem"} {
		if err := os.Chtimes(filepath.Join(folder, name), now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if serial() != first.SerialNumber.String() {
		t.Error("the file is looked at each time")
	}
	now = now.Add(lookEvery)
	if serial() != second.SerialNumber.String() {
		t.Error("the one that was renewed does not count")
	}
	if err := os.Remove(c.key); err != nil {
		t.Fatal(err)
	}
	now = now.Add(lookEvery)
	if serial() != second.SerialNumber.String() {
		t.Error("once a file is gone, nobody is answered")
	}
}

// issue writes a certificate for mlc.example.com and its key into a folder.
func issue(t *testing.T, folder string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, DNSNames: []string{"mlc.example.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
