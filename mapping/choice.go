package mapping

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// choice is an expression that is one of two by a condition: only the names of what is chosen are worked out.
type choice struct{ cond, yes, no branch }

// branch is one of its parts. Without code only the whole can tell.
type branch struct {
	code code
	uses []int // which of the expression's names it reads
}

// chosen makes a choice of `a ? b : c`, `a and b` and `a or b`; nil of what is none.
func (c coder) chosen(n ast.Node) *choice {
	var out choice
	switch n := n.(type) {
	case *ast.ConditionalNode:
		out = choice{c.branch(n.Cond), c.branch(n.Exp1), c.branch(n.Exp2)}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			out = choice{c.branch(n.Left), c.branch(n.Right), branch{code: constant(false)}}
		case "or", "||":
			out = choice{c.branch(n.Left), branch{code: constant(true)}, c.branch(n.Right)}
		}
	}
	if out.cond.code == nil {
		return nil
	}
	return &out
}

func (c coder) branch(n ast.Node) branch {
	found := identifiers{}
	ast.Walk(&n, &found)
	p := branch{code: c.code(n)}
	for i, name := range c.names {
		if slices.Contains(found.names, name) {
			p.uses = append(p.uses, i)
		}
	}
	return p
}

type identifiers struct{ names []string }

// Visit notes a name.
func (i *identifiers) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok {
		i.names = append(i.names, id.Value)
	}
}

// choose runs a choice. It is not done when only the whole expression can tell.
func (s *scope) choose(e *expression) (v any, ok bool, err error, done bool) {
	r := s.run
	base := len(r.stack)
	defer func() { r.stack = r.stack[:base] }()
	for range e.uses {
		r.stack = append(r.stack, nil)
	}
	yes, ok, err := s.partOf(e, e.choice.cond, base)
	if !ok || err != nil {
		return nil, ok, err, err != errUnusual
	}
	p := e.choice.no
	switch yes {
	case true:
		p = e.choice.yes
	case false:
	default:
		return nil, false, nil, false
	}
	if p.code == nil {
		return nil, false, nil, false
	}
	v, ok, err = s.partOf(e, p, base)
	return v, ok, err, err != errUnusual
}

// partOf works the names of a part out and runs it.
func (s *scope) partOf(e *expression, p branch, base int) (any, bool, error) {
	r := s.run
	for _, i := range p.uses {
		v, ok := s.resolve(e.uses[i])
		if !ok {
			return nil, false, nil
		}
		r.stack[base+i] = v
	}
	f := &r.frame
	f.names = r.stack[base : base+len(e.uses)]
	f.loops, f.args, f.room = f.loops[:0], f.args[:0], roomOf
	v, err := p.code(f)
	return v, true, err
}
