package alike

import (
	"slices"
	"unicode/utf8"
)

// Likely is the score from which on two are offered as the same, where a Flow does not say otherwise.
const Likely = 0.85

// Match is what a comparison found.
type Match struct {
	Score   float64  // 0 to 1
	Certain bool     // the same tax number and country, and names that don't contradict it
	Same    bool     // the same name, letter by letter, case and punctuation aside
	Why     []string // what agrees and what does not, without any of it
}

// What each part weighs of a score; a part that one side does not know counts for neither.
const (
	weightName    = 0.80
	weightCountry = 0.08
	weightPostal  = 0.08
	weightCity    = 0.02
	weightStreet  = 0.02
)

const (
	othersNumber = 0.8 // factor of names with different numbers: Plant 3 is not Plant 4
	firstWord    = 2.0 // the first word of a name weighs so much more than its letters
	leastCertain = 0.5 // names less alike than this contradict a tax number
	doubtLeft    = 0.1 // of what a score lacks, once a tax number agrees
)

// Compare compares two. It is symmetric.
func Compare(a, b Traits) Match {
	name, same := bestName(a.Names, b.Names)
	if name == 0 && !shares(a.Tax, b.Tax) {
		return Match{}
	}
	sum, weight := weightName*name, weightName
	m := Match{Same: same}
	m.Why = append(m.Why, word("name", name))
	country, known := agree(countryOf(a), countryOf(b))
	if known {
		sum, weight = sum+weightCountry*country, weight+weightCountry
		m.Why = append(m.Why, word("country", country))
	}
	score, place := bestPlace(a.Places, b.Places, sum, weight)
	m.Why = append(m.Why, place...)
	m.Score = score
	if shares(a.Tax, b.Tax) {
		m.Score = 1 - (1-m.Score)*doubtLeft
		m.Certain = known && country == 1 && name >= leastCertain
		m.Why = append(m.Why, "same tax number")
	}
	return m
}

// word says how a part agrees.
func word(part string, s float64) string {
	switch {
	case s >= 1:
		return "same " + part
	case s >= leastCertain:
		return "similar " + part
	}
	return "other " + part
}

func countryOf(t Traits) string {
	if t.Country == "" && len(t.Places) > 0 {
		return t.Places[0].Country
	}
	return t.Country
}

// agree says whether two codes are equal; unknown when one of them is blank.
func agree(a, b string) (s float64, known bool) {
	a, b = code(a), code(b)
	if a == "" || b == "" {
		return 0, false
	}
	if a == b {
		return 1, true
	}
	return 0, true
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return x != "" && slices.Contains(b, x) })
}

// bestName compares every name of one with every name of the other.
func bestName(a, b []string) (best float64, same bool) {
	for _, x := range a {
		for _, y := range b {
			p, q := words(x), words(y)
			if s := Names(p, q); s > best {
				best = s
			}
			same = same || NameKey(x) != "" && NameKey(x) == NameKey(y)
		}
	}
	return best, same
}

// Names compares the words of two names.
func Names(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	found, all := oneWay(a, b)
	f, l := oneWay(b, a)
	s := (found + f) / (all + l)
	if !slices.Equal(numbersOf(a), numbersOf(b)) {
		s *= othersNumber
	}
	return s
}

// oneWay weighs the words of a, and what of them is found in b.
func oneWay(a, b []string) (found, all float64) {
	for i, x := range a {
		weight := float64(utf8.RuneCountInString(x))
		if i == 0 {
			weight *= firstWord
		}
		best := 0.0
		for _, y := range b {
			best = max(best, near(x, y))
		}
		found, all = found+weight*best, all+weight
	}
	return found, all
}

// bestPlace is the best score that any pair of addresses makes of what the other parts made, and how they agree, in words.
func bestPlace(a, b []Place, sum, weight float64) (score float64, why []string) {
	most := 0.0
	score = sum / weight
	for _, x := range a {
		for _, y := range b {
			s, w, words := comparePlaces(x, y)
			if total := (sum + s) / (weight + w); w > 0 && (most == 0 || total > score || total == score && w > most) {
				score, most, why = total, w, words
			}
		}
	}
	return score, why
}

func comparePlaces(a, b Place) (sum, weight float64, why []string) {
	if s, known := agree(a.Postal, b.Postal); known {
		x, y := code(a.Postal), code(b.Postal)
		if s == 0 && min(len(x), len(y)) >= 5 && x[:5] == y[:5] && len(x) != len(y) { // 90001 and 90001-1234
			s = 1
		}
		sum, weight, why = sum+weightPostal*s, weight+weightPostal, append(why, word("postal code", s))
	}
	for _, part := range []struct {
		name, a, b string
		weight     float64
	}{{"city", a.City, b.City, weightCity}, {"street", a.Street, b.Street, weightStreet}} {
		x, y := words(part.a), words(part.b)
		if len(x) > 0 && len(y) > 0 {
			s := Names(x, y)
			sum, weight, why = sum+part.weight*s, weight+part.weight, append(why, word(part.name, s))
		}
	}
	return sum, weight, why
}
