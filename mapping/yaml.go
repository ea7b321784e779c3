package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// node is one value of the YAML file with the path of keys that leads to it. Its methods collect what is wrong in one
// place, so that a file is told all its errors at once.
type node struct {
	value ast.Node
	path  string
	line  int
	errs  *[]error
}

// entry is one key of a mapping, in the order of the file.
type entry struct {
	key   string
	value node
}

func readYAML(text []byte, errs *[]error) (node, bool) {
	if err := Bounded(text, MostRules); err != nil {
		*errs = append(*errs, err)
		return node{}, false
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		*errs = append(*errs, fmt.Errorf("the file is not YAML: %s", yamlError(err)))
		return node{}, false
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) != 1 {
		*errs = append(*errs, fmt.Errorf("line 1: a mapping file holds one document, this one has %d", len(docs)))
		return node{}, false
	}
	return node{value: docs[0], line: lineOf(docs[0], 1), errs: errs}, true
}

// yamlError is the parser's text without its picture of the source: "[3:5] unexpected key" becomes "line 3: …".
func yamlError(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	var line, column int
	if n, _ := fmt.Sscanf(text, "[%d:%d]", &line, &column); n == 2 {
		_, rest, _ := strings.Cut(text, "] ")
		return fmt.Sprintf("line %d: %s", line, rest)
	}
	return text
}

func lineOf(n ast.Node, above int) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return above
	}
	return n.GetToken().Position.Line
}

func (n node) fail(format string, args ...any) {
	where := fmt.Sprintf("line %d", n.line)
	if n.path != "" {
		where += ": " + n.path
	}
	*n.errs = append(*n.errs, fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...)))
}

// mapping gives the entries of a mapping; keys that are not allowed are errors. Without allowed any key goes.
func (n node) mapping(allowed ...string) []entry {
	var values []*ast.MappingValueNode
	switch m := n.value.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		n.fail("must have keys of its own")
		return nil
	}
	out := make([]entry, 0, len(values))
	for _, v := range values {
		key := v.Key.GetToken().Value
		child := node{value: v.Value, path: join2(n.path, key), line: lineOf(v.Key, n.line), errs: n.errs}
		if len(allowed) > 0 && !slices.Contains(allowed, key) {
			child.fail("unknown key%s; known are %s", DidYouMean(key, allowed), strings.Join(allowed, ", "))
			continue
		}
		out = append(out, entry{key: key, value: child})
	}
	return out
}

func (n node) list() []node {
	s, ok := n.value.(*ast.SequenceNode)
	if !ok {
		n.fail("must be a list")
		return nil
	}
	out := make([]node, 0, len(s.Values))
	for i, v := range s.Values {
		out = append(out, node{value: v, path: fmt.Sprintf("%s[%d]", n.path, i+1), line: lineOf(v, n.line), errs: n.errs})
	}
	return out
}

// text is the text of a single value as the file spells it: 007, Y and 1.50 stay what they are.
func (n node) text() string {
	switch v := n.value.(type) {
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value
	}
	n.fail("must be a single value")
	return ""
}

// isText says whether it is a single value.
func (n node) isText() bool {
	switch n.value.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		return false
	}
	return true
}

func (n node) texts() []string {
	var out []string
	for _, e := range n.list() {
		out = append(out, e.text())
	}
	return out
}

func (n node) bool() bool {
	b, ok := n.value.(*ast.BoolNode)
	if !ok {
		n.fail("must be true or false")
		return false
	}
	return b.Value
}

func (n node) oneOf(values ...string) string {
	t := n.text()
	if !slices.Contains(values, t) {
		n.fail("must be one of %s", strings.Join(values, ", "))
	}
	return t
}

func (n node) expression(names []string) *expression {
	e, err := compile(n.text(), names)
	if err != nil {
		if strings.Contains(err.Error(), "unexpected token EOF") {
			err = fmt.Errorf("%w; if it holds a # or a comma, quote it: YAML takes them for its own", err)
		}
		n.fail("%w", err)
		return nil
	}
	e.line = n.line
	return e
}

func (n node) template(names []string) template {
	t, err := parseTemplate(n.text(), n.line, names)
	if err != nil {
		n.fail("%w", err)
	}
	return t
}

func join2(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
