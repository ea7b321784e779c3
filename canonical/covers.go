package canonical

import (
	"bytes"
	"slices"
	"strings"
)

// Comparer compares contents of which one side may tell less than it holds. AsMap gives the group behind a value that is one.
type Comparer struct {
	AsMap func(any) (map[string]any, bool)
}

// Uncovered lists the paths of want that have contradicts, in order. A field that have does not know at all (its key is
// missing) is passed over. Lists are compared as sets of groups: each group of want must be covered by a group of have. White
// space at the ends is no difference.
func (c Comparer) Uncovered(have, want map[string]any) []string { return c.uncovered(have, want, "") }

// Shows says whether now holds every change that leads from old to wanted. What now does not tell it does not hold.
func (c Comparer) Shows(now, old, wanted map[string]any) bool { return c.shows(now, old, wanted) }

// blank says that the canonical text of a value has nothing.
func (c Comparer) blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !c.blank(e) })
	}
	m, ok := c.AsMap(v)
	for _, e := range m {
		if !c.blank(e) {
			return false
		}
	}
	return ok
}

// uncovered lists the paths of want that have contradicts, in order.
func (c Comparer) uncovered(have, want map[string]any, prefix string) []string {
	var out []string
	for name, w := range want {
		h, known := have[name]
		hm, both := c.AsMap(h)
		wm, group := c.AsMap(w)
		switch {
		case !known:
		case group && both:
			out = append(out, c.uncovered(hm, wm, prefix+name+".")...)
		case !c.carries(h, w, false):
			out = append(out, prefix+name)
		}
	}
	slices.Sort(out)
	return out
}

// carries compares one value; strict means that a field that have does not know is not held.
func (c Comparer) carries(have, want any, strict bool) bool {
	if wm, ok := c.AsMap(want); ok {
		hm, ok := c.AsMap(have)
		for name, w := range wm {
			if h, known := hm[name]; (known || strict) && !c.carries(h, w, strict) {
				return false
			}
		}
		return ok
	}
	if wl, ok := want.([]any); ok {
		hl, _ := have.([]any)
		for _, w := range wl {
			if !c.blank(w) && !c.anyCarries(hl, w, strict) {
				return false
			}
		}
		return true
	}
	h, _ := have.(string)
	w, _ := want.(string)
	return strings.TrimSpace(h) == strings.TrimSpace(w)
}

func (c Comparer) anyCarries(have []any, want any, strict bool) bool {
	return slices.ContainsFunc(have, func(h any) bool { return c.carries(h, want, strict) })
}

// shows says whether now holds every change that leads from old to wanted. What now does not tell it does not hold, so
// that a change which can't be seen at the target is never taken for done.
func (c Comparer) shows(now, old, wanted any) bool {
	if bytes.Equal(Text(map[string]any{"": old}, c.AsMap), Text(map[string]any{"": wanted}, c.AsMap)) {
		return true
	}
	om, oldGroup := c.AsMap(old)
	wm, newGroup := c.AsMap(wanted)
	if oldGroup || newGroup {
		hm, _ := c.AsMap(now)
		for _, names := range []map[string]any{om, wm} {
			for name := range names {
				if !c.shows(hm[name], om[name], wm[name]) {
					return false
				}
			}
		}
		return true
	}
	ol, oldList := old.([]any)
	wl, newList := wanted.([]any)
	if oldList || newList {
		hl, known := now.([]any)
		gone := func(e any) bool { return !c.anyCarries(wl, e, true) && c.anyCarries(hl, e, false) }
		return known && c.carries(hl, wl, true) && !slices.ContainsFunc(ol, gone)
	}
	_, known := now.(string)
	return known && c.carries(now, wanted, true)
}
