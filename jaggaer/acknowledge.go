package jaggaer

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	connector "ml-connector"
)

const acknowledging = "tell of a payment"

var (
	paymentImport = importer{name: "payment"}
	alreadyPaid   = regexp.MustCompile(`(?i)already paid`)
)

var _ connector.Acknowledger = (*Instance)(nil)

// CanAcknowledge says whether this customer's JAGGAER takes vouchers and payments of invoices (JAGGAER.md §4.7).
func (i *Instance) CanAcknowledge(kind connector.Kind) error {
	switch i.opts.operation("payment.write") {
	case "":
		return connector.Errorf(connector.Misconfigured, acknowledging, "this JAGGAER is not told of vouchers and payments: profile.operations.payment.write is off").
			Advise("Set profile.operations.payment.write of this Connection to rest, xml or file, if JAGGAER takes payments here, or leave `acknowledge` out of the Flow.")
	case "xml":
		if fault := i.routerReady(paymentImport); fault != nil {
			return fault
		}
	case "file":
		if fault := i.folderReady(acknowledging); fault != nil {
			return fault
		}
	}
	if kind != connector.Invoice {
		return connector.Errorf(connector.Misconfigured, acknowledging, "JAGGAER is told of the vouchers of invoices only").Advise("Leave `acknowledge` out of this Flow.")
	}
	return nil
}

// Acknowledge tells JAGGAER the voucher number of an invoice, and its payment, over REST or through the XML router (JAGGAER.md
// §5.1, §5.7). JAGGAER takes the same content again, and no other one after it was told that the invoice is paid: conflict.
func (i *Instance) Acknowledge(ctx context.Context, kind connector.Kind, id string, record connector.Document, t connector.Tidings) error {
	if err := i.CanAcknowledge(kind); err != nil {
		return err
	}
	var err error
	switch i.opts.operation("payment.write") {
	case "xml":
		err = i.importPayment(ctx, id, record, t)
	case "file":
		err = i.filePayment(ctx, id, record, t)
	default:
		err = i.putPayment(ctx, id, t)
	}
	fault := connector.AsError(err)
	switch {
	case fault == nil:
		return nil
	case alreadyPaid.MatchString(fault.Message):
		fault.Code, fault.Hint = connector.Conflict, "JAGGAER takes no other payment of an invoice that it has as paid: correct it there by hand."
	case fault.Code == connector.Ambiguous:
		if has, looked := i.heard(ctx, id, t); looked {
			return has
		}
		fault.Hint = "We do not know whether JAGGAER took it; the same is told again with the next round, which is harmless."
	}
	return fault
}

// heard looks, after a doubt, whether JAGGAER has what it was told, where the profile names the custom field of voucher numbers
// (JAGGAER.md §7): nil when it has, conflict when it has another voucher. Not looked: that can't be told.
func (i *Instance) heard(ctx context.Context, id string, t connector.Tidings) (err error, looked bool) {
	field, e := i.opts.profile.text("voucher_field"), i.opts.entities[connector.Invoice]
	if field == "" || e.detail == "none" || i.opts.operation(e.operator) == "" {
		return nil, false
	}
	var header map[string]any
	c := call{op: "look up " + e.name, method: http.MethodGet, url: i.address(e, id), resource: e.path, timeout: readTimeout}
	failed := i.read(ctx, c, func(resp *connector.Response) error {
		record, fault := i.takeDetail(c, e, id, resp)
		if fault != nil {
			return fault.Error
		}
		header = headerOf(e, record)
		return nil
	})
	if failed != nil {
		return nil, false
	}
	status := i.paymentStatus(t)
	switch has := fieldOf(header, field); {
	case has == t.Number:
		return nil, status == "" || plainText(header["paymentStatus"]) == status
	case has != "":
		return connector.Errorf(connector.Conflict, acknowledging, "JAGGAER has voucher %s for invoice %s, and not %s", has, id, t.Number).Advise("Look at the invoice in JAGGAER, and correct it there by hand."), true
	}
	return nil, false
}

// status is the payment status in this customer's words; "" where nothing is said of it.
func (i *Instance) paymentStatus(t connector.Tidings) string {
	switch {
	case t.Payment != nil:
		return i.opts.profile.text("paid_status_text")
	case t.Void:
		return i.opts.profile.text("payable_status_text")
	}
	return ""
}

// putPayment is PUT invoices/{id}/payment.
func (i *Instance) putPayment(ctx context.Context, id string, t connector.Tidings) error {
	payment := map[string]any{"externalReference": strings.ReplaceAll(t.Target, "/", "-"), "voucherNumber": t.Number}
	add := func(name, value string) {
		if value != "" {
			payment[name] = value
		}
	}
	add("paymentStatus", i.paymentStatus(t))
	if p := t.Payment; p != nil {
		add("paymentMethod", p.Method)
		add("paymentNumber", p.Number)
		if p.Date != "" {
			payment["paymentDate"] = p.Date + "T00:00:00.000Z"
		}
		if p.Amount != "" {
			payment["amount"] = map[string]any{"currency": p.Currency, "value": jsonNumber(p.Amount)}
		}
	}
	c := call{op: acknowledging, method: http.MethodPut, url: i.paymentAddress(id), resource: "invoices/payment", timeout: writeTimeout, write: true,
		body: encode(map[string]any{"payment": payment})}
	resp, err := i.send(ctx, c)
	if err != nil {
		return err
	}
	if says, _ := said(resp); resp.Status == http.StatusNotFound && strings.Contains(says.message, id) {
		fault := connector.Errorf(connector.NotFound, c.op, "JAGGAER has no invoice %s any more%s", id, words(says.message)).Advise("Look for it in JAGGAER: it may have been deleted.")
		fault.Exchange = resp.Exchange
		return fault
	}
	_, _, err = i.judgeWrite(c, resp)
	return err
}

func (i *Instance) paymentAddress(id string) string {
	p := func(name string) string { return i.opts.profile.text("entities", "payment", name) }
	return i.address(entity{module: p("module"), path: strings.ReplaceAll(strings.Trim(p("path"), "/"), "{id}", url.PathEscape(id))})
}

// paymentValues are what a document or a file of payments may say.
func (i *Instance) paymentValues(id string, record connector.Document, t connector.Tidings) map[string]string {
	values := map[string]string{
		"invoice_id": id, "invoice_number": record.Text("header.invoiceNumber"), "supplier_number": record.Text("header.supplier.supplierNumber"),
		"supplier_invoice_number": record.Text("header.supplierInvoiceNumber"), "external_reference": strings.ReplaceAll(t.Target, "/", "-"),
		"voucher_number": t.Number, "payment_status": i.paymentStatus(t), "payment_date": "", "payment_method": "", "payment_number": "", "amount": "", "currency": "",
	}
	if values["payment_status"] == "" { // the form needs one
		values["payment_status"] = i.opts.profile.text("payable_status_text")
	}
	if p := t.Payment; p != nil {
		values["payment_date"], values["payment_method"], values["payment_number"], values["amount"], values["currency"] = p.Date, p.Method, p.Number, p.Amount, p.Currency
	}
	return values
}

// importPayment sends the customer's own document through the router.
func (i *Instance) importPayment(ctx context.Context, id string, record connector.Document, t connector.Tidings) error {
	values := i.paymentValues(id, record, t)
	content := connector.Document{}
	for name, value := range values {
		content[name] = value
	}
	header := i.headerValues(ctx, paymentImport, connector.Write{Kind: "payment", Document: content})
	for name, value := range header {
		values[name] = value
	}
	text, err := fillTemplate(i.opts.profile.text("xml", "templates", "payment"), values)
	if err != nil {
		return connector.Errorf(connector.Misconfigured, paymentImport.op(), "the template of payments can't be used: %s", err).Advise("Correct xml.templates.payment of the profile.")
	}
	_, err = i.postText(ctx, paymentImport, text)
	return err
}
