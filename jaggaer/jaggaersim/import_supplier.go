package jaggaersim

import "strings"

// importSuppliers takes TSMSupplierXMLImport documents, one supplier after the other.
func (s *Server) importSuppliers(root *node) outcome {
	var o outcome
	for _, n := range root.child("SupplierRequestMessage").all("Supplier") {
		o.attempted++
		in := supplierOf(n)
		r, _, refused := s.upsertSupplier(in)
		if len(refused) > 0 {
			o.errors = append(o.errors, refused[0].text)
			o.objects = append(o.objects, supplierErrors(header(in), refused))
			continue
		}
		o.completed++
		if s.switches.SupplierIDs {
			o.objects = append(o.objects, supplierRefXML(r.head(), el("SupplierId", r.text("supplierId"))))
		}
	}
	switch {
	case o.completed < o.attempted:
		o.code, o.statusText = 406, "Documents failed"
	case s.switches.SupplierCode != 0:
		o.code = s.switches.SupplierCode
	}
	return o
}

func supplierRefXML(h doc, more ...element) element {
	return el("SupplierRef", "", append([]element{
		el("ERPNumber", text(h, "erpNumber")), el("SQIntegrationNumber", text(h, "sqIntegrationNumber")), el("ThirdPartyRefNumber", text(h, "thirdPartyRefNumber")),
	}, more...)...)
}

// partErrors are the elements around the errors of a sub-record, and the one that names it.
var partErrors = map[string][2]string{
	"addressList": {"AddressErrors", "AddressRef"}, "contactList": {"ContactErrors", "ContactRef"},
	"locationList": {"LocationErrors", "LocationRef"}, "accountsPayableList": {"AccountsPayableErrors", "AccountsPayableRef"},
}

func supplierErrors(h doc, refused []part) element {
	out := el("SupplierErrors", "", supplierRefXML(h))
	for _, p := range refused {
		names, sub := partErrors[p.list]
		if !sub {
			out.children = append(out.children, errorMessage(p.text))
			continue
		}
		out.children = append(out.children, el(names[0], "", el(names[1], "", el("ERPNumber", p.key)), errorMessage(p.text)))
	}
	return out
}

// supplierTextFields are the single texts of a Supplier, by their name in REST answers.
var supplierTextFields = map[string]string{
	"ERPNumber": "erpNumber", "OldERPNumber": "oldERPNumber", "SQIntegrationNumber": "sqIntegrationNumber", "ThirdPartyRefNumber": "thirdPartyRefNumber",
	"Name": "name", "DoingBusinessAs": "doingBusinessAs", "CountryOfOrigin": "countryOfOrigin", "Active": "active", "WebSiteURL": "webSiteURL", "DUNS": "duns",
	"LegalStructure": "legalStructure", "TaxIdentificationType": "taxIdentificationType", "TaxIdentificationNumber": "taxIdentificationNumber",
	"VatIdentificationNumber": "vatIdentificationNumber",
}

// supplierOf reads a Supplier into the shape of JAGGAER.md §4.2, with the elements that are there and no others.
func supplierOf(n *node) doc {
	h := doc{}
	for _, c := range n.children {
		if field, ok := supplierTextFields[c.name]; ok {
			h[field] = c.value()
		}
	}
	body := doc{"header": h}
	if n.has("BusinessUnitVendorNumberList") {
		var all []any
		for _, v := range n.child("BusinessUnitVendorNumberList").children {
			all = append(all, doc{"businessUnitInternalName": v.attributes["businessUnitInternalName"], "value": v.value()})
		}
		h["businessUnitVendorNumberList"] = doc{"businessUnitVendorNumber": all}
	}
	if n.has("EnabledCurrencyList") {
		var all []any
		for _, v := range n.child("EnabledCurrencyList").children {
			all = append(all, v.value())
		}
		h["enabledCurrencyList"] = doc{"isoCurrencyCode": all}
	}
	for xml, list := range map[string]string{"AddressList": "addressList", "ContactList": "contactList", "LocationList": "locationList", "AccountsPayableList": "accountsPayableList"} {
		if !n.has(xml) {
			continue
		}
		var all []any
		for _, c := range n.child(xml).children {
			all = append(all, partOf(c))
		}
		body[list] = doc{partLists[list]: all}
	}
	return body
}

// partOf reads a sub-record: every text child under its REST name, and the nested ones that the contract shows.
func partOf(n *node) doc {
	out := doc{}
	if kind := n.attributes["type"]; kind != "" {
		out["type"] = kind
	}
	for _, c := range n.children {
		switch {
		case c.name == "AssociatedAddress":
			out["associatedAddress"] = doc{"type": c.attributes["type"], "erpNumber": c.get("AddressRef", "ERPNumber")}
		case c.name == "BankAccount":
			out["bankAccount"] = partOf(c)
		case c.has("TelephoneNumber"):
			phone := doc{}
			for _, p := range c.child("TelephoneNumber").children {
				phone[memberName(p.name)] = p.value()
			}
			out[memberName(c.name)] = phone
		case len(c.children) > 0:
		case c.name == "Active" || c.name == "LocationActive" || c.name == "Primary":
			out[memberName(c.name)] = flag(truth(c.value(), true))
		default:
			out[memberName(c.name)] = c.value()
		}
	}
	return out
}

// memberName turns an element name into its REST name: ERPNumber → erpNumber, AddressLine1 → addressLine1.
func memberName(element string) string {
	for _, prefix := range []string{"ERP", "SQ"} {
		if rest, ok := strings.CutPrefix(element, prefix); ok {
			return strings.ToLower(prefix) + rest
		}
	}
	return strings.ToLower(element[:1]) + element[1:]
}
