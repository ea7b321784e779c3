//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fault is one thing that goes wrong.
type fault struct {
	name  string
	title string
	only  string        // on this database alone
	disk  bool          // the database gets a small disk of its own
	limit time.Duration // until when all has to be settled afterwards; 0 = 90 s
	run   func(ctx context.Context, s *stand) error
}

func (f fault) within() time.Duration {
	if f.limit > 0 {
		return f.limit
	}
	return 90 * time.Second
}

// faults are all of them, in the order of the table.
func faults() []fault {
	return []fault{
		{name: "kill-reading", title: "kill −9 of the only process while it reads, three times", run: killAt(3, isRead, 150, false)},
		{name: "kill-sending", title: "kill −9 of the only process while a write has no answer yet, three times", run: killAt(3, isWrite, 25, true)},
		{name: "kill-commit", title: "kill −9 of the only process right after a commit, three times", run: killAtCommit},
		{name: "kill-sync", title: "kill −9 of `sync`, three times", run: killSync},
		{name: "one-of-two", title: "kill −9 of one of two processes; the other goes on alone", only: onPostgres, limit: 30 * time.Second, run: killOneOfTwo},
		{name: "all-killed", title: "kill −9 of all three processes at once", only: onPostgres, run: killAll},
		{name: "stopped", title: "SIGSTOP of the only process for 12 s", only: onSQLite, run: stopOne(1)},
		{name: "stopped-of-two", title: "SIGSTOP of one of two processes for 12 s, past its lease", only: onPostgres, run: stopOne(2)},
		{name: "sigterm", title: "SIGTERM under load", run: terminate},
		{name: "second-engine", title: "a second engine; commands beside one that runs", only: onSQLite, run: secondEngine},
		{name: "db-restart", title: "PostgreSQL stopped at once and started again under load", only: onPostgres, run: restartDatabase(0)},
		{name: "db-down", title: "PostgreSQL away for 20 s", only: onPostgres, run: restartDatabase(20 * time.Second)},
		{name: "db-terminated", title: "every connection to PostgreSQL ended, ten times", only: onPostgres, run: terminateBackends},
		{name: "db-read-only", title: "the database can only be read for 10 s", run: readOnly},
		{name: "disk-full", title: "the disk of the database is full for 10 s", disk: true, run: fullDisk},
		{name: "clock", title: "the clock jumps an hour ahead, back, an hour back, ahead", run: clockJumps},
		{name: "peers-gone", title: "both peers away for 60 s", limit: 2 * time.Minute, run: peersGone},
		{name: "peers-reset", title: "every connection to the peers reset, ten times", run: resetPeers},
		{name: "peer-dead", title: "one of two pairs of peers away: the other pair's Flows go on", limit: 2 * time.Minute, run: onePeerDead},
		{name: "several", title: "several at once: a process killed, one stopped, database and peers cut", only: onPostgres, run: severalAtOnce},
	}
}

// none starts a process and lets it work.
func none(ctx context.Context, s *stand) error {
	_, err := s.start(ctx)
	return err
}

// killAt kills the only process so many times at a request of a kind, and starts it again.
func killAt(times int, wants func(*http.Request) bool, span int, hold bool) func(context.Context, *stand) error {
	return func(ctx context.Context, s *stand) error {
		for range times {
			t := s.door.arm(wants, s.rng.IntN(span), hold)
			p, err := s.start(ctx)
			if err != nil {
				return err
			}
			if err := s.moment(ctx, t); err != nil {
				return err
			}
			p.kill()
		}
		_, err := s.start(ctx)
		return err
	}
}

// killAtCommit kills the only process as soon as the log of the database has grown, after a random number of commits.
func killAtCommit(ctx context.Context, s *stand) error {
	for range 3 {
		p, err := s.start(ctx)
		if err != nil {
			return err
		}
		if err := s.loaded(ctx); err != nil {
			return err
		}
		for range 1 + s.rng.IntN(4) {
			was, end := s.logEnd(), time.Now().Add(10*time.Second)
			for s.logEnd() == was && time.Now().Before(end) {
				pause(ctx, 100*time.Microsecond)
			}
		}
		p.kill()
	}
	_, err := s.start(ctx)
	return err
}

// logEnd marks how far the database's log has grown.
func (s *stand) logEnd() string {
	files := []string{filepath.Join(s.dir, "database", "connector.db-wal")}
	if s.server != nil {
		files = s.server.Logs()
	}
	mark := ""
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			mark += fmt.Sprint(info.Size(), info.ModTime().UnixNano(), " ")
		}
	}
	return mark
}

// killSync kills the command `sync` in the middle of its work, and lets a process finish it.
func killSync(ctx context.Context, s *stand) error {
	for i := range 3 {
		t := s.door.arm(isWrite, s.rng.IntN(30), i%2 == 0)
		p, err := s.begin("sync")
		if err != nil {
			return err
		}
		if err := s.moment(ctx, t); err != nil {
			return err
		}
		p.kill()
	}
	_, err := s.start(ctx)
	return err
}

func killOneOfTwo(ctx context.Context, s *stand) error {
	two, err := s.several(ctx, 2)
	if err != nil {
		return err
	}
	t := s.door.arm(isWrite, 5+s.rng.IntN(25), true)
	if err := s.moment(ctx, t); err != nil {
		return err
	}
	two[s.rng.IntN(2)].kill()
	close(t.free) // if it is the other one that waits for the answer
	return nil
}

func killAll(ctx context.Context, s *stand) error {
	three, err := s.several(ctx, 3)
	if err != nil {
		return err
	}
	if err := s.loaded(ctx); err != nil {
		return err
	}
	for _, p := range three {
		p.signal(syscall.SIGKILL)
	}
	for _, p := range three {
		<-p.done
	}
	_, err = s.several(ctx, 3)
	return err
}

// stopOne stops one of n processes for longer than its lease, with a write that gets its answer meanwhile, and lets it go on.
func stopOne(n int) func(context.Context, *stand) error {
	return func(ctx context.Context, s *stand) error {
		all, err := s.several(ctx, n)
		if err != nil {
			return err
		}
		t := s.door.arm(isWrite, 5+s.rng.IntN(25), true)
		if err := s.moment(ctx, t); err != nil {
			return err
		}
		p := all[s.rng.IntN(n)]
		p.signal(syscall.SIGSTOP)
		close(t.free)
		pause(ctx, 12*time.Second)
		p.signal(syscall.SIGCONT)
		return nil
	}
}

// terminate ends a process by SIGTERM while writes are under way, one of which gets no answer. It ends within 10 s, and
// leaves nothing in doubt but what was sent (I28).
func terminate(ctx context.Context, s *stand) error {
	for _, held := range []bool{false, true} {
		p, err := s.start(ctx)
		if err != nil {
			return err
		}
		if err := s.moment(ctx, s.door.arm(isSingleWrite, 3+s.rng.IntN(20), held)); err != nil {
			return err
		}
		p.signal(syscall.SIGTERM)
		took, err := p.wait(10 * time.Second)
		if err != nil {
			return err
		}
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			return fmt.Errorf("after SIGTERM it ended with %d:\n%s", code, tail(p.said(), 10))
		}
		doubts, unsent, err := s.inDoubt(ctx)
		if err != nil {
			return err
		}
		s.note("ended in %.1f s, %d in doubt", took.Seconds(), doubts)
		if len(unsent) > 0 {
			return fmt.Errorf("SIGTERM left in doubt what no peer has seen: %v", unsent)
		}
	}
	_, err := s.start(ctx)
	return err
}

// secondEngine starts what SQLite allows beside a running engine, and what it does not.
func secondEngine(ctx context.Context, s *stand) error {
	p, err := s.start(ctx)
	if err != nil {
		return err
	}
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"work"}} {
		_, talk, status, err := s.do(ctx, args...)
		if err != nil || status != 5 || !strings.Contains(talk, "another one is running on this database") {
			return fmt.Errorf("a second `%s` ended with %d (%v): %s", args[0], status, err, talk)
		}
	}
	s.note("second engine refused with 5")
	for _, args := range [][]string{{"flow", "list"}, {"delivery", "list"}, {"record", "list"}, {"connection", "ping"}, {"audit", "verify"}, {"apply", "-f", "ml-connector.yaml"}, {"sync"}} {
		out, talk, status, err := s.do(ctx, args...)
		if err != nil || status != 0 && (args[0] != "sync" || status != 3) {
			return fmt.Errorf("beside a running engine `%s` ended with %d (%v): %s%s", strings.Join(args, " "), status, err, out, talk)
		}
	}
	if p.ended() {
		return fmt.Errorf("the engine ended meanwhile:\n%s", tail(p.said(), 10))
	}
	s.note("seven commands worked beside it, `sync` by asking it")
	return nil
}

func severalAtOnce(ctx context.Context, s *stand) error {
	three, err := s.several(ctx, 3)
	if err != nil {
		return err
	}
	t := s.door.arm(isWrite, 5+s.rng.IntN(20), true)
	if err := s.moment(ctx, t); err != nil {
		return err
	}
	s.rng.Shuffle(len(three), func(i, j int) { three[i], three[j] = three[j], three[i] })
	three[0].kill()
	three[1].signal(syscall.SIGSTOP)
	close(t.free)
	s.erp.cut()
	pause(ctx, time.Duration(s.rng.IntN(3000))*time.Millisecond)
	s.server.Crash()
	s.s2p.cut()
	if err := s.server.Restart(ctx); err != nil {
		return err
	}
	pause(ctx, 8*time.Second)
	three[1].signal(syscall.SIGCONT)
	return nil
}
