package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// Detail is one thing of a Record that a second person approves once it changes, such as a bank account: what it is, how it ends, and
// a hash of the whole.
type Detail struct{ Where, Ends, Hash string }

// Confirms says whether anything of the Flow's records waits for a second person once it changes.
func (f *Flow) Confirms() bool { return f.confirm != nil }

// Details are what a second person approves of a Record, as it stands in c.Source.
func (f *Flow) Details(c Context) ([]Detail, error) {
	c.Traced = false
	r := &run{c: c, flow: f, asked: map[string]*answer{}, rowless: map[string]bool{}, stack: make([]any, 0, 32), frame: frame{fixed: c.Fixed}}
	top := &scope{run: r, level: &f.top, element: c.Source, known: make([]value, 0, 12+f.top.names())}
	r.top = top
	v, _ := top.try("confirm", f.confirm)
	var out []Detail
	for _, e := range toList(v) {
		parts := toList(e)
		var texts [3]string
		for i := range texts {
			if i < len(parts) {
				texts[i], _ = top.text("confirm", parts[i])
			}
		}
		out = append(out, Detail{texts[0], texts[1], texts[2]})
	}
	if len(r.result.Problems) > 0 {
		return nil, fmt.Errorf("confirm: %s", strings.Join(r.result.Reasons(), "; "))
	}
	return out, nil
}

// Stops are the fields that go at once, though a second person has not approved the rest, since the Record as it stands in c.Source is not to
// be used any more; none where it may be.
func (f *Flow) Stops(c Context) []string {
	if f.stop == nil {
		return nil
	}
	c.Traced = false
	r := &run{c: c, flow: f, asked: map[string]*answer{}, rowless: map[string]bool{}, stack: make([]any, 0, 32), frame: frame{fixed: c.Fixed}}
	top := &scope{run: r, level: &f.top, element: c.Source, known: make([]value, 0, 12+f.top.names())}
	r.top = top
	if yes, ok := top.holds("stop", f.stop); !ok || !yes {
		return nil
	}
	return f.stops
}

// StopFields are the fields that may go at once.
func (f *Flow) StopFields() []string { return f.stops }

// Changed says in words which details are new or other than they were, by their last characters alone; "" when none is. What is there
// no more may only be hidden, and is no change. Hashes that were made with another key than now can't be compared: their ends are.
func Changed(was, is []Detail) string {
	var out []string
	for _, d := range is {
		if d.Hash == told || d.Hash == "" || isFirstSight(was, is, d) {
			continue
		}
		old, known := Detail{}, false
		for _, o := range was {
			if o.Where == d.Where {
				old, known = o, true
			}
		}
		switch {
		case !known:
			out = append(out, fmt.Sprintf("%s is new, ending %s", d.Where, shown(d.Ends)))
		case old.Hash == d.Hash, otherKey(old.Hash, d.Hash) && old.Ends == d.Ends:
		default:
			out = append(out, fmt.Sprintf("%s changed, ending %s before and %s now", d.Where, shown(old.Ends), shown(d.Ends)))
		}
	}
	return strings.Join(out, "; ")
}

// told is the hash of a Detail that is none: it says that those whose Where begins with its own are told at all.
const told = "told"

// isFirstSight says whether such details were not told before, so that this one is no change.
func isFirstSight(was, is []Detail, d Detail) bool {
	for _, m := range is {
		if m.Hash == told && strings.HasPrefix(d.Where, m.Where) && !slices.Contains(was, m) {
			return true
		}
	}
	return false
}

func shown(ends string) string {
	if ends == "" {
		return "(too short to show)"
	}
	return "…" + ends
}

// otherKey says whether two hashes name different keys, as KEY.HASH.
func otherKey(a, b string) bool {
	x, _, one := strings.Cut(a, ".")
	y, _, two := strings.Cut(b, ".")
	return one && two && x != y
}
