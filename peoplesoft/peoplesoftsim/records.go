package peoplesoftsim

import (
	"strconv"
	"strings"
)

// kind is a column's type.
type kind byte

const (
	character kind = 'C'
	number    kind = 'N' // unsigned
	signed    kind = 'S'
	date      kind = 'D'
	stamp     kind = 'T' // date-time
)

// field is one column: a character column has length characters; a number length digits, of which scale after the point.
type field struct {
	name          string
	kind          kind
	length, scale int
	required      bool
	upper         bool     // the field format upper-cases what is entered online
	prompt        string   // prompt table that a value must be in
	values        []string // translate values that a value must be one of
}

// record is one level of a component or message.
type record struct {
	name   string
	keys   []string // its own key fields, without those of the levels above
	fields []field
	below  []*record
}

func (r *record) field(name string) *field {
	for i := range r.fields {
		if r.fields[i].name == name {
			return &r.fields[i]
		}
	}
	return nil
}

func (r *record) child(name string) *record {
	for _, b := range r.below {
		if b.name == name {
			return b
		}
	}
	return nil
}

func (r *record) isKey(name string) bool {
	for _, k := range r.keys {
		if k == name {
			return true
		}
	}
	return false
}

// blank fills the fields that a row lacks with what the database stores for nothing.
func (r *record) blank(row *Row) {
	for _, f := range r.fields {
		if v, ok := row.Fields[f.name]; !ok || strings.TrimSpace(v) == "" {
			row.Fields[f.name] = map[kind]string{character: " ", number: stored(amount("0"), f.scale), signed: stored(amount("0"), f.scale)}[f.kind]
		}
	}
	for _, b := range r.below {
		for _, x := range row.Below[b.name] {
			b.blank(x)
		}
	}
}

// define reads a compact table of columns: NAME TYPE flags, where the flags are ! required, ^ upper case, @table prompt table and
// =A,B translate values. Types are C10, N26.3, S26.3 (signed), D and T (date-time).
func define(name, keys, columns string, below ...*record) *record {
	r := &record{name: name, keys: strings.Fields(keys), below: below}
	for _, line := range strings.Split(columns, "·") {
		parts := strings.Fields(line)
		if len(parts) < 2 {
			continue
		}
		f := field{name: parts[0], kind: kind(parts[1][0])}
		digits, scale, _ := strings.Cut(parts[1][1:], ".")
		f.length, _ = strconv.Atoi(digits)
		f.scale, _ = strconv.Atoi(scale)
		for _, flag := range parts[2:] {
			switch flag[0] {
			case '!':
				f.required = true
			case '^':
				f.upper = true
			case '@':
				f.prompt, f.upper = flag[1:], true
			case '=':
				f.values = strings.Split(flag[1:], ",")
			}
		}
		r.fields = append(r.fields, f)
	}
	return r
}

// chartFields are the accounting columns of every distribution (PEOPLESOFT.md §3.6).
const chartFields = ` · ACCOUNT C10 @ACCOUNT · ALTACCT C10 @ALTACCT · DEPTID C10 @DEPTID · OPERATING_UNIT C8 @OPERATING_UNIT · PRODUCT C6 @PRODUCT
 · FUND_CODE C5 @FUND_CODE · CLASS_FLD C5 @CLASS_FLD · PROGRAM_CODE C5 @PROGRAM_CODE · BUDGET_REF C8 @BUDGET_REF · AFFILIATE C5 @AFFILIATE · AFFILIATE_INTRA1 C10 ^ · AFFILIATE_INTRA2 C10 ^
 · CHARTFIELD1 C10 @CHARTFIELD1 · CHARTFIELD2 C10 @CHARTFIELD2 · CHARTFIELD3 C10 @CHARTFIELD3
 · BUSINESS_UNIT_PC C5 @bu_pc · PROJECT_ID C15 @PROJECT_ID · ACTIVITY_ID C15 ^ · RESOURCE_TYPE C5 ^ · ANALYSIS_TYPE C3 ^`

func purchaseOrder() *record {
	return define("PO_HDR", "BUSINESS_UNIT PO_ID", `BUSINESS_UNIT C5 ! @bu · PO_ID C10 ^ · PO_STATUS C2 =A,C,D,DA,I,LD,O,PA,PX,X · PO_TYPE C4 · PO_DT D · PO_REF C30
	 · VENDOR_SETID C5 @setid · VENDOR_ID C10 ! @vendor · VNDR_LOC C10 ^ · BUYER_ID C30 ! @buyer · CURRENCY_CD C3 @currency · PYMNT_TERMS_CD C5 @term
	 · DISP_METHOD C3 =EDX,EDI,EML,FAX,PHN,PRN · DISP_ACTION C1 =Y,N · ORIGIN C3 @origin · ACCOUNTING_DT D · ENTERED_DT D · APPROVAL_DT D · CURRENCY_CD_BASE C3
	 · BUDGET_HDR_STATUS C1 · HOLD_STATUS C1 · RECV_STATUS C1 · MATCH_STATUS_PO C1 · CHNG_ORD_BATCH N3 · LAST_DTTM_UPDATE T`,
		define("PO_LINE", "LINE_NBR", `LINE_NBR N5 ! · CANCEL_STATUS C1 =A,C,D,H,O,P,X · INV_ITEM_ID C18 ^ · ITM_ID_VNDR C50 · MFG_ID C50 · CATEGORY_ID C5 ! @category
		 · UNIT_OF_MEASURE C3 ! @uom · DESCR254_MIXED C254 !`,
			define("PO_LINE_SHIP", "SCHED_NBR", `SCHED_NBR N3 ! · QTY_PO N15.4 ! · PRICE_PO N15.5 · DUE_DT D · SHIPTO_ID C10 ! @shipto · MERCHANDISE_AMT S26.3`,
				define("PO_LINE_DISTRIB", "DISTRIB_LINE_NUM", `DST_ACCT_TYPE C4 · DISTRIB_LINE_NUM N5 ! · QTY_PO N15.4 · MERCHANDISE_AMT S26.3 · MERCH_AMT_BSE S26.3 · BUSINESS_UNIT_GL C5 @bu
				 · BUSINESS_UNIT_REQ C5 @bu · REQ_ID C10 ^ · REQ_LINE_NBR N5 · REQ_SCHED_NBR N3 · REQ_DISTRIB_NBR N5`+chartFields))))
}

func requisition() *record {
	return define("REQ_HDR", "BUSINESS_UNIT REQ_ID", `BUSINESS_UNIT C5 · REQ_ID C10 · REQ_STATUS C2 · REQ_DT D · REQUESTOR_ID C30 · ORIGIN C3 · CURRENCY_CD C3 · HOLD_STATUS C1
	 · BUDGET_HDR_STATUS C1 · LAST_DTTM_UPDATE T`,
		define("REQ_LINE", "LINE_NBR", `LINE_NBR N5 · CURR_STATUS C1 · INV_ITEM_ID C18 · DESCR254_MIXED C254 · CATEGORY_ID C5 · UNIT_OF_MEASURE C3 · VENDOR_SETID C5 · VENDOR_ID C10 · BUYER_ID C30`,
			define("REQ_LINE_SHIP", "SCHED_NBR", `SCHED_NBR N3 · QTY_REQ N15.4 · PRICE_REQ N15.5 · DUE_DT D · SHIPTO_ID C10 · MERCHANDISE_AMT S26.3`,
				define("REQ_LN_DISTRIB", "DISTRIB_LINE_NUM", `DISTRIB_LINE_NUM N5 · MERCHANDISE_AMT S26.3 · QTY_REQ N15.4 · BUSINESS_UNIT_GL C5`+chartFields))))
}

func vendor() *record {
	return define("VENDOR", "SETID VENDOR_ID", `SETID C5 ! @setid · VENDOR_ID C10 ^ · VENDOR_NAME_SHORT C14 ! ^ · NAME1 C40 ! · NAME2 C40 · VENDOR_STATUS C1 =A,D,E,I,X · VENDOR_CLASS C1 =A,E,H,R
	 · VENDOR_PERSISTENCE C1 =O,P,R,S · DEFAULT_LOC C10 ^ · PRIM_ADDR_SEQ_NUM N5 · REMIT_ADDR_SEQ_NUM N5 · ADDR_SEQ_NUM_ORDR N5 · REMIT_SETID C5 · REMIT_VENDOR C10 · AR_NUM C15 · LAST_ACTIVITY_DT D`,
		define("VNDR_ADDR_SCROL", "ADDRESS_SEQ_NUM", `ADDRESS_SEQ_NUM N5 ! · DESCR C30`,
			define("VENDOR_ADDR", "EFFDT", `EFFDT D ! · EFF_STATUS C1 ! =A,I · COUNTRY C3 ! @country · ADDRESS1 C55 · ADDRESS2 C55 · ADDRESS3 C55 · ADDRESS4 C55 · CITY C30 · COUNTY C30 · STATE C6 ^ · POSTAL C12 · EMAILID C70`)),
		define("VNDR_LOC_SCROL", "VNDR_LOC", `VNDR_LOC C10 ! ^ · DEFAULT_LOC_FLG C1 =Y,N · DESCR C30`,
			define("VENDOR_LOC", "EFFDT", `EFFDT D ! · EFF_STATUS C1 ! =A,I · CURRENCY_CD C3 @currency · PYMNT_TERMS_CD C5 @term · DISP_METHOD C3 =EDX,EDI,EML,FAX,PHN,PRN`,
				define("VENDOR_PAY", "SEQ_NUM", `SEQ_NUM N3 · PYMNT_METHOD C3 =ACH,CHK,EFT,WIR,MAN,GE,GM,DD,LC,DFT,BOO,BEF,DRA,TRW,D`))))
}

// voucher is VOUCHER_BUILD's structure; its header also has the columns that the batch fills in VOUCHER.
func voucher() *record {
	payment := `BUSINESS_UNIT C5 · VOUCHER_ID C8 · PYMNT_CNT N5`
	return define("VCHR_HDR_STG", "BUSINESS_UNIT VOUCHER_ID", `BUSINESS_UNIT C5 · VOUCHER_ID C8 · VOUCHER_STYLE C4 =REG,ADJ,JRNL,PPAY,CORR,RGTR,SGLP,THRD,TMPL,AMR,CLBK · INVOICE_ID C30 · INVOICE_DT D · VENDOR_SETID C5
	 · VENDOR_ID C10 · VNDR_LOC C10 · ADDRESS_SEQ_NUM N5 · ORIGIN C3 · ACCOUNTING_DT D · DUE_DT D · GROSS_AMT S26.3 · SALETX_AMT S26.3 · FREIGHT_AMT S26.3 · MISC_AMT S26.3 · DSCNT_AMT S26.3
	 · PYMNT_TERMS_CD C5 · TXN_CURRENCY_CD C3 · INVOICE_RCPT_DT D · VCHR_SRC C4 · GRP_AP_ID C10 · BUSINESS_UNIT_GL C5 · DESCR254_MIXED C254`,
		define("VCHR_LINE_STG", "VOUCHER_LINE_NUM", `BUSINESS_UNIT C5 · VOUCHER_ID C8 · VOUCHER_LINE_NUM N5 · BUSINESS_UNIT_PO C5 · PO_ID C10 · LINE_NBR N5 · SCHED_NBR N3 · DESCR C30 · MERCHANDISE_AMT S26.3
		 · QTY_VCHR S15.4 · UNIT_OF_MEASURE C3 · UNIT_PRICE S15.5 · DESCR254_MIXED C254 · BUSINESS_UNIT_GL C5`,
			define("VCHR_DIST_STG", "DISTRIB_LINE_NUM", `BUSINESS_UNIT C5 · VOUCHER_ID C8 · VOUCHER_LINE_NUM N5 · DISTRIB_LINE_NUM N5 · BUSINESS_UNIT_GL C5 · MERCHANDISE_AMT S26.3 · QTY_VCHR S15.4`+chartFields)),
		define("VCHR_PYMT_STG", "PYMNT_CNT", payment), define("VCHR_PYMNT_STG", "PYMNT_CNT", payment),
		define("VCHR_MSCH_STG", "MISC_CHARGE_CODE", `BUSINESS_UNIT C5 · VOUCHER_ID C8 · DST_ACCT_TYPE C4 · MISC_CHARGE_CODE C10 ! · MISC_CHRG_AMT S26.3`))
}

// voucherStatus are the columns that VOUCHER has beyond the staging table.
func voucherStatus() *record {
	return define("VOUCHER", "", `ENTERED_DT D · ENTRY_STATUS C1 · APPR_STATUS C1 · MATCH_STATUS_VCHR C1 · POST_STATUS_AP C1 · CLOSE_STATUS C1 · DUP_INVOICE_STATUS C1 · BASE_CURRENCY C3 · ERRMSGTEXT C254`)
}

// receipt is what was received for orders.
func receipt() *record {
	return define("RECV_HDR", "BUSINESS_UNIT RECEIVER_ID", `BUSINESS_UNIT C5 · RECEIVER_ID C10 · RECV_STATUS C1 · LAST_DTTM_UPDATE T`,
		define("RECV_LN_SHIP", "RECV_LN_NBR RECV_SHIP_SEQ_NBR", `RECV_LN_NBR N5 · RECV_SHIP_SEQ_NBR N3 · BUSINESS_UNIT_PO C5 · PO_ID C10 · LINE_NBR N5 · SCHED_NBR N3 · QTY_SH_ACCPT N15.4`))
}

func payment() *record {
	return define("PYMNT_VCHR_XREF", "PYMNT_CNT", `BUSINESS_UNIT C5 · VOUCHER_ID C8 · PYMNT_CNT N5 · PYMNT_SELCT_STATUS C1 · PYMNT_HOLD C1 · PYMNT_HOLD_REASON C3 · SCHEDULED_PAY_DT D · PAID_AMT S26.3 · CURRENCY_PYMNT C3
	 · PYMNT_ID C10 · PYMNT_ID_REF C20 · PYMNT_DT D · PYMNT_METHOD C3 · PYMNT_STATUS C1`)
}
