package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/mapping"
)

// block is a fenced block of a page, or a row of its tables of expressions.
type block struct {
	line       int
	info, text string
}

// blocks reads a page: fenced blocks by their info string, and rows under "| expression | gives |" with the info "row".
func blocks(page string) (out []block) {
	var in *block
	table := false
	for n, line := range strings.Split(page, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && in == nil:
			in = &block{line: n + 1, info: info}
		case fence:
			out = append(out, *in)
			in = nil
		case in != nil:
			in.text += line + "\n"
		case strings.HasPrefix(line, "| expression | gives |"):
			table = true
		case table && strings.HasPrefix(line, "| `"):
			out = append(out, block{n + 1, "row", line})
		case !strings.HasPrefix(line, "|"):
			table = false
		}
	}
	return out
}

// TestTheMappingPageIsTrue runs every example of docs/mapping.md: blocks that name a file are written, commands are run in the
// order of the page and must print what stands there, rules turn the `in` behind them into the `out`, and each row of a table of
// expressions gives what it says of the last document.
func TestTheMappingPageIsTrue(t *testing.T) {
	raw, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var rules, in, doc string
	counted := map[string]int{}
	for _, b := range blocks(string(raw)) {
		kind, name, _ := strings.Cut(b.info, " ")
		counted[kind]++
		switch {
		case kind == "console":
			consoleBlock(t, b)
		case kind == "row":
			expressionRow(t, b, doc)
		case b.info == "json in":
			in = b.text
		case b.info == "json out":
			applied(t, b, rules, in)
		case b.info == "json doc":
			doc = b.text
		case name != "":
			write(t, name, b.text)
		case kind == "yaml":
			rules = b.text
		default:
			t.Errorf("line %d: nothing is done with a block %q", b.line, b.info)
		}
	}
	if counted["console"] < 4 || counted["row"] < 50 || counted["yaml"] < 11 {
		t.Errorf("the page has %v", counted)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// consoleBlock runs `$ ml-connector …` lines, perhaps with `> FILE`; what they print stands below each, and an exit status that
// is not 0 in brackets at the end.
func consoleBlock(t *testing.T, b block) {
	t.Helper()
	for i, part := range strings.Split("\n"+b.text, "\n$ ml-connector ") {
		if i == 0 {
			if strings.TrimSpace(part) != "" {
				t.Errorf("line %d: begins with no command", b.line)
			}
			continue
		}
		command, want, _ := strings.Cut(part, "\n")
		command, file, _ := strings.Cut(command, " > ")
		var out bytes.Buffer
		status := run(t.Context(), strings.Fields(command), strings.NewReader(""), &out, &out, map[string]string{"USER": "jdoe"})
		if file != "" {
			write(t, file, out.String())
			out.Reset()
		}
		if status != 0 {
			fmt.Fprintf(&out, "(exit status %d)\n", status)
		}
		if strings.TrimSpace(out.String()) != strings.TrimSpace(want) {
			t.Errorf("line %d: ml-connector %s:\n%s\nthe page says:\n%s", b.line, command, out.String(), want)
		}
	}
}

const pageHead = "name: x\nkind: invoice\nfrom: a\nto: b\n"

// applied holds what rules make of a document against what the page says: the target Document, or the reasons why there is none.
func applied(t *testing.T, b block, rules, in string) {
	t.Helper()
	if !strings.HasPrefix(rules, "name:") {
		rules = pageHead + rules
	}
	f, err := mapping.Parse([]byte(rules))
	if err != nil {
		t.Errorf("line %d: %v", b.line, err)
		return
	}
	r := f.Apply(contextOfPage(t, b, in))
	var got any = r.Document
	if len(r.Problems) > 0 {
		got = map[string]any{"held": r.Reasons()}
	} else if !r.Passed {
		got = map[string]any{"filtered": true}
	} else if len(r.Missing) > 0 {
		got = map[string]any{"blocked": r.Missing[0].Reason}
	}
	same(t, b, got)
}

func same(t *testing.T, b block, got any) {
	t.Helper()
	var want any
	if err := json.Unmarshal([]byte(b.text), &want); err != nil {
		t.Errorf("line %d: %v", b.line, err)
	}
	x, _ := json.Marshal(got)
	y, _ := json.Marshal(want)
	if string(x) != string(y) {
		t.Errorf("line %d: gives %s, the page says %s", b.line, x, y)
	}
}

func contextOfPage(t *testing.T, b block, text string) mapping.Context {
	t.Helper()
	doc, err := connector.ParseDocument([]byte(text))
	if err != nil {
		t.Errorf("line %d: %v", b.line, err)
	}
	return mapping.Context{
		Source: doc, Record: connector.Record{Connection: "s2p", ID: "700451"}, FromName: "s2p", ToName: "erp",
		From: connector.Settings{}, To: connector.Settings{"time_zone": "America/Chicago", "setids": []any{"SHARE"}},
		Crosswalk: func(name, value, _ string) (string, bool) {
			to, ok := map[string]string{"uom EACH": "EA", "category 42132203": "LAB01"}[name+" "+value]
			return to, ok
		},
		Link: func(ref connector.Ref) mapping.LinkState {
			if ref.ID() == "1003800001" {
				return mapping.LinkState{Found: true, ID: "SHARE/0000012345", Standing: connector.Usable}
			}
			return mapping.LinkState{}
		},
		Choose: func(string) (string, error) { return "42", nil },
		Schema: connector.Schema{},
	}
}

// expressionRow is | `expression` | `value` |; a list or group is written as JSON, nothing as blank.
func expressionRow(t *testing.T, b block, doc string) {
	t.Helper()
	cells := strings.Split(b.text, " | ")
	if len(cells) < 2 {
		t.Errorf("line %d: no row", b.line)
		return
	}
	expression := strings.Trim(strings.TrimPrefix(cells[0], "| "), "`")
	want := strings.Trim(strings.TrimSuffix(strings.TrimSpace(cells[1]), " |"), "`")
	want = strings.TrimSuffix(want, "` |")
	// A spread shows groups as they are; join shows lists.
	f, err := mapping.Parse([]byte(pageHead + "let:\n  it: " + quoted(expression) + "\nfields:\n  OUT: {expr: it}\n"))
	if err != nil {
		t.Errorf("line %d: %v", b.line, err)
		return
	}
	c := contextOfPage(t, b, doc)
	r := f.Apply(c)
	got := r.Document.Text("OUT")
	if len(r.Problems) > 0 && strings.Contains(r.Problems[0].Message, "stands where a single value is needed") {
		got = structured(t, c, expression)
	} else if len(r.Problems) > 0 {
		got = "error: " + r.Problems[0].Message
	}
	if want == "blank" {
		want = ""
	}
	if got != want {
		t.Errorf("line %d: %s gives %s, the page says %s", b.line, expression, got, want)
	}
}

// structured shows a list as JSON, by joining its elements, and a group by spreading it.
func structured(t *testing.T, c mapping.Context, expression string) string {
	t.Helper()
	f, err := mapping.Parse([]byte(pageHead + "fields:\n  L:\n    each: " + quoted(expression) + "\n    as: e\n    fields: {OUT: {expr: e}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := f.Apply(c)
	var list []string
	for _, e := range r.Document.List("L") {
		list = append(list, e.Text("OUT"))
	}
	if len(r.Problems) > 0 { // a group, or a list of groups
		f, err := mapping.Parse([]byte(pageHead + "fields:\n  L:\n    each: " + quoted(expression) + "\n    as: e\n    spread: e\n"))
		if err != nil {
			t.Fatal(err)
		}
		text := string(f.Apply(c).Document.Canonical())
		return strings.TrimSuffix(strings.TrimPrefix(text, `{"L":`), "}")
	}
	text, _ := json.Marshal(list)
	return string(text)
}

func quoted(expression string) string { return "'" + strings.ReplaceAll(expression, "'", "''") + "'" }

// The cases of the shipped Flows are run by the command too, in their own folder.
func TestShippedCasesAreRunByTheCommand(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../flows/*.yaml")
	if err != nil || len(paths) != 6 {
		t.Fatalf("%v %v", paths, err)
	}
	for _, path := range paths {
		var out bytes.Buffer
		if status := run(t.Context(), []string{"mapping", "test", path}, strings.NewReader(""), &out, &out, nil); status != 0 {
			t.Errorf("%s: %d\n%s", path, status, out.String())
		}
	}
}
