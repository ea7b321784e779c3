package mapping

import (
	"sync"
	"time"

	"github.com/expr-lang/expr/ast"
)

// Fixed remembers what a Flow works out of the settings of its two Connections alone, for all Contexts that share it. It
// belongs to one Flow and one pair of settings, and may be used by many goroutines.
type Fixed struct {
	mu     sync.RWMutex
	values map[int]any
	zones  sync.Map // of the settings, by name: reading one means reading a file
}

// location is time.LoadLocation, once for each name.
func (f *Fixed) location(name string) (*time.Location, error) {
	if f == nil {
		return time.LoadLocation(name)
	}
	if zone, known := f.zones.Load(name); known {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		f.zones.Store(name, zone)
	}
	return zone, err
}

func (f *Fixed) get(n int) (any, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	v, known := f.values[n]
	return v, known
}

func (f *Fixed) set(n int, v any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.values == nil {
		f.values = map[int]any{}
	}
	f.values[n] = v
}

// fixing finds the parts of a Flow's expressions that depend on settings alone.
type fixing struct {
	names map[string]bool // whose values depend on settings alone
	next  int             // number of the next such part
}

// fix makes the code of all expressions again, now that it is known which names of the whole file are fixed.
func (f *Flow) fix() {
	x := &fixing{names: map[string]bool{"from": true, "to": true}}
	for _, d := range f.top.lets {
		if d.value != nil && x.holds(d.value.program.Node(), 0) {
			x.names[d.name] = true
		}
	}
	again := func(expressions ...*expression) {
		for _, e := range expressions {
			if e != nil {
				c, root := coder{e.uses, x}, e.program.Node()
				e.code, e.choice = c.code(root), nil
				if !x.holds(root, 0) { // else it is worked out once
					e.choice = c.chosen(root)
				}
			}
		}
	}
	again(f.filter, f.withdrawn, f.alike, f.confirm, f.stop, f.title, f.id, f.revision, f.dated)
	again(f.reserve...)
	f.top.expressions(again)
}

// expressions calls do with every expression of the level and of those inside it that runs for each Record.
func (l *level) expressions(do func(...*expression)) {
	for _, d := range l.lets {
		do(d.value)
	}
	for _, r := range l.links {
		do(r.when, r.each, r.ids, r.other, r.number)
	}
	for _, g := range l.holds {
		do(g.cond)
	}
	for _, g := range l.notes {
		do(g.cond)
	}
	do(l.spread)
	for _, r := range l.fields {
		do(r.value, r.fallback, r.cut, r.when, r.each, r.where)
		if r.nested != nil {
			r.nested.expressions(do)
		}
	}
}

// worth says whether a part costs more to work out than to remember.
func (x *fixing) worth(n ast.Node) bool {
	switch n.(type) {
	case *ast.CallNode, *ast.BuiltinNode, *ast.ConditionalNode, *ast.BinaryNode:
		return true
	}
	return false
}

// holds says whether a part depends on settings alone; loops is how many loops of its own it is in.
func (x *fixing) holds(n ast.Node, loops int) bool {
	all := func(nodes ...ast.Node) bool {
		for _, n := range nodes {
			if !x.holds(n, loops) {
				return false
			}
		}
		return true
	}
	switch n := n.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.StringNode, *ast.IntegerNode:
		return true
	case *ast.IdentifierNode:
		return x.names[n.Value]
	case *ast.PointerNode:
		return loops > 0
	case *ast.UnaryNode:
		return all(n.Node)
	case *ast.BinaryNode:
		return all(n.Left, n.Right)
	case *ast.ConditionalNode:
		return all(n.Cond, n.Exp1, n.Exp2)
	case *ast.CallNode:
		_, ours := library[callee(n)]
		return ours && all(n.Arguments...)
	case *ast.ArrayNode:
		return all(n.Nodes...)
	case *ast.MapNode:
		return all(n.Pairs...)
	case *ast.PairNode:
		return all(n.Key, n.Value)
	case *ast.BuiltinNode:
		if len(n.Arguments) != 2 || !all(n.Arguments[0]) {
			return false
		}
		predicate, ok := n.Arguments[1].(*ast.PredicateNode)
		return ok && x.holds(predicate.Node, loops+1)
	}
	return false
}

// once works a part out at its first use. What fails is tried each time, so that each Record is told of it.
func (x *fixing) once(part code) code {
	number := x.next
	x.next++
	return func(f *frame) (any, error) {
		if f.fixed == nil {
			return part(f)
		}
		if v, known := f.fixed.get(number); known {
			return v, nil
		}
		v, err := part(f)
		if err == nil {
			f.fixed.set(number, v)
		}
		return v, err
	}
}
