package engine_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

func (w *world) change(f func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.db.Tx(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// look does what a sweep finds: what is due in the partitions.
func (w *world) look() {
	w.t.Helper()
	due, err := w.e.Due(w.t.Context(), w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range due.Pumps {
		if _, err := w.e.Pump(w.t.Context(), p.Flow, p.Partition); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestWhatIsMissingOnceIsLookedForAgain: the list names a record whose detail is not there yet. It is held at once, so that a sync
// does not wait for it, and looked for again by itself four times.
func TestWhatIsMissingOnceIsLookedForAgain(t *testing.T) {
	t.Parallel()
	gone := connector.Errorf(connector.NotFound, "read", "listed, but its detail is gone")
	for _, tc := range []struct {
		name  string
		fails *connector.Error
		there time.Duration // after which it can be read; 0 = never
		halt  func(w *world)
		looks int // by itself
		want  connector.State
	}{
		{"it is there with the first look", gone, 5 * time.Second, nil, 1, connector.Delivered},
		{"with the second", gone, 30 * time.Second, nil, 2, connector.Delivered},
		{"with the fourth", gone, 20 * time.Minute, nil, 4, connector.Delivered},
		{"never: it is looked for four times and then left", gone, 0, nil, 4, connector.Held},
		{"what is invalid is not looked for", connector.Errorf(connector.Invalid, "read", "no number"), time.Second, nil, 0, connector.Held},
		{"what was refused is left to Runs", connector.Errorf(connector.Rejected, "read", "not shown"), time.Second, nil, 0, connector.Held},
		{"not while its Flow is disabled", gone, time.Second, func(w *world) {
			w.change(func(tx *store.Tx) error { return tx.EnableFlow("orders", false, "cli:test") })
		}, 0, connector.Held},
		{"not after a person skipped it", gone, time.Second, func(w *world) {
			id := w.last("1").ID
			w.change(func(tx *store.Tx) error { return tx.Skip(id, "it was deleted", "cli:test") })
		}, 0, connector.Skipped},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.from.put("2", order("P2", "10", "open"))
			w.from.broken = map[string]*connector.Error{"1": tc.fails}
			if c := w.sync().Counts; c.Held != 1 || c.Delivered != 1 {
				t.Fatalf("%+v, expected it held and the other delivered", c)
			}
			first := w.last("1").ID
			if tc.halt != nil {
				tc.halt(w)
			}
			began := w.now()
			for w.now().Sub(began) < 3*time.Hour {
				if tc.there > 0 && w.now().Sub(began) >= tc.there {
					w.from.broken = nil
				}
				w.look()
				w.pass(max(5*time.Second, w.now().Sub(began)/8))
			}
			if d := w.last("1"); d.State != tc.want || (tc.want == connector.Delivered) != (d.ID != first) {
				t.Errorf("%s (%v), expected %s", d.State, d.Err, tc.want)
			}
			es, err := w.db.Entries(t.Context(), store.EntryFilter{Action: "delivery.released"})
			if err != nil || len(es) != tc.looks {
				t.Errorf("looked for %d times (%v), expected %d", len(es), err, tc.looks)
			}
			runs, err := w.db.Runs(t.Context(), store.RunFilter{Flow: "orders"})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range runs {
				if !r.Counts.Balanced() || r.ID > 1 && r.Trigger != connector.TriggerSchedule {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// TestASyncLooksForWhatWasMissing: where nothing but `sync` runs, it does what a sweep would.
func TestASyncLooksForWhatWasMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.from.broken = map[string]*connector.Error{"1": connector.Errorf(connector.NotFound, "read", "its detail is gone")}
	w.sync()
	w.pass(time.Hour)
	w.sync() // moves the cursor
	w.pass(time.Hour)
	w.from.broken = nil
	if c := w.sync().Counts; c.Read != 0 {
		t.Errorf("the window has %d records, expected none", c.Read)
	}
	if d := w.last("1"); d.State != connector.Delivered {
		t.Errorf("%s (%v), expected delivered", d.State, d.Err)
	}
	if _, err := w.e.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual}); err != nil || len(w.to.writes) != 1 {
		t.Errorf("%d writes (%v)", len(w.to.writes), err)
	}
}
