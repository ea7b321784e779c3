package engine_test

import (
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestWhatIsHeldForARowGoesOnWhenItBegins: on that day in the time zone of the Connection, by the engine's own clock, and not before; a record
// that has a date of its own goes by that one, which does not pass.
func TestWhatIsHeldForARowGoesOnWhenItBegins(t *testing.T) {
	t.Parallel()
	const looking = `
name: orders
kind: purchase_order
from: left
to: right
fields:
  KEY: {from: key, required: true}
  AMOUNT: {from: amount}
  PARENT: {from: status, lookup: words, else: hold}
`
	row := func(begins string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return tx.SetCrosswalkRow("words", store.CrosswalkRow{Left: "open", Right: "offen", ValidFrom: begins}, "cli:me")
		}
	}
	for name, tc := range map[string]struct {
		dated  string
		before bool // the row is there before the record is held
		begins string
		goes   bool
	}{
		"it begins tomorrow, and is there":         {"", true, "2026-03-05", true},
		"it begins tomorrow, and comes afterwards": {"", false, "2026-03-05", true},
		"it begins later":                          {"", true, "2026-03-09", false},
		"the record has its own date":              {"dated: '\"2026-03-01\"'\n", true, "2026-03-05", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassUpsert, func(f *connector.Flow) { f.Mapping = looking + tc.dated })
			w.tx(func(tx *store.Tx) error { return tx.NameCrosswalk("words", store.Sides("left", "right")) })
			if tc.before {
				w.tx(row(tc.begins))
			}
			w.from.put("1", order("P1", "10", "open"))
			w.sync()
			if !tc.before {
				w.tx(row(tc.begins))
				w.sync()
			}
			if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Invalid {
				t.Fatalf("%s (%v), expected held for the row", d.State, d.Err)
			}
			due := func(at string) connector.State {
				t.Helper()
				moment, err := time.Parse(time.RFC3339, at)
				if err != nil {
					t.Fatal(err)
				}
				w.pass(moment.Sub(w.now()))
				if _, err := w.e.Due(t.Context(), w.now()); err != nil {
					t.Fatal(err)
				}
				return w.last("1").State
			}
			if s := due("2026-03-04T23:59:00Z"); s != connector.Held {
				t.Errorf("the day before it is %s", s)
			}
			want := connector.Held
			if tc.goes {
				want = connector.Waiting
			}
			if s := due("2026-03-05T00:00:00Z"); s != want {
				t.Errorf("on the day it is %s, expected %s", s, want)
			}
			w.sync()
			if got := w.to.count("P1"); got != 0 != tc.goes {
				t.Errorf("the target has %d of it", got)
			}
		})
	}
}
