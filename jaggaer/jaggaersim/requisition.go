package jaggaersim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/cockroachdb/apd/v3"
)

// storeRequisition makes a requisition of a checked document. There is no protection against a second one with the same
// external number (JAGGAER.md §9.23).
func (s *Server) storeRequisition(body doc) *row {
	now := s.now()
	h := header(body)
	currency := text(h, "total.currency")
	total := new(apd.Decimal)
	for _, l := range items(body, "lineList.requisitionLine") {
		price := extended(text(l, "quantity"), text(l, "unitPrice"), currency)
		total = plus(total, price)
		l["lineId"], l["extendedPrice"], l["status"] = s.sequence("requisitionLine", 9001), number(price), "Pending"
		if supplier := s.byText(Supplier, "erpNumber", text(l, "supplier.supplierNumber")); supplier != nil {
			l["supplier"] = supplierRef(supplier)
		}
	}
	h["status"], h["workflowStatus"] = "Pending", "Pending"
	h["createDate"] = midnight(stamp(now))
	h["total"] = doc{"currency": currency, "value": number(total)}
	h["preparedBy"] = doc{"username": s.options.ClientID}
	s.shipRequisition(h)
	if external := customField(h, s.profile.ReqExternalField); external != "" {
		h["externalRequisitionNumber"] = external
	}
	r := s.add(Requisition, body, now)
	h["requisitionNumber"] = strconv.FormatInt(r.id, 10)
	key := r.text("externalRequisitionNumber")
	if key == "" {
		key = r.text("requisitionName")
	}
	s.effect("requisition.create", key)
	s.planIn(s.options.Pace, func(due time.Time) { s.orderRequisition(r, due) })
	return r
}

// shipRequisition replaces the address by the one JAGGAER has under that code or template, and takes the business unit from it when
// the requisition names none. A template that nobody knows is a placeholder.
func (s *Server) shipRequisition(h doc) {
	place, known := s.ships[text(h, "shipTo.address.addressCode")]
	for _, code := range slices.Sorted(maps.Keys(s.ships)) {
		p := s.ships[code]
		if !known && p.template != "" && p.template == text(h, "shipTo.template") {
			place, known = p, true
		}
	}
	if to, ok := h["shipTo"].(doc); ok {
		delete(to, "template")
	}
	if known {
		h["shipTo"] = doc{"address": clone(place.address)}
	}
	if known && text(h, "businessUnit") == "" {
		h["businessUnit"] = place.businessUnit
	}
}

// requisitionProblems says why a requisition can't be made; no text means that it can.
func (s *Server) requisitionProblems(body doc) []string {
	var out []string
	h := header(body)
	if user := text(h, "requestor.username"); !s.users[user] {
		out = append(out, fmt.Sprintf("User %s does not exist or has no permission to order non-catalog items", user))
	}
	for _, set := range items(h, "customFieldValueSetList.customFieldValueSet") {
		if name := text(set, "name"); !s.fields[name] {
			out = append(out, noCustomField(name))
		}
	}
	lines := items(body, "lineList.requisitionLine")
	if len(lines) == 0 {
		out = append(out, "A requisition needs at least one line")
	}
	for _, l := range lines {
		for _, problem := range s.lineProblems(l, text(h, "total.currency")) {
			out = append(out, fmt.Sprintf("Line %s: %s", text(l, "lineNumber"), problem))
		}
	}
	return out
}

func (s *Server) lineProblems(l doc, currency string) []string {
	var out []string
	if erp := text(l, "supplier.supplierNumber"); erp != "" {
		if problem := s.supplierProblem(erp); problem != "" {
			out = append(out, problem)
		}
	}
	quantity, errQuantity := amount(text(l, "quantity"))
	_, errPrice := amount(text(l, "unitPrice"))
	switch {
	case errQuantity != nil || quantity.Sign() <= 0:
		out = append(out, "Quantity must be greater than zero")
	case errPrice != nil:
		out = append(out, "Unit price is not a number")
	default:
		out = append(out, s.splitProblems(l, currency)...)
	}
	for _, set := range items(l, "customFieldValueSetList.customFieldValueSet") {
		if name := text(set, "name"); !s.fields[name] {
			out = append(out, noCustomField(name))
		}
	}
	return out
}

func (s *Server) supplierProblem(erp string) string {
	supplier := s.byText(Supplier, "erpNumber", erp)
	switch {
	case supplier == nil:
		return fmt.Sprintf("Supplier %s does not exist", erp)
	case !truth(supplier.text("active"), true):
		return fmt.Sprintf("Supplier %s is inactive", erp)
	default:
		return ""
	}
}

// customField is the first value of a header custom field; "" when it has none.
func customField(h doc, name string) string {
	for _, set := range items(h, "customFieldValueSetList.customFieldValueSet") {
		if text(set, "name") != name {
			continue
		}
		for _, v := range items(set, "customFieldValueList.customFieldValue") {
			return text(v, "value")
		}
	}
	return ""
}

// setCustomField writes a header custom field with one value.
func setCustomField(h doc, name, value string) {
	lists, _ := h["customFieldValueSetList"].(doc)
	if lists == nil {
		lists = doc{}
		h["customFieldValueSetList"] = lists
	}
	one := doc{"name": name, "label": name, "customFieldValueList": doc{"customFieldValue": list(doc{"value": value})}}
	sets, _ := lists["customFieldValueSet"].([]any)
	for i, set := range items(h, "customFieldValueSetList.customFieldValueSet") {
		if text(set, "name") == name {
			sets[i] = one
			return
		}
	}
	lists["customFieldValueSet"] = append(sets, one)
}

// sequence gives the next number of a counter that starts at first.
func (s *Server) sequence(name string, first int64) json.Number {
	n := max(s.sequences[name]+1, first)
	s.sequences[name] = n
	return json.Number(strconv.FormatInt(n, 10))
}

// supplierRef is how documents name a supplier.
func supplierRef(r *row) doc {
	out := doc{"id": r.head()["supplierId"], "name": r.text("name")}
	for mine, theirs := range map[string]string{"supplierNumber": "erpNumber", "duns": "duns"} {
		if v := r.text(theirs); v != "" {
			out[mine] = v
		}
	}
	return out
}
