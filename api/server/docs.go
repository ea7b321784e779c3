package server

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	connector "ml-connector"
)

//go:embed docs.html
var docsText string

// documented is the page /docs: what the document at /openapi.json says, for people.
type documented struct {
	Version string
	Groups  []operationGroup
	Shapes  []shape
	Codes   []codeRow
}

type operationGroup struct {
	Name       string
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary string
	Parameters                []member
	Takes, Gives              []typeRef
}

// shape is an object of requests or answers.
type shape struct {
	Name    string
	Members []member
}

type member struct {
	Name, Says string
	Type       []typeRef
	Required   bool
}

// typeRef is a word of a type: Link is set where it is a shape.
type typeRef struct{ Text, Link string }

type codeRow struct {
	Code connector.Code
	HTTP int
	Does string
}

// docs answers /docs.
func (a *API) docs(w http.ResponseWriter, _ *http.Request) {
	page, err := a.docsPage()
	if err != nil {
		a.Log.Error("the page of the API can't be made", "error", err)
		http.Error(w, "This page can't be made; the log says why. /openapi.json has the same.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page)
}

// makeDocs makes the page, once.
func makeDocs(a *API) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		t, err := template.New("docs").Parse(docsText)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err = t.Execute(&out, document(a.huma.OpenAPI()))
		return out.Bytes(), err
	})
}

func document(o *huma.OpenAPI) documented {
	out := documented{Version: o.Info.Version}
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		item := o.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			at := slices.IndexFunc(out.Groups, func(g operationGroup) bool { return g.Name == op.Tags[0] })
			if at < 0 {
				at = len(out.Groups)
				out.Groups = append(out.Groups, operationGroup{Name: op.Tags[0]})
			}
			out.Groups[at].Operations = append(out.Groups[at].Operations, operationOf(op))
		}
	}
	schemas := o.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		out.Shapes = append(out.Shapes, shape{name, members(schemas[name])})
	}
	for _, c := range meanings {
		c.HTTP = c.Code.HTTPStatus()
		out.Codes = append(out.Codes, c)
	}
	return out
}

// meanings say what each class of error means to the one who asked.
var meanings = []codeRow{
	{Code: connector.Invalid, Does: "the request, or the record, is malformed by our own check"},
	{Code: connector.Misconfigured, Does: "a path, query, operation or profile is wrong; no record's fault"},
	{Code: connector.Rejected, Does: "the system refused the content"},
	{Code: connector.NotFound, Does: "there is no such thing"},
	{Code: connector.Conflict, Does: "both sides changed, or the thing exists already, or it is not in a state in which this can be done"},
	{Code: connector.Credentials, Does: "the system refused who we are; with HTTP 401, this API does not know who asks"},
	{Code: connector.Forbidden, Does: "the token or person lacks the permission, or we may not do this at the system"},
	{Code: connector.Throttled, Does: "too fast: wait as told"},
	{Code: connector.Unavailable, Does: "no answer, and surely not done: it can be asked again"},
	{Code: connector.Ambiguous, Does: "it may have been done: look before it is asked again"},
	{Code: connector.Internal, Does: "our defect"},
}

func operationOf(op *huma.Operation) operation {
	out := operation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary}
	for _, p := range op.Parameters {
		out.Parameters = append(out.Parameters, member{Name: p.Name, Says: p.Description, Type: words(p.Schema), Required: p.Required})
	}
	if op.RequestBody != nil {
		for kind, m := range op.RequestBody.Content {
			out.Takes = taken(kind, m)
		}
	}
	if ok := op.Responses["200"]; ok != nil {
		for kind, m := range ok.Content {
			out.Gives = taken(kind, m)
		}
	}
	return out
}

func taken(kind string, m *huma.MediaType) []typeRef {
	if kind != "application/json" || m.Schema == nil {
		return []typeRef{{Text: kind}}
	}
	return words(m.Schema)
}

func members(s *huma.Schema) []member {
	var out []member
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		out = append(out, member{Name: name, Says: p.Description, Type: words(p), Required: slices.Contains(s.Required, name)})
	}
	return out
}

// words are a type in words.
func words(s *huma.Schema) []typeRef {
	if s == nil {
		return nil
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return []typeRef{{name, "#shape-" + name}}
	}
	if len(s.AnyOf) > 0 {
		return append(words(s.AnyOf[0]), typeRef{Text: " or null"})
	}
	switch {
	case s.Type == huma.TypeArray:
		return append([]typeRef{{Text: "list of "}}, words(s.Items)...)
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			if text, ok := v.(string); ok {
				values = append(values, text)
			}
		}
		return []typeRef{{Text: strings.Join(values, ", ")}}
	case s.Format != "":
		return []typeRef{{Text: s.Type + " (" + s.Format + ")"}}
	case s.Type == "":
		return []typeRef{{Text: "any value"}}
	}
	return []typeRef{{Text: s.Type}}
}
