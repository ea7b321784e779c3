package peoplesoftsim

import (
	"iter"
	"strings"
)

// defineQueries builds the site's queries: every one of PEOPLESOFT.md §3.6 and §3.7 that the site has, under our names.
func (s *Server) defineQueries() map[string]*query {
	out := map[string]*query{}
	for _, group := range [][]*query{s.referenceQueries(), s.chartQueries(), s.vendorQueries(), s.purchaseQueries(), s.payableQueries()} {
		for _, q := range group {
			out[q.name] = q
		}
	}
	for _, name := range s.options.Site.Missing {
		delete(out, name)
	}
	for name, columns := range s.options.Site.Lacking {
		if q := out[name]; q != nil {
			out[name] = q.without(columns)
		}
	}
	return out
}

func characters(names string) []column {
	var out []column
	for _, n := range strings.Fields(names) {
		k := character
		if strings.HasSuffix(n, "EFFDT") || strings.HasSuffix(n, "_DT") {
			k = date
		}
		out = append(out, column{n, k})
	}
	return out
}

func (s *Server) referenceQueries() []*query {
	units := characters("A.BUSINESS_UNIT A.DESCR B.SETID")
	return []*query{
		saved("JGR_PING", "", characters("A.TOOLSREL A.OWNERID"), func(*account, map[string]string) iter.Seq[line] {
			return once(line{s.options.Site.ToolsVersion, "SYSADM"})
		}),
		saved("JGR_BU", "AFTER_BU", units, func(u *account, p map[string]string) iter.Seq[line] {
			return func(yield func(line) bool) {
				for _, r := range s.units.after("BU", p["AFTER_BU"]) {
					if bu := r.Get("BUSINESS_UNIT"); u.sees(bu, bu) && !yield(values(units, map[string]*Row{"A": r, "B": r})) {
						return
					}
				}
			}
		}),
	}
}

// chartFieldNames are the ChartFields that a site may have in use.
var chartFieldNames = []string{"ALTACCT", "DEPTID", "OPERATING_UNIT", "PRODUCT", "FUND_CODE", "CLASS_FLD", "PROGRAM_CODE", "BUDGET_REF", "AFFILIATE", "CHARTFIELD1", "CHARTFIELD2", "CHARTFIELD3", "PROJECT_ID"}

func (s *Server) chartQueries() []*query {
	account := characters("A.SETID A.ACCOUNT A.EFFDT A.EFF_STATUS A.DESCR A.DESCRSHORT A.ACCOUNT_TYPE A.GL_ACCOUNT_SW A.BUDGETARY_ONLY A.OPEN_ITEM A.STATISTICS_ACCOUNT A.CURRENCY_CD")
	out := []*query{s.chartList("JGR_ACCOUNT", "ACCOUNT", account), s.chartByID("JGR_ACCOUNT_BY_ID", "ACCOUNT", account)}
	for _, name := range chartFieldNames {
		columns := characters("A.SETID A." + name + " A.EFFDT A.EFF_STATUS A.DESCR A.DESCRSHORT")
		if name == "PROJECT_ID" {
			columns = append(columns, column{"A.BUSINESS_UNIT_PC", character})
		}
		out = append(out, s.chartList("JGR_CF_"+name, name, columns), s.chartByID("JGR_CF_"+name+"_BY_ID", name, columns))
	}
	return out
}

// chartList gives the row in force on ASOF of every value; inactive ones are returned too.
func (s *Server) chartList(name, fieldName string, columns []column) *query {
	return saved(name, "SETID AFTER_KEY ASOF", columns, func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			t := s.chart[fieldName]
			if t == nil {
				return
			}
			for k, all := range t.after(p["SETID"], p["AFTER_KEY"]) {
				if r := current(all.Below["rows"], p["ASOF"]); r != nil && u.sees(k, "") && !yield(values(columns, map[string]*Row{"A": r})) {
					return
				}
			}
		}
	})
}

func (s *Server) chartByID(name, fieldName string, columns []column) *query {
	return saved(name, "SETID "+fieldName+" ASOF", columns, func(u *account, p map[string]string) iter.Seq[line] {
		k := key(p["SETID"], p[fieldName])
		if t := s.chart[fieldName]; t != nil && u.sees(k, "") && t.get(k) != nil {
			if r := current(t.get(k).Below["rows"], p["ASOF"]); r != nil {
				return once(values(columns, map[string]*Row{"A": r}))
			}
		}
		return once()
	})
}

func (s *Server) vendorQueries() []*query {
	address := s.vendor.child("VNDR_ADDR_SCROL").child("VENDOR_ADDR")
	location := s.vendor.child("VNDR_LOC_SCROL").child("VENDOR_LOC")
	addressColumns := append([]column{{"B.ADDRESS_SEQ_NUM", number}}, selected("B", address, "*")...)
	locationColumns := append([]column{{"C.VNDR_LOC", character}}, selected("C", location, "*")...)
	header := selected("A", s.vendor, "*")
	columns := append(append(append(header[:len(header):len(header)], addressColumns...), locationColumns...), column{"D.PYMNT_METHOD", character})
	one := func(k string, r *Row) line { return values(columns, s.joinVendor(r)) }
	return []*query{
		saved("JGR_VENDOR", "SETID AFTER_ID", columns, func(u *account, p map[string]string) iter.Seq[line] {
			return func(yield func(line) bool) {
				for k, r := range s.vendors.after(p["SETID"], p["AFTER_ID"]) {
					if u.sees(k, "") && !yield(one(k, r)) {
						return
					}
				}
			}
		}),
		saved("JGR_VENDOR_BY_ID", "SETID VENDOR_ID", columns, func(u *account, p map[string]string) iter.Seq[line] {
			k := key(p["SETID"], p["VENDOR_ID"])
			if r := s.vendors.get(k); r != nil && u.sees(k, "") {
				return once(one(k, r))
			}
			return once()
		}),
		saved("JGR_VENDOR_BY_EXT", "SETID EXT_ID", columns, func(u *account, p map[string]string) iter.Seq[line] {
			return func(yield func(line) bool) {
				for k, r := range s.vendors.after(p["SETID"], "") {
					if r.Get(s.options.Site.ExternalID) == strings.TrimRight(p["EXT_ID"], " ") && u.sees(k, "") && !yield(one(k, r)) {
						return
					}
				}
			}
		}),
		s.vendorScroll("JGR_VENDOR_ADDR", "SETID AFTER_ID AFTER_SEQ", "B", "VNDR_ADDR_SCROL", "VENDOR_ADDR", "ADDRESS_SEQ_NUM", addressColumns),
		s.vendorRows("JGR_VENDOR_CNTCT", "AFTER_SEQ", vendorContact(), func(r *Row) []map[string]*Row { return each(r.Below["VENDOR_CNTCT"]) }),
		s.vendorRows("JGR_VENDOR_BANK", "AFTER_LOC AFTER_SEQ", vendorBank(), s.bankAccounts),
		s.vendorRows("JGR_VENDOR_TAX", "AFTER_QUAL", vendorTax(), func(r *Row) []map[string]*Row { return each(r.Below["VENDOR_ID_NBRS"]) }),
		s.vendorScroll("JGR_VENDOR_LOC", "SETID AFTER_ID AFTER_LOC", "C", "VNDR_LOC_SCROL", "VENDOR_LOC", "VNDR_LOC", locationColumns),
	}
}

// joinVendor finds the primary address, the default location and its payment method, each as in force today.
func (s *Server) joinVendor(r *Row) map[string]*Row {
	rows := map[string]*Row{"A": r}
	if scroll := find(r.Below["VNDR_ADDR_SCROL"], "ADDRESS_SEQ_NUM", r.Get("PRIM_ADDR_SEQ_NUM")); scroll != nil {
		if b := current(scroll.Below["VENDOR_ADDR"], s.today()); b != nil {
			rows["B"] = withField(b, "ADDRESS_SEQ_NUM", scroll.Get("ADDRESS_SEQ_NUM"))
		}
	}
	if scroll := find(r.Below["VNDR_LOC_SCROL"], "VNDR_LOC", r.Get("DEFAULT_LOC")); scroll != nil {
		if c := current(scroll.Below["VENDOR_LOC"], s.today()); c != nil {
			rows["C"] = withField(c, "VNDR_LOC", scroll.Get("VNDR_LOC"))
			rows["D"] = find(c.Below["VENDOR_PAY"], "SEQ_NUM", "1")
		}
	}
	return rows
}

// withField is a row's own fields and one from the level above.
func withField(r *Row, name, value string) *Row {
	fields := map[string]string{name: value}
	for k, v := range r.Fields {
		fields[k] = v
	}
	return &Row{Fields: fields}
}

// vendorScroll lists all addresses or locations of all vendors after a vendor and a row of it, as in force today.
func (s *Server) vendorScroll(name, prompts, alias, scroll, below, rowKey string, columns []column) *query {
	columns = append(characters("A.SETID A.VENDOR_ID"), columns...)
	after := strings.Fields(prompts)[2]
	return saved(name, prompts, columns, func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			for k, r := range s.vendors.after(p["SETID"], "") {
				id := r.Get("VENDOR_ID")
				if id < p["AFTER_ID"] || !u.sees(k, "") {
					continue
				}
				for _, x := range r.Below[scroll] {
					b := current(x.Below[below], s.today())
					if b == nil || id == p["AFTER_ID"] && !later(x.Get(rowKey), p[after]) {
						continue
					}
					if !yield(values(columns, map[string]*Row{"A": r, alias: withField(b, rowKey, x.Get(rowKey))})) {
						return
					}
				}
			}
		}
	})
}

// later compares keys that are numbers or text as the database does.
func later(a, b string) bool {
	if plainNumber.MatchString(a) && plainNumber.MatchString(b) {
		return amount(a).Cmp(amount(b)) > 0
	}
	return a > b
}
