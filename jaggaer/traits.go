package jaggaer

import (
	"cmp"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/alike"
)

// taxMembers are the members of a supplier's header that hold a tax number, in lower case.
func taxMembers() []string {
	return []string{"taxidentificationnumber", "vatidentificationnumber", "fiscalcode", "euvat", "taxid"}
}

// traits are what tells a supplier apart: its names and addresses, and its tax numbers, hashed while they are decoded.
func (i *Instance) traits(doc connector.Document, header map[string]any) alike.Traits {
	var t alike.Traits
	for _, name := range []string{doc.Text("header.name"), doc.Text("header.doingBusinessAs")} {
		if name != "" && !slices.Contains(t.Names, name) {
			t.Names = append(t.Names, name)
		}
	}
	t.Country = alpha3(doc.Text("header.countryOfOrigin"))
	for _, a := range doc.List("addressList.address") {
		t.Places = append(t.Places, alike.Place{Country: alpha3(a.Text("isoCountryCode")), Postal: a.Text("postalCode"), City: a.Text("city"),
			Street: cmp.Or(a.Text("addressLine1"), lineOf(a))})
	}
	if i.same == nil {
		return t
	}
	for name, v := range header {
		if n := alike.TaxNumber(rawText(v)); n != "" && slices.Contains(taxMembers(), strings.ToLower(name)) {
			t.Tax = append(t.Tax, i.same(n))
		}
	}
	slices.Sort(t.Tax)
	t.Tax = slices.Compact(t.Tax)
	return t
}

// lineOf is the first line of an address in the other spelling of JAGGAER.md §4.1.
func lineOf(a connector.Document) string {
	for _, l := range a.List("addressLineList.addressLine") {
		if l.Text("lineNumber") == "1" {
			return l.Text("addressLine")
		}
	}
	return ""
}

// addBank adds to the payment methods of a supplier what is kept of their bank accounts: how the number ends, and a hash of all that says
// where money goes. One whose number is hidden or missing tells nothing (JAGGAER.md §4.2: absent is not deleted).
func (i *Instance) addBank(doc connector.Document, raw map[string]any) {
	methods := objects(member(raw, "accountsPayableList.accountsPayable"))
	if i.digest == nil || !slices.ContainsFunc(methods, func(m map[string]any) bool { return m["bankAccount"] != nil }) {
		return
	}
	out := []any{}
	for _, m := range methods {
		c, _ := convert(m).(map[string]any)
		if c == nil {
			continue
		}
		account, _ := m["bankAccount"].(map[string]any)
		number := strings.TrimSpace(cmp.Or(rawText(account["bankAccountNumber"]), rawText(account["ibanBankAccountNumber"])))
		if number != "" && !alike.Hidden(number) {
			var all []string
			for _, name := range []string{"routingNumber", "bankAccountNumber", "ibanBankAccountNumber", "bankIdentifierCode", "internationalRoutingCode", "isoCountryCode"} {
				all = append(all, strings.TrimSpace(rawText(account[name])))
			}
			kept := map[string]any{"hash": i.digest(strings.Join(all, "\x00"))}
			if r := []rune(number); len(r) >= 8 {
				kept["lastFour"] = string(r[len(r)-4:])
			}
			c["bankAccount"] = kept
		}
		out = append(out, c)
	}
	doc["accountsPayableList"] = map[string]any{"accountsPayable": out}
}
