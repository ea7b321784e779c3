package cases

import (
	"bytes"
	"encoding/json"
	"strconv"

	connector "ml-connector"
	"ml-connector/mapping"
)

// outcome is a Result as it stands in a file; what the Flow does not own is shown once, in document.
type outcome struct {
	Passed    bool                `json:"passed"`
	Withdrawn bool                `json:"withdrawn,omitempty"`
	Problems  []string            `json:"problems,omitempty"`
	Code      connector.Code      `json:"code,omitempty"`
	Missing   []connector.Ref     `json:"missing,omitempty"`
	Adopt     *connector.Ref      `json:"adopt,omitempty"`
	Alike     string              `json:"alike,omitempty"`
	Reserve   []string            `json:"reserve,omitempty"`
	Cuts      []connector.Change  `json:"cuts,omitempty"`
	Notes     []string            `json:"notes,omitempty"`
	Document  connector.Document  `json:"document,omitempty"`
	Owned     *connector.Document `json:"owned,omitempty"` // when it differs from the Document
}

// Outcome is what came of a case, as its file has it.
func Outcome(r mapping.Result) ([]byte, error) {
	o := outcome{Passed: r.Passed, Withdrawn: r.Withdrawn, Problems: r.Reasons(), Code: r.Code(), Missing: r.Missing, Alike: r.Alike, Reserve: r.Reserve, Cuts: r.Cuts, Notes: r.Notes, Document: r.Document}
	if r.Adopt.Kind != "" {
		o.Adopt = &r.Adopt
	}
	if r.Owned.Fingerprint() != r.Document.Fingerprint() {
		o.Owned = &r.Owned
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(o)
	return b.Bytes(), err
}

// Differences holds what came against what was wanted, field by field: Old is what was wanted. A file of outcomes that is
// no outcome is an error.
func Differences(wanted, got []byte) ([]connector.Change, error) {
	if err := strict(wanted, outcomeKeys); err != nil {
		return nil, err
	}
	var a, b any
	if err := decode(wanted, &a); err != nil {
		return nil, err
	}
	if err := decode(got, &b); err != nil {
		return nil, err
	}
	before, _ := connector.AsMap(texts(a))
	after, _ := connector.AsMap(texts(b))
	return connector.Diff(before, after), nil
}

// texts makes every value a text, as Documents have them.
func texts(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = texts(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = texts(e)
		}
		return out
	case bool:
		return strconv.FormatBool(x)
	case json.Number:
		return x.String()
	}
	return v
}
