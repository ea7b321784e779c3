package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// run is one application of a Flow to one Record.
type run struct {
	c          Context
	flow       *Flow
	top        *scope
	day        string // of the Document, once it was needed
	result     Result
	creating   bool     // nothing is linked yet: rules `on: create` apply
	unresolved []string // paths of target fields that wait for something, or whose reason is told elsewhere
	asked      map[string]*answer
	rowless    map[string]bool // values without a row in a crosswalk, told once
	stack      []any           // values of names for the evaluations that are under way
	frame      frame
	spare      []*scope // that nobody has any more
	tracer     *tracer  // nil = nothing is traced
}

// scope is where names have values: the Document, a group, or one element of a list. What a name stands for is worked
// out when it is first needed.
type scope struct {
	run     *run
	up      *scope
	outer   *scope // of the element around this one's element
	level   *level
	element any
	target  string // its field there, "" when it has none of its own
	nth     int    // its number in the list of that field, 0 outside lists
	known   []value
	failed  []string // names that have no value, for a reason that the Result holds already
}

// value is what a name stands for.
type value struct {
	name  string
	value any
}

// inside is a scope for what stands inside this one: a field, or a level of it. Who has it gives it back.
func (s *scope) inside(l *level, target string) *scope {
	in := s.run.scope()
	in.up, in.outer, in.level, in.element, in.target = s, s.outer, l, s.element, target
	return in
}

// at is the scope of one element of a list. Who has it gives it back.
func (s *scope) at(r *rule, nth int, element any) *scope {
	in := s.run.scope()
	in.up, in.outer, in.level, in.element, in.target, in.nth = s, s, r.nested, element, r.name, nth
	if n := 2 + r.nested.names(); cap(in.known) < n {
		in.known = make([]value, 0, n)
	}
	return in
}

// scope gives one that knows nothing.
func (r *run) scope() *scope {
	n := len(r.spare)
	if n == 0 {
		return &scope{run: r}
	}
	s := r.spare[n-1]
	r.spare = r.spare[:n-1]
	*s = scope{run: r, known: s.known[:0], failed: s.failed[:0]}
	return s
}

// done gives a scope back, for the next element or field: there is one for each of them, and nothing but a tracer keeps it.
func (s *scope) done() {
	if s.run.tracer == nil {
		s.run.spare = append(s.run.spare, s)
	}
}

// path is where the scope is in the target.
func (s *scope) path() string {
	if s.up == nil {
		return ""
	}
	path := s.up.path()
	if s.target != "" {
		path = join2(path, s.target)
	}
	if s.nth > 0 {
		path += "[" + strconv.Itoa(s.nth) + "]"
	}
	return path
}

// eval runs an expression. It is not ok when something that it needs has no value; why is in the Result already.
func (s *scope) eval(e *expression) (v any, ok bool, err error) {
	if e.choice != nil {
		if v, ok, err, done := s.choose(e); done {
			return v, ok, err
		}
	}
	f := &s.run.frame
	base := len(s.run.stack)
	for _, name := range e.uses {
		value, ok := s.resolve(name)
		if !ok {
			s.run.stack = s.run.stack[:base]
			return nil, false, nil
		}
		s.run.stack = append(s.run.stack, value)
	}
	f.names = s.run.stack[base:]
	v, err = e.run(f)
	s.run.stack = s.run.stack[:base]
	return v, true, err
}

// try is eval for an expression whose failure is a Problem of the scope.
func (s *scope) try(what string, e *expression) (any, bool) {
	v, ok, err := s.eval(e)
	if err != nil {
		s.fail(what, err)
		return nil, false
	}
	return v, ok
}

// fail adds a Problem of the scope; what says which of its rules, where the path alone does not.
func (s *scope) fail(what string, err error) {
	if what == "" {
		s.run.problem(s.path(), "", "%s", err)
		return
	}
	s.run.problem(s.path(), "", "%s: %s", what, err)
}

// holds is try for a condition. Without one it is true.
func (s *scope) holds(what string, e *expression) (value, ok bool) {
	if e == nil {
		return true, true
	}
	v, ok := s.try(what, e)
	if !ok {
		return false, false
	}
	b, err := truth(v)
	if err != nil {
		s.fail(what, err)
		return false, false
	}
	return b, true
}

// write fills in a template.
func (s *scope) write(t template) (string, bool) {
	var b strings.Builder
	for _, part := range t {
		e, ok := part.(*expression)
		if !ok {
			b.WriteString(part.(string))
			continue
		}
		v, ok, err := s.eval(e)
		if !ok {
			return "", false
		}
		text, bad := toText(v)
		if err != nil || bad != nil {
			text = "?"
		}
		b.WriteString(text)
	}
	return b.String(), true
}

// resolve gives what a name stands for.
func (s *scope) resolve(name string) (any, bool) {
	for {
		for i := range s.known {
			if s.known[i].name == name {
				if s.run.tracer != nil {
					s.run.tracer.again(s, name)
				}
				return s.known[i].value, true
			}
		}
		if slices.Contains(s.failed, name) {
			return nil, false
		}
		if s.level != nil {
			if v, ok, defined := s.defined(name); defined {
				return s.keep(name, v, ok)
			}
		}
		if s.up == nil {
			v, ok := s.run.given(name)
			return s.keep(name, v, ok)
		}
		s = s.up
	}
}

// defined is define, traced where that is asked for.
func (s *scope) defined(name string) (v any, ok, defined bool) {
	if s.run.tracer == nil {
		return s.define(name)
	}
	s.run.tracer.defining(s, name, func() { v, ok, defined = s.define(name) })
	return v, ok, defined
}

// define works out what the scope's level says of a name.
func (s *scope) define(name string) (v any, ok, defined bool) {
	for _, d := range s.level.lets {
		if d.name == name {
			v, ok := s.try(d.what, d.value)
			return v, ok, true
		}
	}
	for _, r := range s.level.links {
		if r.name == name {
			v, ok := s.refer(r)
			return v, ok, true
		}
	}
	return nil, false, false
}

func (s *scope) keep(name string, v any, ok bool) (any, bool) {
	if !ok {
		s.failed = append(s.failed, name)
		return nil, false
	}
	s.known = append(s.known, value{name, v})
	return v, true
}

// given are the names that every expression knows.
func (r *run) given(name string) (any, bool) {
	c := r.c
	switch name {
	case "doc":
		return c.Source, true
	case "record":
		return c.Record.ID, true
	case "linked":
		return c.Linked, true
	case "target":
		return c.Target, true
	case "target_id":
		return c.TargetID, true
	case "from":
		return c.From, true
	case "to":
		return c.To, true
	case "lookup":
		return r.lookup, true
	case "choose":
		return r.choose, true
	case "today", "day":
		zone, err := c.Zone()
		if err != nil {
			r.problem("", connector.Misconfigured, "time_zone: %s", err)
			return nil, false
		}
		if name == "today" {
			return c.Now.In(zone).Format(time.DateOnly), true
		}
		return func(v any) (any, error) { return ofText(v, func(s string) (string, error) { return dayIn(s, zone) }) }, true
	}
	return nil, false
}

// Zone is that of the Connection that has one: days are its days.
func (c Context) Zone() (*time.Location, error) {
	for _, settings := range []connector.Settings{c.To, c.From} {
		if name, ok := settings["time_zone"].(string); ok && name != "" {
			return c.Fixed.location(name)
		}
	}
	return time.UTC, nil
}

func (r *run) lookup(crosswalk string, value any) (any, error) {
	text, err := toText(value)
	if err != nil || isBlank(text) {
		return nil, err
	}
	if found, ok := r.translate(crosswalk, text); ok {
		return found, nil
	}
	return nil, nil
}

// dated is the day on which rows of Crosswalks must count: that of the Document, where the Flow says which it is and the Document
// has one, else today.
func (r *run) dated() string {
	if r.day != "" {
		return r.day
	}
	// What is under way goes on with its own place on the stack.
	under := r.frame
	r.frame = frame{fixed: under.fixed}
	r.day = r.documentDay()
	r.result.Day = r.day
	r.frame = under
	return r.day
}

func (r *run) documentDay() string {
	if r.flow != nil && r.flow.dated != nil {
		if v, ok := r.top.try("dated", r.flow.dated); ok {
			text, _ := r.top.text("dated", v)
			if day, err := dateOf(text); err == nil {
				return day
			}
		}
	}
	day, _ := r.given("today")
	text, _ := day.(string)
	return text
}

func (r *run) choose(name string) (any, error) {
	if r.c.Choose == nil {
		return nil, fmt.Errorf("no number %s can be chosen here", name)
	}
	return r.c.Choose(name)
}

func (r *run) problem(field string, code connector.Code, format string, args ...any) {
	p := Problem{Field: field, Code: code, Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(r.result.Problems, p) {
		r.result.Problems = append(r.result.Problems, p)
	}
}

// waits adds what the Record waits for, once.
func (r *run) waits(ref connector.Ref) {
	for _, known := range r.result.Missing {
		if known.Kind == ref.Kind && known.Connection == ref.Connection && known.ID() == ref.ID() {
			return
		}
	}
	r.result.Missing = append(r.result.Missing, ref)
}
