package mapping

import "fmt"

func concat(p ...any) (any, error) {
	out := []any{}
	for _, v := range p {
		out = append(out, toList(v)...)
	}
	return out, nil
}

func first(p ...any) (any, error) {
	if l := toList(p[0]); len(l) > 0 {
		return l[0], nil
	}
	return nil, nil
}

// uniq keeps the first of equal single values, and no blanks.
func uniq(p ...any) (any, error) {
	seen, out := map[string]bool{}, []any{}
	for _, v := range toList(p[0]) {
		s, err := toText(v)
		if err != nil {
			return nil, err
		}
		if !seen[s] && !isBlank(s) {
			out = append(out, v)
		}
		seen[s] = true
	}
	return out, nil
}

// group puts elements of equal keys together: [{key, items}], in the order in which the keys come first.
func group(p ...any) (any, error) {
	list, keys := toList(p[0]), toList(p[1])
	if len(list) != len(keys) {
		return nil, fmt.Errorf("%d elements can't be grouped by %d keys", len(list), len(keys))
	}
	at, out := map[string]int{}, []any{}
	for i, v := range list {
		key, err := toText(keys[i])
		if err != nil {
			return nil, err
		}
		n, known := at[key]
		if !known {
			n, at[key] = len(out), len(out)
			out = append(out, map[string]any{"key": key, "items": []any{}})
		}
		g, _ := asMap(out[n])
		g["items"] = append(toList(g["items"]), v)
	}
	return out, nil
}

// zip makes a group of fields of names and values; a blank name or value is left out.
func zip(p ...any) (any, error) {
	names, values := toList(p[0]), toList(p[1])
	if len(names) != len(values) {
		return nil, fmt.Errorf("%d names can't have %d values", len(names), len(values))
	}
	out := make(map[string]any, len(names))
	for i, v := range names {
		name, err := toText(v)
		if err != nil {
			return nil, err
		}
		if name != "" && !isBlank(values[i]) {
			out[name] = values[i]
		}
	}
	return out, nil
}

// merge is all fields of several groups; a later one wins.
func merge(p ...any) (any, error) {
	out := map[string]any{}
	for _, v := range p {
		m, ok := asMap(v)
		if !ok && !isBlank(v) {
			return nil, fmt.Errorf("%s has no fields to merge", kindOf(v))
		}
		for k, e := range m {
			out[k] = e
		}
	}
	return out, nil
}

// keys are the names of the fields of a group, sorted.
func keys(v any) (any, error) {
	m, ok := asMap(v)
	if !ok && !isBlank(v) {
		return nil, fmt.Errorf("%s has no fields", kindOf(v))
	}
	out := []any{}
	for _, k := range sortedKeys(m) {
		out = append(out, k)
	}
	return out, nil
}

// flatten puts the elements of lists into one list.
func flatten(p ...any) (any, error) {
	out := []any{}
	for _, v := range toList(p[0]) {
		out = append(out, toList(v)...)
	}
	return out, nil
}
