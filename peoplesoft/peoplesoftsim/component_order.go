package peoplesoftsim

import (
	"fmt"
	"strconv"

	"github.com/cockroachdb/apd/v3"
)

// orderComponent is the page PURCHASE_ORDER as the JGR_PO_CI shows it (PEOPLESOFT.md §4.1).
func (s *Server) orderComponent() *component {
	return &component{
		name: "JGR_PO_CI", operation: "po", root: s.purchaseOrder, table: s.orders,
		assign: func(row *Row) {
			row.set("PO_ID", s.next("PO_ID", 10, func(n string) bool { return s.orders.get(key(row.Get("BUSINESS_UNIT"), n)) != nil }))
		},
		defaults: s.orderDefaults, rules: s.orderRules, after: s.source,
		natural: func(row *Row) string { return key(row.Get("BUSINESS_UNIT"), or(row.Get("PO_REF"), row.Get("PO_ID"))) },
	}
}

func (r *Row) fallback(name, value string) {
	if r.Get(name) == "" {
		r.set(name, value)
	}
}

// orderDefaults fills header, schedules and distributions as the page does; an order from a Component Interface starts as approved.
func (s *Server) orderDefaults(row, old *Row) {
	bu := s.units.get(key("BU", row.Get("BUSINESS_UNIT")))
	row.fallback("VENDOR_SETID", bu.Get("SETID"))
	v := s.vendors.get(key(row.Get("VENDOR_SETID"), row.Get("VENDOR_ID")))
	row.fallback("VNDR_LOC", v.Get("DEFAULT_LOC"))
	location := &Row{}
	if v != nil {
		location = s.joinVendor(v)["C"]
	}
	for name, value := range map[string]string{"CURRENCY_CD": or(location.Get("CURRENCY_CD"), bu.Get("CURRENCY_CD")), "PYMNT_TERMS_CD": location.Get("PYMNT_TERMS_CD"), "PO_DT": s.today(), "PO_TYPE": "GEN", "DISP_METHOD": "PRN",
		"DISP_ACTION": "Y", "CURRENCY_CD_BASE": bu.Get("CURRENCY_CD"), "BUDGET_HDR_STATUS": "V", "HOLD_STATUS": "N", "RECV_STATUS": "N", "MATCH_STATUS_PO": "T"} {
		row.fallback(name, value)
	}
	row.fallback("ACCOUNTING_DT", row.Get("PO_DT"))
	if old == nil {
		row.set("PO_STATUS", "A")
		row.set("ENTERED_DT", s.today())
		row.set("APPROVAL_DT", s.today())
		row.set("CHNG_ORD_BATCH", "0")
	} else if status := old.Get("PO_STATUS"); status == "D" || status == "C" {
		batch, _ := strconv.Atoi(or(old.Get("CHNG_ORD_BATCH"), "0"))
		row.set("CHNG_ORD_BATCH", strconv.Itoa(batch+1))
	}
	row.set("LAST_DTTM_UPDATE", s.local(s.now()))
	digits := currencyDigits(row.Get("CURRENCY_CD"))
	for _, l := range row.Below["PO_LINE"] {
		l.fallback("CANCEL_STATUS", "A")
		for _, c := range l.Below["PO_LINE_SHIP"] {
			c.fallback("DUE_DT", row.Get("PO_DT"))
			c.set("MERCHANDISE_AMT", stored(product(amount(c.Get("QTY_PO")), amount(c.Get("PRICE_PO")), digits), 3))
			distributionDefaults(row, c)
		}
	}
}

// distributionDefaults gives a lone distribution all of the schedule, and each the amount in base currency.
func distributionDefaults(row, c *Row) {
	for _, d := range c.Below["PO_LINE_DISTRIB"] {
		d.fallback("DST_ACCT_TYPE", "DST")
		d.fallback("BUSINESS_UNIT_GL", row.Get("BUSINESS_UNIT"))
		if len(c.Below["PO_LINE_DISTRIB"]) == 1 {
			d.fallback("MERCHANDISE_AMT", c.Get("MERCHANDISE_AMT"))
			d.fallback("QTY_PO", c.Get("QTY_PO"))
		}
		d.set("MERCH_AMT_BSE", or(d.Get("MERCHANDISE_AMT"), "0.000"))
	}
}

// orderRules are the page's own edits: something to buy, sums that agree, a state that allows changes.
func (s *Server) orderRules(e *edits, row, old *Row) {
	switch status := old.Get("PO_STATUS"); {
	case status == "X" || status == "C":
		e.fail(10200, 31, e.ci+".PO_STATUS", "Purchase order is %s and cannot be changed.", map[string]string{"X": "canceled", "C": "complete"}[status])
		return
	case old != nil && old.Get("VENDOR_ID") != row.Get("VENDOR_ID"):
		e.fail(10200, 32, e.ci+".VENDOR_ID", "Supplier cannot be changed.")
	case old != nil && row.Get("PO_STATUS") == "PX":
		row.set("PO_STATUS", "X")
	}
	if s.options.ClosedBefore != "" && row.Get("ACCOUNTING_DT") < s.options.ClosedBefore {
		e.fail(5010, 18, e.ci+".ACCOUNTING_DT", "Accounting date %s is not in an open period.", row.Get("ACCOUNTING_DT"))
	}
	s.sourceRules(e, row)
	if len(row.Below["PO_LINE"]) == 0 {
		e.fail(10200, 33, e.ci, "At least one line is required.")
	}
	for i, l := range row.Below["PO_LINE"] {
		at := fmt.Sprintf("%s.PO_LINE(%d)", e.ci, i+1)
		if len(l.Below["PO_LINE_SHIP"]) == 0 {
			e.fail(10200, 34, at, "At least one schedule is required.")
		}
		for k, c := range l.Below["PO_LINE_SHIP"] {
			s.scheduleRules(e, c, fmt.Sprintf("%s.PO_LINE_SHIP(%d)", at, k+1))
		}
	}
}

func (s *Server) scheduleRules(e *edits, c *Row, path string) {
	rows := c.Below["PO_LINE_DISTRIB"]
	if len(rows) == 0 {
		e.fail(10200, 35, path, "At least one distribution is required.")
		return
	}
	money, quantity, quantities := new(apd.Decimal), new(apd.Decimal), 0
	for i, d := range rows {
		e.accounting(d, fmt.Sprintf("%s.PO_LINE_DISTRIB(%d)", path, i+1))
		money = add(money, amount(d.Get("MERCHANDISE_AMT")))
		if q := amount(d.Get("QTY_PO")); !q.IsZero() {
			quantity, quantities = add(quantity, q), quantities+1
		}
	}
	if want := amount(c.Get("MERCHANDISE_AMT")); money.Cmp(want) != 0 {
		e.fail(10200, 36, path+".MERCHANDISE_AMT", "Distribution amounts %s do not equal the schedule amount %s.", money.Text('f'), want.Text('f'))
	}
	if want := amount(c.Get("QTY_PO")); quantities == len(rows) && quantity.Cmp(want) != 0 {
		e.fail(10200, 37, path+".QTY_PO", "Distribution quantities %s do not equal the schedule quantity %s.", quantity.Text('f'), want.Text('f'))
	}
}
