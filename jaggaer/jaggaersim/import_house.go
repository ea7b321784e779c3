package jaggaersim

import (
	"fmt"
	"sync"
)

// The house forms of JAGGAER.md §5.7: no such import is known to exist; they follow the conventions of the family, without a
// DOCTYPE.

var valueGrammar = sync.OnceValue(func() grammar {
	return parseGrammar(headerGrammar + `
CustomFieldValueMessage version! : (Header,CustomFieldValueRequest)
CustomFieldValueRequest : (CustomField+)
CustomField internalName! : (CustomFieldValue+)
CustomFieldValue active : (Value,Description?)
Value : (#PCDATA)
Description : (#PCDATA)
`)
})

var paymentGrammar = sync.OnceValue(func() grammar {
	return parseGrammar(headerGrammar + `
InvoicePaymentMessage version! : (Header,InvoicePayment)
InvoicePayment : (InvoiceNumber,SupplierNumber?,SupplierInvoiceNo?,VoucherNumber?,PaymentStatus,PaymentDate?,PaymentMethod?,PaymentNumber?,Amount?)
InvoiceNumber : (#PCDATA)
SupplierNumber : (#PCDATA)
SupplierInvoiceNo : (#PCDATA)
VoucherNumber : (#PCDATA)
PaymentStatus : (#PCDATA)
PaymentDate : (#PCDATA)
PaymentMethod : (#PCDATA)
PaymentNumber : (#PCDATA)
Amount : (Money)
Money currency! : (#PCDATA)
`)
})

// importValues takes custom field values. One value that is refused refuses the document's success, not the others.
func (s *Server) importValues(root *node) outcome {
	o := outcome{attempted: 1}
	for _, f := range root.child("CustomFieldValueRequest").all("CustomField") {
		for _, v := range f.all("CustomFieldValue") {
			in := doc{"fieldInternalName": f.attributes["internalName"], "value": v.get("Value")}
			if v.has("Description") {
				in["description"] = v.get("Description")
			}
			if active, ok := v.attributes["active"]; ok {
				in["active"] = active
			}
			if _, message := s.upsertValue(in); message != "" {
				o.errors = append(o.errors, message)
			}
		}
	}
	return o.closed()
}

// importPayment takes one payment by JAGGAER's invoice number.
func (s *Server) importPayment(root *node) outcome {
	o := outcome{attempted: 1}
	n := root.child("InvoicePayment")
	r := s.byText(Invoice, "invoiceNumber", n.get("InvoiceNumber"))
	if r == nil {
		o.errors = []string{fmt.Sprintf("Invoice %s not found", n.get("InvoiceNumber"))}
		return o.closed()
	}
	payment := doc{}
	for member, name := range map[string]string{"voucherNumber": "VoucherNumber", "paymentStatus": "PaymentStatus", "paymentMethod": "PaymentMethod", "paymentNumber": "PaymentNumber"} {
		if n.has(name) {
			payment[member] = n.get(name)
		}
	}
	if n.has("PaymentDate") {
		payment["paymentDate"] = midnight(n.get("PaymentDate"))
	}
	if n.has("Amount") {
		money := n.child("Amount").child("Money")
		payment["amount"] = doc{"currency": money.attributes["currency"], "value": numberOf(money.value())}
	}
	if message := s.pay(r, payment); message != "" {
		o.errors = []string{message}
	}
	return o.closed()
}

// closed counts a document of one object: done unless it has errors.
func (o outcome) closed() outcome {
	if len(o.errors) > 0 {
		o.code, o.statusText = 500, failureText(o.attempted, 0)
		return o
	}
	o.completed = o.attempted
	return o
}
