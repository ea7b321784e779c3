package peoplesoftsim

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// What a site keeps of a vendor beside the component's addresses and locations: no service of ours writes it.

func vendorContact() *record {
	return define("VENDOR_CNTCT", "CNTCT_SEQ_NUM", `CNTCT_SEQ_NUM N5 · EFFDT D · EFF_STATUS C1 · CONTACT_TYPE C1 · CONTACT_NAME C50 · CONTACT_TITLE C35 · EMAILID C70`)
}

func vendorBank() *record {
	return define("VNDR_BANK_ACCT", "VNDR_LOC BANK_ACCT_SEQ_NBR", `BANK_ACCT_SEQ_NBR N3 · DEFAULT_IND C1 · COUNTRY C3 · BNK_ID_NBR C20 · DFI_ID_NUM C12 · BANK_ACCOUNT_NUM C35 · IBAN_ID C34`)
}

func vendorTax() *record {
	return define("VENDOR_ID_NBRS", "STD_ID_NUM_QUAL", `STD_ID_NUM_QUAL C3 · STD_ID_NUM C30`)
}

// SetContact, SetBankAccount and SetTaxNumber give a vendor one more row of that kind, or change the one with its key.
func (s *Server) SetContact(setid, vendor, sequence string, fields map[string]string) error {
	return s.setBelow(setid, vendor, vendorContact(), fields, func(r *Row) *Row { return r }, "CNTCT_SEQ_NUM", sequence)
}

// SetBankAccount is one of a location, as in force today.
func (s *Server) SetBankAccount(setid, vendor, location, sequence string, fields map[string]string) error {
	return s.setBelow(setid, vendor, vendorBank(), fields, func(r *Row) *Row {
		if scroll := find(r.Below["VNDR_LOC_SCROL"], "VNDR_LOC", location); scroll != nil {
			return current(scroll.Below["VENDOR_LOC"], s.today())
		}
		return nil
	}, "BANK_ACCT_SEQ_NBR", sequence)
}

// SetTaxNumber is the one with a qualifier, such as FED.
func (s *Server) SetTaxNumber(setid, vendor, qualifier, number string) error {
	return s.setBelow(setid, vendor, vendorTax(), map[string]string{"STD_ID_NUM": number}, func(r *Row) *Row { return r }, "STD_ID_NUM_QUAL", qualifier)
}

func (s *Server) setBelow(setid, vendor string, of *record, fields map[string]string, under func(*Row) *Row, name, value string) error {
	return s.change(s.vendors, key(setid, vendor), func(r *Row) error {
		above := under(r)
		if above == nil {
			return fmt.Errorf("%s %s has no row to put %s under", setid, vendor, of.name)
		}
		row := find(above.Below[of.name], name, value)
		if row == nil {
			row = newRow(name, value)
			above.add(of.name, row)
		}
		return setFields(of, row, fields)
	})
}

// each puts rows under the alias B.
func each(rows []*Row) []map[string]*Row {
	var out []map[string]*Row
	for _, r := range rows {
		out = append(out, map[string]*Row{"B": r})
	}
	return out
}

// bankAccounts are those of each location as in force today.
func (s *Server) bankAccounts(vendor *Row) []map[string]*Row {
	var out []map[string]*Row
	for _, scroll := range vendor.Below["VNDR_LOC_SCROL"] {
		location := current(scroll.Below["VENDOR_LOC"], s.today())
		if location == nil {
			continue
		}
		for _, b := range location.Below["VNDR_BANK_ACCT"] {
			out = append(out, map[string]*Row{"B": b, "C": withField(location, "VNDR_LOC", scroll.Get("VNDR_LOC"))})
		}
	}
	return out
}

// vendorRows lists what all vendors have of a record, after a vendor and a row of it; what has an effective date as in force
// today.
func (s *Server) vendorRows(name, after string, of *record, rows func(vendor *Row) []map[string]*Row) *query {
	columns := append(characters("A.SETID A.VENDOR_ID"), selected("B", of, "*")...)
	if of.keys[0] == "VNDR_LOC" {
		columns = append(columns, characters("C.VNDR_LOC C.EFFDT")...)
	}
	keyOf := func(r map[string]*Row) []string {
		var out []string
		for _, k := range of.keys {
			alias := "B"
			if k == "VNDR_LOC" {
				alias = "C"
			}
			out = append(out, r[alias].Get(k))
		}
		return out
	}
	return saved(name, "SETID AFTER_ID "+after, columns, func(u *account, p map[string]string) iter.Seq[line] {
		var from []string
		for _, n := range strings.Fields(after) {
			from = append(from, p[n])
		}
		return func(yield func(line) bool) {
			for k, r := range s.vendors.after(p["SETID"], "") {
				id := r.Get("VENDOR_ID")
				if id < p["AFTER_ID"] || !u.sees(k, "") {
					continue
				}
				for _, x := range inForce(rows(r), keyOf, s.today()) {
					if id == p["AFTER_ID"] && !laterKeys(keyOf(x), from) {
						continue
					}
					x["A"] = r
					if !yield(values(columns, x)) {
						return
					}
				}
			}
		}
	})
}

// inForce keeps, of rows with one key, the one in force on a day, and puts all in the order of their keys.
func inForce(rows []map[string]*Row, keyOf func(map[string]*Row) []string, day string) []map[string]*Row {
	best := map[string]map[string]*Row{}
	for _, r := range rows {
		k := strings.Join(keyOf(r), "\x00")
		effective := r["B"].Get("EFFDT")
		if effective > day || best[k] != nil && effective < best[k]["B"].Get("EFFDT") {
			continue
		}
		best[k] = r
	}
	var out []map[string]*Row
	for _, r := range best {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b map[string]*Row) int {
		if laterKeys(keyOf(a), keyOf(b)) {
			return 1
		}
		return -1
	})
	return out
}

// laterKeys compares keys of several fields.
func laterKeys(a, b []string) bool {
	for n := range a {
		switch {
		case later(a[n], b[n]):
			return true
		case later(b[n], a[n]):
			return false
		}
	}
	return false
}
