package sample

import (
	"fmt"
	"strings"
	"time"
)

// Invoice is one JAGGAER invoice, codes as JAGGAER has them, amounts decimal text. Total is the sum of lines and charges less the
// discount, but for the one whose Note says otherwise.
type Invoice struct {
	Number, SupplierNumber                   string // invoiceNumber; supplierInvoiceNumber, which may be blank
	Type, LineType                           string // "Invoice" or "Credit memo"; "PO" or "Non-PO"
	BusinessUnit, Terms, Currency            string
	Supplier                                 SupplierRef
	Workflow, Payment                        string // workflowStatus; paymentStatus
	Date, Accounting, Due                    string // dates
	Created, Updated                         time.Time
	Tax1, Tax2, Shipping, Handling, Discount string
	Fees                                     []Fee
	Total                                    string // blank where JAGGAER leaves it out
	Lines                                    []InvoiceLine
	Note                                     string
}

// Fee is one miscellaneous charge.
type Fee struct{ Name, Amount string }

// InvoiceLine is one line; OrderNumber and OrderLine are set for lines of an order.
type InvoiceLine struct {
	Number                  int
	OrderNumber             string
	OrderLine               int
	Description, Unit       string
	Quantity, Price, Amount string
	Distribution            string
	Splits                  []Split
}

func (b *builder) invoices() {
	var ready []int
	for i, o := range b.c.Orders {
		if o.Note == "" && o.Supplier.VendorID != "" {
			ready = append(ready, i)
		}
	}
	for i := range b.size.Invoices {
		v := b.orderInvoice(i, &b.c.Orders[ready[i%len(ready)]])
		if i%5 == 2 {
			v = b.plainInvoice(i)
		}
		b.charges(i, &v)
		b.oddInvoice(i, &v)
		b.c.Invoices = append(b.c.Invoices, v)
	}
}

func (b *builder) invoice(i int, businessUnit, currency string, s SupplierRef) Invoice {
	made := b.past(8)
	return Invoice{
		Number: fmt.Sprintf("I%07d", 100101+i), SupplierNumber: fmt.Sprintf("INV-%d/%c", 77001+i, 'A'+i%26), Type: "Invoice", LineType: "PO", BusinessUnit: businessUnit,
		Terms: pick(b, b.c.Terms).Jaggaer, Currency: currency, Supplier: s, Workflow: "Completed", Payment: "Payable",
		Date: made.AddDate(0, 0, -2).Format(time.DateOnly), Accounting: made.Format(time.DateOnly), Due: made.AddDate(0, 0, 30).Format(time.DateOnly),
		Created: made.Add(-time.Hour), Updated: made, Tax1: "0", Tax2: "0", Shipping: "0", Handling: "0", Discount: "0",
	}
}

func (b *builder) orderInvoice(i int, o *Order) Invoice {
	v := b.invoice(i, o.BusinessUnit, o.Currency, o.Supplier)
	for n, l := range o.Lines {
		v.Lines = append(v.Lines, InvoiceLine{Number: n + 1, OrderNumber: o.Number, OrderLine: l.Number, Description: l.Description, Unit: l.Unit, Quantity: l.Quantity, Price: l.Price, Amount: l.Amount, Distribution: l.Distribution, Splits: l.Splits})
	}
	return v
}

func (b *builder) plainInvoice(i int) Invoice {
	d := b.c.Divisions[i%len(b.c.Divisions)]
	v := b.invoice(i, d.Jaggaer, d.Currency, SupplierRef{VendorID: pick(b, b.usable(true)).VendorID})
	v.LineType = "Non-PO"
	for n := range 1 + b.rng.IntN(3) {
		v.Lines = append(v.Lines, b.feeLine(n+1, "Subscription & service, part "+fmt.Sprint(n+1)))
	}
	return v
}

func (b *builder) feeLine(n int, description string) InvoiceLine {
	l := InvoiceLine{Number: n, Description: description, Unit: "EA", Quantity: "1", Price: cents(1000 + b.rng.IntN(50000))}
	l.Amount = Extend(l.Quantity, l.Price)
	l.Distribution, l.Splits = b.splits(l.Amount)
	return l
}

// charges adds tax, shipping, handling, fees and discount to some invoices and gives each its total.
func (b *builder) charges(i int, v *Invoice) {
	merchandise := v.merchandise()
	if i%3 == 0 {
		v.Tax1 = percent(merchandise, "7.25")
	}
	if i%9 == 0 {
		v.Tax2 = percent(merchandise, "1.5")
	}
	if i%4 == 0 {
		v.Shipping = "18.00"
	}
	if i%8 == 1 {
		v.Handling = "4.75"
	}
	if i%10 == 3 {
		v.Fees = []Fee{{"Environmental fee", "2.35"}, {"Small order fee", "1.10"}}
	}
	if i%11 == 6 {
		v.Discount = percent(merchandise, "2")
	}
	v.Total = v.sum()
}

func (v *Invoice) merchandise() string {
	total := "0.00"
	for _, l := range v.Lines {
		total = Sum(total, l.Amount)
	}
	return total
}

func (v *Invoice) sum() string {
	total := Sum(v.merchandise(), v.Tax1, v.Tax2, v.Shipping, v.Handling, Negate(v.Discount))
	for _, f := range v.Fees {
		total = Sum(total, f.Amount)
	}
	return total
}

// oddInvoice turns some into credit memos, mixed ones, or ones that must not be paid.
func (b *builder) oddInvoice(i int, v *Invoice) {
	switch i {
	case 4, 34, 64:
		v.credit()
	case 5:
		v.Workflow, v.Note = "Pending", "in workflow"
	case 8:
		v.Payment, v.Note = "InProcess", "not payable yet"
	case 10:
		v.Total, v.Note = Sum(v.Total, "2.00"), "amounts do not add up"
	case 13:
		v.SupplierNumber, v.Note = "INV-"+strings.Repeat("0123456789", 3), "invoice number over 30 characters"
	case 15:
		v.Total = ""
	case 16:
		v.Lines = append(v.Lines, b.feeLine(len(v.Lines)+1, "Restocking fee"))
		v.Total = v.sum()
	case 18:
		v.SupplierNumber = ""
	case 19:
		v.SupplierNumber = "Façade & Söhne <7>"
	}
}

// credit turns the whole document around: a credit memo has negative quantities.
func (v *Invoice) credit() {
	v.Type = "Credit memo"
	for i := range v.Lines {
		l := &v.Lines[i]
		l.Quantity, l.Amount = Negate(l.Quantity), Negate(l.Amount)
		splits := make([]Split, len(l.Splits))
		copy(splits, l.Splits)
		for k := range splits {
			if l.Distribution == "AmountOfPrice" {
				splits[k].Value = Negate(splits[k].Value)
			}
		}
		l.Splits = splits
	}
	v.Tax1, v.Tax2, v.Shipping, v.Handling, v.Discount, v.Fees = Negate(v.Tax1), Negate(v.Tax2), "0", "0", "0", nil
	v.Total = v.sum()
}
