package jaggaer

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// paymentTemplate is the form of JAGGAER.md §5.7. No public sample of a payment import exists: a customer whose JAGGAER has one
// gives its form in xml.templates.payment.
const paymentTemplate = `<InvoicePaymentMessage version="1.0">
  <Header><MessageId>{message_id}</MessageId><Timestamp>{timestamp}</Timestamp>
    <Authentication><Identity>{identity}</Identity><SharedSecret>{shared_secret}</SharedSecret></Authentication></Header>
  <InvoicePayment>
    <InvoiceNumber>{invoice_number}</InvoiceNumber><SupplierNumber>{supplier_number}</SupplierNumber><SupplierInvoiceNo>{supplier_invoice_number}</SupplierInvoiceNo>
    <VoucherNumber>{voucher_number}</VoucherNumber><PaymentStatus>{payment_status}</PaymentStatus><PaymentDate>{payment_date}</PaymentDate>
    <PaymentMethod>{payment_method}</PaymentMethod><PaymentNumber>{payment_number}</PaymentNumber><Amount><Money currency="{currency}">{amount}</Money></Amount>
  </InvoicePayment>
</InvoicePaymentMessage>`

// valueTemplate is the form of custom field values in JAGGAER.md §5.7, one value a document.
const valueTemplate = `<CustomFieldValueMessage version="1.0">
  <Header><MessageId>{message_id}</MessageId><Timestamp>{timestamp}</Timestamp>
    <Authentication><Identity>{identity}</Identity><SharedSecret>{shared_secret}</SharedSecret></Authentication></Header>
  <CustomFieldValueRequest>
    <CustomField internalName="{field}"><CustomFieldValue active="{active}"><Value>{value}</Value><Description>{description}</Description></CustomFieldValue></CustomField>
  </CustomFieldValueRequest>
</CustomFieldValueMessage>`

// valueNames are what a template of custom field values may name.
var valueNames = []string{"message_id", "timestamp", "identity", "shared_secret", "field", "value", "description", "active", "parent_value"}

// templateNames are what a template of payments may name.
var templateNames = []string{"message_id", "timestamp", "identity", "shared_secret", "invoice_id", "invoice_number", "supplier_number", "supplier_invoice_number",
	"external_reference", "voucher_number", "payment_status", "payment_date", "payment_method", "payment_number", "amount", "currency"}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// fillTemplate gives the document that a template describes. Elements and attributes for which there is no value are left out.
func fillTemplate(template string, values map[string]string) ([]byte, error) {
	root, doctype, err := readTemplate(template)
	if err != nil {
		return nil, err
	}
	return documentOf(root.filled(values), doctype)
}

// templateProblem says what is wrong with a template that may name these, "" for nothing.
func templateProblem(template string, names []string) string {
	if _, _, err := readTemplate(template); err != nil {
		return "is no XML document: " + err.Error()
	}
	for _, m := range placeholder.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(names, m[1]) {
			return fmt.Sprintf("names {%s}, which is not known; known are %s", m[1], strings.Join(names, ", "))
		}
	}
	return ""
}

// filled is an element with values in the places that name them.
func (n node) filled(values map[string]string) node {
	fill := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(name string) string { return values[strings.Trim(name, "{}")] })
	}
	out := node{name: n.name, text: fill(n.text)}
	for _, a := range n.attrs {
		out = out.with(a.Name.Local, fill(a.Value))
	}
	for _, c := range n.children {
		if c = c.filled(values); !c.blank() {
			out.children = append(out.children, c)
		}
	}
	return out
}

// readTemplate takes a template apart; names keep the prefix that they have there.
func readTemplate(template string) (root node, doctype string, err error) {
	d := xml.NewDecoder(strings.NewReader(template))
	var open []node
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return node{}, "", err
		}
		switch t := t.(type) {
		case xml.Directive:
			doctype = string(t)
		case xml.StartElement:
			n := node{name: prefixed(t.Name)}
			for _, a := range t.Attr {
				n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: prefixed(a.Name)}, Value: a.Value})
			}
			open = append(open, n)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += strings.TrimSpace(string(t))
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != prefixed(t.Name) {
				return node{}, "", fmt.Errorf("the element %s is closed, and was not open", prefixed(t.Name))
			}
			n := open[len(open)-1]
			open = open[:len(open)-1]
			switch {
			case len(open) > 0:
				open[len(open)-1].children = append(open[len(open)-1].children, n)
			case root.name != "":
				return node{}, "", errors.New("it has two roots")
			default:
				root = n
			}
		}
	}
	if root.name == "" || len(open) > 0 {
		return node{}, "", errors.New("it has no root element that is closed")
	}
	return root, doctype, nil
}

func prefixed(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
