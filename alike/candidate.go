package alike

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Candidate is an object of a target that may be the same as a Record which is about to be created there.
type Candidate struct {
	ID      string
	Score   float64
	Certain bool     // that it is the same
	Same    bool     // it goes by the same name
	Why     []string // what agrees and what does not
	Linked  string   // what it is linked to at the source, "" nothing
	Told    bool     // it is told, and holds nothing
}

// Judge says whether the first of them certainly is the same and is to be linked, and why; else why a person has to decide.
func Judge(sorted []Candidate) (certain bool, reason, hint string) {
	const create = "create it with `ml-connector delivery replay ID --create`: that is remembered."
	first := sorted[0]
	hint = "If it is the same, link the two with `ml-connector link`; if not, " + create
	switch {
	case first.Linked != "":
		return false, "the target has it already, linked to another record here, " + first.Linked + ": " + Text(sorted[:1]),
			"If the two records here are one company, say which is left with `ml-connector link --merged OLD LEFT`; if not, " + create
	case first.Certain && (len(sorted) == 1 || !sorted[1].Certain):
		return true, strings.Join(first.Why, ", "), ""
	case first.Same:
		return false, "the target holds one of the same name that is linked to nothing: " + Text(sorted), hint
	}
	return false, "the target may hold it already, linked to nothing: " + Text(sorted), hint
}

// Split takes what is only told from what a decision depends on; told is a remark for a person, "" without any.
func Split(sorted []Candidate) (decisive []Candidate, told string) {
	var only []Candidate
	for _, c := range sorted {
		if c.Told {
			only = append(only, c)
		} else {
			decisive = append(decisive, c)
		}
	}
	if len(only) == 0 {
		return decisive, ""
	}
	return decisive, "the target may hold it already: " + Text(only)
}

// Sort puts what is certain first, then what is most alike.
func Sort(cs []Candidate) {
	slices.SortStableFunc(cs, func(a, b Candidate) int {
		if a.Certain != b.Certain {
			if a.Certain {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
	})
}

// mostNamed is how many of them a reason names.
const mostNamed = 3

// Text names them with their scores.
func Text(cs []Candidate) string {
	var out []string
	for i, c := range cs {
		if i == mostNamed {
			out = append(out, "and "+strconv.Itoa(len(cs)-i)+" more")
			break
		}
		text := c.ID
		if len(c.Why) > 0 {
			text += " (" + strconv.FormatFloat(c.Score, 'f', 2, 64) + ": " + strings.Join(c.Why, "; ") + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}
