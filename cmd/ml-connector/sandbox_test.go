package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

func TestEachExampleOfTheSandboxChangesSomething(t *testing.T) {
	t.Parallel()
	s, err := site.Open(t.Context(), site.Options{Company: sample.New(1, sample.Default(), time.Now()), Now: time.Now, PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, e := range edits(s) {
		r, err := http.Post(e.url, "application/json", strings.NewReader(e.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s answered %s to %s", e.what, e.url, r.Status, e.body)
		}
	}
}

func TestTheSandboxShowsAConfigurationThatConnectsToIt(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var out listener
	talk := listener{want: "Ctrl-C ends it.", then: stop}
	if err := runSandbox(ctx, sandboxFlags{seed: 1, peoplesoft: "127.0.0.1:0", jaggaer: "127.0.0.1:0"}, &out, &talk); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"system: peoplesoft", "system: jaggaer", "password: env:ERP_PASSWORD", "purchase-orders: {from: s2p, to: erp"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the configuration has no %q:\n%s", want, out.String())
		}
	}
	if want := "password " + peoplesoftsim.DefaultUser().Password; !strings.Contains(talk.String(), want) {
		t.Errorf("nobody is told %q", want)
	}
}

func TestTheSandboxWritesWhatApplyTakes(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	dir := t.TempDir()
	var out listener
	talk := listener{want: "Ctrl-C ends it.", then: stop}
	if err := runSandbox(ctx, sandboxFlags{seed: 1, peoplesoft: "127.0.0.1:0", jaggaer: "127.0.0.1:0", write: dir}, &out, &talk); err != nil {
		t.Fatal(err)
	}
	p := &program{env: map[string]string{}}
	f, err := config.Read(filepath.Join(dir, "ml-connector.yaml"), p.appConfig().Known(true))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Connections) != 2 || len(f.Flows) != 6 || len(f.Crosswalks) != 7 {
		t.Errorf("%d connections, %d flows, %d crosswalks", len(f.Connections), len(f.Flows), len(f.Crosswalks))
	}
}

func TestFaultsOfTheSandbox(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ file, want string }{
		"faults of both sides are armed": {"peoplesoft:\n  - {kind: reset, match: ci.*, after: true, times: 2}\n  - {kind: delay, delay: 3s}\njaggaer:\n  - {kind: delay, operation: requisition.create, delay_ms: 3000, times: -1}\n", ""},
		"a kind that nobody knows":       {"peoplesoft:\n  - {kind: earthquake}\n", "unknown fault kind"},
		"another that nobody knows":      {"jaggaer:\n  - {kind: earthquake}\n", "no fault of kind"},
		"a key that nobody knows":        {"jaggaer:\n  - {kind: delay, operations: requisition.create}\n", "unknown field"},
		"a bad pattern":                  {"peoplesoft:\n  - {kind: reset, match: \"[\"}\n", "pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			path := filepath.Join(t.TempDir(), "faults.yaml")
			if err := os.WriteFile(path, []byte(row.file), 0o600); err != nil {
				t.Fatal(err)
			}
			var out listener
			talk := listener{want: "Ctrl-C ends it.", then: stop}
			err := runSandbox(ctx, sandboxFlags{seed: 1, peoplesoft: "127.0.0.1:0", jaggaer: "127.0.0.1:0", faults: path}, &out, &talk)
			switch {
			case row.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("gave %v, not %q", err, row.want)
			case row.want != "" && connector.CodeOf(err) != connector.Invalid:
				t.Errorf("is %s, not invalid", connector.CodeOf(err))
			}
		})
	}
}
