package peoplesoft

import (
	"context"
	"net/http"
	"strings"

	connector "ml-connector"
)

// changeSupplier changes a supplier by effective date (PEOPLESOFT.md §4.2): what the supplier has now is read, only what
// differs is sent, and a row that is dated is never edited: one of today with the whole content is inserted, or that of today
// is corrected. When somebody entered one meanwhile, what is there is read and compared once more.
func (i *Instance) changeSupplier(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	return again(func() (connector.Receipt, error) { return i.tryChange(ctx, op, w) }, rowConcurrent, rowExists, rowKeyExists)
}

func (i *Instance) tryChange(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	c := i.component(connector.Supplier)
	d, prev := w.Document.Clone(), w.Previous
	if w.Operation == connector.OpCancel {
		d, prev = connector.Document{}, nil
		for k, v := range i.profile.vendor.cancel {
			d[k] = v
		}
	}
	if err := setKeys(op, c, d, w.TargetID); err != nil {
		return connector.Receipt{}, err
	}
	now, err := i.supplierNow(ctx, op, c, d.Text(c.keys[0]), d.Text(c.keys[1]))
	if err != nil {
		return connector.Receipt{}, err
	}
	x := i.newChange(op, c)
	x.blind = c.transport != soapTransport && c.transport != restTransport
	list, err := x.level(d, prev, c.schema.Fields, now, len(c.keys))
	if err != nil {
		return connector.Receipt{}, err
	}
	if len(list) == len(c.keys) {
		return connector.Receipt{ID: w.TargetID, Warnings: []string{"PeopleSoft holds it already; nothing was sent"}}, nil
	}
	if c.transport == messageTransport {
		return i.updateSupplier(ctx, op, w.TargetID, list)
	}
	verb := i.profile.vendor.updateVerb
	if x.inserts {
		verb = verbUpdate // UpdateData knows only rows that are there
	}
	return i.put(ctx, c, verb, d, list)
}

// supplierNow is the supplier as it stands: whole, by the Component Interface where we write through one, else as the
// look-up by its number shows it.
func (i *Instance) supplierNow(ctx context.Context, op string, c component, place, number string) (*element, error) {
	if c.transport == soapTransport || c.transport == restTransport {
		return i.get(ctx, op, c, place, number)
	}
	vs, err := i.byID(ctx, connector.Supplier, place+"/"+number)
	if err != nil {
		return nil, err
	}
	if len(vs) != 1 {
		return nil, connector.Errorf(connector.NotFound, op, "PeopleSoft has no supplier %s/%s, or row security hides it", place, number).Advise("Look for it in PeopleSoft as the user of this Connection.")
	}
	return treeOf(vendorRecord, vs[0].Mirror, c.schema.Fields), nil
}

// get reads a document whole through its Component Interface.
func (i *Instance) get(ctx context.Context, op string, c component, place, number string) (*element, error) {
	r := request{op: op}
	keys := []node{{name: i.profile.prefixKey + c.keys[0], text: place}, {name: i.profile.prefixKey + c.keys[1], text: number}}
	if c.transport == restTransport {
		r.method, r.door, r.header = http.MethodGet, doorREST, map[string]string{"Accept": "application/json"}
		r.path = i.path(i.profile.restURL[c.doc], c.ci, "") + "?" + keys[0].name + "=" + escape(place) + "&" + keys[1].name + "=" + escape(number)
	} else {
		i.soapRequest(&r, c, verbGet, keys)
	}
	resp, err := i.call(ctx, r)
	if err != nil {
		return nil, err
	}
	a := readAnswer(resp, i.profile.fallback)
	e := i.holder(a.tree, c.keys[1], number)
	if a.status < 200 || a.status >= 300 || len(a.errors()) > 0 || e == nil {
		f := i.fail(op, a, false)
		if f.has(setCI) && f.row == rowNoDocument {
			f.err.Code = connector.NotFound
		}
		return nil, f
	}
	return e, nil
}

// holder is the element that holds a key with this value: the document itself, whatever is around it.
func (i *Instance) holder(e *element, key, value string) *element {
	if e == nil {
		return nil
	}
	if v := i.property(e, key); v != nil && strings.EqualFold(v.value(), value) && len(e.kids) > 2 {
		return e
	}
	for _, k := range e.kids {
		if found := i.holder(k, key, value); found != nil {
			return found
		}
	}
	return nil
}

// property is the child of a field's name, whatever prefix it has here.
func (i *Instance) property(e *element, field string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if i.bare(k.name) == strings.ToUpper(field) {
			return k
		}
	}
	return nil
}

// bare is a name without the prefix that generated services put before it.
func (i *Instance) bare(name string) string {
	name = strings.ToUpper(name)
	for _, p := range []string{i.profile.prefixKey, i.profile.prefixProp, i.profile.prefixColl, "KEYPROP_", "PROP_", "COLL_"} {
		if cut, ok := strings.CutPrefix(name, strings.ToUpper(p)); ok && p != "" {
			return cut
		}
	}
	return name
}

// treeOf is a Document as the tree that an answer would be, fields in the order of the Schema.
func treeOf(name string, d connector.Document, fields []connector.Field) *element {
	e := &element{name: name}
	for _, f := range fields {
		if t, ok := d[f.Name].(string); ok && f.Type != connector.TypeList {
			e.kids = append(e.kids, &element{name: f.Name, text: t})
		}
	}
	for _, f := range fields {
		if f.Type != connector.TypeList {
			continue
		}
		for _, row := range d.List(f.Name) {
			e.kids = append(e.kids, treeOf(f.Name, row, f.Fields))
		}
	}
	return e
}
