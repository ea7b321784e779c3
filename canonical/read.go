package canonical

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// deepest is how many groups and lists may stand in each other before encoding/json reads the text.
const deepest = 64

// Read reads a text that is one JSON object, as encoding/json does with UseNumber, in a third of the time. It is not ok
// for what it leaves to encoding/json: escapes beyond the simple ones, odd bytes, great depth, every text that is wrong,
// and, unless numbers are asked for, numbers.
func Read(text []byte, numbers bool) (object map[string]any, ok bool) {
	r := reader{text: string(text), numbers: numbers} // of which all strings are parts
	r.space()
	if r.at == len(text) || text[r.at] != '{' {
		return nil, false
	}
	v, ok := r.value(0)
	r.space()
	object, isObject := v.(map[string]any)
	return object, ok && isObject && r.at == len(text)
}

type reader struct {
	text    string
	at      int
	numbers bool
	members []member // of the groups that are being read, the inner one's last
	values  []any    // of the lists that are being read
}

type member struct {
	name  string
	value any
}

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// take passes over a byte if it is the next one.
func (r *reader) take(c byte) bool {
	r.space()
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) value(depth int) (any, bool) {
	r.space()
	if r.at == len(r.text) || depth > deepest {
		return nil, false
	}
	switch c := r.text[r.at]; {
	case c == '"':
		s, ok := r.string()
		return s, ok
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.list(depth)
	case r.numbers && (c == '-' || '0' <= c && c <= '9'):
		return r.number()
	}
	switch {
	case r.word("true"):
		return true, true
	case r.word("false"):
		return false, true
	}
	return nil, r.word("null")
}

func (r *reader) word(word string) bool {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return false
	}
	r.at += len(word)
	return true
}

// object reads a group. Its room is made when it is known how much it needs.
func (r *reader) object(depth int) (any, bool) {
	r.at++
	if r.take('}') {
		return map[string]any{}, true
	}
	base := len(r.members)
	for {
		r.space()
		if r.at == len(r.text) || r.text[r.at] != '"' {
			return nil, false
		}
		name, ok := r.string()
		if !ok || !r.take(':') {
			return nil, false
		}
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		r.members = append(r.members, member{name, v})
		if r.take('}') {
			break
		}
		if !r.take(',') {
			return nil, false
		}
	}
	out := make(map[string]any, len(r.members)-base)
	for _, m := range r.members[base:] {
		out[m.name] = m.value
	}
	r.members = r.members[:base]
	return out, true
}

func (r *reader) list(depth int) (any, bool) {
	r.at++
	if r.take(']') {
		return []any{}, true
	}
	base := len(r.values)
	for {
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		r.values = append(r.values, v)
		if r.take(']') {
			break
		}
		if !r.take(',') {
			return nil, false
		}
	}
	out := slices.Clone(r.values[base:])
	r.values = r.values[:base]
	return out, true
}

// string reads a string whose first quote is next.
func (r *reader) string() (string, bool) {
	r.at++
	from := r.at
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			part := r.text[from:r.at]
			r.at++
			return part, true
		case c == '\\' || c >= utf8.RuneSelf:
			return r.mixed(from)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// simple are the escapes of one character.
var simple = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// mixed reads the rest of a string that has escapes or is not ASCII.
func (r *reader) mixed(from int) (string, bool) {
	out := append(make([]byte, 0, 2*(r.at-from)+32), r.text[from:r.at]...)
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case c == '"':
			r.at++
			return string(out), true
		case c == '\\':
			if r.at+1 == len(r.text) || simple[r.text[r.at+1]] == 0 {
				return "", false
			}
			out = append(out, simple[r.text[r.at+1]])
			r.at += 2
		case c < ' ':
			return "", false
		case c < utf8.RuneSelf:
			out = append(out, c)
			r.at++
		default:
			char, size := utf8.DecodeRuneInString(r.text[r.at:])
			if char == utf8.RuneError && size == 1 {
				return "", false
			}
			out = append(out, r.text[r.at:r.at+size]...)
			r.at += size
		}
	}
	return "", false
}

// number reads whole numbers and numbers with a point; exponents are left to encoding/json.
func (r *reader) number() (any, bool) {
	from := r.at
	if r.text[r.at] == '-' {
		r.at++
	}
	whole := r.digits()
	if whole == 0 || whole > 1 && r.text[r.at-whole] == '0' {
		return nil, false
	}
	if r.at < len(r.text) && r.text[r.at] == '.' {
		r.at++
		if r.digits() == 0 {
			return nil, false
		}
	}
	if r.at < len(r.text) && (r.text[r.at] == 'e' || r.text[r.at] == 'E') {
		return nil, false
	}
	return json.Number(r.text[from:r.at]), true
}

func (r *reader) digits() (n int) {
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
		n++
	}
	return n
}
