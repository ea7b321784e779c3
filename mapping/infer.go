package mapping

import (
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"

	connector "ml-connector"
)

// inference works out what an expression can give, from what its names stand for.
type inference struct {
	check *checker
	line  int
	field string // of the target, for messages
	names map[string]shape
	loops []shape // elements of the predicates that are under way, the innermost last
}

// infer gives the shape of what an expression gives; what is wrong inside it is found on the way.
func (c *checker) infer(e *expression, names map[string]shape, field string) shape {
	if e == nil {
		return shape{form: nothing}
	}
	return (&inference{check: c, line: e.line, field: field, names: names}).of(e.program.Node())
}

func (i *inference) of(n ast.Node) shape {
	switch n := n.(type) {
	case *ast.NilNode:
		return shape{form: nothing}
	case *ast.BoolNode:
		return typeShape(connector.TypeBool)
	case *ast.StringNode:
		return shape{form: single, typ: connector.TypeText, length: utf8.RuneCountInString(n.Value), exact: true}
	case *ast.IntegerNode:
		return typeShape(connector.TypeNumber)
	case *ast.IdentifierNode:
		s := i.names[n.Value]
		if s.path == "" {
			s.path = n.Value
		}
		return s
	case *ast.PointerNode:
		return i.pointer(n.Name)
	case *ast.UnaryNode:
		s := i.of(n.Node)
		if n.Operator == "+" {
			return s
		}
		return typeShape(connector.TypeBool)
	case *ast.BinaryNode:
		i.all(n.Left, n.Right)
		if n.Operator == ".." {
			return listOf(typeShape(connector.TypeNumber))
		}
		return typeShape(connector.TypeBool)
	case *ast.ConditionalNode:
		i.of(n.Cond)
		return either(i.of(n.Exp1), i.of(n.Exp2))
	case *ast.VariableDeclaratorNode:
		return i.with(n.Name, i.of(n.Value)).of(n.Expr)
	case *ast.CallNode:
		return i.call(n)
	case *ast.BuiltinNode:
		return i.predicate(n)
	case *ast.ArrayNode:
		of := shape{form: nothing}
		for _, s := range i.all(n.Nodes...) {
			of = either(of, s)
		}
		return listOf(of)
	case *ast.MapNode:
		return i.group(n)
	case *ast.SliceNode:
		return i.of(n.Node)
	}
	return shape{}
}

func (i *inference) all(nodes ...ast.Node) []shape {
	out := make([]shape, len(nodes))
	for k, n := range nodes {
		out[k] = i.of(n)
	}
	return out
}

// with is the inference inside which one more name is known.
func (i *inference) with(name string, s shape) *inference {
	in := *i
	in.names = make(map[string]shape, len(i.names)+1)
	for k, v := range i.names {
		in.names[k] = v
	}
	in.names[name] = s
	return &in
}

func (i *inference) pointer(name string) shape {
	switch {
	case name == "index":
		return typeShape(connector.TypeNumber)
	case name == "" && len(i.loops) > 0:
		return i.loops[len(i.loops)-1]
	}
	return shape{}
}

func (i *inference) group(n *ast.MapNode) shape {
	out := shape{form: groupForm, fields: map[string]shape{}}
	for _, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			return shape{}
		}
		value := i.of(pair.Value)
		key, named := pair.Key.(*ast.StringNode)
		if !named {
			out.open = true
			continue
		}
		out.fields[key.Value] = value
	}
	return out
}

// predicate is one of the functions that look at each element of a list.
func (i *inference) predicate(n *ast.BuiltinNode) shape {
	if len(n.Arguments) == 0 {
		return shape{}
	}
	list := i.of(n.Arguments[0])
	body := shape{}
	if len(n.Arguments) > 1 {
		in := *i
		in.loops = append(append([]shape{}, i.loops...), list.element())
		if p, ok := n.Arguments[1].(*ast.PredicateNode); ok {
			body = in.of(p.Node)
		} else {
			body = in.of(n.Arguments[1])
		}
	}
	switch n.Name {
	case "map":
		return listOf(body)
	case "filter":
		return listOf(list.element())
	case "find":
		return list.element()
	case "count", "findIndex":
		return typeShape(connector.TypeNumber)
	case "reduce":
		return shape{}
	}
	return typeShape(connector.TypeBool)
}

// get is one step of a path.
func (i *inference) get(base, step ast.Node) shape {
	of := i.of(base)
	name, named := step.(*ast.StringNode)
	if !named {
		i.of(step)
		if of.form == listForm {
			return *of.of
		}
		return shape{}
	}
	return i.check.member(of, name.Value, i.line, i.field)
}

// member is a field of what may be a group.
func (c *checker) member(of shape, name string, line int, field string) shape {
	path := strings.TrimPrefix(of.path+"."+name, ".")
	switch of.form {
	case anything, nothing:
		return shape{path: path}
	case single, listForm:
		what := "a single value"
		if of.form == listForm {
			what = "a list"
		}
		c.found(Finding{Severity: Wrong, Line: line, Field: field, Message: path + ": " + called(of.path) + " is " + what + " and has no fields",
			Hint: map[bool]string{true: "Take each of its elements, first(…) or map(…)."}[of.form == listForm]})
		return shape{path: path}
	}
	if f, known := of.fields[name]; known {
		if f.path == "" {
			f.path = path
		}
		return f
	}
	near := DidYouMean(name, of.names())
	f := Finding{Severity: Wrong, Line: line, Field: field, Message: path + ": there is no field " + name + near, Hint: "It would always be blank. " + fieldsHint(of)}
	if of.open {
		f.Severity, f.Message = Risky, path+": no field "+name+" is known there"+near
		f.Hint = "Where no record has it, it is always blank."
	}
	c.found(f)
	if of.open {
		return shape{path: path}
	}
	return shape{form: nothing, path: path}
}

func called(path string) string {
	if path == "" {
		return "it"
	}
	return path
}

// fieldsHint lists what a group has, as far as one reads it.
func fieldsHint(of shape) string {
	names := of.names()
	const most = 12
	more := ""
	if len(names) > most {
		names, more = names[:most], ", …"
	}
	return "There are " + strings.Join(names, ", ") + more + "."
}
