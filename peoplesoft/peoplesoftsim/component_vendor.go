package peoplesoftsim

import "fmt"

// vendorComponent is the page VNDR_ID as the JGR_VNDR_CI shows it (PEOPLESOFT.md §4.2).
func (s *Server) vendorComponent() *component {
	return &component{
		name: "JGR_VNDR_CI", operation: "vendor", root: s.vendor, table: s.vendors,
		assign: func(row *Row) {
			row.set("VENDOR_ID", s.next("VENDOR_ID", 10, func(n string) bool { return s.vendors.get(key(row.Get("SETID"), n)) != nil }))
			row.set("REMIT_VENDOR", row.Get("VENDOR_ID"))
		},
		defaults: s.vendorDefaults, rules: s.vendorRules,
		natural: func(row *Row) string { return key(row.Get("SETID"), or(row.Get("AR_NUM"), row.Get("VENDOR_ID"))) },
	}
}

func (s *Server) vendorDefaults(row, old *Row) {
	for name, value := range map[string]string{"VENDOR_STATUS": "E", "VENDOR_CLASS": "R", "VENDOR_PERSISTENCE": "R", "REMIT_SETID": row.Get("SETID"), "REMIT_VENDOR": row.Get("VENDOR_ID")} {
		row.fallback(name, value)
	}
	if old == nil && s.options.VendorWorkflow && row.Get("VENDOR_STATUS") == "A" {
		row.set("VENDOR_STATUS", "E")
	}
	row.set("LAST_ACTIVITY_DT", s.today())
	for _, a := range row.Below["VNDR_ADDR_SCROL"] {
		for _, name := range []string{"PRIM_ADDR_SEQ_NUM", "REMIT_ADDR_SEQ_NUM", "ADDR_SEQ_NUM_ORDR"} {
			if amount(row.Get(name)).IsZero() {
				row.set(name, a.Get("ADDRESS_SEQ_NUM"))
			}
		}
	}
	for _, l := range row.Below["VNDR_LOC_SCROL"] {
		if l.Get("DEFAULT_LOC_FLG") == "Y" {
			row.set("DEFAULT_LOC", l.Get("VNDR_LOC"))
		}
		for _, x := range l.Below["VENDOR_LOC"] {
			if len(x.Below["VENDOR_PAY"]) == 0 {
				x.add("VENDOR_PAY", newRow("SEQ_NUM", "1", "PYMNT_METHOD", "CHK"))
			}
			for _, p := range x.Below["VENDOR_PAY"] {
				p.fallback("SEQ_NUM", "1")
			}
		}
	}
}

// vendorRules are the page's own edits: states of known countries, every scroll with a row in force, one default location.
func (s *Server) vendorRules(e *edits, row, _ *Row) {
	for i, a := range row.Below["VNDR_ADDR_SCROL"] {
		at := fmt.Sprintf("%s.VNDR_ADDR_SCROL(%d)", e.ci, i+1)
		if len(a.Below["VENDOR_ADDR"]) == 0 {
			e.fail(15, 30, at+".VENDOR_ADDR", "Required row.")
		}
		for k, x := range a.Below["VENDOR_ADDR"] {
			states := s.codes["state:"+x.Get("COUNTRY")]
			if state := x.Get("STATE"); state != "" && states != nil && !states[state] {
				e.fail(15, 11, fmt.Sprintf("%s.VENDOR_ADDR(%d).STATE", at, k+1), "Invalid value -- press the prompt button or hyperlink for a list of valid values")
			}
		}
	}
	defaults := 0
	for i, l := range row.Below["VNDR_LOC_SCROL"] {
		if len(l.Below["VENDOR_LOC"]) == 0 {
			e.fail(15, 30, fmt.Sprintf("%s.VNDR_LOC_SCROL(%d).VENDOR_LOC", e.ci, i+1), "Required row.")
		}
		if l.Get("DEFAULT_LOC_FLG") == "Y" {
			defaults++
		}
	}
	if n := len(row.Below["VNDR_LOC_SCROL"]); n > 0 && defaults != 1 {
		e.fail(7030, 21, e.ci+".VNDR_LOC_SCROL", "One location must be the default, not %d.", defaults)
	}
}
