package peoplesoft

import (
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
)

// fieldsOf reads a compact list of fields: NAME:40 is text of at most 40 characters, NAME#15.4 a number of 15 digits with 4
// after the point, NAME@ a date; a ! at the end means required, a + that a number has no sign.
func fieldsOf(list string) []connector.Field {
	var out []connector.Field
	for w := range strings.FieldsSeq(list) {
		f := connector.Field{Type: connector.TypeText, Required: strings.HasSuffix(w, "!")}
		w = strings.TrimSuffix(w, "!")
		f.Unsigned = strings.HasSuffix(w, "+")
		w = strings.TrimSuffix(w, "+")
		at := strings.IndexAny(w, ":#@")
		f.Name = w[:at]
		length, scale, _ := strings.Cut(w[at+1:], ".")
		f.Length, _ = strconv.Atoi(length)
		f.Scale, _ = strconv.Atoi(scale)
		switch w[at] {
		case '#':
			f.Type = connector.TypeNumber
		case '@':
			f.Type = connector.TypeDate
		}
		out = append(out, f)
	}
	return out
}

func listOf(name string, required bool, fields []connector.Field) connector.Field {
	return connector.Field{Name: name, Type: connector.TypeList, Required: required, Fields: fields}
}

// chartFields are the accounting fields of a distribution after ACCOUNT, with the lengths of PEOPLESOFT.md §3.6 or those of
// the site.
const chartFields = "ALTACCT:10 DEPTID:10 OPERATING_UNIT:8 PRODUCT:6 FUND_CODE:5 CLASS_FLD:5 PROGRAM_CODE:5 BUDGET_REF:8 AFFILIATE:5 AFFILIATE_INTRA1:10 AFFILIATE_INTRA2:10 " +
	"CHARTFIELD1:10 CHARTFIELD2:10 CHARTFIELD3:10 BUSINESS_UNIT_PC:5 PROJECT_ID:15 ACTIVITY_ID:15 RESOURCE_TYPE:5 ANALYSIS_TYPE:3"

// siteChartFields puts the site's own ChartFields and lengths into the fields of a distribution.
func siteChartFields(fields []connector.Field, p profile) []connector.Field {
	for _, cf := range p.chartfields {
		known := false
		for n := range fields {
			if fields[n].Name == cf.field {
				known = true
				if cf.length > 0 {
					fields[n].Length = cf.length
				}
				fields[n].Required = fields[n].Required || cf.required
			}
		}
		if !known {
			fields = append(fields, connector.Field{Name: cf.field, Label: cf.label, Type: connector.TypeText, Length: cf.length, Required: cf.required})
		}
	}
	return fields
}

// orderSchema is the Component Interface of a purchase order (PEOPLESOFT.md §4.1): keys first, then fields, then lists.
func orderSchema(p profile) connector.Schema {
	distribution := siteChartFields(fieldsOf("DISTRIB_LINE_NUM#5! BUSINESS_UNIT_GL:5 QTY_PO#15.4+ MERCHANDISE_AMT#26.3 ACCOUNT:10! "+chartFields+
		" BUSINESS_UNIT_REQ:5 REQ_ID:10 REQ_LINE_NBR#5 REQ_SCHED_NBR#3 REQ_DISTRIB_NBR#5"), p)
	schedule := append(fieldsOf("SCHED_NBR#3! DUE_DT@! SHIPTO_ID:10! QTY_PO#15.4+! PRICE_PO#15.5!"), listOf("PO_LINE_DISTRIB", true, distribution))
	line := append(fieldsOf("LINE_NBR#5! CANCEL_STATUS:1 INV_ITEM_ID:18 DESCR254_MIXED:254! CATEGORY_ID:5! UNIT_OF_MEASURE:3! ITM_ID_VNDR:50 MFG_ID:50"), listOf("PO_LINE_SHIP", true, schedule))
	return connector.Schema{Fields: append(fieldsOf("BUSINESS_UNIT:5! PO_ID:10! PO_STATUS:2 VENDOR_SETID:5 VENDOR_ID:10! VNDR_LOC:10 PO_TYPE:4 PO_DT@! PO_REF:30! BUYER_ID:30 CURRENCY_CD:3! "+
		"PYMNT_TERMS_CD:5 DISP_METHOD:3 ORIGIN:3 ACCOUNTING_DT@"), listOf("PO_LINE", true, line))}
}

// supplierSchema is the Component Interface of a supplier (PEOPLESOFT.md §4.2).
func supplierSchema() connector.Schema {
	address := append(fieldsOf("ADDRESS_SEQ_NUM#5! DESCR:30"),
		listOf("VENDOR_ADDR", true, fieldsOf("EFFDT@! EFF_STATUS:1! COUNTRY:3! ADDRESS1:55 ADDRESS2:55 ADDRESS3:55 ADDRESS4:55 CITY:30 COUNTY:30 STATE:6 POSTAL:12 EMAILID:70")))
	location := append(fieldsOf("VNDR_LOC:10! DESCR:30 DEFAULT_LOC_FLG:1"), listOf("VENDOR_LOC", true, fieldsOf("EFFDT@! EFF_STATUS:1! CURRENCY_CD:3 PYMNT_TERMS_CD:5 DISP_METHOD:3")))
	return connector.Schema{Fields: append(fieldsOf("SETID:5! VENDOR_ID:10! VENDOR_NAME_SHORT:14! NAME1:40! NAME2:40 VENDOR_STATUS:1! VENDOR_CLASS:1! VENDOR_PERSISTENCE:1! AR_NUM:15! "+
		"REMIT_SETID:5 REMIT_VENDOR:10"), listOf("VNDR_ADDR_SCROL", false, address), listOf("VNDR_LOC_SCROL", false, location))}
}

// externalMessageID is the field of a voucher's Document that travels beside the message, not in it.
const externalMessageID = "ExternalMessageID"

// voucherSchema is the message VOUCHER_BUILD (PEOPLESOFT.md §4.3). The keys that its lower levels repeat are not in it.
func voucherSchema(p profile) connector.Schema {
	distribution := siteChartFields(fieldsOf("DISTRIB_LINE_NUM#5! BUSINESS_UNIT_GL:5 ACCOUNT:10! MERCHANDISE_AMT#26.3! QTY_VCHR#15.4 "+chartFields), p)
	line := append(fieldsOf("VOUCHER_LINE_NUM#5! BUSINESS_UNIT_PO:5 PO_ID:10 LINE_NBR#5 SCHED_NBR#3 DESCR:30 MERCHANDISE_AMT#26.3! QTY_VCHR#15.4 UNIT_OF_MEASURE:3 UNIT_PRICE#15.5 "+
		"DESCR254_MIXED:254 BUSINESS_UNIT_GL:5"), listOf("VCHR_DIST_STG", false, distribution))
	fields := fieldsOf("BUSINESS_UNIT:5! VOUCHER_ID:8! VOUCHER_STYLE:4! INVOICE_ID:30! INVOICE_DT@! VENDOR_SETID:5 VENDOR_ID:10! VNDR_LOC:10 ADDRESS_SEQ_NUM#5 ORIGIN:3 ACCOUNTING_DT@ " +
		"GROSS_AMT#26.3! SALETX_AMT#26.3 FREIGHT_AMT#26.3 MISC_AMT#26.3 PYMNT_TERMS_CD:5 TXN_CURRENCY_CD:3! DUE_DT@ INVOICE_RCPT_DT@ VCHR_SRC:4 DESCR254_MIXED:254 " + externalMessageID + ":70!")
	for n := range fields {
		if fields[n].Name == "INVOICE_ID" {
			fields[n].Length = p.voucher.invoiceLength
		}
	}
	return connector.Schema{Fields: append(fields, listOf("VCHR_LINE_STG", true, line))}
}

// schemas are those of one Connection; nobody changes them.
type schemas struct{ order, supplier, voucher connector.Schema }

// makeSchemas makes them; a database that is not Unicode counts bytes (PEOPLESOFT.md §7.2).
func makeSchemas(p profile) schemas {
	all := schemas{orderSchema(p), supplierSchema(), voucherSchema(p)}
	if !p.unicode {
		all = schemas{inBytes(all.order), inBytes(all.supplier), inBytes(all.voucher)}
	}
	return all
}

func inBytes(s connector.Schema) connector.Schema {
	out := slices.Clone(s.Fields)
	for n := range out {
		out[n].Bytes = out[n].Type == connector.TypeText
		out[n].Fields = inBytes(connector.Schema{Fields: out[n].Fields}).Fields
	}
	return connector.Schema{Fields: out}
}
