package connectortest

import (
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

var readCases = []testCase{
	{"reads the same records in the same order twice", readsTwice},
	{"reads every record once, to the end", readsEachOnce},
	{"reads the changes of one instant, all of them", readsOneInstant},
	{"loses nothing that changes while it reads", readsWhatMoves},
	{"leaves out what changed outside the window", readsTheWindow},
	{"reads by key, and nothing for a key that nobody has", readsKeys},
	{"does not give again what is known", skipsKnown},
	{"reads odd text and exact decimals as they are", readsOddText},
	{"reports one bad record and reads the others", readsPastOneBad},
}

func readsTwice(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		first, second := s.mustRead(t, s.whole(k)), s.mustRead(t, s.whole(k))
		if !slices.Equal(ids(first), ids(second)) {
			t.Errorf("%s: read %v, then %v", k, ids(first), ids(second))
		}
		for n := range min(len(first.Versions), len(second.Versions)) {
			a, b := first.Versions[n], second.Versions[n]
			if a.Document.Fingerprint() != b.Document.Fingerprint() || a.Stamp != b.Stamp {
				t.Errorf("%s %s: nobody changed it, and it differs: %v, stamps %q %q", k, a.ID, connector.Diff(a.Document, b.Document), a.Stamp, b.Stamp)
			}
		}
	}
}

func readsEachOnce(t *testing.T, s *subject) {
	pages, records := 0, 0
	for _, k := range s.kinds(reads) {
		page, err := s.read(t, s.whole(k), func(connector.Page) { pages++ })
		if err != nil {
			t.Fatalf("read %s: %v", k, err)
		}
		got, want := ids(page), slices.Clone(s.Holds(k))
		records += len(got)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: read %d of %d records; not read %v; too many %v", k, len(got), len(want), without(want, got), without(got, want))
		}
		for _, v := range page.Versions {
			if v.Document == nil || v.Title == "" {
				t.Errorf("%s %s has no content, or no title: %+v", k, v.ID, v)
			}
			if !v.Changed.IsZero() && v.Changed.Location() != time.UTC {
				t.Errorf("%s %s: the time of its change is in %s, not in UTC", k, v.ID, v.Changed.Location())
			}
			onlyText(t, string(k)+" "+v.ID, v.Document)
		}
	}
	if pages < 10 || records < 20 {
		t.Errorf("the Site is too small to prove anything: %d pages, %d records", pages, records)
	}
}

// onlyText: a Document has no floats, no nulls, no numbers (root package, Document).
func onlyText(t *testing.T, where string, v any) {
	t.Helper()
	if m, ok := connector.AsMap(v); ok {
		for name, e := range m {
			onlyText(t, where+" "+name, e)
		}
		return
	}
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			onlyText(t, where, e)
		}
	case string:
		if strings.ContainsAny(x, "\x00\ufffd") {
			t.Errorf("%s: text that was not read rightly: %q", where, x)
		}
	default:
		t.Errorf("%s is a %T", where, v)
	}
}

// without gives what is in all and not in some, each as often as it is too many.
func without(all, some []string) []string {
	left := slices.Clone(some)
	var out []string
	for _, id := range all {
		if at := slices.Index(left, id); at >= 0 {
			left = slices.Delete(left, at, at+1)
			continue
		}
		out = append(out, id)
	}
	return out
}

func readsOneInstant(t *testing.T, s *subject) {
	for _, k := range s.kinds(windowed) {
		s.Pass(time.Hour)
		at := s.Now()
		changed := some(s.Holds(k), 5)
		for _, id := range changed {
			s.edit(t, k, id)
		}
		// A cursor stands at that very instant, and the window ends right behind it.
		page := s.mustRead(t, connector.Query{Kind: k, From: at, To: at.Add(time.Second)})
		if missed := without(changed, ids(page)); len(missed) > 0 {
			t.Errorf("%s: changed at the instant at which the window begins, and not read: %v", k, missed)
		}
	}
}

// some takes up to n IDs from all over a list.
func some(list []string, n int) []string {
	var out []string
	all := sorted(list)
	for at := range min(n, len(all)) {
		out = append(out, all[at*len(all)/min(n, len(all))])
	}
	return out
}

func (s *subject) edit(t *testing.T, k connector.Kind, id string) {
	t.Helper()
	if err := s.Edit(k, id); err != nil {
		t.Fatalf("the simulator does not let %s %s be changed: %v", k, id, err)
	}
}

// readsWhatMoves changes records between pages: what was not changed must be in the read, and what was changed in this read
// or in the next one, which begins before this one did (DESIGN.md step 1; QUALITY.md I4).
func readsWhatMoves(t *testing.T, s *subject) {
	for _, k := range s.kinds(windowed) {
		held := s.Holds(k)
		if len(held) == 0 {
			continue
		}
		s.Pass(time.Hour)
		began, from := s.Now(), s.Now().AddDate(-1, 0, 0)
		s.Pass(time.Second)
		changed := some(held, 6)
		at := 0
		now := connector.Query{Kind: k, From: from, To: began}
		first, err := s.read(t, now, func(connector.Page) {
			if at < len(changed) {
				s.edit(t, k, changed[at])
				at++
			}
		})
		if err != nil {
			t.Fatalf("read %s: %v", k, err)
		}
		s.Pass(time.Minute)
		next := s.mustRead(t, connector.Query{Kind: k, From: began.Add(-2 * time.Minute), To: s.Now()})
		if missed := without(changed[:at], ids(next)); len(missed) > 0 {
			t.Errorf("%s: changed while a read was under way, and not in the next read: %v", k, missed)
		}
		both := append(ids(first), ids(next)...)
		slices.Sort(both)
		if missed := without(held, slices.Compact(both)); len(missed) > 0 {
			t.Errorf("%s: moved, or stood behind what moved, and is in neither read: %v", k, missed)
		}
	}
}

func readsTheWindow(t *testing.T, s *subject) {
	for _, k := range s.kinds(windowed) {
		s.Pass(time.Hour)
		from := s.Now()
		inside := some(s.Holds(k), 2)
		for _, id := range inside {
			s.edit(t, k, id)
		}
		s.Pass(time.Hour)
		to := s.Now()
		late := without(some(s.Holds(k), 7), inside)
		for _, id := range late {
			s.edit(t, k, id)
		}
		s.Pass(time.Hour)
		got := ids(s.mustRead(t, connector.Query{Kind: k, From: from, To: to}))
		slices.Sort(got)
		if !slices.Equal(got, inside) {
			t.Errorf("%s: the window has %v, and %v was read", k, inside, got)
		}
	}
}

func readsKeys(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		all := s.mustRead(t, s.whole(k))
		if len(all.Versions) == 0 {
			continue
		}
		byID := map[string]connector.Version{}
		for _, v := range all.Versions {
			byID[v.ID] = v
		}
		// All of them: a record that was cut where a page ends differs from itself read alone.
		wanted := sorted(ids(all))
		var keys []connector.Key
		for _, id := range wanted {
			keys = append(keys, connector.Key{ID: id})
		}
		page := s.mustRead(t, connector.Query{Kind: k, To: s.Now(), Keys: keys})
		if !slices.Equal(sorted(ids(page)), sorted(wanted)) {
			t.Errorf("%s: asked for %d by ID, read %d; not read %v", k, len(wanted), len(ids(page)), without(wanted, ids(page)))
		}
		for _, v := range page.Versions {
			if d := connector.Diff(byID[v.ID].Document, v.Document); len(d) > 0 {
				t.Errorf("%s %s: read by key it differs from the list: %v", k, v.ID, d)
			}
		}
		for _, v := range all.Versions {
			if len(v.Numbers) == 0 || k == connector.GLAccount {
				continue
			}
			page := s.mustRead(t, connector.Query{Kind: k, To: s.Now(), Keys: []connector.Key{{Number: v.Numbers[0]}}})
			if !slices.Contains(ids(page), v.ID) {
				t.Errorf("%s: nothing is read by the number %q of %s: %v", k, v.Numbers[0], v.ID, ids(page))
			}
			break
		}
		nobody := connector.Key{ID: nobodys(wanted[0])}
		if page := s.mustRead(t, connector.Query{Kind: k, To: s.Now(), Keys: []connector.Key{nobody}}); len(ids(page)) > 0 {
			t.Errorf("%s: the key %q, which nobody has, gave %v", k, nobody.ID, ids(page))
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// nobodys is an ID of the same form, which no record has: its last five characters are nines.
func nobodys(id string) string {
	n := min(5, len(id)-strings.LastIndex(id, "/")-1)
	return id[:len(id)-n] + strings.Repeat("9", n)
}

func skipsKnown(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		stamps := map[string]string{}
		all := s.mustRead(t, s.whole(k))
		for _, v := range all.Versions {
			stamps[v.ID] = v.Stamp
		}
		q := s.whole(k)
		q.Known = func(id, stamp string) bool { return stamp != "" && stamps[id] == stamp }
		again := s.mustRead(t, q)
		if !slices.Equal(sorted(ids(again)), sorted(ids(all))) {
			t.Errorf("%s: of %d known records %d came, as Versions or as Same", k, len(all.Versions), len(ids(again)))
		}
		for _, v := range again.Same {
			if stamps[v.ID] != v.Stamp {
				t.Errorf("%s %s is given as known with a stamp that nobody knows: %q", k, v.ID, v.Stamp)
			}
		}
		changed := some(s.Holds(k), 1)
		if len(changed) == 0 || !s.Instance.Kind(k).Windowed {
			continue
		}
		s.Pass(time.Minute)
		s.edit(t, k, changed[0])
		s.Pass(time.Minute)
		q.To = s.Now()
		var fresh []string
		for _, v := range s.mustRead(t, q).Versions {
			if v.Stamp != stamps[v.ID] {
				fresh = append(fresh, v.ID)
			}
		}
		if !slices.Equal(fresh, changed) {
			t.Errorf("%s: %v changed since it was known, and %v is read as new", k, changed, fresh)
		}
	}
}

func readsOddText(t *testing.T, s *subject) {
	for _, p := range s.Planted {
		byKey := s.mustRead(t, connector.Query{Kind: p.Kind, To: s.Now(), Keys: []connector.Key{{ID: p.ID}}})
		for _, v := range append(byKey.Versions, s.mustRead(t, s.whole(p.Kind)).Versions...) {
			if v.ID != p.ID {
				continue
			}
			var leaves []string
			for _, c := range connector.Diff(nil, v.Document) {
				leaves = append(leaves, c.New)
			}
			for _, text := range p.Texts {
				if !slices.Contains(leaves, text) {
					t.Errorf("%s %s: %q did not come through; it reads %q", p.Kind, p.ID, text, leaves)
				}
			}
		}
		if len(byKey.Versions) != 1 {
			t.Errorf("%s %s was planted, and %d records were read by its key", p.Kind, p.ID, len(byKey.Versions))
		}
	}
}

func readsPastOneBad(t *testing.T, s *subject) {
	for _, k := range s.kinds(reads) {
		whole := ids(s.mustRead(t, s.whole(k)))
		if len(whole) < 2 {
			continue
		}
		bad := s.Spoil(k)
		if bad == "" {
			continue
		}
		page, err := s.read(t, s.whole(k), nil)
		if err != nil {
			t.Errorf("%s: one bad record stopped the read: %v", k, err)
			continue
		}
		if len(page.Problems) != 1 || page.Problems[0].ID != bad {
			t.Errorf("%s: %s is bad, and the Problems are %+v", k, bad, page.Problems)
			continue
		}
		s.mustFail(t, "reading one bad record", page.Problems[0].Err, connector.Invalid, connector.Rejected, connector.NotFound)
		if missed := without(without(whole, []string{bad}), ids(page)); len(missed) > 0 {
			t.Errorf("%s: beside one bad record these were not read: %v", k, missed)
		}
	}
}
