package mapping

import (
	"errors"

	"github.com/expr-lang/expr/ast"
)

// code is an expression as functions of ours, made once from what the expression language parsed and checked. It gives
// what the language's own machine gives, without a map of names, a stack of boxed values and a panic for each error; where
// it can't be sure of that it says errUnusual, and the machine decides.
type code func(f *frame) (any, error)

// errUnusual says that the expression is to be run by the language's own machine.
var errUnusual = errors.New("run by the machine")

// frame is what code works on. Nothing of it outlives one evaluation.
type frame struct {
	names []any  // values of expression.uses, in their order
	loops []loop // that are under way, the innermost last
	args  []any  // of the calls that are under way
	room  int    // elements by which lists may still grow
	fixed *Fixed
}

type loop struct {
	item  any
	index int
	acc   any
}

// roomOf is the language's own bound on the elements of lists that one expression makes.
const roomOf = 1_000_000

func (f *frame) grow(n int) error {
	if f.room -= n; f.room <= 0 {
		return errUnusual
	}
	return nil
}

// coder makes code of a tree. It gives up (nil) on what only the language's machine does.
type coder struct {
	names []string
	fixed *fixing // nil: nothing is known to be fixed
}

func (c coder) code(n ast.Node) code {
	out := c.plain(n)
	if out == nil || c.fixed == nil || !c.fixed.worth(n) || !c.fixed.holds(n, 0) {
		return out
	}
	return c.fixed.once(out)
}

func (c coder) plain(n ast.Node) code {
	switch n := n.(type) {
	case *ast.NilNode:
		return constant(nil)
	case *ast.BoolNode:
		return constant(n.Value)
	case *ast.StringNode:
		return constant(n.Value)
	case *ast.IntegerNode:
		return constant(n.Value)
	case *ast.IdentifierNode:
		return c.name(n.Value)
	case *ast.PointerNode:
		return pointer(n.Name)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.loop(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.group(n)
	}
	return nil
}

func (c coder) all(nodes []ast.Node) []code {
	out := make([]code, len(nodes))
	for i, n := range nodes {
		if out[i] = c.code(n); out[i] == nil {
			return nil
		}
	}
	return out
}

func constant(v any) code { return func(*frame) (any, error) { return v, nil } }

func (c coder) name(name string) code {
	for i, n := range c.names {
		if n == name {
			return func(f *frame) (any, error) { return f.names[i], nil }
		}
	}
	return nil
}

func pointer(name string) code {
	switch name {
	case "":
		return func(f *frame) (any, error) { return f.loops[len(f.loops)-1].item, nil }
	case "index":
		return func(f *frame) (any, error) { return f.loops[len(f.loops)-1].index, nil }
	case "acc":
		return func(f *frame) (any, error) { return f.loops[len(f.loops)-1].acc, nil }
	}
	return nil
}

func (c coder) unary(n *ast.UnaryNode) code {
	value := c.code(n.Node)
	switch {
	case value == nil:
		return nil
	case n.Operator == "+":
		return value
	case n.Operator == "!" || n.Operator == "not":
		return func(f *frame) (any, error) {
			yes, err := value.holds(f)
			return !yes, err
		}
	}
	return nil
}

// holds is the value of what gives true or false only: the rewriter puts truth around everything else.
func (c code) holds(f *frame) (bool, error) {
	v, err := c(f)
	if err != nil {
		return false, err
	}
	yes, ok := v.(bool)
	if !ok {
		return false, errUnusual
	}
	return yes, nil
}

func (c coder) binary(n *ast.BinaryNode) code {
	left, right := c.code(n.Left), c.code(n.Right)
	if left == nil || right == nil {
		return nil
	}
	switch n.Operator {
	case "and", "&&", "or", "||":
		ends := n.Operator == "or" || n.Operator == "||" // with what the left side must be
		return func(f *frame) (any, error) {
			yes, err := left.holds(f)
			if err != nil || yes == ends {
				return yes, err
			}
			yes, err = right.holds(f)
			return yes, err
		}
	case "in":
		return func(f *frame) (any, error) {
			needle, err := left(f)
			if err != nil {
				return nil, err
			}
			list, err := right(f)
			if err != nil {
				return nil, err
			}
			return among(needle, list)
		}
	}
	return nil
}

// among says whether a text is in a list of texts.
func among(needle, list any) (any, error) {
	text, single := needle.(string)
	elements, many := list.([]any)
	if !single || !many {
		return nil, errUnusual
	}
	for _, e := range elements {
		other, single := e.(string)
		if !single {
			return nil, errUnusual
		}
		if other == text {
			return true, nil
		}
	}
	return false, nil
}

func (c coder) conditional(n *ast.ConditionalNode) code {
	yes, no := c.code(n.Exp1), c.code(n.Exp2)
	if yes == nil || no == nil {
		return nil
	}
	if isBlankOf(n.Cond, n.Exp2) { // a ?? b: the first side is worked out once
		return func(f *frame) (any, error) {
			v, err := no(f)
			if err != nil || !isBlank(v) {
				return v, err
			}
			return yes(f)
		}
	}
	cond := c.code(n.Cond)
	if cond == nil {
		return nil
	}
	return func(f *frame) (any, error) {
		if applies, err := cond.holds(f); err != nil {
			return nil, err
		} else if applies {
			return yes(f)
		}
		return no(f)
	}
}

// isBlankOf says whether a condition asks whether that very node is blank, which is how the rewriter writes ??.
func isBlankOf(cond, of ast.Node) bool {
	for range 2 {
		n, ok := cond.(*ast.CallNode)
		if !ok || len(n.Arguments) != 1 {
			return false
		}
		switch callee(n) {
		case "blank":
			return n.Arguments[0] == of
		case "truth":
			cond = n.Arguments[0]
		}
	}
	return false
}

func callee(n *ast.CallNode) string {
	if id, ok := n.Callee.(*ast.IdentifierNode); ok {
		return id.Value
	}
	return ""
}

func (c coder) array(n *ast.ArrayNode) code {
	values := c.all(n.Nodes)
	if values == nil {
		return nil
	}
	return func(f *frame) (any, error) {
		out := make([]any, len(values))
		for i, value := range values {
			var err error
			if out[i], err = value(f); err != nil {
				return nil, err
			}
		}
		return out, f.grow(len(out))
	}
}

func (c coder) group(n *ast.MapNode) code {
	names, values := make([]string, len(n.Pairs)), make([]code, len(n.Pairs))
	for i, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			return nil
		}
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return nil
		}
		if names[i], values[i] = key.Value, c.code(pair.Value); values[i] == nil {
			return nil
		}
	}
	return func(f *frame) (any, error) {
		out := make(map[string]any, len(names))
		for i := range names {
			v, err := values[i](f)
			if err != nil {
				return nil, err
			}
			// The machine fills a group from its end, so of equal names the first counts.
			if _, twice := out[names[i]]; !twice {
				out[names[i]] = v
			}
		}
		return out, f.grow(len(out))
	}
}
