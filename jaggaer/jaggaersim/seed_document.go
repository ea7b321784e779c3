package jaggaersim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ml-connector/sample"
)

// seedOrder is a purchase order of the company in the shape of JAGGAER.md §4.4.
func (s *Server) seedOrder(o *sample.Order, supplier *row) doc {
	var lines []doc
	for _, l := range o.Lines {
		line := doc{
			"lineId": s.sequence("orderLine", 88001), "lineNumber": integer(l.Number), "lineStatus": "Active",
			"item":     doc{"catalogNumber": l.Catalog, "description": l.Description, "commodityCode": l.Commodity, "unitOfMeasure": doc{"dimension": l.Unit}, "productType": "NonCatalogItem"},
			"quantity": numberOf(l.Quantity), "unitPrice": numberOf(l.Price), "extendedPrice": numberOf(l.Amount), "taxable": "true",
			"taxCharge1": integer(0), "shippingCharge": integer(0), "handlingCharge": integer(0),
			"splittableFieldSetGroupList": splitGroup(l.Distribution, sharesOfSample(l.Splits)),
		}
		if l.NeededBy != "" {
			line["neededBy"] = midnight(l.NeededBy)
		}
		lines = append(lines, line)
	}
	h := doc{
		"poNumber": o.Number, "revisionNumber": integer(o.Revision), "revisionDate": stamp(o.Updated), "createDateTime": stamp(o.Created),
		"initialRevisionDateTime": stamp(o.Created), "status": o.Status, "workflowStatus": o.Workflow, "poAPStatus": "Open", "supplierStatus": "Sent To Supplier",
		"requestor": doc{"username": o.Requestor}, "businessUnit": o.BusinessUnit, "priority": "Normal", "accountingDate": midnight(stamp(o.Created)),
		"supplier": supplierRef(supplier), "terms": termsOf(o.Terms), "freightOnBoard": "Destination",
		"total": doc{"currency": o.Currency, "value": numberOf(o.Total)},
	}
	if place, known := s.ships[o.ShipTo]; known {
		h["shipTo"] = doc{"address": clone(place.address)}
	}
	return doc{"header": h, "lineList": doc{"purchaseOrderLine": list(lines...)}}
}

// seedInvoice is an invoice of the company in the shape of JAGGAER.md §4.5: a blank supplier number or total is left out, and
// lines without an order have neither order number nor order line.
func (s *Server) seedInvoice(v *sample.Invoice, supplier *row) doc {
	mixed := false
	var lines []doc
	for _, l := range v.Lines {
		mixed = mixed || l.OrderNumber == ""
		lines = append(lines, s.seedInvoiceLine(v, l))
	}
	h := doc{
		"originalRequestMessageId": s.uuid(), "validationStatus": "Unneeded", "paymentStatus": v.Payment, "workflowStatus": v.Workflow,
		"invoiceName": "Invoice " + v.Number, "invoiceNumber": v.Number, "originalInvoiceNumber": v.Number, "invoiceType": v.Type, "invoiceLineType": v.LineType,
		"invoiceSource": "Manual", "invoiceDate": midnight(v.Date), "invoiceCreateDate": midnight(stamp(v.Created)), "accountingDate": midnight(v.Accounting),
		"dueDate": midnight(v.Due), "termDiscountAmount": integer(0), "invoicedBy": doc{"username": "ap_clerk", "businessUnit": v.BusinessUnit, "email": "ap@institute.example.org"},
		"businessUnit": v.BusinessUnit, "supplier": supplierRef(supplier), "terms": termsOf(v.Terms), "freightOnBoard": "Destination",
		"payment": doc{"method": "Unknown", "paidByExternalPaymentProcessor": "false"}, "matchStatus": matchStatus(v),
		"nonPOInvoice": flag(v.LineType == "Non-PO"), "containsNonPOLines": flag(mixed), "taxCharge1": numberOf(v.Tax1), "taxCharge2": numberOf(v.Tax2),
		"shippingCharge": numberOf(v.Shipping), "handlingCharge": numberOf(v.Handling), "discountAmount": numberOf(v.Discount), "allocationMethod": "Weighted",
		"tax1HeaderChargeDetail":  doc{"currentTax": numberOf(v.Tax1), "engineTax": integer(0)},
		"customFieldValueSetList": doc{"customFieldValueSet": list(doc{"name": "WireTransfer", "label": "Wire Transfer?", "customFieldValueList": doc{"customFieldValue": []any{doc{}}}})},
		"total":                   doc{"currency": v.Currency, "value": numberOf(v.Total)},
	}
	if v.Total == "" {
		delete(h, "total")
	}
	if v.SupplierNumber != "" {
		h["supplierInvoiceNumber"] = v.SupplierNumber
	}
	var fees []doc
	for _, f := range v.Fees {
		fees = append(fees, doc{"name": f.Name, "fee": numberOf(f.Amount)})
	}
	if len(fees) > 0 {
		h["miscFeeList"] = doc{"miscFee": list(fees...)}
	}
	return doc{"header": h, "lineList": doc{"invoiceLine": list(lines...)}}
}

// matchStatus varies, because it is no gate.
func matchStatus(v *sample.Invoice) string {
	switch {
	case v.LineType == "Non-PO":
		return "Do Not Match"
	case strings.HasSuffix(v.Number, "5"):
		return "Unmatched"
	default:
		return "Matched"
	}
}

func (s *Server) seedInvoiceLine(v *sample.Invoice, l sample.InvoiceLine) doc {
	line := doc{
		"lineId": s.sequence("invoiceLine", 8900001), "lineNumber": integer(l.Number),
		"item":         doc{"description": l.Description, "unitOfMeasure": doc{"dimension": l.Unit}, "productType": "NonCatalogItem"},
		"businessUnit": v.BusinessUnit, "quantity": numberOf(l.Quantity), "unitPrice": numberOf(l.Price), "capitalExpense": "false", "taxable": "true",
		"taxCharge1": integer(0), "taxCharge2": integer(0), "shippingCharge": integer(0), "handlingCharge": integer(0), "discountAmount": integer(0),
		"isSubstituteItem": "false", "toleranceStatus": "Exact", "matchStatus": matchStatus(v),
		"splittableFieldSetGroupList": splitGroup(l.Distribution, sharesOfSample(l.Splits)),
	}
	if l.OrderNumber != "" {
		line["poNumber"], line["poLineNumber"], line["poAPStatus"] = l.OrderNumber, strconv.Itoa(l.OrderLine), "Open"
		line["poMatchStatus"], line["poLineMatchStatus"] = "Fully Matched", "Fully Matched"
	}
	return line
}

// AddOrder makes a purchase order of a supplier (id, ERP number, integration number or name) and answers its id.
func (s *Server) AddOrder(supplier string, o sample.Order) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addDocument(PurchaseOrder, supplier, &o.Created, &o.Updated, func(of *row) doc {
		if o.Number == "" {
			o.Number = s.orderNumber()
		}
		return s.seedOrder(&o, of)
	})
}

// AddInvoice makes an invoice of a supplier (id, ERP number, integration number or name) and answers its id.
func (s *Server) AddInvoice(supplier string, v sample.Invoice) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addDocument(Invoice, supplier, &v.Created, &v.Updated, func(of *row) doc {
		if v.Number == "" {
			v.Number = s.invoiceNumber()
		}
		return s.seedInvoice(&v, of)
	})
}

// addDocument resolves the supplier and sets stamps that are not given to now.
func (s *Server) addDocument(entity, supplier string, created, updated *time.Time, make func(*row) doc) (int64, error) {
	of, err := s.find(Supplier, supplier)
	if err != nil {
		return 0, fmt.Errorf("adding %s: %w", entity, err)
	}
	for _, t := range []*time.Time{created, updated} {
		if t.IsZero() {
			*t = s.now()
		}
	}
	return s.add(entity, make(of), *updated).id, nil
}

// Register makes a supplier that was born in JAGGAER and answers its supplierId.
func (s *Server) Register(g sample.Registration) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.register(&g, s.now()).id
}

// Add stores a whole document ({"header":{…},…}) of any entity as it stands and answers its id.
func (s *Server) Add(entity string, body map[string]any) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.profile.Entities[entity]; !ok || header(body) == nil {
		return 0, fmt.Errorf("adding %q: unknown entity, or a document without header", entity)
	}
	var plain doc
	if err := decode(encode(body), &plain); err != nil {
		return 0, fmt.Errorf("adding %s: %w", entity, err)
	}
	s.values = nil
	return s.add(entity, plain, s.now()).id, nil
}
