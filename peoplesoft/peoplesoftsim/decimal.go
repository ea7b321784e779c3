package peoplesoftsim

import (
	"regexp"

	"github.com/cockroachdb/apd/v3"
)

// plainNumber is how PeopleSoft takes numbers: a dot, no thousands mark, no exponent, the sign in front (PEOPLESOFT.md §7.5).
var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// arithmetic has room for 26.3 × 15.5 and rounds half away from zero.
var arithmetic = apd.Context{Precision: 60, MaxExponent: 100, MinExponent: -100, Traps: apd.DefaultTraps, Rounding: apd.RoundHalfUp}

// amount reads a stored number; what is blank or unreadable counts as 0, as an empty number does in PeopleSoft.
func amount(text string) *apd.Decimal {
	d, _, err := apd.NewFromString(text)
	if err != nil {
		return new(apd.Decimal)
	}
	return d
}

func add(a, b *apd.Decimal) *apd.Decimal {
	d := new(apd.Decimal)
	if _, err := arithmetic.Add(d, a, b); err != nil {
		return new(apd.Decimal)
	}
	return d
}

func subtract(a, b *apd.Decimal) *apd.Decimal {
	d := new(apd.Decimal)
	if _, err := arithmetic.Sub(d, a, b); err != nil {
		return new(apd.Decimal)
	}
	return d
}

// product is a × b rounded to digits after the point.
func product(a, b *apd.Decimal, digits int) *apd.Decimal {
	d := new(apd.Decimal)
	if _, err := arithmetic.Mul(d, a, b); err != nil {
		return new(apd.Decimal)
	}
	return rounded(d, digits)
}

// share is total × part ÷ whole rounded to digits after the point; 0 when whole is 0.
func share(total, part, whole *apd.Decimal, digits int) *apd.Decimal {
	d := new(apd.Decimal)
	if whole.IsZero() {
		return d
	}
	if _, err := arithmetic.Mul(d, total, part); err != nil {
		return new(apd.Decimal)
	}
	if _, err := arithmetic.Quo(d, d, whole); err != nil {
		return new(apd.Decimal)
	}
	return rounded(d, digits)
}

func rounded(d *apd.Decimal, digits int) *apd.Decimal {
	out := new(apd.Decimal)
	if _, err := arithmetic.Quantize(out, d, -int32(digits)); err != nil {
		return new(apd.Decimal)
	}
	if out.IsZero() {
		out.Negative = false
	}
	return out
}

// stored writes a number with the digits its column has, such as 213.000.
func stored(d *apd.Decimal, digits int) string { return rounded(d, digits).Text('f') }

// currencyDigits are the decimals of an ISO currency.
func currencyDigits(code string) int {
	if code == "JPY" {
		return 0
	}
	return 2
}
