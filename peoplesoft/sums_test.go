package peoplesoft

import (
	"context"
	"strings"
	"testing"

	connector "ml-connector"
)

// amounts is a voucher of these lines, each "amount" or "amount=share+share".
func amounts(gross, tax, freight, misc string, lines ...string) connector.Document {
	d := connector.Document{"ExternalMessageID": "JGR-INV-1", "BUSINESS_UNIT": "US001", "VOUCHER_ID": "J0000001", "GROSS_AMT": gross, "SALETX_AMT": tax, "FREIGHT_AMT": freight, "MISC_AMT": misc}
	var rows []any
	for _, l := range lines {
		amount, shares, split := strings.Cut(l, "=")
		row := doc{"VOUCHER_LINE_NUM": "3", "MERCHANDISE_AMT": amount}
		if split {
			var list []any
			for _, s := range strings.Split(shares, "+") {
				list = append(list, doc{"DISTRIB_LINE_NUM": "1", "MERCHANDISE_AMT": s})
			}
			row["VCHR_DIST_STG"] = list
		}
		rows = append(rows, row)
	}
	d["VCHR_LINE_STG"] = rows
	return d
}

// What does not add up is never sent, whatever the mapping made of it; both sums are told.
func TestAVoucherThatDoesNotAddUpIsNotSent(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		d     connector.Document
		words []string // nil = it is sent
	}{
		"lines, tax, freight and charges":       {amounts("118.500", "7.5", "10", "1", "100=60.00+40.0"), nil},
		"a credit memo":                         {amounts("-118.5", "-7.5", "-10", "-1", "-100=-60+-40"), nil},
		"a line of an order has no shares":      {amounts("100", "", "", "", "100"), nil},
		"a discount lowers it":                  {amounts("95", "0", "0", "-5", "100"), nil},
		"nothing at all":                        {amounts("0", "0", "0", "0", "0"), nil},
		"26 digits":                             {amounts("12345678901234567890123.457", "0.001", "", "", "12345678901234567890123.456"), nil},
		"a cent of difference":                  {amounts("118.51", "7.5", "10", "1", "100"), nil},
		"more than a cent":                      {amounts("118.511", "7.5", "10", "1", "100"), []string{"lines 100 + tax 7.5 + freight 10 + miscellaneous 1", "118.5", "GROSS_AMT is 118.511"}},
		"a little more in 26 digits":            {amounts("12345678901234567890123.467", "", "", "", "12345678901234567890123.456"), []string{"12345678901234567890123.456", "12345678901234567890123.467"}},
		"shares a thousandth off":               {amounts("100", "", "", "", "100=60+39.999"), []string{"line 3", "99.999", "100"}},
		"a credit memo with a positive line":    {amounts("-100", "", "", "", "100"), []string{"100", "-100"}},
		"shares that are less than their line":  {amounts("100", "", "", "", "100=60+39.99"), []string{"line 3", "99.99", "100"}},
		"one share of nothing":                  {amounts("100", "", "", "", "100=0"), []string{"line 3", "0", "100"}},
		"an amount that is none":                {amounts("x", "", "", "", "100"), []string{`"x" is not an amount`}},
		"an infinite amount":                    {amounts("Infinity", "", "", "", "Infinity"), []string{`"Infinity" is not an amount`}},
		"a gross amount that is missing":        {amounts("", "", "", "", "100"), []string{"100", "GROSS_AMT is 0"}},
		"a share that is not a number is named": {amounts("100", "", "", "", "100=a%d"), []string{`"a%d"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, "text/xml", accepted200)
			_, err := open(t, f).Write(context.Background(), connector.Write{Kind: connector.Invoice, Operation: connector.OpCreate, Document: row.d})
			if row.words == nil {
				if err != nil || f.count() != 1 {
					t.Errorf("%d calls, %v", f.count(), err)
				}
				return
			}
			e := connector.AsError(err)
			if e == nil || e.Code != connector.Invalid || e.Hint == "" && !strings.Contains(e.Message, "not an amount") || f.count() != 0 {
				t.Fatalf("%d calls, %v", f.count(), err)
			}
			for _, w := range row.words {
				if !strings.Contains(e.Message, w) {
					t.Errorf("%q does not say %q", e.Message, w)
				}
			}
		})
	}
}
