package sample

import (
	"fmt"
	"time"
)

// Order is one JAGGAER purchase order, codes as JAGGAER has them, amounts decimal text.
type Order struct {
	Number, BusinessUnit, Requestor, ShipTo, Terms string
	Supplier                                       SupplierRef
	Revision                                       int
	Workflow, Status                               string // workflowStatus, status: Completed, Pending, Cancelled
	Created, Updated                               time.Time
	Currency, Total                                string
	Lines                                          []OrderLine
	Note                                           string
}

// OrderLine is one line; Amount is quantity × price rounded to the cent.
type OrderLine struct {
	Number                                int
	Catalog, Description, Commodity, Unit string
	Quantity, Price, Amount               string
	NeededBy                              string // a date, or blank
	Distribution                          string // distributionType; blank with one split
	Splits                                []Split
}

// Split is one accounting share: Value is a percentage or an amount, as the line's Distribution says; blank with one split.
type Split struct {
	Value  string
	Fields []FieldValue
}

// FieldValue is a JAGGAER custom field value by internalName: Account, Fund, Department, Program, Project, Activity.
type FieldValue struct{ Name, Value string }

func (b *builder) orders() {
	vendors := b.usable(true)
	b.ordered = map[string]int{}
	for i := range b.size.Orders {
		d := b.c.Divisions[i%len(b.c.Divisions)]
		u := pick(b, b.c.Users)
		made := b.past(10)
		o := Order{
			Number: fmt.Sprintf("P%07d", 451+i), BusinessUnit: d.Jaggaer, Requestor: u.Jaggaer, ShipTo: b.c.ShipTos[i%len(b.c.ShipTos)].Jaggaer,
			Terms: pick(b, b.c.Terms).Jaggaer, Supplier: SupplierRef{VendorID: pick(b, vendors).VendorID}, Workflow: "Completed", Status: "Completed",
			Created: made.Add(-2 * time.Hour), Updated: made, Currency: d.Currency,
		}
		for n := range b.lines() {
			o.Lines = append(o.Lines, b.orderLine(n+1))
		}
		b.oddOrder(i, &o)
		if o.Total == "" {
			o.Total = o.sum()
		}
		b.ordered[o.Number] = len(b.c.Orders)
		b.c.Orders = append(b.c.Orders, o)
	}
}

func (o *Order) sum() string {
	total := "0.00"
	for _, l := range o.Lines {
		total = Sum(total, l.Amount)
	}
	return total
}

func (b *builder) orderLine(n int) OrderLine {
	q, p := b.quantityPrice()
	l := OrderLine{Number: n, Catalog: fmt.Sprintf("NL-%05d", b.rng.IntN(99999)), Description: pick(b, goods), Commodity: pick(b, b.c.Categories).Jaggaer, Unit: pick(b, b.c.Units).Jaggaer, Quantity: q, Price: p, Amount: Extend(q, p)}
	if b.rng.IntN(2) == 0 {
		l.NeededBy = b.day(21)
	}
	l.Distribution, l.Splits = b.splits(l.Amount)
	return l
}

func (b *builder) splits(amount string) (distribution string, out []Split) {
	cuts := [][]int{{100}, {100}, {60, 40}, {33, 33, 34}}[b.rng.IntN(4)]
	money := shares(amount, cuts)
	byAmount := b.rng.IntN(2) == 0
	for i, c := range cuts {
		s := Split{Fields: []FieldValue{{"Account", pick(b, b.postable)}, {"Fund", pick(b, b.c.Funds).Value}, {"Department", b.c.Departments[b.rng.IntN(5)].Value}}}
		switch {
		case len(cuts) == 1:
		case byAmount:
			distribution, s.Value = "AmountOfPrice", money[i]
		default:
			distribution, s.Value = "PercentOfPrice", fmt.Sprint(c)
		}
		out = append(out, s)
	}
	return distribution, out
}

// oddOrder makes a handful of orders wait, be held, or use a supplier born in JAGGAER.
func (b *builder) oddOrder(i int, o *Order) {
	switch i {
	case 3, 5:
		o.Supplier = SupplierRef{Registration: i - 3}
	case 6:
		o.Workflow, o.Status, o.Note = "Pending", "Pending", "in workflow"
	case 8:
		o.Lines[0].Commodity, o.Note = UnmappedCommodity, "commodity without a crosswalk row"
	case 10:
		o.Total, o.Note = Sum(o.sum(), "7.00"), "total differs from the lines"
	case 12:
		o.Status, o.Note = "Cancelled", "cancelled"
	case 14:
		o.Revision = 1
	}
}
