package jaggaer

import (
	"strings"

	connector "ml-connector"
)

// supplierMirror is a supplier as read, in the names that the import takes, as far as it can be told. A missing member
// means blank for the keys, the name and the state, and within an address; a list that the answer does not have at all is
// unknown, and so is what an answer may hide (bank data). Blank fields are in the Mirror as "", so that they differ from
// a value that should be there.
func supplierMirror(doc connector.Document, raw, header map[string]any) connector.Document {
	h := func(name string) string { return doc.Text("header." + name) }
	m := connector.Document{
		"ERPNumber": h("erpNumber"), "SQIntegrationNumber": h("sqIntegrationNumber"), "Name": h("name"), "Active": "",
	}
	if active, known := truth(h("active")); known {
		m["Active"] = map[bool]string{true: "Yes", false: "No"}[active]
	}
	if _, told := header["countryOfOrigin"]; told {
		m["CountryOfOrigin"] = alpha2(h("countryOfOrigin"))
	}
	if list, told := header["businessUnitVendorNumberList"]; told {
		m["BusinessUnitVendorNumberList"] = map[string]any{"BusinessUnitVendorNumber": mirrorList(member1(list, "businessUnitVendorNumber"), func(e map[string]any) map[string]any {
			return map[string]any{"businessUnitInternalName": plainText(e["businessUnitInternalName"]), "value": plainText(e["value"])}
		})}
	}
	if list, told := header["enabledCurrencyList"]; told {
		codes := []any{}
		elements, _ := member1(list, "isoCurrencyCode").([]any)
		for _, e := range elements {
			code := plainText(e)
			if object, ok := e.(map[string]any); ok {
				code = plainText(object["value"])
			}
			codes = append(codes, map[string]any{"value": code})
		}
		m["EnabledCurrencyList"] = map[string]any{"IsoCurrencyCode": codes}
	}
	if list, told := raw["addressList"]; told {
		m["AddressList"] = map[string]any{"Address": mirrorList(member1(list, "address"), mirrorAddress)}
	}
	if list, told := raw["accountsPayableList"]; told {
		m["AccountsPayableList"] = map[string]any{"AccountsPayable": mirrorList(member1(list, "accountsPayable"), func(e map[string]any) map[string]any {
			out := map[string]any{"type": plainText(e["type"]), "ERPNumber": plainText(e["erpNumber"])}
			mirrorState(out, e)
			return out
		})}
	}
	return m
}

// member1 is a member of a value that may be no object at all.
func member1(v any, name string) any {
	m, _ := v.(map[string]any)
	return m[name]
}

func mirrorList(v any, element func(map[string]any) map[string]any) []any {
	out := []any{}
	for _, e := range objects(v) {
		out = append(out, element(e))
	}
	return out
}

// mirrorState takes name and state of an address or payment method, where the answer tells them.
func mirrorState(out, e map[string]any) {
	if _, told := e["name"]; told {
		out["Name"] = plainText(e["name"])
	}
	if active, known := truth(plainText(e["active"])); known {
		out["Active"] = boolText(active)
	}
}

func mirrorAddress(e map[string]any) map[string]any {
	out := map[string]any{
		"type": plainText(e["type"]), "ERPNumber": plainText(e["erpNumber"]),
		"AddressLine1": plainText(e["addressLine1"]), "AddressLine2": plainText(e["addressLine2"]), "AddressLine3": plainText(e["addressLine3"]),
		"City": plainText(e["city"]), "State": plainText(e["state"]), "PostalCode": plainText(e["postalCode"]),
		"IsoCountryCode": alpha3(plainText(e["isoCountryCode"])),
	}
	// The other spelling of address lines, JAGGAER.md §4.1.
	for _, line := range objects(member(e, "addressLineList.addressLine")) {
		if n := plainText(line["lineNumber"]); strings.Contains("123", n) && len(n) == 1 {
			out["AddressLine"+n] = plainText(line["addressLine"])
		}
	}
	mirrorState(out, e)
	return out
}
