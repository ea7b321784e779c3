package mapping

import (
	"github.com/expr-lang/expr/ast"

	connector "ml-connector"
)

// call is what a function gives.
func (i *inference) call(n *ast.CallNode) shape {
	name := callee(n)
	if name == "get" && len(n.Arguments) == 2 {
		return i.get(n.Arguments[0], n.Arguments[1])
	}
	args := i.all(n.Arguments...)
	if len(args) == 0 {
		return shape{}
	}
	switch name {
	case "lookup":
		i.lookup(n.Arguments[0])
		return textShape(0)
	case "choose", "fill", "join", "ascii", "plain":
		return textShape(0)
	case "date", "day", "addDays":
		return shape{form: single, typ: connector.TypeDate, length: len("2026-03-01")}
	case "iso2", "iso3":
		return textShape(int(name[3] - '0'))
	case "-", "*", "/", "neg", "dec", "round", "div", "abs", "sum", "digits", "len":
		return typeShape(connector.TypeNumber)
	case "==", "!=", "<", "<=", ">", ">=", "contains", "startsWith", "endsWith", "blank", "truth":
		return typeShape(connector.TypeBool)
	case "+":
		return i.plus(args[0], args[1])
	case "text", "upper", "lower", "trim", "cutPrefix", "part":
		return textShape(args[0].length)
	case "left", "pad":
		return i.cut(name, args[0], n.Arguments[1])
	}
	return i.lists(name, args)
}

// lists is what the functions of lists and groups give.
func (i *inference) lists(name string, args []shape) shape {
	element := args[0].element()
	switch name {
	case "list", "uniq":
		return listOf(element)
	case "concat":
		of := shape{form: nothing}
		for _, a := range args {
			of = either(of, a.element())
		}
		return listOf(of)
	case "flatten":
		return listOf(element.element())
	case "first":
		return element
	case "group":
		return listOf(shape{form: groupForm, fields: map[string]shape{"key": textShape(0), "items": listOf(element)}})
	case "merge":
		return merged(args...)
	case "keys":
		return listOf(textShape(0))
	case "wrap":
		return listOf(textShape(0))
	case "shares":
		return listOf(typeShape(connector.TypeNumber))
	}
	return shape{} // zip: names that are values
}

// plus joins texts and adds as soon as one side is a number; fields of a Document are texts, whatever they hold.
func (i *inference) plus(a, b shape) shape {
	if a.field != nil && b.field != nil && a.field.Type == connector.TypeNumber && b.field.Type == connector.TypeNumber {
		i.check.found(Finding{Severity: Risky, Line: i.line, Field: i.field, Message: a.path + " + " + b.path + " puts one text behind the other",
			Hint: "To add them, write dec(" + a.path + ") + dec(" + b.path + ")."})
		return textShape(0)
	}
	number := func(s shape) bool { return s.typ == connector.TypeNumber && s.field == nil }
	switch {
	case a.form == single && b.form == single && (number(a) || number(b)):
		return typeShape(connector.TypeNumber)
	case a.length > 0 && b.length > 0:
		return textShape(a.length + b.length)
	case a.exact || b.exact:
		return textShape(0)
	}
	return shape{}
}

// cut is the length that left and pad leave.
func (i *inference) cut(name string, of shape, to ast.Node) shape {
	n, known := to.(*ast.IntegerNode)
	switch {
	case !known:
		return textShape(0)
	case name == "left" && (of.length == 0 || n.Value < of.length):
		return textShape(n.Value)
	case name == "left":
		return textShape(of.length)
	case of.length > 0:
		return textShape(max(of.length, n.Value))
	}
	return textShape(0)
}

func (i *inference) lookup(name ast.Node) {
	if s, ok := name.(*ast.StringNode); ok {
		i.check.crosswalk(s.Value, i.line, i.field)
	}
}
