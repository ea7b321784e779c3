// Package canonical writes the one JSON text that equal contents share: keys sorted, no white space, nothing escaped for
// HTML, and nothing blank in it. Fingerprints and stored contents are made of it, several for each record. It compares
// contents of which one side tells less than it holds. And it reads JSON objects, of which every record has several too.
//
// It must never write the same content in two ways, and never read or write anything otherwise than encoding/json. That is
// how it is proved: by random Documents and by fuzzing, both held against encoding/json; comparing, by the tables of
// connector.Covers.
package canonical

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Text is the text of a group of fields. Empty strings, groups and lists, and nil, are left out of it; asMap gives the
// group behind a value that is one under another type.
func Text(fields map[string]any, asMap func(any) (map[string]any, bool)) []byte {
	w := writer{asMap}
	b, some := w.group(make([]byte, 0, w.room(fields)), fields)
	if !some {
		return []byte("{}")
	}
	return b
}

type writer struct {
	asMap func(any) (map[string]any, bool)
}

// group writes a group of fields without what is blank in it; some is false when nothing is left, and then b is as it was.
func (w writer) group(b []byte, m map[string]any) (_ []byte, some bool) {
	var few [24]string
	names := few[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for _, name := range names {
		before := len(b)
		if some {
			b = append(b, ',')
		}
		b = append(appendText(b, name), ':')
		var written bool
		if b, written = w.value(b, m[name]); !written {
			b = b[:before]
			continue
		}
		some = true
	}
	if !some {
		return b[:len(b)-1], false
	}
	return append(b, '}'), true
}

// room is about how long the text of a value gets, so that it is made in one piece.
func (w writer) room(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 3
	case map[string]any:
		n := 3
		for name, v := range v {
			n += len(name) + 3 + w.room(v)
		}
		return n
	case []any:
		n := 3
		for _, v := range v {
			n += w.room(v)
		}
		return n
	}
	if m, ok := w.asMap(v); ok {
		return w.room(m)
	}
	return 8
}

func (w writer) list(b []byte, list []any) (_ []byte, some bool) {
	b = append(b, '[')
	for _, v := range list {
		before := len(b)
		if some {
			b = append(b, ',')
		}
		var written bool
		if b, written = w.value(b, v); !written {
			b = b[:before]
			continue
		}
		some = true
	}
	if !some {
		return b[:len(b)-1], false
	}
	return append(b, ']'), true
}

func (w writer) value(b []byte, v any) (_ []byte, written bool) {
	switch v := v.(type) {
	case nil:
		return b, false
	case string:
		if v == "" {
			return b, false
		}
		return appendText(b, v), true
	case map[string]any:
		return w.group(b, v)
	case []any:
		return w.list(b, v)
	}
	if m, ok := w.asMap(v); ok {
		return w.group(b, m)
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
