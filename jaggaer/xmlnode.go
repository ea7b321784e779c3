package jaggaer

import (
	"bytes"
	"encoding/xml"
	"strings"
	"unicode"

	connector "ml-connector"
)

// node is one element of a document to be sent. Text and children exclude each other.
type node struct {
	name     string
	attrs    []xml.Attr
	text     string
	children []node
}

func leaf(name, text string) node { return node{name: name, text: text} }

// branchOf leaves out children that hold nothing.
func branchOf(name string, children ...node) node {
	n := node{name: name}
	for _, c := range children {
		if !c.blank() {
			n.children = append(n.children, c)
		}
	}
	return n
}

func (n node) with(name, value string) node {
	if value != "" {
		n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: name}, Value: sendable(value)})
	}
	return n
}

// blank says that nothing is lost without the element.
func (n node) blank() bool { return n.text == "" && len(n.children) == 0 && len(n.attrs) == 0 }

// write gives the element as text; the encoder does all escaping.
func (n node) write(e *xml.Encoder) error {
	start := xml.StartElement{Name: xml.Name{Local: n.name}, Attr: n.attrs}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	if n.text != "" {
		if err := e.EncodeToken(xml.CharData(sendable(n.text))); err != nil {
			return err
		}
	}
	for _, c := range n.children {
		if err := c.write(e); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// sendable removes what XML or the router can't take: characters below 0x20 (line breaks and tabs become a blank) and code
// points that are no characters (JAGGAER.md §9, trap 25).
func sendable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < 0x20 || r == 0x7f || r == unicode.ReplacementChar || r == 0xFFFE || r == 0xFFFF || r >= 0xD800 && r <= 0xDFFF:
			return -1
		}
		return r
	}, s)
}

// document is a whole document: declaration, DOCTYPE (an identifier that nobody fetches) and root.
func document(root node, dtd string) ([]byte, error) {
	if dtd == "" {
		return documentOf(root, "")
	}
	return documentOf(root, "DOCTYPE "+root.name+` SYSTEM "`+dtd+`"`)
}

func documentOf(root node, doctype string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	if doctype != "" {
		if err := e.EncodeToken(xml.Directive(doctype)); err != nil {
			return nil, err
		}
		if err := e.EncodeToken(xml.CharData("\n")); err != nil {
			return nil, err
		}
	}
	if err := root.write(e); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// element makes an element of a Document's group by its Schema: fields that begin with a small letter are attributes,
// `value` is the text, the others are elements in the Schema's order.
func element(name string, d connector.Document, fields []connector.Field) node {
	n := node{name: name}
	for _, f := range fields {
		switch f.Type {
		case connector.TypeGroup:
			if m, ok := connector.AsMap(d[f.Name]); ok {
				if c := element(f.Name, m, f.Fields); !c.blank() {
					n.children = append(n.children, c)
				}
			}
		case connector.TypeList:
			for _, m := range d.List(f.Name) {
				if c := element(f.Name, m, f.Fields); !c.blank() {
					n.children = append(n.children, c)
				}
			}
		default:
			text, _ := d[f.Name].(string)
			switch {
			case text == "":
			case f.Name == "value":
				n.text = text
			case unicode.IsLower(rune(f.Name[0])):
				n = n.with(f.Name, text)
			default:
				n.children = append(n.children, leaf(f.Name, text))
			}
		}
	}
	return n
}
