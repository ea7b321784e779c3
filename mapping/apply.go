package mapping

import (
	"fmt"
	"slices"
	"strings"

	connector "ml-connector"
)

// Apply maps one Record. It never fails as a whole: every rule that fails is a Problem of the Result, and what the
// Record waits for is in Missing. It may be called by many goroutines.
func (f *Flow) Apply(c Context) Result {
	r := &run{c: c, flow: f, asked: map[string]*answer{}, rowless: map[string]bool{}, stack: make([]any, 0, 32), frame: frame{fixed: c.Fixed}}
	if c.Traced {
		r.tracer = &tracer{named: map[*scope]map[string][]Found{}}
	}
	top := &scope{run: r, level: &f.top, element: c.Source, known: make([]value, 0, 12+f.top.names())}
	r.top = top
	if !f.pass(top) {
		return r.result
	}
	if f.adopt != nil && !c.Linked {
		ref, _ := top.name(f.adopt)
		if ref.ID() != "" {
			ref.Connection = c.ToName
			r.result.Adopt = ref
		}
	}
	r.creating = !c.Linked && r.result.Adopt.Kind == ""
	doc, owned := top.build(c.Schema.Fields)
	r.result.Document, r.result.Owned = doc, owned
	r.checkSchema()
	f.finish(top)
	return r.result
}

// pass judges the filters. A filter that fails to run lets the Record through, so that it is held and seen.
func (f *Flow) pass(s *scope) bool {
	r := s.run
	passed := true
	if f.filter != nil {
		v, ok := s.holds("filter", f.filter)
		passed = v || !ok
	}
	if passed && r.c.Where != nil {
		v, ok := s.holds("where", r.c.Where.cond)
		passed = v || !ok
	}
	r.result.Passed = passed
	if !passed && r.c.Linked && f.withdrawn != nil {
		r.result.Withdrawn, _ = s.holds("withdrawn", f.withdrawn)
	}
	return passed || r.result.Withdrawn
}

// finish works out what is told of the Document as a whole.
func (f *Flow) finish(s *scope) {
	r := s.run
	s.keep("out", r.result.Document, true)
	if f.title != nil {
		if v, ok := s.try("title", f.title); ok {
			r.result.Title, _ = s.text("title", v)
		}
	}
	if f.revision != nil {
		if v, ok := s.try("revision", f.revision); ok {
			r.result.Revision, _ = s.text("revision", v)
		}
	}
	if f.id != nil && r.creating {
		if v, ok := s.try("id", f.id); ok {
			r.result.ID, _ = s.text("id", v)
		}
	}
	if f.alike != nil && r.creating {
		if v, ok := s.try("alike", f.alike); ok {
			r.result.Alike, _ = s.text("alike", v)
		}
	}
	r.result.TakenFilters = f.taken
	if len(r.result.Problems) > 0 || len(r.result.Missing) > 0 {
		return
	}
	for _, key := range f.reserve {
		v, ok := s.try("reserve", key)
		if !ok {
			continue
		}
		if text, ok := s.text("reserve", v); ok && text != "" {
			r.result.Reserve = append(r.result.Reserve, text)
		}
	}
}

// build makes the group of fields of the scope's level. fields are what the Schema says of it. Where the Flow owns all of it,
// both are the same group.
func (s *scope) build(fields []connector.Field) (doc, owned connector.Document) {
	doc = make(connector.Document, len(s.level.fields))
	owned = doc
	if !s.level.whole {
		owned = make(connector.Document, len(s.level.fields))
	}
	for _, r := range s.level.links {
		s.resolve(r.name)
	}
	for _, g := range s.level.holds {
		s.guard(g)
	}
	for _, g := range s.level.notes {
		s.remark(g)
	}
	if s.level.spread != nil {
		s.takeOver(s.level.spread, doc, owned)
	}
	in := s.inside(nil, "") // of one field after the other
	defer in.done()
	for _, rule := range s.level.fields {
		in.target = rule.name
		if rule.onCreate && !s.run.creating {
			in.unresolved()
			continue
		}
		v, own := s.field(rule, in, fieldOf(fields, rule.name))
		if isBlank(v) {
			continue
		}
		doc[rule.name] = v
		if !rule.onCreate && !rule.unowned && !isBlank(own) {
			owned[rule.name] = own
		}
	}
	return doc, owned
}

func (s *scope) guard(g *guard) {
	if g.onCreate && !s.run.creating {
		return
	}
	if applies, ok := s.holds(g.what, g.cond); !ok || !applies {
		return
	}
	message, ok := s.write(g.message)
	if !ok {
		message = g.what
	}
	path := s.path()
	if g.field != "" {
		path = join2(path, g.field)
	}
	s.run.problem(path, connector.Code(g.code), "%s", message)
}

// remark adds a note whose condition is true.
func (s *scope) remark(g *guard) {
	if applies, ok := s.holds(g.what, g.cond); !ok || !applies {
		return
	}
	if message, ok := s.write(g.message); ok && !slices.Contains(s.run.result.Notes, message) {
		s.run.result.Notes = append(s.run.result.Notes, message)
	}
}

func (s *scope) takeOver(spread *expression, doc, owned connector.Document) {
	v, ok := s.try("spread", spread)
	if !ok {
		s.unresolved()
		return
	}
	m, isGroup := asMap(v)
	if !isGroup && !isBlank(v) {
		s.run.problem(s.path(), "", "spread: %s has no fields", kindOf(v))
	}
	for _, name := range sortedKeys(m) {
		if text, ok := s.text("spread "+name, m[name]); ok && text != "" {
			doc[name], owned[name] = text, text
			if s.run.tracer != nil {
				s.run.result.Traces = append(s.run.result.Traces, Trace{Field: join2(s.path(), name), Value: text, Line: spread.line, Rule: "spread " + spread.text})
			}
		}
	}
}

// unresolved notes that the scope's field has no value, for a reason that is told elsewhere.
func (s *scope) unresolved() { s.run.unresolved = append(s.run.unresolved, s.path()) }

// field gives the value of one field as a create sends it, and the part of it that the Flow owns. in is the scope of the
// field, f what the Schema says of it.
func (s *scope) field(r *rule, in *scope, f *connector.Field) (value, owned any) {
	if applies, ok := in.holds("when", r.when); !ok || !applies {
		if !ok {
			in.unresolved()
		}
		return nil, nil
	}
	var fields []connector.Field
	if f != nil {
		fields = f.Fields
	}
	switch {
	case r.each != nil:
		return s.list(r, in, fields)
	case r.nested != nil:
		inner := s.inside(r.nested, r.name)
		defer inner.done()
		d, o := inner.build(fields)
		return map[string]any(d), map[string]any(o)
	}
	value = in.single(r, f)
	return value, value
}

func (s *scope) list(r *rule, in *scope, fields []connector.Field) (value, owned any) {
	v, ok := in.try("each", r.each)
	if !ok {
		in.unresolved()
		return nil, nil
	}
	elements := toList(v)
	docs, owns := make([]any, 0, len(elements)), make([]any, 0, len(elements))
	for _, element := range elements {
		d, o := s.oneOf(r, len(docs)+1, element, fields)
		if len(d) == 0 {
			continue
		}
		docs = append(docs, map[string]any(d))
		if len(o) > 0 {
			owns = append(owns, map[string]any(o))
		}
	}
	return docs, owns
}

// oneOf gives one element of a list; nothing when it does not belong there.
func (s *scope) oneOf(r *rule, nth int, element any, fields []connector.Field) (doc, owned connector.Document) {
	inner := s.at(r, nth, element)
	defer inner.done()
	inner.keep(r.as, element, true)
	if r.number != "" {
		inner.keep(r.number, nth, true)
	}
	if applies, ok := inner.holds("where", r.where); !ok || !applies {
		return nil, nil
	}
	return inner.build(fields)
}

// single gives the text of a single field.
func (s *scope) single(r *rule, f *connector.Field) string {
	if s.run.tracer != nil {
		return s.traced(r, func() string { return s.plainly(r, f) })
	}
	return s.plainly(r, f)
}

func (s *scope) plainly(r *rule, f *connector.Field) string {
	text, ok := s.source(r)
	if !ok {
		s.unresolved()
		return ""
	}
	if text != "" && r.lookup != "" {
		text, ok = s.crosswalk(r, text, f)
	}
	if ok && text == "" && r.fallback != nil {
		var v any
		if v, ok = s.try("default", r.fallback); ok {
			text, ok = s.text("default", v)
		}
	}
	if !ok {
		s.unresolved()
		return ""
	}
	if r.cut != nil {
		text = s.shorten(r.cut, text)
	}
	if r.required && text == "" {
		s.run.problem(s.path(), "", "is required and has no value")
	}
	return text
}

// shorten cuts text to so many characters, and keeps what it cut.
func (s *scope) shorten(most *expression, text string) string {
	v, ok := s.try("cut", most)
	if !ok {
		return text
	}
	n, err := toInt(v)
	if err != nil {
		s.fail("cut", err)
		return text
	}
	short, _ := left(text, n)
	if short == text {
		return text
	}
	short = strings.TrimSpace(short)
	s.run.result.Cuts = append(s.run.result.Cuts, connector.Change{Field: s.path(), Old: text, New: short})
	return short
}

func (s *scope) source(r *rule) (string, bool) {
	switch {
	case r.literal != nil:
		return *r.literal, true
	case r.value != nil:
		v, ok := s.try("", r.value)
		if !ok {
			return "", false
		}
		return s.text("", v)
	}
	return s.text("", r.path.get(s.base(r.path)))
}

// base is the element that a path of a field starts from.
func (s *scope) base(p *path) any {
	from := s.up
	for range p.up {
		if from.outer == nil {
			break
		}
		from = from.outer
	}
	return from.element
}

// crosswalk gives what a value is called at the target. What becomes of one without a row, the rule says; where it says
// nothing, it is taken as it is, if the target can hold it.
func (s *scope) crosswalk(r *rule, value string, f *connector.Field) (string, bool) {
	name := r.lookup
	if found, ok := s.run.translate(name, value); ok {
		return found, true
	}
	reason := fmt.Sprintf("crosswalk %s has no row for %q", name, value)
	switch {
	case r.rowless == elseBlank:
		return "", true
	case r.rowless == elseHold:
	case f == nil:
		return value, true
	default:
		misfits := connector.Schema{Fields: []connector.Field{*f}}.Check(connector.Document{f.Name: value})
		if len(misfits) == 0 {
			return value, true
		}
		reason += ", and as it stands it " + misfits[0].Message
	}
	s.run.rowless[value] = true
	s.run.problem(s.path(), "", "%s", reason)
	s.run.waits(connector.Ref{Connection: name, Kind: connector.CrosswalkKind, IDs: []string{value}, Reason: "a row for " + fmt.Sprintf("%q", value) + " in crosswalk " + name})
	return "", false
}
