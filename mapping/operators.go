package mapping

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	connector "ml-connector"
)

// add joins texts, and adds as soon as one side is a number of the expression's own: text of a Document is never taken
// for a number where it could be meant as text.
func add(a, b any) (any, error) {
	if isNumber(a) || isNumber(b) {
		return calculate("+", a, b)
	}
	x, err := toText(a)
	if err != nil {
		return nil, err
	}
	y, err := toText(b)
	return x + y, err
}

// divide is exact or fails; div and shares are there to round.
func divide(a, b any) (any, error) {
	x, err := toDecimal(a)
	if err != nil {
		return nil, err
	}
	y, err := toDecimal(b)
	if err != nil {
		return nil, err
	}
	q, err := quotient(x.rat(), y.rat(), maxDigits)
	if err != nil {
		return nil, err
	}
	back, err := calculate("*", q, y)
	if err != nil || back.(decimal).cmp(x) != 0 {
		return nil, fmt.Errorf("%s / %s has no end; say to how many digits with div", x, y)
	}
	return q, nil
}

// order compares numbers as numbers as soon as one side is one, else texts as texts: dates, codes.
func order(a, b any) (int, error) {
	if isNumber(a) || isNumber(b) {
		x, err := toDecimal(a)
		if err != nil {
			return 0, err
		}
		y, err := toDecimal(b)
		if err != nil {
			return 0, err
		}
		return x.cmp(y), nil
	}
	x, err := toText(a)
	if err != nil {
		return 0, err
	}
	y, err := toText(b)
	return strings.Compare(x, y), err
}

// equal takes what is blank and what is not there for the same, "true" for true, and 1.0 for 1 where one side is a number.
func equal(a, b any) bool {
	switch {
	case isBlank(a) || isBlank(b):
		return isBlank(a) && isBlank(b)
	case isNumber(a) || isNumber(b):
		x, errX := toDecimal(a)
		y, errY := toDecimal(b)
		return errX == nil && errY == nil && x.cmp(y) == 0
	}
	x, errX := toText(a)
	y, errY := toText(b)
	if errX == nil && errY == nil {
		return x == y
	}
	return reflect.DeepEqual(a, b)
}

func isNumber(v any) bool {
	switch v.(type) {
	case decimal, int, int64, float64:
		return true
	}
	return false
}

// isBlank is true of what a Document leaves out.
func isBlank(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(x) == ""
	case []any:
		return len(x) == 0
	}
	if m, ok := asMap(v); ok {
		return len(m) == 0
	}
	return false
}

func truth(v any) (bool, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case nil:
		return false, nil
	case string:
		if x == "true" || x == "false" {
			return x == "true", nil
		}
		if strings.TrimSpace(x) == "" {
			return false, nil
		}
		return false, fmt.Errorf("%q is neither true nor false", x)
	}
	return false, fmt.Errorf("%s is neither true nor false", kindOf(v))
}

// toText is the text of a single value.
func toText(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case bool:
		if x {
			return "true", nil
		}
		return "false", nil
	}
	if isNumber(v) {
		d, err := toDecimal(v)
		if err != nil {
			return "", err
		}
		return d.String(), nil
	}
	return "", fmt.Errorf("%s stands where a single value is needed", kindOf(v))
}

// toList is a list as it is, nothing as an empty one, and anything else as the only element: sources that leave out a
// list of one are common.
func toList(v any) []any {
	switch x := v.(type) {
	case nil:
		return []any{}
	case []any:
		return x
	case []string:
		out := make([]any, len(x))
		for i, s := range x {
			out[i] = s
		}
		return out
	case []map[string]any:
		out := make([]any, len(x))
		for i, m := range x {
			out[i] = m
		}
		return out
	}
	if isBlank(v) {
		return []any{}
	}
	return []any{v}
}

func asMap(v any) (map[string]any, bool) {
	if m, ok := connector.AsMap(v); ok {
		return m, true
	}
	if s, ok := v.(connector.Settings); ok {
		return s, true
	}
	return nil, false
}

// get follows one step of a path: the field of a group, or the element of a list, counted from 0. Of what is not there
// it is nothing.
func get(base, step any) (any, error) {
	if m, ok := asMap(base); ok {
		name, err := toText(step)
		return m[name], err
	}
	switch x := base.(type) {
	case nil:
		return nil, nil
	case []any:
		if !isNumber(step) {
			return nil, fmt.Errorf("a list has no field %v", step)
		}
		i, err := toInt(step)
		if err != nil || i < 0 || i >= len(x) {
			return nil, fmt.Errorf("a list of %d has no element %v", len(x), step)
		}
		return x[i], nil
	}
	return nil, fmt.Errorf("%s has no field %v", kindOf(base), step)
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	if _, ok := asMap(v); ok {
		return "a group of fields"
	}
	if isNumber(v) {
		return "a number"
	}
	return fmt.Sprintf("a %T", v)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
