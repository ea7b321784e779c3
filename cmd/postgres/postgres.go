// Package postgres runs a PostgreSQL of its own for a command that measures, on a free port, in a folder that it removes. It
// writes through to the disk (fsync, synchronous_commit), as a customer's does.
//
// It must never touch a server that it did not start, or listen on another address than 127.0.0.1.
//
// It is proved by a test that starts one where PostgreSQL's programs are installed and asked for.
package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Server is a running PostgreSQL.
type Server struct {
	dir, bin string
	port     int
}

// ErrMissing says that PostgreSQL's programs are not installed here.
var ErrMissing = errors.New("no PostgreSQL here; ./do setup installs it")

// Start makes a cluster in a temporary folder and starts it.
func Start(ctx context.Context) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ml-connector-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin}
	if err := s.make(ctx); err != nil {
		_ = os.RemoveAll(dir) // in the system's temporary folder
		return nil, err
	}
	return s, nil
}

func (s *Server) make(ctx context.Context) error {
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if out, err := exec.CommandContext(ctx, "chown", other(), s.dir).CombinedOutput(); err != nil {
			return fmt.Errorf("give %s away: %w: %s", s.dir, err, out)
		}
	}
	if _, err := s.run(ctx, "initdb", "-D", s.data(), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"); err != nil {
		return err
	}
	var err error
	for range 5 { // somebody may take the port first
		if s.port, err = freePort(ctx); err != nil {
			return err
		}
		if err = s.Restart(ctx); err == nil {
			return nil
		}
	}
	return err
}

// Restart starts the server again on its port, after Crash, or at first.
func (s *Server) Restart(ctx context.Context) error {
	options := fmt.Sprintf("-h 127.0.0.1 -p %d -k '%s' -c max_connections=200", s.port, s.dir)
	_, err := s.run(ctx, "pg_ctl", "-D", s.data(), "-l", filepath.Join(s.dir, "log"), "-w", "-t", "60", "-s", "start", "-o", options)
	return err
}

// Crash stops the server as a power cut would stop its processes: nothing is flushed, the next start recovers.
func (s *Server) Crash(ctx context.Context) error {
	_, err := s.run(ctx, "pg_ctl", "-D", s.data(), "-m", "immediate", "-s", "stop")
	return err
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() {
	_ = s.Crash(context.Background()) // if it is gone already there is nothing to stop
	_ = os.RemoveAll(s.dir)
}

// URL is the address of one of its databases.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Create makes a database, a copy of another one when template names one that nobody is connected to.
func (s *Server) Create(ctx context.Context, database, template string) error {
	args := s.at("createdb")
	if template != "" {
		args = append(args, "-T", template)
	}
	_, err := s.run(ctx, args[0], append(args[1:], database)...)
	return err
}

// Drop removes a database.
func (s *Server) Drop(ctx context.Context, database string) error {
	args := s.at("dropdb")
	_, err := s.run(ctx, args[0], append(args[1:], "--force", database)...)
	return err
}

func (s *Server) at(program string) []string {
	return []string{program, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "postgres"}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run runs one of PostgreSQL's programs, not as root.
func (s *Server) run(ctx context.Context, program string, args ...string) (string, error) {
	args = append([]string{filepath.Join(s.bin, program)}, args...)
	if os.Getuid() == 0 {
		args = append([]string{"runuser", "-u", other(), "--"}, args...)
	}
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = "/"
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(talk.String()))
	}
	return out.String(), nil
}

// other is who PostgreSQL runs as when we are root.
func other() string {
	if _, err := user.Lookup("postgres"); err == nil {
		return "postgres"
	}
	return "nobody"
}

// programs is the folder of PostgreSQL's programs, the newest version that is installed.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", ErrMissing
	}
	return filepath.Dir(found[0]), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // what is no number comes last
	return n
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil || !ok {
		return 0, errors.Join(err, errors.New("no free port"))
	}
	return at.Port, nil
}
