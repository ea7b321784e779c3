package peoplesoft

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// form is the form of one value of a settings tree.
type form int

const (
	asText form = iota
	asFlag
	asInt
	asDuration
	asTexts // a list of texts
	asGroup // a map with known keys
	asMap   // a map with keys that the site chooses, each value of the shape elem
	asList  // a list of values of the shape elem
	asTree  // a map that only others read
)

// shape describes a value: its form, its default and what is allowed below it. The profile of PEOPLESOFT.md §9 is one of them.
type shape struct {
	form   form
	def    string   // of a text, flag, int or duration
	texts  []string // default of texts
	values []string // when not empty: the only texts
	min    int64    // of an int
	max    int64    // of an int, 0 = none
	keys   []string // of a map: when not empty, the only keys
	elem   *shape
	fields []member
	check  func(string) string // of a text or of each of texts: what is wrong with it, "" = nothing
	preset map[string]any      // of a map: what it holds when the site says nothing of it
}

type member struct {
	name string
	shape
}

// group is a shape with known keys.
func group(fields ...member) shape { return shape{form: asGroup, fields: fields} }

// text is a member that holds text, with its default.
func text(name, def string, values ...string) member {
	return member{name, shape{form: asText, def: def, values: values}}
}

func yesNo(name string, def bool) member {
	return member{name, shape{form: asFlag, def: strconv.FormatBool(def)}}
}

func number(name string, def, least, most int64) member {
	return member{name, shape{form: asInt, def: strconv.FormatInt(def, 10), min: least, max: most}}
}

// filler walks a tree beside its shape, notes what does not fit, and builds the tree in force.
type filler struct {
	problems []connector.SettingProblem
}

func (f *filler) problem(path, format string, args ...any) {
	f.problems = append(f.problems, connector.SettingProblem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// fill gives the value in force at path: v where it fits, else the default. A nil v means that the site said nothing.
func (f *filler) fill(path string, s shape, v any) any {
	switch s.form {
	case asFlag:
		return f.flag(path, s, v)
	case asInt:
		return f.int(path, s, v)
	case asTexts:
		return f.texts(path, s, v)
	case asGroup:
		return f.group(path, s, v)
	case asMap:
		return f.open(path, s, v)
	case asList:
		return f.list(path, s, v)
	case asTree:
		if v == nil {
			return map[string]any{}
		}
		if _, ok := v.(map[string]any); !ok {
			f.problem(path, "must be a map")
			return map[string]any{}
		}
		return v
	}
	return f.text(path, s, v)
}

func (f *filler) text(path string, s shape, v any) any {
	if v == nil {
		return s.def
	}
	t, ok := scalar(v)
	if !ok {
		f.problem(path, "must be a text")
		return s.def
	}
	if msg := s.refuse(t); msg != "" {
		f.problem(path, "%s", msg)
		return s.def
	}
	return t
}

// refuse says what is wrong with a text.
func (s shape) refuse(t string) string {
	if len(s.values) > 0 && !slices.Contains(s.values, t) {
		return fmt.Sprintf("must be one of %q, not %q", s.values, t)
	}
	if hasControl(t) {
		return "holds a control character"
	}
	if s.form == asDuration {
		if d, err := parseDuration(t); err != nil || d <= 0 {
			return fmt.Sprintf("must be a duration like 48h or 7d, not %q", t)
		}
	}
	if s.check != nil {
		return s.check(t)
	}
	return ""
}

func (f *filler) flag(path string, s shape, v any) any {
	if b, ok := v.(bool); ok {
		return b
	}
	if v != nil {
		f.problem(path, "must be true or false")
	}
	return s.def == "true"
}

func (f *filler) int(path string, s shape, v any) any {
	def, _ := strconv.ParseInt(s.def, 10, 64)
	if v == nil {
		return def
	}
	n, ok := wholeNumber(v)
	switch {
	case !ok:
		f.problem(path, "must be a whole number")
		return def
	case n < s.min || s.max > 0 && n > s.max:
		f.problem(path, "must be from %d to %d, not %d", s.min, s.max, n)
		return def
	}
	return n
}

func (f *filler) texts(path string, s shape, v any) any {
	out := []any{}
	l, ok := v.([]any)
	if !ok {
		if v != nil {
			f.problem(path, "must be a list of texts")
		}
		for _, t := range s.texts {
			out = append(out, t)
		}
		return out
	}
	for i, e := range l {
		t, ok := scalar(e)
		if !ok || t == "" {
			f.problem(fmt.Sprintf("%s[%d]", path, i+1), "must be a text")
			continue
		}
		if msg := s.refuse(t); msg != "" {
			f.problem(fmt.Sprintf("%s[%d]", path, i+1), "%s", msg)
			continue
		}
		out = append(out, t)
	}
	return out
}

func (f *filler) group(path string, s shape, v any) any {
	in, ok := v.(map[string]any)
	if !ok && v != nil {
		f.problem(path, "must be a map")
	}
	out := make(map[string]any, len(s.fields))
	known := make(map[string]bool, len(s.fields))
	for _, m := range s.fields {
		known[m.name] = true
		out[m.name] = f.fill(join(path, m.name), m.shape, in[m.name])
	}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		if !known[k] {
			f.problem(join(path, k), "unknown key%s", meant(k, known))
		}
	}
	return out
}

// meant names the known key that was likely meant: the longest that differs by case, dashes or its end; "" when none is near.
func meant(key string, known map[string]bool) string {
	plain := func(t string) string { return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(t)) }
	best := ""
	for k := range known {
		a, b := plain(key), plain(k)
		near := a == b || min(len(a), len(b)) > 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
		if near && (len(k) > len(best) || len(k) == len(best) && k < best) {
			best = k
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

func (f *filler) open(path string, s shape, v any) any {
	in, ok := v.(map[string]any)
	if !ok && v != nil {
		f.problem(path, "must be a map")
	}
	if in == nil {
		in = s.preset
	}
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		if len(s.keys) > 0 && !slices.Contains(s.keys, k) {
			f.problem(join(path, k), "unknown key; known are %q", s.keys)
			continue
		}
		out[k] = f.fill(join(path, k), *s.elem, in[k])
	}
	return out
}

func (f *filler) list(path string, s shape, v any) any {
	out := []any{}
	l, ok := v.([]any)
	if !ok && v != nil {
		f.problem(path, "must be a list")
	}
	for i, e := range l {
		out = append(out, f.fill(fmt.Sprintf("%s[%d]", path, i+1), *s.elem, e))
	}
	return out
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// scalar is the text of a YAML scalar: 0042 and "0042" may both be meant as text.
func scalar(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), true
	}
	if n, ok := wholeNumber(v); ok {
		return strconv.FormatInt(n, 10), true
	}
	return "", false
}

func wholeNumber(v any) (int64, bool) {
	switch x := v.(type) {
	case int64:
		return x, true
	case int:
		return int64(x), true
	case uint64:
		return int64(x), x < 1<<62
	}
	return 0, false
}

// parseDuration reads 48h and also 7d.
func parseDuration(t string) (time.Duration, error) {
	if n := len(t); n > 1 && t[n-1] == 'd' {
		days, err := strconv.Atoi(t[:n-1])
		if err == nil && days >= 0 && days < 36500 {
			return time.Duration(days) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(t)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration", t)
	}
	return d, nil
}

func hasControl(t string) bool {
	for _, r := range t {
		if r < 0x20 || r == 0x7f {
			return true
		}
	}
	return false
}
