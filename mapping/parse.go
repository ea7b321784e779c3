package mapping

import (
	"errors"
	"slices"
	"strconv"

	connector "ml-connector"
	"ml-connector/alike"
)

// Parse reads a mapping file. Its error names line and key of everything that is wrong, one a line.
func Parse(text []byte) (*Flow, error) {
	var errs []error
	f := &Flow{}
	if root, ok := readYAML(text, &errs); ok {
		f.parse(root)
	}
	if len(errs) > 0 {
		return nil, connector.Errorf(connector.Invalid, "read a mapping", "the file has errors").Because(errors.Join(errs...))
	}
	f.fix()
	return f, nil
}

// Filter is a site's own condition, which a Record must meet besides the Flow's filter.
type Filter struct{ cond *expression }

// Where compiles a site's condition. It may use what every expression may, but not the names that a Flow defines.
func Where(text string) (*Filter, error) {
	e, err := compile(text, baseNames())
	if err != nil {
		return nil, connector.Errorf(connector.Invalid, "read `where`", "%s", err)
	}
	return &Filter{cond: e}, nil
}

// baseNames are known to every expression.
func baseNames() []string {
	return []string{"doc", "record", "linked", "target", "target_id", "from", "to", "today", "lookup", "choose", "day"}
}

func (f *Flow) parse(root node) {
	names := baseNames()
	entries := root.mapping(slices.Concat(headKeys, levelKeys)...)
	names = f.top.parse(entries, names)
	out := append(slices.Clone(names), "out")
	for _, e := range entries {
		switch e.key {
		case "filter":
			f.filter = e.value.expression(names)
		case "withdrawn":
			f.withdrawn = e.value.expression(names)
		case "adopt":
			f.adopt = parseReference(e.value, names)
		case "alike":
			f.parseAlike(e.value, out)
		case "confirm":
			f.confirm = e.value.expression(names)
		case "stop":
			f.parseStop(e.value, names)
		case "title":
			f.title = e.value.expression(out)
		case "revision":
			f.revision = e.value.expression(names)
		case "dated": // no name that could need a look-up itself
			f.dated = e.value.expression([]string{"doc", "record", "from", "to", "today", "day"})
		case "id":
			f.id = e.value.expression(out)
		case "taken":
			f.taken = e.value.oneOf("conflict", "filter") == "filter"
		case "reserve":
			for _, k := range e.value.list() {
				f.reserve = append(f.reserve, k.expression(out))
			}
		default:
			f.parseHead(e)
		}
	}
	for _, key := range [][2]string{{"name", f.Name}, {"kind", string(f.Kind)}, {"from", f.From}, {"to", f.To}} {
		if key[1] == "" {
			root.fail("%s is missing", key[0])
		}
	}
	if len(f.top.fields) == 0 && f.top.spread == nil {
		root.fail("fields is missing")
	}
}

// parseStop reads which fields go at once, and when.
func (f *Flow) parseStop(n node, names []string) {
	for _, e := range n.mapping(stopKeys...) {
		switch e.key {
		case "when":
			f.stop = e.value.expression(names)
		case "fields":
			f.stops = e.value.texts()
		}
	}
	if f.stop == nil || len(f.stops) == 0 {
		n.fail("when and fields are needed")
	}
	for _, name := range f.stops {
		if f.top.rule(name) == nil {
			n.fail("there is no rule for the field %s", name)
		}
	}
}

// parseAlike reads what is compared with the target's before a create: a name, or a name and how much is enough.
func (f *Flow) parseAlike(n node, names []string) {
	f.likely, f.taxLinks = alike.Likely, true
	if n.isText() {
		f.alike = n.expression(names)
		return
	}
	for _, e := range n.mapping(alikeKeys...) {
		switch e.key {
		case "name":
			f.alike = e.value.expression(names)
		case "likely":
			f.parseLikely(e.value)
		case "tax":
			f.taxLinks = e.value.oneOf(taxRules()...) == taxLink
		}
	}
	if f.alike == nil {
		n.fail("name is missing")
	}
}

func (f *Flow) parseLikely(n node) {
	const beyondAll = 2 // no score is
	switch text := n.text(); text {
	case likelySame, likelyNever:
		f.likely, f.never = beyondAll, text == likelyNever
	default:
		s, err := strconv.ParseFloat(text, 64)
		if err != nil || !(s >= leastLikely && s <= 1) {
			n.fail("must be a score from %v to 1, or %s, or %s", leastLikely, likelySame, likelyNever)
			return
		}
		f.likely = s
	}
}

// parseHead reads what the engine goes by.
func (f *Flow) parseHead(e entry) {
	switch e.key {
	case "name":
		f.Name = e.value.text()
	case "kind":
		f.Kind = connector.Kind(e.value.oneOf(kinds()...))
	case "from":
		f.From = e.value.text()
	case "to":
		f.To = e.value.text()
	case "needs":
		f.Needs = e.value.texts()
	case "schedule":
		f.Schedule = e.value.text()
	case "drift":
		f.Drift = connector.DriftRule(e.value.oneOf(driftRules()...))
	case "withdraw":
		f.Withdraw = connector.WithdrawRule(e.value.oneOf(withdrawRules()...))
	case "track":
		f.Track = e.value.text()
	case "deep":
		f.Deep = e.value.text()
	case "acknowledge":
		f.Acknowledge = e.value.oneOf(acknowledgements()...)
	}
}

func kinds() []string {
	var out []string
	for _, k := range connector.Kinds() {
		out = append(out, string(k))
	}
	return out
}

// parse reads what the Document, a group and the elements of a list have in common. It returns the names that are known
// inside the level.
func (l *level) parse(entries []entry, names []string) []string {
	names = slices.Clone(names)
	var links []entry
	for _, e := range entries {
		if e.key == "links" {
			links = e.value.mapping()
		}
	}
	for _, link := range links {
		names = newName(link.value, link.key, names)
	}
	for _, e := range entries {
		if e.key == "let" {
			for _, d := range e.value.mapping() {
				l.lets = append(l.lets, &definition{name: d.key, what: "let " + d.key, line: d.value.line, value: d.value.expression(names)})
				names = newName(d.value, d.key, names)
			}
		}
	}
	for _, link := range links {
		r := parseReference(link.value, without(names, link.key))
		r.name, r.what = link.key, "links "+link.key
		l.links = append(l.links, r)
	}
	for _, link := range links {
		if l.circular(link.key, link.key, map[string]bool{}) {
			link.value.fail("needs its own outcome")
		}
	}
	l.parseRules(entries, names)
	return names
}

func (l *level) parseRules(entries []entry, names []string) {
	for _, e := range entries {
		switch e.key {
		case "hold":
			for _, g := range e.value.list() {
				l.holds = append(l.holds, parseGuard(g, names))
			}
		case "note":
			for _, g := range e.value.list() {
				l.notes = append(l.notes, parseNote(g, names))
			}
		case "spread":
			l.spread = e.value.expression(names)
		case "fields":
			for _, field := range e.value.mapping() {
				l.fields = append(l.fields, parseRule(field.key, field.value, names))
			}
		}
	}
	l.whole = l.ownsAll()
}

// circular says whether name is reached from itself by what definitions and links of the level need.
func (l *level) circular(name, from string, seen map[string]bool) bool {
	for _, next := range l.needs(from) {
		if next == name {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if l.circular(name, next, seen) {
				return true
			}
		}
	}
	return false
}

// needs are the names that a definition or link of the level reads.
func (l *level) needs(name string) []string {
	for _, d := range l.lets {
		if d.name == name && d.value != nil {
			return d.value.uses
		}
	}
	for _, r := range l.links {
		if r.name == name {
			return r.uses()
		}
	}
	return nil
}

// newName adds a name to a scope. A name that hides another, or a function, would be a trap.
func newName(n node, name string, names []string) []string {
	switch {
	case !fieldName.MatchString(name):
		n.fail("%q is no name for a value: letters, digits and _", name)
	case slices.Contains(names, name):
		n.fail("the name %q is taken", name)
	}
	return append(names, name)
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}
