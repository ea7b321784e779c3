package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// begun closes ready when `work` says that nothing stands in its way.
type begun struct {
	served
	ready chan struct{}
}

func (b *begun) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("working")) {
		close(b.ready)
	}
	return b.served.Write(text)
}

func TestWorkRunsTheEngineUntilItIsStopped(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "work.db")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	work := func(talk io.Writer) int {
		return run(ctx, []string{"work", "--database", database}, nil, io.Discard, talk, map[string]string{"USER": "jdoe"})
	}
	talk := &begun{ready: make(chan struct{})}
	ended := make(chan int, 1)
	go func() { ended <- work(talk) }()
	select {
	case <-talk.ready:
	case status := <-ended:
		t.Fatalf("it ended with %d:\n%s", status, talk)
	}
	var again bytes.Buffer
	if status := work(&again); status != 5 || !strings.Contains(again.String(), "another one is running on this database") {
		t.Errorf("a second one on SQLite ended with %d:\n%s", status, &again)
	}
	stop()
	if status := <-ended; status != 0 {
		t.Errorf("it ended with %d:\n%s", status, talk)
	}
}
