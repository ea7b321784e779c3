package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	connector "ml-connector"
)

// Cycles refuses Flows whose owned fields feed each other: A.f → B.g in one and B.g → A.f in another of the same Kind.
// Each would take the other's write for a change, for ever. Rules `on: create` own nothing and are no part of it.
func Cycles(flows []*Flow) error {
	for i, a := range flows {
		for _, b := range flows[i+1:] {
			if at, found := a.circle(b); found {
				return connector.Errorf(connector.Invalid, "load Flows", "%s", a.circles(b, at)).Advise("%s", breakCircle)
			}
		}
	}
	return nil
}

const breakCircle = "Let one Flow own the field, and mark the other's rule `on: create`."

// circle is the first rule whose field another Flow turns into what it was made from.
func (f *Flow) circle(other *Flow) (edge, bool) {
	if f.Kind != other.Kind || f.From != other.To || f.To != other.From {
		return edge{}, false
	}
	back := other.edges()
	for _, there := range f.edges() {
		if slices.ContainsFunc(back, there.turns) {
			return there, true
		}
	}
	return edge{}, false
}

func (f *Flow) circles(other *Flow, at edge) string {
	return fmt.Sprintf("%s makes %s of %s from %s of %s, and %s makes the one of the other again", f.Name, at.to, f.To, at.from, f.From, other.Name)
}

// Beside holds the Flow against others that may run beside it: two that feed each other, and two that own the same fields
// of the same Records.
func (f *Flow) Beside(others []*Flow) []Finding {
	var out []Finding
	for _, o := range others {
		if o.Name == f.Name {
			continue // it is run in the place of that one
		}
		if at, found := f.circle(o); found {
			out = append(out, Finding{Severity: Risky, Line: at.line, Message: f.circles(o, at) + "; where both are enabled, `apply` refuses them", Hint: breakCircle})
		}
		if o.Kind != f.Kind || o.From != f.From || o.To != f.To {
			continue
		}
		theirs := map[string]bool{}
		for _, x := range o.Explain() {
			theirs[x.Field] = x.Owned && x.From != "" && !strings.HasSuffix(x.Field, "[]")
		}
		var both []string
		line := 0
		for _, x := range f.Explain() {
			if x.Owned && theirs[x.Field] {
				both = append(both, x.Field)
				line = cmp.Or(line, x.Line)
			}
		}
		if len(both) > 0 {
			out = append(out, Finding{Severity: Risky, Line: line, Message: fmt.Sprintf("%s owns %d of the same fields: %s", o.Name, len(both), shortList(both)),
				Hint: "Enable only one of the two, or part their records with where:. Else each takes the other's value for drift."})
		}
	}
	return out
}

// shortList names the first few.
func shortList(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// edge says that a field is made from another. Fields go by their last name, since a System often reads and writes the
// same thing under differently nested names.
type edge struct {
	from, to string
	line     int // of the rule
}

// turns says whether another edge leads back.
func (e edge) turns(back edge) bool { return e.from == back.to && e.to == back.from }

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
			out = append(out, edge{from: field, to: lastField(r.name), line: r.line})
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
