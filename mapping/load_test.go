package mapping

import (
	"strings"
	"testing"
)

func TestCheckTargetNamesLineAndField(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ fields, want string }{
		"all is well":                {"{A: {from: a}, G: {fields: {A: {from: a}}}, L: {each: doc.l, as: e, fields: {A: {from: .}, M: {each: e, as: f, fields: {A: {from: .}}}}}}", ""},
		"a field that is not there":  {"{X: {from: a}}", "line 5: X: the target has no such field"},
		"a deep one":                 {"{L: {each: doc.l, as: e, fields: {M: {each: e, as: f, fields: {X: {from: .}}}}}}", "line 5: L.M.X: the target has no such field"},
		"a list that is a group":     {"{G: {each: doc.l, as: e, fields: {A: {from: .}}}}", "line 5: G: is a group at the target, not a list"},
		"a group that is a list":     {"{L: {fields: {A: {from: a}}}}", "line 5: L: is a list at the target, not a group"},
		"a value that is a list":     {"{L: {from: a}}", "line 5: L: is a list at the target and needs fields"},
		"a group that is a value":    {"{A: {fields: {A: {from: a}}}}", "line 5: A: is a text at the target, not a group"},
		"a literal that is too long": {"{A: {value: abcdef}}", `line 5: A: "abcdef" has 6 characters; the target takes at most 5`},
		"a literal of another form":  {"{N: {value: abc}}", `line 5: N: "abc" is not a number`},
	} {
		var got []string
		for _, err := range parse(t, "fields: "+row.fields+"\n").CheckTarget(schema()) {
			got = append(got, err.Error())
		}
		if strings.Join(got, "; ") != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

func TestCyclesBetweenOwnedFieldsAreRefused(t *testing.T) {
	t.Parallel()
	flow := func(from, to, kind, fields string) *Flow {
		f, err := Parse([]byte("name: " + from + "-" + to + "\nkind: " + kind + "\nfrom: " + from + "\nto: " + to + "\nlet: {it: doc.h.name}\nfields: " + fields + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	there := flow("a", "b", "supplier", "{NAME_1: {from: h.name}, CODE: {from: code}}")
	for name, row := range map[string]struct {
		back    *Flow
		refused bool
	}{
		"the same field by a path":       {flow("b", "a", "supplier", "{name: {from: NAME_1}}"), true},
		"the same field in an expr":      {flow("b", "a", "supplier", `{name: {expr: 'doc.NAME_1 + "!"'}}`), true},
		"spelled otherwise":              {flow("b", "a", "supplier", "{Name: {from: deep.name1}}"), true},
		"deep in a list":                 {flow("b", "a", "supplier", "{L: {each: doc.l, as: e, fields: {name: {from: NAME_1}}}}"), true},
		"on create only":                 {flow("b", "a", "supplier", "{name: {on: create, from: NAME_1}}"), false},
		"in a list made on create":       {flow("b", "a", "supplier", "{L: {on: create, each: doc.l, as: e, fields: {name: {from: NAME_1}}}}"), false},
		"sent, but not owned":            {flow("b", "a", "supplier", "{name: {owned: false, from: NAME_1}}"), false},
		"another field":                  {flow("b", "a", "supplier", "{name: {from: CODE}}"), false},
		"another Kind":                   {flow("b", "a", "invoice", "{name: {from: NAME_1}}"), false},
		"another System":                 {flow("c", "a", "supplier", "{name: {from: NAME_1}}"), false},
		"the same direction":             {flow("a", "b", "supplier", "{name: {from: NAME_1}}"), false},
		"through a definition, no cycle": {flow("b", "a", "supplier", "{other: {expr: it}}"), false},
	} {
		err := Cycles([]*Flow{there, row.back})
		if (err != nil) != row.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	byDefinition := flow("b", "a", "supplier", "{NAME_1: {expr: it}}")
	if err := Cycles([]*Flow{flow("a", "b", "supplier", "{name: {expr: doc.NAME_1}}"), byDefinition}); err == nil {
		t.Error("a cycle through a definition was not seen")
	}
}

func TestExplainSaysWhereFieldsComeFrom(t *testing.T) {
	t.Parallel()
	f := parse(t, "fields:\n  A: {from: ^.h.x, lookup: uom}\n  L:\n    each: doc.l\n    as: e\n    on: create\n    fields: {B: {value: b}, C: {expr: e.c}}\n")
	want := []Explanation{
		{Field: "A", Line: 6, From: "^.h.x", Lookup: "uom", Owned: true}, {Field: "L[]", Line: 7, From: "each doc.l", OnCreate: true},
		{Field: "L[].B", Line: 11, From: `"b"`}, {Field: "L[].C", Line: 11, From: "e.c"},
	}
	got := f.Explain()
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}
