package peoplesoftsim

import (
	"fmt"
	"strconv"
	"time"

	"ml-connector/sample"
)

// seed fills the tables from the company as it stands before anything ran.
func (s *Server) seed(c *sample.Company) {
	s.code("setid", c.SetID)
	for _, d := range c.Divisions {
		s.code("bu", d.BusinessUnit)
		s.units.put(key("BU", d.BusinessUnit), newRow("BUSINESS_UNIT", d.BusinessUnit, "DESCR", d.Description, "SETID", c.SetID, "CURRENCY_CD", d.Currency))
		s.code("currency", d.Currency)
	}
	s.code("currency", "USD", "CAD", "EUR", "GBP", "CHF", "JPY", "MXN")
	s.code("origin", s.options.Site.Origins...)
	s.code("country", "USA", "CAN", "MEX", "DEU", "FRA", "GBR", "CHE", "AUT", "ITA", "ESP", "NLD", "BEL", "SWE", "JPN", "CHN", "IND", "AUS", "BRA", "IRL", "POL", "DNK", "NOR", "FIN")
	s.code("state:USA", "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ",
		"NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR")
	s.code("state:CAN", "AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT")
	for _, b := range c.Buyers {
		s.code("buyer", b.ID)
	}
	for _, x := range c.ShipTos {
		s.code("shipto", x.PeopleSoft)
	}
	for _, x := range c.Categories {
		s.code("category", x.PeopleSoft)
	}
	for _, x := range c.Units {
		s.code("uom", x.PeopleSoft)
	}
	for _, x := range c.Terms {
		s.code("term", x.PeopleSoft)
	}
	s.seedChart(c)
	for _, v := range c.Suppliers {
		s.vendors.put(key(c.SetID, v.VendorID), s.vendorRow(c.SetID, v))
	}
	for _, r := range c.Requisitions {
		s.requisitions.put(key(r.BusinessUnit, r.ID), s.requisitionRow(c.SetID, r))
	}
}

func (s *Server) seedChart(c *sample.Company) {
	for _, a := range c.Accounts {
		for _, r := range a.Rows {
			s.putAccount(a.Value, r)
		}
	}
	for name, values := range map[string][]sample.ChartValue{"FUND_CODE": c.Funds, "DEPTID": c.Departments, "PROGRAM_CODE": c.Programs, "PROJECT_ID": c.Projects} {
		for _, v := range values {
			s.putChart(name, v)
			if v.Unit != "" {
				s.code("bu_pc", v.Unit)
				s.code("project:"+v.Unit, v.Value)
			}
		}
	}
}

// putAccount adds or replaces one effective-dated account row.
func (s *Server) putAccount(value string, r sample.AccountRow) {
	yn := map[bool]string{true: "Y", false: "N"}
	row := newRow("SETID", s.company.SetID, "ACCOUNT", value, "EFFDT", r.Effective, "EFF_STATUS", or(r.Status, "A"), "DESCR", or(r.Description, " "), "DESCRSHORT", or(r.Short, " "), "ACCOUNT_TYPE", or(r.Type, "E"),
		"GL_ACCOUNT_SW", "Y", "BUDGETARY_ONLY", yn[r.BudgetaryOnly], "OPEN_ITEM", yn[r.OpenItem], "STATISTICS_ACCOUNT", yn[r.Statistical], "CURRENCY_CD", " ")
	s.putEffective("ACCOUNT", value, row)
}

func (s *Server) putChart(name string, v sample.ChartValue) {
	s.putEffective(name, v.Value, newRow("SETID", s.company.SetID, name, v.Value, "EFFDT", v.Effective, "EFF_STATUS", v.Status, "DESCR", or(v.Description, " "), "DESCRSHORT", or(fmt.Sprintf("%.10s", v.Description), " "), "BUSINESS_UNIT_PC", or(v.Unit, " ")))
}

// putEffective keeps a ChartField value's rows under one key, one for each EFFDT.
func (s *Server) putEffective(name, value string, row *Row) {
	t := s.chart[name]
	if t == nil {
		t = newTable()
		s.chart[name] = t
	}
	k := key(s.company.SetID, value)
	all := t.get(k)
	if all == nil {
		all = newRow()
		t.put(k, all)
	}
	if old := find(all.Below["rows"], "EFFDT", row.Get("EFFDT")); old != nil {
		old.Fields = row.Fields
		return
	}
	all.add("rows", row)
}

func (s *Server) vendorRow(setid string, v sample.Supplier) *Row {
	r := newRow("SETID", setid, "VENDOR_ID", v.VendorID, "VENDOR_NAME_SHORT", v.ShortName, "NAME1", v.Name1, "NAME2", v.Name2, "VENDOR_STATUS", v.Status, "VENDOR_CLASS", v.Class, "VENDOR_PERSISTENCE", v.Persistence,
		"DEFAULT_LOC", v.DefaultLocation, "PRIM_ADDR_SEQ_NUM", strconv.Itoa(v.PrimaryAddress), "REMIT_ADDR_SEQ_NUM", strconv.Itoa(v.PrimaryAddress), "ADDR_SEQ_NUM_ORDR", strconv.Itoa(v.PrimaryAddress), "REMIT_SETID", setid, "REMIT_VENDOR", v.VendorID)
	for _, a := range v.Addresses {
		seq := strconv.Itoa(a.Sequence)
		scroll := find(r.Below["VNDR_ADDR_SCROL"], "ADDRESS_SEQ_NUM", seq)
		if scroll == nil {
			scroll = newRow("ADDRESS_SEQ_NUM", seq)
			r.add("VNDR_ADDR_SCROL", scroll)
		}
		scroll.add("VENDOR_ADDR", newRow("EFFDT", a.Effective, "EFF_STATUS", a.Status, "COUNTRY", a.Country, "ADDRESS1", a.Line1, "ADDRESS2", a.Line2, "ADDRESS3", a.Line3, "CITY", a.City, "COUNTY", a.County, "STATE", a.State, "POSTAL", a.Postal, "EMAILID", a.Email))
	}
	for _, l := range v.Locations {
		scroll := find(r.Below["VNDR_LOC_SCROL"], "VNDR_LOC", l.ID)
		if scroll == nil {
			scroll = newRow("VNDR_LOC", l.ID, "DEFAULT_LOC_FLG", map[bool]string{true: "Y", false: "N"}[l.ID == v.DefaultLocation])
			r.add("VNDR_LOC_SCROL", scroll)
		}
		loc := newRow("EFFDT", l.Effective, "EFF_STATUS", l.Status, "CURRENCY_CD", l.Currency, "PYMNT_TERMS_CD", l.Terms, "DISP_METHOD", l.Dispatch)
		loc.add("VENDOR_PAY", newRow("SEQ_NUM", "1", "PYMNT_METHOD", l.PaymentMethod))
		scroll.add("VENDOR_LOC", loc)
	}
	s.vendor.blank(r)
	return r
}

func (s *Server) requisitionRow(setid string, q sample.Requisition) *Row {
	hold := map[bool]string{true: "Y", false: "N"}[q.Hold]
	r := newRow("BUSINESS_UNIT", q.BusinessUnit, "REQ_ID", q.ID, "REQ_STATUS", q.Status, "REQ_DT", q.Date, "REQUESTOR_ID", q.Requestor, "ORIGIN", q.Origin, "CURRENCY_CD", q.Currency, "HOLD_STATUS", hold,
		"BUDGET_HDR_STATUS", q.BudgetStatus, "LAST_DTTM_UPDATE", s.local(q.Updated))
	for _, l := range q.Lines {
		line := newRow("LINE_NBR", strconv.Itoa(l.Number), "CURR_STATUS", l.Status, "INV_ITEM_ID", l.ItemID, "DESCR254_MIXED", l.Description, "CATEGORY_ID", l.Category, "UNIT_OF_MEASURE", l.Unit, "VENDOR_SETID", setid, "VENDOR_ID", l.VendorID, "BUYER_ID", l.Buyer)
		for _, c := range l.Schedules {
			sched := newRow("SCHED_NBR", strconv.Itoa(c.Number), "QTY_REQ", stored(amount(c.Quantity), 4), "PRICE_REQ", stored(amount(c.Price), 5), "DUE_DT", c.DueDate, "SHIPTO_ID", c.ShipTo, "MERCHANDISE_AMT", stored(amount(c.Amount), 3))
			for _, d := range c.Distributions {
				sched.add("REQ_LN_DISTRIB", newRow("DISTRIB_LINE_NUM", strconv.Itoa(d.Number), "MERCHANDISE_AMT", stored(amount(d.Amount), 3), "QTY_REQ", stored(share(amount(c.Quantity), amount(d.Amount), amount(c.Amount), 4), 4), "BUSINESS_UNIT_GL", q.BusinessUnit,
					"ACCOUNT", d.Account, "FUND_CODE", d.Fund, "DEPTID", d.Department, "PROGRAM_CODE", d.Program, "PROJECT_ID", d.Project, "BUSINESS_UNIT_PC", d.ProjectUnit, "ACTIVITY_ID", d.Activity))
			}
			line.add("REQ_LINE_SHIP", sched)
		}
		r.add("REQ_LINE", line)
	}
	s.requisition.blank(r)
	return r
}

// local is an instant as the database stores it: base time zone, no offset, microseconds (PEOPLESOFT.md §7.7).
func (s *Server) local(t time.Time) string { return t.In(s.zone).Format(storedStamp) }

const storedStamp = "2006-01-02T15:04:05.000000"

// today is the base time zone's date.
func (s *Server) today() string { return s.now().In(s.zone).Format(time.DateOnly) }

func (s *Server) code(table string, values ...string) {
	if s.codes[table] == nil {
		s.codes[table] = map[string]bool{}
	}
	for _, v := range values {
		s.codes[table][v] = true
	}
}
