package jaggaer

import (
	"context"
	"maps"
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
// JAGGAER refuses such a filter, by the list of the field. So those are looked for that can't stand in a filter.
func (i *Instance) findValues(ctx context.Context, q query, field string, values []string) (map[string][]item, error) {
	out := map[string][]item{}
	var plain, odd []string
	for _, v := range values {
		if i.filterable(i.opts.templated(field, v)) {
			plain = append(plain, v)
		} else {
			odd = append(odd, v)
		}
	}
	for chunk := range slices.Chunk(plain, valuesAFilter) {
		if err := i.findChunk(ctx, q, field, chunk, out); err != nil {
			return nil, err
		}
	}
	if len(odd) > 0 {
		q.odd = odd[0]
		return out, i.findChunk(ctx, q, field, odd, out)
	}
	return out, nil
}

func (i *Instance) findChunk(ctx context.Context, q query, field string, chunk []string, out map[string][]item) error {
	theirs := map[string]string{} // as this customer spells them, to ours
	for _, v := range chunk {
		theirs[i.opts.templated(field, v)] = v
	}
	match := func(it item) (bool, error) {
		_, wanted := theirs[strings.TrimSpace(plainText(member(it.header, q.e.external)))]
		return wanted && plainText(it.header["fieldInternalName"]) == field, nil
	}
	whole, _ := i.equals("fieldInternalName", field)
	q.enough, q.filter = len(theirs), whole
	if q.odd == "" {
		q.filter = i.valueFilter(q.e, field, slices.Sorted(maps.Keys(theirs)))
	}
	items, err := i.search(ctx, q, match)
	if connector.CodeOf(err) == connector.Misconfigured && len(chunk) > 1 && q.odd == "" {
		q.filter = whole
		items, err = i.search(ctx, q, match)
	}
	if err != nil {
		return err
	}
	for _, it := range items {
		ours := theirs[strings.TrimSpace(plainText(member(it.header, q.e.external)))]
		out[ours] = append(out[ours], it)
	}
	return nil
}

// valueFilter is field and values, which can stand in a filter.
func (i *Instance) valueFilter(e entity, field string, values []string) string {
	of, _ := i.equals("fieldInternalName", field)
	if of != "" {
		of += i.opts.profile.text("rest", "filter_and")
	}
	if len(values) == 1 {
		return of + e.external + "==" + values[0]
	}
	return of + e.external + "=in=(" + strings.Join(values, ",") + ")"
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
