package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// stands says why the Flow is paused, "" when it is not.
func (w *world) stands() connector.Pause {
	w.t.Helper()
	f, err := w.db.Flow(w.t.Context(), "orders")
	if err != nil {
		w.t.Fatal(err)
	}
	return f.Paused
}

// letGo is a person who has looked and lets the Flow go on.
func (w *world) letGo() {
	w.t.Helper()
	w.inTx(func(tx *store.Tx) error { return tx.ResumeFlow("orders", "cli:test") })
	w.pass(time.Minute)
	if _, err := w.e.Settle(w.t.Context(), nil, time.Minute); err != nil {
		w.t.Fatal(err)
	}
}

// TestARunChangesNoMoreThanAShareOfWhatIsThere: a changed rule or code that would touch everything stops early.
func TestARunChangesNoMoreThanAShareOfWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.MaxShare = 20 })
	w.to.info.CanUpdate = true
	w.fill(60) // nothing is there yet: creations are no share of anything
	w.sync()
	if n := len(w.to.writes); n != 60 || w.stands().Code != "" {
		t.Fatalf("%d writes at first, paused with %+v", n, w.stands())
	}
	for id := range 60 {
		w.from.put(fmt.Sprintf("%03d", id), order(fmt.Sprintf("P%03d", id), "11", "open"))
	}
	w.sync()
	p := w.stands()
	if n := len(w.to.writes) - 60; n != 12 || !strings.Contains(p.Reason, "has changed 12 of the objects that the flow keeps in step, and 20 % of them are its limit") || !strings.Contains(p.Hint, "limits.share_per_run") {
		t.Fatalf("%d changes, paused with %+v; expected 12 of 60", n, p)
	}
	w.letGo()
	if n := len(w.to.writes) - 60; n != 24 || w.stands().Code == "" {
		t.Errorf("%d changes once it was let go on, expected as many more", n)
	}
}

func TestARunChangesAFewOfFewObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.MaxShare = 1 })
	w.to.info.CanUpdate = true
	for round, amount := range []string{"10", "11"} {
		for id := range 9 {
			w.from.put(fmt.Sprint(id), order(fmt.Sprintf("P%03d", id), amount, "open"))
		}
		w.sync()
		if n := len(w.to.writes); n != 9*(round+1) || w.stands().Code != "" {
			t.Errorf("%d writes in round %d, paused with %+v", n, round, w.stands())
		}
	}
}

// TestARunWritesNoMoreMoneyThanItsLimit counts each currency for itself, credits as money too, and lets a single large one go once a
// person has seen it.
func TestARunWritesNoMoreMoneyThanItsLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) {
		f.MaxMoney = "100.00"
		f.Mapping = strings.Replace(f.Mapping, "fields:\n", "fields:\n  CURRENCY: {from: currency}\n", 1)
	})
	w.to.info.Schema.Fields = append(w.to.info.Schema.Fields, connector.Field{Name: "CURRENCY", Type: connector.TypeText})
	put := func(id, amount, currency string) {
		d := order("P"+id, amount, "open")
		d["currency"] = currency
		w.from.put(id, d)
	}
	put("1", "60.00", "USD")
	put("2", "40.00", "USD") // the limit, and not beyond
	put("3", "90.00", "EUR")
	put("4", "7.00", "") // no money that can be told
	w.sync()
	if n := len(w.to.writes); n != 4 || w.stands().Code != "" {
		t.Fatalf("%d writes, paused with %+v", n, w.stands())
	}
	w.pass(time.Minute)
	put("5", "-60.00", "USD")
	put("6", "60.00", "USD")
	w.sync()
	p := w.stands()
	if n := len(w.to.writes); n != 5 || !strings.Contains(p.Reason, "would write more than 100.00 in USD, which is its limit") || !strings.Contains(p.Hint, "limits.money_per_run") {
		t.Fatalf("%d writes, paused with %+v; a credit counts as money", n, p)
	}
	w.letGo()
	if n := len(w.to.writes); n != 6 || w.stands().Code != "" {
		t.Fatalf("%d writes once it was let go on, paused with %+v", n, w.stands())
	}
	w.pass(time.Minute)
	put("7", "100.01", "USD")
	w.sync()
	if n := len(w.to.writes); n != 6 || w.stands().Code == "" {
		t.Fatalf("%d writes; one alone is beyond", n)
	}
	w.letGo()
	if n := len(w.to.writes); n != 7 || w.stands().Code != "" {
		t.Errorf("%d writes after a person saw it, paused with %+v", n, w.stands())
	}
}
