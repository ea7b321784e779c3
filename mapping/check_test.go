package mapping

import (
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
)

// content is a source with one field of each form; in loose there may be others.
func content(open bool) connector.Schema {
	return connector.Schema{Open: open, Fields: []connector.Field{
		{Name: "code", Type: connector.TypeText, Length: 4}, {Name: "words", Type: connector.TypeText, Length: 254}, {Name: "endless", Type: connector.TypeText},
		{Name: "when", Type: connector.TypeDate}, {Name: "stamp", Type: typeTime}, {Name: "flag", Type: connector.TypeBool},
		{Name: "price", Type: connector.TypeNumber, Length: 15, Scale: 5}, {Name: "cents", Type: connector.TypeNumber, Length: 5, Scale: 2},
		{Name: "head", Type: connector.TypeGroup, Fields: []connector.Field{{Name: "number", Type: connector.TypeText, Length: 3}}},
		{Name: "free", Type: connector.TypeGroup},
		{Name: "lines", Type: connector.TypeList, Fields: []connector.Field{{Name: "item", Type: connector.TypeText, Length: 3}, {Name: "parts", Type: connector.TypeList, Fields: []connector.Field{{Name: "key", Type: connector.TypeText, Length: 2}}}}},
	}}
}

func wanted() connector.Schema {
	return connector.Schema{Fields: []connector.Field{
		{Name: "A", Type: connector.TypeText, Length: 5}, {Name: "LONGER", Type: connector.TypeText, Length: 30}, {Name: "NAME", Type: connector.TypeText},
		{Name: "N", Type: connector.TypeNumber, Length: 5, Scale: 2}, {Name: "D", Type: connector.TypeDate}, {Name: "F", Type: connector.TypeBool}, {Name: "CH", Type: connector.TypeText, Values: []string{"X", "Y"}},
		{Name: "G", Type: connector.TypeGroup, Fields: []connector.Field{{Name: "A", Type: connector.TypeText, Length: 5}, {Name: "B", Type: connector.TypeText, Required: true}}},
		{Name: "L", Type: connector.TypeList, Fields: []connector.Field{{Name: "A", Type: connector.TypeText, Length: 5}, {Name: "M", Type: connector.TypeList, Fields: []connector.Field{{Name: "A", Type: connector.TypeText, Length: 5}}}}},
	}}
}

func TestCheckFindsBeforeAnyRecordIsRead(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"all is well": {"fields: {A: {from: code}, N: {from: cents}, D: {from: when}, F: {from: flag}, NAME: {from: words}, G: {fields: {B: {value: b}}},\n L: {each: doc.lines, as: line, fields: {A: {from: item}, M: {each: line.parts, as: p, fields: {A: {from: key}}}}}}", ""},

		"a field that the target does not have":          {"fields: {NAEM: {from: code}}", "error line 5: NAEM: the target has no such field; did you mean NAME?"},
		"a deep one":                                     {"fields: {L: {each: doc.lines, as: e, fields: {M: {each: e.parts, as: p, fields: {X: {from: key}}}}}}", "error line 5: L[].M[].X: the target has no such field"},
		"a list that is a group":                         {"fields: {G: {each: doc.lines, as: e, fields: {A: {from: .}}}}", "error line 5: G: is a group at the target, not a list"},
		"a group that is a list":                         {"fields: {L: {fields: {A: {from: code}}}}", "error line 5: L: is a list at the target, not a group"},
		"a value that is a list":                         {"fields: {L: {from: code}}", "error line 5: L: is a list at the target and needs fields"},
		"a group that is a value":                        {"fields: {A: {fields: {A: {from: code}}}}", "error line 5: A: is a text at the target, not a group"},
		"a literal that is too long":                     {"fields: {A: {value: abcdef}}", `error line 5: A: "abcdef" has 6 characters; the target takes at most 5`},
		"a literal of another form":                      {"fields: {N: {value: abc}}", `error line 5: N: "abc" is not a number`},
		"a literal that is no choice":                    {"fields: {CH: {value: Z}}", `error line 5: CH: "Z" must be one of X, Y`},
		"a required field that nothing fills":            {"fields: {G: {fields: {A: {from: code}}}}", "error line 5: G.B: is required by the target, and no rule fills it"},
		"unless a spread may":                            {"fields: {G: {spread: doc.free, fields: {A: {from: code}}}}", ""},
		"what a spread surely fills, and a rule again":   {"fields: {G: {spread: '{\"A\": \"x\", \"B\": \"y\"}', fields: {A: {from: code}}}}", "warning line 5: G.A: is made twice: by its rule, and by the spread in line 5"},
		"a field that the source does not have":          {"fields: {A: {from: head.numbr}}", "error line 5: A: doc.head.numbr: there is no field numbr; did you mean number?"},
		"one in an expression":                           {"fields: {NAME: {expr: 'upper(doc.head.numbr)'}}", "error line 5: NAME: doc.head.numbr: there is no field numbr; did you mean number?"},
		"one in a let, told once":                        {"let:\n  it: doc.cod\nfields: {A: {expr: it}, NAME: {expr: it}}", "error line 6: doc.cod: there is no field cod; did you mean code?"},
		"one in a filter":                                {"filter: doc.cod == \"1\"\nfields: {A: {from: code}}", "error line 5: doc.cod: there is no field cod; did you mean code?"},
		"one in a guard's message":                       {"hold: [{if: linked, message: 'has {doc.cod}'}]\nfields: {A: {from: code}}", "error line 5: doc.cod: there is no field cod; did you mean code?"},
		"one in a predicate":                             {"filter: any(doc.lines, .itm == \"1\")\nfields: {A: {from: code}}", "error line 5: doc.lines.itm: there is no field itm; did you mean item?"},
		"one inside a list":                              {"fields: {L: {each: 'filter(doc.lines, .item != \"\")', as: line, fields: {A: {expr: line.itm}}}}", "error line 5: L[].A: doc.lines.itm: there is no field itm; did you mean item?"},
		"one through map, flatten and first":             {"fields: {NAME: {expr: 'first(flatten(map(doc.lines, .parts))).kay'}}", "error line 5: NAME: doc.lines.parts.kay: there is no field kay; did you mean key?"},
		"one of the element around it":                   {"fields: {L: {each: doc.lines, as: line, fields: {M: {each: line.parts, as: p, fields: {A: {from: ^.itm}}}}}}", "error line 5: L[].M[].A: doc.lines.itm: there is no field itm; did you mean item?"},
		"more lists up than there are":                   {"fields: {A: {from: ^.code}}", "error line 5: A: ^.code goes up 1 lists; there are 0 around it"},
		"a field of a single value":                      {"fields: {NAME: {expr: doc.code.x}}", "error line 5: NAME: doc.code.x: doc.code is a single value and has no fields"},
		"a field of a list":                              {"fields: {NAME: {expr: doc.lines.item}}", "error line 5: NAME: doc.lines.item: doc.lines is a list and has no fields"},
		"a path through a list":                          {"fields: {NAME: {from: lines.item}}", "error line 5: NAME: lines.item: doc.lines is a list and has no fields; it would always be blank"},
		"a group for a value":                            {"fields: {NAME: {from: head}}", "error line 5: NAME: doc.head is a group of fields, and a single value is needed"},
		"a list for a value":                             {"fields: {NAME: {expr: 'map(doc.lines, .item)'}}", "error line 5: NAME: it is a list, and a single value is needed"},
		"a group of no known fields may have any":        {"fields: {NAME: {expr: doc.free.anything.deep}}", ""},
		"a setting that no Connection has":               {"fields: {NAME: {expr: 'to.profle.x ?? to.profile.y'}}", "error line 5: NAME: to.profle: there is no field profle; did you mean profile?"},
		"a field that a link does not have":              {"links: {other: {kind: supplier, id: doc.code}}\nfields: {NAME: {expr: other.ident}}", "error line 6: NAME: other.ident: there is no field ident"},
		"a field that the linked record does not have":   {"links: {other: {kind: supplier, id: doc.code}}\nfields: {NAME: {expr: other.target.THEER ?? other.target.THERE}}", "error line 6: NAME: other.target.THEER: there is no field THEER; did you mean THERE?"},
		"a key over a field that the target lacks":       {"fields: {A: {from: code}}\nreserve: [out.B]", "error line 6: out.B: there is no field B"},
		"a guard on a field that the target lacks":       {"hold: [{if: linked, message: x, field: NAEM}]\nfields: {A: {from: code}}", "warning line 5: NAEM: the guard names a field that the target does not have; did you mean NAME?"},
		"a text that can be too long":                    {"fields: {A: {from: words}}", "warning line 5: A: doc.words may have 254 characters; the target takes at most 5"},
		"unless it is cut":                               {"fields: {A: {from: words, cut: 5}}", ""},
		"cut too long":                                   {"fields: {A: {from: words, cut: 6}}", "warning line 5: A: it may have 6 characters; the target takes at most 5"},
		"a joined text":                                  {"fields: {A: {expr: 'doc.code + \"-\" + doc.head.number'}}", "warning line 5: A: it may have 8 characters; the target takes at most 5"},
		"the left of it":                                 {"fields: {A: {expr: 'left(doc.words, 5)'}}", ""},
		"a default that is too long":                     {"fields: {A: {from: code, default: '\"longer\"'}}", "warning line 5: A: it may have 6 characters; the target takes at most 5"},
		"one of two":                                     {"fields: {A: {expr: 'linked ? doc.code : doc.words'}}", "warning line 5: A: it may have 254 characters; the target takes at most 5"},
		"a text of no known length":                      {"fields: {A: {from: endless}}", "note line 1: 1 fields take texts whose length the source does not limit: A"},
		"a looked-up value is told when it has no row":   {"fields: {A: {from: words, lookup: uom}}", ""},
		"a crosswalk that is not there":                  {"fields: {A: {from: code, lookup: oum}}", "warning line 5: A: there is no crosswalk oum; did you mean uom?"},
		"one in an expression that is not there":         {"fields: {NAME: {expr: 'lookup(\"words\", doc.code)'}}", "warning line 5: NAME: there is no crosswalk words"},
		"digits before the point":                        {"fields: {N: {from: price}}", "warning line 5: N: price may have 10 digits before the point; the target takes at most 3; warning line 5: N: price may have 5 digits after the point; the target takes at most 2"},
		"a computed number":                              {"fields: {N: {expr: 'round(doc.price, 2)'}}", ""},
		"a date for a number":                            {"fields: {N: {from: when}}", "error line 5: N: doc.when is a date; the target takes a number"},
		"a time for a date":                              {"fields: {D: {from: stamp}}", "error line 5: D: doc.stamp is a time; the target takes a date"},
		"the day of a time":                              {"fields: {D: {expr: 'addDays(day(doc.stamp), 30)'}}", ""},
		"a text for a number":                            {"fields: {N: {from: words}}", "warning line 5: N: doc.words is a text; the target takes a number"},
		"a text for a yes or no":                         {"fields: {F: {from: code}}", "warning line 5: F: doc.code is a text; the target takes a bool"},
		"a condition for a yes or no":                    {"fields: {F: {expr: doc.code == \"Y\"}}", ""},
		"numbers that are put one behind the other":      {"fields: {NAME: {expr: doc.price + doc.cents}}", "warning line 5: NAME: doc.price + doc.cents puts one text behind the other"},
		"numbers that are added":                         {"fields: {N: {expr: 'dec(doc.price) + doc.cents'}}", ""},
		"a variable in an expression":                    {"fields: {NAME: {expr: 'join(map(doc.lines, let l = #; l.itm), \",\")'}}", "error line 5: NAME: doc.lines.itm: there is no field itm; did you mean item?"},
		"a group made in an expression has what it says": {"let: {pairs: 'map(doc.lines, ({\"line\": #}))'}\nfields: {NAME: {expr: 'first(pairs).line.itm ?? first(pairs).lin'}}", "error line 6: NAME: doc.lines.itm: there is no field itm; did you mean item?; error line 6: NAME: lin: there is no field lin; did you mean line?"},
	} {
		ends := Ends{Source: content(false), Target: wanted(), From: []string{"profile"}, To: []string{"profile"}, Crosswalks: []string{"uom"},
			There: func(connector.Kind) connector.Schema {
				return connector.Schema{Fields: []connector.Field{{Name: "THERE", Type: connector.TypeText}}}
			}}
		var got []string
		for _, f := range parse(t, row.text+"\n").Check(ends) {
			got = append(got, string(f.Severity)+" "+f.String())
		}
		slices.Sort(got)
		if strings.Join(got, "; ") != row.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, strings.Join(got, "; "), row.want)
		}
	}
}

func TestCheckIsMilderWhereASourceMayHaveMore(t *testing.T) {
	t.Parallel()
	f := parse(t, "fields: {NAME: {from: head.numbr}}\n")
	got := f.Check(Ends{Source: content(true), Target: wanted()})
	if len(got) != 1 || got[0].Severity != Risky || got[0].Message != "doc.head.numbr: no field numbr is known there; did you mean number?" {
		t.Errorf("%+v", got)
	}
	if got := f.Check(Ends{}); len(got) != 0 {
		t.Errorf("with no Schemas: %+v", got)
	}
}
