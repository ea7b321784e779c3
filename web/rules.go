package web

import "ml-connector/app"

// mostValues is how many values of one rule a page shows: a list has one for each of its elements.
const mostValues = 3

func firstValues(all []app.FieldTrace) []app.FieldTrace { return all[:min(len(all), mostValues)] }

func beyondValues(all []app.FieldTrace) int { return max(0, len(all)-mostValues) }

// ruleWord says what a rule does with what it reads.
func ruleWord(f app.FlowField) string {
	switch {
	case f.Each:
		return "one for each"
	case f.Group:
		return "together"
	case f.From == "":
		return "nothing"
	case f.Literal:
		return "always this"
	case f.Path:
		return "taken over"
	}
	return "worked out"
}

// neededFields are those that the target asks for.
func neededFields(all []app.FlowField) []app.FlowField {
	var out []app.FlowField
	for _, f := range all {
		if f.Needed {
			out = append(out, f)
		}
	}
	return out
}

// deepest is how far fields of groups are set in.
const deepest = 3

func depthClass(n int) int { return min(n, deepest) }
