package alike

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters have no accent that could be taken off them.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

// fold is a text in lower case, without accents; what stands between words is one blank, a full stop or an apostrophe within
// one is nothing: S.A. is sa, O'Malley omalley.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(letters.Replace(strings.ToLower(s))) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		case r == '.' || r == '\'' || r == '’' || r == '`' || unicode.Is(unicode.Mn, r):
		default:
			gap = true
		}
	}
	return b.String()
}

// forms say what a company is in law; two spellings of one company often differ in them.
const forms = " inc incorporated corp corporation co company llc llp lp ltd limited plc pllc pc " +
	"gmbh mbh ag kg kgaa ohg ug ev se sa sas sarl sasu snc spa srl sl bv nv cv vof bvba sprl ab as asa aps oy oyj " +
	"pty pte pvt sdn bhd kk ltda lda spzoo sro doo dd kft zrt nyrt rt ou uab sia the and und et y e of "

// shortened are words that people write in more than one way.
var shortened = strings.Fields("intl international lab laboratory labs laboratory laboratories laboratory mfg manufacturing univ university tech technology technologies technology " +
	"svc service svcs service services service assoc association natl national bros brothers ind industries mgmt management eng engineering grp group hosp hospital dept department " +
	"supplies supply systems system sys system prod products product products equip equipment ctr center centre center inst institute st saint")

// words are the words of a name that tell companies apart. What has no others keeps those that say what it is in law.
func words(name string) []string {
	all := strings.Fields(fold(name))
	out := make([]string, 0, len(all))
	for _, w := range all {
		if !strings.Contains(forms, " "+w+" ") {
			out = append(out, full(w))
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

func full(word string) string {
	for i := 0; i < len(shortened); i += 2 {
		if shortened[i] == word {
			return shortened[i+1]
		}
	}
	return word
}

// code is a postal code: letters and digits alone.
func code(postal string) string { return strings.ReplaceAll(fold(postal), " ", "") }

// hasDigit says whether a word is, or holds, a number.
func hasDigit(word string) bool { return strings.ContainsAny(word, "0123456789") }

// numbersOf are the words with digits, sorted.
func numbersOf(words []string) []string {
	var out []string
	for _, w := range words {
		if hasDigit(w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// near says how much two words are the same: 1 for equal ones, 0 for those that are not near. A number is equal or it is not.
func near(a, b string) float64 {
	if a == b {
		return 1
	}
	if hasDigit(a) || hasDigit(b) {
		return 0
	}
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) >= 3 && slices.Equal(x, y[:len(x)]) {
		return abbreviated
	}
	if len(x) < 4 || len(y)-len(x) > len(y)/leastPart {
		return 0
	}
	if s := 1 - float64(distance(x, y))/float64(len(y)); s >= leastNear {
		return s
	}
	return 0
}

const (
	abbreviated = 0.85 // one word begins the other
	leastNear   = 0.75
	leastPart   = 4
)

// distance is the number of letters to add, take away, change or swap with the next.
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
