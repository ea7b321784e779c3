package cases

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/mapping"
)

const base = `{
 "now": "2026-03-05T03:30:00Z",
 "from": {"port": 8443, "rate": 1.5, "list": [1, "x"], "deep": {"flag": true}},
 "crosswalks": {"uom": {"EACH": "EA"}},
 "links": {"supplier 1": {"id": "S/1"}},
 "source": {"number": 12.50, "unit": "EACH", "lines": [{"n": "1"}, {"n": "2"}]}
}`

func read(t *testing.T, text string) (*Case, error) {
	t.Helper()
	b, err := Base([]byte(base))
	if err != nil {
		t.Fatal(err)
	}
	return Read(b, []byte(text))
}

func TestACaseIsLaidOverItsBase(t *testing.T) {
	t.Parallel()
	c, err := read(t, `{"about": "x", "record": "7", "change": {
  "source.lines[3].n": "3", "source.lines[1].n": "one", "source.unit": null, "links.supplier 1.standing": "usable", "from.deep.flag": false, "crosswalks.uom.BX": "BOX"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(c.Source.Canonical()); got != `{"lines":[{"n":"one"},{"n":"2"},{"n":"3"}],"number":"12.50"}` {
		t.Errorf("the source is %s", got)
	}
	if c.From["port"] != int64(8443) || c.From["rate"] != "1.5" || c.From["list"].([]any)[0] != int64(1) || c.From["deep"].(map[string]any)["flag"] != false {
		t.Errorf("the settings are %#v", c.From)
	}
	if c.Record != "7" || c.Rows["uom"]["EACH"] != "EA" || c.Rows["uom"]["BX"] != "BOX" || c.Links["supplier 1"].ID != "S/1" || c.Links["supplier 1"].Standing != connector.Usable {
		t.Errorf("%+v", c)
	}
	again, err := read(t, `{"about": "x"}`) // the base is as it was
	if err != nil || string(again.Source.Canonical()) != `{"lines":[{"n":"1"},{"n":"2"}],"number":"12.50","unit":"EACH"}` {
		t.Errorf("%+v %v", again, err)
	}
}

func TestACaseMayStandAlone(t *testing.T) {
	t.Parallel()
	c, err := Read(nil, []byte(`{"about": "x", "now": "2026-03-05T03:30:00Z", "source": {"a": "1"}}`))
	if err != nil || c.Source.Text("a") != "1" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestABrokenCaseIsRefusedByLine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"no JSON":                          {"{\n \"about\": x}", "line 2: it is not JSON: "},
		"no end":                           {"{\n \"about\": \"x\"", "line 2: it is not JSON: "},
		"nothing":                          {"", "line 1: it is not JSON: "},
		"no group":                         {"[]", "line 1: must be a group"},
		"something behind the end":         {"{\"about\": \"x\"}\n{}", "line 2: there is more behind the end"},
		"an unknown key":                   {"{\"about\": \"x\",\n \"sources\": {}}", "line 2: sources: unknown key; did you mean source?; known are about, "},
		"a key twice":                      {"{\"about\": \"x\",\n \"about\": \"y\"}", "line 2: about: stands twice"},
		"a key of a Document twice":        {"{\"about\": \"x\", \"source\": {\n\"a\": \"1\",\n\"a\": \"2\"}}", "line 3: source.a: stands twice"},
		"an unknown key of a link":         {"{\"about\": \"x\", \"links\": {\"supplier 1\": {\n\"ident\": \"1\"}}}", "line 2: links.supplier 1.ident: unknown key; known are id, source, standing, target"},
		"a change of nothing that is":      {"{\"about\": \"x\", \"change\": {\n\"sorce.a\": \"1\"}}", "line 2: change: sorce.a: unknown key sorce; did you mean source?"},
		"a change of an element too far":   {"{\"about\": \"x\", \"change\": {\n\n\"source.lines[4].n\": \"1\"}}", "line 3: change: source.lines[4].n: there is no element 4; the list has 2"},
		"a change that is no group":        {"{\"about\": \"x\",\n\"change\": []}", "line 2: change: must be a group of paths and values"},
		"it says nothing of itself":        {"{}", "line 1: about is missing"},
		"no source":                        {`{"about": "x", "source": null}`, "line 1: source is missing"},
		"no time":                          {`{"about": "x", "now": "0001-01-01T00:00:00Z"}`, "line 1: now is missing"},
		"a time that is none":              {`{"about": "x", "now": "today"}`, "line 1: "},
		"a yes that is none":               {`{"about": "x", "linked": "yes"}`, "line 1: linked: must be a bool, not a string"},
		"two mistakes, both told in order": {"{\"about\": \"x\", \"change\": {\n\"b\": 1,\n\"a\": 1}}", "line 2: change: b: unknown key b"},
	} {
		_, err := read(t, row.text)
		if err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	if _, err := Base([]byte(`{"about": "x"}`)); err == nil || !strings.HasPrefix(err.Error(), "line 1: about: unknown key") {
		t.Errorf("a base that is about something: %v", err)
	}
}

func TestWhatDiffersIsToldFieldByField(t *testing.T) {
	t.Parallel()
	f, err := mapping.Parse([]byte("name: x\nkind: invoice\nfrom: a\nto: b\nlinks: {s: {kind: supplier, id: '\"1\"'}}\nfields:\n  A: {from: number}\n  U: {from: unit, lookup: uom}\n  S: {on: create, expr: s.id}\n  F: {expr: from.port}\n  N: {expr: choose(\"n\")}\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := read(t, `{"about": "x", "counter": 42, "where": "doc.unit == \"EACH\""}`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Context(f, Ends{FromName: "here", ToName: "there", From: c.From})
	if err != nil {
		t.Fatal(err)
	}
	came, err := Outcome(f.Apply(m))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "passed": true,
 "document": {
  "A": "12.50",
  "F": "8443",
  "N": "42",
  "S": "S/1",
  "U": "EA"
 },
 "owned": {
  "A": "12.50",
  "F": "8443",
  "N": "42",
  "U": "EA"
 }
}
`
	if string(came) != want {
		t.Errorf("came %s", came)
	}
	changes, err := Differences([]byte(`{"passed": false, "document": {"A": 12.50, "F": "8443", "N": "42", "S": "S/2", "X": "1", "U": "EA"}, "owned": {"A": "12.50", "F": "8443", "N": "42", "U": "EA"}}`), came)
	if err != nil || len(changes) != 3 || changes[0] != (connector.Change{Field: "document.S", Old: "S/2", New: "S/1"}) || changes[1].Field != "document.X" || changes[2] != (connector.Change{Field: "passed", Old: "false", New: "true"}) {
		t.Errorf("%+v %v", changes, err)
	}
	if _, err := Differences([]byte("{\n\"pased\": true}"), came); err == nil || !strings.HasPrefix(err.Error(), "line 2: pased: unknown key; did you mean passed?") {
		t.Errorf("got %v", err)
	}
}
