package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// TestASynchronisedPairCostsNoCallOfItsOwn: both sides are read by their lists, and look-ups are made of what the list does not show alone.
func TestASynchronisedPairCostsNoCallOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for n := range 20 {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), "10", "open"))
	}
	w.sync()
	w.pass(time.Minute)
	ever := time.Time{}.AddDate(2000, 0, 0)
	finds := w.to.finds
	if got := w.reconcile(ever); len(got) != 20 || !strings.Contains(fmt.Sprint(got), "matched") || strings.Contains(fmt.Sprint(got), "missing") {
		t.Fatalf("%q", got)
	}
	if w.to.finds != finds || w.from.keyed+w.to.keyed > 0 {
		t.Errorf("%d look-ups and %d reads by a key for what the lists showed", w.to.finds-finds, w.from.keyed+w.to.keyed)
	}
	w.pass(48 * time.Hour)
	since := w.now()
	w.from.put("3", order("P3", "10", "open")) // read again; the target's is older than the window
	w.pass(time.Minute)
	if got := w.reconcile(since); !slices.Equal(got, []string{"a:purchase_order:3 matched delivered"}) || w.to.finds != finds+1 {
		t.Errorf("%q by %d look-ups, expected one of each", got, w.to.finds-finds)
	}
}

// TestWhereTheTargetIsNotListedLookUpsTell: a System that has no list, or refuses it, is compared all the same.
func TestWhereTheTargetIsNotListedLookUpsTell(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*side){
		"no list":         func(s *side) { s.info.Reads = false },
		"list refused":    func(s *side) { s.readErr = connector.Errorf(connector.Forbidden, "read", "no right") },
		"list misnamed":   func(s *side) { s.readErr = connector.Errorf(connector.Misconfigured, "read", "no such query") },
		"list breaks off": func(s *side) { s.readErr = connector.Errorf(connector.Rejected, "read", "no") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, connector.ClassNatural)
			w.from.put("1", order("P1", "10", "open"))
			w.from.put("2", order("P2", "20", "open"))
			w.sync()
			w.to.put(w.targetOf("2"), connector.Document{"KEY": "P2", "AMOUNT": "21"})
			w.to.put("F1", connector.Document{"KEY": "by hand", "AMOUNT": "1"})
			w.pass(time.Minute)
			refuse(w.to)
			if name == "list breaks off" {
				if err := w.failsToReconcile(); connector.CodeOf(err) != connector.Rejected {
					t.Errorf("a list that broke off: %v", err)
				}
				return
			}
			want := []string{"a:purchase_order:1 matched delivered", "a:purchase_order:2 different delivered AMOUNT 21→20"}
			if code := connector.CodeOf(w.to.readErr); code != "" {
				want = append(want, "unlisted "+string(code))
			}
			if got := w.reconcile(time.Time{}.AddDate(2000, 0, 0)); !slices.Equal(got, want) {
				t.Errorf("%q, expected %q", got, want)
			}
		})
	}
}

// TestWhatIsWrittenWhileListsAreReadIsNoDifference: the list shows the target as it was, and the source is read after it.
func TestWhatIsWrittenWhileListsAreReadIsNoDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for n := 1; n <= 5; n++ {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), "10", "open"))
	}
	w.sync()
	w.pass(time.Minute)
	pages, target := 0, w.targetOf("2")
	w.to.onPage = func() { // behind the last page
		if pages++; pages == 2 {
			w.from.mu.Lock()
			w.from.table["2"] = order("P2", "11", "open")
			w.from.mu.Unlock()
			w.to.table[target] = connector.Document{"KEY": "P2", "AMOUNT": "11"}
		}
	}
	for _, line := range w.reconcile(time.Time{}.AddDate(2000, 0, 0)) {
		if !strings.Contains(line, "matched") {
			t.Errorf("told as a difference: %s", line)
		}
	}
	if pages != 2 {
		t.Fatalf("%d pages of the target", pages)
	}
}

// TestWhatHasNoLinkIsPairedByItsNaturalKey: an object of ours whose Link is gone is one difference with its record, not two; what people
// entered under the same key stays theirs; an object whose record the source has no more is told.
func TestWhatHasNoLinkIsPairedByItsNaturalKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	for n := 1; n <= 4; n++ {
		w.from.put(fmt.Sprint(n), order(fmt.Sprint("P", n), fmt.Sprint(10*n), "open"))
	}
	w.from.put("5", order("Q5", "50", "open"))
	w.to.put("F5", connector.Document{"KEY": "Q5", "AMOUNT": "50"}) // a person was first
	w.sync()
	two, three, four := w.targetOf("2"), w.targetOf("3"), w.targetOf("4")
	w.unlink("2")
	w.unlink("3")
	w.to.put(three, connector.Document{"KEY": "P3", "AMOUNT": "31"})
	w.from.remove("4")
	w.pass(time.Minute)
	want := []string{
		"a:purchase_order:1 matched delivered",
		"a:purchase_order:2 extra delivered link " + two + "→",
		"a:purchase_order:3 extra delivered link " + three + "→ AMOUNT 31→30",
		"a:purchase_order:5 missing held",
		"b:purchase_order:F5 foreign ",
		"b:purchase_order:" + four + " extra  not_found",
	}
	if got := w.reconcile(time.Time{}.AddDate(2000, 0, 0)); !slices.Equal(got, want) {
		t.Errorf("\n%q\nexpected\n%q", got, want)
	}
}

// TestListsAndLookUpsTellTheSame: whatever happened on both sides, reading the target's list finds the same of the source's records as
// looking each up.
func TestListsAndLookUpsTellTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		draw := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t, connector.ClassNatural)
		n := 1 + draw.IntN(12)
		for i := range n {
			w.from.put(fmt.Sprint(i), order(fmt.Sprint("P", i), fmt.Sprint(10+i), oneOf(draw, []string{"open", "open", "draft"})))
		}
		w.sync()
		between := w.now()
		w.pass(24 * time.Hour)
		for i := range n {
			id := fmt.Sprint(i)
			switch oneOf(draw, []string{"", "", "edit source", "edit target", "remove target", "cancel", "touch"}) {
			case "edit source":
				w.from.put(id, order(fmt.Sprint("P", i), "99", "open"))
			case "edit target":
				if at := w.targetOf(id); at != "" {
					w.to.put(at, connector.Document{"KEY": fmt.Sprint("P", i), "AMOUNT": "77"})
				}
			case "remove target":
				if at := w.targetOf(id); at != "" {
					w.to.remove(at)
				}
			case "cancel":
				w.from.put(id, order(fmt.Sprint("P", i), fmt.Sprint(10+i), "cancelled"))
			case "touch":
				w.from.put(id, w.from.table[id])
			}
		}
		w.pass(time.Minute)
		since := oneOf(draw, []time.Time{{}, between}).Add(time.Second)
		own := func(list []string) []string {
			return slices.DeleteFunc(list, func(s string) bool { return !strings.HasPrefix(s, "a:") })
		}
		listed := own(w.reconcile(since))
		w.to.info.Reads = false
		looked := own(w.reconcile(since))
		if !since.After(between) && !slices.Equal(listed, looked) {
			t.Fatalf("seed %d: by the list %q, by look-ups %q", seed, listed, looked)
		}
		for _, line := range looked { // what only the target's list leads to is told besides
			if !slices.Contains(listed, line) {
				t.Fatalf("seed %d: by look-ups %q, by the list %q", seed, looked, listed)
			}
		}
	}
}

func oneOf[T any](draw *rand.Rand, list []T) T { return list[draw.IntN(len(list))] }
