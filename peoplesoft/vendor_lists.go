package peoplesoft

import (
	"context"
	"slices"

	connector "ml-connector"
	"ml-connector/alike"
)

// vendorList is a list of a supplier's own rows, read by a query of its own (PEOPLESOFT.md §3.6): JGR_VENDOR gives the primary
// address and the default location alone. A site says in the profile, under `read`, which ones it reads.
type vendorList struct {
	flag   string   // of the profile, under `read`
	entity string   // of its query
	name   string   // of the list in a supplier's Document
	keys   []string // columns that tell the rows of one supplier apart, in the order of the query
	secret []string // columns that are kept as four characters and a digest
}

func vendorLists() []vendorList {
	return []vendorList{
		{"addresses", entVendorAddresses, "ADDRESSES", []string{"B.ADDRESS_SEQ_NUM"}, nil},
		{"locations", entVendorLocations, "LOCATIONS", []string{"C.VNDR_LOC"}, nil},
		{"contacts", entVendorContacts, "CONTACTS", []string{"B.CNTCT_SEQ_NUM"}, nil},
		{"bank_accounts", entVendorBank, "BANK_ACCOUNTS", []string{"C.VNDR_LOC", "B.BANK_ACCT_SEQ_NBR"}, []string{"BNK_ID_NBR", "DFI_ID_NUM", "BANK_ACCOUNT_NUM", "IBAN_ID"}},
		{"tax_numbers", entVendorTax, "TAX_NUMBERS", []string{"B.STD_ID_NUM_QUAL"}, []string{"STD_ID_NUM"}},
	}
}

// bankAccountsRead says in a supplier's Document that its bank accounts were asked for: then none is none.
const bankAccountsRead = "BANK_ACCOUNTS_READ"

// secret says whether a query's answers hold what must not be kept.
func (e entity) secret() bool {
	return slices.ContainsFunc(vendorLists(), func(l vendorList) bool { return l.entity == e.name && len(l.secret) > 0 })
}

// withLists adds to suppliers the lists that the site reads: their rows are asked for once for all suppliers of a page, which
// came in the order of their numbers after the number `after`.
func (i *Instance) withLists(ctx context.Context, setid, after string, suppliers []connector.Version) error {
	if len(suppliers) == 0 {
		return nil
	}
	for _, l := range vendorLists() {
		if !i.profile.lists[l.flag] {
			continue
		}
		wanted := map[string][]any{}
		for _, v := range suppliers {
			wanted[v.Document.Text("VENDOR_ID")] = nil
		}
		last := suppliers[len(suppliers)-1].Document.Text("VENDOR_ID")
		told := map[string][]row{}
		if err := i.readList(ctx, l, setid, after, last, wanted, told); err != nil {
			return err
		}
		for n := range suppliers {
			id := suppliers[n].Document.Text("VENDOR_ID")
			if rows := wanted[id]; len(rows) > 0 {
				suppliers[n].Document[l.name] = rows
			}
			if l.entity == entVendorBank {
				suppliers[n].Document[bankAccountsRead] = "Y"
			}
			i.tells(l, told[id], &suppliers[n])
		}
	}
	return nil
}

// readList reads a list from one supplier on until what comes belongs to none that is wanted. Each answer goes on after the
// last row of the one before, so that it does not matter where PeopleSoft cuts it (PEOPLESOFT.md §3.5).
func (i *Instance) readList(ctx context.Context, l vendorList, setid, after, last string, wanted map[string][]any, told map[string][]row) error {
	e := i.entity(l.entity)
	from := append([]string{setid, after}, i.beforeAll(e, l)...)
	sawLast := false
	for {
		raw, exchange, err := i.askRaw(ctx, e, i.profile.pageSize, from...)
		if err != nil || len(raw) == 0 {
			return err
		}
		next := from
		any := false
		for _, cells := range raw {
			r, err := e.read(cells)
			if err != nil {
				return badRow(e, err, exchange)
			}
			id := r["A.VENDOR_ID"]
			next = append([]string{setid, id}, valuesOf(r, l.keys)...)
			rows, ok := wanted[id]
			switch {
			case ok:
				wanted[id] = append(rows, i.listRow(e, l, r))
				if len(l.secret) > 0 {
					told[id] = append(told[id], r)
				}
				any, sawLast = true, sawLast || id == last
			case sawLast:
				return nil
			}
		}
		if slices.Equal(next, from) {
			err := connector.Errorf(connector.Misconfigured, e.op(), "the query was asked for what comes after %v and gave it again: it does not heed its prompts %v", from[1:], e.prompts[1:]).
				Advise("The author of the query corrects its criteria and order (see `connection requirements`).")
			err.Exchange = exchange
			return err
		}
		if !any && next[1] != after {
			return nil
		}
		from = next
	}
}

// beforeAll are prompt values before the first row of a supplier.
func (i *Instance) beforeAll(e entity, l vendorList) []string {
	out := make([]string, len(l.keys))
	for n, k := range l.keys {
		out[n] = i.profile.firstKey
		if slices.ContainsFunc(e.columns, func(c column) bool { return c.alias+"."+c.name == k && c.form == formNumber }) {
			out[n] = "0"
		}
	}
	return out
}

func valuesOf(r row, columns []string) []string {
	out := make([]string, len(columns))
	for n, c := range columns {
		out[n] = r[c]
	}
	return out
}

// listRow is one row of a list as it stands in a Document: what is secret of it can be told apart, and not read.
func (i *Instance) listRow(e entity, l vendorList, r row) map[string]any {
	out := map[string]any{}
	for _, c := range e.columns {
		v := r[c.alias+"."+c.name]
		switch {
		case v == "" || c.alias == "A":
		case slices.Contains(l.secret, c.name):
			out[c.name] = i.hidden(v)
		default:
			out[c.name] = v
		}
	}
	return out
}

// hidden is what is kept of a bank or tax number: its last four characters, and a digest that tells whether it changed.
func (i *Instance) hidden(v string) map[string]any {
	out := map[string]any{}
	if ends := lastFour(v); ends != "" {
		out["LAST_FOUR"] = ends
	}
	if i.digest != nil {
		out["HASH"] = i.digest(v)
	}
	return out
}

// lastFour is what may be shown of a number: its end, where the rest is still most of it.
func lastFour(v string) string {
	if r := []rune(v); len(r) >= 8 {
		return string(r[len(r)-4:])
	}
	return ""
}

// tells adds to a supplier what tells it apart (its addresses and, hashed, its tax numbers), as its lists have it.
func (i *Instance) tells(l vendorList, rows []row, v *connector.Version) {
	switch l.entity {
	case entVendorAddresses:
		for _, e := range v.Document.List(l.name) {
			v.Traits.Places = append(v.Traits.Places, place(e))
		}
	case entVendorTax:
		for _, r := range rows {
			if n := alike.TaxNumber(r["B.STD_ID_NUM"]); n != "" && i.same != nil {
				v.Traits.Tax = append(v.Traits.Tax, i.same(n))
			}
		}
	}
}

func place(address connector.Document) alike.Place {
	return alike.Place{Country: address.Text("COUNTRY"), Postal: address.Text("POSTAL"), City: address.Text("CITY"), Street: address.Text("ADDRESS1")}
}
