package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

const tracedFlow = `
dated: doc.date
let:
  lines: 'filter(doc.lines, .qty != "0")'
  unit: 'lookup("units", doc.unit) ?? doc.unit'
links:
  supplier: {kind: supplier, when: not blank(doc.supplier), id: doc.supplier, reason: 'supplier {doc.supplier}'}
fields:
  A: {from: h.x}
  V: {expr: supplier.id}
  K: {value: fixed, on: create}
  C: {from: country, lookup: countries}
  D: {from: nothing, default: to.currency}
  E: {from: nothing}
  L:
    each: lines
    as: line
    fields:
      Q: {expr: dec(line.qty) * dec(doc.factor)}
      U: {expr: unit}
      U2: {expr: 'upper(unit)'}
`

const tracedSource = `{"date":"2026-03-01","h":{"x":"1"},"supplier":"S1","country":"US","unit":"EA","factor":"2","lines":[{"qty":"0"},{"qty":"3"},{"qty":"4"}]}`

func traceContext(t *testing.T) Context {
	return Context{Source: document(t, tracedSource), FromName: "a", ToName: "b", To: connector.Settings{"currency": "USD"}, Now: time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC),
		Crosswalk: func(name, value, day string) (string, bool) {
			to, ok := map[string]string{"units EA 2026-03-01": "each"}[name+" "+value+" "+day]
			return to, ok
		},
		Link: func(ref connector.Ref) LinkState { return LinkState{Found: true, ID: "V7", Standing: connector.Usable} }}
}

func TestATraceSaysHowEachValueCameAbout(t *testing.T) {
	t.Parallel()
	f := parse(t, tracedFlow)
	c := traceContext(t)
	plain := f.Apply(c)
	c.Traced = true
	r := f.Apply(c)
	if len(r.Problems) > 0 || string(r.Document.Canonical()) != string(plain.Document.Canonical()) || plain.Traces != nil {
		t.Fatalf("%s %v, and untraced %s %v", r.Document.Canonical(), r.Problems, plain.Document.Canonical(), plain.Problems)
	}
	var got []string
	for _, x := range r.Traces {
		line := fmt.Sprintf("%s = %s, by %s", x.Field, x.Value, x.Rule)
		for _, g := range x.From {
			line += fmt.Sprintf("; %s is %s", g.Name, g.Value)
		}
		for _, w := range x.Rows {
			line += fmt.Sprintf("; %s %s on %s: %s %v", w.Crosswalk, w.Value, w.Day, w.To, w.Row)
		}
		got = append(got, line)
	}
	want := []string{
		`A = 1, by h.x; h.x is 1`,
		`V = V7, by supplier.id; supplier.id is V7; doc.supplier is S1`,
		`K = fixed, by "fixed"`,
		`C = US, by country, lookup countries; country is US; countries US on 2026-03-01:  false`,
		`D = USD, by nothing, default to.currency; to.currency is USD`,
		`L[1].Q = 6, by dec(line.qty) * dec(doc.factor); line.qty is 3; doc.factor is 2`,
		`L[1].U = each, by unit; unit is each; doc.unit is EA; units EA on 2026-03-01: each true`,
		`L[1].U2 = EACH, by upper(unit); unit is each; doc.unit is EA; units EA on 2026-03-01: each true`,
		`L[2].Q = 8, by dec(line.qty) * dec(doc.factor); line.qty is 4; doc.factor is 2`,
		`L[2].U = each, by unit; unit is each; doc.unit is EA; units EA on 2026-03-01: each true`,
		`L[2].U2 = EACH, by upper(unit); unit is each; doc.unit is EA; units EA on 2026-03-01: each true`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	paths := map[string]bool{}
	for _, leaf := range connector.Diff(nil, r.Document) {
		paths[leaf.Field] = true
	}
	for _, x := range r.Traces {
		if !paths[x.Field] {
			t.Errorf("%s is no field of the Document, which has %v", x.Field, paths)
		}
	}
}
