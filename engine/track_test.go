package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// followed is a world in which n orders were delivered and are followed at the target.
func followed(t *testing.T, n int, track func(int) (connector.Life, error)) (*world, func() (asked, atOnce int)) {
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Track = "@hourly" })
	s := w.special()
	var mu sync.Mutex
	asked, now, most := 0, 0, 0
	life := func(context.Context, connector.Track) (connector.Life, error) {
		mu.Lock()
		asked++
		now++
		n := asked
		most = max(most, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return track(n)
	}
	s.track = func(context.Context, connector.Track) (connector.Life, error) {
		return connector.Life{Stage: connector.StageSent}, nil
	}
	w.fill(n)
	w.sync()
	s.track = life
	return w, func() (int, int) { mu.Lock(); defer mu.Unlock(); return asked, most }
}

func TestALogInRefusedWhileFollowingEndsTheRoundAndPauses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code       connector.Code
		connection connector.Code
		flow       connector.Code
	}{
		"credentials":   {connector.Credentials, connector.Credentials, ""},
		"forbidden":     {connector.Forbidden, "", connector.Forbidden},
		"misconfigured": {connector.Misconfigured, "", connector.Misconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, asked := followed(t, 12, func(int) (connector.Life, error) { return connector.Life{}, connector.Errorf(tc.code, "follow", "no") })
			if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
				t.Fatal(err)
			}
			if n, _ := asked(); n != 1 {
				t.Errorf("%d were asked about, expected one", n)
			}
			c, err := w.db.Connection(t.Context(), "b")
			if err != nil || c.Paused.Code != tc.connection {
				t.Errorf("the Connection is paused with %q (%v), expected %q", c.Paused.Code, err, tc.connection)
			}
			f, err := w.db.Flow(t.Context(), "orders")
			if err != nil || f.Paused.Code != tc.flow {
				t.Errorf("the Flow is paused with %q (%v), expected %q", f.Paused.Code, err, tc.flow)
			}
		})
	}
}

func TestFollowingIsDoneForEachAndAPanicIsItsOwnAlone(t *testing.T) {
	t.Parallel()
	w, asked := followed(t, 12, func(n int) (connector.Life, error) {
		switch n {
		case 3:
			panic("an odd answer")
		case 5:
			return connector.Life{Stage: connector.StageLost, Reason: "not there"}, nil
		}
		return connector.Life{Stage: connector.StageBuilt}, nil
	})
	if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	if n, most := asked(); n != 12 || most > 2 {
		t.Errorf("%d were asked about, %d at once; expected all twelve, two at once", n, most)
	}
	if got := w.states(); got[connector.Held] != 1 || got[connector.Delivered] != 11 {
		t.Errorf("%v, expected the lost one held", got)
	}
}

// TestWhatStandsStillIsLookedAtDaily: a voucher that waits a month for its payment, or was closed without one, costs a look an hour in
// its first week, then one a day; what happens to it is seen all the same.
func TestWhatStandsStillIsLookedAtDaily(t *testing.T) {
	t.Parallel()
	stage, since := connector.StageBuilt, time.Time{}
	w, asked := followed(t, 1, func(int) (connector.Life, error) { return connector.Life{Stage: stage, At: since}, nil })
	since = w.now()
	days := func(n int) int {
		t.Helper()
		before, _ := asked()
		for range 24 * n {
			w.pass(time.Hour)
			if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
				t.Fatal(err)
			}
		}
		after, _ := asked()
		return after - before
	}
	if n := days(7); n != 7*24 {
		t.Errorf("asked %d times in its first week, expected each hour", n)
	}
	if n := days(10); n < 10 || n > 11 {
		t.Errorf("asked %d times in the ten days after, expected each day", n)
	}
	stage, since = connector.StagePosted, w.now()
	if n := days(2); n < 24 || w.last("000").Life.Stage != connector.StagePosted {
		t.Errorf("asked %d times in the two days after it was posted, expected each hour once that was seen; %+v", n, w.last("000").Life)
	}
}

func TestEveryAnswerAboutALifeIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Track = "@hourly" })
	s := w.special()
	ids := []string{"x1", "x2", "x3"}
	s.track = func(ctx context.Context, _ connector.Track) (connector.Life, error) {
		tr := connector.TraceOf(ctx)
		tr.Keep(connector.Exchange{ID: ids[0], Connection: "b", Op: "track", Run: tr.Run, Delivery: tr.Delivery})
		ids = ids[1:]
		return connector.Life{Stage: connector.StageStaged}, nil
	}
	w.fill(1)
	w.sync() // it follows once
	for range 2 {
		if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
			t.Fatal(err)
		}
	}
	xs, err := w.db.ExchangesOf(t.Context(), w.last("000").ID)
	if err != nil || len(xs) != 3 {
		t.Errorf("%d Exchanges (%v), expected one for each time that it was followed", len(xs), err)
	}
}

var _ connector.Tracker = (*special)(nil)

func TestAReplayOfWhatIsLostSendsItAgainUnlessItIsThere(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		gone   bool // the target surely has it nowhere
		writes int
	}{
		"it is nowhere: it is sent again, and the write says so":   {true, 2},
		"it is there after all: it is linked, and nothing is sent": {false, 1},
	} {
		w, _ := followed(t, 1, func(int) (connector.Life, error) {
			return connector.Life{Stage: connector.StageLost, Reason: "not there"}, nil
		})
		if row.gone {
			w.to.remove(w.last("000").Target.ID)
		}
		if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
			t.Fatal(err)
		}
		d := w.last("000")
		if d.State != connector.Held || d.Life.Stage != connector.StageLost {
			t.Fatalf("%s: %s (%v), expected held as lost", name, d.State, d.Err)
		}
		w.inTx(func(tx *store.Tx) error { return tx.Replay([]int64{d.ID}, "cli:test", false) })
		w.pass(time.Minute)
		if _, err := w.e.Settle(t.Context(), nil, time.Minute); err != nil {
			t.Fatal(err)
		}
		d = w.last("000")
		if d.State != connector.Delivered || len(w.to.writes) != row.writes || w.to.count("P000") != 1 {
			t.Errorf("%s: %s (%v) after %d writes, the target holds %d", name, d.State, d.Err, len(w.to.writes), w.to.count("P000"))
		}
		if again := w.to.writes[len(w.to.writes)-1]; row.gone && again.Lost != 1 {
			t.Errorf("%s: the write says %d", name, again.Lost)
		}
	}
}

func TestWhatIsHeldForAnotherReasonStaysHeldWhateverItsLife(t *testing.T) {
	t.Parallel()
	w, _ := followed(t, 1, func(int) (connector.Life, error) { return connector.Life{Stage: connector.StagePosted}, nil })
	drift := connector.Errorf(connector.Conflict, "look", "a value was changed at the target")
	w.inTx(func(tx *store.Tx) error { return tx.Reopen(w.last("000").ID, connector.Held, drift, w.now(), "drift") })
	if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	if d := w.last("000"); d.State != connector.Held || d.Err.Code != connector.Conflict || d.Life.Stage != connector.StagePosted {
		t.Errorf("it is %s (%v), %+v; expected held as before, and posted", d.State, d.Err, d.Life)
	}
}

func TestTheReasonOfWhatIsHeldIsTheLastOneThatTheTargetGave(t *testing.T) {
	t.Parallel()
	w, _ := followed(t, 1, func(n int) (connector.Life, error) {
		return []connector.Life{{Stage: connector.StageRecycled, Reason: "closed period"}, {Stage: connector.StageRecycled, Reason: "out of balance"}, {Stage: connector.StageStaged}, {Stage: connector.StageBuilt}}[n-1], nil
	})
	for n, want := range []string{"closed period", "out of balance", "out of balance", ""} {
		if err := w.e.TrackFlow(t.Context(), "orders"); err != nil {
			t.Fatal(err)
		}
		d := w.last("000")
		if want == "" && d.State != connector.Delivered || want != "" && (d.State != connector.Held || !strings.Contains(d.Err.Message, want)) {
			t.Errorf("after round %d it is %s: %v; expected %q", n+1, d.State, d.Err, want)
		}
	}
}
