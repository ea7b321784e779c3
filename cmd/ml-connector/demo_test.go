package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ml-connector/app"
	"ml-connector/sample"
)

// listener is a writer that many may write to, and that calls back once when a text has come.
type listener struct {
	mu   sync.Mutex
	text strings.Builder
	want string
	then func()
}

func (l *listener) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	if l.then != nil && strings.Contains(l.text.String(), l.want) {
		l.then()
		l.then = nil
	}
	return len(b), nil
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestDemoOnceBringsEveryFlowAcross(t *testing.T) {
	t.Parallel()
	var out, talk listener
	p := &program{out: &out, talk: &talk, format: "json", env: map[string]string{"USER": "jdoe"}}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := p.demo(context.Background(), demoFlags{once: true, dir: dir, size: sample.Small()}); err != nil {
		t.Fatalf("%v\n%s", err, talk.String())
	}
	if p.status != 0 && p.status != 3 {
		t.Errorf("status %d", p.status)
	}
	var done app.Synced
	if err := json.Unmarshal([]byte(out.String()), &done); err != nil {
		t.Fatal(err)
	}
	if len(done.Runs) != 6 {
		t.Fatalf("%d runs", len(done.Runs))
	}
	for _, r := range done.Runs {
		if r.Error != nil || r.Delivered == 0 {
			t.Errorf("flow %s delivered %d: %+v", r.Flow, r.Delivered, r.Error)
		}
	}
	if !strings.Contains(talk.String(), "was delivered to erp") {
		t.Errorf("no word of where an invoice is:\n%s", talk.String())
	}
	if err := p.demo(context.Background(), demoFlags{once: true, dir: dir, size: sample.Small()}); err == nil || !strings.Contains(err.Error(), "has a database already") {
		t.Errorf("a second demonstration in the folder of the first gave %v", err)
	}
}

// Nothing happens by itself while it reads, so its table is the same each time.
func TestDemoOnceHasAFixedAmountOfWork(t *testing.T) {
	t.Parallel()
	var tables []string
	for range 2 {
		var out, talk listener
		p := &program{out: &out, talk: &talk, format: "csv", env: map[string]string{"USER": "jdoe"}}
		if err := p.demo(context.Background(), demoFlags{once: true, size: sample.Small()}); err != nil {
			t.Fatalf("%v\n%s", err, talk.String())
		}
		tables = append(tables, out.String())
	}
	if tables[0] != tables[1] {
		t.Errorf("two demonstrations differ:\n%s\n%s", tables[0], tables[1])
	}
}

func TestDemoGoesOnUntilItIsStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var out listener
	talk := listener{want: "listening on http://", then: stop}
	p := &program{out: &out, talk: &talk, format: "table", env: map[string]string{"USER": "jdoe"}}
	if err := p.demo(ctx, demoFlags{listen: "127.0.0.1:0", size: sample.Small()}); err != nil {
		t.Fatalf("%v\n%s", err, talk.String())
	}
	if !strings.Contains(out.String(), "purchase-orders") {
		t.Errorf("no table of the runs:\n%s", out.String())
	}
	_, folder, _ := strings.Cut(talk.String(), "export ML_CONNECTOR_CONFIG=")
	folder, _, _ = strings.Cut(folder, "\n")
	if _, err := os.Stat(filepath.Dir(folder)); folder == "" || !os.IsNotExist(err) {
		t.Errorf("the temporary folder of %q is left over: %v", folder, err)
	}
}
