package mapping

import (
	"fmt"
	"strconv"

	connector "ml-connector"
)

// rule checks one field of the target.
func (c *checker) rule(r *rule, target []connector.Field, at standing) {
	path := join2(at.path, r.name)
	c.infer(r.when, at.names, path)
	f := fieldOf(target, r.name)
	if f == nil && len(target) > 0 {
		c.found(Finding{Severity: Wrong, Line: r.line, Field: path, Message: "the target has no such field" + DidYouMean(r.name, fieldNames(target))})
	}
	var fields []connector.Field
	if f != nil {
		fields = f.Fields
		if !c.fitsForm(r, *f, path) {
			return
		}
	}
	switch {
	case r.each != nil:
		c.listRule(r, fields, at, path)
	case r.nested != nil:
		inner := at
		inner.path = path
		c.level(r.nested, fields, &inner)
	default:
		c.single(r, f, at, path)
	}
}

// fitsForm says whether a list, a group or a single value is one at the target too.
func (c *checker) fitsForm(r *rule, f connector.Field, path string) bool {
	isGroup, isList := f.Type == connector.TypeGroup, f.Type == connector.TypeList
	message, hint := "", ""
	switch {
	case r.each != nil && !isList:
		message = fmt.Sprintf("is a %s at the target, not a list", f.Type)
		if isGroup {
			hint = "Leave each and as out."
		}
	case r.each == nil && r.nested != nil && !isGroup:
		message = fmt.Sprintf("is a %s at the target, not a group", f.Type)
		if isList {
			hint = "Say with each and as what its elements are made from."
		}
	case r.nested == nil && (isGroup || isList):
		message = fmt.Sprintf("is a %s at the target and needs fields", f.Type)
	default:
		return true
	}
	c.found(Finding{Severity: Wrong, Line: r.line, Field: path, Message: message, Hint: hint})
	return false
}

func (c *checker) listRule(r *rule, fields []connector.Field, at standing, path string) {
	element := c.infer(r.each, at.names, path).element()
	if element.path == "" {
		element.path = r.as
	}
	inner := at.naming(r.as, element)
	if r.number != "" {
		inner = inner.naming(r.number, typeShape(connector.TypeNumber))
	}
	c.infer(r.where, inner.names, path)
	inner.path = path + "[]"
	inner.elements = append(append([]shape{}, at.elements...), element)
	if r.nested != nil {
		c.level(r.nested, fields, &inner)
	}
}

// single checks a single value: what its source can give, through look-up, default and cut, against what the target takes.
func (c *checker) single(r *rule, f *connector.Field, at standing, path string) {
	s := c.source(r, at, path)
	if s.form == groupForm || s.form == listForm {
		c.found(Finding{Severity: Wrong, Line: r.line, Field: path, Message: called(s.path) + " is a " + map[form]string{groupForm: "group of fields", listForm: "list"}[s.form] + ", and a single value is needed",
			Hint: map[form]string{groupForm: "Name a field in it.", listForm: "Take one element, first(…), or one text of all, join(…, \", \")."}[s.form]})
		return
	}
	if r.lookup != "" {
		c.crosswalk(r.lookup, r.line, path)
		s = textShape(0)
		s.exact = true // what does not fit is told as a missing row
	}
	if r.fallback != nil {
		s = either(s, c.infer(r.fallback, at.names, path))
	}
	if r.cut != nil {
		c.infer(r.cut, at.names, path)
		n, err := strconv.Atoi(r.cut.text)
		if err != nil {
			n = 0
		}
		s = shape{form: single, typ: connector.TypeText, length: n, exact: true}
	}
	if f != nil {
		c.fits(r, s, *f, path)
	}
}

func (c *checker) source(r *rule, at standing, path string) shape {
	switch {
	case r.literal != nil:
		return shape{form: single, typ: connector.TypeText, exact: true}
	case r.value != nil:
		return c.infer(r.value, at.names, path)
	}
	up := len(at.elements) - 1 - r.path.up
	if up < 0 {
		c.found(Finding{Severity: Wrong, Line: r.line, Field: path, Message: fmt.Sprintf("%s goes up %d lists; there are %d around it", r.path.text(), r.path.up, len(at.elements)-1)})
		return shape{form: nothing}
	}
	s := at.elements[up]
	for _, name := range r.path.names {
		if s.form == listForm { // a path leads through groups alone
			c.found(Finding{Severity: Wrong, Line: r.line, Field: path, Message: r.path.text() + ": " + called(s.path) + " is a list and has no fields; it would always be blank",
				Hint: "Use expr: first(…) or each: for its elements."})
			return shape{}
		}
		s = c.member(s, name, r.line, path)
	}
	return s
}

// fits holds what a rule can give against the target's field.
func (c *checker) fits(r *rule, s shape, f connector.Field, path string) {
	if r.literal != nil && r.lookup == "" {
		for _, p := range (connector.Schema{Fields: []connector.Field{f}}).Check(connector.Document{f.Name: *r.literal}) {
			c.found(Finding{Severity: Wrong, Line: r.line, Field: path, Message: fmt.Sprintf("%q %s", *r.literal, p.Message)})
		}
		return
	}
	if s.form != single && s.form != anything {
		return
	}
	if s.form == single && s.typ != "" && !c.fitsType(r, s, f, path) {
		return
	}
	switch {
	case f.Type == connector.TypeText && f.Length > 0 && s.length > f.Length:
		c.found(Finding{Severity: Risky, Line: r.line, Field: path, Message: fmt.Sprintf("%s may have %d characters; the target takes at most %d", nameOf(s), s.length, f.Length),
			Hint: fmt.Sprintf("A longer one is held. Where the text only describes, cut: %d shortens it.", f.Length)})
	case f.Type == connector.TypeText && f.Length > 0 && s.length == 0 && !s.exact && s.typ != connector.TypeNumber:
		c.endless = append(c.endless, path)
	case f.Type == connector.TypeNumber && s.field != nil && s.field.Type == connector.TypeNumber:
		c.fitsDigits(r, *s.field, f, path)
	}
}

func nameOf(s shape) string {
	if s.field != nil {
		return s.path
	}
	return "it"
}

func (c *checker) fitsDigits(r *rule, s, f connector.Field, path string) {
	if s.Length == 0 || f.Length == 0 {
		return
	}
	tell := func(where string, have, most int, hint string) {
		c.found(Finding{Severity: Risky, Line: r.line, Field: path, Message: fmt.Sprintf("%s may have %d digits %s the point; the target takes at most %d", s.Name, have, where, most), Hint: hint})
	}
	if have, most := s.Length-s.Scale, f.Length-f.Scale; have > most {
		tell("before", have, most, "A longer one is held.")
	}
	if s.Scale > f.Scale {
		tell("after", s.Scale, f.Scale, fmt.Sprintf("One that has more is held; round(x, %d) rounds it.", f.Scale))
	}
}

// typeTime is the form of a moment, of what is read alone.
const typeTime connector.FieldType = "time"

// fitsType says whether text of one form can be text of the other.
func (c *checker) fitsType(r *rule, s shape, f connector.Field, path string) bool {
	from, to := s.typ, f.Type
	if to == connector.TypeText || from == to {
		return true
	}
	finding := Finding{Severity: Wrong, Line: r.line, Field: path, Message: fmt.Sprintf("%s is a %s; the target takes a %s", nameOf(s), from, to)}
	switch {
	case from == typeTime && to == connector.TypeDate:
		finding.Hint = "date(x) is the day as it stands there, day(x) the day in the Connection's time zone."
	case from == connector.TypeText && s.exact:
		return true // told when it is looked up, or by the record
	case from == connector.TypeText:
		finding.Severity = Risky
		finding.Hint = fmt.Sprintf("A record whose text is no %s is held.", to)
		if to == connector.TypeNumber {
			finding.Hint += " dec(x) says so where it is read."
		}
	case to == connector.TypeBool:
		finding.Hint = `A condition gives true or false: x == "Y".`
	}
	c.found(finding)
	return finding.Severity != Wrong
}
