package mapping

import (
	"strings"
	"testing"

	connector "ml-connector"
)

const head = "name: x\nkind: invoice\nfrom: a\nto: b\n"

func parse(t testing.TB, text string) *Flow {
	t.Helper()
	f, err := Parse([]byte(head + text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseReadsTheHead(t *testing.T) {
	t.Parallel()
	f := parse(t, "needs: [p, q]\nschedule: \"@daily\"\ndrift: hold\nwithdraw: update\ntrack: \"@hourly\"\ndeep: \"@daily\"\nacknowledge: paid\nalike: doc.name\nfields: {A: {from: a}}\n")
	switch {
	case f.Name != "x", f.Kind != connector.Invoice, f.From != "a", f.To != "b", len(f.Needs) != 2, f.Schedule != "@daily", f.Drift != connector.DriftHold,
		f.Withdraw != connector.WithdrawUpdate, f.Track != "@hourly", f.Deep != "@daily", f.Acknowledge != "paid", !f.ComparesNames():
		t.Errorf("%+v", f)
	}
}

func TestParseNamesLineAndKey(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"no YAML":                             {"fields: [", "line 5"},
		"a tab for a space":                   {"fields:\n\tA: 1\n", "line 6: found character"},
		"a key twice":                         {"name: y\n", "line 5: mapping key \"name\" already defined at [1:1]"},
		"two documents":                       {"fields: {A: {from: a}}\n---\nname: y\n", "line 1: a mapping file holds one document, this one has 2"},
		"an unknown key":                      {"fields: {A: {from: a}}\nfilters: x\n", "line 6: filters: unknown key; did you mean filter?; known are name"},
		"an unknown key of a rule":            {"fields:\n  A: {frm: a}\n", "line 6: fields.A.frm: unknown key; did you mean from?; known are from"},
		"a stop without fields":               {"stop: {when: linked}\nfields: {A: {from: a}}\n", "line 5: stop: when and fields are needed"},
		"a stop of a field without a rule":    {"stop: {when: linked, fields: [A, B]}\nfields: {A: {from: a}}\n", "line 5: stop: there is no rule for the field B"},
		"no fields":                           {"filter: linked\n", "line 1: fields is missing"},
		"an expression that is none":          {"fields:\n  A:\n    expr: doc.a +\n", "line 7: fields.A.expr: unexpected token EOF"},
		"an expression that YAML cuts short":  {"filter: 'x' == map(doc.a, #)\nfields: {A: {from: a}}\n", "line 5"},
		"an unquoted # is pointed out":        {"filter: any(doc.a, #.b)\nfields: {A: {from: a}}\n", "if it holds a # or a comma, quote it"},
		"a name that nobody knows":            {"fields: {A: {expr: nobody}}\n", "line 5: fields.A.expr: unknown name nobody"},
		"a name used before it is there":      {"let: {p: q, q: doc.a}\nfields: {A: {expr: p}}\n", "line 5: let.p: unknown name q"},
		"a name taken twice":                  {"let: {today: doc.a}\nfields: {A: {expr: today}}\n", `line 5: let.today: the name "today" is taken`},
		"a name that hides another":           {"let: {line: doc.a}\nfields:\n  A: {each: doc.l, as: line, fields: {B: {from: b}}}\n", `line 7: fields.A.as: the name "line" is taken`},
		"a name that is none":                 {"let: {a-b: doc.a}\nfields: {A: {from: a}}\n", `line 5: let.a-b: "a-b" is no name`},
		"a link that needs itself":            {"let: {p: q.id}\nlinks: {q: {kind: supplier, id: p}}\nfields: {A: {from: a}}\n", "line 6: links.q: needs its own outcome"},
		"a link without id":                   {"links: {q: {kind: supplier}}\nfields: {A: {from: a}}\n", "line 5: links.q: a reference needs id or number"},
		"a link without kind":                 {"links: {q: {id: doc.a}}\nfields: {A: {from: a}}\n", "line 5: links.q: a reference needs kind"},
		"each without as":                     {"links: {q: {kind: supplier, each: doc.a, id: doc.b}}\nfields: {A: {from: a}}\n", "line 5: links.q: each and as go together"},
		"a kind that is none":                 {"links: {q: {kind: vendor, id: doc.b}}\nfields: {A: {from: a}}\n", "line 5: links.q.kind: must be one of gl_account"},
		"a hold without message":              {"hold: [{if: linked}]\nfields: {A: {from: a}}\n", "line 5: hold[1]: a hold needs if and message"},
		"a message with an open brace":        {"hold:\n  - {if: linked, message: \"has {doc.a\"}\nfields: {A: {from: a}}\n", "line 6: hold[1].message: a brace is not closed"},
		"a code that no rule of ours can say": {"hold:\n  - {if: linked, message: x, code: throttled}\nfields: {A: {from: a}}\n", "line 6: hold[1].code: must be one of"},
		"two sources":                         {"fields: {A: {from: a, value: b}}\n", "line 5: fields.A: a field needs one of from, value, expr"},
		"an else without a lookup":            {"fields: {A: {from: a, else: hold}}\n", "line 5: fields.A: else says what becomes of a value that lookup has no row for"},
		"an else that is none":                {"fields: {A: {from: a, lookup: b, else: skip}}\n", "line 5: fields.A.else: must be one of identity, blank, hold"},
		"no source":                           {"fields: {A: {required: true}}\n", "line 5: fields.A: a field needs one of from, value, expr"},
		"a list with a value":                 {"fields: {A: {each: doc.a, as: e, from: a, fields: {B: {from: b}}}}\n", "line 5: fields.A: a group or list has fields"},
		"a list without a name":               {"fields: {A: {each: doc.a, fields: {B: {from: b}}}}\n", "line 5: fields.A: each needs as"},
		"a group that filters":                {"fields: {A: {where: linked, fields: {B: {from: b}}}}\n", "line 5: fields.A: as, where and number belong to each"},
		"a path that is none":                 {"fields: {A: {from: 'a.b[1]'}}\n", `line 5: fields.A.from: "a.b[1]" is no path`},
		"a word for a yes":                    {"fields: {A: {from: a, required: yes}}\n", "line 5: fields.A.required: must be true or false"},
		"text where keys belong":              {"fields: A\n", "line 5: fields: must have keys of its own"},
		"a list where text belongs":           {"fields: {A: {from: [a]}}\n", "line 5: fields.A.from: must be a single value"},
	} {
		_, err := Parse([]byte(head + row.text))
		if connector.CodeOf(err) != connector.Invalid || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestParseNamesAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte("kind: vendor\nfields:\n  A: {expr: nobody}\n  B: {from: a, as: x}\n"))
	for _, want := range []string{"line 1: kind", "line 3: fields.A.expr", "line 4: fields.B", "name is missing", "from is missing", "to is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell %q", err, want)
		}
	}
}

func TestWhereIsACondition(t *testing.T) {
	t.Parallel()
	f := parse(t, "fields: {A: {from: a}}\n")
	for text, want := range map[string]bool{`doc.a == "1"`: true, `doc.a == "2"`: false, `doc.nowhere`: false} {
		w, err := Where(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Apply(Context{Source: connector.Document{"a": "1"}, Where: w}); got.Passed != want {
			t.Errorf("%s: passed is %t", text, got.Passed)
		}
	}
	if _, err := Where("doc.a = 1"); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("got %v", err)
	}
	if _, err := Where("somebody.else"); err == nil || !strings.Contains(err.Error(), "unknown name somebody") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(head + "let: {p: doc.a}\nfields:\n  A: {each: p, as: e, fields: {B: {from: ^.b}}}\n")
	f.Add(head + "hold:\n  - {if: linked, message: 'x {doc.a} y'}\nfields: {A: {expr: doc.a ?? 'b', cut: 3}}\n")
	f.Add(head + "links: {q: {kind: supplier, id: doc.b, usable: true}}\nfields: {A: {expr: q.id, on: create}}\n")
	f.Add("a: &x [*x]\n")
	f.Fuzz(func(t *testing.T, text string) {
		flow, err := Parse([]byte(text))
		if err != nil {
			return
		}
		flow.Check(Ends{})
		flow.Check(Ends{Source: schema(), Target: schema()})
		flow.Explain()
		flow.Apply(Context{Source: connector.Document{"a": "1", "b": []any{"x"}}})
	})
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{`doc.quantity * doc.price`, `shares(100, map(doc.lines, .amount), 2)`, `doc.lines[0].n ?? "x"`, `wrap(doc.name, 3)`, `fill("{a:3}", {"a": 1})`, `1..9`, `reduce(doc.lines, #acc + .n, "")`, `find(doc.lines, .n == "2").amount`, `any(doc.lines, .n in ["1"]) and not (doc.code in [1])`, `{"a": 1, "a": 2}.a`, `map(map(doc.lines, .n), #index + 1)`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := compile(text, []string{"doc"})
		if err != nil {
			return
		}
		a, errA := same(t, e, world())
		b, errB := same(t, e, world())
		if (errA == nil) != (errB == nil) {
			t.Fatalf("%s: once %v, once %v", text, errA, errB)
		}
		x, _ := toText(a)
		y, _ := toText(b)
		if x != y {
			t.Fatalf("%s: once %q, once %q", text, x, y)
		}
	})
}
