package peoplesoft

import (
	"strings"

	"github.com/cockroachdb/apd/v3"

	connector "ml-connector"
)

// exact adds without rounding: the sums of PeopleSoft's 26.3 and 15.5 have room in it, and what would be rounded is an error.
var exact = apd.Context{Precision: 200, MaxExponent: 1000, MinExponent: -1000, Traps: apd.DefaultTraps | apd.Inexact | apd.Rounded}

// balanced refuses a voucher that PeopleSoft would recycle for its sums: its lines, tax, freight and miscellaneous charges
// are its gross amount, but for the profile's `voucher.tolerance` (FLOWS.md allows an invoice a cent, PEOPLESOFT.md §4.3 none),
// and the distributions of a line are the line to the last digit. Whatever mapping made the voucher, both sums are told.
func balanced(op string, d connector.Document, tolerance string) error {
	merchandise := tally{}
	for _, line := range d.List("VCHR_LINE_STG") {
		merchandise.add(line.Text("MERCHANDISE_AMT"))
		rows := line.List("VCHR_DIST_STG")
		if len(rows) == 0 {
			continue
		}
		shares, amount := tally{}, tally{}
		for _, row := range rows {
			shares.add(row.Text("MERCHANDISE_AMT"))
		}
		amount.add(line.Text("MERCHANDISE_AMT"))
		if err := shares.is(op, &amount, "0", "line "+line.Text("VOUCHER_LINE_NUM")+" does not add up: its distributions sum to %s, and the line is %s"); err != nil {
			return err
		}
	}
	added, gross := merchandise, tally{}
	parts := []string{"lines " + merchandise.String()}
	for _, f := range []struct{ name, field string }{{"tax", "SALETX_AMT"}, {"freight", "FREIGHT_AMT"}, {"miscellaneous", "MISC_AMT"}} {
		added.add(d.Text(f.field))
		if v := decimalText(d.Text(f.field)); v != "" && v != "0" {
			parts = append(parts, f.name+" "+v)
		}
	}
	gross.add(d.Text("GROSS_AMT"))
	return added.is(op, &gross, tolerance, "the voucher does not add up: "+strings.ReplaceAll(strings.Join(parts, " + "), "%", "%%")+" sum to %s, and GROSS_AMT is %s")
}

// tally is a sum, or the text that could not be added to it.
type tally struct {
	sum apd.Decimal
	bad string
}

// add adds one amount; nothing counts as 0.
func (t *tally) add(text string) {
	if text == "" || t.bad != "" {
		return
	}
	d, _, err := apd.NewFromString(text)
	var sum apd.Decimal
	if err == nil && d.Form == apd.Finite {
		_, err = exact.Add(&sum, &t.sum, d)
	}
	if err != nil || d.Form != apd.Finite {
		t.bad = text
		return
	}
	t.sum = sum
}

func (t *tally) String() string {
	if t.bad != "" {
		return t.bad
	}
	return decimalText(t.sum.Text('f'))
}

// is refuses two sums that differ by more than allowed; message has a place for each.
func (t *tally) is(op string, other *tally, allowed, message string) error {
	most := tally{}
	most.add(allowed)
	for _, x := range []*tally{t, other, &most} {
		if x.bad != "" {
			return connector.Errorf(connector.Invalid, op, "%q is not an amount", clip(x.bad, 60))
		}
	}
	var difference apd.Decimal
	if _, err := exact.Sub(&difference, &t.sum, &other.sum); err == nil && difference.Abs(&difference).Cmp(&most.sum) <= 0 {
		return nil
	}
	return connector.Errorf(connector.Invalid, op, message, t, other).Advise("Nothing was sent: PeopleSoft would put the voucher to recycle. Correct the amounts at the source, or the Flow's mapping, then replay.")
}
