package connector

import "strings"

// Covers says whether have holds every leaf of want. A field that have does not know at all (its key is missing) is
// passed over: a Mirror tells only what it can. Lists are compared as sets of groups: each group of want must be covered
// by a group of have that has the same key fields, or by any when none has keys. White space at the ends is no difference.
func Covers(have, want Document) bool {
	return len(missing(have, want, "")) == 0
}

func uncovered(have, want Document) string {
	var changes []Change
	for _, p := range missing(have, want, "") {
		changes = append(changes, Change{Field: p})
	}
	return listFields(changes)
}

// missing lists the paths of want that have contradicts.
func missing(have, want Document, prefix string) []string {
	var out []string
	for name, w := range want {
		h, known := have[name]
		if !known {
			continue
		}
		path := prefix + name
		if wm, ok := AsMap(w); ok {
			hm, ok := AsMap(h)
			if !ok {
				out = append(out, path)
				continue
			}
			out = append(out, missing(hm, wm, path+".")...)
			continue
		}
		if wl, ok := w.([]any); ok {
			hl, _ := h.([]any)
			for _, e := range wl {
				if !anyCovers(hl, e) {
					out = append(out, path)
					break
				}
			}
			continue
		}
		ws, _ := w.(string)
		hs, _ := h.(string)
		if strings.TrimSpace(ws) != strings.TrimSpace(hs) {
			out = append(out, path)
		}
	}
	return out
}

func anyCovers(have []any, want any) bool {
	wm, isMap := AsMap(want)
	for _, h := range have {
		if !isMap {
			if h == want {
				return true
			}
			continue
		}
		if hm, ok := AsMap(h); ok && Covers(hm, wm) {
			return true
		}
	}
	return false
}
