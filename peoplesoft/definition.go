package peoplesoft

import (
	"regexp"
	"slices"
	"strings"
)

// joined is one record of a query: its alias, its name, and how it is joined to those before it.
type joined struct {
	alias, name string
	outer       bool
	on          []string // criteria of the join
}

// definition is how a query is built in PeopleSoft (PEOPLESOFT.md §3.7), but for what its columns and prompts say already.
type definition struct {
	records  []joined
	criteria []string // besides those of the prompts
	order    string
	notes    []string
}

// same are the criteria that some fields of two records are equal.
func same(alias, other, fields string) []string {
	var out []string
	for f := range strings.FieldsSeq(fields) {
		out = append(out, alias+"."+f+"="+other+"."+f)
	}
	return out
}

// inForce is the criterion that a row is the one of its key that is in force on a day: the greatest EFFDT until then.
func inForce(alias, name, key, day string) string {
	inner := alias + "2"
	return alias + ".EFFDT=(SELECT MAX(" + inner + ".EFFDT) FROM " + name + " " + inner + "\n           WHERE " + strings.Join(same(inner, alias, key), " AND ") + " AND " + inner + ".EFFDT<=" + day + ")"
}

// below joins a record under those before it by the key that they share.
func below(alias, name, other, key string, outer bool) joined {
	return joined{alias, name, outer, same(alias, other, key)}
}

func (r joined) and(criteria ...string) joined {
	r.on = append(r.on, criteria...)
	return r
}

// definition is how the author of an entity's query builds it.
func (i *Instance) definition(e entity) definition {
	switch e.name {
	case entPing:
		return definition{records: []joined{{alias: "A", name: "PSSTATUS"}}, notes: []string{"Any record of one row will do: what counts is that one row comes back."}}
	case entBU:
		return definition{records: []joined{{alias: "A", name: "BUS_UNIT_TBL_FS"}}, order: "A.BUSINESS_UNIT"}
	case entVendor, entVendorByID, entVendorByExt:
		return vendorDefinition()
	case entVendorAddresses, entVendorLocations, entVendorContacts, entVendorBank, entVendorTax:
		return listDefinition(e.name)
	case entReq:
		return documentDefinition("REQ_ID", "REQ_HDR", "REQ_LINE", "REQ_LINE_SHIP", "REQ_LN_DISTRIB")
	case entPO, entPOByID:
		return documentDefinition("PO_ID", "PO_HDR", "PO_LINE", "PO_LINE_SHIP", "PO_LINE_DISTRIB")
	case entPOByRef:
		return definition{records: []joined{{alias: "A", name: "PO_HDR"}}, order: "A.PO_ID"}
	case entVoucher:
		return definition{order: "A.VOUCHER_ID,B.VOUCHER_LINE_NUM,C.DISTRIB_LINE_NUM", criteria: []string{"A.VOUCHER_STYLE<>'TMPL'"}, records: []joined{{alias: "A", name: "VOUCHER"},
			below("B", "VOUCHER_LINE", "A", "BUSINESS_UNIT VOUCHER_ID", false), below("C", "DISTRIB_LINE", "B", "BUSINESS_UNIT VOUCHER_ID VOUCHER_LINE_NUM", true)}}
	case entVchrByID:
		return definition{records: []joined{{alias: "A", name: "VOUCHER"}}}
	case entVchrByInv:
		return definition{records: []joined{{alias: "A", name: "VOUCHER"}}, criteria: []string{"A.ENTRY_STATUS<>'X'"}, order: "A.VOUCHER_ID"}
	case entVchrStage:
		return definition{records: []joined{{alias: "A", name: "VCHR_HDR_STG"}}}
	case entVchrPreedit:
		return definition{records: []joined{{alias: "A", name: "VCHR_HDR_QV"}}}
	case entReceipt:
		return definition{order: "A.RECEIVER_ID,B.RECV_LN_NBR,B.RECV_SHIP_SEQ_NBR", records: []joined{{alias: "A", name: "RECV_HDR"}, below("B", "RECV_LN_SHIP", "A", "BUSINESS_UNIT RECEIVER_ID", false)}}
	case entPayment, entPayments:
		order := "A.PYMNT_CNT"
		if e.name == entPayments {
			order = "A.VOUCHER_ID,A.PYMNT_CNT"
		}
		return definition{order: order, records: []joined{{alias: "A", name: "PYMNT_VCHR_XREF"},
			below("B", "PAYMENT_TBL", "A", "BANK_SETID BANK_CD BANK_ACCT_KEY PYMNT_ID REMIT_SETID REMIT_VENDOR", true)}}
	}
	return i.chartDefinition(e)
}

func vendorDefinition() definition {
	address := below("B", "VENDOR_ADDR", "A", "SETID VENDOR_ID", true).and("B.ADDRESS_SEQ_NUM=A.PRIM_ADDR_SEQ_NUM", inForce("B", "VENDOR_ADDR", "SETID VENDOR_ID ADDRESS_SEQ_NUM", "CURRENT_DATE"))
	location := below("C", "VENDOR_LOC", "A", "SETID VENDOR_ID", true).and("C.VNDR_LOC=A.DEFAULT_LOC", inForce("C", "VENDOR_LOC", "SETID VENDOR_ID VNDR_LOC", "CURRENT_DATE"))
	pay := below("D", "VENDOR_PAY", "C", "SETID VENDOR_ID VNDR_LOC EFFDT", true).and("D.SEQ_NUM=1")
	return definition{records: []joined{{alias: "A", name: "VENDOR"}, address, location, pay}, order: "A.VENDOR_ID", notes: []string{outerNote}}
}

// listDefinition is the query of a supplier's list: rows in force today, inactive ones too.
func listDefinition(name string) definition {
	key := "SETID VENDOR_ID"
	vendor := joined{alias: "A", name: "VENDOR"}
	location := below("C", "VENDOR_LOC", "A", key, false).and(inForce("C", "VENDOR_LOC", key+" VNDR_LOC", "CURRENT_DATE"))
	d := definition{order: "A.VENDOR_ID"}
	switch name {
	case entVendorAddresses:
		d.records = []joined{vendor, below("B", "VENDOR_ADDR", "A", key, false).and(inForce("B", "VENDOR_ADDR", key+" ADDRESS_SEQ_NUM", "CURRENT_DATE"))}
	case entVendorLocations:
		d.records = []joined{vendor, location}
	case entVendorContacts:
		d.records = []joined{vendor, below("B", "VENDOR_CNTCT", "A", key, false).and(inForce("B", "VENDOR_CNTCT", key+" CNTCT_SEQ_NUM", "CURRENT_DATE"))}
	case entVendorBank:
		d.records = []joined{vendor, location, below("B", "VNDR_BANK_ACCT", "C", key+" VNDR_LOC EFFDT", false)}
	case entVendorTax:
		d.records = []joined{vendor, below("B", "VENDOR_ID_NBRS", "A", key, false)}
		d.notes = []string{"One number of each qualifier: where a supplier has several, let the query choose."}
	}
	for _, l := range vendorLists() {
		if l.entity != name {
			continue
		}
		d.order += "," + strings.Join(l.keys, ",")
		d.criteria = []string{afterRow(append([]string{"A.VENDOR_ID"}, l.keys...), strings.Fields("AFTER_ID "+afterPrompts(l)))}
		if len(l.secret) > 0 {
			d.notes = append(d.notes, "Of "+strings.Join(l.secret, ", ")+" only the last four characters and a keyed digest are kept; the answer itself is kept nowhere.")
		}
	}
	return d
}

// afterPrompts are the prompts that go on within one supplier.
func afterPrompts(l vendorList) string {
	prompts, _ := shapesOf(l.entity)
	return strings.TrimPrefix(prompts, "SETID AFTER_ID ")
}

// afterRow is the criterion that a row comes after the one whose keys the prompts give.
func afterRow(columns, prompts []string) string {
	c := columns[0] + ">:" + prompts[0]
	if len(columns) == 1 {
		return c
	}
	return "(" + c + " OR " + columns[0] + "=:" + prompts[0] + " AND " + afterRow(columns[1:], prompts[1:]) + ")"
}

// outerNote is the trap of effective dates on the outer side of a join.
const outerNote = "The date criterion of an outer record belongs into the ON clause (newer Query tools); else build it over a view. As a WHERE criterion it would drop whoever has no such row."

func documentDefinition(id, header, line, schedule, distribution string) definition {
	key := "BUSINESS_UNIT " + id
	return definition{order: "A." + id + ",B.LINE_NBR,C.SCHED_NBR,D.DISTRIB_LINE_NUM", records: []joined{{alias: "A", name: header}, below("B", line, "A", key, false),
		below("C", schedule, "B", key+" LINE_NBR", false), below("D", distribution, "C", key+" LINE_NBR SCHED_NBR", true)}}
}

// chartDefinition is the query of a ChartField: its value in force, inactive ones too.
func (i *Instance) chartDefinition(e entity) definition {
	field := e.columns[1].name
	name := i.chartRecord(field)
	d := definition{records: []joined{{alias: "A", name: name}}, criteria: []string{inForce("A", name, "SETID "+field, ":ASOF")}, order: "A." + field,
		notes: []string{"Inactive values (EFF_STATUS I) stand in the answer too: no criterion on EFF_STATUS."}}
	if field == "PROJECT_ID" || field == "ACTIVITY_ID" {
		d.notes = append(d.notes, name+" is keyed by BUSINESS_UNIT_PC and has no effective date: build the query over a view that adds the SETID of the business unit and an EFFDT.")
	}
	return d
}

// chartRecord is the record of a ChartField's values: the site's, else the one of PEOPLESOFT.md §3.6.
func (i *Instance) chartRecord(field string) string {
	for _, cf := range i.profile.chartfields {
		if cf.field == field && cf.record != "" {
			return cf.record
		}
	}
	delivered := map[string]string{"ACCOUNT": "GL_ACCOUNT_TBL", "ALTACCT": "ALTACCT_TBL", "DEPTID": "DEPT_TBL", "OPERATING_UNIT": "OPER_UNIT_TBL", "PRODUCT": "PRODUCT_TBL", "FUND_CODE": "FUND_TBL",
		"CLASS_FLD": "CLASS_CF_TBL", "PROGRAM_CODE": "PROGRAM_TBL", "BUDGET_REF": "BUD_REF_TBL", "PROJECT_ID": "PROJECT", "ACTIVITY_ID": "PROJ_ACTIVITY"}
	if r := delivered[field]; r != "" {
		return r
	}
	return field + "_TBL"
}

// criterion is what a prompt asks of the rows, "" when another criterion holds it.
func (i *Instance) criterion(e entity, prompt string) string {
	key := strings.SplitN(i.definition(e).order, ",", 2)[0]
	switch prompt {
	case "SETID":
		return "A.SETID=:SETID"
	case "BU":
		return "A.BUSINESS_UNIT=:BU"
	case "AFTER_ID", "AFTER_KEY", "AFTER_BU":
		if e.prompts[len(e.prompts)-1] != prompt && strings.HasPrefix(e.prompts[len(e.prompts)-1], "AFTER_") {
			return "" // one criterion holds all keys of a row
		}
		return key + ">:" + prompt
	case "AFTER_SEQ", "AFTER_LOC", "AFTER_QUAL":
		return ""
	case "FROM_DT":
		alias, field := qualified(i.delta(e.name))
		return alias + "." + field + ">=:FROM_DT"
	case "EXT_ID":
		return "A.AR_NUM=:EXT_ID"
	case "ASOF":
		return ""
	}
	return "A." + prompt + "=:" + prompt
}

var (
	columnToken = regexp.MustCompile(`\b[A-Z]\.[A-Z0-9_]+\b`)
	promptToken = regexp.MustCompile(`:[A-Z_]+\b`)
)

// sql is the query as SQL, in this site's names; PS Query shows records without the prefix PS_ that the database has.
func (i *Instance) sql(e entity) string {
	d := i.definition(e)
	var where []string
	for _, p := range e.prompts {
		if c := i.criterion(e, p); c != "" {
			where = append(where, c)
		}
	}
	where = append(where, d.criteria...)
	var b strings.Builder
	b.WriteString(wrapped("SELECT ", i.selected(e), ","))
	for n, r := range d.records {
		switch {
		case n == 0:
			b.WriteString("\nFROM " + r.name + " " + r.alias)
		case r.outer:
			b.WriteString("\n" + wrapped("LEFT JOIN "+r.name+" "+r.alias+" ON ", r.on, " AND "))
		default:
			b.WriteString("\n" + wrapped("JOIN "+r.name+" "+r.alias+" ON ", r.on, " AND "))
		}
	}
	if len(where) > 0 {
		b.WriteString("\n" + wrapped("WHERE ", where, " AND "))
	}
	if d.order != "" {
		b.WriteString("\nORDER BY " + d.order)
	}
	return i.inOurPlace(e, b.String())
}

// inOurPlace puts the site's names of columns and prompts in the place of ours.
func (i *Instance) inOurPlace(e entity, sql string) string {
	names := map[string]string{}
	for _, c := range e.columns {
		if own := c.keys[0]; strings.Contains(own, ".") {
			names[c.alias+"."+c.name] = own
		}
	}
	sql = columnToken.ReplaceAllStringFunc(sql, func(t string) string {
		if own, ok := names[t]; ok {
			return own
		}
		return t
	})
	return promptToken.ReplaceAllStringFunc(sql, func(t string) string { return ":" + e.promptName(t[1:]) })
}

// selected are the columns of the SELECT, in the order of our list; one that the site answers under a name without an alias
// gets that name.
func (i *Instance) selected(e entity) []string {
	var out []string
	for _, c := range e.columns {
		t := c.alias + "." + c.name
		if own := c.keys[0]; !strings.Contains(own, ".") {
			t += " AS " + own
		}
		if !c.extra {
			out = append(out, t)
		}
	}
	return out
}

// promptName is a prompt's unique prompt name at this site.
func (e entity) promptName(ours string) string {
	if own := e.spec.prompts[ours]; own != "" && slices.Contains(e.prompts, ours) {
		return own
	}
	return ours
}

// wrapped puts parts after a beginning, on lines of bearable length.
func wrapped(beginning string, parts []string, between string) string {
	const most = 118
	lines := []string{beginning}
	for n, p := range parts {
		if n < len(parts)-1 {
			p += strings.TrimRight(between, " ")
		}
		last := &lines[len(lines)-1]
		switch {
		case n == 0:
			*last += p
		case len(*last)+1+len(p) > most:
			lines = append(lines, "       "+p)
		default:
			*last += strings.Repeat(" ", len(between)-len(strings.TrimLeft(between, " "))) + p
		}
	}
	return strings.Join(lines, "\n")
}
