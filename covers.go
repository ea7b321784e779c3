package connector

import "ml-connector/canonical"

// Covers says whether have holds every leaf of want. A field that have does not know at all (its key is missing) is
// passed over: a Mirror tells only what it can. Lists are compared as sets of groups: each group of want must be covered
// by a group of have that has the same key fields, or by any when none has keys. White space at the ends is no difference.
func Covers(have, want Document) bool { return len(uncovered(have, want)) == 0 }

// uncovered lists the paths of want that have contradicts, in order.
func uncovered(have, want Document) []string { return comparer().Uncovered(have, want) }

// shows says whether now holds every change that leads from old to wanted. What now does not tell it does not hold, so
// that a change which can't be seen at the target is never taken for done.
func shows(now, old, wanted Document) bool { return comparer().Shows(now, old, wanted) }

func comparer() canonical.Comparer {
	return canonical.Comparer{AsMap: func(v any) (map[string]any, bool) { return AsMap(v) }}
}
