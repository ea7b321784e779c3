package mapping

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// valid holds a value against the words of JSON Schema that EditorSchema uses; any other word is an error.
func valid(root, schema map[string]any, v any, path string) []string {
	var out []string
	wrong := func(format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }
	m, isGroup := v.(map[string]any)
	l, isList := v.([]any)
	for word, rule := range schema {
		switch word {
		case "$schema", "$defs", "title", "description":
		case "$ref":
			name, _ := strings.CutPrefix(rule.(string), "#/$defs/")
			def, ok := root["$defs"].(map[string]any)[name].(map[string]any)
			if !ok {
				wrong("no definition %s", name)
				continue
			}
			out = append(out, valid(root, def, v, path)...)
		case "type":
			is := "string"
			switch v.(type) {
			case map[string]any:
				is = "object"
			case []any:
				is = "array"
			case bool:
				is = "boolean"
			case int64, uint64, float64:
				is = "number"
			}
			if one, ok := rule.(string); ok && one != is || !ok && !slices.Contains(rule.([]any), any(is)) {
				wrong("is a %s, not a %v", is, rule)
			}
		case "enum":
			if !slices.Contains(rule.([]any), v) {
				wrong("%v is none of %v", v, rule)
			}
		case "required":
			for _, name := range rule.([]any) {
				if _, has := m[name.(string)]; isGroup && !has {
					wrong("%s is missing", name)
				}
			}
		case "properties":
			for name, inner := range m {
				if p, known := rule.(map[string]any)[name].(map[string]any); known {
					out = append(out, valid(root, p, inner, path+"."+name)...)
				}
			}
		case "additionalProperties":
			known, _ := schema["properties"].(map[string]any)
			for name, inner := range m {
				of, any := rule.(map[string]any)
				if _, named := known[name]; named {
					continue
				} else if !any {
					wrong("%s is not known", name)
				} else {
					out = append(out, valid(root, of, inner, path+"."+name)...)
				}
			}
		case "items":
			for i, e := range l {
				if isList {
					out = append(out, valid(root, rule.(map[string]any), e, fmt.Sprintf("%s[%d]", path, i))...)
				}
			}
		case "minimum", "maximum": // numbers are the parser's
		case "anyOf":
			if !slices.ContainsFunc(rule.([]any), func(one any) bool { return len(valid(root, one.(map[string]any), v, path)) == 0 }) {
				wrong("it is none of what it may be")
			}
		default:
			wrong("the validator does not know the word %s", word)
		}
	}
	return out
}

func validate(t *testing.T, text string) []string {
	t.Helper()
	raw, err := EditorSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return valid(schema, schema, v, "")
}

func TestTheEditorSchemaKnowsTheLanguage(t *testing.T) {
	t.Parallel()
	const all = head + `needs: [p]
schedule: "@daily"
drift: hold
withdraw: update
track: "@hourly"
deep: "@daily"
acknowledge: paid
filter: linked
withdrawn: linked
adopt: {kind: supplier, when: linked, id: doc.a, reason: x}
alike: {name: doc.a, likely: 0.9, tax: hold}
stop: {when: linked, fields: [A]}
title: doc.a
id: out.A
revision: doc.n
taken: filter
reserve: [out.A]
let: {seven: 7, yes_: true}
links: {s: {kind: supplier, when: linked, id: doc.a, other: doc.b, number: doc.c, usable: true, optional: true, ready: sent, reason: y}, t: {kind: invoice, each: doc.l, as: e, id: e}}
hold: [{if: linked, message: m, code: conflict, field: A, on: create}]
note: [{if: linked, message: m}]
spread: doc.g
fields:
  A: {from: a, lookup: uom, else: hold, default: '"x"', cut: 5, when: linked, on: create, owned: false, required: true}
  B: {value: 7}
  L: {each: doc.l, as: x, where: linked, number: n, let: {y: x}, fields: {C: {expr: y}}}
`
	if _, err := Parse([]byte(all)); err != nil {
		t.Fatal(err)
	}
	if got := validate(t, all); len(got) > 0 {
		t.Errorf("refused: %q", got)
	}
	for name, text := range map[string]string{
		"an unknown key":             head + "fields: {A: {from: a}}\nfilters: x\n",
		"an unknown key of a rule":   head + "fields: {A: {frm: a}}\n",
		"one deep in a list":         head + "fields: {L: {each: doc.l, as: e, fields: {A: {frm: a}}}}\n",
		"an unknown key of a link":   head + "links: {s: {kind: supplier, ident: doc.a}}\nfields: {A: {from: a}}\n",
		"an unknown key of a guard":  head + "hold: [{if: linked, message: m, hint: h}]\nfields: {A: {from: a}}\n",
		"an unknown key of a note":   head + "note: [{if: linked, message: m, code: invalid}]\nfields: {A: {from: a}}\n",
		"a kind that is none":        strings.Replace(head, "invoice", "vendor", 1) + "fields: {A: {from: a}}\n",
		"no kind":                    "name: x\nfrom: a\nto: b\nfields: {A: {from: a}}\n",
		"a word for a yes":           head + "fields: {A: {from: a, required: sure}}\n",
		"an else that is none":       head + "fields: {A: {from: a, lookup: uom, else: skip}}\n",
		"a list where a text stands": head + "fields: {A: {from: [a]}}\n",
	} {
		if len(validate(t, text)) == 0 {
			t.Errorf("%s: accepted", name)
		}
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: the parser takes it", name)
		}
	}
	for _, keys := range [][]string{headKeys, levelKeys, ruleKeys, referenceKeys, guardKeys, noteKeys} {
		for _, key := range keys {
			if help[key] == "" {
				t.Errorf("nothing is said of %s", key)
			}
		}
	}
}

func TestTheEditorSchemaTakesTheShippedFlows(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../flows/*.yaml")
	if err != nil || len(paths) != 6 {
		t.Fatalf("%v %v", paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := validate(t, string(text)); len(got) > 0 {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// TestThePageNamesTheWholeLanguage: no function and no key is left out of docs/mapping.md, whose examples are run by the commands' tests.
func TestThePageNamesTheWholeLanguage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	inner := []string{"get", "truth", "neg"} // what the rewriter puts in
	for name := range library {
		if fieldName.MatchString(name) && !slices.Contains(inner, name) && !strings.Contains(page, name+"(") && !strings.Contains(page, " "+name+" ") && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the function %s is not on the page", name)
		}
	}
	for _, keys := range [][]string{headKeys, levelKeys, ruleKeys, referenceKeys, guardKeys, noteKeys, baseNames()} {
		for _, key := range keys {
			if !strings.Contains(page, "`"+key) && !strings.Contains(page, key+":") {
				t.Errorf("the key %s is not on the page", key)
			}
		}
	}
}
