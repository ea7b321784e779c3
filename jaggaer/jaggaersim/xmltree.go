package jaggaersim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is one XML element. line is where its start tag ends, endLine where its end tag does.
type node struct {
	name          string
	attributes    map[string]string
	text          string
	children      []*node
	line, endLine int
}

// document is a parsed XML document; doctype is the root named by the DOCTYPE, "" without one. The DTD that it points to is
// never fetched.
type document struct {
	root    *node
	doctype string
}

// parseXML reads a well-formed document of at most xmlDepth levels.
func parseXML(raw []byte) (document, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "us-ascii") {
			return in, nil
		}
		return nil, fmt.Errorf("encoding %s is not supported", charset)
	}
	var out document
	var open []*node
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		line, _ := d.InputPos()
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attributes: map[string]string{}, line: line}
			for _, a := range t.Attr {
				n.attributes[a.Name.Local] = a.Value
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case out.root == nil:
				out.root = n
			default:
				return out, errors.New("the markup following the root element must be well-formed")
			}
			if open = append(open, n); len(open) > xmlDepth {
				return out, errors.New("too many levels")
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != t.Name.Local {
				return out, fmt.Errorf("the end tag </%s> matches no start tag", t.Name.Local)
			}
			open[len(open)-1].endLine = line
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			} else if len(bytes.TrimSpace(t)) > 0 && !bytes.Equal(t, []byte("\ufeff")) {
				return out, errors.New("content is not allowed outside the root element")
			}
		case xml.Directive:
			if words := strings.Fields(string(t)); len(words) > 1 && words[0] == "DOCTYPE" {
				out.doctype = words[1]
			}
		}
	}
	if out.root == nil || len(open) > 0 {
		return out, errors.New("the document ends before its root element does")
	}
	return out, nil
}

const xmlDepth = 100

// child is the first child of that name, or an empty node, so that look-ups chain.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &node{}
}

func (n *node) has(name string) bool { return n.child(name).name != "" }

// all are the children of that name.
func (n *node) all(name string) []*node {
	var out []*node
	for _, c := range n.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// value is the text without the white space around it.
func (n *node) value() string { return strings.TrimSpace(n.text) }

// get follows child names and answers the trimmed text at the end.
func (n *node) get(path ...string) string {
	for _, name := range path {
		n = n.child(name)
	}
	return n.value()
}

// element is XML to be written. Texts are padded with line breaks and tabs, as JAGGAER's are.
type element struct {
	name       string
	attributes []string // name, value, name, value …
	text       string
	children   []element
}

func el(name, text string, children ...element) element {
	return element{name: name, text: text, children: children}
}

func (e element) with(attributes ...string) element {
	e.attributes = attributes
	return e
}

func (e element) write(b *bytes.Buffer, depth int) {
	tabs := strings.Repeat("\t", depth)
	b.WriteString(tabs + "<" + e.name)
	for i := 0; i+1 < len(e.attributes); i += 2 {
		b.WriteString(" " + e.attributes[i] + `="` + strings.ReplaceAll(escapeXML(e.attributes[i+1]), `"`, "&quot;") + `"`)
	}
	if e.text == "" && len(e.children) == 0 {
		b.WriteString("/>\n")
		return
	}
	b.WriteString(">\n")
	if e.text != "" {
		b.WriteString(tabs + "\t" + escapeXML(e.text) + "\n")
	}
	for _, c := range e.children {
		c.write(b, depth+1)
	}
	b.WriteString(tabs + "</" + e.name + ">\n")
}

func escapeXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
