package mapping

import "testing"

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
		{Field: "A", Line: 6, From: "^.h.x", Lookup: "uom", Owned: true, Path: true}, {Field: "L[]", Line: 7, From: "each doc.l", OnCreate: true, Group: true, Each: true},
		{Field: "L[].B", Line: 11, From: `"b"`, Literal: true}, {Field: "L[].C", Line: 11, From: "e.c"},
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

func TestFlowsBesideEachOther(t *testing.T) {
	t.Parallel()
	flow := func(name, from, to, fields string) *Flow {
		f, err := Parse([]byte("name: " + name + "\nkind: supplier\nfrom: " + from + "\nto: " + to + "\nfields: " + fields + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	mine := flow("mine", "a", "b", "\n  NAME: {from: name}\n  CODE: {on: create, from: code}\n  L: {each: doc.l, as: e, fields: {X: {from: x}}}")
	for name, row := range map[string]struct {
		other *Flow
		want  string
	}{
		"another direction, other fields": {flow("o", "b", "a", "{other: {from: CODE}}"), ""},
		"a circle":                        {flow("o", "b", "a", "{name: {from: NAME}}"), "line 6: mine makes name of b from name of a, and o makes the one of the other again; where both are enabled, `apply` refuses them"},
		"the same fields":                 {flow("o", "a", "b", "{CODE: {from: code}, L: {each: doc.l, as: e, fields: {X: {from: x}}}}"), "line 8: o owns 1 of the same fields: L[].X"},
		"the Flow in whose place it runs": {flow("mine", "a", "b", "{NAME: {from: name}}"), ""},
	} {
		got := ""
		for _, f := range mine.Beside([]*Flow{row.other}) {
			got += f.String()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}
