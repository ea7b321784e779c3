package mapping

import (
	"slices"
	"strings"

	connector "ml-connector"
)

// Cycles refuses Flows whose owned fields feed each other: A.f → B.g in one and B.g → A.f in another of the same Kind.
// Each would take the other's write for a change, for ever. Rules `on: create` own nothing and are no part of it.
func Cycles(flows []*Flow) error {
	for i, a := range flows {
		for _, b := range flows[i+1:] {
			if a.Kind != b.Kind || a.From != b.To || a.To != b.From {
				continue
			}
			back := b.edges()
			for _, there := range a.edges() {
				if slices.Contains(back, edge{from: there.to, to: there.from}) {
					return connector.Errorf(connector.Invalid, "load Flows", "%s makes %s of %s from %s of %s, and %s makes the one of the other again",
						a.Name, there.to, a.To, there.from, a.From, b.Name).
						Advise("Let one Flow own the field, and mark the other's rule `on: create`.")
				}
			}
		}
	}
	return nil
}

// edge says that a field is made from another. Fields go by their last name, since a System often reads and writes the
// same thing under differently nested names.
type edge struct{ from, to string }

func (f *Flow) edges() []edge { return f.top.edges(nil) }

func (l *level) edges(defined map[string][]string) []edge {
	names := map[string][]string{}
	for k, v := range defined {
		names[k] = v
	}
	for _, d := range l.lets {
		names[d.name] = sources(names, d.value)
	}
	var out []edge
	for _, r := range l.fields {
		if r.onCreate || r.unowned {
			continue
		}
		if r.nested != nil {
			out = append(out, r.nested.edges(names)...)
			continue
		}
		from := sources(names, r.value, r.fallback)
		if r.path != nil && len(r.path.names) > 0 {
			from = append(from, lastField(r.path.names[len(r.path.names)-1]))
		}
		for _, field := range from {
			out = append(out, edge{from: field, to: lastField(r.name)})
		}
	}
	return out
}

// sources are the fields of the source that expressions read, by themselves or through what was defined before.
func sources(names map[string][]string, expressions ...*expression) []string {
	var out []string
	for _, e := range expressions {
		if e == nil {
			continue
		}
		for _, field := range e.reads {
			out = append(out, lastField(field))
		}
		for _, name := range e.uses {
			out = append(out, names[name]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lastField is the end of a path as the search for cycles compares it: letters and digits, case aside.
func lastField(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}
