package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestWhatWasRefusedAMomentAgoIsNotSentAgainBeforeListsCanShowIt: the target stored it and said that it refused it, and its lists lag.
func TestWhatWasRefusedAMomentAgoIsNotSentAgainBeforeListsCanShowIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stored bool
		writes int
	}{"it was stored": {true, 1}, "it was not": {false, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassDuplicate)
			w.to.settles, w.to.blind = "60s", true
			refused := false
			w.to.onWrite = func(connector.Write) (error, bool) {
				if refused {
					return nil, false
				}
				refused = true
				return connector.Errorf(connector.Rejected, "write", "refused").Advise("Mend it."), !tc.stored
			}
			w.from.put("1", order("P1", "10", "open"))
			w.sync()
			d := w.last("1")
			if d.State != connector.Held {
				t.Fatalf("it is %s, expected held", d.State)
			}
			w.tx(func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, "cli:test", false) })
			pump := func() {
				for n := range w.flow().Partitions {
					w.pumpOnce(n)
				}
			}
			pump()
			if n, d := len(w.to.writes), w.last("1"); n != 1 || d.State != connector.Waiting {
				t.Fatalf("replayed at once: %d writes, %s; expected one, and waiting", n, d.State)
			}
			w.to.blind = false
			w.pass(time.Minute)
			pump()
			if n, d := len(w.to.writes), w.last("1"); n != tc.writes || w.to.count("P1") != 1 || d.State != connector.Delivered {
				t.Errorf("%d writes, %d objects, %s; expected %d writes, one object, delivered", n, w.to.count("P1"), d.State, tc.writes)
			}
		})
	}
}

// TestWhereNothingCanBeLookedUpAPersonsWordCountsOnce: what is in doubt is sent again when a person says that it did not arrive, and
// after that doubt is doubt again.
func TestWhereNothingCanBeLookedUpAPersonsWordCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassDuplicate)
	writing := false
	w.to.onSend = func(context.Context) { writing = true }
	w.to.onCall = func() error {
		if writing {
			writing = false
			return nil
		}
		return connector.Errorf(connector.Misconfigured, "look up", "it can't be read here").Advise("A person can tell.")
	}
	w.to.onWrite = func(connector.Write) (error, bool) { return ambiguous(), true }
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	for n := 1; n <= 3; n++ {
		w.sync()
		if got, d := len(w.to.writes), w.last("1"); got != n || d.State != connector.InDoubt {
			t.Fatalf("%d writes, %s; expected %d, in doubt", got, d.State, n)
		}
		if n == 2 {
			w.to.onWrite = nil
		}
		w.tx(func(tx *store.Tx) error { return tx.Resolve(w.last("1").ID, "", "looked in its pages", "cli:test") })
		w.pass(time.Minute)
		for n := range w.flow().Partitions {
			w.pumpOnce(n)
		}
		if n == 2 {
			break
		}
	}
	if got, d := len(w.to.writes), w.last("1"); got != 3 || w.to.count("P1") != 1 || d.State != connector.Delivered {
		t.Errorf("%d writes, %d objects, %s; expected three, one, delivered", got, w.to.count("P1"), d.State)
	}
}

// TestWhatSurelyWasNotSentGoesOnWithoutALookUp: a target that can't be looked up and did not take the connection is written to again by
// itself; one that took it and said nothing is not.
func TestWhatSurelyWasNotSentGoesOnWithoutALookUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fail   func() error
		writes int
		state  connector.State
	}{"no connection": {func() error { return connector.Errorf(connector.Unavailable, "write", "refused") }, 2, connector.Delivered},
		"too fast":  {func() error { return connector.Errorf(connector.Throttled, "write", "slowly") }, 2, connector.Delivered},
		"no answer": {ambiguous, 1, connector.InDoubt}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassDuplicate)
			writing, failed := false, false
			w.to.onSend = func(context.Context) { writing = true }
			w.to.onCall = func() error {
				if writing {
					writing = false
					return nil
				}
				return connector.Errorf(connector.Misconfigured, "look up", "it can't be read here").Advise("A person can tell.")
			}
			w.to.onWrite = func(connector.Write) (error, bool) {
				if failed {
					return nil, false
				}
				failed = true
				return tc.fail(), true
			}
			w.from.put("1", order("P1", "10", "open"))
			w.sync()
			w.pass(10 * time.Minute)
			w.sync()
			if n, d := len(w.to.writes), w.last("1"); n != tc.writes || d.State != tc.state {
				t.Errorf("%d writes, %s (%v); expected %d, %s", n, d.State, d.Err, tc.writes, tc.state)
			}
			if d := w.last("1"); d.State == connector.InDoubt && !strings.Contains(d.Err.Hint, "only a person can tell") {
				t.Errorf("it says %q, and not that a person is asked", d.Err.Hint)
			}
		})
	}
}
