package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logIns counts the token requests that JAGGAER saw, by whether it gave a token.
func (r *rig) logIns() (taken, refused int) {
	for _, e := range r.site.Jaggaer.Journal() {
		switch {
		case e.Operation != "token":
		case e.Status == 200:
			taken++
		default:
			refused++
		}
	}
	return taken, refused
}

// TestOneTokenForAllAndARevokedClientIsAskedOnce: all Flows of a process share one token; when the client's secret is changed while they
// run, one log-in is refused, the Connection is paused once, and nobody tries again until a person gives the new secret.
func TestOneTokenForAllAndARevokedClientIsAskedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	if taken, refused := r.logIns(); taken != 1 || refused != 0 {
		t.Errorf("six Flows and their checks took %d tokens, and were refused %d times; expected one token", taken, refused)
	}
	r.site.Jaggaer.RotateSecret("another-secret")
	r.site.Jaggaer.RevokeTokens()
	c, out := r.start("serve", "--listen", "127.0.0.1:0")
	defer func() { _ = c.Process.Kill() }()
	r.address(out)
	for end := time.Now().Add(2 * time.Minute); !strings.Contains(out.String(), "connection paused"); {
		if time.Now().After(end) {
			t.Fatalf("the Connection is not paused:\n%s", out.String())
		}
		<-time.After(50 * time.Millisecond)
	}
	<-time.After(11 * time.Second) // twice the schedule of five Flows
	if _, refused := r.logIns(); refused != 1 {
		t.Errorf("%d log-ins were refused, expected one", refused)
	}
	if n := strings.Count(out.String(), "connection paused"); n != 1 {
		t.Errorf("%d warnings, expected one:\n%s", n, out.String())
	}
	var entries []struct{ Action, Subject string }
	if err := json.Unmarshal([]byte(r.do([]int{0}, "audit", "list", "-o", "json")), &entries); err != nil {
		t.Fatal(err)
	}
	paused := 0
	for _, e := range entries {
		if e.Action == "connection.paused" && e.Subject == "connection:s2p" {
			paused++
		}
	}
	if paused != 1 {
		t.Errorf("the ledger says %d times that it was paused, expected once", paused)
	}
	file := filepath.Join(r.dir, "new-secret")
	if err := os.WriteFile(file, []byte("another-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.do([]int{0}, "connection", "rotate", "s2p", "--secret", "client_secret=file:"+file)
	for _, run := range r.sync().Runs {
		if run.Error != nil {
			t.Errorf("with the new secret %s ended with %v", run.Flow, run.Error)
		}
	}
	if _, refused := r.logIns(); refused != 1 {
		t.Errorf("%d log-ins were refused in the end, expected one", refused)
	}
	terminate(t, c, out)
}
