package peoplesoft

import (
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// effectiveDate is the first field of every record that is dated.
const effectiveDate = "EFFDT"

// change works out what is to be sent so that what stands in PeopleSoft becomes what a Document says.
type change struct {
	i       *Instance
	op      string
	spell   names
	today   string // in the base time zone of the database
	blind   bool   // what stands in PeopleSoft is seen in part only: the primary address, the default location
	inserts bool   // a row that is not there yet is among what is sent
}

func (i *Instance) newChange(op string, c component) change {
	return change{i: i, op: op, spell: i.spelling(c), today: i.now().In(i.config.zone).Format(time.DateOnly)}
}

// level gives the keys of one row, the fields of it that differ from what is there, and the rows below that differ. now is
// nil when the row is new: then all of it is sent.
func (x *change) level(d, prev connector.Document, fields []connector.Field, now *element, keys int) ([]node, error) {
	var out, lists []node
	for n := range fields {
		f := &fields[n]
		if f.Type == connector.TypeList {
			rows, err := x.list(f, d, prev, now)
			if err != nil {
				return nil, err
			}
			lists = append(lists, rows...)
			continue
		}
		v, blanked := d.Text(f.Name), d.Text(f.Name) == "" && prev.Text(f.Name) != ""
		if v == "" && !blanked || n >= keys && now != nil && x.same(f, v, now) {
			continue
		}
		leaf, err := x.i.fieldLeaf(x.op, f, v)
		if err != nil {
			return nil, err
		}
		leaf.name = x.spell(f.Name, n < keys, false)
		out = append(out, leaf)
	}
	return append(out, lists...), nil
}

// same says whether a field already has a value. One that PeopleSoft does not show is not known, and so is sent.
func (x *change) same(f *connector.Field, v string, now *element) bool {
	p := x.i.property(now, x.i.bare(x.spell(f.Name, false, false)))
	if p == nil {
		return false
	}
	have := p.value()
	switch f.Type {
	case connector.TypeNumber:
		return decimalText(have) == decimalText(v) || v == "" && decimalText(have) == "0"
	case connector.TypeDate:
		return dateText(have) == v
	}
	sent, err := x.i.clean(x.op, f.Name, v)
	return have == strings.TrimSpace(v) || err == nil && have == strings.TrimSpace(sent)
}

// list gives the rows of one list that differ. A row that the Document no longer has is ended, where its record is dated;
// others stay.
func (x *change) list(f *connector.Field, d, prev connector.Document, now *element) ([]node, error) {
	if f.Fields[0].Name == effectiveDate {
		return x.dated(f, d, prev, now)
	}
	var out []node
	key := f.Fields[0].Name
	items := d.List(f.Name)
	for _, old := range prev.List(f.Name) {
		if matching(items, old, key) == nil && x.row(now, f, old.Text(key)) != nil {
			items = append(items, ended(f, old, key))
		}
	}
	for _, item := range items {
		there := x.row(now, f, item.Text(key))
		if there == nil && x.blind && matching(prev.List(f.Name), item, key) != nil {
			return nil, connector.Errorf(connector.Conflict, x.op, "%s %s is not among what the look-up shows, so its content can't be carried over", f.Name, item.Text(key)).
				Advise("Make the change in PeopleSoft by hand, or write suppliers through a Component Interface (profile.write.vendor.transport), which reads them whole.")
		}
		kids, err := x.level(item, matching(prev.List(f.Name), item, key), f.Fields, there, 1)
		if err != nil {
			return nil, err
		}
		if there != nil && len(kids) < 2 {
			continue
		}
		x.inserts = x.inserts || there == nil
		out = append(out, node{name: x.spell(f.Name, false, true), group: true, kids: kids})
	}
	return out, nil
}

// ended is a row whose dated records are to be inactive from today.
func ended(f *connector.Field, old connector.Document, key string) connector.Document {
	d := connector.Document{key: old.Text(key)}
	for _, below := range f.Fields {
		if below.Type == connector.TypeList && below.Fields[0].Name == effectiveDate {
			d[below.Name] = []any{map[string]any{"EFF_STATUS": "I"}}
		}
	}
	return d
}

// row is the row of a list with this key.
func (x *change) row(now *element, f *connector.Field, key string) *element {
	if now == nil {
		return nil
	}
	for _, k := range now.kids {
		if p := x.i.property(k, f.Fields[0].Name); x.i.bare(k.name) == f.Name && p != nil && (p.value() == key || decimalText(p.value()) == decimalText(key)) {
			return k
		}
	}
	return nil
}

// dated gives the row of today with the whole content, when that differs from the one in force. What is in force is the row
// of the greatest date up to today; rows of the future stay as they are.
func (x *change) dated(f *connector.Field, d, prev connector.Document, now *element) ([]node, error) {
	items := d.List(f.Name)
	if len(items) == 0 {
		return nil, nil
	}
	item, before := items[len(items)-1].Clone(), connector.Document{}
	if old := prev.List(f.Name); len(old) > 0 {
		before = old[len(old)-1].Clone()
	}
	delete(before, effectiveDate)
	if item.Text(effectiveDate) <= x.today {
		item[effectiveDate] = x.today
	}
	current := x.inForce(f, now)
	if current == nil {
		if len(item) == 2 && item.Text("EFF_STATUS") == "I" {
			return nil, nil // there is nothing to end
		}
		kids, err := x.level(item, nil, f.Fields, nil, 1)
		x.inserts = true
		return []node{{name: x.spell(f.Name, false, true), group: true, kids: kids}}, err
	}
	changes, err := x.level(item, before, f.Fields, current, 1)
	if err != nil || len(changes) < 2 {
		return nil, err
	}
	x.inserts = x.inserts || x.i.property(current, effectiveDate).value() != x.today
	return []node{{name: x.spell(f.Name, false, true), group: true, kids: x.overlay(f.Fields, current, changes)}}, nil
}

// inForce is the row of a dated record with the greatest date up to today, nil when there is none.
func (x *change) inForce(f *connector.Field, now *element) *element {
	var best *element
	if now == nil {
		return nil
	}
	for _, k := range now.kids {
		p := x.i.property(k, effectiveDate)
		if x.i.bare(k.name) != f.Name || p == nil || dateText(p.value()) > x.today {
			continue
		}
		if best == nil || dateText(p.value()) > dateText(x.i.property(best, effectiveDate).value()) {
			best = k
		}
	}
	return best
}

// overlay is the content of a row with changes laid over it, in the row's own order, with everything below it.
func (x *change) overlay(fields []connector.Field, row *element, changes []node) []node {
	var out, below []node
	used := map[string]bool{}
	for _, k := range row.kids {
		if len(k.kids) > 0 {
			below = append(below, node{name: k.name, group: true, kids: x.overlay(nil, k, nil)})
			continue
		}
		n := node{name: k.name, text: strings.TrimRight(k.text, " ")}
		n.number = slices.ContainsFunc(fields, func(f connector.Field) bool { return f.Name == x.i.bare(k.name) && f.Type == connector.TypeNumber })
		if at := slices.IndexFunc(changes, func(c node) bool { return strings.EqualFold(c.name, k.name) }); at >= 0 {
			n = changes[at]
			used[n.name] = true
		}
		out = append(out, n)
	}
	for _, c := range changes {
		if !used[c.name] {
			out = append(out, c)
		}
	}
	return append(out, below...)
}
