package jaggaer

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// query is one list to be read.
type query struct {
	e       entity
	op      string
	filter  string // "" = none
	patient bool
	once    bool
	odd     string // what the list is looked through for, because it can't stand in a filter
	enough  int    // hits after which a look-up reads no further, 0 = it reads on
}

// address is where an entity's list, or below it a detail, is.
func (i *Instance) address(e entity, tail ...string) string {
	parts := []string{i.opts.url + "/" + strings.Trim(i.opts.profile.text("rest", "api_prefix"), "/"), e.module}
	if v := i.opts.profile.text("rest", "version"); v != "" {
		parts = append(parts, v)
	}
	parts = append(parts, e.path)
	for _, t := range tail {
		parts = append(parts, url.PathEscape(t))
	}
	return strings.Join(parts, "/")
}

// escaped percent-encodes a query value whole, a space as %20 (JAGGAER.md §3.4).
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// page reads one page of a list, beginning at a position counted from 1.
func (i *Instance) page(ctx context.Context, q query, start int) (listing, error) {
	p := i.opts.profile
	address := i.address(q.e) + "?" + p.text("rest", "start_param") + "=" + strconv.Itoa(start-1+p.int("rest", "start_base"))
	if q.filter != "" {
		address += "&" + p.text("rest", "filter_param") + "=" + escaped(q.filter)
	}
	c := call{op: q.op, method: http.MethodGet, url: address, resource: q.e.path, timeout: readTimeout, patient: q.patient, once: q.once}
	var out listing
	err := i.read(ctx, c, func(resp *connector.Response) (fault error) {
		out, fault = i.takePage(c, q.e, resp)
		return fault
	})
	return out, err
}

func (i *Instance) takePage(c call, e entity, resp *connector.Response) (listing, error) {
	if resp.Status != http.StatusOK {
		return listing{}, i.statusFault(c, resp)
	}
	body, err := decodeObject(resp.Body)
	if err != nil {
		return listing{}, i.unreadable(c, resp)
	}
	if r := readReturned(body); r.failed() {
		return listing{}, queryRefused(c.op, e, r.message)
	}
	elements, total, err := readList(e, body)
	switch {
	case errors.Is(err, errTruncated):
		return listing{}, connector.Errorf(connector.Unavailable, c.op, "the answer was cut: it speaks of %s records and holds another number", rawText(body["returnedRecords"])).
			Advise("It is read again by itself.")
	case err != nil:
		return listing{}, connector.Errorf(connector.Misconfigured, c.op, "the list has a shape that the profile does not describe").
			Advise("Check entities.%s.list_key (now %s) and item_key (now %s) of the profile against the raw answer.", e.name, e.listKey, e.itemKey)
	}
	out := listing{total: total, items: make([]item, 0, len(elements))}
	named := false
	for _, element := range elements {
		it := readItem(e, element)
		named = named || it.key != ""
		out.items = append(out.items, it)
	}
	if len(out.items) > 0 && !named {
		return listing{}, connector.Errorf(connector.Misconfigured, c.op, "no record of the list has the field %s", e.id).
			Advise("Check entities.%s.id and header_key of the profile against the raw answer.", e.name)
	}
	return out, nil
}

// window is the filter for records that changed in [from, to); "" when the entity can't be asked so or the read is of the
// whole. Stamps have milliseconds, so the borders are cut to those.
func (i *Instance) window(e entity, from, to time.Time) string {
	p := i.opts.profile
	var terms []string
	if e.filterField != "" && !from.IsZero() {
		layout := p.text("rest", "filter_time_format")
		terms = append(terms, e.filterField+p.text("rest", "filter_ge")+from.UTC().Format(layout))
		if !to.IsZero() {
			terms = append(terms, e.filterField+p.text("rest", "filter_lt")+to.UTC().Format(layout))
		}
	}
	if e.extraFilter != "" {
		terms = append(terms, oneTerm(e.extraFilter))
	}
	return strings.Join(terms, p.text("rest", "filter_and"))
}

// oneTerm puts parentheses around a filter that gives a choice outside of any: the window is meant for each of its parts.
func oneTerm(filter string) string {
	depth := 0
	for _, r := range filter {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			return "(" + filter + ")"
		}
	}
	return filter
}

// within keeps the items of the window. One that lies outside by more than the overlap shows that the server does not
// filter at all (JAGGAER.md §3.4).
func (i *Instance) within(op string, e entity, from, to time.Time, items []item) ([]item, error) {
	if from.IsZero() {
		return items, nil
	}
	from, to = from.Truncate(time.Millisecond), to.Truncate(time.Millisecond)
	out := make([]item, 0, len(items))
	for _, it := range items {
		at := instant(it.stamp)
		early := !at.IsZero() && at.Before(from)
		late := !at.IsZero() && !to.IsZero() && !at.Before(to)
		if !early && !late {
			out = append(out, it)
			continue
		}
		if e.filterField != "" && (at.Before(from.Add(-i.opts.overlap)) || late && at.After(to.Add(i.opts.overlap))) {
			return nil, connector.Errorf(connector.Misconfigured, op, "the server ignored our filter: record %s changed %s, outside the time that was asked for", it.id, it.stamp).
				Advise("The date filter has no effect; check filter_field (entities.%s.filter_field, now %s) and rest.filter_param of the profile.", e.name, e.filterField)
		}
	}
	return out, nil
}
