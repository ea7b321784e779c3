package postgres

import (
	"os"
	"testing"

	"ml-connector/store"
	"time"
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
	open := func(database string) error {
		db, err := store.Open(t.Context(), s.URL(database), time.Now)
		if err == nil {
			err = db.Close()
		}
		return err
	}
	if err := s.Create(t.Context(), "one", ""); err != nil {
		t.Fatal(err)
	}
	if err := open("one"); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), "two", "one"); err != nil {
		t.Fatal(err)
	}
	if err := s.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := open("two"); err == nil {
		t.Error("a server that crashed answers")
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := open("two"); err != nil {
		t.Error(err)
	}
	if err := s.Drop(t.Context(), "two"); err != nil {
		t.Error(err)
	}
	if err := open("two"); err == nil {
		t.Error("a database that was dropped can be opened")
	}
}

func TestTheNewestVersionComesFirst(t *testing.T) {
	t.Parallel()
	if version("/usr/lib/postgresql/9/bin/initdb") >= version("/usr/lib/postgresql/15/bin/initdb") {
		t.Error("9 counts as newer than 15")
	}
}
