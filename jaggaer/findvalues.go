package jaggaer

import (
	"context"
	"slices"
	"strings"

	connector "ml-connector"
)

// valuesAFilter is how many values one filter names, so that addresses stay short.
const valuesAFilter = 100

// findValue looks one custom field value up.
func (i *Instance) findValue(ctx context.Context, q query, field, value string) ([]item, error) {
	found, err := i.findValues(ctx, q, field, []string{value})
	if err != nil {
		return nil, err
	}
	return found[value], nil
}

// findValues looks many values of one field up with few calls: by a filter that names them, or, where this customer's
// JAGGAER refuses such a filter, by the list of the field.
func (i *Instance) findValues(ctx context.Context, q query, field string, values []string) (map[string][]item, error) {
	out := map[string][]item{}
	for chunk := range slices.Chunk(values, valuesAFilter) {
		theirs := map[string]string{} // as this customer spells them, to ours
		for _, v := range chunk {
			theirs[i.opts.templated(field, v)] = v
		}
		match := func(it item) (bool, error) {
			_, wanted := theirs[strings.TrimSpace(plainText(member(it.header, q.e.external)))]
			return wanted && plainText(it.header["fieldInternalName"]) == field, nil
		}
		list := q
		list.enough = len(theirs)
		list.filter = i.valueFilter(q.e, field, theirs)
		items, err := i.search(ctx, list, match)
		if connector.CodeOf(err) == connector.Misconfigured && len(chunk) > 1 {
			list.filter = equals("fieldInternalName", field)
			items, err = i.search(ctx, list, match)
		}
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			ours := theirs[strings.TrimSpace(plainText(member(it.header, q.e.external)))]
			out[ours] = append(out[ours], it)
		}
	}
	return out, nil
}

// valueFilter is field and values; the field alone when a value can't stand in a filter.
func (i *Instance) valueFilter(e entity, field string, theirs map[string]string) string {
	of := equals("fieldInternalName", field)
	names := make([]string, 0, len(theirs))
	for v := range theirs {
		if strings.ContainsAny(v, unfilterable) {
			return of
		}
		names = append(names, v)
	}
	slices.Sort(names)
	and := i.opts.profile.text("rest", "filter_and")
	if of == "" {
		and = ""
	}
	if len(names) == 1 {
		return of + and + e.external + "==" + names[0]
	}
	return of + and + e.external + "=in=(" + strings.Join(names, ",") + ")"
}

// FindBatch answers look-ups of custom field values together, field by field; other Kinds one by one.
func (i *Instance) FindBatch(ctx context.Context, ls []connector.Lookup) ([][]connector.Found, error) {
	out := make([][]connector.Found, len(ls))
	fields := map[string][]int{}
	var order []string
	for n, l := range ls {
		field := l.Document.Text("fieldInternalName")
		if l.Kind != connector.GLAccount || l.Any || l.ID != "" || field == "" {
			found, err := i.Find(ctx, l)
			if err != nil {
				return nil, err
			}
			out[n] = found
			continue
		}
		if fields[field] == nil {
			order = append(order, field)
		}
		fields[field] = append(fields[field], n)
	}
	if len(order) == 0 {
		return out, nil
	}
	e := i.opts.entities[connector.GLAccount]
	for _, field := range order {
		var values []string
		for _, n := range fields[field] {
			if v := ls[n].Document.Text("value"); v != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		items, err := i.findValues(ctx, query{e: e, op: "look up " + e.name}, field, values)
		if err != nil {
			return nil, err
		}
		for _, n := range fields[field] {
			out[n] = i.foundItems(connector.GLAccount, e, items[ls[n].Document.Text("value")])
		}
	}
	return out, nil
}
