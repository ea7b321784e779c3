//go:build unix

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/cmd/postgres"
	"ml-connector/flows"
	"ml-connector/store"
	"ml-connector/systems"
)

// inDoubt counts the Deliveries that are being sent or in doubt, and lists those of which their peer has seen no write.
func (s *stand) inDoubt(ctx context.Context) (doubts int, unsent []string, err error) {
	seen := map[string]bool{}
	for _, side := range s.sides() {
		for _, kind := range connector.Kinds() {
			for _, w := range side.Writes(kind) {
				seen[side.Connection()+string(kind)+w.Of] = true
			}
		}
	}
	err = s.look(ctx, func(db *store.DB) error {
		all, err := db.Flows(ctx)
		if err != nil {
			return err
		}
		for _, f := range all {
			newest, err := db.NewestOf(ctx, f)
			if err != nil {
				return err
			}
			for _, d := range newest {
				if d.State != connector.Sending && d.State != connector.InDoubt {
					continue
				}
				doubts++
				if !slices.ContainsFunc(append(d.Numbers, d.Record.ID), func(of string) bool { return seen[f.To+string(f.Kind)+of] }) {
					unsent = append(unsent, d.Record.String())
				}
			}
		}
		return nil
	})
	return doubts, unsent, err
}

// restartDatabase stops PostgreSQL at once under the load of two processes, and starts it again.
func restartDatabase(away time.Duration) func(context.Context, *stand) error {
	return func(ctx context.Context, s *stand) error {
		two, err := s.several(ctx, 2)
		if err != nil {
			return err
		}
		if err := s.loaded(ctx); err != nil {
			return err
		}
		s.server.Crash()
		pause(ctx, away)
		if err := s.server.Restart(ctx); err != nil {
			return err
		}
		return alive(two...)
	}
}

// alive fails when a process has ended: the fault was none of its own.
func alive(all ...*process) error {
	for _, p := range all {
		if p.ended() {
			return fmt.Errorf("%s ended:\n%s", p.name, tail(p.said(), 10))
		}
	}
	return nil
}

const terminateAll = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'connector'"

func terminateBackends(ctx context.Context, s *stand) error {
	two, err := s.several(ctx, 2)
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	for range 10 {
		if _, err := s.server.SQL(ctx, terminateAll); err != nil {
			return err
		}
		pause(ctx, time.Duration(100+s.rng.IntN(400))*time.Millisecond)
	}
	return alive(two...)
}

// readOnly lets the database be read only. PostgreSQL becomes so under load, as one that fails over to a stand-by does; a
// SQLite file can become so before the start alone: who has it open may write on.
func readOnly(ctx context.Context, s *stand) error {
	if s.server == nil {
		return s.readOnlyFile(ctx)
	}
	two, err := s.several(ctx, 2)
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	for _, only := range []string{"on", "off"} {
		if _, err := s.server.SQL(ctx, "ALTER DATABASE connector SET default_transaction_read_only = "+only, terminateAll); err != nil {
			return err
		}
		if only == "on" {
			pause(ctx, 10*time.Second)
		}
	}
	s.note("by default_transaction_read_only, connections ended at each change")
	return alive(two...)
}

func (s *stand) readOnlyFile(ctx context.Context) error {
	as, err := postgres.Unprivileged()
	if err != nil {
		return err
	}
	dir, file := filepath.Join(s.dir, "database"), filepath.Join(s.dir, "database", "connector.db")
	for path, mode := range map[string]os.FileMode{file: 0o444, dir: 0o555, filepath.Join(s.dir, "ml-connector.yaml"): 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
	}
	s.as = as
	p, err := s.begin("serve", "--listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := p.wait(20 * time.Second); err != nil {
		return fmt.Errorf("serve goes on with a database that it can't write:\n%s", tail(p.said(), 5))
	}
	s.note("`serve` ends with %d: %s", p.cmd.ProcessState.ExitCode(), strings.TrimSpace(tail(p.said(), 1)))
	s.as = nil
	for path, mode := range map[string]os.FileMode{dir: 0o755, file: 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
	}
	_, err = s.start(ctx)
	return err
}

// fullDisk fills the disk of the database under load, and makes room again.
func fullDisk(ctx context.Context, s *stand) error {
	p, err := s.start(ctx)
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	dir := filepath.Join(s.dir, "database")
	filler := filepath.Join(dir, "filler")
	mounted := len(s.notes) == 0
	switch {
	case mounted:
		s.note("a tmpfs that is full")
		err = fill(filler)
	case s.server != nil:
		s.note("files of the server limited")
		err = limitFiles(s.server.PID(), 1)
	default:
		s.note("RLIMIT_FSIZE of the process")
		err = limitFiles(p.cmd.Process.Pid, 1)
	}
	if err != nil {
		return err
	}
	pause(ctx, 10*time.Second)
	switch {
	case mounted:
		err = os.Remove(filler)
	case s.server != nil:
		err = limitFiles(s.server.PID(), 0)
	default:
		err = limitFiles(p.cmd.Process.Pid, 0)
	}
	if err == nil && s.server != nil && s.server.Ended() {
		s.note("PostgreSQL gave up and was started again")
		err = s.server.Restart(ctx)
	}
	if err != nil {
		return err
	}
	return alive(p)
}

// clockJumps runs the engine in this process, whose clock it moves: that of a child can't be moved alone.
func clockJumps(ctx context.Context, s *stand) error {
	s.note("in the process of this command, by the injected clock")
	conf := app.Config{Systems: systems.All(), Shipped: flows.Shipped(), Lookup: os.LookupEnv, Owner: "clock"}
	process, err := config.ReadProcess(filepath.Join(s.dir, "ml-connector.yaml"), conf.Known(false))
	if err != nil {
		return err
	}
	process.Database = s.database
	var offset atomic.Int64
	log, err := os.Create(filepath.Join(s.dir, "clock.log"))
	if err != nil {
		return err
	}
	s.after(func() { _ = log.Close() })
	conf.Process, conf.Log = process, slog.New(slog.NewTextHandler(log, nil))
	conf.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	a, err := app.Open(ctx, conf)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	s.after(func() { stop(); <-ended; _ = a.Close() })
	go func() { ended <- a.Work(ctx, nil) }()
	if err := s.loaded(ctx); err != nil {
		return err
	}
	for _, jump := range []time.Duration{time.Hour, 0, -time.Hour, 0} {
		offset.Store(int64(jump))
		pause(ctx, time.Duration(1000+s.rng.IntN(1500))*time.Millisecond)
	}
	return nil
}
