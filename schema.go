package connector

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// FieldType is the form that the text of a field has.
type FieldType string

// Forms of a field. Group and List have Fields of their own.
const (
	TypeText   FieldType = "text"
	TypeNumber FieldType = "number" // decimal text: -12.50
	TypeDate   FieldType = "date"   // YYYY-MM-DD
	TypeTime   FieldType = "time"   // RFC 3339, UTC
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
	Scale    int // digits after the point that a number may have
	Unsigned bool
	Required bool
	Values   []string // when not empty: the only values
	Fields   []Field
}

// Schema describes a Document. The order of the fields is the order in which a Sink writes them.
type Schema struct {
	Fields []Field
}

// FieldProblem is one field that a Schema can't hold: where, what, and what the limit is.
type FieldProblem struct {
	Field   string
	Value   string
	Message string
}

// Check holds a Document against the Schema and names every field that does not fit: unknown, missing, too long, wrong
// form, not in the list. It never changes the Document.
func (s Schema) Check(d Document) []FieldProblem { return checkFields(s.Fields, d, "") }

func checkFields(fields []Field, d Document, prefix string) []FieldProblem {
	var out []FieldProblem
	known := make(map[string]bool, len(fields))
	for _, f := range fields {
		known[f.Name] = true
		out = append(out, f.check(d[f.Name], prefix+f.Name)...)
	}
	for name := range d {
		if !known[name] {
			out = append(out, FieldProblem{Field: prefix + name, Message: "the target has no such field"})
		}
	}
	slices.SortStableFunc(out, func(a, b FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return out
}

func (f Field) check(v any, path string) []FieldProblem {
	switch f.Type {
	case TypeGroup:
		m, ok := AsMap(v)
		if len(m) == 0 {
			return f.missing(v == nil || ok, path)
		}
		return checkFields(f.Fields, m, path+".")
	case TypeList:
		l, ok := v.([]any)
		if !ok || len(l) == 0 {
			return f.missing(v == nil || ok, path)
		}
		var out []FieldProblem
		for i, e := range l {
			m, ok := AsMap(e)
			if !ok {
				out = append(out, FieldProblem{Field: fmt.Sprintf("%s[%d]", path, i+1), Message: "is not a group of fields"})
				continue
			}
			out = append(out, checkFields(f.Fields, m, fmt.Sprintf("%s[%d].", path, i+1))...)
		}
		return out
	}
	text, ok := v.(string)
	if text == "" {
		return f.missing(v == nil || ok, path)
	}
	if msg := f.checkText(text); msg != "" {
		return []FieldProblem{{Field: path, Value: text, Message: msg}}
	}
	return nil
}

func (f Field) missing(empty bool, path string) []FieldProblem {
	if !empty {
		return []FieldProblem{{Field: path, Message: fmt.Sprintf("is not a %s", f.Type)}}
	}
	if f.Required {
		return []FieldProblem{{Field: path, Message: "is required and has no value"}}
	}
	return nil
}

func (f Field) checkText(text string) string {
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
	case TypeTime:
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return "is not a time of the form 2026-03-01T08:12:33Z"
		}
	case TypeBool:
		if text != "true" && text != "false" {
			return "must be true or false"
		}
	default:
		if n := utf8.RuneCountInString(text); f.Length > 0 && n > f.Length {
			return fmt.Sprintf("has %d characters; the target takes at most %d", n, f.Length)
		}
	}
	return ""
}

func (f Field) checkNumber(text string) string {
	digits := strings.TrimPrefix(text, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole+frac, "0123456789") != "" || strings.HasSuffix(digits, ".") {
		return "is not a number"
	}
	if f.Unsigned && digits != text && strings.Trim(whole+frac, "0") != "" {
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
