package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Trace says how one value of a Result came about.
type Trace struct {
	Field string  // path in the target's Document, with the places of lists: LINE[2].QTY
	Value string  // what came of it
	Line  int     // of the mapping file
	Rule  string  // in the words of the file
	From  []Given // what the rule read that has a value, in the order in which it stands there
	Rows  []Found // what was looked up in Crosswalks
}

// Given is one value that a rule read: a path of the source, a setting, a name of the file and what that one read in turn.
type Given struct {
	Name  string // as rules write it: doc.total, line.unit, to.currency
	Value string // of a list: how many elements it has
}

// Found is one look-up in a Crosswalk.
type Found struct {
	Crosswalk string
	Value     string
	Day       string // on which the row counts: 2026-03-01
	To        string
	Row       bool // there is one
}

// tracer gathers Traces; without one a run keeps nothing of the kind.
type tracer struct {
	rows  []Found
	named map[*scope]map[string][]Found // what working out a name looked up, so that whoever reads it later knows
}

// mostGivens bounds what one Trace names.
const mostGivens = 20

// traced is text of a field, with its Trace.
func (s *scope) traced(r *rule, text func() string) string {
	t := s.run.tracer
	t.rows = nil
	out := Trace{Field: s.path(), Line: r.line, Rule: r.words()}
	out.Value = text()
	out.Rows = t.rows
	if out.Value == "" {
		return ""
	}
	switch {
	case r.path != nil:
		if v, err := toText(r.path.get(s.base(r.path))); err == nil && v != "" {
			out.From = append(out.From, Given{r.path.text(), v})
		}
	case r.value != nil:
		s.givens(&out, r.value, 0)
	}
	if r.fallback != nil {
		s.givens(&out, r.fallback, 0)
	}
	s.run.result.Traces = append(s.run.result.Traces, out)
	return out.Value
}

// words are a rule as the file has it.
func (r *rule) words() string {
	out := ""
	switch {
	case r.each != nil:
		return "each " + r.each.text
	case r.path != nil:
		out = r.path.text()
	case r.literal != nil:
		out = `"` + *r.literal + `"`
	case r.value != nil:
		out = r.value.text
	}
	if r.lookup != "" {
		out += ", lookup " + r.lookup
	}
	if r.fallback != nil {
		out += ", default " + r.fallback.text
	}
	return out
}

// depth is how far names of the file are followed.
const depth = 4

// givens adds what an expression reads.
func (s *scope) givens(t *Trace, e *expression, deep int) {
	for _, p := range e.paths() {
		if len(t.From) >= mostGivens {
			return
		}
		value, ok := s.resolve(p[0])
		if !ok {
			continue
		}
		for _, step := range p[1:] {
			if value, _ = get(value, step); value == nil {
				break
			}
		}
		name := strings.Join(p, ".")
		if slices.ContainsFunc(t.From, func(g Given) bool { return g.Name == name }) {
			continue
		}
		if text := givenText(value); text != "" {
			t.From = append(t.From, Given{name, text})
		}
		for _, inner := range s.definition(p[0]) {
			if deep < depth {
				s.givens(t, inner, deep+1)
			}
		}
	}
}

// givenText is a value as a person reads it; "" for what is blank, a group, or a function.
func givenText(v any) string {
	if list, ok := v.([]any); ok && len(list) == 1 {
		return "1 element"
	} else if ok && len(list) > 1 {
		return fmt.Sprintf("%d elements", len(list))
	}
	text, err := toText(v)
	if err != nil {
		return ""
	}
	return text
}

// definition are the expressions that a name of the file stands for.
func (s *scope) definition(name string) []*expression {
	for at := s; at != nil; at = at.up {
		if at.level == nil {
			continue
		}
		for _, d := range at.level.lets {
			if d.name == name {
				return []*expression{d.value}
			}
		}
		for _, r := range at.level.links {
			if r.name == name {
				return slices.DeleteFunc([]*expression{r.ids, r.number, r.other}, func(e *expression) bool { return e == nil })
			}
		}
	}
	return nil
}

// paths are what an expression reads, from names of the scope on: [doc total], [line unit], [total].
func (e *expression) paths() [][]string {
	v := &pathFinder{uses: e.uses, at: map[ast.Node][]string{}}
	node := e.program.Node()
	ast.Walk(&node, v)
	var out [][]string
	for _, n := range v.order {
		if p := v.at[n]; p != nil {
			out = append(out, p)
		}
	}
	return out
}

// pathFinder finds the longest paths; nodes come after their children.
type pathFinder struct {
	uses  []string
	at    map[ast.Node][]string
	order []ast.Node
}

func (v *pathFinder) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if slices.Contains(v.uses, n.Value) {
			v.at[n], v.order = []string{n.Value}, append(v.order, n)
		}
	case *ast.CallNode:
		if callee(n) != "get" || len(n.Arguments) != 2 {
			return
		}
		base, known := v.at[n.Arguments[0]]
		step, isName := n.Arguments[1].(*ast.StringNode)
		if known && isName {
			v.at[n], v.order = append(slices.Clone(base), step.Value), append(v.order, n)
			delete(v.at, n.Arguments[0])
		}
	}
}

// translate asks a Crosswalk, and traces what it says.
func (r *run) translate(crosswalk, value string) (string, bool) {
	if r.c.Crosswalk == nil {
		return "", false
	}
	day := r.dated()
	to, ok := r.c.Crosswalk(crosswalk, value, day)
	if t := r.tracer; t != nil {
		t.add(Found{Crosswalk: crosswalk, Value: value, Day: day, To: to, Row: ok})
	}
	return to, ok
}

func (t *tracer) add(rows ...Found) {
	for _, f := range rows {
		if !slices.Contains(t.rows, f) {
			t.rows = append(t.rows, f)
		}
	}
}

// defining works out a name of the file, and remembers what that looked up.
func (t *tracer) defining(s *scope, name string, define func()) {
	before := t.rows
	t.rows = nil
	define()
	if t.named[s] == nil {
		t.named[s] = map[string][]Found{}
	}
	t.named[s][name] = t.rows
	rows := t.rows
	t.rows = before
	t.add(rows...)
}

// again has what working out a name looked up count for whoever reads it now.
func (t *tracer) again(s *scope, name string) { t.add(t.named[s][name]...) }
