package jaggaersim

import (
	"bytes"
	"encoding/json"
	"strings"
)

// doc is one JSON object as JAGGAER shows it. Values are string, json.Number, bool, nil, doc and []any; a float never
// occurs, because every foreign document is decoded with numbers kept as text.
type doc = map[string]any

// decode reads JSON with numbers kept as text.
func decode(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

// encode writes JSON without escaping <, > and &, as JAGGAER does.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("jaggaersim: encoding our own document: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// clone copies a document to its last leaf.
func clone[T any](v T) T {
	return copyValue(v).(T)
}

func copyValue(v any) any {
	switch v := v.(type) {
	case doc:
		out := make(doc, len(v))
		for k, x := range v {
			out[k] = copyValue(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = copyValue(x)
		}
		return out
	default:
		return v
	}
}

// at follows a dotted path (supplier.supplierNumber) and answers nil where it ends early.
func at(d doc, path string) any {
	var v any = d
	for _, name := range strings.Split(path, ".") {
		object, ok := v.(doc)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

// text is the value of a path as text; "" when it is absent or an object.
func text(d doc, path string) string {
	switch v := at(d, path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	default:
		return ""
	}
}

// items is the array at a path as objects; elements that are no objects are left out.
func items(d doc, path string) []doc {
	array, _ := at(d, path).([]any)
	out := make([]doc, 0, len(array))
	for _, v := range array {
		if o, ok := v.(doc); ok {
			out = append(out, o)
		}
	}
	return out
}

// list makes an array of documents.
func list(docs ...doc) []any {
	out := make([]any, len(docs))
	for i, d := range docs {
		out[i] = d
	}
	return out
}

// merge applies an RFC 7386 merge patch.
func merge(into, patch doc) {
	for k, v := range patch {
		if v == nil {
			delete(into, k)
			continue
		}
		object, isObject := v.(doc)
		old, wasObject := into[k].(doc)
		if isObject && wasObject {
			merge(old, object)
			continue
		}
		into[k] = copyValue(v)
	}
}

// truth reads every spelling of a boolean that JAGGAER.md §4.2 tells of; absent is the fallback.
func truth(s string, fallback bool) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "y", "1", "t":
		return true
	case "false", "no", "n", "0", "f":
		return false
	default:
		return fallback
	}
}

// flag is a boolean as JAGGAER writes it: a string.
func flag(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
