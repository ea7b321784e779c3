package cases

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
	"ml-connector/mapping"
)

// keys are what a part of a file may hold, by its path; * stands for any name.
type keys map[string][]string

var (
	known    = []string{"record", "source", "linked", "target_id", "target", "from_name", "to_name", "from", "to", "now", "where", "crosswalks", "links", "counter"}
	baseKeys = keys{"": known, "links.*": {"id", "source", "standing", "target"}}
	caseKeys = keys{"": append([]string{"about", "change"}, known...), "links.*": {"id", "source", "standing", "target"}}

	outcomeKeys = keys{"": {"passed", "withdrawn", "problems", "code", "missing", "adopt", "alike", "reserve", "cuts", "notes", "document", "owned"}}
)

// Base reads what the cases of a folder have in common. Its error names every line that is wrong.
func Base(text []byte) (map[string]any, error) {
	if err := strict(text, baseKeys); err != nil {
		return nil, err
	}
	out := map[string]any{}
	return out, decode(text, &out)
}

// Read reads a case, and lays it over a base, which may be nil and is not changed. Its error names every line that is wrong.
func Read(base map[string]any, text []byte) (*Case, error) {
	if err := strict(text, caseKeys); err != nil {
		return nil, err
	}
	own := map[string]any{}
	if err := decode(text, &own); err != nil {
		return nil, err
	}
	lines, _ := places(text)
	whole, _ := copied(base).(map[string]any)
	if whole == nil {
		whole = map[string]any{}
	}
	for key, value := range own {
		if key != "change" {
			whole[key] = value
		}
	}
	changes, isGroup := own["change"].(map[string]any)
	if own["change"] != nil && !isGroup {
		return nil, fmt.Errorf("line %d: change: must be a group of paths and values", lines["change"])
	}
	paths := make([]string, 0, len(changes))
	for at := range changes {
		paths = append(paths, at)
	}
	slices.SortFunc(paths, func(a, b string) int { // as they stand in the file
		return cmp.Or(lines["change."+a]-lines["change."+b], strings.Compare(a, b))
	})
	var errs []error
	for _, at := range paths {
		line, path, value := lines["change."+at], steps(at), changes[at]
		if !slices.Contains(known, path[0]) {
			errs = append(errs, fmt.Errorf("line %d: change: %s: unknown key %s%s; known are %s", line, at, path[0], mapping.DidYouMean(path[0], known), strings.Join(known, ", ")))
			continue
		}
		changed, err := set(whole, path, value)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: change: %s: %w", line, at, err))
			continue
		}
		whole, _ = changed.(map[string]any)
	}
	if len(errs) > 0 {
		return nil, joined(errs)
	}
	return made(whole)
}

// made is the Case that a whole group stands for.
func made(whole map[string]any) (*Case, error) {
	for _, key := range []string{"from", "to"} {
		whole[key] = settings(whole[key])
	}
	for _, key := range []string{"source", "target", "links", "crosswalks", "counter", "record", "target_id"} {
		if whole[key] = texts(whole[key]); whole[key] == nil {
			delete(whole, key)
		}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	var c Case
	if err := json.Unmarshal(text, &c); err != nil {
		if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("line 1: %s: must be a %s, not a %s", bad.Field, bad.Type, bad.Value)
		}
		return nil, fmt.Errorf("line 1: %w", err)
	}
	switch {
	case c.About == "":
		return nil, errors.New("line 1: about is missing: say in a few words what the case shows")
	case len(c.Source) == 0:
		return nil, errors.New("line 1: source is missing: the Document as it is read")
	case c.Now.IsZero():
		return nil, errors.New("line 1: now is missing: the moment at which the case plays, 2026-03-05T03:30:00Z")
	}
	c.From, c.To = whole["from"].(connector.Settings), whole["to"].(connector.Settings)
	return &c, nil
}

// settings are those of a Connection as YAML would give them: whole numbers are numbers.
func settings(v any) connector.Settings {
	m, _ := whole(v).(map[string]any)
	return m
}

func whole(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = whole(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = whole(e)
		}
		return out
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		return x.String()
	}
	return v
}

func copied(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = copied(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = copied(e)
		}
		return out
	}
	return v
}

var position = regexp.MustCompile(`\[([0-9]+)\]`)

// steps cuts source.lineList.invoiceLine[1].quantity into names and positions, which are counted from 1.
func steps(path string) []string {
	return strings.Split(position.ReplaceAllString(path, ".#$1"), ".")
}

// set returns v with one value changed, added, or, for nil, taken away.
func set(v any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	if at, ok := strings.CutPrefix(path[0], "#"); ok {
		list, _ := v.([]any)
		i, err := strconv.Atoi(at)
		if err != nil || i < 1 || i > len(list)+1 {
			return nil, fmt.Errorf("there is no element %s; the list has %d", at, len(list))
		}
		if i == len(list)+1 {
			list = append(list, nil)
		}
		list[i-1], err = set(list[i-1], path[1:], value)
		return list, err
	}
	m, _ := v.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	inner, err := set(m[path[0]], path[1:], value)
	m[path[0]] = inner
	if inner == nil {
		delete(m, path[0])
	}
	return m, err
}

// decode reads JSON with its numbers as they are spelled.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

func joined(errs []error) error {
	slices.SortFunc(errs, func(a, b error) int { return lineOf(a) - lineOf(b) })
	return errors.Join(errs...)
}

func lineOf(err error) (n int) {
	_, _ = fmt.Sscanf(err.Error(), "line %d:", &n) // 0 without one
	return n
}
