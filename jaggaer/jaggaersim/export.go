package jaggaersim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Pushed is what a receiver answered to an exported document.
type Pushed struct {
	Status    int    `json:"status"`     // of HTTP
	Code      string `json:"code"`       // StatusCode of the DocumentExportResponse
	Text      string `json:"text"`       // StatusText, or the ErrorMessage
	MessageID string `json:"message_id"` // of the document
	Related   string `json:"related"`    // RelatedMessageId of the answer
}

// Export is the document that JAGGAER would push of a purchase order or an invoice as it stands (JAGGAER.md §5.6).
func (s *Server) Export(entity, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	text, _, err := s.export(entity, key)
	return text, err
}

func (s *Server) export(entity, key string) (text []byte, messageID string, err error) {
	r, err := s.find(entity, key)
	if err != nil {
		return nil, "", err
	}
	messageID = s.uuid()
	head := el("Header", "",
		el("MessageId", messageID), el("Timestamp", s.now().Format("2006-01-02T15:04:05.000-07:00")),
		el("Authentication", "", el("Identity", s.options.Identity), el("SharedSecret", s.options.SharedSecret)))
	var root element
	var doctype string
	switch entity {
	case PurchaseOrder:
		root, doctype = el("PurchaseOrderMessage", "", head, exportedOrder(r)).with("version", "2.0"), "PurchaseOrderMessage SYSTEM \""+dtdBase+"po/PO.dtd\""
	case Invoice:
		root, doctype = el("BuyerInvoiceExportMessage", "", head, exportedInvoice(r)).with("version", "1.0"), "BuyerInvoiceExportMessage SYSTEM \""+dtdBase+"invoice/BuyerInvoiceExport.dtd\""
	default:
		return nil, "", fmt.Errorf("%s is not exported", entity)
	}
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE " + doctype + ">\n")
	root.write(&b, 0)
	text = b.Bytes()
	if s.switches.RawAmpersand {
		text = bytes.ReplaceAll(text, []byte("&amp;"), []byte("&"))
	}
	return text, messageID, nil
}

// exportedOrder is an order with its supplier and lines, as the POXMLImport has it (§5.5).
func exportedOrder(r *row) element {
	head := el("POHeader", "", el("RevisionNumber", r.text("revisionNumber")), el("PONumber", r.text("poNumber")),
		el("Requestor", "", el("UserProfile", "").with("username", r.text("requestor.username"))),
		el("Supplier", "", el("Name", r.text("supplier.name")), el("SupplierNumber", r.text("supplier.supplierNumber"))))
	switch {
	case r.text("status") == "Cancelled":
		head = head.with("type", "cancel")
	case r.text("revisionNumber") != "0":
		head = head.with("type", "update")
	}
	out := el("PurchaseOrder", "", head)
	for _, l := range items(r.body, "lineList.purchaseOrderLine") {
		line := el("POLine", "",
			el("Item", "", el("CatalogNumber", text(l, "item.catalogNumber")), el("Description", text(l, "item.description"))),
			el("Quantity", text(l, "quantity")), el("ExtendedPrice", text(l, "extendedPrice"))).with("linenumber", text(l, "lineNumber"))
		line.children = append(line.children, exportedSets(l)...)
		out.children = append(out.children, line)
	}
	return out
}

// exportedInvoice is an invoice; a cancelled one comes without its lines.
func exportedInvoice(r *row) element {
	head := el("InvoiceHeader", "", el("InvoiceNumber", r.text("invoiceNumber")), el("SupplierInvoiceNo", r.text("supplierInvoiceNumber")),
		el("InvoiceType", r.text("invoiceType")), el("InvoiceDate", r.text("invoiceDate")), el("InvoiceCreateDate", r.text("invoiceCreateDate")),
		el("AccountingDate", r.text("accountingDate")), el("DueDate", r.text("dueDate")), el("Currency", r.text("total.currency")),
		el("Terms", "", el("Type", r.text("terms.type")), el("DaysAfter", r.text("terms.daysAfter"))),
		el("InvoicedBy", "", el("UserProfile", "").with("username", r.text("invoicedBy.username"))),
		el("Supplier", "", el("Name", r.text("supplier.name")), el("SupplierNumber", r.text("supplier.supplierNumber")))).with("status", r.text("paymentStatus"))
	out := el("Invoice", "", head)
	if r.text("workflowStatus") == "Cancelled" || r.text("paymentStatus") == "Cancelled" {
		return out
	}
	for _, l := range items(r.body, "lineList.invoiceLine") {
		out.children = append(out.children, el("InvoiceLine", "", el("PONumber", text(l, "poNumber")), el("POLineNumber", text(l, "poLineNumber")),
			el("Quantity", text(l, "quantity")), el("UnitPrice", text(l, "unitPrice")), el("ShippingCharge", text(l, "shippingCharge")),
			el("Item", "", el("Description", text(l, "item.description"))), exportedSplits(l)))
	}
	return out
}

// exportedSplits are the shares of an invoice line, in the nesting that exports have (§5.6).
func exportedSplits(l doc) element {
	group := el("SplittableFieldSetGroup", "")
	for _, set := range splitSets(l) {
		one := el("SplittableFieldIndexSet", "").with("distributiontype", text(set, "distributionType"), "context", text(set, "context"))
		for _, sh := range items(set, "splittableFieldIndexList.splittableFieldIndex") {
			index := el("SplittableFieldIndex", "").with("distributionvalue", text(sh, "distributionValue"), "splitindex", text(sh, "splitIndex"))
			for _, v := range items(sh, "customFieldValueList.customFieldValue") {
				index.children = append(index.children, el("CustomFieldValue", "", el("Value", text(v, "value"))).with("name", text(v, "internalName")))
			}
			one.children = append(one.children, index)
		}
		group.children = append(group.children, one)
	}
	return group
}

// exportedSets are the shares of an order line: one set for each field, tied together by splitindex, as imports have them.
func exportedSets(l doc) []element {
	var out []element
	at := map[string]int{}
	for _, set := range splitSets(l) {
		for _, sh := range items(set, "splittableFieldIndexList.splittableFieldIndex") {
			for _, v := range items(sh, "customFieldValueList.customFieldValue") {
				name := text(v, "internalName")
				n, known := at[name]
				if !known {
					n = len(out)
					at[name], out = n, append(out, el("CustomFieldValueSet", "").with("name", name, "distributiontype", text(set, "distributionType")))
				}
				out[n].children = append(out[n].children, el("CustomFieldValue", "", el("Value", text(v, "value"))).
					with("distributionvalue", text(sh, "distributionValue"), "splitindex", text(sh, "splitIndex")))
			}
		}
	}
	return out
}

// Push exports a record to a receiver on this machine, by Options.Post, and reads its answer.
func (s *Server) Push(ctx context.Context, to, entity, key string) (Pushed, error) {
	if s.options.Post == nil {
		return Pushed{}, errors.New("this simulator can't push")
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return Pushed{}, fmt.Errorf("%q is no address", to)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return Pushed{}, fmt.Errorf("%s is not on this machine: a simulator reaches no network", u.Hostname())
	}
	s.mu.Lock()
	s.step()
	text, id, err := s.export(entity, key)
	s.mu.Unlock()
	if err != nil {
		return Pushed{}, err
	}
	status, answer, err := s.options.Post(ctx, to, text)
	if err != nil {
		return Pushed{MessageID: id}, err
	}
	out := Pushed{Status: status, MessageID: id}
	if status != http.StatusOK {
		return out, nil
	}
	d, err := parseXML(answer)
	if err != nil || d.root.name != "DocumentExportResponse" {
		return out, fmt.Errorf("the answer is no DocumentExportResponse: %.200q", answer)
	}
	response := d.root.child("Response")
	out.Code, out.Text, out.Related = response.get("Status", "StatusCode"), response.get("Status", "StatusText"), d.root.child("Header").get("RelatedMessageId")
	if said := response.get("Error", "ErrorMessage"); said != "" {
		out.Text = strings.TrimSpace(said)
	}
	return out, nil
}
