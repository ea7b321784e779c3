package mapping

import (
	"fmt"
	"slices"
)

func parseGuard(n node, names []string) *guard {
	g := &guard{what: fmt.Sprintf("hold in line %d", n.line)}
	for _, e := range n.mapping(guardKeys...) {
		switch e.key {
		case "if":
			g.cond = e.value.expression(names)
		case "message":
			g.message = e.value.template(names)
		case "code":
			g.code = e.value.oneOf(guardCodes()...)
		case "field":
			g.field = e.value.text()
		case "on":
			g.onCreate = e.value.oneOf("create") != ""
		}
	}
	if g.cond == nil || len(g.message) == 0 {
		n.fail("a hold needs if and message")
	}
	return g
}

// parseNote reads a remark: what a guard says, without holding the Record.
func parseNote(n node, names []string) *guard {
	g := &guard{what: fmt.Sprintf("note in line %d", n.line)}
	for _, e := range n.mapping(noteKeys...) {
		if e.key == "if" {
			g.cond = e.value.expression(names)
		} else {
			g.message = e.value.template(names)
		}
	}
	if g.cond == nil || len(g.message) == 0 {
		n.fail("a note needs if and message")
	}
	return g
}

func parseReference(n node, names []string) *reference {
	r := &reference{what: "adopt", line: n.line}
	entries := n.mapping(referenceKeys...)
	for _, e := range entries {
		if e.key == "as" {
			r.as = e.value.text()
		}
	}
	for _, e := range entries {
		switch e.key {
		case "kind":
			r.kind = e.value.oneOf(kinds()...)
		case "when":
			r.when = e.value.expression(names)
		case "each":
			r.each = e.value.expression(names)
		case "usable":
			r.usable = e.value.expression(names)
		case "optional":
			r.optional = e.value.bool()
		case "ready":
			r.ready = e.value.text()
		}
	}
	if (r.each == nil) != (r.as == "") {
		n.fail("each and as go together")
	}
	if r.as != "" {
		names = newName(n, r.as, names)
	}
	for _, e := range entries {
		switch e.key {
		case "id":
			r.ids = e.value.expression(names)
		case "other":
			r.other = e.value.expression(names)
		case "number":
			r.number = e.value.expression(names)
		case "reason":
			r.reason = e.value.template(names)
		}
	}
	if r.ids == nil && r.number == nil {
		n.fail("a reference needs id or number")
	}
	if count(entries, "kind") == 0 {
		n.fail("a reference needs kind")
	}
	return r
}

func parseRule(name string, n node, names []string) *rule {
	r := &rule{name: name, line: n.line}
	if !fieldName.MatchString(name) {
		n.fail("%q is no field name", name)
	}
	entries := n.mapping(slices.Concat(ruleKeys, levelKeys)...)
	inner := names
	for _, e := range entries {
		switch e.key {
		case "when":
			r.when = e.value.expression(names)
		case "on":
			r.onCreate = e.value.oneOf("create") != ""
		case "owned":
			r.unowned = !e.value.bool()
		case "each":
			r.each = e.value.expression(names)
		case "as":
			r.as = e.value.text()
			inner = newName(e.value, r.as, inner)
		case "number":
			r.number = e.value.text()
			inner = newName(e.value, r.number, inner)
		default:
			r.parseValue(e, names)
		}
	}
	if hasKey(entries, levelKeys...) {
		r.nested = &level{}
		for _, e := range entries {
			if e.key == "where" {
				r.where = e.value.expression(inner)
			}
		}
		r.nested.parse(entries, inner)
	}
	r.check(n, entries)
	return r
}

func (r *rule) parseValue(e entry, names []string) {
	switch e.key {
	case "from":
		r.path = e.value.source()
	case "value":
		text := e.value.text()
		r.literal = &text
	case "expr":
		r.value = e.value.expression(names)
	case "default":
		r.fallback = e.value.expression(names)
	case "lookup":
		r.lookup = e.value.text()
	case "else":
		r.rowless = e.value.oneOf(elseIdentity, elseBlank, elseHold)
	case "required":
		r.required = e.value.bool()
	case "cut":
		r.cut = e.value.expression(names)
	}
}

// What becomes of a value that a Crosswalk has no row for: it is taken as it is if the target can hold it, it counts as no
// value, or the Record is held until there is a row.
const (
	elseIdentity = "identity"
	elseBlank    = "blank"
	elseHold     = "hold"
)

// check refuses keys that don't go together.
func (r *rule) check(n node, entries []entry) {
	sources := count(entries, "from", "value", "expr")
	switch {
	case r.nested == nil && sources != 1:
		n.fail("a field needs one of from, value, expr, or fields of its own")
	case r.nested != nil && hasKey(entries, "from", "value", "expr", "lookup", "else", "default", "cut", "required"):
		n.fail("a group or list has fields; from, value, expr, lookup, else, default, cut and required are for single values")
	case hasKey(entries, "else") && r.lookup == "":
		n.fail("else says what becomes of a value that lookup has no row for; there is no lookup")
	case r.each == nil && hasKey(entries, "as", "where", "number"):
		n.fail("as, where and number belong to each")
	case r.each != nil && r.as == "":
		n.fail("each needs as: the name of one element")
	case r.each != nil && r.nested == nil:
		n.fail("each needs fields")
	}
}

func hasKey(entries []entry, keys ...string) bool { return count(entries, keys...) > 0 }

func count(entries []entry, keys ...string) (n int) {
	for _, e := range entries {
		if slices.Contains(keys, e.key) {
			n++
		}
	}
	return n
}
