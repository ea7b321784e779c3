package mapping

import (
	"fmt"
	"strings"

	connector "ml-connector"
)

// CheckTarget holds the rules against the target's Schema, before any Record is read: fields that the target does not
// have, lists and groups that are none there, single values for what has fields, literals that the target can't hold.
// Each error names line and field.
func (f *Flow) CheckTarget(target connector.Schema) []error {
	return checkLevel(&f.top, target.Fields, "")
}

func checkLevel(l *level, fields []connector.Field, prefix string) []error {
	var out []error
	for _, r := range l.fields {
		path := join2(prefix, r.name)
		fail := func(format string, args ...any) {
			out = append(out, connector.Errorf(connector.Invalid, "", "line %d: %s: %s", r.line, path, fmt.Sprintf(format, args...)))
		}
		f := fieldOf(fields, r.name)
		if f == nil {
			fail("the target has no such field")
			continue
		}
		isGroup, isList := f.Type == connector.TypeGroup, f.Type == connector.TypeList
		switch {
		case r.each != nil && !isList:
			fail("is a %s at the target, not a list", f.Type)
		case r.each == nil && r.nested != nil && !isGroup:
			fail("is a %s at the target, not a group", f.Type)
		case r.nested == nil && (isGroup || isList):
			fail("is a %s at the target and needs fields", f.Type)
		case r.nested != nil:
			out = append(out, checkLevel(r.nested, f.Fields, path)...)
		case r.literal != nil && r.lookup == "":
			for _, p := range (connector.Schema{Fields: []connector.Field{*f}}).Check(connector.Document{f.Name: *r.literal}) {
				fail("%q %s", *r.literal, p.Message)
			}
		}
	}
	return out
}

func fieldOf(fields []connector.Field, name string) *connector.Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// checkSchema adds what the target can't hold, but for fields whose reason is told already or that still wait.
func (r *run) checkSchema() {
	if len(r.c.Schema.Fields) == 0 {
		return
	}
	for _, p := range r.c.Schema.Check(r.result.Document) {
		if r.told(p.Field) || r.rowless[p.Value] {
			continue
		}
		message := p.Message
		if p.Value != "" {
			message = fmt.Sprintf("%q %s", p.Value, p.Message)
		}
		r.problem(p.Field, "", "%s", message)
	}
}

func (r *run) told(field string) bool {
	for _, p := range r.result.Problems {
		if p.Field == field {
			return true
		}
	}
	for _, path := range r.unresolved {
		if rest, ok := strings.CutPrefix(field, path); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}
