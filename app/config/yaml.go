package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	connector "ml-connector"
	"ml-connector/mapping"
)

// node is one value of the file: where it stands, and where its problems go.
type node struct {
	value ast.Node
	path  string
	line  int
	found *problems
}

// entry is one key and its value, in the order of the file.
type entry struct {
	key   string
	value node
}

// mostText is how many bytes a configuration file has at most.
const mostText = 4 << 20

// deepest is how far values may be nested.
const deepest = 32

// readYAML parses the text. What is no YAML, or empty, gives a node without a value.
func readYAML(text []byte, found *problems) node {
	if err := mapping.Bounded(text, mostText); err != nil {
		found.add(1, "", "is no configuration: %s", err)
		return node{line: 1, found: found}
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, message := 1, "the text can't be understood"
		if e, ok := errors.AsType[yaml.Error](err); ok { // its Error() would quote the source, secrets and all
			message = e.GetMessage()
			if t := e.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		found.add(line, "", "is not YAML: %s", message)
		return node{line: 1, found: found}
	}
	var docs []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) == 0 {
		return node{line: 1, found: found}
	}
	root := node{value: docs[0], line: lineOf(docs[0], 1), found: found}
	if len(docs) > 1 {
		found.add(lineOf(docs[1], 1), "", "a second document begins here: one file holds one")
	}
	ast.Walk(aliases{found}, docs[0])
	return root
}

// aliases refuses every alias: each could stand for the whole file again, and nothing here is long enough to need one.
type aliases struct{ found *problems }

// Visit looks at one value.
func (v aliases) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AliasNode); ok {
		v.found.add(lineOf(a, 1), "", "has an alias (*%s): write the value out", a.Value.GetToken().Value)
	}
	return v
}

func lineOf(n ast.Node, above int) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return above
	}
	return n.GetToken().Position.Line
}

func (n node) fail(format string, args ...any) { n.found.add(n.line, n.path, format, args...) }

// plain takes anchors and tags off a value.
func (n node) plain() ast.Node {
	v := n.value
	for {
		switch x := v.(type) {
		case *ast.AnchorNode:
			v = x.Value
		case *ast.TagNode:
			v = x.Value
		default:
			return v
		}
	}
}

// entries gives the keys of a map. Keys that are not known and keys that stand twice are problems; without known, every
// key goes. Nothing (a key without a value) is an empty map.
func (n node) entries(known ...string) []entry {
	var values []*ast.MappingValueNode
	switch m := n.plain().(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.NullNode, *ast.AliasNode, nil:
		return nil
	default:
		n.fail("must have keys of its own")
		return nil
	}
	out := make([]entry, 0, len(values))
	first := map[string]int{}
	for _, v := range values {
		e := entry{key: v.Key.GetToken().Value, value: node{value: v.Value, line: lineOf(v.Key, n.line), found: n.found}}
		e.value.path = e.key
		if n.path != "" {
			e.value.path = n.path + "." + e.key
		}
		switch {
		case first[e.key] > 0:
			e.value.fail("stands here a second time, after line %d; keep one", first[e.key])
			continue
		case len(known) > 0 && !slices.Contains(known, e.key):
			e.value.fail("is not known here%s (known: %s)", mapping.DidYouMean(e.key, known), strings.Join(known, ", "))
		default:
			out = append(out, e)
		}
		first[e.key] = e.value.line
	}
	return out
}

// items gives the elements of a list.
func (n node) items() []node {
	s, ok := n.plain().(*ast.SequenceNode)
	if !ok {
		n.fail("must be a list: [A, B]")
		return nil
	}
	out := make([]node, 0, len(s.Values))
	for i, v := range s.Values {
		out = append(out, node{value: v, path: fmt.Sprintf("%s[%d]", n.path, i+1), line: lineOf(v, n.line), found: n.found})
	}
	return out
}

// scalar is the text of a single value as the file spells it, so that 007 and 1.50 stay what they are.
func (n node) scalar() (text string, ok bool) {
	switch v := n.plain().(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(v.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return v.GetToken().Value, true
	}
	return "", false
}

// text is a text that must be there.
func (n node) text() string {
	t, ok := n.scalar()
	if !ok || strings.TrimSpace(t) == "" {
		n.fail("must be a text")
		return ""
	}
	return t
}

func (n node) boolean() (value, ok bool) {
	if b, isBool := n.plain().(*ast.BoolNode); isBool {
		return b.Value, true
	}
	n.fail("must be true or false")
	return false, false
}

func (n node) integer(least int64) (int64, bool) {
	t, _ := n.scalar()
	i, err := strconv.ParseInt(t, 10, 64)
	if err != nil || i < least {
		n.fail("must be a whole number, %d or more", least)
		return 0, false
	}
	return i, true
}

func (n node) oneOf(values ...string) string {
	t, _ := n.scalar()
	if !slices.Contains(values, t) {
		n.fail("must be one of %s", strings.Join(values, ", "))
		return ""
	}
	return t
}

// any is a value of whatever form, as [connector.Settings] hold it: numbers are int64 when they are spelled as one writes
// a whole number, else text.
func (n node) any(depth int) any {
	if depth > deepest {
		n.fail("is nested too deep")
		return nil
	}
	switch v := n.plain().(type) {
	case *ast.NullNode, nil:
		return nil
	case *ast.MappingNode, *ast.MappingValueNode:
		out := map[string]any{}
		for _, e := range n.entries() {
			out[e.key] = e.value.any(depth + 1)
		}
		return out
	case *ast.SequenceNode:
		out := []any{}
		for _, e := range n.items() {
			out = append(out, e.any(depth+1))
		}
		return out
	case *ast.BoolNode:
		return v.Value
	case *ast.IntegerNode:
		text := v.GetToken().Value
		if i, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(i, 10) == text {
			return i
		}
		return text
	}
	text, _ := n.scalar()
	return text
}

// lines notes where each key under a value stands, by its dotted path.
func (n node) lines(out map[string]int, prefix string, depth int) {
	if depth > deepest {
		return
	}
	var values []*ast.MappingValueNode
	switch m := n.plain().(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	}
	for _, v := range values {
		path := prefix + v.Key.GetToken().Value
		if _, ok := out[path]; !ok {
			out[path] = lineOf(v.Key, n.line)
		}
		node{value: v.Value, line: out[path]}.lines(out, path+".", depth+1)
	}
}

// setting reads a value in the form that a Setting has.
func (n node) setting(s connector.Setting) (value any, ok bool) {
	switch s.Type {
	case connector.SettingInt:
		return n.integer(0)
	case connector.SettingBool:
		return n.boolean()
	case connector.SettingTree:
		if _, isNull := n.plain().(*ast.NullNode); isNull {
			return nil, false
		}
		return n.any(0), true
	case connector.SettingTexts:
		list := []any{}
		for _, e := range n.items() {
			list = append(list, e.text())
		}
		return list, true
	}
	if _, isNull := n.plain().(*ast.NullNode); isNull {
		return nil, false
	}
	t, isScalar := n.scalar()
	if !isScalar {
		n.fail("must be a text")
		return nil, false
	}
	return t, true
}
