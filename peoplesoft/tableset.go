package peoplesoft

import (
	"cmp"
	"strings"

	connector "ml-connector"
)

// tableSet sees to the SETID of the supplier: a business unit uses the suppliers of one SETID, which the profile names
// where it is not the Link's (PEOPLESOFT.md §7.8, §9 `setid`). A voucher is told it; an order that names another is refused,
// as PeopleSoft would look for its supplier where it is not. Without such an entry the Document goes as it is.
func (i *Instance) tableSet(op string, d connector.Document) (connector.Document, error) {
	m := i.profile.setid[entVendor]
	unit := strings.ToUpper(d.Text("BUSINESS_UNIT"))
	want := cmp.Or(m[unit], m["*"])
	if want == "" {
		return d, nil
	}
	switch given := d.Text("VENDOR_SETID"); {
	case given == "":
		d = d.Clone()
		d["VENDOR_SETID"] = want
	case !strings.EqualFold(given, want):
		return nil, connector.Errorf(connector.Invalid, op, "business unit %s uses the suppliers of SETID %s, and supplier %s is of %s", unit, want, d.Text("VENDOR_ID"), given).
			Advise("Link the record's supplier with the one of SETID %s, or correct profile.setid.vendor.", want)
	}
	return d, nil
}
