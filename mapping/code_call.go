package mapping

import "github.com/expr-lang/expr/ast"

func (c coder) call(n *ast.CallNode) code {
	name := callee(n)
	args := c.all(n.Arguments)
	if name == "" || args == nil {
		return nil
	}
	fn, ours := library[name]
	if !ours {
		return c.callName(name, args)
	}
	switch {
	case name == "get" && len(args) == 2:
		return c.get(n, args)
	case name == "truth" && len(args) == 1:
		return args[0].truth
	case name == "blank" && len(args) == 1:
		return func(f *frame) (any, error) {
			v, err := args[0](f)
			return isBlank(v), err
		}
	case name == "list" && len(args) == 1:
		return func(f *frame) (any, error) {
			v, err := args[0](f)
			if err != nil {
				return nil, err
			}
			return toList(v), nil
		}
	}
	return func(f *frame) (any, error) { return f.call(fn.call, args) }
}

// call works out the arguments and calls a function with them. No function keeps the list of its arguments.
func (f *frame) call(fn func(...any) (any, error), args []code) (any, error) {
	base := len(f.args)
	for _, arg := range args {
		v, err := arg(f)
		if err != nil {
			return nil, err
		}
		f.args = append(f.args, v)
	}
	end := len(f.args)
	v, err := fn(f.args[base:end:end]...)
	f.args = f.args[:base]
	return v, err
}

func (c code) truth(f *frame) (any, error) {
	v, err := c(f)
	if err != nil {
		return nil, err
	}
	if _, ok := v.(bool); ok {
		return v, nil
	}
	return truth(v)
}

// get is one step of a path.
func (c coder) get(n *ast.CallNode, args []code) code {
	name, isField := n.Arguments[1].(*ast.StringNode)
	if !isField {
		return func(f *frame) (any, error) {
			base, err := args[0](f)
			if err != nil {
				return nil, err
			}
			step, err := args[1](f)
			if err != nil {
				return nil, err
			}
			return get(base, step)
		}
	}
	return func(f *frame) (any, error) {
		base, err := args[0](f)
		if err != nil || base == nil {
			return nil, err
		}
		if m, ok := base.(map[string]any); ok {
			return m[name.Value], nil
		}
		return get(base, name.Value)
	}
}

// callName calls a function that is the value of a name: lookup, choose, day.
func (c coder) callName(name string, args []code) code {
	value := c.name(name)
	if value == nil {
		return nil
	}
	return func(f *frame) (any, error) {
		fn, err := value(f)
		if err != nil {
			return nil, err
		}
		var given [2]any
		if len(args) > len(given) {
			return nil, errUnusual
		}
		for i, arg := range args {
			if given[i], err = arg(f); err != nil {
				return nil, err
			}
		}
		text, isText := given[0].(string)
		switch fn := fn.(type) {
		case func(any) (any, error):
			if len(args) == 1 {
				return fn(given[0])
			}
		case func(string) (any, error):
			if len(args) == 1 && isText {
				return fn(text)
			}
		case func(string, any) (any, error):
			if len(args) == 2 && isText {
				return fn(text, given[1])
			}
		}
		return nil, errUnusual
	}
}

// loop is one of the predicates.
func (c coder) loop(n *ast.BuiltinNode) code {
	if len(n.Arguments) != 2 || n.Map != nil || n.Threshold != nil {
		return nil
	}
	predicate, ok := n.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return nil
	}
	list, body := c.code(n.Arguments[0]), c.code(predicate.Node)
	if list == nil || body == nil {
		return nil
	}
	switch n.Name {
	case "map":
		return func(f *frame) (any, error) {
			var out []any
			err := f.each(list, func(n int) { out = make([]any, 0, n) }, func(any) (bool, error) {
				v, err := body(f)
				out = append(out, v)
				return true, err
			})
			if err != nil {
				return nil, err
			}
			return out, f.grow(len(out))
		}
	case "filter":
		return func(f *frame) (any, error) {
			out := []any{}
			err := f.each(list, nil, func(item any) (bool, error) {
				yes, err := body.holds(f)
				if yes {
					out = append(out, item)
				}
				return true, err
			})
			if err != nil {
				return nil, err
			}
			return out, f.grow(len(out))
		}
	case "any", "all", "none":
		ends, result := n.Name != "all", n.Name == "any" // ends the loop, and what it gives then
		return func(f *frame) (any, error) {
			out := !result
			err := f.each(list, nil, func(any) (bool, error) {
				yes, err := body.holds(f)
				if yes == ends {
					out = result
				}
				return yes != ends, err
			})
			return out, err
		}
	case "find":
		return func(f *frame) (any, error) {
			var out any
			err := f.each(list, nil, func(item any) (bool, error) {
				yes, err := body.holds(f)
				if yes {
					out = item
				}
				return !yes, err
			})
			return out, err
		}
	}
	return nil
}

// each calls do for every element of a list while it says to go on.
func (f *frame) each(list code, begin func(int), do func(item any) (bool, error)) error {
	v, err := list(f)
	if err != nil {
		return err
	}
	items, ok := v.([]any)
	if !ok {
		return errUnusual
	}
	if begin != nil {
		begin(len(items))
	}
	at := len(f.loops)
	f.loops = append(f.loops, loop{})
	for i, item := range items {
		f.loops[at].item, f.loops[at].index = item, i
		more, err := do(item)
		if err != nil || !more {
			f.loops = f.loops[:at]
			return err
		}
	}
	f.loops = f.loops[:at]
	return nil
}
