package peoplesoft

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/alike"
)

// group is what one row says of one record: its fields that are not blank. The stamp of the last change is no content.
func (e entity) group(r row, alias string) map[string]any { return e.fields(r, alias, false) }

// known is the same with the blank ones, "", for a Mirror: there a missing field means that nothing is known of it.
func (e entity) known(r row, alias string) map[string]any { return e.fields(r, alias, true) }

func (e entity) fields(r row, alias string, blanks bool) map[string]any {
	out := map[string]any{}
	for _, c := range e.columns {
		v, ok := r[c.alias+"."+c.name]
		if c.alias != alias || c.form == formStamp || !ok || v == "" && !blanks {
			continue
		}
		out[c.name] = v
	}
	return out
}

// level is one level of a document below its header.
type level struct {
	alias, key string // record of the query, and the field that numbers its rows
	list       string // name of the list that holds it
}

// nest builds the lists of a document from its rows: one group per number, sorted by it, blank numbers (the empty side of
// an outer join) left out.
func (e entity) nest(rows []row, levels []level, fields func(row, string) map[string]any) []any {
	if len(levels) == 0 {
		return nil
	}
	l := levels[0]
	at := map[string]int{}
	var keys []string
	var members [][]row
	for _, r := range rows {
		k := r[l.alias+"."+l.key]
		if k == "" {
			continue
		}
		n, ok := at[k]
		if !ok {
			n = len(keys)
			at[k] = n
			keys, members = append(keys, k), append(members, nil)
		}
		members[n] = append(members[n], r)
	}
	order := make([]int, len(keys))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareNumbers(keys[a], keys[b]) })
	out := make([]any, 0, len(order))
	for _, n := range order {
		g := fields(members[n][0], l.alias)
		if len(levels) > 1 {
			if below := e.nest(members[n], levels[1:], fields); len(below) > 0 {
				g[levels[1].list] = below
			}
		}
		out = append(out, g)
	}
	return out
}

// compareNumbers orders whole numbers without a sign by value.
func compareNumbers(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

var (
	reqLevels     = []level{{"B", "LINE_NBR", "REQ_LINE"}, {"C", "SCHED_NBR", "REQ_LINE_SHIP"}, {"D", "DISTRIB_LINE_NUM", "REQ_LN_DISTRIB"}}
	poLevels      = []level{{"B", "LINE_NBR", "PO_LINE"}, {"C", "SCHED_NBR", "PO_LINE_SHIP"}, {"D", "DISTRIB_LINE_NUM", "PO_LINE_DISTRIB"}}
	voucherLevels = []level{{"B", "VOUCHER_LINE_NUM", "VCHR_LINE_STG"}, {"C", "DISTRIB_LINE_NUM", "VCHR_DIST_STG"}}
)

// supplier builds the Version of a supplier; ADDRESS, LOCATION and PAY are there when their row is.
func (i *Instance) supplier(setid string, e entity, rows []row) (connector.Version, error) {
	r := rows[0]
	d := connector.Document(e.group(r, "A"))
	if d["SETID"] == nil {
		d["SETID"] = setid
	}
	for _, g := range []struct{ alias, key, name string }{{"B", "B.ADDRESS_SEQ_NUM", "ADDRESS"}, {"C", "C.VNDR_LOC", "LOCATION"}, {"D", "D.PYMNT_METHOD", "PAY"}} {
		if r[g.key] != "" {
			d[g.name] = e.group(r, g.alias)
		}
	}
	name := strings.TrimSpace(d.Text("NAME1") + " " + d.Text("NAME2"))
	id := d.Text("VENDOR_ID")
	v := connector.Version{ID: setid + "/" + id, Numbers: numbers(id, d.Text("AR_NUM")), Title: name, Name: name, Document: d, Mirror: supplierMirror(e, r)}
	v.Stamp, v.Ours = i.stamp(e, r), strings.HasPrefix(d.Text("AR_NUM"), ourSupplier)
	v.Traits.Names = []string{name}
	if address, ok := connector.AsMap(d["ADDRESS"]); ok {
		v.Traits.Places = []alike.Place{place(address)}
		v.Traits.Country = v.Traits.Places[0].Country
	}
	switch d.Text("VENDOR_STATUS") {
	case "A":
		v.Standing = connector.Usable
	case "E":
		v.Standing = connector.Pending
	case "I", "D", "X":
		v.Standing = connector.Refused
	}
	return v, needKey("VENDOR_ID", id)
}

// supplierMirror is a supplier in the names that a create uses (PEOPLESOFT.md §4.2).
func supplierMirror(e entity, r row) connector.Document {
	m := connector.Document(e.known(r, "A"))
	address, location := e.known(r, "B"), e.known(r, "C")
	if seq := r["B.ADDRESS_SEQ_NUM"]; seq != "" {
		delete(address, "ADDRESS_SEQ_NUM")
		m["VNDR_ADDR_SCROL"] = []any{map[string]any{"ADDRESS_SEQ_NUM": seq, "VENDOR_ADDR": []any{address}}}
	}
	if loc := r["C.VNDR_LOC"]; loc != "" {
		delete(location, "VNDR_LOC")
		m["VNDR_LOC_SCROL"] = []any{map[string]any{"VNDR_LOC": loc, "DEFAULT_LOC_FLG": "Y", "VENDOR_LOC": []any{location}}}
	}
	return m
}

// account builds the Version of a value of any ChartField: the second column of its query is the value.
func (i *Instance) account(setid string, e entity, rows []row) (connector.Version, error) {
	r, field := rows[0], e.columns[1].name
	value := r["A."+field]
	d := connector.Document(e.group(r, "A"))
	delete(d, field)
	d["SETID"], d["FIELD"], d["VALUE"], d["INTERNAL_NAME"] = setid, field, value, i.internalName(field)
	v := connector.Version{ID: setid + "/" + field + "/" + value, Numbers: numbers(value), Title: strings.TrimSpace(value + " " + d.Text("DESCR")), Document: d, Standing: connector.Refused}
	if d.Text("EFF_STATUS") == "A" && d.Text("BUDGETARY_ONLY") != "Y" && d.Text("STATISTICS_ACCOUNT") != "Y" {
		v.Standing = connector.Usable
	}
	return v, needKey(field, value)
}

// internalName is what the other side calls a ChartField.
func (i *Instance) internalName(field string) string {
	for _, cf := range i.profile.chartfields {
		if cf.field == field {
			return cf.internalName
		}
	}
	return "Account"
}

// requisition builds the Version of a requisition with lines, schedules and distributions.
func (i *Instance) requisition(unit string, e entity, rows []row) (connector.Version, error) {
	d := connector.Document(e.group(rows[0], "A"))
	if lines := e.nest(rows, reqLevels, e.group); len(lines) > 0 {
		d["REQ_LINE"] = lines
	}
	id := d.Text("REQ_ID")
	v := connector.Version{ID: unit + "/" + id, Numbers: numbers(id), Title: "Requisition " + unit + " " + id, Stamp: i.stamp(e, rows[0]), Document: d}
	if err := needKey("REQ_ID", id); err != nil {
		return v, err
	}
	if d["REQ_LINE"] == nil {
		return v, errors.New("the query gave a requisition without lines")
	}
	return v, nil
}

// order builds the Version of a purchase order, header only where the query gives no more. It is its own Mirror.
func (i *Instance) order(unit string, e entity, rows []row) (connector.Version, error) {
	d, m := connector.Document(e.group(rows[0], "A")), connector.Document(e.known(rows[0], "A"))
	if lines := e.nest(rows, poLevels, e.group); len(lines) > 0 {
		d["PO_LINE"], m["PO_LINE"] = lines, e.nest(rows, poLevels, e.known)
	}
	id := d.Text("PO_ID")
	v := connector.Version{ID: unit + "/" + id, Numbers: numbers(id, d.Text("PO_REF")), Title: "Purchase order " + unit + " " + id, Stamp: i.stamp(e, rows[0]),
		Names: named(connector.Requisition, rows, "D.BUSINESS_UNIT_REQ", "D.REQ_ID", unit), Document: d, Mirror: m}
	v.Ours = d.Text("PO_REF") != ""
	switch d.Text("PO_STATUS") {
	case "X", "PX", "DA", "LD":
		v.Standing = connector.Refused
	case "D", "C":
		v.Standing = connector.Usable
	default:
		v.Standing = connector.Usable
		if i.profile.po.requireDispatched {
			v.Standing = connector.Pending
		}
	}
	return v, needKey("PO_ID", id)
}

// voucher builds the Version of a voucher, header only where the query gives no more.
func (i *Instance) voucher(unit string, e entity, rows []row) (connector.Version, error) {
	d, m := connector.Document(e.group(rows[0], "A")), connector.Document(e.known(rows[0], "A"))
	if lines := e.nest(rows, voucherLevels, e.group); len(lines) > 0 {
		d["VCHR_LINE_STG"], m["VCHR_LINE_STG"] = lines, e.nest(rows, voucherLevels, e.known)
	}
	id := d.Text("VOUCHER_ID")
	return connector.Version{ID: unit + "/" + id, Numbers: numbers(id, d.Text("INVOICE_ID")), Title: fmt.Sprintf("Voucher %s %s, invoice %s", unit, id, d.Text("INVOICE_ID")),
		Stamp: i.stamp(e, rows[0]), Names: named(connector.PurchaseOrder, rows, "B.BUSINESS_UNIT_PO", "B.PO_ID", unit), Ours: ourVoucher.MatchString(id), Document: d, Mirror: m}, needKey("VOUCHER_ID", id)
}

// The numbers that only we give (FLOWS.md): those of suppliers that we made, and of vouchers.
const ourSupplier = "JGR-"

var ourVoucher = regexp.MustCompile(`^[JK][0-9]{7}$`)

// named lists the documents of a Kind that rows refer to by business unit and number, each once: the requisitions of an
// order's distributions, the orders of a voucher's lines (PEOPLESOFT.md §3.6). A blank unit is the document's own.
func named(k connector.Kind, rows []row, unitColumn, idColumn, unit string) []connector.Ref {
	var out []connector.Ref
	told := map[string]bool{}
	for _, r := range rows {
		if r[idColumn] == "" {
			continue
		}
		id := cmp.Or(r[unitColumn], unit) + "/" + r[idColumn]
		if !told[id] {
			told[id] = true
			out = append(out, connector.Ref{Kind: k, IDs: []string{id}})
		}
	}
	return out
}

// stamp is the time of change as received, "" where the query has none.
func (i *Instance) stamp(e entity, r row) string {
	delta := i.delta(entityOf(e.name))
	if delta == "" {
		return ""
	}
	alias, field := qualified(delta)
	return r[alias+"."+field]
}
