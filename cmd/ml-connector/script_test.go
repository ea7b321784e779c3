package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ml-connector/cmd/site"
	"ml-connector/sample"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ml-connector": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, environment(os.Environ()))
			stop()
			os.Exit(status)
		},
	})
}

// Every script runs in a folder of its own, which holds the configuration of two simulators that only it uses.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup:               openSite,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"ready":  ready,
			"tamper": tamper,
		},
	})
}

func openSite(env *testscript.Env) error {
	company := sample.New(1, sample.Small(), time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	s, err := site.Open(context.Background(), site.Options{Company: company, Now: time.Now, PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1})
	if err != nil {
		return err
	}
	env.Defer(func() { s.Close() })
	if _, err := s.Write(env.WorkDir); err != nil {
		return err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("LISTEN", free.Addr().String())
	env.Setenv("USER", "jdoe")
	return free.Close()
}

// status N ml-connector … runs the program and wants that exit status.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND …")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, not %s", got, args[0])
	}
}

// ready waits until the server at an address says that it is ready.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for {
		r, err := http.Get("http://" + args[0] + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("not ready: %v", err)
		}
	}
}

// tamper FILE OLD NEW changes the first occurrence of a text in a file.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(filepath.Clean(path))
	if err == nil && !strings.Contains(string(text), args[1]) {
		err = errors.New("the text is not there")
	}
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(text), args[1], args[2], 1)), 0o600)
	}
	ts.Check(err)
}
