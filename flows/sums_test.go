package flows_test

import (
	"math/big"
	"path/filepath"
	"testing"

	connector "ml-connector"
)

func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		if text == "" {
			return new(big.Rat)
		}
		t.Fatalf("%q is no number", text)
	}
	return r
}

// rounds says whether an amount is another one, rounded half away from zero to the digits of a currency.
func rounds(amount, exact *big.Rat, currency string) bool {
	places := map[string]int{"JPY": 0, "KWD": 3}
	n, known := places[currency]
	if !known {
		n = 2
	}
	whole, _ := new(big.Rat).SetString(exact.FloatString(n)) // half away from zero
	return amount.Cmp(whole) == 0
}

func sumOf(t *testing.T, list []connector.Document, field string) *big.Rat {
	t.Helper()
	sum := new(big.Rat)
	for _, d := range list {
		sum.Add(sum, rat(t, d.Text(field)))
	}
	return sum
}

// TestSharesSumInEveryCase looks at what comes out of all golden cases, from the outside: the shares of a line sum to the line to
// the last digit, and the lines to the whole within the tolerance.
func TestSharesSumInEveryCase(t *testing.T) {
	t.Parallel()
	lines, large := 0, 0
	for _, name := range []string{"purchase-orders", "invoices", "requisitions"} {
		flow := parsed(t)[name]
		paths, err := filepath.Glob(filepath.Join("testdata", name, "*.in.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			r := flow.Apply(contextOf(t, readCase(t, path), flow))
			if len(r.Problems)+len(r.Missing) > 0 || r.Document == nil {
				continue
			}
			before := lines
			for _, l := range r.Document.List("PO_LINE") {
				s := l.List("PO_LINE_SHIP")[0]
				amount := new(big.Rat).Mul(rat(t, s.Text("QTY_PO")), rat(t, s.Text("PRICE_PO")))
				if got := sumOf(t, s.List("PO_LINE_DISTRIB"), "MERCHANDISE_AMT"); !rounds(got, amount, r.Document.Text("CURRENCY_CD")) {
					t.Errorf("%s, line %s: shares sum to %s, the line is %s", path, l.Text("LINE_NBR"), got.FloatString(4), amount.FloatString(4))
				}
				if got := sumOf(t, s.List("PO_LINE_DISTRIB"), "QTY_PO"); got.Cmp(rat(t, s.Text("QTY_PO"))) != 0 {
					t.Errorf("%s, line %s: quantities sum to %s", path, l.Text("LINE_NBR"), got.FloatString(4))
				}
				lines++
			}
			for _, l := range r.Document.List("VCHR_LINE_STG") {
				if shares := l.List("VCHR_DIST_STG"); len(shares) > 0 && sumOf(t, shares, "MERCHANDISE_AMT").Cmp(rat(t, l.Text("MERCHANDISE_AMT"))) != 0 {
					t.Errorf("%s, line %s: shares sum to %s", path, l.Text("VOUCHER_LINE_NUM"), sumOf(t, shares, "MERCHANDISE_AMT").FloatString(4))
				}
				lines++
			}
			if name == "invoices" {
				all := sumOf(t, r.Document.List("VCHR_LINE_STG"), "MERCHANDISE_AMT")
				for _, field := range []string{"SALETX_AMT", "FREIGHT_AMT", "MISC_AMT"} {
					all.Add(all, rat(t, r.Document.Text(field)))
				}
				if d := all.Sub(all, rat(t, r.Document.Text("GROSS_AMT"))); d.Abs(d).Cmp(big.NewRat(1, 100)) > 0 {
					t.Errorf("%s: lines and charges are %s away from the whole", path, d.FloatString(4))
				}
			}
			for _, g := range r.Document.List("RequisitionSupplierGroup") {
				for _, l := range g.List("RequisitionLine") {
					amount := new(big.Rat).Mul(rat(t, l.Text("Quantity")), rat(t, l.Text("UnitPrice")))
					if got := sumOf(t, l.List("splits"), "distributionvalue"); !rounds(got, amount, l.Text("currency")) {
						t.Errorf("%s, line %s: splits sum to %s, the line is %s", path, l.Text("linenumber"), got.FloatString(4), amount.FloatString(4))
					}
					lines++
				}
			}
			if lines-before >= 39 {
				large++
			}
		}
	}
	if lines < 300 || large < 6 {
		t.Errorf("%d lines were looked at, %d large documents", lines, large)
	}
}
