package connector

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Canonical is the one JSON text of a Document: keys sorted, no white space, nothing escaped for HTML. Empty strings,
// maps and lists are left out, so that a field that is blank and one that is missing are the same content.
func (d Document) Canonical() []byte {
	b, any := appendMap(make([]byte, 0, 1024), d)
	if !any {
		return []byte("{}")
	}
	return b
}

// appendMap writes a group of fields without what is blank in it; any is false when nothing is left, and then b is as it was.
func appendMap(b []byte, m map[string]any) (_ []byte, any bool) {
	var few [24]string
	names := few[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for _, name := range names {
		before := len(b)
		if any {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		var written bool
		if b, written = appendValue(b, m[name]); !written {
			b = b[:before]
			continue
		}
		any = true
	}
	if !any {
		return b[:len(b)-1], false
	}
	return append(b, '}'), true
}

func appendList(b []byte, list []any) (_ []byte, any bool) {
	b = append(b, '[')
	for _, v := range list {
		before := len(b)
		if any {
			b = append(b, ',')
		}
		var written bool
		if b, written = appendValue(b, v); !written {
			b = b[:before]
			continue
		}
		any = true
	}
	if !any {
		return b[:len(b)-1], false
	}
	return append(b, ']'), true
}

func appendValue(b []byte, v any) (_ []byte, written bool) {
	switch v := v.(type) {
	case nil:
		return b, false
	case string:
		if v == "" {
			return b, false
		}
		return appendText(b, v), true
	case map[string]any:
		return appendMap(b, v)
	case Document:
		return appendMap(b, v)
	case []any:
		return appendList(b, v)
	}
	return append(b, encoded(v)...), true
}

// appendText writes a string as encoding/json does without escaping for HTML.
func appendText(b []byte, s string) []byte {
	if !isPlain(s) {
		return append(b, encoded(s)...)
	}
	return append(append(append(b, '"'), s...), '"')
}

// isPlain says whether a string stands in JSON as it is.
func isPlain(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return false
		}
		i += size
	}
	return true
}

func encoded(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("a Document holds a value that JSON cannot: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
