package peoplesoft

import (
	"fmt"
	"slices"
	"strings"

	connector "ml-connector"

	"github.com/cockroachdb/apd/v3"
)

// paidBy judges the scheduled payments of a voucher: it is paid when each of them is (PEOPLESOFT.md §3.6 JGR_PAYMENT), but for
// those that were voided and then scheduled and paid again (§4.5). The reason tells how each of them stands.
func paidBy(rows []row) (paid *connector.Payment, reason string) {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(x, y row) int {
		return amountOf(x["A.PYMNT_CNT"]).Cmp(amountOf(y["A.PYMNT_CNT"]))
	})
	again := paidAgain(rows)
	all := len(rows) > 0
	var said []string
	var done []row
	for i, r := range rows {
		status := r["B.PYMNT_STATUS"]
		switch {
		case isPaid(r):
			done = append(done, r)
			said = append(said, strings.TrimSpace(fmt.Sprintf("paid %s %s %s", r["B.PYMNT_DT"], r["B.PYMNT_METHOD"], r["B.PYMNT_ID_REF"])))
			continue
		case status == "V" || status == "S":
			said = append(said, "payment "+r["B.PYMNT_ID_REF"]+" was voided or stopped")
		case r["A.PYMNT_HOLD"] == "Y":
			said = append(said, "payment is on hold "+r["A.PYMNT_HOLD_REASON"])
		}
		all = all && again[i]
	}
	reason = strings.Join(said, "; ")
	if !all {
		return nil, reason
	}
	return payment(done), reason
}

func isPaid(r row) bool {
	selected, status := r["A.PYMNT_SELCT_STATUS"], r["B.PYMNT_STATUS"]
	return selected == "P" && status == "P" || selected == "E" && (status == "P" || status == "")
}

// paidAgain are the places of voided payments in whose stead a later one of the same amount is paid.
func paidAgain(rows []row) map[int]bool {
	out, taken := map[int]bool{}, map[int]bool{}
	for i, r := range rows {
		if s := r["B.PYMNT_STATUS"]; s != "V" && s != "S" {
			continue
		}
		for k := i + 1; k < len(rows); k++ {
			if !taken[k] && isPaid(rows[k]) && amountOf(rows[k]["A.PAID_AMT"]).Cmp(amountOf(r["A.PAID_AMT"])) == 0 {
				taken[k], out[i] = true, true
				break
			}
		}
	}
	return out
}

// payment is what several payments come to: their sum, their numbers, and method and day of the last.
func payment(rows []row) *connector.Payment {
	var p connector.Payment
	sum := new(apd.Decimal)
	var numbers []string
	for _, r := range rows {
		if _, err := apd.BaseContext.Add(sum, sum, amountOf(r["A.PAID_AMT"])); err != nil {
			return &p // of no amount that could be added
		}
		if n := strings.TrimSpace(r["B.PYMNT_ID_REF"]); n != "" && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
		if day := dateText(r["B.PYMNT_DT"]); day >= p.Date {
			p.Date, p.Method = day, strings.TrimSpace(r["B.PYMNT_METHOD"])
		}
		p.Currency = strings.TrimSpace(r["A.CURRENCY_PYMNT"])
	}
	p.Number, p.Amount = strings.Join(numbers, ", "), decimalText(sum.Text('f'))
	return &p
}

// amountOf is a decimal, 0 where there is none.
func amountOf(text string) *apd.Decimal {
	d, _, err := apd.NewFromString(strings.TrimSpace(text))
	if err != nil {
		return new(apd.Decimal)
	}
	return d
}
