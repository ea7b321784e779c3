package alike

import (
	"slices"
	"strings"
	"unicode"
)

// longestKey bounds a key: names may be of any length.
const longestKey = 60

// Keys are the keys under which a Record is kept, so that those that may be the same are found without a look at all others:
// each tax number, each name as a whole, its first word, its longest other one, and its postal codes with the name's initial.
func Keys(t Traits) []string {
	var out []string
	add := func(prefix, key string) {
		if r := []rune(key); len(r) > longestKey {
			key = string(r[:longestKey])
		}
		if key != "" && !slices.Contains(out, prefix+key) {
			out = append(out, prefix+key)
		}
	}
	for _, hash := range t.Tax {
		add(keyTax, hash)
	}
	for _, name := range t.Names {
		w := words(name)
		if len(w) == 0 {
			continue
		}
		add(keySame, NameKey(name))
		sorted := slices.Sorted(slices.Values(w))
		add(keyName, strings.Join(sorted, " "))
		add(keyFirst, begin(w[0]))
		longest := ""
		for _, x := range w[1:] {
			if len(x) > len(longest) || len(x) == len(longest) && x < longest {
				longest = x
			}
		}
		add(keyLong, begin(longest))
		for _, p := range t.Places {
			if postal := code(p.Postal); postal != "" {
				add(keyPlace, postal[:min(len(postal), 5)]+string([]rune(w[0])[:1]))
			}
		}
	}
	return out
}

// The kinds of keys. What shares one of the first three is always looked at; of the others only where they tell enough.
const (
	keyTax   = "t:"
	keySame  = "s:"
	keyName  = "n:"
	keyFirst = "f:"
	keyLong  = "l:"
	keyPlace = "p:"
)

// Tells says whether a key alone makes two worth comparing, however many share it.
func Tells(key string) bool {
	return strings.HasPrefix(key, keyTax) || strings.HasPrefix(key, keySame) || strings.HasPrefix(key, keyName)
}

// ByTax says whether a key is that of a tax number.
func ByTax(key string) bool { return strings.HasPrefix(key, keyTax) }

// begin is the beginning of a word, which a mistake or an ending behind it leaves as it is.
func begin(word string) string {
	if r := []rune(word); len(r) > 5 {
		return string(r[:5])
	}
	return word
}

// NameKey is the form in which names are compared as wholes: letters and digits alone, case aside.
func NameKey(name string) string {
	var b strings.Builder
	for _, c := range name {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			b.WriteRune(Fold(c))
		}
	}
	return b.String()
}

// Fold is the smallest rune that equals c, case aside.
func Fold(c rune) rune {
	least := c
	for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}
