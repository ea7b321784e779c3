package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// build makes the program as it is delivered: stripped.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "ml-connector")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	c := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", path, "ml-connector/cmd/ml-connector")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
}

// child is a running ml-connector.
type child struct {
	command *exec.Cmd
	ready   time.Duration // from its start until it said that it is
	ended   chan struct{}

	mu   sync.Mutex
	talk bytes.Buffer
	wait string // what it says when it is ready
	said chan struct{}
}

// Write takes what it says.
func (c *child) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.talk.Write(text)
	if c.wait != "" && strings.Contains(c.talk.String(), c.wait) {
		c.wait = ""
		close(c.said)
	}
	return len(text), nil
}

func (c *child) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.talk.String()
}

// start runs the program in a place and waits until it is ready.
func (p place) start(ctx context.Context, program, ready string, args ...string) (*child, error) {
	c := &child{ended: make(chan struct{}), said: make(chan struct{}), wait: ready}
	c.command = exec.CommandContext(ctx, program, append([]string{"--config", p.file(), "--database", p.database}, args...)...)
	c.command.Stdout, c.command.Stderr = c, c
	at := time.Now()
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	go func() { _ = c.command.Wait(); close(c.ended) }()
	select {
	case <-c.said:
		c.ready = time.Since(at)
		return c, nil
	case <-c.ended:
		return nil, fmt.Errorf("%s ended at once: %s", args[0], c)
	case <-time.After(time.Minute):
		c.kill()
		return nil, fmt.Errorf("%s was not ready in a minute: %s", args[0], c)
	}
}

// work starts a process that delivers.
func (p place) work(ctx context.Context, program string) (*child, error) {
	return p.start(ctx, program, "working", "work")
}

// kill ends it as a power cut would.
func (c *child) kill() {
	_ = c.command.Process.Kill() // it may have ended by itself
	<-c.ended
}

// stop ends it as an operator would.
func (c *child) stop() error {
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(15 * time.Second):
		c.kill()
		return errors.New("it did not stop in 15 s")
	}
}

// memory is what of it is resident, in bytes: now, and at most so far.
func (c *child) memory() (now, most int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	return field(string(text), "VmRSS"), field(string(text), "VmHWM"), nil
}

// field is one of /proc's sizes in bytes.
func field(text, name string) int64 {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64) // 0 is no figure, and fails its goal's check
			return n << 10
		}
	}
	return 0
}

// used is the processor time that it took so far.
func (c *child) used() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	rest := string(text[bytes.LastIndexByte(text, ')')+2:])
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc says %q", rest)
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100, err // in ticks, of which Linux tells 100 a second
}
