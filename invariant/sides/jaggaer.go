package sides

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
	"ml-connector/invariant"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// jaggaer is a simulated JAGGAER as a Side.
type jaggaer struct {
	name    string
	company *sample.Company
	server  *jaggaersim.Server
}

// Jaggaer looks into a simulated JAGGAER that the store knows as the given Connection.
func Jaggaer(connection string, c *sample.Company, s *jaggaersim.Server) invariant.Side {
	return &jaggaer{connection, c, s}
}

// Connection implements [invariant.Side].
func (j *jaggaer) Connection() string { return j.name }

// Objects implements [invariant.Side].
func (j *jaggaer) Objects(kind connector.Kind) []invariant.Object {
	switch kind {
	case connector.Supplier:
		return each(j.server.Suppliers(), j.supplier)
	case connector.GLAccount:
		return each(j.server.CustomFieldValues(), j.value)
	case connector.Requisition:
		return each(j.server.Requisitions(), j.requisition)
	case connector.PurchaseOrder:
		return each(j.server.Orders(), j.order)
	case connector.Invoice:
		told := j.server.Payments()
		return each(j.server.Invoices(), func(r jaggaersim.Record) invariant.Object {
			o := j.invoice(r)
			o.Told = tidings(told[r.ID])
			return o
		})
	}
	return nil
}

// tidings are what JAGGAER was told of one invoice.
func tidings(payment map[string]any) (told []string) {
	text := func(name string) string { s, _ := payment[name].(string); return s }
	if text("voucherNumber") != "" {
		told = append(told, text("voucherNumber"))
	}
	if text("paymentNumber") != "" {
		told = append(told, text("voucherNumber")+" "+text("paymentNumber"))
	}
	return told
}

// object begins an Object with what all records have.
func object(r jaggaersim.Record, facts map[string]string) invariant.Object {
	o := invariant.Object{ID: strconv.FormatInt(r.ID, 10), Stamp: r.Text("lastUpdate"), Facts: facts}
	o.Changed, _ = time.Parse(time.RFC3339, o.Stamp)
	return o
}

func (j *jaggaer) supplier(r jaggaersim.Record) invariant.Object {
	o := object(r, map[string]string{"name": strings.TrimSpace(r.Text("name")), "active": r.Text("active")})
	if number := r.Text("erpNumber"); number != "" {
		o.Of = j.company.SetID + "/" + number
	}
	return o
}

// value is one value of a custom field; those of Account are the accounts.
func (j *jaggaer) value(r jaggaersim.Record) invariant.Object {
	o := object(r, map[string]string{"description": r.Text("description"), "active": r.Text("active")})
	o.ID = r.Text("fieldInternalName") + "/" + r.Text("value")
	o.Of = j.accountOf(o.ID)
	return o
}

// accountOf is the account that a custom field value stands for; "" when it is of another field.
func (j *jaggaer) accountOf(id string) string {
	value, account := strings.CutPrefix(id, "Account/")
	if !account {
		return ""
	}
	return j.company.SetID + "/ACCOUNT/" + value
}

// document is what is looked at of a document with lines, whichever it is.
type document struct {
	Lines struct {
		Requisition []line `json:"requisitionLine"`
		Order       []line `json:"purchaseOrderLine"`
		Invoice     []line `json:"invoiceLine"`
	} `json:"lineList"`
}

type line struct {
	Quantity json.Number `json:"quantity"`
	Price    json.Number `json:"unitPrice"`
	Supplier struct {
		ID json.Number `json:"id"`
	} `json:"supplier"`
}

func documentOf(r jaggaersim.Record) document {
	var d document
	if text, err := json.Marshal(r.Body); err == nil {
		_ = json.Unmarshal(text, &d) // what is not of this form has no lines to look at
	}
	return d
}

func (j *jaggaer) requisition(r jaggaersim.Record) invariant.Object {
	lines := documentOf(r).Lines.Requisition
	o := object(r, map[string]string{"currency": r.Text("total.currency"), "total": r.Text("total.value"), "lines": strconv.Itoa(len(lines))})
	o.Of = strings.Replace(r.Text("externalRequisitionNumber"), "-", "/", 1)
	for _, l := range lines {
		if l.Supplier.ID != "" {
			o.Names = append(o.Names, connector.Record{Connection: j.name, Kind: connector.Supplier, ID: l.Supplier.ID.String()})
		}
	}
	return o
}

func (j *jaggaer) order(r jaggaersim.Record) invariant.Object {
	o := object(r, map[string]string{"currency": r.Text("total.currency")})
	var amounts []string
	lines := 0
	for _, l := range documentOf(r).Lines.Order {
		if q, err := l.Quantity.Float64(); err != nil || q == 0 {
			continue
		}
		lines++
		amounts = append(amounts, sample.Extend(l.Quantity.String(), l.Price.String()))
	}
	o.Facts["total"], o.Facts["lines"] = sample.Sum(amounts...), strconv.Itoa(lines)
	return o
}

func (j *jaggaer) invoice(r jaggaersim.Record) invariant.Object {
	number := r.Text("supplierInvoiceNumber")
	if number == "" {
		number = r.Text("invoiceNumber")
	}
	facts := map[string]string{"number": number, "lines": strconv.Itoa(len(documentOf(r).Lines.Invoice))}
	if total := r.Text("total.value"); total != "" {
		facts["total"], facts["currency"] = total, r.Text("total.currency")
	}
	return object(r, facts)
}

// Writes implements [invariant.Side].
func (j *jaggaer) Writes(kind connector.Kind) []invariant.Write {
	var out []invariant.Write
	switch kind {
	case connector.Supplier:
		for _, op := range []string{"supplier.create", "supplier.update"} {
			for _, number := range j.server.Effects(op) {
				out = append(out, invariant.Write{Of: j.company.SetID + "/" + number})
			}
		}
	case connector.GLAccount:
		for _, op := range []string{"cfv.create", "cfv.update"} {
			for _, id := range j.server.Effects(op) {
				out = append(out, invariant.Write{Of: j.accountOf(id), ID: id})
			}
		}
	case connector.Requisition:
		for _, number := range j.server.Effects("requisition.create") {
			out = append(out, invariant.Write{Of: strings.Replace(number, "-", "/", 1)})
		}
	}
	return out
}
