package jaggaersim

import (
	"encoding/json"
	"fmt"
)

// importOrders takes POXMLImport documents: the ERP is the master of the order. PONumber is the key; without a type the order
// is new, with update it is the next revision, with cancel it ends (JAGGAER.md §5.5).
func (s *Server) importOrders(root *node) outcome {
	var o outcome
	for _, n := range root.all("PurchaseOrder") {
		o.attempted++
		problems := s.importOrder(n)
		if len(problems) == 0 {
			o.completed++
		}
		o.errors = append(o.errors, problems...)
	}
	o.statusText = "Success"
	if o.completed < o.attempted {
		o.code, o.statusText = 500, failureText(o.attempted, o.completed)
	}
	return o
}

func (s *Server) importOrder(n *node) []string {
	in := n.child("POHeader")
	number := in.get("PONumber")
	if number == "" {
		return []string{"PONumber is required"}
	}
	old := s.byText(PurchaseOrder, "poNumber", number)
	switch kind := in.attributes["type"]; {
	case kind == "" && old != nil:
		return []string{fmt.Sprintf("Purchase order %s already exists", number)}
	case kind != "" && old == nil:
		return []string{fmt.Sprintf("Purchase order %s does not exist", number)}
	case kind == "cancel":
		old.head()["status"] = "Cancelled"
		s.touch(old, s.now())
		s.effect("po.import", number)
		return nil
	case kind != "" && kind != "update":
		return []string{"Unknown type of purchase order " + kind}
	}
	body, problems := s.orderFromXML(n, number)
	if len(problems) > 0 {
		return problems
	}
	s.effect("po.import", number)
	if old == nil {
		s.add(PurchaseOrder, body, s.now())
		return nil
	}
	revision := plus(amountOr0(old.text("revisionNumber")), amountOr0("1"))
	merge(old.body, body)
	old.head()["revisionNumber"] = json.Number(revision.Text('f'))
	s.touch(old, s.now())
	return nil
}

// orderFromXML reads a whole order; its supplier must exist and its splits add up.
func (s *Server) orderFromXML(n *node, poNumber string) (doc, []string) {
	in := n.child("POHeader")
	erp := in.child("Supplier").get("SupplierNumber")
	var problems []string
	if problem := s.supplierProblem(erp); problem != "" {
		return nil, []string{problem}
	}
	total, currency := amountOr0("0"), ""
	var lines []doc
	for _, l := range n.all("POLine") {
		line, wrong := requisitionLineOf(l, "")
		currency = l.child("LineCharges").child("UnitPrice").child("Money").attributes["currency"]
		line["lineStatus"], line["lineId"] = "Active", s.sequence("orderLine", 88001)
		if amountOr0(text(line, "quantity")).Sign() == 0 {
			line["lineStatus"] = "Cancelled"
		} else {
			wrong = append(wrong, s.splitProblems(line, currency)...)
		}
		price := extended(text(line, "quantity"), text(line, "unitPrice"), currency)
		line["extendedPrice"] = number(price)
		total = plus(total, price)
		lines, problems = append(lines, line), append(problems, wrong...)
	}
	now := s.now()
	h := doc{
		"poNumber": poNumber, "revisionNumber": json.Number("0"), "revisionDate": stamp(now), "status": "Completed", "workflowStatus": "Completed",
		"poAPStatus": "Open", "priority": in.get("Priority"), "supplier": supplierRef(s.byText(Supplier, "erpNumber", erp)),
		"requestor": doc{"username": in.child("Requestor").child("UserProfile").attributes["username"]},
		"total":     doc{"currency": currency, "value": number(total)}, "createDateTime": stamp(instantOr(in.get("CreateDateTime"), now)),
	}
	for _, name := range []string{"ShipTo", "BillTo"} {
		if in.has(name) {
			h[memberName(name)] = doc{"address": addressOf(in.child(name).child("Address"))}
		}
	}
	for _, set := range in.all("CustomFieldValueSet") {
		if name := set.attributes["name"]; !s.fields[name] {
			problems = append(problems, noCustomField(name))
		}
		setCustomField(h, set.attributes["name"], set.get("CustomFieldValue", "Value"))
	}
	return doc{"header": h, "lineList": doc{"purchaseOrderLine": list(lines...)}}, problems
}
