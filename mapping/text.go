package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func textNumber[T any](p []any, apply func(string, int) (T, error)) (any, error) {
	s, err := toText(p[0])
	if err != nil {
		return nil, err
	}
	n, err := toInt(p[1])
	if err != nil {
		return nil, err
	}
	return apply(s, n)
}

func twoTexts(p []any, apply func(string, string) string) (any, error) {
	x, err := toText(p[0])
	if err != nil {
		return nil, err
	}
	y, err := toText(p[1])
	return apply(x, y), err
}

// left is the first n characters.
func left(s string, n int) (string, error) {
	for i := range s {
		if n <= 0 {
			return s[:i], nil
		}
		n--
	}
	return s, nil
}

// pad puts zeros before s until it has n characters.
func pad(s string, n int) (string, error) {
	if n > 100 {
		return "", fmt.Errorf("%d characters are too many to pad to", n)
	}
	return strings.Repeat("0", max(0, n-utf8.RuneCountInString(s))) + s, nil
}

// part is the n-th part of an ID of several parts, counted from 1; blank when it has fewer.
func part(s string, n int) (string, error) {
	parts := strings.Split(s, "/")
	if n < 1 || n > len(parts) {
		return "", nil
	}
	return parts[n-1], nil
}

// wrap cuts s at the last space that leaves at most n characters before it, and gives both pieces; text that is short
// enough, or has no such space, stays whole.
func wrap(s string, n int) ([]any, error) {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= n {
		return []any{s, ""}, nil
	}
	at, count := -1, 0
	for i, r := range s {
		if count > n {
			break
		}
		if unicode.IsSpace(r) {
			at = i
		}
		count++
	}
	if at < 0 {
		return []any{s, ""}, nil
	}
	return []any{strings.TrimRightFunc(s[:at], unicode.IsSpace), strings.TrimSpace(s[at:])}, nil
}

// letters have no accent that could be taken off them.
var letters = strings.NewReplacer("ß", "ss", "ẞ", "SS", "Æ", "AE", "æ", "ae", "Œ", "OE", "œ", "oe", "Ø", "O", "ø", "o", "Ł", "L", "ł", "l", "Đ", "D", "đ", "d", "Ð", "D", "ð", "d", "Þ", "TH", "þ", "th", "ı", "i")

// ascii takes the accents off letters; what is no letter of ASCII even then stays as it is.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(letters.Replace(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// plain is A–Z and 0–9 of s in upper case, accents taken off.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(ascii(s)))
}

var slot = regexp.MustCompile(`\{([a-z_]+)(?::([0-9]{1,2}))?\}`)

// fill puts values into a template of a setting: {name}, or {name:7} with zeros before it up to seven characters.
func fill(p ...any) (any, error) {
	template, err := toText(p[0])
	if err != nil {
		return nil, err
	}
	values, _ := asMap(p[1])
	var failed error
	out := slot.ReplaceAllStringFunc(template, func(found string) string {
		m := slot.FindStringSubmatch(found)
		value, known := values[m[1]]
		if !known {
			failed = fmt.Errorf("the template %q has {%s}, which is not known here", template, m[1])
			return ""
		}
		s, err := toText(value)
		if err != nil {
			failed = err
		}
		if m[2] != "" {
			n, _ := toInt(m[2])
			s, _ = pad(s, n)
		}
		return s
	})
	return out, failed
}

func join(p ...any) (any, error) {
	between, err := toText(p[1])
	if err != nil {
		return nil, err
	}
	var out []string
	for _, v := range toList(p[0]) {
		s, err := toText(v)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, between), nil
}

// length counts the characters of a text or the elements of a list.
func length(p ...any) (any, error) {
	if s, ok := p[0].(string); ok {
		return utf8.RuneCountInString(s), nil
	}
	if m, ok := asMap(p[0]); ok {
		return len(m), nil
	}
	return len(toList(p[0])), nil
}

// dateOf is the day that a date or a time names, as it stands.
func dateOf(s string) (string, error) {
	day, _ := left(s, len(time.DateOnly))
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "", fmt.Errorf("%q does not begin with a date", s)
	}
	return day, nil
}

// dayIn is the day that a moment falls on in a zone. A date, and midnight UTC, is the day that it names.
func dayIn(s string, zone *time.Location) (string, error) {
	if len(s) == len(time.DateOnly) {
		return dateOf(s)
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", fmt.Errorf("%q is neither a date nor a time", s)
	}
	if u := t.UTC(); u.Equal(u.Truncate(24 * time.Hour)) {
		return u.Format(time.DateOnly), nil
	}
	return t.In(zone).Format(time.DateOnly), nil
}

// addDays is the day so many days after one, or before it.
func addDays(s string, n int) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	day, err := dateOf(strings.TrimSpace(s))
	if err != nil {
		return "", err
	}
	const most = 36525 // a century
	if n > most || n < -most {
		return "", fmt.Errorf("%d days are too many to add", n)
	}
	t, err := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, n).Format(time.DateOnly), err
}
