// Package postgres runs a PostgreSQL of its own for a command that measures or proves, on a free port, in a folder that it
// makes and removes or that the caller gives. It writes through to the disk (fsync, synchronous_commit), as a customer's does.
//
// It must never touch a server that it did not start, or listen on another address than 127.0.0.1.
//
// It is proved by a test that starts one where PostgreSQL's programs are installed and asked for.
package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Server is a PostgreSQL: its files, and its process while it runs.
type Server struct {
	dir, bin string
	settings []string
	port     int
	process  *os.Process
	ended    chan struct{} // closed when the process has ended
}

// Start makes the files of a server in a temporary folder and starts it.
func Start(ctx context.Context) (*Server, error) {
	dir, err := os.MkdirTemp("", "ml-connector-postgres-")
	if err != nil {
		return nil, err
	}
	s, err := Make(ctx, dir)
	if err == nil {
		err = s.Start(ctx, "max_connections=200")
	}
	if err != nil {
		_ = os.RemoveAll(dir) // in the system's temporary folder
		return nil, err
	}
	return s, nil
}

// Make makes the files of a server in a folder that is there: to be started, or to be copied.
func Make(ctx context.Context, dir string) (*Server, error) {
	bin, err := programs(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin}
	if err := give(dir); err != nil {
		return nil, err
	}
	_, err = s.run(ctx, "initdb", "-D", s.data(), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	return s, err
}

// Copy is another server with a copy of the files, in a folder that is there. This one must not run.
func (s *Server) Copy(ctx context.Context, dir string) (*Server, error) {
	if err := give(dir); err != nil {
		return nil, err
	}
	c := &Server{dir: dir, bin: s.bin}
	if out, err := exec.CommandContext(ctx, "cp", "-a", s.data(), c.data()).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy a PostgreSQL: %w: %s", err, out)
	}
	return c, nil
}

// Start starts the server for the first time, with settings as in postgresql.conf.
func (s *Server) Start(ctx context.Context, settings ...string) error {
	var err error
	for _, setting := range settings {
		s.settings = append(s.settings, "-c", setting)
	}
	for range 5 { // somebody may take the port first
		if s.port, err = FreePort(ctx); err != nil {
			return err
		}
		if err = s.Restart(ctx); err == nil {
			return nil
		}
	}
	return err
}

// Restart starts the server again on its port, after Crash, and waits until it answers.
func (s *Server) Restart(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	args := append([]string{"-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", s.dir}, s.settings...)
	c := exec.Command(filepath.Join(s.bin, "postgres"), args...) // it outlives ctx
	c.Dir, c.Stdout, c.Stderr = s.dir, log, log
	if err := as(c); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.process, s.ended = c.Process, ended
	go func() {
		_ = c.Wait() // why it ended is in its log
		close(ended)
	}()
	for limit := time.After(time.Minute); ; {
		_, err := s.SQL(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
			continue
		case <-ended:
		case <-limit:
		case <-ctx.Done():
		}
		s.Crash()
		text, _ := os.ReadFile(log.Name()) // only told
		return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, text[max(0, len(text)-1000):])
	}
}

// Crash stops the server as a power cut would stop its processes: nothing is flushed, the next start recovers.
func (s *Server) Crash() {
	if s.process == nil {
		return
	}
	_ = s.process.Signal(syscall.SIGQUIT) // if it is gone already there is nothing to stop
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.process.Kill()
		<-s.ended
	}
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() {
	s.Crash()
	_ = os.RemoveAll(s.dir)
}

// Ended says that the server no longer runs.
func (s *Server) Ended() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// PID is the number of its process.
func (s *Server) PID() int { return s.process.Pid }

// Logs are the files of its write-ahead log.
func (s *Server) Logs() []string {
	files, _ := filepath.Glob(filepath.Join(s.data(), "pg_wal", "0*")) // the pattern is good
	return files
}

// URL is the address of one of its databases.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Create makes a database, a copy of another one when template names one that nobody is connected to.
func (s *Server) Create(ctx context.Context, database, template string) error {
	if template == "" {
		template = "template1"
	}
	_, err := s.SQL(ctx, fmt.Sprintf("CREATE DATABASE %q TEMPLATE %q", database, template))
	return err
}

// Drop removes a database.
func (s *Server) Drop(ctx context.Context, database string) error {
	_, err := s.SQL(ctx, fmt.Sprintf("DROP DATABASE %q WITH (FORCE)", database))
	return err
}

// SQL runs statements as the server's owner, in the database postgres.
func (s *Server) SQL(ctx context.Context, statements ...string) (string, error) {
	args := []string{"-d", s.URL("postgres") + "&connect_timeout=10", "-v", "ON_ERROR_STOP=1", "-XqAt"}
	for _, statement := range statements {
		args = append(args, "-c", statement)
	}
	return s.run(ctx, "psql", args...)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run runs one of PostgreSQL's programs, not as root.
func (s *Server) run(ctx context.Context, program string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	var out, talk bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = s.dir, &out, &talk
	if err := as(c); err != nil {
		return "", err
	}
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(talk.String()))
	}
	return strings.TrimSpace(out.String()), nil
}
