package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/store"
)

var ever = time.Time{}.AddDate(2000, 0, 0)

// TestWhatTheListDoesNotShowIsPairedByItsNaturalKeyToo: the object is older than the window, or its System shows no list; the record is told
// once, with the object beside it, and not as missing.
func TestWhatTheListDoesNotShowIsPairedByItsNaturalKeyToo(t *testing.T) {
	t.Parallel()
	for name, hide := range map[string]func(*side){
		"older": func(*side) {},
		"refused": func(s *side) {
			s.readKeyed, s.readErr = true, connector.Errorf(connector.Forbidden, "read", "no right")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.to.put("F2", connector.Document{"KEY": "Q2", "AMOUNT": "5"})
			w.sync()
			at := w.targetOf("1")
			w.unlink("1")
			w.pass(48 * time.Hour)
			since := w.now()
			w.from.put("1", order("P1", "11", "open"))
			w.from.put("2", order("Q2", "5", "open")) // people were first: it carries no key of ours
			w.from.put("3", order("P3", "5", "open"))
			w.pass(time.Minute)
			hide(w.to)
			got := slices.DeleteFunc(w.reconcile(since), func(s string) bool { return s == "unlisted forbidden" })
			want := []string{"a:purchase_order:1 extra delivered link " + at + "→ AMOUNT 10→11", "a:purchase_order:2 missing ", "a:purchase_order:3 missing "}
			if !slices.Equal(got, want) {
				t.Errorf("\n%q\nexpected\n%q", got, want)
			}
		})
	}
}

// TestWhatCannotBeLookedUpSaysSo: without an answer nobody knows that it is missing.
func TestWhatCannotBeLookedUpSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("", "10", "open")) // its own problem is the reason
	w.to.onCall = func() error { return connector.Errorf(connector.Forbidden, "look up", "no right") }
	w.pass(time.Minute)
	if got := w.reconcile(ever); !slices.Equal(got, []string{"a:purchase_order:1 missing  forbidden", "a:purchase_order:2 missing "}) {
		t.Errorf("%q", got)
	}
}

// TestWhatBelongsToAnotherConnectionIsNotExtra: two sources feed one target; what the other one's records are linked to is no difference here.
func TestWhatBelongsToAnotherConnectionIsNotExtra(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.to.put("O1", connector.Document{"KEY": "P7", "AMOUNT": "1"})
	w.to.put("O2", connector.Document{"KEY": "P8", "AMOUNT": "1"})
	err := w.db.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.SaveConnection(connector.Connection{Name: "c", System: "left", Settings: connector.Settings{}}); err != nil {
			return err
		}
		return tx.LinkRecords(connector.Record{Connection: "c", Kind: connector.PurchaseOrder, ID: "7"}, connector.Record{Connection: "b", Kind: connector.PurchaseOrder, ID: "O1"}, "somebody")
	})
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	if got := w.reconcile(ever); !slices.Equal(got, []string{"a:purchase_order:1 matched delivered", "b:purchase_order:O2 extra "}) {
		t.Errorf("%q", got)
	}
}

// TestWhatAnotherFlowSendsIsItsOwn: two Flows share the records of one Kind between them by `where`; each record is told by one.
func TestWhatAnotherFlowSendsIsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Where = `doc.amount != "20"` })
	f, err := w.db.Flow(t.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	f.Name, f.Where = "large", `doc.amount == "20"`
	if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.SaveFlow(f) }); err != nil {
		t.Fatal(err)
	}
	for n, amount := range []string{"10", "20", "20"} {
		w.from.put(fmt.Sprint(n+1), order(fmt.Sprint("P", n+1), amount, "open"))
	}
	w.pass(time.Minute)
	if _, err := w.e.Sync(t.Context(), engine.SyncRequest{Trigger: connector.TriggerManual, Wait: time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Minute)
	w.from.put("3", order("P3", "20", "cancelled"))
	w.pass(time.Minute)
	for flow, want := range map[string][]string{
		"orders": {"a:purchase_order:1 matched delivered"},
		"large":  {"a:purchase_order:2 matched delivered", "a:purchase_order:3 different delivered withdrawn no→yes"},
	} {
		if got := w.reconcile(ever, flow); !slices.Equal(got, want) {
			t.Errorf("%s: %q, expected %q", flow, got, want)
		}
	}
}

// TestWhatIsGoneOnBothSidesIsNoDifference: it was taken back at the source, and at the target too.
func TestWhatIsGoneOnBothSidesIsNoDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for n := 1; n <= 2; n++ {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), "10", "open"))
	}
	w.sync()
	w.from.put("1", order("P1", "10", "cancelled"))
	w.to.remove(w.targetOf("1"))
	w.pass(time.Minute)
	if got := w.reconcile(ever); !slices.Equal(got, []string{"a:purchase_order:2 matched delivered"}) {
		t.Errorf("%q", got)
	}
}

// TestARecordThatMovesBetweenPagesCountsOnce: it is edited while it is read, and comes a second time.
func TestARecordThatMovesBetweenPagesCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for n := 1; n <= 5; n++ {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), "10", "open"))
	}
	w.sync()
	w.pass(time.Minute)
	pages := 0
	w.from.onPage = func() {
		if pages++; pages == 1 {
			w.from.table["1"] = order("P1", "11", "open")
			w.from.order = append(w.from.order, "1")
		}
	}
	if got := w.reconcile(ever); len(got) != 5 || got[0] != "a:purchase_order:1 matched delivered" {
		t.Errorf("%q", got)
	}
}

// TestWhatIsHeldIsNotMatched: its newest content did not arrive, and what can't be mapped can't be compared.
func TestWhatIsHeldIsNotMatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.from.put("1", order("P1", "10", "open"))
	w.sync()
	w.from.put("1", order("", "10", "open"))
	w.sync()
	if got := w.reconcile(ever); !slices.Equal(got, []string{"a:purchase_order:1 different held invalid"}) {
		t.Errorf("%q", got)
	}
}

// TestACounterpartThatCannotBeReadIsTold: of an object that changed at the target the record is read by its key; one that can't be read is
// told as such, and stops nothing.
func TestACounterpartThatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	for code, want := range map[connector.Code][]string{
		connector.Rejected:      {"a:purchase_order:1 missing  rejected", "a:purchase_order:2 missing  rejected", "b:purchase_order:E1 extra "},
		connector.Misconfigured: {"b:purchase_order:E1 extra ", "unlisted misconfigured"},
	} {
		w := newWorld(t, connector.ClassNatural)
		for n := 1; n <= 2; n++ {
			w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), "10", "open"))
		}
		w.sync()
		w.pass(48 * time.Hour)
		since := w.now()
		for n := 1; n <= 2; n++ {
			w.to.put(w.targetOf(fmt.Sprint(n)), connector.Document{"KEY": fmt.Sprint("P", n), "AMOUNT": "11"})
		}
		w.to.put("E1", connector.Document{"KEY": "P9", "AMOUNT": "11"})
		w.pass(time.Minute)
		w.from.keyErr = connector.Errorf(code, "read by key", "no")
		if got := w.reconcile(since); !slices.Equal(got, want) {
			t.Errorf("%s: %q, expected %q", code, got, want)
		}
	}
}
