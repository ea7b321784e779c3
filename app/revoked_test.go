package app

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/cmd/site"
	"ml-connector/engine"
	"ml-connector/flows"
	"ml-connector/people"
	"ml-connector/sample"
	"ml-connector/store"
	"ml-connector/systems"
)

// TestSeveralProcessesShareATokenAndARefusal: several processes work with one token, and with one other when it is revoked. When the
// secret of their client is changed, one of them asks, the Connection is paused once, and nobody asks again.
func TestSeveralProcessesShareATokenAndARefusal(t *testing.T) {
	t.Parallel()
	s, err := site.Open(t.Context(), site.Options{Company: sample.New(3, sample.Small(), time.Now()), Now: time.Now, Seed: 3, PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	dir := t.TempDir()
	path, err := s.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) (string, bool) { return "", false }
	var engines []*engine.Engine
	var first *App
	for n := range 3 {
		a, err := Open(t.Context(), Config{Process: config.Process{Database: "sqlite:" + filepath.Join(dir, "test.db"), Key: "file:" + filepath.Join(dir, "key"), Dir: dir},
			Systems: systems.All(), Shipped: flows.Shipped(), Lookup: lookup, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close() })
		if first == nil {
			first = a
			f, err := config.Read(path, a.Known(true))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Apply(t.Context(), f, ApplyOptions{}, people.Local("cli:jdoe")); err != nil {
				t.Fatal(err)
			}
		}
		engines = append(engines, engine.New(engine.Config{DB: a.DB, Open: a.open, Now: a.Now, Jitter: func() float64 { return 0.5 }, Owner: fmt.Sprint("process ", n)}))
	}
	names := []string{"purchase-orders", "invoices"}
	poll := func() {
		var all sync.WaitGroup
		for _, e := range engines {
			for _, name := range names {
				all.Go(func() {
					if _, err := e.Poll(t.Context(), engine.PollRequest{Flow: name, Trigger: connector.TriggerManual}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
	}
	logIns := func() (good, refused int) {
		for _, x := range s.Jaggaer.Journal() {
			switch {
			case x.Operation == "token" && x.Status == 200:
				good++
			case x.Operation == "token":
				refused++
			}
		}
		return good, refused
	}
	poll() // each Flow's first Run of a process pings, which asks by itself
	pings, _ := logIns()
	poll()
	if good, _ := logIns(); good != pings {
		t.Errorf("%d log-ins while there was a good token", good-pings)
	}
	s.Jaggaer.RevokeTokens()
	poll()
	if good, refused := logIns(); good != pings+1 || refused != 0 {
		t.Errorf("%d log-ins of %d processes after all tokens were revoked, and %d refused; expected one", good-pings, len(engines), refused)
	}
	s.Jaggaer.RotateSecret("another")
	s.Jaggaer.RevokeTokens()
	poll()
	if _, refused := logIns(); refused != 1 {
		t.Errorf("%d log-ins of %d processes were refused, expected one", refused, len(engines))
	}
	paused, err := first.DB.Entries(t.Context(), store.EntryFilter{Action: "connection.paused"})
	if err != nil || len(paused) != 1 || paused[0].Subject != "connection:s2p" {
		t.Errorf("paused %+v, %v", paused, err)
	}
	poll()
	if _, refused := logIns(); refused != 1 {
		t.Errorf("%d log-ins were refused in the end: somebody asked again", refused)
	}
}
