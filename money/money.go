// Package money tells what a Document is about in money, and whose money that is, whichever System it is of: by what its fields are called, never by adding
// across currencies, and exactly.
//
// It must never round, read a clock or do input or output. Where no amount with a currency can be told it says nothing.
//
// It is proved by tables, and by the totals that pages and reconciliations show of the simulated companies.
package money

import (
	"maps"
	"slices"
	"strings"

	"github.com/cockroachdb/apd/v3"

	connector "ml-connector"
)

// Amount is money in the currency that stands beside it, at the precision of its System.
type Amount struct {
	Amount   string `json:"amount"` // decimal text
	Currency string `json:"currency"`
}

// How fields that hold a Document's money are called, without case and '_'; of several the first counts.
var (
	totalFields    = []string{"total", "grandtotal", "totalamount"}
	amountFields   = []string{"grossamt", "merchandiseamt", "poamt", "reqamt", "paymentamt", "extendedprice", "value", "amount", "distributionvalue"}
	currencyFields = []string{"currency", "currencycd", "txncurrencycd", "isocurrencycode"}
)

// Of is what a Document is about in money: its total, else the sum of the outermost amounts in it. Nil where no
// amount with a currency can be told.
func Of(d connector.Document) *Amount {
	total := childOf(d, totalFields)
	if total == nil {
		for _, name := range slices.Sorted(maps.Keys(d)) {
			if group, ok := connector.AsMap(d[name]); ok && total == nil {
				total = childOf(group, totalFields)
			}
		}
	}
	amount, currency := "", ""
	if group, ok := connector.AsMap(total); ok {
		amount, currency = textOf(group, amountFields), textOf(group, currencyFields)
	} else if text, ok := total.(string); ok {
		amount = text
	}
	if currency == "" {
		currency = firstText(d, currencyFields)
	}
	if currency == "" {
		currency = ofLines(d)
	}
	if amount == "" && total == nil {
		amount = sumOf(d)
	}
	if currency == "" || !isDecimal(amount) {
		return nil
	}
	return &Amount{Amount: amount, Currency: currency}
}

// childOf is the value of the first of some names that a group has.
func childOf(d connector.Document, names []string) any {
	for _, want := range names {
		first := ""
		for have, v := range d {
			if v != "" && isCalled(have, want) && (first == "" || have < first) {
				first = have
			}
		}
		if first != "" {
			return d[first]
		}
	}
	return nil
}

func textOf(d connector.Document, names []string) string {
	s, _ := childOf(d, names).(string)
	return s
}

// firstText looks for one of some names in a Document, from the outside in.
func firstText(d connector.Document, names []string) string {
	if s := textOf(d, names); s != "" {
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if group, ok := connector.AsMap(d[name]); ok {
			if s := firstText(group, names); s != "" {
				return s
			}
		}
	}
	return ""
}

// ofLines is the one currency that all amounts of lines are in, "" where they are in several or say nothing.
func ofLines(d connector.Document) string {
	found := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		if group, ok := connector.AsMap(v); ok {
			if s := textOf(group, currencyFields); s != "" && sumOf(group) != "" {
				found[s] = true
			}
			for _, e := range group {
				walk(e)
			}
		}
		list, _ := v.([]any)
		for _, e := range list {
			walk(e)
		}
	}
	walk(map[string]any(d))
	if len(found) != 1 {
		return ""
	}
	for s := range found {
		return s
	}
	return ""
}

// sumOf adds up the outermost amounts: those of lines, and not again those of what a line is made of.
func sumOf(d connector.Document) string {
	var amounts []string
	var walk func(any)
	walk = func(v any) {
		if group, ok := connector.AsMap(v); ok {
			if amount := textOf(group, amountFields); isDecimal(amount) {
				amounts = append(amounts, amount)
				return
			}
			for _, name := range slices.Sorted(maps.Keys(group)) {
				walk(group[name])
			}
		}
		list, _ := v.([]any)
		for _, e := range list {
			walk(e)
		}
	}
	walk(map[string]any(d))
	if len(amounts) == 0 {
		return ""
	}
	return addDecimals(amounts)
}

// isCalled compares a field's name with one of ours, without case and '_'.
func isCalled(name, ours string) bool {
	n := 0
	for _, r := range []byte(name) {
		if r == '_' {
			continue
		}
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		if n == len(ours) || r != ours[n] {
			return false
		}
		n++
	}
	return n == len(ours)
}

func isDecimal(s string) bool {
	if s == "" || strings.Trim(s, "-0123456789.") != "" {
		return false
	}
	_, _, err := apd.NewFromString(s)
	return err == nil
}

// addDecimals adds exactly; what is no number counts nothing.
func addDecimals(amounts []string) string {
	exact := apd.Context{Precision: 60, MaxExponent: 200, MinExponent: -200, Traps: apd.DefaultTraps}
	sum := apd.New(0, 0)
	for _, a := range amounts {
		x, _, err := apd.NewFromString(a)
		if err != nil {
			continue
		}
		if _, err := exact.Add(sum, sum, x); err != nil {
			continue // beyond 60 digits nothing is money
		}
	}
	return sum.Text('f')
}

// Sum adds money per currency, in the order of the currencies' names; nothing is ever added across them.
func Sum(all []Amount) []Amount {
	byCurrency := map[string][]string{}
	for _, m := range all {
		byCurrency[m.Currency] = append(byCurrency[m.Currency], m.Amount)
	}
	var out []Amount
	for _, currency := range slices.Sorted(maps.Keys(byCurrency)) {
		out = append(out, Amount{Amount: addDecimals(byCurrency[currency]), Currency: currency})
	}
	return out
}

// Beyond says whether an amount, whatever its sign, is more than another one; what is no number is not.
func Beyond(amount, most string) bool {
	x, _, err := apd.NewFromString(amount)
	if err != nil {
		return false
	}
	y, _, err := apd.NewFromString(most)
	return err == nil && x.Abs(x).Cmp(y) > 0
}

// String is the amount and its currency; "" of none.
func (m *Amount) String() string {
	if m == nil {
		return ""
	}
	return m.Amount + " " + m.Currency
}
