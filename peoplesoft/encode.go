package peoplesoft

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"unicode/utf8"

	connector "ml-connector"
)

// upperFields are keys and codes that PeopleSoft's pages upper-case and its messages don't (PEOPLESOFT.md §7.3).
var upperFields = append(strings.Fields("BUSINESS_UNIT BUSINESS_UNIT_GL BUSINESS_UNIT_PO BUSINESS_UNIT_REQ SETID VENDOR_SETID VENDOR_ID REMIT_SETID REMIT_VENDOR PO_ID VOUCHER_ID REQ_ID BUSINESS_UNIT_PC"),
	strings.Fields(chartFieldColumns)...)

// clean is a field's value as it is sent: without what XML can't hold, with line feeds only, codes in upper case. A
// character beyond the first 65536 is refused where the database can't hold it (PEOPLESOFT.md §7.9).
func (i *Instance) clean(op, name, v string) (string, error) {
	if !isPrintable(v) {
		v = strings.ReplaceAll(v, "\r\n", "\n")
		v = strings.Map(func(r rune) rune {
			switch {
			case r == '\r':
				return '\n'
			case r < 0x20 && r != '\t' && r != '\n', r == 0xfffe, r == 0xffff:
				return -1
			}
			return r
		}, v)
		if !utf8.ValidString(v) {
			return "", connector.Errorf(connector.Invalid, op, "the field %s is not valid UTF-8", name)
		}
		if !i.profile.unicode && strings.IndexFunc(v, func(r rune) bool { return r > 0xffff }) >= 0 {
			return "", connector.Errorf(connector.Invalid, op, "the field %s holds a character that this PeopleSoft database can't hold: %q", name, clip(v, 60)).
				Advise("Take it out at the source.")
		}
	}
	if slices.Contains(upperFields, name) {
		v = strings.ToUpper(v)
	}
	return v, nil
}

// isPrintable says whether a text is ASCII without control characters, as almost every one is.
func isPrintable(v string) bool {
	for i := range len(v) {
		if v[i] < 0x20 || v[i] >= 0x7f {
			return false
		}
	}
	return true
}

// node is one element of what is written: a leaf with text, or a group.
type node struct {
	name   string
	text   string
	number bool
	group  bool
	kids   []node
}

// names spells the elements of a Component Interface at this site.
type names func(field string, key, list bool) string

// ciNames applies the profile's prefixes and the site's own names of our numbers.
func (i *Instance) ciNames(k connector.Kind) names {
	entity := entPO
	if k == connector.Supplier {
		entity = entVendor
	}
	return func(field string, key, list bool) string {
		switch field = i.spelled(entity, field); {
		case list:
			return i.profile.prefixColl + field
		case key:
			return i.profile.prefixKey + field
		}
		return i.profile.prefixProp + field
	}
}

// nodes puts a Document in the order of its Schema: fields, then fields that the Schema doesn't know, then lists. Blank
// fields are left out, as an absent element leaves the default; those that prev had are sent as blank.
func (i *Instance) nodes(op string, d, prev connector.Document, fields []connector.Field, keys int, spell names) ([]node, error) {
	out := make([]node, 0, len(d))
	var lists []node
	for n := range fields {
		f := &fields[n]
		if f.Type == connector.TypeList {
			for _, item := range d.List(f.Name) {
				kids, err := i.nodes(op, item, matching(prev.List(f.Name), item, f.Fields[0].Name), f.Fields, 1, spell)
				if err != nil {
					return nil, err
				}
				lists = append(lists, node{name: spell(f.Name, false, true), group: true, kids: kids})
			}
			continue
		}
		t, _ := d[f.Name].(string)
		if t == "" && prev.Text(f.Name) == "" {
			continue
		}
		leaf, err := i.fieldLeaf(op, f, t)
		if err != nil {
			return nil, err
		}
		leaf.name = spell(f.Name, n < keys, false)
		if leaf.text != "" || prev.Text(f.Name) != "" {
			out = append(out, leaf)
		}
	}
	var others []string
	for name, v := range d {
		if t, isText := v.(string); isText && t != "" && !slices.ContainsFunc(fields, func(f connector.Field) bool { return f.Name == name }) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		t, _ := d[name].(string)
		leaf, err := i.leaf(op, name, t, false)
		if err != nil {
			return nil, err
		}
		leaf.name = spell(name, false, false)
		out = append(out, leaf)
	}
	return append(out, lists...), nil
}

func (i *Instance) leaf(op, name, v string, number bool) (node, error) {
	v, err := i.clean(op, name, v)
	return node{name: name, text: v, number: number}, err
}

// fieldLeaf is a leaf that PeopleSoft can hold. The Schema has counted before; where it counts bytes, codes in upper case may have
// more of them.
func (i *Instance) fieldLeaf(op string, f *connector.Field, v string) (node, error) {
	leaf, err := i.leaf(op, f.Name, v, f.Type == connector.TypeNumber)
	if err != nil || !f.Bytes || leaf.text == "" {
		return leaf, err
	}
	for _, p := range (connector.Schema{Fields: []connector.Field{{Name: f.Name, Type: f.Type, Length: f.Length, Bytes: true}}}).Check(connector.Document{f.Name: leaf.text}) {
		return node{}, connector.Errorf(connector.Invalid, op, "the field %s %s, since this database is not Unicode: %q", f.Name, p.Message, clip(leaf.text, 60)).
			Advise("Shorten it at the source, or let the Flow's mapping cut it shorter (`cut`), then replay.")
	}
	return leaf, nil
}

// matching is the row of a list with the same key.
func matching(list []connector.Document, row connector.Document, key string) connector.Document {
	for _, d := range list {
		if d.Text(key) == row.Text(key) {
			return d
		}
	}
	return nil
}

// writeXML writes nodes; prefix is that of the namespace with its colon.
func writeXML(b *bytes.Buffer, list []node, prefix string) {
	for _, n := range list {
		b.WriteByte('<')
		b.WriteString(prefix)
		b.WriteString(n.name)
		if !n.group && n.text == "" {
			b.WriteString("/>")
			continue
		}
		b.WriteString(">")
		if n.group {
			writeXML(b, n.kids, prefix)
		} else {
			escapeXML(b, n.text)
		}
		b.WriteString("</")
		b.WriteString(prefix)
		b.WriteString(n.name)
		b.WriteByte('>')
	}
}

// escapeXML can't fail on a buffer.
func escapeXML(b *bytes.Buffer, t string) {
	if isPrintable(t) && !strings.ContainsAny(t, "<>&\"'") {
		b.WriteString(t)
		return
	}
	if err := xml.EscapeText(b, []byte(t)); err != nil {
		panic("writing to memory failed: " + err.Error())
	}
}

// writeJSON writes nodes as the members of an object in their order; groups of one name become a list, numbers stay digits.
func writeJSON(b *bytes.Buffer, list []node) {
	b.WriteByte('{')
	for n := 0; n < len(list); n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		writeJSONText(b, list[n].name)
		b.WriteByte(':')
		switch x := list[n]; {
		case x.group:
			b.WriteByte('[')
			writeJSON(b, x.kids)
			for ; n+1 < len(list) && list[n+1].name == x.name; n++ {
				b.WriteByte(',')
				writeJSON(b, list[n+1].kids)
			}
			b.WriteByte(']')
		case x.number && x.text != "" && decimalText(x.text) == x.text && plainNumber.MatchString(x.text):
			b.WriteString(x.text)
		default:
			writeJSONText(b, x.text)
		}
	}
	b.WriteByte('}')
}

func writeJSONText(b *bytes.Buffer, t string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(t); err != nil {
		panic("a text cannot be written as JSON: " + err.Error())
	}
	b.Truncate(b.Len() - 1)
}
