package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// expression is one compiled expression, with what it needs to know before it can run.
type expression struct {
	text    string
	line    int // of the file
	program *vm.Program
	code    code     // what the program does, nil where only the program can
	choice  *choice  // where it is one of two by a condition
	uses    []string // names of the scope that it reads
	reads   []string // last fields of the paths that it follows, for the search of cycles
}

// predicates are the functions of the expression language itself that stay; all others are ours (functions.go), so that
// none of them reads a clock, computes in floating point, or depends on the order of a map.
var predicates = []string{"all", "none", "any", "one", "filter", "map", "find", "findIndex", "count", "reduce"}

// maxNodes bounds an expression.
const maxNodes = 2000

// compile checks text against the names that it may use. The error is one line.
func compile(text string, names []string) (*expression, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the expression is empty")
	}
	env := types.Map{}
	for _, n := range names {
		env[n] = types.Any
	}
	r := &rewriter{names: names}
	settings := []expr.Option{expr.Env(env), expr.Optimize(false), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.Patch(r)}
	for _, p := range predicates {
		settings = append(settings, expr.EnableBuiltin(p))
	}
	program, err := expr.Compile(text, append(settings, options()...)...)
	if r.refused != "" {
		return nil, errors.New(r.refused)
	}
	if err != nil {
		return nil, errors.New(oneLine(err))
	}
	if name := stranger(program.Node(), names); name != "" {
		return nil, fmt.Errorf("unknown name %s", name)
	}
	slices.Sort(r.uses)
	uses := slices.Compact(r.uses)
	c := coder{names: uses}
	return &expression{text: text, program: program, code: c.code(program.Node()), choice: c.chosen(program.Node()), uses: uses, reads: r.reads()}, nil
}

// run gives the value of the expression for the values of its names, in their order. A failure inside it, whatever it is,
// is an error of one line. Loops and args of the frame are free to be used.
func (e *expression) run(f *frame) (any, error) {
	if e.code != nil {
		f.loops, f.args, f.room = f.loops[:0], f.args[:0], roomOf
		v, err := e.code(f)
		if err == nil {
			return v, nil
		}
		if err != errUnusual {
			return nil, err
		}
	}
	env := make(map[string]any, len(e.uses))
	for i, name := range e.uses {
		env[name] = f.names[i]
	}
	return e.interpret(env)
}

// interpret is run by the language's own machine.
func (e *expression) interpret(env map[string]any) (any, error) {
	v, err := expr.Run(e.program, env)
	if err != nil {
		return nil, errors.New(oneLine(err))
	}
	return v, nil
}

func oneLine(err error) string {
	if f, ok := errors.AsType[*file.Error](err); ok {
		if f.Prev != nil {
			return f.Prev.Error()
		}
		return fmt.Sprintf("%s (column %d)", f.Message, f.Column+1)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// template is text with expressions in braces.
type template []any // string or *expression

func parseTemplate(text string, line int, names []string) (template, error) {
	var out template
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			out = append(out, before)
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, errors.New("a brace is not closed")
		}
		e, err := compile(inner, names)
		if err != nil {
			return nil, err
		}
		e.line = line
		out, text = append(out, e), after
	}
	return out, nil
}

func (t template) uses() []string {
	var out []string
	for _, part := range t {
		if e, ok := part.(*expression); ok {
			out = append(out, e.uses...)
		}
	}
	return out
}
