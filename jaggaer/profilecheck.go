package jaggaer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
)

// wholeProfile fills what a customer's profile leaves out from the default one. Unknown keys, keys that belong elsewhere
// and values of the wrong form are problems, each with its path.
func wholeProfile(given any) (map[string]any, []connector.SettingProblem) {
	c := &profileCheck{}
	out := c.branch(profileTree(), given, "profile")
	return out, c.problems
}

type profileCheck struct {
	problems []connector.SettingProblem
}

func (c *profileCheck) complain(path, format string, args ...any) {
	c.problems = append(c.problems, connector.SettingProblem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *profileCheck) branch(tree branch, given any, path string) map[string]any {
	own, ok := given.(map[string]any)
	if !ok && given != nil {
		c.complain(path, "must hold keys of its own, not %s", describe(given))
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		at := path + "." + name
		switch node := tree[name].(type) {
		case nil:
			c.complain(at, "is not known%s", suggest(name, tree))
		case key:
			if node.moved != "" {
				c.complain(at, "belongs to %s", node.moved)
			}
		}
	}
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		at := path + "." + name
		switch node := tree[name].(type) {
		case branch:
			out[name] = c.branch(node, own[name], at)
		case key:
			if node.moved != "" {
				continue
			}
			out[name] = node.def
			if v, has := own[name]; has {
				out[name] = c.value(node, v, at)
			}
		}
	}
	return out
}

// value is a given value in the one form that the client reads; one of a wrong form is a problem and stands for the default.
func (c *profileCheck) value(k key, given any, path string) any {
	v, wanted := inForm(k.form, given)
	switch {
	case v == nil:
		c.complain(path, "must be %s, not %s", wanted, describe(given))
		return k.def
	case len(k.values) > 0 && !slices.Contains(k.values, v.(string)):
		c.complain(path, "must be one of %s, not %q", strings.Join(quoted(k.values), ", "), v)
		return k.def
	}
	return v
}

// inForm gives nil and what is wanted when the value has another form.
func inForm(f form, given any) (v any, wanted string) {
	switch f {
	case formInt:
		if n, ok := whole(given); ok && n >= 0 {
			return n, ""
		}
		return nil, "a whole number, 0 or more"
	case formBool:
		if b, ok := given.(bool); ok {
			return b, ""
		}
		return nil, "true or false"
	case formNum:
		if s := scalar(given); decimalText.MatchString(s) {
			return s, ""
		}
		return nil, "a decimal number"
	case formTexts:
		return texts(given), "a list of texts"
	case formRules:
		return ruleList(given), "a list of {field: NAME, in: [VALUE, …]}"
	case formMap:
		return nameMap(given), "names with a text each"
	}
	if given == nil {
		return "", ""
	}
	if s, ok := given.(string); ok {
		return s, ""
	}
	if s := scalar(given); s != "" {
		return s, ""
	}
	return nil, "a text"
}

// whole takes the integers that a YAML reader may give.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case uint64:
		return int64(min(n, math.MaxInt64)), true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	}
	return 0, false
}

// scalar is the text of a scalar that YAML read as something else, such as a code of digits.
func scalar(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	if n, ok := whole(v); ok {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

func texts(given any) any {
	list, ok := given.([]any)
	if !ok {
		return nil
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		s := scalar(e)
		if s == "" {
			return nil
		}
		out = append(out, s)
	}
	return out
}

func ruleList(given any) any {
	list, ok := given.([]any)
	if !ok {
		return nil
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		m, _ := e.(map[string]any)
		field, isText := m["field"].(string)
		in := texts(m["in"])
		if !isText || field == "" || in == nil || len(m) != 2 {
			return nil
		}
		out = append(out, map[string]any{"field": field, "in": in})
	}
	return out
}

func nameMap(given any) any {
	m, ok := given.(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]any, len(m))
	for name, v := range m {
		s := scalar(v)
		if s == "" && v != "" {
			return nil
		}
		out[name] = s
	}
	return out
}

func describe(v any) string {
	switch x := v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case string:
		return strconv.Quote(x)
	}
	return fmt.Sprint(v)
}

func quoted(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strconv.Quote(v)
	}
	return out
}

// suggest names the known key that a person may have meant: one that differs by case, dashes or a letter at an end.
func suggest(name string, tree branch) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(s))
	}
	for _, known := range slices.Sorted(maps.Keys(tree)) {
		a, b := plain(name), plain(known)
		if a == b || len(a) > 3 && (strings.HasPrefix(b, a) || strings.HasPrefix(a, b) && len(b) > 3) {
			return "; did you mean " + known + "?"
		}
	}
	return ""
}
