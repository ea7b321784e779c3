package mapping

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// rewriter gives the expression language the meaning that Documents need. Operators become functions of ours that know
// exact numbers (operators.go); a path through something that is not there is blank; lists that are not there are empty;
// "true" is true.
type rewriter struct {
	names   []string
	uses    []string
	refused string
	paths   map[ast.Node]string
}

var operators = []string{"+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "contains", "startsWith", "endsWith"}

// Visit is called for each node after its children.
func (r *rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.FloatNode:
		r.refuse(`a number with a point is written dec("%v")`, n.Value)
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			r.refuse("there is no $env")
		}
		if slices.Contains(r.names, n.Value) {
			r.uses = append(r.uses, n.Value)
		}
	case *ast.ChainNode:
		*node = n.Node
	case *ast.MemberNode:
		r.member(node, n)
	case *ast.CallNode:
		if _, ok := n.Callee.(*ast.IdentifierNode); !ok {
			r.refuse("only functions can be called")
		}
	case *ast.UnaryNode:
		if n.Operator == "-" {
			ast.Patch(node, call("neg", n.Node))
		} else if n.Operator != "+" {
			n.Node = call("truth", n.Node)
		}
	case *ast.BinaryNode:
		r.binary(node, n)
	case *ast.ConditionalNode:
		n.Cond = call("truth", n.Cond)
	case *ast.BuiltinNode:
		r.builtin(n)
	}
}

func (r *rewriter) refuse(format string, args ...any) {
	if r.refused == "" {
		r.refused = fmt.Sprintf(format, args...)
	}
}

func (r *rewriter) member(node *ast.Node, n *ast.MemberNode) {
	replacement := call("get", n.Node, n.Property)
	if p, ok := n.Property.(*ast.StringNode); ok {
		if r.paths == nil {
			r.paths = map[ast.Node]string{}
		}
		r.paths[replacement] = p.Value
		delete(r.paths, n.Node) // only the end of a path is a field
	}
	ast.Patch(node, replacement)
}

func (r *rewriter) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		n.Left, n.Right = call("truth", n.Left), call("truth", n.Right)
	case "??":
		ast.Patch(node, &ast.ConditionalNode{Cond: call("blank", n.Left), Exp1: n.Right, Exp2: n.Left})
	case "matches":
		n.Left = call("text", n.Left)
	case "in", "..":
	default:
		if !slices.Contains(operators, n.Operator) {
			r.refuse("there is no operator %s", n.Operator)
			return
		}
		ast.Patch(node, call(n.Operator, n.Left, n.Right))
	}
}

func (r *rewriter) builtin(n *ast.BuiltinNode) {
	if len(n.Arguments) == 0 {
		return
	}
	n.Arguments[0] = call("list", n.Arguments[0])
	if n.Name == "map" || n.Name == "reduce" || len(n.Arguments) < 2 {
		return
	}
	if p, ok := n.Arguments[1].(*ast.PredicateNode); ok {
		p.Node = call("truth", p.Node)
	}
}

func (r *rewriter) reads() []string {
	var out []string
	for _, field := range r.paths {
		out = append(out, field)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func call(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
}

// strangers finds a name that nobody gives a value. The language's own check passes over one that stands by itself as a condition.
type strangers struct {
	declared []string
	read     []string
}

// Visit notes what is declared and what is read; the names of functions are neither.
func (s *strangers) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.VariableDeclaratorNode:
		s.declared = append(s.declared, n.Name)
	case *ast.IdentifierNode:
		s.read = append(s.read, n.Value)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			if at := slices.Index(s.read, callee.Value); at >= 0 { // it was visited before, as a child
				s.read = slices.Delete(s.read, at, at+1)
			}
		}
	}
}

func stranger(root ast.Node, names []string) string {
	s := strangers{}
	ast.Walk(&root, &s)
	for _, name := range s.read {
		if !slices.Contains(names, name) && !slices.Contains(s.declared, name) {
			return name
		}
	}
	return ""
}
