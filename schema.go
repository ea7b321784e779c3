package connector

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FieldType is the form that the text of a field has. Of what is read there is also "time": 2026-03-01T08:12:33Z.
type FieldType string

// Forms of a field. Group and List have Fields of their own.
const (
	TypeText   FieldType = "text"
	TypeNumber FieldType = "number" // decimal text: -12.50
	TypeDate   FieldType = "date"   // YYYY-MM-DD
	TypeBool   FieldType = "bool"   // "true", "false"
	TypeGroup  FieldType = "group"
	TypeList   FieldType = "list"
)

// Field describes one field of a Document. Length counts characters for text and digits in all for numbers; 0 is no limit.
type Field struct {
	Name     string
	Label    string
	Type     FieldType
	Length   int
	Bytes    bool // Length counts bytes of a double-byte character set: one for each character of Latin-1, two for others
	Scale    int  // digits after the point that a number may have
	Unsigned bool
	Required bool
	Values   []string // when not empty: the only values
	Fields   []Field
}

// Schema describes a Document. The order of the fields is the order in which a Sink writes them.
type Schema struct {
	Fields []Field
	Open   bool // of what is read: there may be fields besides
}

// FieldProblem is one field that a Schema can't hold: where, what, and what the limit is.
type FieldProblem struct{ Field, Value, Message string }

// Check holds a Document against the Schema and names every field that does not fit: unknown, missing, too long, wrong
// form, not in the list. It never changes the Document.
func (s Schema) Check(d Document) []FieldProblem { return checkFields(s.Fields, d, "") }

func checkFields(fields []Field, d Document, prefix string) []FieldProblem {
	var out []FieldProblem
	for i := range fields {
		if v, has := d[fields[i].Name]; has || fields[i].Required {
			out = fields[i].check(out, v, prefix)
		}
	}
	for name := range d {
		if !isField(fields, name) {
			out = append(out, FieldProblem{Field: prefix + name, Message: "the target has no such field"})
		}
	}
	slices.SortStableFunc(out, func(a, b FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// check adds what is wrong with one value to out.
func (f *Field) check(out []FieldProblem, v any, prefix string) []FieldProblem {
	switch f.Type {
	case TypeGroup:
		m, ok := AsMap(v)
		if len(m) == 0 {
			return f.missing(out, v == nil || ok, prefix)
		}
		return append(out, checkFields(f.Fields, m, prefix+f.Name+".")...)
	case TypeList:
		l, ok := v.([]any)
		if !ok || len(l) == 0 {
			return f.missing(out, v == nil || ok, prefix)
		}
		for i, e := range l {
			at := prefix + f.Name + "[" + strconv.Itoa(i+1) + "]"
			m, ok := AsMap(e)
			if !ok {
				out = append(out, FieldProblem{Field: at, Message: "is not a group of fields"})
				continue
			}
			out = append(out, checkFields(f.Fields, m, at+".")...)
		}
		return out
	}
	text, ok := v.(string)
	if text == "" {
		return f.missing(out, v == nil || ok, prefix)
	}
	if msg := f.checkText(text); msg != "" {
		return append(out, FieldProblem{Field: prefix + f.Name, Value: text, Message: msg})
	}
	return out
}

func (f *Field) missing(out []FieldProblem, empty bool, prefix string) []FieldProblem {
	switch {
	case !empty:
		return append(out, FieldProblem{Field: prefix + f.Name, Message: fmt.Sprintf("is not a %s", f.Type)})
	case f.Required:
		return append(out, FieldProblem{Field: prefix + f.Name, Message: "is required and has no value"})
	}
	return out
}

func (f *Field) checkText(text string) string {
	if len(f.Values) > 0 && !slices.Contains(f.Values, text) {
		return fmt.Sprintf("must be one of %s", strings.Join(f.Values, ", "))
	}
	switch f.Type {
	case TypeNumber:
		return f.checkNumber(text)
	case TypeDate:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return "is not a date of the form YYYY-MM-DD"
		}
	case TypeBool:
		if text != "true" && text != "false" {
			return "must be true or false"
		}
	default:
		if n := f.size(text); f.Length > 0 && n > f.Length {
			return fmt.Sprintf("has %d %s; the target takes at most %d", n, map[bool]string{false: "characters", true: "bytes"}[f.Bytes], f.Length)
		}
	}
	return ""
}

// size is the length of a text as the target counts it.
func (f *Field) size(text string) int {
	n := utf8.RuneCountInString(text)
	if f.Bytes {
		for _, r := range text {
			if r > 0xff {
				n++
			}
		}
	}
	return n
}

func (f *Field) checkNumber(text string) string {
	digits := strings.TrimPrefix(text, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(frac, "0123456789") != "" || strings.HasSuffix(digits, ".") {
		return "is not a number"
	}
	if f.Unsigned && digits != text && strings.Trim(digits, "0.") != "" {
		return "must not be negative"
	}
	if frac = strings.TrimRight(frac, "0"); len(frac) > f.Scale {
		return fmt.Sprintf("has %d digits after the point; the target takes at most %d", len(frac), f.Scale)
	}
	if whole = strings.TrimLeft(whole, "0"); f.Length > 0 && len(whole) > f.Length-f.Scale {
		return fmt.Sprintf("has %d digits before the point; the target takes at most %d", len(whole), f.Length-f.Scale)
	}
	return ""
}

func isField(fields []Field, name string) bool {
	for i := range fields {
		if fields[i].Name == name {
			return true
		}
	}
	return false
}
