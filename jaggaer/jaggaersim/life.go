package jaggaersim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/cockroachdb/apd/v3"
)

// plan is something that JAGGAER's people or workflows will do at a certain time.
type plan struct {
	due time.Time
	do  func(due time.Time)
}

// planIn notes what is to happen after a time; a negative time means never.
func (s *Server) planIn(after time.Duration, do func(due time.Time)) {
	if after >= 0 {
		s.planAt(s.now().Add(after), do)
	}
}

func (s *Server) planAt(due time.Time, do func(due time.Time)) {
	s.plans = append(s.plans, plan{due, do})
	slices.SortStableFunc(s.plans, func(a, b plan) int { return cmp.Compare(a.due.UnixNano(), b.due.UnixNano()) })
}

// step does everything that is due by now, in order. What happened carries the time at which it was due.
func (s *Server) step() {
	now := s.now()
	for len(s.plans) > 0 && !s.plans[0].due.After(now) {
		p := s.plans[0]
		s.plans = s.plans[1:]
		p.do(p.due)
	}
}

// orderRequisition approves a requisition: each supplier gets a purchase order with its lines. Lines without a supplier get
// none; a requisition that has only those stays in approval.
func (s *Server) orderRequisition(req *row, due time.Time) {
	if req.text("workflowStatus") != "Pending" {
		return
	}
	var suppliers []string
	groups := map[string][]doc{}
	for _, l := range items(req.body, "lineList.requisitionLine") {
		id := text(l, "supplier.id")
		if id == "" {
			continue
		}
		if groups[id] == nil {
			suppliers = append(suppliers, id)
		}
		groups[id] = append(groups[id], l)
	}
	if len(suppliers) == 0 {
		return
	}
	var numbers []any
	for _, id := range suppliers {
		order := s.add(PurchaseOrder, s.orderOf(req, groups[id], due), due)
		numbers = append(numbers, order.text("poNumber"))
		s.planOrder(order, due)
	}
	h := req.head()
	h["status"], h["workflowStatus"] = "Completed", "Completed"
	h["poNumberList"] = doc{"poNumber": numbers}
	s.touch(req, due)
}

// planOrder has the supplier bill an order later, at the Server's pace.
func (s *Server) planOrder(order *row, from time.Time) {
	if s.options.Pace >= 0 {
		s.planAt(from.Add(s.options.Pace), func(due time.Time) { s.billOrder(order, due) })
	}
}

// orderOf makes the order of some lines of a requisition (JAGGAER.md §4.4).
func (s *Server) orderOf(req *row, from []doc, due time.Time) doc {
	po := s.orderNumber()
	var lines []doc
	total := new(apd.Decimal)
	for i, l := range from {
		total = plus(total, amountOr0(text(l, "extendedPrice")))
		line := doc{
			"lineId": s.sequence("orderLine", 88001), "lineNumber": json.Number(strconv.Itoa(i + 1)), "lineStatus": "Active",
			"item": clone(l["item"]), "quantity": l["quantity"], "unitPrice": l["unitPrice"], "extendedPrice": l["extendedPrice"], "taxable": "true",
			"taxCharge1": json.Number("0"), "shippingCharge": json.Number("0"), "handlingCharge": json.Number("0"), "requisitionLineId": l["lineId"],
		}
		for _, name := range []string{"neededBy", "splittableFieldSetGroupList"} {
			if v, ok := l[name]; ok {
				line[name] = copyValue(v)
			}
		}
		l["poNumber"], l["status"] = po, "Completed"
		lines = append(lines, line)
	}
	h := doc{
		"poNumber": po, "revisionNumber": json.Number("0"), "revisionDate": stamp(due), "createDateTime": stamp(due), "initialRevisionDateTime": stamp(due),
		"status": "Completed", "workflowStatus": "Completed", "poAPStatus": "Open", "supplierStatus": "Sent To Supplier",
		"requisitionId": req.head()["requisitionId"], "requisitionNumber": req.text("requisitionNumber"), "requestor": clone(req.head()["requestor"]),
		"priority": "Normal", "accountingDate": midnight(stamp(due)), "supplier": clone(from[0]["supplier"]), "terms": termsOf("Net 30"),
		"freightOnBoard": "Destination", "total": doc{"currency": req.text("total.currency"), "value": number(total)},
	}
	for _, name := range []string{"businessUnit", "shipTo", "billTo", "customFieldValueSetList"} {
		if v, ok := req.head()[name]; ok {
			h[name] = copyValue(v)
		}
	}
	return doc{"header": h, "lineList": doc{"purchaseOrderLine": list(lines...)}}
}

func termsOf(code string) doc {
	return doc{"discount": doc{}, "days": json.Number("0"), "type": "Net", "daysAfter": json.Number("30"), "standardPaymentTermsCode": code}
}

// orderNumber is the next free P0000451.
func (s *Server) orderNumber() string {
	for {
		n, _ := s.sequence("order", 451).Int64()
		number := fmt.Sprintf("P%07d", n)
		if s.byText(PurchaseOrder, "poNumber", number) == nil {
			return number
		}
	}
}

// invoiceNumber is the next free I0100101.
func (s *Server) invoiceNumber() string {
	for {
		n, _ := s.sequence("invoice", 100101).Int64()
		number := fmt.Sprintf("I%07d", n)
		if s.byText(Invoice, "invoiceNumber", number) == nil {
			return number
		}
	}
}

// billOrder makes a payable invoice of a whole order; each second one has tax, each third one freight. An order is billed once.
func (s *Server) billOrder(order *row, due time.Time) {
	bill := "SI-" + order.text("poNumber")
	if order.text("workflowStatus") != "Completed" || order.text("status") == "Cancelled" || s.byText(Invoice, "supplierInvoiceNumber", bill) != nil {
		return
	}
	currency := order.text("total.currency")
	goods := new(apd.Decimal)
	var lines []doc
	for _, l := range items(order.body, "lineList.purchaseOrderLine") {
		if amountOr0(text(l, "quantity")).Sign() == 0 {
			continue
		}
		goods = plus(goods, extended(text(l, "quantity"), text(l, "unitPrice"), currency))
		lines = append(lines, s.invoiceLineOf(order, l, len(lines)+1))
	}
	tax, freight := new(apd.Decimal), new(apd.Decimal)
	if order.id%2 == 0 {
		tax = rounded(times(goods, amountOr0("0.0725")), currency)
	}
	if order.id%3 == 0 {
		freight = amountOr0("18")
	}
	name := s.invoiceNumber()
	day := midnight(stamp(due))
	h := doc{
		"originalRequestMessageId": s.uuid(), "validationStatus": "Unneeded", "paymentStatus": "Payable", "workflowStatus": "Completed",
		"invoiceName": "Invoice of " + order.text("poNumber"), "invoiceNumber": name, "originalInvoiceNumber": name, "invoiceType": "Invoice",
		"invoiceLineType": "PO", "invoiceSource": "Automated", "invoiceDate": day, "invoiceCreateDate": day, "accountingDate": day,
		"dueDate": midnight(stamp(due.AddDate(0, 0, 30))), "termDiscountAmount": json.Number("0"), "supplier": clone(order.head()["supplier"]),
		"supplierInvoiceNumber": bill, "terms": termsOf("Net 30"), "freightOnBoard": "Destination", "matchStatus": "Matched",
		"payment": doc{"method": "Unknown", "paidByExternalPaymentProcessor": "false"}, "nonPOInvoice": "false", "containsNonPOLines": "false",
		"taxCharge1": number(tax), "taxCharge2": json.Number("0"), "shippingCharge": number(freight), "handlingCharge": json.Number("0"),
		"discountAmount": json.Number("0"), "allocationMethod": "Weighted",
		"total": doc{"currency": currency, "value": number(plus(goods, plus(tax, freight)))},
	}
	if bu := order.text("businessUnit"); bu != "" {
		h["businessUnit"] = bu
	}
	s.add(Invoice, doc{"header": h, "lineList": doc{"invoiceLine": list(lines...)}}, due)
}

func (s *Server) invoiceLineOf(order *row, l doc, n int) doc {
	zero := json.Number("0")
	line := doc{
		"lineId": s.sequence("invoiceLine", 8900001), "lineNumber": json.Number(strconv.Itoa(n)), "poNumber": order.text("poNumber"), "poLineNumber": text(l, "lineNumber"),
		"poAPStatus": order.text("poAPStatus"), "receipts": doc{"receipt": []any{}}, "quantity": l["quantity"], "unitPrice": l["unitPrice"],
		"item": clone(l["item"]), "capitalExpense": "false", "taxable": "true", "taxCharge1": zero, "taxCharge2": zero, "shippingCharge": zero,
		"handlingCharge": zero, "discountAmount": zero, "matchStatus": "Matched", "isSubstituteItem": "false", "toleranceStatus": "Exact",
		"poMatchStatus": "Fully Matched", "poLineMatchStatus": "Fully Matched",
	}
	if bu := order.text("businessUnit"); bu != "" {
		line["businessUnit"] = bu
	}
	if v, ok := l["splittableFieldSetGroupList"]; ok {
		line["splittableFieldSetGroupList"] = copyValue(v)
	}
	return line
}

// approve moves a record to the state from which the Flows take it: a supplier to Approved, an order to Completed, an invoice
// to Completed and Payable, a requisition to its orders.
func (s *Server) approve(entity string, r *row, when time.Time) {
	h := r.head()
	switch entity {
	case Supplier:
		h["registrationStatus"] = "Approved"
	case PurchaseOrder:
		h["workflowStatus"], h["status"] = "Completed", "Completed"
		s.planOrder(r, when)
	case Invoice:
		h["workflowStatus"], h["paymentStatus"] = "Completed", "Payable"
	case Requisition:
		s.orderRequisition(r, when)
		return
	}
	s.touch(r, when)
}
