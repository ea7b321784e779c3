package peoplesoftsim

import (
	"fmt"
	"slices"

	"github.com/cockroachdb/apd/v3"
)

// build is one run of AP_VCHRBLD over a staged voucher: pre-edit errors go to the quick-invoice tables, everything else becomes a
// voucher that is postable or recycled (PEOPLESOFT.md §4.3).
func (s *Server) build(k string) {
	v := s.staged.get(k)
	s.staged.remove(k)
	if v.Get("VENDOR_SETID") == "" {
		v.set("VENDOR_SETID", or(s.units.get(key("BU", v.Get("BUSINESS_UNIT"))).Get("SETID"), s.company.SetID))
	}
	if reason := s.preEdit(v); reason != "" {
		v.set("ERRMSGTEXT", reason)
		v.set("DUP_INVOICE_STATUS", " ")
		s.preedit.put(k, v)
		s.effect("voucher.preedit", k)
		return
	}
	s.buildDefaults(v)
	reason := s.edit(v)
	if s.duplicate(v, k) {
		v.set("DUP_INVOICE_STATUS", "D")
		reason = or(reason, "Duplicate invoice: the invoice number is already used for this supplier.")
	}
	s.vouchers.put(k, v)
	s.effect("voucher.build", k)
	if reason != "" {
		s.recycle(k, v, reason)
	}
}

func (s *Server) recycle(k string, v *Row, reason string) {
	v.set("ENTRY_STATUS", "R")
	v.set("ERRMSGTEXT", reason)
	s.effect("voucher.recycle", k)
}

// preEdit are the errors that keep a row out of VOUCHER altogether.
func (s *Server) preEdit(v *Row) string {
	vendor := s.vendors.get(key(v.Get("VENDOR_SETID"), v.Get("VENDOR_ID")))
	switch {
	case !s.codes["bu"][v.Get("BUSINESS_UNIT")]:
		return "Invalid business unit " + v.Get("BUSINESS_UNIT")
	case vendor.Get("VENDOR_STATUS") != "A":
		return "Invalid supplier " + v.Get("VENDOR_ID")
	case v.Get("VNDR_LOC") == "" && vendor.Get("DEFAULT_LOC") == "":
		return "Supplier has no default location"
	case v.Get("VNDR_LOC") != "" && find(vendor.Below["VNDR_LOC_SCROL"], "VNDR_LOC", v.Get("VNDR_LOC")) == nil:
		return "Invalid supplier location " + v.Get("VNDR_LOC")
	case !amount(v.Get("ADDRESS_SEQ_NUM")).IsZero() && find(vendor.Below["VNDR_ADDR_SCROL"], "ADDRESS_SEQ_NUM", v.Get("ADDRESS_SEQ_NUM")) == nil:
		return "Invalid supplier address " + v.Get("ADDRESS_SEQ_NUM")
	case v.Get("ORIGIN") != "" && !slices.Contains(s.options.Site.Origins, v.Get("ORIGIN")):
		return "Invalid origin " + v.Get("ORIGIN")
	case v.Get("INVOICE_ID") == "" || v.Get("INVOICE_DT") == "":
		return "Invoice number or date is blank"
	case len(v.Below["VCHR_LINE_STG"]) == 0:
		return "Voucher has no lines"
	}
	for _, l := range v.Below["VCHR_LINE_STG"] {
		if l.Get("PO_ID") == "" && len(l.Below["VCHR_DIST_STG"]) == 0 {
			return fmt.Sprintf("Line %s has neither purchase order nor distribution", l.Get("VOUCHER_LINE_NUM"))
		}
	}
	return ""
}

// buildDefaults makes the voucher of a row without errors: from the supplier, from the orders, and the first states.
func (s *Server) buildDefaults(v *Row) {
	vendor := s.vendors.get(key(v.Get("VENDOR_SETID"), v.Get("VENDOR_ID")))
	v.fallback("VNDR_LOC", vendor.Get("DEFAULT_LOC"))
	if amount(v.Get("ADDRESS_SEQ_NUM")).IsZero() {
		v.set("ADDRESS_SEQ_NUM", vendor.Get("REMIT_ADDR_SEQ_NUM"))
	}
	bu := s.units.get(key("BU", v.Get("BUSINESS_UNIT")))
	for name, value := range map[string]string{"VOUCHER_STYLE": "REG", "ACCOUNTING_DT": s.today(), "TXN_CURRENCY_CD": bu.Get("CURRENCY_CD"), "PYMNT_TERMS_CD": s.joinVendor(vendor)["C"].Get("PYMNT_TERMS_CD"), "DUE_DT": v.Get("INVOICE_DT")} {
		v.fallback(name, value)
	}
	matched := "N"
	for _, l := range v.Below["VCHR_LINE_STG"] {
		if l.Get("PO_ID") == "" {
			continue
		}
		matched = "T"
		if len(l.Below["VCHR_DIST_STG"]) == 0 {
			s.copyAccounting(l)
		}
	}
	for name, value := range map[string]string{"ENTERED_DT": s.today(), "ENTRY_STATUS": "P", "APPR_STATUS": "P", "MATCH_STATUS_VCHR": matched, "POST_STATUS_AP": "U", "CLOSE_STATUS": "O", "DUP_INVOICE_STATUS": " ",
		"BASE_CURRENCY": bu.Get("CURRENCY_CD"), "ERRMSGTEXT": " "} {
		v.set(name, value)
	}
	v.at = s.now()
}

// copyAccounting takes a line's distributions from the order's schedule, in proportion; the last takes the rest.
func (s *Server) copyAccounting(l *Row) {
	_, schedule := s.orderLine(l)
	if schedule == nil {
		return
	}
	whole, rest := amount(schedule.Get("MERCHANDISE_AMT")), amount(l.Get("MERCHANDISE_AMT"))
	rows := schedule.Below["PO_LINE_DISTRIB"]
	distribution := s.voucher.child("VCHR_LINE_STG").child("VCHR_DIST_STG")
	for i, d := range rows {
		part := share(amount(l.Get("MERCHANDISE_AMT")), amount(d.Get("MERCHANDISE_AMT")), whole, 2)
		if i == len(rows)-1 {
			part = rest
		}
		rest = subtract(rest, part)
		c := newRow()
		for _, f := range distribution.fields {
			if v, ok := d.Fields[f.name]; ok {
				c.set(f.name, v)
			}
		}
		for _, k := range []string{"BUSINESS_UNIT", "VOUCHER_ID", "VOUCHER_LINE_NUM"} {
			c.set(k, l.Get(k))
		}
		c.set("MERCHANDISE_AMT", stored(part, 3))
		distribution.blank(c)
		l.add("VCHR_DIST_STG", c)
	}
}

// orderLine finds the order and schedule that a voucher line is tied to.
func (s *Server) orderLine(l *Row) (order, schedule *Row) {
	order = s.orders.get(key(l.Get("BUSINESS_UNIT_PO"), l.Get("PO_ID")))
	if order == nil {
		return nil, nil
	}
	line := find(order.Below["PO_LINE"], "LINE_NBR", l.Get("LINE_NBR"))
	if line == nil || line.Get("CANCEL_STATUS") == "X" {
		return order, nil
	}
	return order, find(line.Below["PO_LINE_SHIP"], "SCHED_NBR", or(l.Get("SCHED_NBR"), "1"))
}

// edit are the edits that the online page would reject; such a voucher is recycled.
func (s *Server) edit(v *Row) string {
	if s.options.ClosedBefore != "" && v.Get("ACCOUNTING_DT") < s.options.ClosedBefore {
		return "Accounting date " + v.Get("ACCOUNTING_DT") + " is not in an open period"
	}
	if t := v.Get("PYMNT_TERMS_CD"); t != "" && !s.codes["term"][t] {
		return "Invalid payment terms " + t
	}
	if c := v.Get("TXN_CURRENCY_CD"); !s.codes["currency"][c] {
		return "Invalid currency " + c
	}
	total := new(apd.Decimal)
	for _, l := range v.Below["VCHR_LINE_STG"] {
		total = add(total, amount(l.Get("MERCHANDISE_AMT")))
		if reason := s.editLine(v, l); reason != "" {
			return "Line " + l.Get("VOUCHER_LINE_NUM") + ": " + reason
		}
	}
	for _, f := range []string{"SALETX_AMT", "FREIGHT_AMT", "MISC_AMT"} {
		total = add(total, amount(v.Get(f)))
	}
	if rows := v.Below["VCHR_MSCH_STG"]; len(rows) > 0 {
		charges := new(apd.Decimal)
		for _, r := range rows {
			charges = add(charges, amount(r.Get("MISC_CHRG_AMT")))
		}
		if misc := amount(v.Get("MISC_AMT")); misc.Cmp(charges) != 0 {
			return fmt.Sprintf("Miscellaneous charges %s do not equal MISC_AMT %s", charges.Text('f'), misc.Text('f'))
		}
	}
	if gross := amount(v.Get("GROSS_AMT")); gross.Cmp(total) != 0 {
		return fmt.Sprintf("Voucher is out of balance: gross %s, lines and charges %s", gross.Text('f'), total.Text('f'))
	}
	return ""
}

func (s *Server) editLine(v, l *Row) string {
	if id := l.Get("PO_ID"); id != "" {
		order, schedule := s.orderLine(l)
		switch {
		case order == nil:
			return "Purchase order " + id + " does not exist"
		case order.Get("PO_STATUS") != "D":
			return "Purchase order " + id + " is not dispatched"
		case order.Get("VENDOR_ID") != v.Get("VENDOR_ID"):
			return "Purchase order " + id + " belongs to another supplier"
		case schedule == nil:
			return "Purchase order line " + l.Get("LINE_NBR") + " does not exist"
		}
	}
	total := new(apd.Decimal)
	distribution := s.voucher.child("VCHR_LINE_STG").child("VCHR_DIST_STG")
	for _, d := range l.Below["VCHR_DIST_STG"] {
		total = add(total, amount(d.Get("MERCHANDISE_AMT")))
		if d.Get("ACCOUNT") == "" {
			return "Account is blank"
		}
		for _, f := range distribution.fields {
			if x := d.Get(f.name); f.prompt != "" && x != "" && !s.known(f.prompt, x, d) {
				return fmt.Sprintf("Invalid %s %s", f.name, x)
			}
		}
	}
	if want := amount(l.Get("MERCHANDISE_AMT")); len(l.Below["VCHR_DIST_STG"]) > 0 && total.Cmp(want) != 0 {
		return fmt.Sprintf("Distributions %s do not equal the line %s", total.Text('f'), want.Text('f'))
	}
	return ""
}

// duplicate looks for the invoice number under this supplier in the business unit. Where the site rejects duplicates, the voucher
// that was there first goes to recycle too.
func (s *Server) duplicate(v *Row, own string) bool {
	if s.options.DuplicateInvoice != "reject" {
		return false
	}
	found := false
	for k, o := range s.vouchers.after(v.Get("BUSINESS_UNIT"), "") {
		if k == own || o.Get("VENDOR_ID") != v.Get("VENDOR_ID") || o.Get("INVOICE_ID") != v.Get("INVOICE_ID") || o.Get("ENTRY_STATUS") == "X" {
			continue
		}
		found = true
		if o.Get("ENTRY_STATUS") == "P" && o.Get("POST_STATUS_AP") != "P" {
			o.set("DUP_INVOICE_STATUS", "D")
			s.recycle(k, o, "Duplicate invoice: a second voucher has the same invoice number.")
		}
	}
	return found
}
