package jaggaersim

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// part is a refusal of one part of a supplier: list is "" for the supplier itself, else one of partLists.
type part struct{ list, key, text string }

// partLists are the lists of sub-records of a supplier and the name of their elements (JAGGAER.md §4.2).
var partLists = map[string]string{
	"addressList": "address", "contactList": "contact", "locationList": "location", "accountsPayableList": "accountsPayable",
}

// matchSupplier finds whom a supplier message means: by ERP number (or the old one, when it is renamed), else by JAGGAER's
// integration number. nil = a new one (JAGGAER.md §5.4).
func (s *Server) matchSupplier(h doc) *row {
	for _, key := range [][2]string{{"erpNumber", "erpNumber"}, {"erpNumber", "oldERPNumber"}, {"sqIntegrationNumber", "sqIntegrationNumber"}} {
		if r := s.byText(Supplier, key[0], text(h, key[1])); r != nil {
			return r
		}
	}
	return nil
}

// upsertSupplier creates or updates a supplier from a document of JAGGAER.md §4.2. What the document leaves out stays as it is.
// With parts refused nothing is stored.
func (s *Server) upsertSupplier(in doc) (r *row, operation string, refused []part) {
	h := header(in)
	r = s.matchSupplier(h)
	body := doc{"header": doc{"active": "true", "registrationStatus": "Approved"}}
	if r != nil {
		body = clone(r.body)
	}
	before := clone(body)
	mergeSupplier(body, in)
	if refused = s.supplierProblems(r, body); len(refused) > 0 {
		return r, "", refused
	}
	key := text(header(body), "erpNumber")
	switch {
	case r == nil:
		header(body)["sqIntegrationNumber"] = "u" + s.sequence("sqIntegration", 1511507).String()
		r = s.add(Supplier, body, s.now())
		s.effect("supplier.create", key)
		return r, "created", nil
	case reflect.DeepEqual(before, body):
		return r, "unchanged", nil
	default:
		r.body = body
		s.touch(r, s.now())
		s.effect("supplier.update", key)
		return r, "updated", nil
	}
}

// supplierKeys never come in with a message.
var supplierKeys = map[string]bool{"supplierId": true, "sqIntegrationNumber": true, "oldERPNumber": true, "lastUpdate": true, "registrationStatus": true}

func mergeSupplier(body, in doc) {
	h := header(body)
	for name, v := range header(in) {
		switch {
		case supplierKeys[name]:
		case name == "businessUnitVendorNumberList":
			from, _ := v.(doc)
			mergeList(h, from, name, "businessUnitVendorNumber", "businessUnitInternalName")
		case name == "active":
			h[name] = flag(truth(text(header(in), name), true))
		default:
			h[name] = copyValue(v)
		}
	}
	for name, one := range partLists {
		if from, ok := in[name].(doc); ok {
			mergeList(body, from, name, one, "erpNumber")
		}
	}
	for _, name := range []string{"customElementList", "taxInformationList"} {
		if v, ok := in[name]; ok {
			body[name] = copyValue(v)
		}
	}
}

// mergeList brings the elements of one list into another by their key. An element with a new key takes over one of the same
// type that has no key yet; otherwise it is added.
func mergeList(body, from doc, name, one, key string) {
	into, _ := body[name].(doc)
	if into == nil {
		into = doc{}
		body[name] = into
	}
	old := items(into, one)
	all, _ := into[one].([]any)
	for _, v := range items(from, one) {
		target := -1
		for i, o := range old {
			if text(o, key) == text(v, key) {
				target = i
				break
			}
			if target < 0 && text(o, key) == "" && text(o, "type") != "" && text(o, "type") == text(v, "type") {
				target = i
			}
		}
		if target >= 0 {
			merge(old[target], v)
			continue
		}
		v = clone(v)
		all, old = append(all, v), append(old, v)
	}
	into[one] = all
}

func (s *Server) supplierProblems(self *row, body doc) []part {
	h := header(body)
	var out []part
	refuse := func(list, key, format string, args ...any) {
		out = append(out, part{list, key, fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(text(h, "name")) == "" {
		refuse("", "", "Name is required")
	}
	if c := text(h, "countryOfOrigin"); c != "" && len(c) != 2 {
		refuse("", "", "Country of origin %s is not a two-letter code", c)
	}
	if site := text(h, "webSiteURL"); site != "" {
		if u, err := url.Parse(site); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			refuse("", "", "Web site URL is not valid")
		}
	}
	if tax := text(h, "taxIdentificationNumber"); tax != "" && strings.Trim(tax, "0123456789-") != "" {
		refuse("", "", "Tax identification number is not valid")
	}
	own := map[string]bool{}
	for _, a := range items(body, "addressList.address") {
		erp := text(a, "erpNumber")
		own[erp] = true
		if c := text(a, "isoCountryCode"); c != "" && len(c) != 3 {
			refuse("addressList", erp, "Country %s is not a three-letter code", c)
		}
	}
	for list, one := range partLists {
		for _, p := range items(body, list+"."+one) {
			erp := text(p, "erpNumber")
			if other := s.partOwner(self, list, one, erp); other != nil {
				refuse(list, erp, "ERP number %s is already used by supplier %s", erp, other.text("name"))
			}
			if ref := text(p, "associatedAddress.erpNumber"); ref != "" && !own[ref] {
				refuse(list, erp, "Associated address %s does not exist", ref)
			}
		}
	}
	return out
}

// partOwner is another supplier with a sub-record of that ERP number: they are unique within the customer.
func (s *Server) partOwner(self *row, list, one, erp string) *row {
	if erp == "" || list == "locationList" {
		return nil
	}
	for _, r := range s.rows[Supplier] {
		if r == self {
			continue
		}
		for _, p := range items(r.body, list+"."+one) {
			if text(p, "erpNumber") == erp {
				return r
			}
		}
	}
	return nil
}
