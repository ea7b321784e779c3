package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/gate"
	"ml-connector/store"
)

// TestALivePageHearsOfChanges: a stream says when the ledger has grown, says not what, and ends when the server does.
func TestALivePageHearsOfChanges(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	server := httptest.NewServer(s)
	defer server.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != "retry: 5000" {
		t.Fatalf("it begins with %q", lines.Text())
	}
	heard := make(chan string, 1)
	go func() {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "event:") {
				heard <- lines.Text()
				return
			}
		}
		heard <- "nothing"
	}()
	for said := ""; said == ""; { // the first look may come after the first change
		err := s.app.DB.Tx(t.Context(), func(tx *store.Tx) error {
			tx.Enter(connector.Entry{Actor: "cli:jdoe", Action: "test.made", Subject: "test"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case said = <-heard:
			if said != "event: changed" {
				t.Errorf("heard %q", said)
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.Stop()
	s.open(gate.Config{})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, asked(http.MethodGet, "/live"))
	if w.Code != http.StatusSeeOther {
		t.Errorf("a stranger gets %d", w.Code)
	}
}
