package postgres

import (
	"os"
	"testing"
	"time"

	"ml-connector/store"
)

func TestAServerOfItsOwn(t *testing.T) {
	t.Parallel()
	if os.Getenv("ML_CONNECTOR_TEST_POSTGRES") == "" {
		return // not asked for
	}
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	open := func(s *Server, database string) error {
		db, err := store.Open(t.Context(), s.URL(database), time.Now)
		if err == nil {
			err = db.Close()
		}
		return err
	}
	if err := s.Create(t.Context(), "one", ""); err != nil {
		t.Fatal(err)
	}
	if err := open(s, "one"); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "two", "one"); err != nil {
		t.Fatal(err)
	}
	pid := s.PID()
	s.Crash()
	if err := open(s, "two"); err == nil || !s.Ended() {
		t.Error("a server that crashed answers")
	}
	dir, err := os.MkdirTemp("", "ml-connector-postgres-copy-") // t.TempDir's parent is closed to another user
	if err != nil {
		t.Fatal(err)
	}
	copied, err := s.Copy(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Stop()
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := open(s, "two"); err != nil || s.Ended() || s.PID() == pid || len(s.Logs()) == 0 {
		t.Errorf("started again: %v, ended %v, process %d after %d, logs %q", err, s.Ended(), s.PID(), pid, s.Logs())
	}
	if err := s.Drop(t.Context(), "two"); err != nil {
		t.Error(err)
	}
	if err := open(s, "two"); err == nil {
		t.Error("a database that was dropped can be opened")
	}
	if err := copied.Start(t.Context(), "max_connections=33"); err != nil {
		t.Fatal(err)
	}
	if err := open(copied, "two"); err != nil {
		t.Errorf("the copy: %v", err)
	}
	if got, err := copied.SQL(t.Context(), "SHOW max_connections", "SHOW fsync"); err != nil || got != "33\non" {
		t.Errorf("the settings are %q: %v", got, err)
	}
}

func TestTheNewestVersionComesFirst(t *testing.T) {
	t.Parallel()
	if installed("/usr/lib/postgresql/9/bin/initdb") >= installed("/usr/lib/postgresql/15/bin/initdb") {
		t.Error("9 counts as newer than 15")
	}
	for text, want := range map[string]int{"initdb (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)": 15, "initdb (PostgreSQL) 18beta1": 18, "initdb": 0} {
		if got := version(text); got != want {
			t.Errorf("%q is version %d", text, got)
		}
	}
}
