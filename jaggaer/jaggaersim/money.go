package jaggaersim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// exact calculates with more digits than any amount has; ties are rounded away from zero.
func exact() *apd.Context {
	c := apd.BaseContext.WithPrecision(200)
	c.Rounding = apd.RoundHalfUp
	return c
}

// amount reads a decimal of at most 40 digits and a small exponent; white space around it is ignored.
func amount(s string) (*apd.Decimal, error) {
	d, _, err := apd.NewFromString(strings.TrimSpace(s))
	if err != nil || d.Form != apd.Finite || d.NumDigits() > 40 || max(d.Exponent, -d.Exponent) > 20 {
		return nil, fmt.Errorf("%q is not a number", s)
	}
	return d, nil
}

// amountOr0 reads a number that was checked before or may be absent.
func amountOr0(s string) *apd.Decimal {
	d, err := amount(s)
	if err != nil {
		return new(apd.Decimal)
	}
	return d
}

func plus(a, b *apd.Decimal) *apd.Decimal  { return calculate(exact().Add, a, b) }
func times(a, b *apd.Decimal) *apd.Decimal { return calculate(exact().Mul, a, b) }

func calculate(op func(d, x, y *apd.Decimal) (apd.Condition, error), a, b *apd.Decimal) *apd.Decimal {
	out := new(apd.Decimal)
	if _, err := op(out, a, b); err != nil {
		panic("jaggaersim: exact arithmetic: " + err.Error())
	}
	return out
}

// rounded cuts an amount to the digits of its currency.
func rounded(d *apd.Decimal, currency string) *apd.Decimal {
	out := new(apd.Decimal)
	if _, err := exact().Quantize(out, d, -digits(currency)); err != nil {
		panic("jaggaersim: rounding: " + err.Error())
	}
	return out
}

// digits is the number of decimals of a currency (ISO 4217; those that differ from two).
func digits(currency string) int32 {
	switch currency {
	case "JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF":
		return 0
	case "BHD", "KWD", "OMR", "TND", "JOD":
		return 3
	default:
		return 2
	}
}

// number is an amount as JAGGAER writes it in JSON: a number with as many decimals as it needs.
func number(d *apd.Decimal) json.Number {
	out := new(apd.Decimal)
	out.Reduce(d)
	return json.Number(out.Text('f'))
}

// numberOf reads decimal text into a JSON number; text that is no number becomes 0.
func numberOf(s string) json.Number { return number(amountOr0(s)) }

// extended is quantity × price, rounded to the currency.
func extended(quantity, price, currency string) *apd.Decimal {
	return rounded(times(amountOr0(quantity), amountOr0(price)), currency)
}
