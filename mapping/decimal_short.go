package mapping

import (
	"math"
	"math/bits"
	"strconv"
)

// shortDigits is how many digits every short number may have before and after the point together.
const shortDigits = 18

// power10 are the powers of ten up to 10^18.
var power10 = func() (p [shortDigits + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// parseShort reads what parseDecimal reads and a short number holds.
func parseShort(s string) (decimal, bool) {
	var x decimal
	digits, point := s, -1
	negative := s != "" && s[0] == '-'
	if negative {
		digits = s[1:]
	}
	if len(digits) == 0 || len(digits) > shortDigits {
		return x, false
	}
	for i := range len(digits) {
		switch c := digits[i]; {
		case c >= '0' && c <= '9':
			x.n = 10*x.n + int64(c-'0')
		case c == '.' && point < 0 && i > 0 && i < len(digits)-1:
			point = i
		default:
			return x, false
		}
	}
	if point >= 0 {
		x.scale = len(digits) - 1 - point
	}
	if negative {
		x.n = -x.n
	}
	return x, true
}

// short is String of a short number.
func (x decimal) short() string {
	for x.scale > 0 && x.n%10 == 0 {
		x.n, x.scale = x.n/10, x.scale-1
	}
	var buf [24]byte
	b := strconv.AppendInt(buf[:0], x.n, 10)
	if x.scale == 0 {
		return string(b)
	}
	sign := 0
	if b[0] == '-' {
		sign = 1
	}
	var out [48]byte
	o := append(out[:0], b[:sign]...)
	b = b[sign:]
	if len(b) <= x.scale {
		o = append(o, '0', '.')
		for range x.scale - len(b) {
			o = append(o, '0')
		}
		return string(append(o, b...))
	}
	o = append(append(o, b[:len(b)-x.scale]...), '.')
	return string(append(o, b[len(b)-x.scale:]...))
}

// level10 brings two short numbers to the same scale.
func level10(x, y decimal) (a, b int64, scale int, ok bool) {
	if x.d != nil || y.d != nil {
		return 0, 0, 0, false
	}
	a, b = x.n, y.n
	switch {
	case x.scale < y.scale:
		a, ok = times(a, power10[y.scale-x.scale])
		return a, b, y.scale, ok
	case x.scale > y.scale:
		b, ok = times(b, power10[x.scale-y.scale])
	default:
		ok = true
	}
	return a, b, x.scale, ok
}

// times is a product that fits.
func times(a, b int64) (int64, bool) {
	high, low := bits.Mul64(size(a), size(b))
	if high != 0 || low > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(low), true
	}
	return int64(low), true
}

func size(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// short computes with short numbers; it is not ok where the result would not be one.
func short(op string, x, y decimal) (decimal, bool) {
	if op == "*" {
		if x.d != nil || y.d != nil || x.scale+y.scale > shortDigits {
			return decimal{}, false
		}
		n, ok := times(x.n, y.n)
		return decimal{n: n, scale: x.scale + y.scale}, ok
	}
	a, b, scale, ok := level10(x, y)
	if !ok {
		return decimal{}, false
	}
	if op == "-" {
		b = -b
	}
	n := a + b
	if a > 0 && b > 0 && n < 0 || a < 0 && b < 0 && n >= 0 || n == math.MinInt64 {
		return decimal{}, false
	}
	return decimal{n: n, scale: scale}, true
}

// rounded is round of a short number.
func (x decimal) rounded(digits int) decimal {
	if digits >= x.scale {
		return x
	}
	unit := power10[x.scale-digits]
	n, rest := x.n/unit, size(x.n%unit)
	if rest >= uint64(unit)-rest {
		if x.n < 0 {
			n--
		} else {
			n++
		}
	}
	return decimal{n: n, scale: digits}
}

// shortShares is shares where everything on the way is short.
func shortShares(amount decimal, weights []decimal, digits int) ([]decimal, bool) {
	if amount.d != nil || digits < 0 || digits > shortDigits {
		return nil, false
	}
	var total decimal
	ok := true
	for _, w := range weights {
		if total, ok = short("+", total, w); !ok {
			return nil, false
		}
	}
	if total.n == 0 {
		return nil, false
	}
	rest, out, largest := amount.rounded(digits), make([]decimal, len(weights)), 0
	for i, w := range weights {
		share, sum, _, ok := level10(w, total)
		if !ok {
			return nil, false
		}
		if out[i], ok = portion(amount, share, sum, digits); !ok {
			return nil, false
		}
		if rest, ok = short("-", rest, out[i]); !ok {
			return nil, false
		}
		if abs(w).cmp(abs(weights[largest])) >= 0 {
			largest = i
		}
	}
	out[largest], ok = short("+", rest, out[largest])
	return out, ok
}

// portion is amount × share / sum, rounded half away from zero to so many digits.
func portion(amount decimal, share, sum int64, digits int) (decimal, bool) {
	ok := true
	if up := digits - amount.scale; up >= 0 {
		share, ok = times(share, power10[up])
	} else {
		sum, ok = times(sum, power10[-up])
	}
	if !ok {
		return decimal{}, false
	}
	high, low := bits.Mul64(size(amount.n), size(share))
	by := size(sum)
	if high >= by {
		return decimal{}, false
	}
	n, rest := bits.Div64(high, low, by)
	if rest >= by-rest {
		n++
	}
	if n > math.MaxInt64 {
		return decimal{}, false
	}
	out := decimal{n: int64(n), scale: digits}
	if (amount.n < 0) != ((share < 0) != (sum < 0)) {
		out.n = -out.n
	}
	return out, true
}
