package mapping

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// maxDigits bounds what text is taken as a number: far more than any amount has, few enough that products stay exact.
const maxDigits = 60

// exact computes without ever rounding in silence: what would not fit 200 digits is an error.
var exact = apd.Context{Precision: 200, MaxExponent: 1000, MinExponent: -1000, Traps: apd.DefaultTraps | apd.Inexact | apd.Rounded, Rounding: apd.RoundHalfUp}

// rounding is the same for the one operation that is there to round. apd's half up is half away from zero.
var rounding = apd.Context{Precision: 200, MaxExponent: 1000, MinExponent: -1000, Traps: apd.DefaultTraps, Rounding: apd.RoundHalfUp}

// decimal is an exact number. It is never changed after it was made.
type decimal struct{ d *apd.Decimal }

// String is plain decimal text: no exponent, no zeros after the last digit that counts, no negative zero.
func (x decimal) String() string {
	if x.d.IsZero() {
		return "0"
	}
	s := x.d.Text('f')
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func (x decimal) cmp(y decimal) int { return x.d.Cmp(y.d) }

func (x decimal) rat() *big.Rat {
	r, _ := new(big.Rat).SetString(x.String())
	return r
}

// parseDecimal reads -12.50. Exponents, signs of plus, thousands marks and white space inside are refused.
func parseDecimal(s string) (decimal, error) {
	text := strings.TrimSpace(s)
	whole, frac, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if whole == "" || point && frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return decimal{}, fmt.Errorf("%q is not a number", s)
	}
	if len(whole)+len(frac) > maxDigits {
		return decimal{}, fmt.Errorf("%q has more than %d digits", s, maxDigits)
	}
	d, _, err := apd.NewFromString(text)
	if err != nil {
		return decimal{}, fmt.Errorf("%q is not a number", s)
	}
	return decimal{d}, nil
}

// toDecimal takes the numbers of expressions, and text that is one. A blank is none.
func toDecimal(v any) (decimal, error) {
	switch x := v.(type) {
	case decimal:
		return x, nil
	case int:
		return decimal{apd.New(int64(x), 0)}, nil
	case int64:
		return decimal{apd.New(x, 0)}, nil
	case float64: // a whole number of a setting that was kept as JSON
		if x == float64(int64(x)) {
			return decimal{apd.New(int64(x), 0)}, nil
		}
		return decimal{}, fmt.Errorf("a number with a point must be given as text")
	case string:
		if strings.TrimSpace(x) != "" {
			return parseDecimal(x)
		}
	case nil:
	default:
		return decimal{}, fmt.Errorf("%s is not a number", kindOf(v))
	}
	return decimal{}, fmt.Errorf("has no value where a number is needed")
}

// toInt takes a number of digits, a position or a length.
func toInt(v any) (int, error) {
	d, err := toDecimal(v)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(d.String())
	if err != nil || n < -1_000_000 || n > 1_000_000 {
		return 0, fmt.Errorf("%s is not a whole number of a sensible size", d)
	}
	return n, nil
}

func calculate(op string, a, b any) (any, error) {
	x, err := toDecimal(a)
	if err != nil {
		return nil, err
	}
	y, err := toDecimal(b)
	if err != nil {
		return nil, err
	}
	z := new(apd.Decimal)
	switch op {
	case "+":
		_, err = exact.Add(z, x.d, y.d)
	case "-":
		_, err = exact.Sub(z, x.d, y.d)
	case "*":
		_, err = exact.Mul(z, x.d, y.d)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s %s can't be computed exactly", x, op, y)
	}
	if i, ok := smallInt(a, b, decimal{z}); ok {
		return i, nil
	}
	return decimal{z}, nil
}

// smallInt keeps what was computed from the whole numbers of an expression one of them, so that it can be a position.
func smallInt(a, b any, result decimal) (int, bool) {
	if _, ok := a.(int); !ok {
		return 0, false
	}
	if _, ok := b.(int); !ok {
		return 0, false
	}
	i, err := strconv.Atoi(result.String())
	return i, err == nil
}

// round brings x to so many digits after the point, half away from zero.
func round(x decimal, digits int) (decimal, error) {
	if digits < 0 || digits > maxDigits {
		return decimal{}, fmt.Errorf("%d is no number of digits to round to", digits)
	}
	z := new(apd.Decimal)
	if _, err := rounding.Quantize(z, x.d, int32(-digits)); err != nil {
		return decimal{}, fmt.Errorf("%s can't be rounded to %d digits", x, digits)
	}
	return decimal{z}, nil
}

// quotient is a/b, rounded once, half away from zero.
func quotient(a, b *big.Rat, digits int) (decimal, error) {
	if digits < 0 || digits > maxDigits {
		return decimal{}, fmt.Errorf("%d is no number of digits to round to", digits)
	}
	if b.Sign() == 0 {
		return decimal{}, fmt.Errorf("nothing can be divided by zero")
	}
	q := new(big.Rat).Quo(a, b)
	scaled := new(big.Rat).Mul(q, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
	// |n/d| + 1/2, cut to whole.
	num, den := new(big.Int).Abs(scaled.Num()), scaled.Denom()
	num.Add(num.Lsh(num, 1), den)
	num.Quo(num, new(big.Int).Lsh(den, 1))
	if scaled.Sign() < 0 {
		num.Neg(num)
	}
	return decimal{apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(num), int32(-digits))}, nil
}

// shares cuts amount into parts in proportion to weights, each rounded half away from zero to digits, so that they sum
// to the rounded amount: what rounding left over goes to the largest share, of equal ones to the last.
func shares(amount decimal, weights []decimal, digits int) ([]decimal, error) {
	total := new(big.Rat)
	for _, w := range weights {
		total.Add(total, w.rat())
	}
	if total.Sign() == 0 {
		return nil, fmt.Errorf("%s can't be shared: the weights sum to zero", amount)
	}
	left, err := round(amount, digits)
	if err != nil {
		return nil, err
	}
	rest := left.rat()
	out, largest := make([]decimal, len(weights)), 0
	for i, w := range weights {
		out[i], err = quotient(new(big.Rat).Mul(amount.rat(), w.rat()), total, digits)
		if err != nil {
			return nil, err
		}
		rest.Sub(rest, out[i].rat())
		if abs(w).cmp(abs(weights[largest])) >= 0 {
			largest = i
		}
	}
	out[largest], err = quotient(rest.Add(rest, out[largest].rat()), big.NewRat(1, 1), digits)
	return out, err
}

func abs(x decimal) decimal { return decimal{new(apd.Decimal).Abs(x.d)} }
