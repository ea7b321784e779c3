package mapping

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

func document(t testing.TB, text string) connector.Document {
	t.Helper()
	d, err := connector.ParseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// schema is a target with one field of each form.
func schema() connector.Schema {
	return connector.Schema{Fields: []connector.Field{
		{Name: "A", Type: connector.TypeText, Length: 5}, {Name: "B", Type: connector.TypeText, Required: true}, {Name: "N", Type: connector.TypeNumber, Length: 5, Scale: 2},
		{Name: "G", Type: connector.TypeGroup, Fields: []connector.Field{{Name: "A", Type: connector.TypeText}}},
		{Name: "L", Type: connector.TypeList, Fields: []connector.Field{{Name: "A", Type: connector.TypeText}, {Name: "M", Type: connector.TypeList, Fields: []connector.Field{{Name: "A", Type: connector.TypeText}}}}},
	}}
}

func TestApplyBuildsTheDocument(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ fields, source, want string }{
		"a path":                              {`{A: {from: h.x}}`, `{"h":{"x":"1"}}`, `{"A":"1"}`},
		"a path to nothing is left out":       {`{A: {from: h.y.z}}`, `{"h":{"x":"1"}}`, `{}`},
		"a literal as the file spells it":     {`{A: {value: 007}}`, `{}`, `{"A":"007"}`},
		"a decimal is plain text":             {`{N: {expr: 'dec(doc.x) * 2'}}`, `{"x":"5.250"}`, `{"N":"10.5"}`},
		"a condition is true or false":        {`{A: {expr: doc.x == "1"}}`, `{"x":"1"}`, `{"A":"true"}`},
		"a default for what is blank":         {`{A: {from: x, default: '"d"'}}`, `{"x":" "}`, `{"A":"d"}`},
		"when it does not apply":              {`{A: {when: doc.x == "2", from: x}}`, `{"x":"1"}`, `{}`},
		"a group":                             {`{G: {fields: {A: {from: x}}}}`, `{"x":"1"}`, `{"G":{"A":"1"}}`},
		"a group of nothing is left out":      {`{G: {fields: {A: {from: y}}}}`, `{"x":"1"}`, `{}`},
		"a list with numbers and a filter":    {`{L: {each: doc.l, as: e, where: e.x != "2", number: n, fields: {A: {expr: 'e.x + "/" + text(n)'}}}}`, `{"l":[{"x":"1"},{"x":"2"},{"x":"3"}]}`, `{"L":[{"A":"1/1"},{"A":"3/2"}]}`},
		"a list in a list, parents by a path": {`{L: {each: doc.l, as: e, fields: {M: {each: e.m, as: f, fields: {A: {from: ^.^.x}}}}}}`, `{"x":"top","l":[{"m":["1","2"]}]}`, `{"L":[{"M":[{"A":"top"},{"A":"top"}]}]}`},
		"the parent element by a path":        {`{L: {each: doc.l, as: e, fields: {M: {each: e.m, as: f, fields: {A: {from: ^.k}}}}}}`, `{"l":[{"k":"7","m":["1"]}]}`, `{"L":[{"M":[{"A":"7"}]}]}`},
		"an element that is a value":          {`{L: {each: doc.l, as: e, fields: {A: {from: .}}}}`, `{"l":["1","2"]}`, `{"L":[{"A":"1"},{"A":"2"}]}`},
		"one element without a list":          {`{L: {each: doc.l, as: e, fields: {A: {from: x}}}}`, `{"l":{"x":"1"}}`, `{"L":[{"A":"1"}]}`},
		"names inside a list":                 {`{L: {each: doc.l, as: e, let: {twice: 'dec(e) * 2'}, fields: {A: {expr: twice}}}}`, `{"l":["1","2"]}`, `{"L":[{"A":"2"},{"A":"4"}]}`},
		"a spread":                            {`{G: {spread: doc.h, fields: {A: {value: mine}}}}`, `{"h":{"A":"theirs","C":"1","D":""}}`, `{"G":{"A":"mine","C":"1"}}`},
	} {
		r := parse(t, "fields: "+row.fields+"\n").Apply(Context{Source: document(t, row.source)})
		if len(r.Problems) > 0 || string(r.Document.Canonical()) != row.want {
			t.Errorf("%s: %s %v, want %s", name, r.Document.Canonical(), r.Problems, row.want)
		}
	}
}

func TestApplyNamesEveryRuleThatFailed(t *testing.T) {
	t.Parallel()
	f := parse(t, `
let: {bad: 'dec(doc.word) + 1'}
hold:
  - {if: doc.x == "1", message: 'x is {doc.x}, y is {doc.y}'}
  - {if: doc.x == "1", message: no, field: A, code: conflict}
  - {if: bad == 1, message: never}
fields:
  A: {from: long}
  B: {from: nothing}
  N: {expr: bad}
  G: {fields: {A: {expr: 'doc.word * 2'}}}
  L:
    each: doc.l
    as: e
    hold: [{if: e == "2", message: 'element {e}'}]
    fields: {A: {from: ., lookup: words}, C: {value: c}}
`)
	r := f.Apply(Context{Source: document(t, `{"x":"1","word":"w","long":"123456","l":["1","2"]}`), Schema: schema()})
	want := []string{
		`x is 1, y is `, `A: no`, `let bad: "w" is not a number`, `G.A: "w" is not a number`, `L[2]: element 2`,
		`B: is required and has no value`, `L[1].C: the target has no such field`, `L[2].C: the target has no such field`,
	}
	if got := r.Reasons(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if r.Code() != connector.Invalid || !r.Passed || len(r.Reserve) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestCodeIsInvalidAsSoonAsOneProblemIs(t *testing.T) {
	t.Parallel()
	for want, problems := range map[connector.Code][]Problem{
		"": nil, connector.Rejected: {{Code: connector.Rejected}, {Code: connector.Conflict}}, connector.Invalid: {{Code: connector.Rejected}, {}},
	} {
		if got := (Result{Problems: problems}).Code(); got != want {
			t.Errorf("%v: %s, want %s", problems, got, want)
		}
	}
}

func TestCrosswalks(t *testing.T) {
	t.Parallel()
	f := parse(t, "fields: {A: {from: x, lookup: uom, default: '\"none\"'}, B: {expr: 'lookup(\"uom\", doc.x) ?? \"blank\"'}}\n")
	rows := map[string]string{"EACH": "EA"}
	for name, row := range map[string]struct {
		value, a, b string
		missing     int
	}{
		"a row":                               {"EACH", "EA", "EA", 0},
		"no row, but it fits":                 {"BX", "BX", "blank", 0},
		"no row, and it does not fit":         {"BUSHEL", "", "blank", 1},
		"a blank is not looked up":            {"", "none", "blank", 0},
		"white space at the ends is no value": {" EACH ", "EA", "blank", 0},
	} {
		r := f.Apply(Context{Source: connector.Document{"x": row.value}, Schema: schema(), Crosswalk: func(name, value, _ string) (string, bool) {
			to, ok := rows[value]
			return to, ok && name == "uom"
		}})
		if r.Document.Text("A") != row.a || r.Document.Text("B") != row.b || len(r.Missing) != row.missing || len(r.Problems) != row.missing {
			t.Errorf("%s: %s %+v %+v", name, r.Document.Canonical(), r.Problems, r.Missing)
		}
		if row.missing > 0 && (r.Missing[0].Kind != connector.CrosswalkKind || r.Missing[0].Connection != "uom" || r.Missing[0].ID() != "BUSHEL" ||
			r.Problems[0].Message != `crosswalk uom has no row for "BUSHEL", and as it stands it has 6 characters; the target takes at most 5`) {
			t.Errorf("%s: %+v %+v", name, r.Missing, r.Problems)
		}
	}
}

func TestElseSaysWhatBecomesOfAValueWithoutARow(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ rule, value, want, reason string }{
		"identity":                   {`lookup: uom, else: identity`, "BX", "BX", ""},
		"identity that does not fit": {`lookup: uom, else: identity`, "BUSHEL", "", `A: crosswalk uom has no row for "BUSHEL", and as it stands it has 6 characters; the target takes at most 5`},
		"blank":                      {`lookup: uom, else: blank`, "BUSHEL", "", ""},
		"blank, and a default":       {`lookup: uom, else: blank, default: '"none"'`, "BUSHEL", "none", ""},
		"a row before the default":   {`lookup: uom, else: blank, default: '"none"'`, "EACH", "EA", ""},
		"hold, though it fits":       {`lookup: uom, else: hold`, "BX", "", `A: crosswalk uom has no row for "BX"`},
		"hold, and a default":        {`lookup: uom, else: hold, default: '"none"'`, "BX", "", `A: crosswalk uom has no row for "BX"`},
		"hold and a row":             {`lookup: uom, else: hold`, "EACH", "EA", ""},
		"hold and no value at all":   {`lookup: uom, else: hold, default: '"none"'`, "", "none", ""},
		"blank where it is required": {`lookup: uom, else: blank, required: true`, "BX", "", "A: is required and has no value"},
	} {
		r := parse(t, "fields: {A: {from: x, "+row.rule+"}}\n").Apply(Context{Source: connector.Document{"x": row.value}, Schema: connector.Schema{Fields: schema().Fields[:1]},
			Crosswalk: func(_, value, _ string) (string, bool) { return "EA", value == "EACH" }})
		if r.Document.Text("A") != row.want || strings.Join(r.Reasons(), "; ") != row.reason || (len(r.Missing) == 1) != strings.Contains(row.reason, "no row") {
			t.Errorf("%s: %s %v %v", name, r.Document.Canonical(), r.Reasons(), r.Missing)
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	f := parse(t, `
links:
  other: {kind: supplier, when: doc.kind == "s", id: doc.ids, usable: true, reason: 'supplier {doc.name}'}
  values: {kind: gl_account, each: doc.values, as: v, id: '"F/" + v', other: '["S/" + v, "T/" + v]'}
let: {number: 'part(other.id, 2)'}
fields: {A: {expr: number}, B: {value: b}, G: {fields: {A: {expr: other.target.deep.x}}}}
reserve: ['out.A']
`)
	state := func(s connector.Standing) LinkState {
		return LinkState{Found: true, ID: "SET/7", Standing: s, Target: connector.Document{"deep": map[string]any{"x": "y"}}}
	}
	for name, row := range map[string]struct {
		source  string
		links   map[string]LinkState
		linked  bool
		want    string
		problem string
		missing []string
	}{
		"linked and usable":                    {source: `{"kind":"s","ids":["1","2"],"name":"Acme"}`, links: map[string]LinkState{"1": state(connector.Usable)}, want: `{"A":"7","B":"b","G":{"A":"y"}}`},
		"the second ID is the one":             {source: `{"kind":"s","ids":["0","1"]}`, links: map[string]LinkState{"1": state(connector.Usable)}, want: `{"A":"7","B":"b","G":{"A":"y"}}`},
		"not linked":                           {source: `{"kind":"s","ids":"1","name":"Acme"}`, want: `{"B":"b"}`, missing: []string{"supplier Acme"}},
		"linked, not approved":                 {source: `{"kind":"s","ids":"1","name":"Acme"}`, links: map[string]LinkState{"1": state(connector.Pending)}, want: `{"B":"b"}`, missing: []string{"supplier Acme, which is not approved at there yet"}},
		"linked, of unknown standing":          {source: `{"kind":"s","ids":"1","name":"Acme"}`, links: map[string]LinkState{"1": state("")}, want: `{"B":"b"}`, missing: []string{"supplier Acme, which is not approved at there yet"}},
		"linked and closed":                    {source: `{"kind":"s","ids":"1","name":"Acme"}`, links: map[string]LinkState{"1": state(connector.Refused)}, want: `{"B":"b"}`, problem: "supplier Acme is not in use at there any more (SET/7)", missing: []string{"supplier Acme"}},
		"delivered already, closed afterwards": {source: `{"kind":"s","ids":"1"}`, links: map[string]LinkState{"1": state(connector.Refused)}, linked: true, want: `{"A":"7","B":"b","G":{"A":"y"}}`},
		"it refers to nothing":                 {source: `{"kind":"x","ids":"1"}`, want: `{"B":"b"}`},
		"the reference is blank":               {source: `{"kind":"s"}`, want: `{"B":"b"}`},
		"several values, each named once":      {source: `{"values":["1","2","1"]}`, links: map[string]LinkState{"F/2": {Found: true}}, want: `{"B":"b"}`, missing: []string{"gl account F/1"}},
	} {
		asked := map[string]int{}
		r := f.Apply(Context{Source: document(t, row.source), FromName: "here", ToName: "there", Schema: schema(), Linked: row.linked, Link: func(ref connector.Ref) LinkState {
			asked[ref.ID()]++
			for _, id := range ref.IDs {
				if s, ok := row.links[id]; ok {
					return s
				}
			}
			return LinkState{}
		}})
		var missing []string
		for _, m := range r.Missing {
			missing = append(missing, m.Reason)
			if m.Connection != "here" {
				t.Errorf("%s: waits for %+v", name, m)
			}
		}
		if string(r.Document.Canonical()) != row.want || !slices.Equal(missing, row.missing) {
			t.Errorf("%s: %s, waits for %q", name, r.Document.Canonical(), missing)
		}
		if got := strings.Join(r.Reasons(), "; "); got != row.problem || (row.problem != "") != (r.Code() == connector.Rejected) {
			t.Errorf("%s: %q %s", name, got, r.Code())
		}
		for id, n := range asked {
			if n > 1 {
				t.Errorf("%s: asked %d times for %s", name, n, id)
			}
		}
	}
	r := f.Apply(Context{Source: document(t, `{"values":["1"]}`), FromName: "here"})
	want := connector.Ref{Connection: "here", Kind: connector.GLAccount, IDs: []string{"F/1"}, Other: []string{"S/1", "T/1"}, Reason: "gl account F/1"}
	if !reflect.DeepEqual(r.Missing, []connector.Ref{want}) {
		t.Errorf("waits for %+v", r.Missing)
	}
}

func TestOwnership(t *testing.T) {
	t.Parallel()
	f := parse(t, `
fields:
  A: {on: create, value: once, required: true}
  B: {value: always}
  G: {on: create, fields: {A: {expr: 'dec("no")'}}}
  L:
    each: '["1"]'
    as: e
    fields: {A: {from: .}, B: {owned: false, value: theirs}, M: {on: create, each: '["x"]', as: m, fields: {A: {from: .}}}}
alike: '"Acme"'
`)
	created := f.Apply(Context{})
	if got := string(created.Document.Canonical()); got != `{"A":"once","B":"always","L":[{"A":"1","B":"theirs","M":[{"A":"x"}]}]}` || len(created.Problems) != 1 || created.Alike != "Acme" {
		t.Errorf("created: %s %v", got, created.Problems)
	}
	linked := f.Apply(Context{Linked: true, Schema: schema()})
	if got := string(linked.Document.Canonical()); got != `{"B":"always","L":[{"A":"1","B":"theirs"}]}` || linked.Alike != "" {
		t.Errorf("linked: %s %v", got, linked.Problems)
	}
	for _, r := range []Result{created, linked} {
		if got := string(r.Owned.Canonical()); got != `{"B":"always","L":[{"A":"1"}]}` {
			t.Errorf("owned: %s", got)
		}
		if got := string(f.OwnedOf(r.Document).Canonical()); got != `{"B":"always","L":[{"A":"1"}]}` {
			t.Errorf("owned of what was sent: %s", got)
		}
	}
}

func TestFiltersAndWithdrawals(t *testing.T) {
	t.Parallel()
	f := parse(t, "filter: doc.s == \"ok\"\nwithdrawn: doc.s == \"no\"\nfields: {B: {from: s}}\n")
	for name, row := range map[string]struct {
		status                    string
		linked                    bool
		passed, withdrawn, mapped bool
	}{
		"passes":                            {"ok", false, true, false, true},
		"is filtered":                       {"no", false, false, false, false},
		"linked, and moved on":              {"done", true, false, false, false},
		"linked, and withdrawn: still made": {"no", true, false, true, true},
	} {
		r := f.Apply(Context{Source: connector.Document{"s": row.status}, Linked: row.linked})
		if r.Passed != row.passed || r.Withdrawn != row.withdrawn || (len(r.Document) > 0) != row.mapped {
			t.Errorf("%s: %+v", name, r)
		}
	}
	broken := parse(t, "filter: dec(doc.s) > 1\nfields: {B: {from: s}}\n").Apply(Context{Source: connector.Document{"s": "x"}})
	if !broken.Passed || len(broken.Problems) != 1 || broken.Problems[0].Message != `filter: "x" is not a number` {
		t.Errorf("a filter that fails must hold the Record: %+v", broken)
	}
}

func TestTodayIsInTheZoneOfTheConnectionThatHasOne(t *testing.T) {
	t.Parallel()
	f := parse(t, "fields: {A: {expr: today}, B: {expr: day(doc.at)}}\n")
	now := time.Date(2026, 3, 5, 3, 30, 0, 0, time.UTC)
	chicago := connector.Settings{"time_zone": "America/Chicago"}
	for name, row := range map[string]struct {
		c    Context
		at   string
		want string
	}{
		"the target's":                  {Context{To: chicago}, "2026-03-05T03:30:00.000Z", `{"A":"2026-03-04","B":"2026-03-04"}`},
		"the source's":                  {Context{From: chicago}, "2026-03-05T12:00:00Z", `{"A":"2026-03-04","B":"2026-03-05"}`},
		"none: UTC":                     {Context{}, "2026-03-05T03:30:00Z", `{"A":"2026-03-05","B":"2026-03-05"}`},
		"midnight in UTC stays its day": {Context{To: chicago}, "2026-03-05T00:00:00.000Z", `{"A":"2026-03-04","B":"2026-03-05"}`},
		"a date stays its day":          {Context{To: chicago}, "2026-03-05", `{"A":"2026-03-04","B":"2026-03-05"}`},
	} {
		row.c.Now, row.c.Source = now, connector.Document{"at": row.at}
		if r := f.Apply(row.c); string(r.Document.Canonical()) != row.want {
			t.Errorf("%s: %s %v", name, r.Document.Canonical(), r.Problems)
		}
	}
	bad := f.Apply(Context{Now: now, To: connector.Settings{"time_zone": "Mars/Olympus"}})
	if bad.Code() != connector.Misconfigured || len(bad.Problems) != 1 {
		t.Errorf("an unknown zone: %+v", bad)
	}
}

func TestCutsAreShown(t *testing.T) {
	t.Parallel()
	r := parse(t, "fields: {A: {from: x, cut: 5}, B: {from: x, cut: to.most ?? 100}}\n").Apply(Context{Source: connector.Document{"x": "Größe L"}, Schema: schema()})
	want := []connector.Change{{Field: "A", Old: "Größe L", New: "Größe"}}
	if !reflect.DeepEqual(r.Cuts, want) || r.Document.Text("B") != "Größe L" {
		t.Errorf("%+v %s", r.Cuts, r.Document.Canonical())
	}
}

func TestApplyLeavesItsContextAlone(t *testing.T) {
	t.Parallel()
	f := parse(t, "let: {all: 'concat(doc.l, \"3\")'}\nfields: {L: {each: all, as: e, spread: '{\"A\": e}'}, G: {spread: 'merge(doc.g, {\"A\": \"2\"})', fields: {}}}\n")
	c := Context{Source: document(t, `{"l":["1","2"],"g":{"A":"1"}}`)}
	before, _ := json.Marshal(c.Source)
	f.Apply(c)
	if after, _ := json.Marshal(c.Source); string(after) != string(before) {
		t.Errorf("%s became %s", before, after)
	}
}

func TestCrosswalksAreAskedForTheDayOfTheDocument(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 5, 3, 30, 0, 0, time.UTC) // the 4th in Chicago
	for name, row := range map[string]struct{ dated, source, want string }{
		"the Document's day":        {"dated: date(doc.at)\n", `{"at":"2025-12-31T00:00:00.000Z","x":"EACH"}`, "2025-12-31"},
		"in the Connection's zone":  {"dated: day(doc.at)\n", `{"at":"2025-12-31T03:00:00Z","x":"EACH"}`, "2025-12-30"},
		"a Document without a day":  {"dated: date(doc.at)\n", `{"x":"EACH"}`, "2026-03-04"},
		"a Flow that says none":     {"", `{"at":"2025-12-31","x":"EACH"}`, "2026-03-04"},
		"a day that is none":        {"dated: doc.at\n", `{"at":"soon","x":"EACH"}`, "2026-03-04"},
		"one in a loop's predicate": {"dated: first(map(doc.days, date(#)))\n", `{"days":["2024-02-29"],"x":"EACH"}`, "2024-02-29"},
	} {
		f := parse(t, row.dated+"fields: {A: {from: x, lookup: uom}, B: {expr: 'join(map([\"a\", \"b\"], lookup(\"uom\", #)), \",\")'}}\n")
		var asked []string
		r := f.Apply(Context{Source: document(t, row.source), Now: now, To: connector.Settings{"time_zone": "America/Chicago"}, Crosswalk: func(_, value, day string) (string, bool) {
			asked = append(asked, day)
			return "to " + value, true
		}})
		if len(r.Problems) > 0 || r.Document.Text("A") != "to EACH" || r.Document.Text("B") != "to a,to b" || len(asked) != 3 || asked[0] != row.want || asked[2] != row.want {
			t.Errorf("%s: %v %v %s", name, asked, r.Problems, r.Document.Canonical())
		}
	}
}
