package sample

import (
	"fmt"

	"github.com/cockroachdb/apd/v3"
)

// exact computes with more digits than any amount here needs; inexact results are a defect and panic in must.
var exact = apd.Context{Precision: 40, MaxExponent: 100, MinExponent: -100, Traps: apd.DefaultTraps, Rounding: apd.RoundHalfUp}

func must(_ apd.Condition, err error) {
	if err != nil {
		panic(fmt.Sprintf("sample: arithmetic: %v", err))
	}
}

func number(s string) *apd.Decimal {
	d, _, err := apd.NewFromString(s)
	must(0, err)
	return d
}

// Round brings an amount to digits after the point, half away from zero, as both Systems round money.
func Round(amount string, digits int32) string {
	d := new(apd.Decimal)
	must(exact.Quantize(d, number(amount), -digits))
	if d.IsZero() {
		d.Negative = false
	}
	return d.Text('f')
}

// Extend is quantity × price rounded to the cent.
func Extend(quantity, price string) string {
	d := new(apd.Decimal)
	must(exact.Mul(d, number(quantity), number(price)))
	return Round(d.Text('f'), 2)
}

// Sum adds decimal texts exactly.
func Sum(amounts ...string) string {
	d := new(apd.Decimal)
	for _, a := range amounts {
		must(exact.Add(d, d, number(a)))
	}
	return d.Text('f')
}

// Negate turns an amount around; zero stays zero.
func Negate(amount string) string {
	d := number(amount)
	if !d.IsZero() {
		d.Negative = !d.Negative
	}
	return d.Text('f')
}

// percent is amount × rate/100 rounded to the cent; rate is decimal text.
func percent(amount, rate string) string {
	d := new(apd.Decimal)
	must(exact.Mul(d, number(amount), number(rate)))
	must(exact.Mul(d, d, number("0.01")))
	return Round(d.Text('f'), 2)
}

// cents writes an integer number of cents as an amount.
func cents(n int) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// shares cuts an amount into parts that sum to it exactly: the last takes the remainder.
func shares(amount string, percents []int) []string {
	out := make([]string, len(percents))
	rest := amount
	for i, p := range percents[:len(percents)-1] {
		out[i] = percent(amount, fmt.Sprint(p))
		rest = Sum(rest, Negate(out[i]))
	}
	out[len(out)-1] = rest
	return out
}
