//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is one running program.
type process struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// begin starts a program whose talk goes to a file in dir.
func begin(dir, name string, env []string, as *syscall.Credential, program string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = exec.Command(program, args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.done)
	}()
	return p, nil
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends it as a power cut would.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// wait waits for its end and says how long that took; an error when it takes longer.
func (p *process) wait(atMost time.Duration) (time.Duration, error) {
	from := time.Now()
	select {
	case <-p.done:
		return time.Since(from), nil
	case <-time.After(atMost):
		return atMost, fmt.Errorf("%s did not end within %s", p.name, atMost)
	}
}

// said is what it has printed.
func (p *process) said() string {
	text, _ := os.ReadFile(p.log) // what can't be read was not said
	return string(text)
}

// until waits for a text in what it prints.
func (p *process) until(ctx context.Context, text string) error {
	for end := time.Now().Add(30 * time.Second); !strings.Contains(p.said(), text); pause(ctx, 20*time.Millisecond) {
		if p.ended() || time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("%s never said %q:\n%s", p.name, text, tail(p.said(), 10))
		}
	}
	return nil
}

// tail is the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// command runs a program to its end and gives its output and exit status.
func command(ctx context.Context, dir string, env []string, program string, args ...string) (out, talk string, status int, err error) {
	c := exec.CommandContext(ctx, program, args...)
	var o, t bytes.Buffer
	c.Dir, c.Stdout, c.Stderr, c.Env = dir, &o, &t, append(os.Environ(), env...)
	err = c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return o.String(), t.String(), exit.ExitCode(), nil
	}
	return o.String(), t.String(), 0, err
}
