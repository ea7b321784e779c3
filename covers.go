package connector

import (
	"bytes"
	"slices"
	"strings"
)

// Covers says whether have holds every leaf of want. A field that have does not know at all (its key is missing) is
// passed over: a Mirror tells only what it can. Lists are compared as sets of groups: each group of want must be covered
// by a group of have that has the same key fields, or by any when none has keys. White space at the ends is no difference.
func Covers(have, want Document) bool { return len(uncovered(have, want, "")) == 0 }

// uncovered lists the paths of want that have contradicts, in order.
func uncovered(have, want Document, prefix string) []string {
	var out []string
	for name, w := range want {
		h, known := have[name]
		hm, both := AsMap(h)
		wm, group := AsMap(w)
		switch {
		case !known:
		case group && both:
			out = append(out, uncovered(hm, wm, prefix+name+".")...)
		case !carries(h, w, false):
			out = append(out, prefix+name)
		}
	}
	slices.Sort(out)
	return out
}

// carries compares one value; strict means that a field that have does not know is not held.
func carries(have, want any, strict bool) bool {
	if wm, ok := AsMap(want); ok {
		hm, ok := AsMap(have)
		for name, w := range wm {
			if h, known := hm[name]; (known || strict) && !carries(h, w, strict) {
				return false
			}
		}
		return ok
	}
	if wl, ok := want.([]any); ok {
		hl, _ := have.([]any)
		for _, w := range wl {
			if prune(w) != nil && !anyCarries(hl, w, strict) {
				return false
			}
		}
		return true
	}
	h, _ := have.(string)
	w, _ := want.(string)
	return strings.TrimSpace(h) == strings.TrimSpace(w)
}

func anyCarries(have []any, want any, strict bool) bool {
	return slices.ContainsFunc(have, func(h any) bool { return carries(h, want, strict) })
}

// shows says whether now holds every change that leads from old to wanted. What now does not tell it does not hold, so
// that a change which can't be seen at the target is never taken for done.
func shows(now, old, wanted any) bool {
	if bytes.Equal(Document{"": old}.Canonical(), Document{"": wanted}.Canonical()) {
		return true
	}
	om, oldGroup := AsMap(old)
	wm, newGroup := AsMap(wanted)
	if oldGroup || newGroup {
		hm, _ := AsMap(now)
		for _, names := range []Document{om, wm} {
			for name := range names {
				if !shows(hm[name], om[name], wm[name]) {
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
		gone := func(e any) bool { return !anyCarries(wl, e, true) && anyCarries(hl, e, false) }
		return known && carries(hl, wl, true) && !slices.ContainsFunc(ol, gone)
	}
	_, known := now.(string)
	return known && carries(now, wanted, true)
}
