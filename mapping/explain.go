package mapping

import "strings"

// Explanation says where one field of the target comes from, in the words of the mapping file.
type Explanation struct {
	Field    string // path; lists end with []
	Line     int    // of the file
	From     string // path, literal in quotes, or expression; "" for a group or list
	Lookup   string // crosswalk, "" none
	OnCreate bool   // set on creation only
	Owned    bool   // the Flow keeps it in step
	Required bool   // without a value the Record is held
	Group    bool   // a group or a list: its fields follow
	Each     bool   // a list
	Path     bool   // From is a path of the source
	Literal  bool   // From is a text that is always the same
	Spread   bool   // besides, fields are taken over as they are
}

// Explain lists the target's fields in the order of the file.
func (f *Flow) Explain() []Explanation { return f.top.explain("", true) }

// Spreads says whether fields besides those of the rules are taken over as they are.
func (f *Flow) Spreads() bool { return f.top.spread != nil }

func (l *level) explain(prefix string, owned bool) []Explanation {
	var out []Explanation
	for _, r := range l.fields {
		x := Explanation{Field: join2(prefix, r.name), Line: r.line, Lookup: r.lookup, OnCreate: r.onCreate, Owned: owned && !r.onCreate && !r.unowned,
			Required: r.required, Group: r.nested != nil, Each: r.each != nil, Path: r.path != nil, Literal: r.literal != nil, Spread: r.nested != nil && r.nested.spread != nil}
		switch {
		case r.each != nil:
			x.Field, x.From = x.Field+"[]", "each "+r.each.text
		case r.path != nil:
			x.From = r.path.text()
		case r.literal != nil:
			x.From = `"` + *r.literal + `"`
		case r.value != nil:
			x.From = r.value.text
		}
		out = append(out, x)
		if r.nested != nil {
			out = append(out, r.nested.explain(x.Field, x.Owned)...)
		}
	}
	return out
}

func (p *path) text() string {
	if len(p.names) == 0 {
		return strings.Repeat("^.", p.up) + "."
	}
	return strings.Repeat("^.", p.up) + strings.Join(p.names, ".")
}
