package mapping

import (
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/expr-lang/expr"
)

// The shapes that a function can have; the expression language refuses a call with another number of arguments.
type (
	f1 func(any) any
	f2 func(any, any) any
	f3 func(any, any, any) any
	fn func(...any) any
	b1 func(any) bool
	b2 func(any, any) bool
)

// functions is every function of the language that needs nothing of the Context, operators included.
var functions = []expr.Option{
	expr.Function("+", func(p ...any) (any, error) { return add(p[0], p[1]) }, new(f2)),
	expr.Function("-", func(p ...any) (any, error) { return calculate("-", p[0], p[1]) }, new(f2)),
	expr.Function("*", func(p ...any) (any, error) { return calculate("*", p[0], p[1]) }, new(f2)),
	expr.Function("/", func(p ...any) (any, error) { return divide(p[0], p[1]) }, new(f2)),
	expr.Function("neg", func(p ...any) (any, error) { return calculate("-", 0, p[0]) }, new(f1)),
	compare("<", func(c int) bool { return c < 0 }),
	compare("<=", func(c int) bool { return c <= 0 }),
	compare(">", func(c int) bool { return c > 0 }),
	compare(">=", func(c int) bool { return c >= 0 }),
	expr.Function("==", func(p ...any) (any, error) { return equal(p[0], p[1]), nil }, new(b2)),
	expr.Function("!=", func(p ...any) (any, error) { return !equal(p[0], p[1]), nil }, new(b2)),
	inText("contains", strings.Contains),
	inText("startsWith", strings.HasPrefix),
	inText("endsWith", strings.HasSuffix),
	expr.Function("get", func(p ...any) (any, error) { return get(p[0], p[1]) }, new(f2)),
	expr.Function("truth", func(p ...any) (any, error) { return truth(p[0]) }, new(b1)),
	expr.Function("blank", func(p ...any) (any, error) { return isBlank(p[0]), nil }, new(b1)),

	expr.Function("dec", dec, new(f1), new(f2)),
	expr.Function("round", func(p ...any) (any, error) { return numbers(p, round) }, new(f2)),
	expr.Function("div", div, new(f3)),
	expr.Function("abs", func(p ...any) (any, error) {
		return numbers(append(p, 0), func(x decimal, _ int) (decimal, error) { return abs(x), nil })
	}, new(f1)),
	expr.Function("sum", sum, new(f1)),
	expr.Function("shares", shareOut, new(f3)),
	expr.Function("digits", func(p ...any) (any, error) { return ofText(p[0], currencyDigits) }, new(f1)),

	expr.Function("text", func(p ...any) (any, error) { return toText(p[0]) }, new(f1)),
	text1("upper", strings.ToUpper),
	text1("lower", strings.ToLower),
	text1("trim", strings.TrimSpace),
	text1("ascii", ascii),
	text1("plain", plain),
	expr.Function("left", func(p ...any) (any, error) { return textNumber(p, left) }, new(f2)),
	expr.Function("pad", func(p ...any) (any, error) { return textNumber(p, pad) }, new(f2)),
	expr.Function("part", func(p ...any) (any, error) { return textNumber(p, part) }, new(f2)),
	expr.Function("wrap", func(p ...any) (any, error) { return textNumber(p, wrap) }, new(f2)),
	expr.Function("cutPrefix", func(p ...any) (any, error) { return twoTexts(p, strings.TrimPrefix) }, new(f2)),
	expr.Function("fill", fill, new(f2)),
	expr.Function("join", join, new(f2)),
	expr.Function("len", length, new(f1)),
	expr.Function("date", func(p ...any) (any, error) { return ofText(p[0], dateOf) }, new(f1)),
	expr.Function("iso2", func(p ...any) (any, error) { return ofText(p[0], iso2) }, new(f1)),
	expr.Function("iso3", func(p ...any) (any, error) { return ofText(p[0], iso3) }, new(f1)),

	expr.Function("list", func(p ...any) (any, error) { return toList(p[0]), nil }, new(f1)),
	expr.Function("concat", concat, new(fn)),
	expr.Function("flatten", flatten, new(f1)),
	expr.Function("first", first, new(f1)),
	expr.Function("uniq", uniq, new(f1)),
	expr.Function("group", group, new(f2)),
	expr.Function("zip", zip, new(f2)),
	expr.Function("merge", merge, new(fn)),
	expr.Function("keys", func(p ...any) (any, error) { return keys(p[0]) }, new(f1)),
}

func compare(op string, is func(int) bool) expr.Option {
	return expr.Function(op, func(p ...any) (any, error) {
		c, err := order(p[0], p[1])
		return is(c), err
	}, new(b2))
}

func inText(op string, is func(string, string) bool) expr.Option {
	return expr.Function(op, func(p ...any) (any, error) {
		x, err := toText(p[0])
		if err != nil {
			return nil, err
		}
		y, err := toText(p[1])
		return is(x, y), err
	}, new(b2))
}

func text1(name string, change func(string) string) expr.Option {
	return expr.Function(name, func(p ...any) (any, error) {
		s, err := toText(p[0])
		return change(s), err
	}, new(f1))
}

// dec takes text for a number; with a second argument, that is what a blank counts as.
func dec(p ...any) (any, error) {
	if len(p) > 1 && isBlank(p[0]) {
		return toDecimal(p[1])
	}
	return toDecimal(p[0])
}

func numbers(p []any, compute func(decimal, int) (decimal, error)) (any, error) {
	x, err := toDecimal(p[0])
	if err != nil {
		return nil, err
	}
	n, err := toInt(p[1])
	if err != nil {
		return nil, err
	}
	return compute(x, n)
}

func absolute(p ...any) (any, error) {
	x, err := toDecimal(p[0])
	if err != nil {
		return nil, err
	}
	return abs(x), nil
}

func div(p ...any) (any, error) {
	a, err := toDecimal(p[0])
	if err != nil {
		return nil, err
	}
	return numbers(p[1:], func(b decimal, digits int) (decimal, error) { return quotient(a.rat(), b.rat(), digits) })
}

func sum(p ...any) (any, error) {
	var total any = decimal{new(apd.Decimal)}
	for _, v := range toList(p[0]) {
		var err error
		if total, err = calculate("+", total, v); err != nil {
			return nil, err
		}
	}
	return total, nil
}

func shareOut(p ...any) (any, error) {
	var weights []decimal
	for _, v := range toList(p[1]) {
		w, err := toDecimal(v)
		if err != nil {
			return nil, fmt.Errorf("a weight of the shares: %w", err)
		}
		weights = append(weights, w)
	}
	if len(weights) == 0 {
		return []any{}, nil
	}
	amount, err := toDecimal(p[0])
	if err != nil {
		return nil, err
	}
	digits, err := toInt(p[2])
	if err != nil {
		return nil, err
	}
	parts, err := shares(amount, weights, digits)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(parts))
	for i, x := range parts {
		out[i] = x
	}
	return out, nil
}

// ofText applies a function to a text that is not blank; of a blank it is nothing.
func ofText[T any](v any, apply func(string) (T, error)) (any, error) {
	s, err := toText(v)
	if err != nil || strings.TrimSpace(s) == "" {
		return nil, err
	}
	return apply(strings.TrimSpace(s))
}
