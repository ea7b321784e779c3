package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

// translating is a Flow whose amounts go through a crosswalk and that refers to another record.
func translating(t *testing.T) *world {
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) {
		f.Mapping = strings.Replace(rules, "AMOUNT: {from: amount}", "AMOUNT: {from: amount, lookup: amounts}", 1)
		f.Mapping = strings.Replace(f.Mapping, "fields:\n", "links:\n  parent: {kind: purchase_order, when: doc.parent != \"\", id: doc.parent}\nfields:\n  PARENT: {expr: parent.id}\n", 1)
	})
	w.inTx(func(tx *store.Tx) error {
		if err := tx.NameCrosswalk("amounts", store.Sides("left", "right")); err != nil {
			return err
		}
		return tx.SetCrosswalkRow("amounts", store.CrosswalkRow{Left: "10", Right: "77"}, "cli:test")
	})
	return w
}

func TestWhatTheStoreCannotAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"crosswalk_rows", "links"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			w := translating(t)
			w.from.put("1", order("P1", "10", "open"))
			if c := w.sync().Counts; c.Delivered != 1 {
				t.Fatalf("%+v, expected the first delivered", c)
			}
			child := order("P2", "10", "open")
			child["parent"] = "1"
			w.from.put("2", child)
			w.pass(time.Minute)
			w.poll()
			rename := func(from, to string) {
				if _, err := w.db.SQL().Exec("ALTER TABLE " + from + " RENAME TO " + to); err != nil {
					t.Fatal(err)
				}
			}
			rename(table, "away")
			failed := false
			for n := range partitions {
				_, err := w.e.Pump(t.Context(), "orders", n)
				failed = failed || err != nil
			}
			if d := w.last("2"); !failed || d.State != connector.Waiting || len(w.to.writes) != 1 {
				t.Errorf("%s (%v) after %d writes, expected it waiting and an error", d.State, d.Err, len(w.to.writes))
			}
			rename("away", table)
			w.sync()
			if d := w.last("2"); d.State != connector.Delivered || w.to.table["T002"].Text("AMOUNT") != "77" || w.to.table["T002"].Text("PARENT") != "T001" {
				t.Errorf("%s with %v, expected it delivered with what was translated", d.State, w.to.table["T002"])
			}
		})
	}
}

func TestAStopInAnyMomentSettlesNothingFalsely(t *testing.T) {
	t.Parallel()
	for moment := 1; moment < 15; moment += 2 {
		w := translating(t)
		w.inTx(func(tx *store.Tx) error {
			return tx.SetCrosswalkRow("amounts", store.CrosswalkRow{Left: "ten", Right: "77"}, "cli:test")
		})
		w.from.put("1", order("P1", "ten", "open"))
		w.sync()
		for _, id := range []string{"2", "3", "4"} {
			child := order("P"+id, "ten", "open")
			child["parent"] = "1"
			w.from.put(id, child)
		}
		w.poll()
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		left := moment
		c := w.e.Config
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				stop()
			}
			return w.now()
		}
		e := engine.New(c)
		for n := range partitions {
			if _, err := e.Pump(ctx, "orders", n); err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
		}
		stop()
		for _, id := range []string{"2", "3", "4"} {
			if d := w.last(id); d.State != connector.Waiting && d.State != connector.Delivered {
				t.Errorf("stopped at moment %d: %s is %s (%v)", moment, id, d.State, d.Err)
			}
		}
	}
}
