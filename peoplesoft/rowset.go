package peoplesoft

import (
	"bytes"
	"slices"

	connector "ml-connector"
)

// record is one level of a rowset message with what its FieldTypes declare (PEOPLESOFT.md §4.3).
type record struct {
	name   string
	fields []field
	lists  []*record
}

type field struct{ name, kind string }

// topKeys is how many fields of the top level of a rowset message are keys, which the levels below repeat; each of those has one.
const topKeys = 2

// rows gives the elements of a Document as a rowset message has them, and notes in types what it used. Blank fields are left out.
func (i *Instance) rows(op, entity string, d connector.Document, fields []connector.Field, types *record) ([]node, error) {
	list, err := i.nodes(op, d, nil, fields, topKeys, func(field string, _, _ bool) string { return i.spelled(entity, field) })
	return declare(list, fields, topKeys, nil, types), err
}

// declare adds the keys of the levels above to rows that are ready, and notes in types what they use.
func declare(list []node, fields []connector.Field, keys int, above []node, types *record) []node {
	out, known := slices.Clone(above), slices.Clone(above)
	for _, n := range above {
		types.use(n.name, map[bool]string{true: "NUMBER", false: "CHAR"}[n.number])
	}
	for at, n := range list {
		f := connector.Field{Type: connector.TypeText}
		for _, x := range fields {
			if x.Name == n.name {
				f = x
			}
		}
		if n.group {
			out = append(out, node{name: n.name, group: true, kids: declare(n.kids, f.Fields, 1, known, types.list(n.name))})
			continue
		}
		n.number = f.Type == connector.TypeNumber
		types.use(n.name, map[connector.FieldType]string{connector.TypeNumber: "NUMBER", connector.TypeDate: "DATE", connector.TypeText: "CHAR"}[f.Type])
		out = append(out, n)
		if at < keys {
			known = append(known, n)
		}
	}
	return out
}

func (r *record) use(name, kind string) {
	if !slices.ContainsFunc(r.fields, func(f field) bool { return f.name == name }) {
		r.fields = append(r.fields, field{name, kind})
	}
}

func (r *record) list(name string) *record {
	for _, l := range r.lists {
		if l.name == name {
			return l
		}
	}
	l := &record{name: name}
	r.lists = append(r.lists, l)
	return l
}

// pscama closes a Transaction: action is A for what is added, C for what is changed.
func (i *Instance) pscama(action string) ([]node, *record) {
	values := []node{{name: "LANGUAGE_CD", text: i.profile.voucher.language}, {name: "AUDIT_ACTN", text: action}, {name: "BASE_LANGUAGE_CD", text: i.profile.voucher.language},
		{name: "MSG_SEQ_FLG"}, {name: "PROCESS_INSTANCE", text: "0"}, {name: "PUBLISH_RULE_ID"}, {name: "MSGNODENAME"}}
	types := &record{name: "PSCAMA"}
	for _, v := range values {
		kind := "CHAR"
		if v.name == "PROCESS_INSTANCE" {
			kind = "NUMBER"
		}
		types.fields = append(types.fields, field{v.name, kind})
	}
	return values, types
}

// transactionPart is one record of a Transaction: its rows, and what FieldTypes declare of it.
type transactionPart struct {
	rows  []node
	types *record
}

// rowsetMessage writes a whole message of one Transaction, FieldTypes for exactly what is used.
func rowsetMessage(root string, parts ...transactionPart) []byte {
	var b bytes.Buffer
	b.WriteString("<" + root + "><FieldTypes>")
	for _, p := range parts {
		writeTypes(&b, p.types)
	}
	b.WriteString("</FieldTypes><MsgData><Transaction>")
	for _, p := range parts {
		writeRowset(&b, p.types.name, p.rows)
	}
	b.WriteString("</Transaction></MsgData></" + root + ">")
	return b.Bytes()
}

func writeTypes(b *bytes.Buffer, r *record) {
	b.WriteString("<" + r.name + ` class="R">`)
	for _, f := range r.fields {
		b.WriteString("<" + f.name + ` type="` + f.kind + `"/>`)
	}
	for _, l := range r.lists {
		writeTypes(b, l)
	}
	b.WriteString("</" + r.name + ">")
}

func writeRowset(b *bytes.Buffer, name string, list []node) {
	b.WriteString("<" + name + ` class="R">`)
	for _, n := range list {
		if n.group {
			writeRowset(b, n.name, n.kids)
			continue
		}
		writeXML(b, []node{n}, "")
	}
	b.WriteString("</" + name + ">")
}
