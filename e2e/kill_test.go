package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
)

// turnstile stands before both simulators. Once armed, it holds the next request that it is armed for, and tells.
type turnstile struct {
	mu    sync.Mutex
	wants func(*http.Request) bool
	held  chan struct{}
	open  chan struct{}
}

func (s *turnstile) arm(wants func(*http.Request) bool) (held, open chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wants, s.held, s.open = wants, make(chan struct{}), make(chan struct{})
	return s.held, s.open
}

func (s *turnstile) front(_ string, simulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		mine := s.wants != nil && s.wants(r)
		open := s.open
		if mine {
			s.wants = nil
			close(s.held)
		}
		s.mu.Unlock()
		if mine {
			<-open
		}
		<-time.After(5 * time.Millisecond)
		simulator.ServeHTTP(w, r)
	})
}

// TestServeThatIsKilledGoesOnWhenItIsStartedAgain kills the server while it reads and again while it delivers. The next one
// has everything settled within half a minute, and no Run is left reading. It runs by itself: what else is tested meanwhile would be measured
// with it.
func TestServeThatIsKilledGoesOnWhenItIsStartedAgain(t *testing.T) {
	gate := &turnstile{}
	r := newRigBehind(t, gate.front)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	reads := 0
	for _, moment := range []struct {
		name  string
		first func() bool // what has to be so before
		wants func(*http.Request) bool
	}{
		{"the second request of a read", func() bool { return true }, func(*http.Request) bool { reads++; return reads > 8 }},
		{"a write after something was delivered", func() bool { return r.states()[connector.Delivered] > 0 }, func(q *http.Request) bool { return q.Method == http.MethodPost }},
	} {
		c, out := r.start("serve", "--listen", "127.0.0.1:0")
		r.address(out)
		r.until(out, "the time for "+moment.name, moment.first)
		held, open := gate.arm(moment.wants)
		select {
		case <-held:
		case <-time.After(2 * time.Minute):
			t.Errorf("%s never came\n%s", moment.name, out)
		}
		_ = c.Process.Kill()
		_ = c.Wait()
		close(open)
	}
	c, out := r.start("serve", "--listen", "127.0.0.1:0")
	defer func() { _ = c.Process.Kill() }()
	var last map[connector.State]int
	since := time.Now() // nothing has changed: what we write to one side comes back from there with the next Run
	r.until(out, "all is settled", func() bool {
		n := r.states()
		if !maps.Equal(n, last) {
			last, since = n, time.Now()
		}
		return n[connector.Waiting]+n[connector.Sending]+n[connector.InDoubt] == 0 && n[connector.Delivered] > 0 && r.allRan() && time.Since(since) > 6*time.Second
	})
	terminate(t, c, out)
	if text := out.String(); strings.Contains(text, "level=ERROR") {
		t.Errorf("a normal stop prints errors:\n%s", text)
	}
	r.settled()
}

// until waits for at most two minutes.
func (r *rig) until(out *output, what string, so func() bool) {
	r.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); <-time.After(200 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not within 2 min: %s; %v\n%s\n%s", what, r.states(), r.do([]int{0}, "flow", "list"), out)
		}
	}
}

// states counts Deliveries.
func (r *rig) states() map[connector.State]int {
	r.t.Helper()
	var all []struct{ State connector.State }
	r.read(&all, "delivery", "list", "--limit", "10000", "-o", "json")
	out := map[connector.State]int{}
	for _, d := range all {
		out[d.State]++
	}
	return out
}

// allRan says whether the last Run of every Flow ended well.
func (r *rig) allRan() bool {
	r.t.Helper()
	var all []struct {
		LastRun *struct {
			EndedAt *time.Time `json:"ended_at"`
			Error   any
		} `json:"last_run"`
	}
	r.read(&all, "flow", "list", "-o", "json")
	for _, f := range all {
		if f.LastRun == nil || f.LastRun.EndedAt == nil || f.LastRun.Error != nil {
			return false
		}
	}
	return len(all) == 6
}

func (r *rig) read(into any, args ...string) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.do([]int{0}, args...)), into); err != nil {
		r.t.Fatalf("%v: %v", args, err)
	}
}
