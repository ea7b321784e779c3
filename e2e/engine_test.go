package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestSyncAsksTheEngineThatRunsAndASecondEngineIsRefused runs `serve` and, beside it, what SQLite allows.
func TestSyncAsksTheEngineThatRunsAndASecondEngineIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	c, out := r.start("serve", "--listen", "127.0.0.1:0")
	defer func() { _ = c.Process.Kill() }()
	base := r.address(out)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/"} {
		if code := status(t, base+path); code != http.StatusOK {
			t.Errorf("GET %s: %d, expected 200", path, code)
		}
	}
	second := r.do([]int{2, 5}, "serve", "--listen", "127.0.0.1:0")
	if !strings.Contains(r.said.String(), "engine") {
		t.Errorf("the second engine is refused without a word about the first: %s", second)
	}
	got := r.sync()
	if len(got.Runs) != 6 {
		t.Fatalf("%d runs, expected one of each Flow", len(got.Runs))
	}
	for _, run := range got.Runs {
		if run.Error != nil {
			t.Errorf("run of %s ended with %v", run.Flow, run.Error)
		}
		if sum := run.Delivered + run.Unchanged + run.Filtered + run.Skipped + run.Superseded + run.Held + run.Blocked + run.InDoubt + run.Waiting; sum != run.Read {
			t.Errorf("run of %s read %d, its states sum to %d", run.Flow, run.Read, sum)
		}
	}
	if took := terminate(t, c, out); took > 20*time.Second {
		t.Errorf("it took %s to end, expected at most 20 s", took)
	}
	r.do([]int{0}, "audit", "verify")
}

// address waits until the server says where it listens.
func (r *rig) address(out *output) string {
	r.t.Helper()
	where := regexp.MustCompile(`http://[0-9.]+:[0-9]+`)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if at := where.FindString(out.String()); at != "" && r.up(at) {
			return at
		}
		<-time.After(50 * time.Millisecond)
	}
	r.t.Fatalf("serve does not say where it listens:\n%s", out.String())
	return ""
}

func (r *rig) up(base string) bool {
	resp, err := http.Get(base + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func status(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
