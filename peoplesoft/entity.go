package peoplesoft

import (
	"fmt"
	"strings"
)

// columnForm is the form of a column's values.
type columnForm int

const (
	formText columnForm = iota
	formNumber
	formDate
	formStamp // kept as received
)

// column is one column of a query: its alias (which record of the query it comes from) and its field.
type column struct {
	alias, name string
	form        columnForm
	needed      bool     // without it a row can't be told apart or judged: an answer that lacks it is refused
	extra       bool     // read when it is there, and never asked for
	keys        []string // accepted in an answer, in their order
}

// prompt is a prompt by our name, with its value.
type prompt struct{ name, value string }

// entity is a query as we use it: what it is called here, its prompts in their order, and its columns.
type entity struct {
	name    string // of the profile
	spec    querySpec
	prompts []string // by our names
	columns []column
	status  map[string]map[string]string // per column: the site's own status values and the delivered ones that they stand for
}

// columnsOf reads a compact list: "A. SETID! VENDOR_ID! NAME1 AMT# EFFDT@ LAST~ B. …". A name that ends in a dot is an alias,
// ! marks a needed column, # a number, @ a date, ~ a stamp, ? one that is never asked for.
func columnsOf(list string) []column {
	var out []column
	alias := ""
	for w := range strings.FieldsSeq(list) {
		if strings.HasSuffix(w, ".") {
			alias = strings.TrimSuffix(w, ".")
			continue
		}
		c := column{alias: alias, needed: strings.Contains(w, "!"), extra: strings.Contains(w, "?")}
		switch {
		case strings.Contains(w, "#"):
			c.form = formNumber
		case strings.Contains(w, "@"):
			c.form = formDate
		case strings.Contains(w, "~"):
			c.form = formStamp
		}
		c.name = strings.TrimRight(w, "!#@~?")
		out = append(out, c)
	}
	return out
}

// chartFieldColumns are the ChartFields that PEOPLESOFT.md §3.6 delivers; a site's own are added from the profile.
const chartFieldColumns = "ACCOUNT ALTACCT DEPTID OPERATING_UNIT PRODUCT FUND_CODE CLASS_FLD PROGRAM_CODE BUDGET_REF AFFILIATE AFFILIATE_INTRA1 AFFILIATE_INTRA2 " +
	"CHARTFIELD1 CHARTFIELD2 CHARTFIELD3 BUSINESS_UNIT_PC PROJECT_ID ACTIVITY_ID RESOURCE_TYPE ANALYSIS_TYPE"

// The columns of PEOPLESOFT.md §3.6 and §3.7.
const (
	vendorColumns = "A. SETID! VENDOR_ID! VENDOR_NAME_SHORT NAME1! NAME2 VENDOR_STATUS! VENDOR_CLASS VENDOR_PERSISTENCE DEFAULT_LOC AR_NUM REMIT_SETID REMIT_VENDOR " +
		"B. ADDRESS_SEQ_NUM# EFFDT@ EFF_STATUS COUNTRY ADDRESS1 ADDRESS2 ADDRESS3 ADDRESS4 CITY COUNTY STATE POSTAL EMAILID " +
		"C. VNDR_LOC EFFDT@ EFF_STATUS CURRENCY_CD PYMNT_TERMS_CD DISP_METHOD D. PYMNT_METHOD"
	accountColumns = "A. SETID %s! EFFDT@ EFF_STATUS! DESCR DESCRSHORT ACCOUNT_TYPE GL_ACCOUNT_SW BUDGETARY_ONLY OPEN_ITEM STATISTICS_ACCOUNT CURRENCY_CD"
	chartColumns   = "A. SETID %s! EFFDT@ EFF_STATUS! DESCR DESCRSHORT ACCOUNT_TYPE? GL_ACCOUNT_SW? BUDGETARY_ONLY? OPEN_ITEM? STATISTICS_ACCOUNT? CURRENCY_CD?"
	reqColumns     = "A. BUSINESS_UNIT! REQ_ID! REQ_STATUS! REQ_DT@ REQUESTOR_ID ORIGIN CURRENCY_CD HOLD_STATUS BUDGET_HDR_STATUS LAST_DTTM_UPDATE~ " +
		"B. LINE_NBR#! CURR_STATUS! INV_ITEM_ID DESCR254_MIXED CATEGORY_ID UNIT_OF_MEASURE VENDOR_SETID VENDOR_ID BUYER_ID " +
		"C. SCHED_NBR#! QTY_REQ#! PRICE_REQ#! DUE_DT@ SHIPTO_ID MERCHANDISE_AMT# D. DISTRIB_LINE_NUM# MERCHANDISE_AMT# QTY_REQ# BUSINESS_UNIT_GL " + chartFieldColumns
	poHeader = "A. BUSINESS_UNIT! PO_ID! PO_STATUS! PO_TYPE PO_DT@ PO_REF DISP_METHOD DISP_ACTION VENDOR_SETID VENDOR_ID VNDR_LOC BUYER_ID CURRENCY_CD PYMNT_TERMS_CD " +
		"ORIGIN ACCOUNTING_DT@ ENTERED_DT@ APPROVAL_DT@ CURRENCY_CD_BASE BUDGET_HDR_STATUS HOLD_STATUS RECV_STATUS MATCH_STATUS_PO CHNG_ORD_BATCH# LAST_DTTM_UPDATE~ "
	poColumns = poHeader + "B. LINE_NBR#! CANCEL_STATUS INV_ITEM_ID ITM_ID_VNDR MFG_ID CATEGORY_ID UNIT_OF_MEASURE DESCR254_MIXED " +
		"C. SCHED_NBR#! QTY_PO# PRICE_PO# DUE_DT@ SHIPTO_ID MERCHANDISE_AMT# D. DST_ACCT_TYPE DISTRIB_LINE_NUM# QTY_PO# MERCHANDISE_AMT# MERCH_AMT_BSE# BUSINESS_UNIT_GL " +
		chartFieldColumns + " BUSINESS_UNIT_REQ REQ_ID REQ_LINE_NBR# REQ_SCHED_NBR# REQ_DISTRIB_NBR#"
	voucherHeader = "A. BUSINESS_UNIT! VOUCHER_ID! VOUCHER_STYLE INVOICE_ID INVOICE_DT@ ACCOUNTING_DT@ DUE_DT@ ENTERED_DT@ VENDOR_SETID VENDOR_ID VNDR_LOC ADDRESS_SEQ_NUM# GROSS_AMT# " +
		"FREIGHT_AMT# SALETX_AMT# MISC_AMT# DSCNT_AMT# TXN_CURRENCY_CD BASE_CURRENCY ENTRY_STATUS! APPR_STATUS MATCH_STATUS_VCHR POST_STATUS_AP CLOSE_STATUS VCHR_SRC ORIGIN GRP_AP_ID " +
		"DUP_INVOICE_STATUS PYMNT_TERMS_CD "
	voucherColumns = voucherHeader + "B. VOUCHER_LINE_NUM#! BUSINESS_UNIT_PO PO_ID LINE_NBR# SCHED_NBR# MERCHANDISE_AMT# QTY_VCHR# UNIT_PRICE# DESCR DESCR254_MIXED " +
		"C. DISTRIB_LINE_NUM# MERCHANDISE_AMT# BUSINESS_UNIT_GL " + chartFieldColumns
	receiptColumns = "A. BUSINESS_UNIT! RECEIVER_ID! RECV_STATUS LAST_DTTM_UPDATE~ B. RECV_LN_NBR#! RECV_SHIP_SEQ_NBR#! BUSINESS_UNIT_PO PO_ID LINE_NBR# SCHED_NBR# QTY_SH_ACCPT#"
	stageColumns   = "A. BUSINESS_UNIT VOUCHER_ID! INVOICE_ID VENDOR_ID GROSS_AMT# VCHR_SRC"
	addressColumns = "ADDRESS_SEQ_NUM#! EFFDT@ EFF_STATUS COUNTRY ADDRESS1 ADDRESS2 ADDRESS3 ADDRESS4 CITY COUNTY STATE POSTAL EMAILID"
	listColumns    = "A. SETID! VENDOR_ID! "
	paymentColumns = "A. BUSINESS_UNIT VOUCHER_ID PYMNT_CNT# PYMNT_SELCT_STATUS! PYMNT_HOLD PYMNT_HOLD_REASON SCHEDULED_PAY_DT@ PAID_AMT# CURRENCY_PYMNT " +
		"B. PYMNT_ID PYMNT_ID_REF PYMNT_DT@ PYMNT_METHOD PYMNT_STATUS"
)

// shapesOf are prompts and columns of each query.
func shapesOf(name string) (prompts, columns string) {
	switch name {
	case entPing:
		return "", "A. TOOLSREL OWNERID"
	case entBU:
		return "AFTER_BU", "A. BUSINESS_UNIT! DESCR"
	case entVendor:
		return "SETID AFTER_ID", vendorColumns
	case entVendorByID:
		return "SETID VENDOR_ID", vendorColumns
	case entVendorByExt:
		return "SETID EXT_ID", vendorColumns
	case entVendorAddresses:
		return "SETID AFTER_ID AFTER_SEQ", listColumns + "B. " + addressColumns
	case entVendorLocations:
		return "SETID AFTER_ID AFTER_LOC", listColumns + "C. VNDR_LOC! EFFDT@ EFF_STATUS CURRENCY_CD PYMNT_TERMS_CD DISP_METHOD"
	case entVendorContacts:
		return "SETID AFTER_ID AFTER_SEQ", listColumns + "B. CNTCT_SEQ_NUM#! EFFDT@ EFF_STATUS CONTACT_TYPE CONTACT_NAME CONTACT_TITLE EMAILID"
	case entVendorBank:
		return "SETID AFTER_ID AFTER_LOC AFTER_SEQ", listColumns + "C. VNDR_LOC! EFFDT@ B. BANK_ACCT_SEQ_NBR#! DEFAULT_IND COUNTRY BNK_ID_NBR DFI_ID_NUM BANK_ACCOUNT_NUM IBAN_ID"
	case entVendorTax:
		return "SETID AFTER_ID AFTER_QUAL", listColumns + "B. STD_ID_NUM_QUAL! STD_ID_NUM"
	case entAccount:
		return "SETID AFTER_KEY ASOF", fmt.Sprintf(accountColumns, "ACCOUNT")
	case entAccountByID:
		return "SETID ACCOUNT ASOF", fmt.Sprintf(accountColumns, "ACCOUNT")
	case entReq:
		return "BU FROM_DT AFTER_ID", reqColumns
	case entPO:
		return "BU FROM_DT AFTER_ID", poColumns
	case entPOByID:
		return "BU PO_ID", poColumns
	case entPOByRef:
		return "BU PO_REF", poHeader
	case entVoucher:
		return "BU FROM_DT AFTER_ID", voucherColumns
	case entVchrByID:
		return "BU VOUCHER_ID", voucherHeader
	case entVchrByInv:
		return "BU VENDOR_ID INVOICE_ID", voucherHeader
	case entVchrStage, entVchrPreedit:
		return "BU VOUCHER_ID", stageColumns
	case entPayment:
		return "BU VOUCHER_ID", paymentColumns
	case entPayments:
		return "BU FROM_DT AFTER_ID", strings.Replace(paymentColumns, " VOUCHER_ID ", " VOUCHER_ID! ", 1)
	case entReceipt:
		return "BU FROM_DT AFTER_ID", receiptColumns
	}
	return "", ""
}

// entity is one of the queries of the profile.
func (i *Instance) entity(name string) entity {
	if e, ok := i.entities[name]; ok {
		return e
	}
	return i.makeEntity(name)
}

// makeEntity puts a query together from the contract and from what the site says of it.
func (i *Instance) makeEntity(name string) entity {
	prompts, list := shapesOf(name)
	e := entity{name: name, spec: i.profile.queries[name], prompts: strings.Fields(prompts), columns: columnsOf(list)}
	if delta := i.delta(name); delta != "" && !strings.Contains(prompts, "FROM_DT") && entityOf(name) == name {
		e.prompts = append(e.prompts, "FROM_DT")
	}
	if strings.Contains(list, chartFieldColumns) {
		e.columns = i.withOwnChartFields(e.columns)
	}
	e.columns = withOwnColumns(e.columns, e.spec.own)
	if delta := i.delta(name); delta != "" {
		e.columns = withColumn(e.columns, delta, formStamp)
	}
	if name == entVchrByID || name == entVchrPreedit {
		for _, f := range i.profile.voucher.errorFields {
			e.columns = withColumn(e.columns, f, formText)
		}
	}
	if values := i.profile.status[entityOf(name)]; len(values) > 0 {
		e.status = map[string]map[string]string{}
		for _, c := range statusColumns[entityOf(name)] {
			e.status[c] = values
		}
	}
	return i.accept(e)
}

// statusColumns are the columns whose translate values a site may add to (profile `status`).
var statusColumns = map[string][]string{
	entVendor: {"VENDOR_STATUS"}, entAccount: {"EFF_STATUS"}, entReq: {"REQ_STATUS", "CURR_STATUS"}, entPO: {"PO_STATUS", "CANCEL_STATUS"},
	entVoucher: {"ENTRY_STATUS"}, entPayment: {"PYMNT_SELCT_STATUS"},
}

// withColumn adds a column that only this site has; A is the record that a bare name belongs to.
func withColumn(columns []column, name string, form columnForm) []column {
	alias, field := qualified(name)
	for _, c := range columns {
		if c.alias == alias && c.name == field {
			return columns
		}
	}
	return append(columns, column{alias: alias, name: field, form: form})
}

func qualified(name string) (alias, field string) {
	if alias, field, ok := strings.Cut(name, "."); ok {
		return alias, field
	}
	return "A", name
}

// chartPrefix begins the names of the entities of further ChartFields.
const chartPrefix = "chartfield "

// chartField is the entity of one further ChartField: the query JGR_CF_xxx, in the shape of the accounts'.
func (i *Instance) chartField(cf chartfield) entity {
	name := cf.query
	if name == "" {
		name = "JGR_CF_" + cf.field
	}
	e := entity{name: chartPrefix + cf.field, spec: querySpec{name: name, owner: i.profile.queries[entAccount].owner, prompts: i.profile.queries[entAccount].prompts},
		prompts: []string{"SETID", "AFTER_KEY", "ASOF"}, columns: columnsOf(fmt.Sprintf(chartColumns, cf.field))}
	return i.accept(e)
}

func (i *Instance) withOwnChartFields(columns []column) []column {
	alias := ""
	known := map[string]bool{}
	for _, c := range columns {
		known[c.name] = true
		if c.name == "ACCOUNT" {
			alias = c.alias
		}
	}
	for _, cf := range i.profile.chartfields {
		if !known[cf.field] {
			columns = append(columns, column{alias: alias, name: cf.field})
		}
	}
	return columns
}

// accept sets which keys of a row count for a column: those of the profile, else ALIAS.FIELD and the bare FIELD. A bare
// name that two records of the query share says nothing, so it counts for neither (PEOPLESOFT.md §3.2).
func (i *Instance) accept(e entity) entity {
	shared := map[string]int{}
	for _, c := range e.columns {
		shared[c.name]++
	}
	for n, c := range e.columns {
		own, ok := e.spec.fields[c.alias+"."+c.name]
		if !ok && shared[c.name] == 1 {
			own, ok = e.spec.fields[c.name]
		}
		if ok && len(own) > 0 {
			e.columns[n].keys = own
			continue
		}
		field := i.spelled(e.name, c.name)
		e.columns[n].keys = []string{c.alias + "." + field}
		if shared[c.name] == 1 {
			e.columns[n].keys = append(e.columns[n].keys, field)
		}
	}
	return e
}

// spelled is a field's name at this site, where the profile has another: the home of our own numbers.
func (i *Instance) spelled(entity, field string) string {
	switch {
	case field == "AR_NUM" && entityOf(entity) == entVendor:
		return i.profile.vendor.external
	case field == "PO_REF" && entityOf(entity) == entPO:
		return i.profile.po.refField
	}
	return field
}

// delta is the column that says when a record changed: the site's own, else the contract's. "" = the query has none, and
// every read is of the whole (PEOPLESOFT.md §3.6).
func (i *Instance) delta(name string) string {
	if d := i.profile.queries[name].delta; d != "" {
		return d
	}
	switch name {
	case entReq, entPO, entReceipt:
		return "A.LAST_DTTM_UPDATE"
	case entPayments:
		return "B.PYMNT_DT"
	case entVoucher:
		return "A.ENTERED_DT"
	}
	return ""
}
