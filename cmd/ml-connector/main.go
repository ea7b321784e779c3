// Command ml-connector keeps business Systems in step. Its commands are a thin skin over app/: they read arguments, call
// one verb, and print what came back.
//
// A command must never decide anything itself, speak SQL, or print a secret. Data goes to stdout, talk and progress to
// stderr. The exit status is that of connector.Code, or the worst of several.
//
// It is proved by scripts in testdata/ that read like the manual.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"ml-connector/cmd/memory"
)

func main() {
	room := memory.Room()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, environment(os.Environ()))
	stop()
	runtime.KeepAlive(room)
	os.Exit(status)
}

// run is the whole program; everything that it knows of the world is in its arguments.
func run(ctx context.Context, args []string, in io.Reader, out, talk io.Writer, env map[string]string) int {
	p := &program{in: in, out: out, talk: talk, env: env}
	root := p.commands()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(talk)
	return p.finish(root.ExecuteContext(ctx))
}

func environment(list []string) map[string]string {
	env := make(map[string]string, len(list))
	for _, e := range list {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	return env
}
