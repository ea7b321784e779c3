package peoplesoftsim

import "iter"

// level names one record of a join: its alias in the query and its name below the row before it.
type level struct{ alias, record string }

// join walks a document's levels in row order; the last is an outer join when outer is set.
func join(rows map[string]*Row, parent *Row, levels []level, outer bool, yield func(map[string]*Row) bool) bool {
	if len(levels) == 0 {
		return yield(rows)
	}
	l := levels[0]
	below := parent.Below[l.record]
	if len(below) == 0 && outer && len(levels) == 1 {
		delete(rows, l.alias)
		return yield(rows)
	}
	for _, r := range below {
		rows[l.alias] = r
		if !join(rows, r, levels[1:], outer, yield) {
			return false
		}
	}
	return true
}

var (
	orderLevels       = []level{{"B", "PO_LINE"}, {"C", "PO_LINE_SHIP"}, {"D", "PO_LINE_DISTRIB"}}
	requisitionLevels = []level{{"B", "REQ_LINE"}, {"C", "REQ_LINE_SHIP"}, {"D", "REQ_LN_DISTRIB"}}
	voucherLevels     = []level{{"B", "VCHR_LINE_STG"}, {"C", "VCHR_DIST_STG"}}
)

// list reads the documents of a business unit after a key whose delta field is not before FROM_DT.
func list(t *table, delta string, levels []level, columns []column, keep func(*Row) bool) func(u *account, p map[string]string) iter.Seq[line] {
	return func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			for k, r := range t.after(p["BU"], p["AFTER_ID"]) {
				if r.Get(delta) < p["FROM_DT"] || !u.sees(k, p["BU"]) || keep != nil && !keep(r) {
					continue
				}
				more := join(map[string]*Row{"A": r}, r, levels, true, func(rows map[string]*Row) bool { return yield(values(columns, rows)) })
				if !more {
					return
				}
			}
		}
	}
}

// byKey reads one document, whole or its header only.
func byKey(t *table, second string, levels []level, columns []column) func(u *account, p map[string]string) iter.Seq[line] {
	return func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			k := key(p["BU"], p[second])
			if r := t.get(k); r != nil && u.sees(k, p["BU"]) {
				join(map[string]*Row{"A": r}, r, levels, true, func(rows map[string]*Row) bool { return yield(values(columns, rows)) })
			}
		}
	}
}

// where reads the headers of a business unit that satisfy a condition on the prompts.
func where(t *table, columns []column, holds func(r *Row, p map[string]string) bool) func(u *account, p map[string]string) iter.Seq[line] {
	return func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			for k, r := range t.after(p["BU"], "") {
				if u.sees(k, p["BU"]) && holds(r, p) && !yield(values(columns, map[string]*Row{"A": r})) {
					return
				}
			}
		}
	}
}

func columnsOf(r *record, levels []level) []column {
	out := selected("A", r, "*")
	for _, l := range levels {
		r = r.child(l.record)
		out = append(out, selected(l.alias, r, "*")...)
	}
	return out
}

func (s *Server) purchaseQueries() []*query {
	orders, requisitions := columnsOf(s.purchaseOrder, orderLevels), columnsOf(s.requisition, requisitionLevels)
	header := selected("A", s.purchaseOrder, "*")
	receiptLevels := []level{{"B", "RECV_LN_SHIP"}}
	receipts := columnsOf(s.receipt, receiptLevels)
	return []*query{
		saved("JGR_RECEIPT", "BU FROM_DT AFTER_ID", receipts, list(s.receipts, "LAST_DTTM_UPDATE", receiptLevels, receipts, nil)),
		saved("JGR_REQ", "BU FROM_DT AFTER_ID", requisitions, list(s.requisitions, "LAST_DTTM_UPDATE", requisitionLevels, requisitions, nil)),
		saved("JGR_PO", "BU FROM_DT AFTER_ID", orders, list(s.orders, "LAST_DTTM_UPDATE", orderLevels, orders, nil)),
		saved("JGR_PO_BY_ID", "BU PO_ID", orders, byKey(s.orders, "PO_ID", orderLevels, orders)),
		saved("JGR_PO_BY_REF", "BU PO_REF", header, where(s.orders, header, func(r *Row, p map[string]string) bool { return r.Get("PO_REF") == p["PO_REF"] })),
	}
}

func (s *Server) payableQueries() []*query {
	header := append(selected("A", s.voucher, "*"), selected("A", s.voucherStatus, "*")...)
	if s.options.Site.NoErrorColumns {
		header = header[:len(header)-1]
	}
	full := append(header[:len(header):len(header)], selected("B", s.voucher.child("VCHR_LINE_STG"), "*")...)
	full = append(full, selected("C", s.voucher.child("VCHR_LINE_STG").child("VCHR_DIST_STG"), "*")...)
	staged := selected("A", s.voucher, "BUSINESS_UNIT VOUCHER_ID INVOICE_ID VENDOR_ID GROSS_AMT VCHR_SRC")
	failed := staged[:len(staged):len(staged)]
	if !s.options.Site.NoErrorColumns {
		failed = append(failed, column{"A.ERRMSGTEXT", character}, column{"A.DUP_INVOICE_STATUS", character})
	}
	return []*query{
		saved("JGR_VOUCHER", "BU FROM_DT AFTER_ID", full, list(s.vouchers, "ENTERED_DT", voucherLevels, full, func(r *Row) bool { return r.Get("VOUCHER_STYLE") != "TMPL" })),
		saved("JGR_VCHR_BY_ID", "BU VOUCHER_ID", header, byKey(s.vouchers, "VOUCHER_ID", nil, header)),
		saved("JGR_VCHR_BY_INV", "BU VENDOR_ID INVOICE_ID", header, where(s.vouchers, header, func(r *Row, p map[string]string) bool {
			return r.Get("VENDOR_ID") == p["VENDOR_ID"] && r.Get("INVOICE_ID") == p["INVOICE_ID"] && r.Get("ENTRY_STATUS") != "X"
		})),
		saved("JGR_VCHR_STAGE", "BU VOUCHER_ID", staged, byKey(s.staged, "VOUCHER_ID", nil, staged)),
		saved("JGR_VCHR_PREEDIT", "BU VOUCHER_ID", failed, byKey(s.preedit, "VOUCHER_ID", nil, failed)),
		s.paymentQuery("JGR_PAYMENT", "BU VOUCHER_ID"),
		s.paymentQuery("JGR_PAYMENT_LIST", "BU FROM_DT AFTER_ID"),
		s.ledgerQuery(),
	}
}

// paymentQuery shows scheduled payments and what paid them: of one voucher, or of all after one, as far as they were paid on a
// day or later.
func (s *Server) paymentQuery(name, prompts string) *query {
	columns := append(selected("A", s.payment, "BUSINESS_UNIT VOUCHER_ID PYMNT_CNT PYMNT_SELCT_STATUS PYMNT_HOLD PYMNT_HOLD_REASON SCHEDULED_PAY_DT PAID_AMT CURRENCY_PYMNT"),
		selected("B", s.payment, "PYMNT_ID PYMNT_ID_REF PYMNT_DT PYMNT_METHOD PYMNT_STATUS")...)
	return saved(name, prompts, columns, func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			for k, voucher := range s.payments.after(p["BU"], p["AFTER_ID"]) {
				one := p["VOUCHER_ID"]
				if !u.sees(k, p["BU"]) || one != "" && k != key(p["BU"], one) {
					continue
				}
				for _, r := range voucher.Below["schedule"] {
					rows := map[string]*Row{"A": r, "B": r}
					if r.Get("PYMNT_ID") == "" {
						delete(rows, "B")
					}
					if from := p["FROM_DT"]; from != "" && r.Get("PYMNT_DT") < from {
						continue
					}
					if !yield(values(columns, rows)) {
						return
					}
				}
			}
		}
	})
}

// ledgerQuery shows the accounting entries of a posted voucher, all distributed to the ledger once it is paid.
func (s *Server) ledgerQuery() *query {
	columns := characters("A.BUSINESS_UNIT A.VOUCHER_ID A.POSTING_PROCESS A.FISCAL_YEAR A.ACCOUNTING_PERIOD A.GL_DISTRIB_STATUS")
	return saved("JGR_GLDIST", "BU VOUCHER_ID", columns, func(u *account, p map[string]string) iter.Seq[line] {
		k := key(p["BU"], p["VOUCHER_ID"])
		v := s.vouchers.get(k)
		if v == nil || !u.sees(k, p["BU"]) || v.Get("POST_STATUS_AP") != "P" {
			return once()
		}
		day, status := or(v.Get("ACCOUNTING_DT"), s.today()), "N"
		if v.Get("CLOSE_STATUS") == "C" {
			status = "D"
		}
		return once(line{p["BU"], p["VOUCHER_ID"], "ACCR", day[:4], day[5:7], status})
	})
}
