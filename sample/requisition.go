package sample

import (
	"fmt"
	"time"
)

// Requisition is one PeopleSoft requisition, codes as PeopleSoft has them, amounts decimal text.
type Requisition struct {
	BusinessUnit, ID        string
	Status                  string // REQ_STATUS: A O P D X C ...
	Date, Requestor, Origin string
	Currency                string
	Hold                    bool
	BudgetStatus            string // N V P E
	Updated                 time.Time
	Lines                   []RequisitionLine
	Note                    string
}

// RequisitionLine is one line; VendorID is blank where nobody chose a supplier yet.
type RequisitionLine struct {
	Number                                                       int
	Status, ItemID, Description, Category, Unit, VendorID, Buyer string
	Schedules                                                    []RequisitionSchedule
}

// RequisitionSchedule is one delivery of a line. Amount is quantity × price rounded; its distributions sum to it.
type RequisitionSchedule struct {
	Number                                   int
	Quantity, Price, Amount, DueDate, ShipTo string
	Distributions                            []Distribution
}

// Distribution is one accounting row of a schedule.
type Distribution struct {
	Number                                                             int
	Amount, Quantity                                                   string
	Account, Fund, Department, Program, Project, ProjectUnit, Activity string
}

var goods = []string{
	"Nitrile gloves, size M & L, box of 100", "Beaker 250 ml, borosilicate", "Paper A4, 80 g/m²", "Ethanol 99 %, 5 l <flammable>", "Toner \"black\"",
	"Repair of centrifuge – labour", "Desk, height adjustable", "Notebook 14\", 32 GB", "Pipette tips 10 µl", "Safety glasses", "Pallet freight", "Filter papers Ø 90 mm",
}

func (b *builder) requisitions() {
	vendors := b.usable(false)
	for i := range b.size.Requisitions {
		d := b.c.Divisions[i%len(b.c.Divisions)]
		r := Requisition{
			BusinessUnit: d.BusinessUnit, ID: fmt.Sprintf("%010d", 4001+i), Status: "A", Date: b.day(-12), Requestor: pick(b, b.c.Users).PeopleSoft,
			Origin: "ONL", Currency: d.Currency, BudgetStatus: "V", Updated: b.past(10),
		}
		shipTo := b.c.ShipTos[i%len(b.c.ShipTos)].PeopleSoft
		for n := range b.lines() {
			r.Lines = append(r.Lines, b.requisitionLine(n+1, pick(b, vendors).VendorID, shipTo))
		}
		b.oddRequisition(i, &r)
		b.c.Requisitions = append(b.c.Requisitions, r)
	}
}

func (b *builder) requisitionLine(n int, vendor, shipTo string) RequisitionLine {
	l := RequisitionLine{Number: n, Status: "A", Description: pick(b, goods), Category: pick(b, b.c.Categories).PeopleSoft, Unit: pick(b, b.c.Units).PeopleSoft, VendorID: vendor, Buyer: pick(b, b.c.Buyers).ID}
	if b.rng.IntN(3) == 0 {
		l.ItemID = fmt.Sprintf("ITM-%05d", b.rng.IntN(90000))
	}
	for s := range 1 + b.rng.IntN(8)/7 {
		q, p := b.quantityPrice()
		sch := RequisitionSchedule{Number: s + 1, Quantity: q, Price: p, Amount: Extend(q, p), DueDate: b.day(14 + 7*s), ShipTo: shipTo}
		sch.Distributions = b.distributions(sch.Amount)
		l.Schedules = append(l.Schedules, sch)
	}
	return l
}

// quantityPrice gives mostly whole quantities and cents, sometimes the digits that money arithmetic trips over.
func (b *builder) quantityPrice() (quantity, price string) {
	switch b.rng.IntN(12) {
	case 0:
		return fmt.Sprintf("%d.%04d", 1+b.rng.IntN(40), 1+b.rng.IntN(9999)), cents(100 + b.rng.IntN(5000))
	case 1:
		return fmt.Sprint(100 + b.rng.IntN(900)), fmt.Sprintf("0.%05d", 1000+b.rng.IntN(90000))
	}
	return fmt.Sprint(1 + b.rng.IntN(40)), cents(150 + b.rng.IntN(90000))
}

func (b *builder) distributions(amount string) []Distribution {
	cuts := [][]int{{100}, {100}, {60, 40}, {33, 33, 34}}[b.rng.IntN(4)]
	var out []Distribution
	for i, part := range shares(amount, cuts) {
		d := Distribution{Number: i + 1, Amount: part, Account: pick(b, b.postable), Fund: pick(b, b.c.Funds).Value, Department: b.c.Departments[b.rng.IntN(5)].Value}
		if b.rng.IntN(6) == 0 {
			p := pick(b, b.c.Projects)
			d.Program, d.Project, d.ProjectUnit, d.Activity = "RSRCH", p.Value, p.Unit, "SUPPLIES"
		}
		out = append(out, d)
	}
	return out
}

// oddRequisition gives a handful of requisitions the reason why they wait or stay out.
func (b *builder) oddRequisition(i int, r *Requisition) {
	switch i {
	case 4:
		r.Hold, r.Note = true, "on hold"
	case 7:
		r.Status, r.Note = "D", "denied"
	case 9:
		for n := range r.Lines {
			r.Lines[n].VendorID = ""
		}
	case 11:
		r.Status, r.Note = "P", "pending approval"
	case 13:
		r.BudgetStatus, r.Note = "E", "budget error"
	case 15:
		r.Lines[0].Status = "X"
		r.Lines = append(r.Lines, b.requisitionLine(len(r.Lines)+1, r.Lines[0].VendorID, r.Lines[0].Schedules[0].ShipTo))
	case 17:
		d := &r.Lines[0].Schedules[0].Distributions[0]
		d.Amount = Sum(d.Amount, "5.00")
		r.Note = "distributions do not sum"
	case 19:
		r.Lines[0].VendorID, r.Note = "9999999999", "unknown supplier"
	}
}
