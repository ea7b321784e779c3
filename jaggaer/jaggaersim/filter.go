package jaggaersim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// filter is a parsed condition of the grammar of JAGGAER.md §3.4. It is asked with a look-up of field values.
type filter func(value func(field string) any) bool

var errFilter = errors.New("bad syntax")

// filterOperators are tried in this order, so that a longer one is never taken for its beginning.
var filterOperators = []string{"=out=", "=in=", "=ge=", "=gt=", "=le=", "=lt=", "==", "!=", ">=", "<=", ">", "<"}

// parseFilter reads
//
//	expr := and ("," and)* ; and := term (";" term)* ; term := field op value | "(" expr ")"
//
// known says which fields exist; any other is an error. plain: a star has no meaning.
func parseFilter(s string, plain bool, known func(field string) bool) (filter, error) {
	p := &filterParser{rest: s, plain: plain, known: known}
	f, err := p.expr(0)
	if err != nil {
		return nil, err
	}
	if p.rest != "" {
		return nil, fmt.Errorf("%w at %q", errFilter, p.rest)
	}
	return f, nil
}

type filterParser struct {
	rest  string
	plain bool
	known func(string) bool
}

const filterDepth = 32 // nested brackets that we follow

func (p *filterParser) expr(depth int) (filter, error) {
	return p.sequence(depth, ",", p.and, func(all []filter, value func(string) any) bool {
		for _, f := range all {
			if f(value) {
				return true
			}
		}
		return false
	})
}

func (p *filterParser) and(depth int) (filter, error) {
	return p.sequence(depth, ";", p.term, func(all []filter, value func(string) any) bool {
		for _, f := range all {
			if !f(value) {
				return false
			}
		}
		return true
	})
}

func (p *filterParser) sequence(depth int, separator string, part func(int) (filter, error), judge func([]filter, func(string) any) bool) (filter, error) {
	var all []filter
	for {
		f, err := part(depth)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		rest, more := strings.CutPrefix(p.rest, separator)
		if !more {
			return func(value func(string) any) bool { return judge(all, value) }, nil
		}
		p.rest = rest
	}
}

func (p *filterParser) term(depth int) (filter, error) {
	if rest, ok := strings.CutPrefix(p.rest, "("); ok {
		if depth >= filterDepth {
			return nil, fmt.Errorf("%w: too many brackets", errFilter)
		}
		p.rest = rest
		f, err := p.expr(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.rest, ok = strings.CutPrefix(p.rest, ")"); !ok {
			return nil, fmt.Errorf("%w: bracket not closed", errFilter)
		}
		return f, nil
	}
	end := strings.IndexAny(p.rest, "=!<>;,()")
	if end <= 0 {
		return nil, fmt.Errorf("%w at %q", errFilter, p.rest)
	}
	field := strings.TrimSpace(p.rest[:end])
	p.rest = p.rest[end:]
	if !p.known(field) {
		return nil, fmt.Errorf("unknown field %s", field)
	}
	for _, op := range filterOperators {
		rest, ok := strings.CutPrefix(p.rest, op)
		if !ok {
			continue
		}
		p.rest = rest
		if op == "=in=" || op == "=out=" {
			return p.set(field, op == "=in=")
		}
		return compareField(field, op, p.value(), p.plain), nil
	}
	return nil, fmt.Errorf("%w: no operator after %s", errFilter, field)
}

func (p *filterParser) set(field string, in bool) (filter, error) {
	rest, ok := strings.CutPrefix(p.rest, "(")
	if !ok {
		return nil, fmt.Errorf("%w: a list needs brackets", errFilter)
	}
	p.rest = rest
	var members []filter
	for {
		members = append(members, compareField(field, "==", p.value(), p.plain))
		if rest, ok = strings.CutPrefix(p.rest, ","); ok {
			p.rest = rest
			continue
		}
		if p.rest, ok = strings.CutPrefix(p.rest, ")"); !ok {
			return nil, fmt.Errorf("%w: list not closed", errFilter)
		}
		break
	}
	return func(value func(string) any) bool {
		for _, m := range members {
			if m(value) {
				return in
			}
		}
		return !in
	}, nil
}

// value reads up to the next reserved sign: the grammar has no way to quote one.
func (p *filterParser) value() string {
	end := strings.IndexAny(p.rest, ";,()")
	if end < 0 {
		end = len(p.rest)
	}
	v := p.rest[:end]
	p.rest = p.rest[end:]
	return v
}

func compareField(field, op, want string, plain bool) filter {
	return func(value func(string) any) bool {
		got := value(field)
		switch op {
		case "==":
			return equalValue(got, want, plain)
		case "!=":
			return !equalValue(got, want, plain)
		}
		c, ok := orderValue(got, want)
		if !ok {
			return false
		}
		switch op {
		case ">=", "=ge=":
			return c >= 0
		case ">", "=gt=":
			return c > 0
		case "<=", "=le=":
			return c <= 0
		default:
			return c < 0
		}
	}
}

// equalValue compares numbers as numbers, instants as instants, and everything else as text with * as a wildcard.
// Numbers that are text (0000012345) keep their zeros. plain: a star is a star.
func equalValue(got any, want string, plain bool) bool {
	switch v := got.(type) {
	case nil:
		return want == ""
	case json.Number:
		a, errA := amount(v.String())
		b, errB := amount(want)
		return errA == nil && errB == nil && a.Cmp(b) == 0
	case string:
		if a, ok := instant(v); ok {
			if b, ok := instant(want); ok {
				return a.Equal(b)
			}
		}
		return plain && want == v || !plain && wildcard(want, v)
	default:
		return false
	}
}

func orderValue(got any, want string) (int, bool) {
	switch v := got.(type) {
	case json.Number:
		a, errA := amount(v.String())
		b, errB := amount(want)
		if errA != nil || errB != nil {
			return 0, false
		}
		return a.Cmp(b), true
	case string:
		if a, ok := instant(v); ok {
			b, ok := instant(want)
			return a.Compare(b), ok
		}
		return strings.Compare(v, want), true
	default:
		return 0, false
	}
}

func instant(s string) (time.Time, bool) {
	if len(s) < 10 || s[4] != '-' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// wildcard matches * against any run of characters.
func wildcard(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

// parameters splits a raw query by hand: live clients send raw semicolons, with which net/url drops the pair.
// A plus is a plus, as JAGGAER.md §3.4 has it.
func parameters(rawQuery string) (map[string]string, error) {
	out := map[string]string{}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, errName := url.PathUnescape(name)
		value, errValue := url.PathUnescape(value)
		if err := errors.Join(errName, errValue); err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		out[name] = value
	}
	return out, nil
}
