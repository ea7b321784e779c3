package mapping

import (
	"cmp"
	"fmt"
	"math"
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

// decimal is an exact number. It is never changed after it was made. Where d is nil it is n / 10^scale, which every amount
// of a Document fits into and which costs nothing to compute with; else it is d.
type decimal struct {
	n     int64 // never the least int64, so that its sign can be changed
	scale int
	d     *apd.Decimal
}

func whole(n int64) decimal {
	if n == math.MinInt64 {
		return decimal{d: apd.New(n, 0)}
	}
	return decimal{n: n}
}

// wide is the number as one of any size.
func (x decimal) wide() *apd.Decimal {
	if x.d != nil {
		return x.d
	}
	return apd.New(x.n, int32(-x.scale))
}

// String is plain decimal text: no exponent, no zeros after the last digit that counts, no negative zero.
func (x decimal) String() string {
	if x.d == nil {
		return x.short()
	}
	if x.d.IsZero() {
		return "0"
	}
	s := x.d.Text('f')
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func (x decimal) cmp(y decimal) int {
	if a, b, _, ok := level10(x, y); ok {
		return cmp.Compare(a, b)
	}
	return x.wide().Cmp(y.wide())
}

func (x decimal) rat() *big.Rat {
	if x.d == nil {
		return big.NewRat(x.n, power10[x.scale])
	}
	r, _ := new(big.Rat).SetString(x.String())
	return r
}

// parseDecimal reads -12.50. Exponents, signs of plus, thousands marks and white space inside are refused.
func parseDecimal(s string) (decimal, error) {
	text := strings.TrimSpace(s)
	if x, ok := parseShort(text); ok {
		return x, nil
	}
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
	return decimal{d: d}, nil
}

// toDecimal takes the numbers of expressions, and text that is one. A blank is none.
func toDecimal(v any) (decimal, error) {
	switch x := v.(type) {
	case decimal:
		return x, nil
	case int:
		return whole(int64(x)), nil
	case int64:
		return whole(x), nil
	case float64: // a whole number of a setting that was kept as JSON
		if x == float64(int64(x)) {
			return whole(int64(x)), nil
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
	if i, ok := v.(int); ok && i >= 0 && i <= 1_000_000 {
		return i, nil
	}
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
	result, ok := short(op, x, y)
	if !ok {
		z := new(apd.Decimal)
		switch op {
		case "+":
			_, err = exact.Add(z, x.wide(), y.wide())
		case "-":
			_, err = exact.Sub(z, x.wide(), y.wide())
		case "*":
			_, err = exact.Mul(z, x.wide(), y.wide())
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s %s can't be computed exactly", x, op, y)
		}
		result = decimal{d: z}
	}
	if i, ok := smallInt(a, b, result); ok {
		return i, nil
	}
	return result, nil
}

// smallInt keeps what was computed from the whole numbers of an expression one of them, so that it can be a position.
func smallInt(a, b any, result decimal) (int, bool) {
	if _, ok := a.(int); !ok {
		return 0, false
	}
	if _, ok := b.(int); !ok {
		return 0, false
	}
	if result.d == nil && result.scale == 0 {
		return int(result.n), true
	}
	i, err := strconv.Atoi(result.String())
	return i, err == nil
}

// round brings x to so many digits after the point, half away from zero.
func round(x decimal, digits int) (decimal, error) {
	if digits < 0 || digits > maxDigits {
		return decimal{}, fmt.Errorf("%d is no number of digits to round to", digits)
	}
	if x.d == nil {
		return x.rounded(digits), nil
	}
	z := new(apd.Decimal)
	if _, err := rounding.Quantize(z, x.d, int32(-digits)); err != nil {
		return decimal{}, fmt.Errorf("%s can't be rounded to %d digits", x, digits)
	}
	return decimal{d: z}, nil
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
	return decimal{d: apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(num), int32(-digits))}, nil
}

// shares cuts amount into parts in proportion to weights, each rounded half away from zero to digits, so that they sum
// to the rounded amount: what rounding left over goes to the largest share, of equal ones to the last.
func shares(amount decimal, weights []decimal, digits int) ([]decimal, error) {
	if parts, ok := shortShares(amount, weights, digits); ok {
		return parts, nil
	}
	return wideShares(amount, weights, digits)
}

func wideShares(amount decimal, weights []decimal, digits int) ([]decimal, error) {
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

func abs(x decimal) decimal {
	switch {
	case x.d != nil:
		return decimal{d: new(apd.Decimal).Abs(x.d)}
	case x.n < 0:
		return decimal{n: -x.n, scale: x.scale}
	}
	return x
}
