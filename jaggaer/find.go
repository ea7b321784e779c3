package jaggaer

import (
	"context"
	"net/http"
	"strings"

	connector "ml-connector"
)

// Find looks a Document's keys up, or an ID: suppliers by ERPNumber, else by SQIntegrationNumber (as the import matches,
// JAGGAER.md §5.4); requisitions by their external number; custom field values by field and value; purchase orders by
// poNumber. Every hit is checked to carry the key. Errors are those of Read; throttled comes at once, with its Wait.
func (i *Instance) Find(ctx context.Context, l connector.Lookup) ([]connector.Found, error) {
	e, fault := i.readable(l.Kind)
	if fault != nil {
		fault.Op = "look up " + e.name
		return nil, fault
	}
	q := query{e: e, op: "look up " + e.name}
	items, err := i.lookUp(ctx, l, q)
	if err != nil {
		return nil, err
	}
	if l.ID != "" && l.Kind != connector.GLAccount && e.detail != "none" {
		items = []item{{key: l.ID, id: l.ID}}
	}
	if l.Any {
		return i.foundItems(l.Kind, e, items), nil
	}
	return i.found(ctx, l.Kind, e, items)
}

func (i *Instance) lookUp(ctx context.Context, l connector.Lookup, q query) ([]item, error) {
	switch {
	case l.Any:
		page, err := i.page(ctx, q, 1)
		return page.items, err
	case l.Kind == connector.GLAccount:
		field, value := l.Document.Text("fieldInternalName"), l.Document.Text("value")
		if l.ID != "" {
			field, value, _ = strings.Cut(l.ID, "/")
		}
		return i.findValue(ctx, q, field, value)
	case l.ID != "":
		if q.e.detail != "none" {
			return nil, nil
		}
		return i.searchFor(ctx, q, q.e.id, l.ID, has(q.e.id, l.ID))
	}
	for _, k := range lookupKeys(l) {
		field := q.e.customerField(k.field)
		match := has(field, k.value)
		if l.Kind == connector.Requisition {
			match = i.carries(ctx, q, field, k.value)
		}
		items, err := i.searchFor(ctx, q, field, k.value, match)
		if err != nil || len(items) > 0 {
			return items, err
		}
	}
	return nil, nil
}

// lookupKey is a header field, in its canonical name, and the value that it must have.
type lookupKey struct{ field, value string }

// lookupKeys are the keys of what was or would be written, the strongest first.
func lookupKeys(l connector.Lookup) []lookupKey {
	d := l.Document
	var keys []lookupKey
	add := func(field string, values ...string) {
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" {
				keys = append(keys, lookupKey{field, v})
				return
			}
		}
	}
	switch l.Kind {
	case connector.Supplier:
		add("erpNumber", d.Text("ERPNumber"))
		add("sqIntegrationNumber", d.Text("SQIntegrationNumber"))
	case connector.Requisition:
		add("externalRequisitionNumber", d.Text("ExternalReq"), d.Text("RequisitionName"))
	case connector.PurchaseOrder:
		add("poNumber", d.Text("poNumber"), d.Text("header.poNumber"))
	case connector.Invoice:
		add("invoiceNumber", d.Text("invoiceNumber"), d.Text("header.invoiceNumber"))
	}
	return keys
}

// carries matches requisitions by their external number. A list that does not show it leaves the detail's custom field
// (req_external_field) to tell.
func (i *Instance) carries(ctx context.Context, q query, field, value string) matcher {
	const looks = 25 // details read for one look-up, at most
	done := 0
	return func(it item) (bool, error) {
		if member(it.header, field) != nil {
			return has(field, value)(it)
		}
		if done++; done > looks || q.e.detail == "none" {
			return false, connector.Errorf(connector.Misconfigured, q.op, "lists of requisitions do not show %s, so that a look-up can't be trusted", field).
				Advise("Check entities.requisition.external of the profile.")
		}
		c := call{op: q.op, method: http.MethodGet, url: i.address(q.e, it.key), resource: q.e.path, timeout: readTimeout}
		carried := false
		err := i.read(ctx, c, func(resp *connector.Response) error {
			record, fault := i.takeDetail(c, q.e, it.key, resp)
			switch {
			case fault == nil:
				carried = i.externalNumber(headerOf(q.e, record), field) == value
			case fault.Code != connector.NotFound:
				return fault.Error
			}
			return nil
		})
		return carried, err
	}
}

// externalNumber is that of a requisition's header: the field itself, else the custom field that it is kept in.
func (i *Instance) externalNumber(header map[string]any, field string) string {
	if v := strings.TrimSpace(plainText(member(header, field))); v != "" {
		return v
	}
	return fieldOf(header, i.opts.profile.text("req_external_field"))
}

// found reads the details of hits: a supplier can be compared only by its whole content.
func (i *Instance) found(ctx context.Context, kind connector.Kind, e entity, items []item) ([]connector.Found, error) {
	outcomes, err := i.details(ctx, kind, e, items, false)
	if err != nil {
		return nil, err
	}
	out := make([]connector.Found, 0, len(outcomes))
	for _, o := range outcomes {
		switch {
		case o.problem == nil:
			out = append(out, asFound(o.version))
		case o.problem.Err.Code != connector.NotFound:
			return nil, o.problem.Err
		}
	}
	return out, nil
}

// asFound keeps what a look-up is asked for. Document is nil for Kinds that are not written here, or can't be changed.
func asFound(v connector.Version) connector.Found {
	return connector.Found{ID: v.ID, Numbers: v.Numbers, Title: v.Title, Standing: v.Standing, Version: v.Stamp, Document: v.Mirror}
}

// foundItems tells of listed records only what the list shows.
func (i *Instance) foundItems(kind connector.Kind, e entity, items []item) []connector.Found {
	var out []connector.Found
	for _, it := range items {
		if v, fault := i.version(kind, e, it.raw); fault == nil {
			f := asFound(v)
			if kind != connector.GLAccount {
				f.Document = nil
			}
			out = append(out, f)
		}
	}
	return out
}
