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

// rowset is a rowset message in the making: which entity spells its fields, and how many fields of the top level are keys.
type rowset struct {
	op     string
	entity string
	keys   int
}

// rows gives the elements of one row, keys of the levels above first, and notes in types what it used. Blank fields are left
// out; those that prev had are sent as blank.
func (i *Instance) rows(s rowset, d, prev connector.Document, fields []connector.Field, above []node, types *record) ([]node, error) {
	out := slices.Clone(above)
	for _, n := range above {
		types.use(n.name, map[bool]string{true: "NUMBER", false: "CHAR"}[n.number])
	}
	keys := slices.Clone(above)
	most := s.keys
	if len(above) > 0 {
		most = 1
	}
	for n, f := range fields {
		if f.Type == connector.TypeList {
			continue
		}
		leaf, err := i.leaf(s.op, f.Name, d.Text(f.Name), f.Type == connector.TypeNumber)
		if err != nil {
			return nil, err
		}
		if leaf.text == "" && prev.Text(f.Name) == "" {
			continue
		}
		leaf.name = i.spelled(s.entity, f.Name)
		types.use(leaf.name, map[connector.FieldType]string{connector.TypeNumber: "NUMBER", connector.TypeDate: "DATE", connector.TypeText: "CHAR"}[f.Type])
		out = append(out, leaf)
		if n < most {
			keys = append(keys, leaf)
		}
	}
	for _, f := range fields {
		if f.Type != connector.TypeList {
			continue
		}
		for _, item := range d.List(f.Name) {
			kids, err := i.rows(s, item, matching(prev.List(f.Name), item, f.Fields[0].Name), f.Fields, keys, types.list(f.Name))
			if err != nil {
				return nil, err
			}
			out = append(out, node{name: f.Name, group: true, kids: kids})
		}
	}
	return out, nil
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
