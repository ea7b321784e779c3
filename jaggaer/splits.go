package jaggaer

import (
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
)

// splitMember holds the accounting strings in an answer (JAGGAER.md §4.1).
const splitMember = "splittableFieldSetGroupList"

// addSplits gives each line its splits and takes the vendor's nesting out. A line without splits of its own has the
// header's.
func (i *Instance) addSplits(doc connector.Document, raw, header map[string]any) {
	general := i.splits(header)
	lists, _ := raw["lineList"].(map[string]any)
	own, _ := doc["lineList"].(map[string]any)
	for name, v := range lists {
		rawLines, _ := v.([]any)
		lines, _ := own[name].([]any)
		at := 0
		for _, rawLine := range rawLines {
			if at == len(lines) || isEmpty(rawLine) {
				continue // convert left it out of the Document too
			}
			line, isLine := lines[at].(map[string]any)
			at++
			from, ok := rawLine.(map[string]any)
			if !isLine || !ok {
				continue
			}
			delete(line, splitMember)
			splits := i.splits(from)
			if splits == nil {
				splits = general
			}
			if splits != nil {
				line["splits"] = splits
			}
		}
	}
}

// splits works out [{type, value, fields}] of a header or line; nil when it has none. One split without type and value is
// the whole line.
func (i *Instance) splits(of map[string]any) []any {
	set := i.splitSet(of)
	if set == nil {
		return nil
	}
	p := i.opts.profile
	kind := strings.TrimSpace(plainText(anyCase(set, p.text("split_type_key"))))
	index, _ := member(set, "splittableFieldIndexList.splittableFieldIndex").([]any)
	type numbered struct {
		at    int
		split map[string]any
	}
	var all []numbered
	for n, e := range index {
		entry, _ := e.(map[string]any)
		fields := i.splitFields(entry)
		value := strings.TrimSpace(plainText(anyCase(entry, p.text("split_value_key"))))
		if len(fields) == 0 && value == "" {
			continue
		}
		at, err := strconv.Atoi(plainText(anyCase(entry, p.text("split_index_key"))))
		if err != nil {
			at = n
		}
		split := map[string]any{"type": kind, "value": value, "fields": fields}
		if kind == "" {
			split["type"] = p.text("split_default_type")
		}
		all = append(all, numbered{at, split})
	}
	if len(all) == 0 {
		return nil
	}
	if len(all) == 1 && all[0].split["value"] == "" {
		all[0].split["type"], all[0].split["value"] = "PercentOfPrice", "100"
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return a.at - b.at })
	out := make([]any, len(all))
	for n, s := range all {
		if s.split["value"] == "" {
			delete(s.split, "value")
		}
		out[n] = s.split
	}
	return out
}

// splitSet chooses the set to post from: of the group that holds split_group_key (two charts may stand side by side) the
// set of context Line. A lone group is taken as it is.
func (i *Instance) splitSet(of map[string]any) map[string]any {
	groups, _ := member(of, splitMember+".splittableFieldSetGroup").([]any)
	wanted := i.opts.profile.text("split_group_key")
	for _, g := range groups {
		group, _ := g.(map[string]any)
		if len(groups) > 1 && !i.holdsField(group, wanted) {
			continue
		}
		var chosen map[string]any
		for _, set := range objects(group["splittableFieldIndexSet"]) {
			if context := plainText(set["context"]); chosen == nil || context == "Line" && plainText(chosen["context"]) != "Line" {
				chosen = set
			}
		}
		return chosen
	}
	return nil
}

func (i *Instance) holdsField(group map[string]any, name string) bool {
	for _, set := range objects(group["splittableFieldIndexSet"]) {
		for _, entry := range objects(member(set, "splittableFieldIndexList.splittableFieldIndex")) {
			for _, v := range objects(member(entry, "customFieldValueList.customFieldValue")) {
				if plainText(v["internalName"]) == name {
					return true
				}
			}
		}
	}
	return false
}

// splitFields are the ChartFields of one split by internalName; blank ones, and those that hold empty_value, are left out.
func (i *Instance) splitFields(entry map[string]any) map[string]any {
	out := map[string]any{}
	for _, v := range objects(member(entry, "customFieldValueList.customFieldValue")) {
		name := strings.TrimSpace(plainText(v["internalName"]))
		value := strings.TrimSpace(plainText(v["value"]))
		if name == "" || value == "" || value == i.opts.profile.text("empty_value") {
			continue
		}
		out[name], _ = i.opts.plain(name, value)
	}
	return out
}

// objects are the elements of a list that are objects.
func objects(v any) []map[string]any {
	list, _ := v.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// anyCase finds a member whatever its case is: distributionValue, distributionvalue.
func anyCase(m map[string]any, name string) any {
	if v, ok := m[name]; ok {
		return v
	}
	for n, v := range m {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return nil
}
