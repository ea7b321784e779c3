package peoplesoftsim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth bounds the nesting of what is read.
const maxDepth = 64

// element is one node of an XML or JSON document, by local name.
type element struct {
	name, space string
	attributes  map[string]string
	text        string
	below       []*element
}

// child is the first child of a name, or nil.
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	for _, b := range e.below {
		if b.name == name {
			return b
		}
	}
	return nil
}

// value is a child's text without surrounding white space.
func (e *element) value(name string) string {
	if c := e.child(name); c != nil {
		return strings.TrimSpace(c.text)
	}
	return ""
}

// descend is the first descendant of a name, depth first, or nil.
func (e *element) descend(name string) *element {
	for _, b := range e.below {
		if b.name == name {
			return b
		}
		if d := b.descend(name); d != nil {
			return d
		}
	}
	return nil
}

// readXML reads one document. DTDs are refused, as by the gateways behind a careful proxy (PEOPLESOFT.md §7.9).
func readXML(body []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	root := &element{}
	stack := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, space: t.Name.Space, attributes: map[string]string{}}
			for _, a := range t.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			top.below = append(top.below, e)
			if stack = append(stack, e); len(stack) > maxDepth {
				return nil, fmt.Errorf("nested deeper than %d", maxDepth)
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		case xml.Directive:
			return nil, errors.New("document type declaration is not allowed")
		}
	}
	if len(root.below) != 1 {
		return nil, errors.New("no root element")
	}
	return root.below[0], nil
}

// readJSON turns an object into the element tree that the same content in XML would be: members become children, arrays repeat.
func readJSON(body []byte, name string) (*element, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	root := &element{}
	if err := readMember(d, root, name, 0); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data after the object")
	}
	if len(root.below) != 1 {
		return nil, errors.New("not an object")
	}
	return root.below[0], nil
}

func readMember(d *json.Decoder, into *element, name string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			for d.More() {
				if err := readMember(d, into, name, depth+1); err != nil {
					return err
				}
			}
			_, err = d.Token()
			return err
		}
		e := &element{name: name}
		into.below = append(into.below, e)
		for d.More() {
			member, err := d.Token()
			if err != nil {
				return err
			}
			if err := readMember(d, e, fmt.Sprint(member), depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
		return err
	case nil:
		into.below = append(into.below, &element{name: name})
	default:
		into.below = append(into.below, &element{name: name, text: fmt.Sprint(t)})
	}
	return nil
}

// escape writes text for XML; what XML cannot carry becomes the replacement character.
func escape(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return ""
	}
	return b.String()
}
