// Package e2e runs the whole program as its users meet it: the built binary, its files, its exit statuses, between two
// simulators. It must never reach into a room: what it sees is what a person, a script or a thief of the database sees; only
// the invariants are checked by their own room.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ml-connector/cmd/site"
	"ml-connector/sample"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "ml-connector")
	if out, err := exec.Command("go", "build", "-o", binary, "ml-connector/cmd/ml-connector").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// rig is one installation: a folder with a configuration between two simulators of a small company.
type rig struct {
	t    *testing.T
	dir  string
	site *site.Site
	said bytes.Buffer // everything that any command printed
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigBehind(t, nil)
}

// newRigBehind puts something before both simulators.
func newRigBehind(t *testing.T, front func(string, http.Handler) http.Handler) *rig {
	t.Helper()
	s, err := site.Open(t.Context(), site.Options{Company: sample.New(3, sample.Small(), time.Now()), Now: time.Now, Seed: 3,
		PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1, Front: front})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := &rig{t: t, dir: t.TempDir(), site: s}
	if _, err := s.Write(r.dir); err != nil {
		t.Fatal(err)
	}
	return r
}

// must ends the test by an error.
func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// start begins a command without waiting for it.
func (r *rig) start(args ...string) (*exec.Cmd, *output) {
	r.t.Helper()
	c := exec.Command(binary, args...)
	c.Dir = r.dir
	out := &output{}
	c.Stdout, c.Stderr = out, out
	c.Env = append(os.Environ(), "ML_CONNECTOR_CONFIG=", "ML_CONNECTOR_DATABASE=")
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	return c, out
}

// output is what a running program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// do runs a command to its end and gives what it printed to standard output; any exit status but those is a failure.
func (r *rig) do(statuses []int, args ...string) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 4*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir = r.dir
	c.Env = append(os.Environ(), "ML_CONNECTOR_CONFIG=", "ML_CONNECTOR_DATABASE=")
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	err := c.Run()
	r.said.Write(out.Bytes())
	r.said.Write(talk.Bytes())
	status := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		r.t.Fatal(err)
	}
	for _, s := range statuses {
		if s == status {
			return out.String()
		}
	}
	r.t.Fatalf("%s: exit status %d, expected one of %v\n%s%s", strings.Join(args, " "), status, statuses, out.String(), talk.String())
	return ""
}

// runs is the JSON of `sync -o json`.
type runs struct {
	Runs []struct {
		Flow                                                                              string
		Read, Delivered, Unchanged, Filtered, Skipped, Superseded, Held, Blocked, Waiting int
		InDoubt                                                                           int `json:"in_doubt"`
		Error                                                                             any
	}
	Besides *struct{ Delivered, Held int }
}

func (r *rig) sync(args ...string) runs {
	r.t.Helper()
	var out runs
	text := r.do([]int{0, 3}, append([]string{"sync", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		r.t.Fatalf("sync -o json is no JSON: %v\n%s", err, text)
	}
	return out
}

// terminate asks a program to end and says how long it took.
func terminate(t *testing.T, c *exec.Cmd, out *output) time.Duration {
	t.Helper()
	began := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("after SIGTERM it ended with %v\n%s", err, out.String())
		}
	case <-time.After(40 * time.Second):
		_ = c.Process.Kill()
		t.Fatalf("it did not end within 40 s of SIGTERM\n%s", out.String())
	}
	return time.Since(began)
}
