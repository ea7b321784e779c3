package mapping

import (
	"fmt"
	"strings"

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

// function is one function of the language, with the shapes that it can be called in.
type function struct {
	call   func(...any) (any, error)
	shapes []any
}

// library is every function of the language that needs nothing of the Context, operators included.
var library = map[string]function{
	"+":          of(func(p ...any) (any, error) { return add(p[0], p[1]) }, new(f2)),
	"-":          of(func(p ...any) (any, error) { return calculate("-", p[0], p[1]) }, new(f2)),
	"*":          of(func(p ...any) (any, error) { return calculate("*", p[0], p[1]) }, new(f2)),
	"/":          of(func(p ...any) (any, error) { return divide(p[0], p[1]) }, new(f2)),
	"neg":        of(func(p ...any) (any, error) { return calculate("-", 0, p[0]) }, new(f1)),
	"<":          compare(func(c int) bool { return c < 0 }),
	"<=":         compare(func(c int) bool { return c <= 0 }),
	">":          compare(func(c int) bool { return c > 0 }),
	">=":         compare(func(c int) bool { return c >= 0 }),
	"==":         of(func(p ...any) (any, error) { return equal(p[0], p[1]), nil }, new(b2)),
	"!=":         of(func(p ...any) (any, error) { return !equal(p[0], p[1]), nil }, new(b2)),
	"contains":   inText(strings.Contains),
	"startsWith": inText(strings.HasPrefix),
	"endsWith":   inText(strings.HasSuffix),
	"get":        of(func(p ...any) (any, error) { return get(p[0], p[1]) }, new(f2)),
	"truth":      of(func(p ...any) (any, error) { return truth(p[0]) }, new(b1)),
	"blank":      of(func(p ...any) (any, error) { return isBlank(p[0]), nil }, new(b1)),

	"dec":    of(dec, new(f1), new(f2)),
	"round":  of(func(p ...any) (any, error) { return numbers(p, round) }, new(f2)),
	"div":    of(div, new(f3)),
	"abs":    of(absolute, new(f1)),
	"sum":    of(sum, new(f1)),
	"shares": of(shareOut, new(f3)),
	"digits": of(func(p ...any) (any, error) { return ofText(p[0], currencyDigits) }, new(f1)),

	"text":      of(func(p ...any) (any, error) { return toText(p[0]) }, new(f1)),
	"upper":     text1(strings.ToUpper),
	"lower":     text1(strings.ToLower),
	"trim":      text1(strings.TrimSpace),
	"ascii":     text1(ascii),
	"plain":     text1(plain),
	"left":      of(func(p ...any) (any, error) { return textNumber(p, left) }, new(f2)),
	"pad":       of(func(p ...any) (any, error) { return textNumber(p, pad) }, new(f2)),
	"part":      of(func(p ...any) (any, error) { return textNumber(p, part) }, new(f2)),
	"wrap":      of(func(p ...any) (any, error) { return textNumber(p, wrap) }, new(f2)),
	"cutPrefix": of(func(p ...any) (any, error) { return twoTexts(p, strings.TrimPrefix) }, new(f2)),
	"fill":      of(fill, new(f2)),
	"join":      of(join, new(f2)),
	"len":       of(length, new(f1)),
	"date":      of(func(p ...any) (any, error) { return ofText(p[0], dateOf) }, new(f1)),
	"addDays":   of(func(p ...any) (any, error) { return textNumber(p, addDays) }, new(f2)),
	"iso2":      of(func(p ...any) (any, error) { return ofText(p[0], iso2) }, new(f1)),
	"iso3":      of(func(p ...any) (any, error) { return ofText(p[0], iso3) }, new(f1)),

	"list":    of(func(p ...any) (any, error) { return toList(p[0]), nil }, new(f1)),
	"concat":  of(concat, new(fn)),
	"flatten": of(flatten, new(f1)),
	"first":   of(first, new(f1)),
	"uniq":    of(uniq, new(f1)),
	"group":   of(group, new(f2)),
	"zip":     of(zip, new(f2)),
	"merge":   of(merge, new(fn)),
	"keys":    of(func(p ...any) (any, error) { return keys(p[0]) }, new(f1)),
}

func of(call func(...any) (any, error), shapes ...any) function { return function{call, shapes} }

// options tells the expression language of the library.
func options() []expr.Option {
	out := make([]expr.Option, 0, len(library))
	for name, f := range library {
		out = append(out, expr.Function(name, f.call, f.shapes...))
	}
	return out
}

func compare(is func(int) bool) function {
	return of(func(p ...any) (any, error) {
		c, err := order(p[0], p[1])
		return is(c), err
	}, new(b2))
}

func inText(is func(string, string) bool) function {
	return of(func(p ...any) (any, error) {
		x, err := toText(p[0])
		if err != nil {
			return nil, err
		}
		y, err := toText(p[1])
		return is(x, y), err
	}, new(b2))
}

func text1(change func(string) string) function {
	return of(func(p ...any) (any, error) {
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
	var total any = decimal{}
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
