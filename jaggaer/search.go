package jaggaer

import (
	"context"
	"strings"

	connector "ml-connector"
)

// maxSearchPages bounds a look-up whose filter the server ignores: then the list is looked through.
const maxSearchPages = 100

// reserved are characters that have a meaning in a filter (JAGGAER.md §3.4), or in the URI that a server may decode once more. No
// way is known to quote them there.
const reserved = "();,*'\"\\\t=<>!~%"

// matcher says whether an item is what is looked for; an error means that it can't be told.
type matcher func(item) (bool, error)

// search gives the items of a list that match. It does not believe the filter: each hit is checked, and when others come
// the list is read to its end, so that "none" is said only of a list that was seen.
func (i *Instance) search(ctx context.Context, q query, match matcher) ([]item, error) {
	var hits []item
	at := firstPlace()
	for range maxSearchPages {
		l, err := i.page(ctx, q, at.Start)
		if at.Probe && connector.CodeOf(err) == connector.Misconfigured {
			l, err = listing{total: -1}, nil
		}
		if err != nil {
			return nil, err
		}
		a, fault := at.step(l, i.opts.profile.int("rest", "page_overlap"))
		if fault != nil {
			fault.Op = q.op
			return nil, fault
		}
		strangers := false
		for _, it := range a.fresh {
			hit, err := match(it)
			if err != nil {
				return nil, err
			}
			if hit {
				hits = addItem(hits, it)
			}
			strangers = strangers || !hit
		}
		whole := at.Start == 1 && !strangers && l.total >= 0 && len(l.items) >= l.total // one page holds all hits
		if a.done || whole || q.enough > 0 && len(hits) >= q.enough {
			return hits, nil
		}
		at = a.next
	}
	if q.odd != "" {
		return nil, connector.Errorf(connector.Invalid, q.op, "%q holds characters with which no filter can be trusted, and the list %s is too long to be looked through for it (over %d pages)", q.odd, q.e.path, maxSearchPages).
			Advise("Look for it in JAGGAER. If it is there, link the two with `ml-connector link`; otherwise give it a number of letters, digits, - and /.")
	}
	return nil, connector.Errorf(connector.Misconfigured, q.op, "the server ignores the filter %s, and the list is too long to be looked through", q.filter).
		Advise("Check entities.%s.external and rest.filter_param of the profile.", q.e.name)
}

func addItem(items []item, it item) []item {
	for n := range items {
		if items[n].key == it.key {
			items[n] = it
			return items
		}
	}
	return append(items, it)
}

// searchFor gives the items of a list whose field has a value. A filter shows it where that is surely understood. What it does not show
// of a value with blanks, or with stars in place of what can't stand there, may be there all the same: then the list is looked through.
func (i *Instance) searchFor(ctx context.Context, q query, field, value string, match matcher) ([]item, error) {
	filter, sure := i.equals(field, value)
	if filter != "" {
		q.filter = filter
		items, err := i.search(ctx, q, match)
		if refused := !sure && connector.CodeOf(err) == connector.Misconfigured; sure || len(items) > 0 || err != nil && !refused {
			return items, err
		}
	}
	q.filter, q.odd = "", value
	return i.search(ctx, q, match)
}

// equals is the filter term field==value. Stars stand in place of what can't; "" when nothing else is left. Sure says that whoever
// reads the filter can only understand that very value.
func (i *Instance) equals(field, value string) (filter string, sure bool) {
	if i.filterable(value) {
		return field + "==" + value, !strings.Contains(value, " ")
	}
	var b strings.Builder
	and := i.opts.profile.text("rest", "filter_and")
	for part := range strings.FieldsFuncSeq(strings.ReplaceAll(value, and, "*"), func(r rune) bool { return strings.ContainsRune(reserved, r) }) {
		b.WriteString("*" + part)
	}
	if b.Len() == 0 {
		return "", false
	}
	return field + "==" + b.String() + "*", false
}

// filterable says that a value can stand in a filter as it is.
func (i *Instance) filterable(value string) bool {
	and := i.opts.profile.text("rest", "filter_and")
	return !strings.ContainsAny(value, reserved) && (and == "" || !strings.Contains(value, and))
}

// has matches items whose field holds exactly this value.
func has(field, value string) matcher {
	return func(it item) (bool, error) {
		return strings.TrimSpace(plainText(member(it.header, field))) == value, nil
	}
}

// customerField is this customer's name of a canonical header field.
func (e entity) customerField(canonical string) string {
	switch canonical {
	case e.canonicalExternal:
		return e.external
	case e.canonicalID:
		return e.id
	}
	return canonical
}

// keysAPage is how many keys one Read answers.
const keysAPage = 50

// readKeys reads the records of the keys. One that does not exist is left out: it is no record.
func (i *Instance) readKeys(ctx context.Context, kind connector.Kind, e entity, q connector.Query) (connector.Page, error) {
	at, ok := parsePlace(q.After)
	from := at.Start - 1
	if !ok || from > len(q.Keys) {
		return connector.Page{}, connector.Errorf(connector.Internal, "read "+e.name, "the place in the list of keys can't be read")
	}
	keys := q.Keys[from:min(from+keysAPage, len(q.Keys))]
	var page connector.Page
	for _, key := range keys {
		outcomes, err := i.byKey(ctx, kind, e, key)
		if err != nil {
			return connector.Page{}, err
		}
		for _, o := range outcomes {
			switch {
			case o.problem == nil:
				page.Versions = append(page.Versions, o.version)
			case o.problem.Err.Code != connector.NotFound:
				page.Problems = append(page.Problems, *o.problem)
			}
		}
	}
	if next := from + len(keys); next < len(q.Keys) {
		page.Next = place{Start: next + 1, Total: -1}.String()
	}
	return page, nil
}

func (i *Instance) byKey(ctx context.Context, kind connector.Kind, e entity, key connector.Key) ([]outcome, error) {
	op := "read " + e.name
	switch {
	case kind == connector.GLAccount:
		field, value, _ := strings.Cut(key.ID, "/")
		if value == "" {
			return nil, nil
		}
		items, err := i.findValue(ctx, query{e: e, op: op, patient: true}, field, value)
		if err != nil {
			return nil, err
		}
		return i.details(ctx, kind, e, items, true)
	case key.ID != "" && e.detail == "none":
		items, err := i.searchFor(ctx, query{e: e, op: op, patient: true}, e.id, key.ID, has(e.id, key.ID))
		if err != nil {
			return nil, err
		}
		return i.details(ctx, kind, e, items, true)
	case key.ID != "":
		o, err := i.detail(ctx, kind, e, key.ID, true)
		return []outcome{o}, err
	case key.Number == "":
		return nil, nil
	}
	for _, canonical := range numberFields(kind) {
		field := e.customerField(canonical)
		items, err := i.searchFor(ctx, query{e: e, op: op, patient: true}, field, key.Number, has(field, key.Number))
		if err != nil {
			return nil, err
		}
		if len(items) > 0 {
			return i.details(ctx, kind, e, items, true)
		}
	}
	return nil, nil
}
