package jaggaersim

import (
	"encoding/json"
	"fmt"
)

// importRequisitions takes PRXMLImport documents. Each requisition stands or falls alone; ObjectErrors lists all of them, the
// good ones too.
func (s *Server) importRequisitions(root *node) outcome {
	var o outcome
	objects := el("ObjectErrors", "")
	for position, n := range root.all("PurchaseRequisition") {
		o.attempted++
		body, problems := requisitionOf(n)
		problems = append(problems, s.requisitionProblems(body)...)
		h := header(body)
		ref := []string{"requisitionName", text(h, "requisitionName"), "requisitionPosition", fmt.Sprint(position + 1), "username", text(h, "requestor.username")}
		if len(problems) > 0 {
			one := el("RequisitionRef", "").with(ref...)
			for _, p := range problems {
				one.children = append(one.children, el("Error", "", el("ErrorMessage", p)).with("type", "Error"))
			}
			objects.children = append(objects.children, one)
			continue
		}
		r := s.storeRequisition(body)
		o.completed++
		if !s.switches.NoWriteIDs {
			ref = append([]string{"requisitionId", r.text("requisitionId")}, ref...)
		}
		objects.children = append(objects.children, el("RequisitionRef", "",
			el("RequisitionCreationStatus", "", el("RequisitionInitialState", "Pending")).with("result", "success"),
		).with(ref...))
	}
	o.objects = []element{objects}
	if o.completed < o.attempted {
		o.code, o.statusText = 500, failureText(o.attempted, o.completed)
	}
	return o
}

// requisitionOf reads one PurchaseRequisition into the shape of JAGGAER.md §4.3.
func requisitionOf(n *node) (doc, []string) {
	in := n.child("RequisitionHeader")
	h := doc{
		"requisitionName": in.get("RequisitionName"),
		"requestor":       doc{"username": in.child("Requestor").child("UserProfile").attributes["username"]},
	}
	if text := in.get("Description"); text != "" {
		h["description"] = text
	}
	var problems []string
	if in.has("ShipTo") {
		address := in.child("ShipTo").child("Address")
		h["shipTo"] = doc{"address": addressOf(address)}
		if template := address.get("TemplateName"); template != "" {
			h["shipTo"].(doc)["template"] = template
		}
		for _, c := range address.all("Contact") {
			if c.value() == "" {
				problems = append(problems, "Contact must not be empty")
			}
		}
	}
	for _, set := range in.all("CustomFieldValueSet") {
		setCustomField(h, set.attributes["name"], set.get("CustomFieldValue", "Value"))
	}
	var lines []doc
	currency := ""
	for _, group := range n.all("RequisitionSupplierGroup") {
		supplier := group.get("RequisitionSupplierGroupInfo", "Supplier", "SupplierNumber")
		for _, l := range group.all("RequisitionLine") {
			line, wrong := requisitionLineOf(l, supplier)
			lines, problems = append(lines, line), append(problems, wrong...)
			money := l.child("LineCharges").child("UnitPrice").child("Money").attributes["currency"]
			if currency != "" && money != currency {
				problems = append(problems, fmt.Sprintf("Line %s: all lines must have one currency", l.attributes["linenumber"]))
			}
			currency = money
		}
	}
	h["total"] = doc{"currency": currency}
	return doc{"header": h, "lineList": doc{"requisitionLine": list(lines...)}}, problems
}

func requisitionLineOf(l *node, supplier string) (doc, []string) {
	n := l.attributes["linenumber"]
	line := doc{"lineNumber": numberOf(n), "item": itemOf(l.child("Item")), "quantity": json.Number(l.get("Quantity")), "unitPrice": json.Number(l.get("LineCharges", "UnitPrice", "Money"))}
	for _, field := range []string{"quantity", "unitPrice"} {
		if d, err := amount(text(line, field)); err == nil {
			line[field] = number(d)
		}
	}
	if supplier != "" {
		line["supplier"] = doc{"supplierNumber": supplier}
	}
	splits, own := lineSets(l.all("CustomFieldValueSet"))
	for _, set := range own {
		setCustomField(line, set.attributes["name"], set.get("CustomFieldValue", "Value"))
	}
	distribution, shares, problems := sharesOf(splits)
	if len(shares) > 0 {
		line["splittableFieldSetGroupList"] = splitGroup(distribution, shares)
	}
	for i, p := range problems {
		problems[i] = "Line " + n + ": " + p
	}
	return line, problems
}

// lineSets tells the sets that charge a line from the custom fields that it has besides: where some are distributed, those that
// are not.
func lineSets(sets []*node) (splits, own []*node) {
	for _, set := range sets {
		if set.attributes["distributiontype"] != "" {
			splits = append(splits, set)
		} else {
			own = append(own, set)
		}
	}
	if len(splits) == 0 {
		return own, nil
	}
	return splits, own
}

func itemOf(n *node) doc {
	item := doc{"description": n.get("Description")}
	for field, name := range map[string]string{"catalogNumber": "CatalogNumber", "commodityCode": "CommodityCode", "productType": "ProductType"} {
		if v := n.get(name); v != "" {
			item[field] = v
		}
	}
	measure := n.child("ProductUnitOfMeasure").child("Measurement")
	for _, name := range []string{"MeasurementValue", "MeasurementUnit"} {
		if v := measure.get(name); v != "" {
			item["unitOfMeasure"] = doc{"dimension": v}
		}
	}
	return item
}

// addressOf reads an Address of the document DTDs into the shape of JAGGAER.md §4.1.
func addressOf(n *node) doc {
	out := doc{}
	for field, name := range map[string]string{"addressCode": "AddressCode", "city": "City", "state": "State", "postalCode": "PostalCode", "country": "Country"} {
		if v := n.get(name); v != "" {
			out[field] = v
		}
	}
	if code := n.child("Country").attributes["isocountrycode"]; code != "" {
		out["isoCountryCode"] = code
	}
	var lines []any
	for i, l := range n.all("AddressLine") {
		lines = append(lines, addressLine(i+1, l.value()))
	}
	if len(lines) > 0 {
		out["addressLineList"] = doc{"addressLine": lines}
	}
	return out
}

// addressLine is one line of an address; a blank one has a number only.
func addressLine(n int, text string) doc {
	out := doc{"lineNumber": numberOf(fmt.Sprint(n))}
	if text != "" {
		out["addressLine"] = text
	}
	return out
}
