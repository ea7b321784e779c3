package jaggaer

import (
	"slices"
	"strings"

	connector "ml-connector"
)

// version makes a Version of a record as an answer holds it: under the canonical names of JAGGAER.md's default profile,
// whatever this customer calls them, without the stamp, and with the splits of each line worked out.
func (i *Instance) version(kind connector.Kind, e entity, raw map[string]any) (connector.Version, *connector.Error) {
	header := headerOf(e, raw)
	if kind == connector.GLAccount {
		return i.valueVersion(e, header)
	}
	doc := i.document(e, raw, header)
	v := connector.Version{
		ID: strings.TrimSpace(plainText(member(header, e.id))), Stamp: rawText(member(header, e.version)), Document: doc,
		Standing: i.standing(kind, doc), Names: names(kind, doc),
	}
	if v.ID == "" {
		return v, connector.Errorf(connector.Invalid, "read "+e.name, "the record has no %s", e.id).
			Advise("Check entities.%s.id of the profile.", e.name)
	}
	v.Changed = instant(v.Stamp)
	for _, name := range numberFields(kind) {
		if n := doc.Text("header." + name); n != "" && n != v.ID && !slices.Contains(v.Numbers, n) {
			v.Numbers = append(v.Numbers, n)
		}
	}
	v.Title, v.Ours = title(kind, doc), ours(kind, doc)
	if kind == connector.Supplier {
		v.Name = doc.Text("header.name")
		v.Mirror = supplierMirror(doc, raw, header)
		v.Traits = i.traits(doc, header)
	}
	return v, nil
}

// numberFields are the numbers that people know a record by, in canonical names.
func numberFields(kind connector.Kind) []string {
	switch kind {
	case connector.Supplier:
		return []string{"erpNumber", "sqIntegrationNumber"}
	case connector.PurchaseOrder:
		return []string{"poNumber"}
	case connector.Invoice:
		return []string{"invoiceNumber", "supplierInvoiceNumber"}
	case connector.Requisition:
		return []string{"requisitionNumber", "externalRequisitionNumber"}
	}
	return nil
}

// ours says that a record carries a number that only we give it: the other side's own.
func ours(kind connector.Kind, doc connector.Document) bool {
	switch kind {
	case connector.Supplier:
		return doc.Text("header.erpNumber") != ""
	case connector.Requisition:
		return doc.Text("header.externalRequisitionNumber") != ""
	}
	return false
}

// names lists what comes before a record in one purchase: an order's requisition (JAGGAER.md §4.4), and the orders of an
// invoice's lines, of which it tells the number alone (§4.5).
func names(kind connector.Kind, d connector.Document) []connector.Ref {
	var out []connector.Ref
	switch kind {
	case connector.PurchaseOrder:
		if id := d.Text("header.requisitionId"); id != "" {
			out = append(out, connector.Ref{Kind: connector.Requisition, IDs: []string{id}})
		} else if number := d.Text("header.requisitionNumber"); number != "" {
			out = append(out, connector.Ref{Kind: connector.Requisition, Number: number})
		}
	case connector.Invoice:
		told := map[string]bool{"": true}
		for _, line := range objects(member(d, "lineList.invoiceLine")) {
			if number := plainText(line["poNumber"]); !told[number] {
				told[number] = true
				out = append(out, connector.Ref{Kind: connector.PurchaseOrder, Number: number})
			}
		}
	}
	return out
}

func title(kind connector.Kind, d connector.Document) string {
	h := func(name string) string { return d.Text("header." + name) }
	switch kind {
	case connector.PurchaseOrder:
		return joinWords(h("poNumber"), h("supplier.name"))
	case connector.Invoice:
		return joinWords(h("invoiceNumber"), h("supplierInvoiceNumber"), h("supplier.name"))
	case connector.Requisition:
		return joinWords(h("requisitionName"), h("description"))
	}
	return h("name")
}

func joinWords(words ...string) string {
	words = slices.DeleteFunc(words, func(s string) bool { return s == "" })
	return strings.Join(words, " · ")
}

// document is the content of a record: {header, lineList, …}.
func (i *Instance) document(e entity, raw, header map[string]any) connector.Document {
	doc := connector.Document{}
	if _, wrapped := raw[e.headerKey].(map[string]any); wrapped && e.headerKey != "" {
		for name, v := range raw {
			if c := convert(v); c != nil && name != e.headerKey && !isSensitive(name) {
				doc[name] = c
			}
		}
	}
	own, _ := convert(header).(map[string]any)
	if own == nil {
		own = map[string]any{}
	}
	removeAt(own, e.version)
	rename(own, e.id, e.canonicalID)
	rename(own, e.external, e.canonicalExternal)
	delete(own, splitMember)
	doc["header"] = own
	i.addSplits(doc, raw, header)
	i.addBank(doc, raw)
	return doc
}

// removeAt deletes the member at a dotted path.
func removeAt(m map[string]any, path string) {
	parent, last := m, path
	if at := strings.LastIndexByte(path, '.'); at >= 0 {
		parent, _ = member(m, path[:at]).(map[string]any)
		last = path[at+1:]
	}
	delete(parent, last)
}

// rename moves a member to its canonical name.
func rename(m map[string]any, from, to string) {
	if from == to || from == "" {
		return
	}
	if v := member(m, from); v != nil {
		removeAt(m, from)
		m[to] = v
	}
}

// standing reads the record's own status by the rules of the profile.
func (i *Instance) standing(kind connector.Kind, d connector.Document) connector.Standing {
	h := func(name string) string { return d.Text("header." + name) }
	p := i.opts.profile
	switch kind {
	case connector.Supplier:
		active, known := truth(h("active"))
		switch {
		case known && !active, strings.EqualFold(h("registrationStatus"), "Rejected"):
			return connector.Refused
		case known && slices.Contains(p.texts("supplier_ready_statuses"), h("registrationStatus")):
			return connector.Usable
		}
		return connector.Pending
	case connector.PurchaseOrder:
		switch {
		case satisfies(d, p.rules("po_cancelled")):
			return connector.Refused
		case satisfies(d, p.rules("po_ready")):
			return connector.Usable
		}
		return connector.Pending
	case connector.Invoice:
		switch status := h("workflowStatus"); {
		case status == "Rejected" || status == "Cancelled" || h("paymentStatus") == "Cancelled":
			return connector.Refused
		case satisfies(d, p.rules("invoice_ready")) || h("paymentStatus") == p.text("paid_status_text"):
			return connector.Usable
		}
		return connector.Pending
	}
	switch h("status") {
	case "Rejected", "Withdrawn", "Returned":
		return connector.Refused
	case "Completed":
		return connector.Usable
	}
	return connector.Pending
}

// satisfies says whether a header meets every rule; no rules at all are never met.
func satisfies(d connector.Document, rules []rule) bool {
	for _, r := range rules {
		if !slices.Contains(r.in, d.Text("header."+r.field)) {
			return false
		}
	}
	return len(rules) > 0
}

// valueVersion is a custom field value. Its Document has the names that the Sink writes, so the Mirror is the same.
func (i *Instance) valueVersion(e entity, header map[string]any) (connector.Version, *connector.Error) {
	doc, ok := i.valueDocument(e, header)
	field, value := doc.Text("fieldInternalName"), doc.Text("value")
	v := connector.Version{Stamp: rawText(member(header, e.version)), Document: doc, Mirror: doc}
	if !ok {
		return v, connector.Errorf(connector.Invalid, "read "+e.name, "the value has no fieldInternalName or no %s", e.external).
			Advise("Check entities.cfv.external of the profile.")
	}
	v.ID, v.Numbers, v.Title = field+"/"+value, []string{value}, joinWords(value, doc.Text("description"))
	v.Changed, v.Standing = instant(v.Stamp), connector.Usable
	if active, known := truth(doc.Text("active")); known && !active {
		v.Standing = connector.Refused
	}
	return v, nil
}

// valueDocument holds what the Sink writes; ok is false when field or value is missing. A value of another organisation
// (value_templates) keeps the form that it has.
func (i *Instance) valueDocument(e entity, header map[string]any) (connector.Document, bool) {
	field := strings.TrimSpace(plainText(header["fieldInternalName"]))
	value, _ := i.opts.plain(field, strings.TrimSpace(plainText(member(header, e.external))))
	doc := connector.Document{"fieldInternalName": field, "value": value, "description": plainText(header["description"])}
	if active, known := truth(plainText(header["active"])); known {
		doc["active"] = boolText(active)
	}
	return doc, field != "" && value != ""
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
