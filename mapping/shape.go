package mapping

import (
	"slices"

	connector "ml-connector"
)

// form is what a value can be.
type form int

const (
	anything form = iota // not known before a Record is there
	nothing              // nil
	single
	groupForm
	listForm
)

// shape is what is known of a value before any Record is read.
type shape struct {
	form   form
	path   string // by which the file reaches it, for messages
	typ    connector.FieldType
	length int              // most characters of a text; 0 = not known
	field  *connector.Field // whose value it is, untouched
	exact  bool             // its text stands in the file
	fields map[string]shape // of a group
	open   bool             // it may have fields besides
	of     *shape           // each element of a list
}

func textShape(length int) shape {
	return shape{form: single, typ: connector.TypeText, length: length}
}

func typeShape(t connector.FieldType) shape { return shape{form: single, typ: t} }

func listOf(of shape) shape { return shape{form: listForm, of: &of} }

// schemaShape is a Document by its Schema; anything without one.
func schemaShape(s connector.Schema, path string) shape {
	if len(s.Fields) == 0 {
		return shape{path: path}
	}
	return fieldsShape(s.Fields, path, s.Open)
}

func fieldsShape(fields []connector.Field, path string, open bool) shape {
	out := shape{form: groupForm, path: path, open: open, fields: make(map[string]shape, len(fields))}
	for i := range fields {
		f := &fields[i]
		at := path + "." + f.Name
		switch inner := fieldsShape(f.Fields, at, open); {
		case f.Type == connector.TypeList && len(f.Fields) == 0:
			out.fields[f.Name] = shape{form: listForm, path: at, of: &shape{path: at}}
		case f.Type == connector.TypeList:
			out.fields[f.Name] = shape{form: listForm, path: at, of: &inner}
		case f.Type == connector.TypeGroup && len(f.Fields) == 0:
			out.fields[f.Name] = shape{path: at}
		case f.Type == connector.TypeGroup:
			out.fields[f.Name] = inner
		default:
			out.fields[f.Name] = shape{form: single, path: at, typ: f.Type, length: fieldLength(*f), field: f}
		}
	}
	return out
}

// fieldLength is how many characters the text of a field can have; 0 = no limit is known.
func fieldLength(f connector.Field) int {
	switch f.Type {
	case connector.TypeDate:
		return len("2026-03-01")
	case connector.TypeBool:
		return len("false")
	case connector.TypeNumber:
		n := f.Length
		if n > 0 && f.Scale > 0 {
			n++
		}
		if n > 0 && !f.Unsigned {
			n++
		}
		return n
	}
	return f.Length
}

// names are those of a group's fields, sorted.
func (s shape) names() []string {
	out := make([]string, 0, len(s.fields))
	for name := range s.fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// element is one element of what a rule's each gives: what is no list is a list of itself.
func (s shape) element() shape {
	switch s.form {
	case listForm:
		return *s.of
	case nothing:
		return shape{}
	}
	return s
}

// either is a value that may be one or the other.
func either(a, b shape) shape {
	switch {
	case a.form == nothing:
		return b
	case b.form == nothing:
		return a
	case a.form != b.form:
		return shape{path: a.path}
	case a.form == listForm:
		return listOf(either(*a.of, *b.of))
	case a.form == groupForm:
		return merged(a, b)
	case a.form == single:
		out := shape{form: single, path: a.path, typ: a.typ, exact: a.exact && b.exact}
		if a.length > 0 && b.length > 0 {
			out.length = max(a.length, b.length)
		}
		if a.typ != b.typ {
			out.typ = "" // one of several
		}
		if a.field == b.field {
			out.field = a.field
		}
		return out
	}
	return shape{path: a.path}
}

// merged has the fields of both groups; a later one wins.
func merged(groups ...shape) shape {
	out := shape{form: groupForm, fields: map[string]shape{}}
	for _, g := range groups {
		switch g.form {
		case nothing:
		case groupForm:
			out.open = out.open || g.open
			for name, f := range g.fields {
				out.fields[name] = f
			}
		default:
			out.open = true
		}
	}
	if out.open && len(out.fields) == 0 {
		return shape{}
	}
	return out
}
