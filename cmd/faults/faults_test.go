//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/flows"
	"ml-connector/systems"
)

// TestTwoPairsAreOneConfiguration reads back what the row of the dead peer applies.
func TestTwoPairsAreOneConfiguration(t *testing.T) {
	t.Parallel()
	s, err := openSite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path, err := s.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	both := soon(withSecond(s.Configuration(true), s.Configuration(true)))
	if err := os.WriteFile(path, []byte(both), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := config.Read(path, config.Known{Systems: systems.All(), Flows: flows.Shipped(), Secrets: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Connections) != 4 || len(f.Flows) != 2*len(flows.Shipped()) || strings.Contains(both, "60s") {
		t.Errorf("%d connections and %d flows:\n%s", len(f.Connections), len(f.Flows), both)
	}
}

// TestADoorStopsTheRequestThatAFaultWaitsFor holds the answer to the second write, whose effect is done, until it is freed.
func TestADoorStopsTheRequestThatAFaultWaitsFor(t *testing.T) {
	t.Parallel()
	effects := make(chan string, 9)
	d := &door{}
	server := httptest.NewServer(d.before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { effects <- r.URL.Path })))
	defer server.Close()
	trap := d.arm(isSingleWrite, 1, true)
	answered := make(chan bool, 9)
	for _, path := range []string{"/token", "/customfieldvalues", "/1", "/2"} {
		go func() {
			resp, err := http.Post(server.URL+path, "", nil)
			if err == nil {
				_ = resp.Body.Close()
			}
			answered <- err == nil
		}()
		<-effects
	}
	<-trap.hit
	for range 3 {
		<-answered
	}
	if d.unanswered() != 1 || len(answered) != 0 {
		t.Errorf("%d without answer", d.unanswered())
	}
	close(trap.free)
	if !<-answered {
		t.Error("the answer was lost")
	}
}

// TestAGateIsBackAtItsAddress takes the network away and gives it back.
func TestAGateIsBackAtItsAddress(t *testing.T) {
	t.Parallel()
	r, err := newGate(t.Context(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer r.down()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for i, well := range []bool{true, false, true} {
		switch i {
		case 1:
			r.down()
		case 2:
			if err := r.up(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		resp, err := client.Get(site.URL(r.address, "/"))
		if err == nil {
			_ = resp.Body.Close()
		}
		if (err == nil) != well {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// TestEveryFaultHasANameOfItsOwn chooses faults by name.
func TestEveryFaultHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range faults() {
		if seen[f.name] || f.title == "" || f.run == nil {
			t.Errorf("fault %q", f.name)
		}
		seen[f.name] = true
	}
	if got, err := choose("sigterm,clock"); err != nil || len(got) != 2 {
		t.Errorf("chose %d: %v", len(got), err)
	}
	if _, err := choose("sigterm,none"); err == nil {
		t.Error("a fault that is none was chosen")
	}
}

// TestADifferenceToARunWithoutFaultsIsTold compares ends.
func TestADifferenceToARunWithoutFaultsIsTold(t *testing.T) {
	t.Parallel()
	o := outcome{ends: map[string]connector.State{"orders 1": "delivered", "orders 2": "held"}}
	o.differ(map[string]connector.State{"orders 1": "delivered", "orders 2": "delivered"})
	if len(o.Violations) != 1 || !strings.Contains(o.Violations[0], `orders 2 is "delivered", and here "held"`) {
		t.Errorf("%q", o.Violations)
	}
	if !passing([]string{"rest: x", "I4: y"}) || passing([]string{"rest: x", "I7: y"}) {
		t.Error("what time may mend is told wrongly")
	}
	if text := tail("a\nb\nc\n", 2); text != "b\nc" {
		t.Errorf("the tail is %q", text)
	}
	if file := filepath.Join(t.TempDir(), "full"); fill("/nowhere/"+file) == nil {
		t.Error("a file was written nowhere")
	}
}
