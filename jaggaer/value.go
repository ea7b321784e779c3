package jaggaer

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var decimalText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// maxDigits bounds the text of a number, so that 1e999999999 stays a short text that no Schema takes.
const maxDigits = 60

// decimal is a JSON number as plain decimal text: no exponent, no zeros after the last digit behind the point, no minus
// on zero. No float is on the way. A number whose plain text would be longer than maxDigits stays as it is spelled.
func decimal(n string) string {
	digits, exponent := n, 0
	if at := strings.IndexAny(n, "eE"); at >= 0 {
		e, err := strconv.Atoi(n[at+1:])
		if err != nil {
			return n
		}
		digits, exponent = n[:at], e
	}
	digits, negative := strings.CutPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if len(whole)+len(fraction) > maxDigits || exponent > maxDigits || exponent < -maxDigits {
		return n
	}
	point := len(whole) + exponent
	all := whole + fraction
	if point <= 0 {
		all = strings.Repeat("0", 1-point) + all
		point = 1
	}
	if point > len(all) {
		all += strings.Repeat("0", point-len(all))
	}
	whole, fraction = strings.TrimLeft(all[:point], "0"), strings.TrimRight(all[point:], "0")
	if whole == "" {
		whole = "0"
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out
}

// rawText is a scalar of a JSON answer as text; "" for nothing, objects and lists.
func rawText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return decimal(x.String())
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// plainText is rawText fit for one line: control characters and line breaks become one space, blanks at the right go.
func plainText(v any) string { return oneLine(rawText(v)) }

// oneLine keeps text as it is, but for control characters (each run of them becomes one space) and blanks at the end.
func oneLine(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return strings.TrimRight(s, " ")
	}
	var b strings.Builder
	inRun := false
	for _, r := range s {
		if unicode.IsControl(r) {
			if !inRun {
				b.WriteByte(' ')
			}
			inRun = true
			continue
		}
		inRun = false
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// truth reads every spelling of a boolean that JAGGAER.md §4.2 tells of; ok is false for anything else.
func truth(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "y", "1", "t":
		return true, true
	case "false", "no", "n", "0", "f":
		return false, true
	}
	return false, false
}

// stampForms are those of JAGGAER.md §3.6.
var stampForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "20060102150405", "20060102"}

// instant reads a date-time; the zero time when it is none.
func instant(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, form := range stampForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// sensitive are members that never get into a Document: bank and tax numbers (QUALITY.md I23).
var sensitive = map[string]bool{
	"taxidentificationnumber": true, "vatidentificationnumber": true, "fiscalcode": true, "euvat": true, "taxid": true,
	"bankaccount": true, "bankaccountnumber": true, "ibanbankaccountnumber": true, "iban": true, "routingnumber": true,
	"internationalroutingcode": true, "bankidentifiercode": true, "accountholdersname": true, "accountnumber": true, "accountid": true,
}

// isSensitive compares a member's name without case.
func isSensitive(name string) bool {
	var lower [32]byte
	if len(name) > len(lower) {
		return false // longer than each of them
	}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return sensitive[string(lower[:len(name)])]
}

// convert turns a value of an answer into one of a Document: scalars as text, nothing blank, no bank or tax number.
// It gives nil for what is left out.
func convert(v any) any {
	switch x := v.(type) {
	case map[string]any:
		return convertMap(x)
	case []any:
		out := make([]any, 0, len(x))
		for _, e := range x {
			if c := convert(e); c != nil {
				out = append(out, c)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}
	if s := plainText(v); s != "" {
		return s
	}
	return nil
}

// isEmpty says whether convert leaves a value out.
func isEmpty(v any) bool {
	switch x := v.(type) {
	case map[string]any:
		for name, e := range x {
			if !isSensitive(name) && !isEmpty(e) {
				return false
			}
		}
		return true
	case []any:
		return !slices.ContainsFunc(x, func(e any) bool { return !isEmpty(e) })
	}
	return plainText(v) == ""
}

func convertMap(m map[string]any) any {
	out := make(map[string]any, len(m))
	for name, e := range m {
		if isSensitive(name) {
			continue
		}
		if c := convert(e); c != nil {
			out[name] = c
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// member follows a dotted path through the objects of an answer.
func member(m map[string]any, path string) any {
	var cur any = m
	for part := range strings.SplitSeq(path, ".") {
		object, ok := cur.(map[string]any)
		if !ok {
			return nil
		}
		cur = object[part]
	}
	return cur
}
