package main

import (
	"bytes"
	"context"
	"io"
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

var listening = regexp.MustCompile(`listening on (http://\S+)`)

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
	for path, want := range map[string]string{"/": "Nothing is set up yet", "/healthz": "alive", "/readyz": "ready", "/metrics": "ml_connector_up 1"} {
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

func TestServeListensOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]int{"0.0.0.0:0": 2, ":8080": 2, "192.0.2.1:8080": 2, "[::]:0": 2, "erp.example.com:80": 2, "nonsense": 2} {
		talk := &served{address: make(chan string, 1)}
		database := filepath.Join(t.TempDir(), "serve.db")
		status := run(t.Context(), []string{"serve", "--database", "sqlite:" + database, "--listen", listen}, nil, io.Discard, talk, nil)
		if _, err := os.Stat(database); err == nil {
			t.Errorf("--listen %s was refused only after a database was made", listen)
		}
		if status != want {
			t.Errorf("--listen %s ended with %d, not %d:\n%s", listen, status, want, talk)
		}
	}
}
