package peoplesoft

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxDepth bounds how deep an answer may nest; PeopleSoft's own go no deeper than twelve.
const maxDepth = 64

// element is one node of an answer. XML and JSON become the same tree, because PeopleSoft says the same things in both
// (PEOPLESOFT.md §4.4): of XML only local names count, JSON members become children, and lists repeat their name.
type element struct {
	name  string
	attrs map[string]string
	text  string
	kids  []*element
}

// parseTree reads an answer's body, already UTF-8, as XML or JSON, whichever it looks like.
func parseTree(body []byte) (*element, error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, errors.New("the answer is empty")
	case body[0] == '<':
		return parseXML(body)
	case body[0] == '{' || body[0] == '[':
		return parseJSON(body)
	}
	return nil, errors.New("the answer is neither XML nor JSON")
}

// parseXML reads XML by local names. Document types are refused, with them every entity of its own; characters that XML
// forbids are dropped, as PeopleSoft sends them (PEOPLESOFT.md §7.9).
func parseXML(body []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(dropControls(body)))
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	root := &element{}
	open := []*element{root}
	texts := [][]byte{nil} // of the open elements
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the answer is not XML: %w", err)
		}
		top := open[len(open)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return nil, errors.New("the answer nests too deep")
			}
			e := &element{name: t.Name.Local}
			for _, a := range t.Attr {
				if e.attrs == nil {
					e.attrs = make(map[string]string, len(t.Attr))
				}
				e.attrs[a.Name.Local] = a.Value
			}
			top.kids = append(top.kids, e)
			open, texts = append(open, e), append(texts, nil)
		case xml.EndElement:
			top.text = string(texts[len(texts)-1])
			open, texts = open[:len(open)-1], texts[:len(texts)-1]
		case xml.CharData:
			texts[len(texts)-1] = append(texts[len(texts)-1], t...)
		case xml.Directive:
			return nil, errors.New("the answer has a document type, which is never read")
		}
	}
	if len(root.kids) != 1 {
		return nil, errors.New("the answer is not one XML document")
	}
	return root.kids[0], nil
}

func dropControls(body []byte) []byte {
	bad := func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
	}
	if bytes.IndexFunc(body, bad) < 0 {
		return body
	}
	return bytes.Map(func(r rune) rune {
		if bad(r) {
			return -1
		}
		return r
	}, body)
}

func parseJSON(body []byte) (*element, error) {
	dec := json.NewDecoder(bytes.NewReader(repairJSON(body)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	root := &element{}
	if err := root.grow(v, 0); err != nil {
		return nil, err
	}
	return root, nil
}

// grow hangs a JSON value below e.
func (e *element) grow(v any, depth int) error {
	if depth > maxDepth {
		return errors.New("the answer nests too deep")
	}
	switch x := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			list, isList := x[name].([]any)
			if !isList {
				list = []any{x[name]}
			}
			for _, item := range list {
				kid := &element{name: name}
				if err := kid.grow(item, depth+1); err != nil {
					return err
				}
				e.kids = append(e.kids, kid)
			}
		}
	case []any:
		for _, item := range x {
			kid := &element{}
			if err := kid.grow(item, depth+1); err != nil {
				return err
			}
			e.kids = append(e.kids, kid)
		}
	case string:
		e.text = x
	case json.Number:
		e.text = x.String()
	case bool:
		e.text = strconv.FormatBool(x)
	}
	return nil
}

// all gives every element of that name, at any depth, in document order. Case is no difference: PeopleSoft's varies.
func (e *element) all(name string) []*element {
	if e == nil {
		return nil
	}
	var out []*element
	for _, k := range e.kids {
		if strings.EqualFold(k.name, name) {
			out = append(out, k)
		}
		out = append(out, k.all(name)...)
	}
	return out
}

// first is the first element of that name at any depth, nil when there is none.
func (e *element) first(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if strings.EqualFold(k.name, name) {
			return k
		}
		if f := k.first(name); f != nil {
			return f
		}
	}
	return nil
}

// kid is the direct child of that name.
func (e *element) kid(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if strings.EqualFold(k.name, name) {
			return k
		}
	}
	return nil
}

// value is the text of e, trimmed; "" for no element.
func (e *element) value() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.text)
}

// at follows a JSON pointer by names; a number picks one of several of the same name.
func (e *element) at(pointer string) *element {
	if pointer == "" {
		return nil
	}
	cur := e
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if cur == nil {
			return nil
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if n, err := strconv.Atoi(step); err == nil {
			if n < 0 || n >= len(cur.kids) {
				return nil
			}
			cur = cur.kids[n]
			continue
		}
		cur = cur.kid(step)
	}
	return cur
}
