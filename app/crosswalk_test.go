package app

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/money"
	"ml-connector/people"
	"ml-connector/store"
)

func TestACrosswalkThatNoFlowLooksUpIsNotSet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.SetCrosswalk(t.Context(), "word", store.CrosswalkRow{Left: "x", Right: "y"}, false, people.Local("cli:jdoe"))
	if connector.CodeOf(err) != connector.NotFound || !strings.Contains(err.Error(), "did you mean words?") || !strings.Contains(connector.AsError(err).Hint, "Crosswalks are words.") {
		t.Errorf("got %v", err)
	}
	if list, _ := b.Crosswalks(t.Context()); len(list) != 0 {
		t.Errorf("there are %v", list)
	}
	if _, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: "x", Right: "y"}, false, people.Local("cli:jdoe")); err != nil {
		t.Errorf("one that a shipped Flow looks up: %v", err)
	}
	done, err := b.ImportCrosswalk(t.Context(), "mine", strings.NewReader("alpha,beta\n1,2\n"), "x.csv", ImportOptions{}, people.Local("cli:jdoe"))
	if err != nil || done.Used {
		t.Errorf("an import of what no Flow looks up yet: %+v, %v", done, err)
	}
	if _, err := b.SetCrosswalk(t.Context(), "mine", store.CrosswalkRow{Left: "x", Right: "y"}, false, people.Local("cli:jdoe")); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}

func TestARowTellsHowManyDeliveriesGoOn(t *testing.T) {
	t.Parallel()
	b := filled(t)
	for _, row := range []struct {
		left string
		want int
	}{{"another text", 0}, {"a longer text", 1}, {"a longer text", 0}} {
		done, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: row.left, Right: "short"}, false, people.Local("cli:jdoe"))
		if err != nil || done != (CrosswalkSet{"words", "alpha", "beta", row.want}) {
			t.Errorf("%s: %+v, %v", row.left, done, err)
		}
	}
}

// The program may know more Systems than a Crosswalk joins, and one of them may sort first.
func TestACrosswalkKeepsItsTwoSystems(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Systems = append(b.Systems, newSide("aardvark"), newSide("gamma"))
	b.mustApply(both)
	if _, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: "bye", Right: "vale"}, false, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := b.ExportCrosswalk(t.Context(), "words", &out); err != nil || !strings.HasPrefix(out.String(), "alpha,beta,note\nbye,vale,\n") {
		t.Errorf("%q, %v", out.String(), err)
	}
	for name, row := range map[string]struct {
		header string
		code   connector.Code
	}{"its own": {"beta,alpha", ""}, "others": {"aardvark,beta", connector.Conflict}} {
		if _, err := b.ImportCrosswalk(t.Context(), "words", strings.NewReader(row.header+"\n1,2\n"), "x.csv", ImportOptions{Replace: true}, people.Local("cli:jdoe")); connector.CodeOf(err) != row.code {
			t.Errorf("an import between %s: %v", name, err)
		}
	}
	b.write("words.csv", "gamma,beta\nhello,salve\n")
	for _, dry := range []bool{true, false} {
		if _, err := b.apply(both, ApplyOptions{DryRun: dry}); connector.CodeOf(err) != connector.Conflict {
			t.Errorf("an apply between others: %v", err)
		}
	}
}

// waiting is a bench where papers wait for rows of several values, some for two.
func waiting(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.mustApply(both)
	for id, text := range map[string]string{"p1": "one long text", "p2": "one long text", "p3": "another long text", "p4": "a third long text"} {
		b.put(id, "Paper "+id, connector.Document{"text": text, "total": map[string]any{"value": "1.50", "currency": "USD"}})
	}
	b.sync()
	return b
}

func (b *bench) statesOf(ids ...string) string {
	b.t.Helper()
	var out []string
	for _, id := range ids {
		row, err := b.DB.RecordByID(b.t.Context(), connector.Record{Connection: "a", Kind: connector.Invoice, ID: id})
		if err != nil || row == nil {
			b.t.Fatal(row, err)
		}
		d, err := b.DB.LastDelivery(b.t.Context(), "papers", row.Record)
		if err != nil || d == nil {
			b.t.Fatal(d, err)
		}
		out = append(out, string(d.State))
	}
	return strings.Join(out, " ")
}

func TestOneRowReleasesExactlyWhatWaitsForIt(t *testing.T) {
	t.Parallel()
	b := waiting(t)
	all := []string{"p1", "p2", "p3", "p4"}
	tasks, err := b.CrosswalkTodo(t.Context(), "")
	if err != nil || len(tasks) != 3 {
		t.Fatalf("%+v, %v", tasks, err)
	}
	first := tasks[0]
	if first.Crosswalk != "words" || first.Value != "one long text" || first.System != "alpha" || first.Waiting != 2 || len(first.Records) != 2 || first.Flows[0] != "papers" ||
		len(first.Money) != 1 || first.Money[0] != (money.Amount{Amount: "3.00", Currency: "USD"}) || first.MoneyOf != 2 || first.Since.IsZero() {
		t.Errorf("%+v", first)
	}
	for _, step := range []struct {
		left, right string
		released    int
		states      string
	}{
		{"somebody else's", "one long text", 0, "held held held held"}, // of the other System
		{"one long text", "short", 2, "waiting waiting held held"},
		{"a third long text", "third", 1, "waiting waiting held waiting"},
		{"another long text", "other", 1, "waiting waiting waiting waiting"},
	} {
		done, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: step.left, Right: step.right}, false, people.Local("cli:jdoe"))
		if err != nil || done.Released != step.released || b.statesOf(all...) != step.states {
			t.Errorf("%s: %+v, %v, %s", step.left, done, err, b.statesOf(all...))
		}
	}
	if tasks, err := b.CrosswalkTodo(t.Context(), "words"); err != nil || len(tasks) != 0 {
		t.Errorf("then there are %+v, %v", tasks, err)
	}
	b.sync()
	// The invented target names an object by its text, so p1 and p2 are one there: whichever comes first has it.
	if got := b.statesOf(all...); got != "delivered held delivered delivered" && got != "held delivered delivered delivered" {
		t.Errorf("in the end: %s", got)
	}
}

func TestAnImportIsShownBeforeItIsDone(t *testing.T) {
	t.Parallel()
	b := waiting(t)
	const file = "alpha,beta,note,valid_from\nhello,ave,,\none long text,short,,\nanother long text,other,by hand,2020-01-01\n"
	try := func(o ImportOptions) CrosswalkImport {
		t.Helper()
		done, err := b.ImportCrosswalk(t.Context(), "words", strings.NewReader(file), "x.csv", o, people.Local("cli:jdoe"))
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	want := []CrosswalkValue{
		{"added", "another long text", []string{}, []string{"other from 2020-01-01 (by hand)"}, 1},
		{"changed", "hello", []string{"salve"}, []string{"ave", "salve"}, 0},
		{"added", "one long text", []string{}, []string{"short"}, 2},
	}
	tried := try(ImportOptions{DryRun: true})
	if !reflect.DeepEqual(tried.Changes, want) || tried.Released != 3 || !tried.DryRun {
		t.Errorf("%+v", tried)
	}
	if got := b.statesOf("p1", "p2", "p3", "p4"); got != "held held held held" {
		t.Errorf("a dry run left %s", got)
	}
	if rows, err := b.DB.CrosswalkRows(t.Context(), "words"); err != nil || len(rows) != 1 {
		t.Errorf("a dry run left %v, %v", rows, err)
	}
	replaced := try(ImportOptions{DryRun: true, Replace: true})
	if replaced.Changes[1].New[0] != "ave" || len(replaced.Changes[1].New) != 1 {
		t.Errorf("%+v", replaced.Changes)
	}
	if done := try(ImportOptions{}); !reflect.DeepEqual(done.Changes, want) || done.Released != 3 {
		t.Errorf("%+v", done)
	}
	if got := b.statesOf("p1", "p2", "p3", "p4"); got != "waiting waiting waiting held" {
		t.Errorf("the import left %s", got)
	}
	if again := try(ImportOptions{}); len(again.Changes) != 0 || again.Released != 0 {
		t.Errorf("again: %+v", again)
	}
	var history []string
	if err := b.CrosswalkHistory(t.Context(), "words", "hello", func(c CrosswalkChange) error {
		history = append(history, c.Actor+" "+c.Action+" "+c.Right)
		return nil
	}); err != nil || strings.Join(history, "; ") != "cli:jdoe added ave; cli:jdoe added salve" {
		t.Errorf("%v %v", history, err)
	}
	shown, err := b.Crosswalk(t.Context(), "words")
	if err != nil || len(shown.Rows) != 4 || len(shown.UsedBy) != 1 || shown.UsedBy[0] != (CrosswalkRule{"papers", true, 8, "TEXT"}) || len(shown.Todo) != 1 {
		t.Errorf("%+v %v", shown, err)
	}
}

// TestARowThatIsSetAgainKeepsItsDays and its note, where none are given.
func TestARowThatIsSetAgainKeepsItsDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	set := func(row store.CrosswalkRow, always bool) error {
		row.Left, row.Right = "hello", "ave"
		_, err := b.SetCrosswalk(t.Context(), "words", row, always, people.Local("cli:jdoe"))
		return err
	}
	for _, step := range []struct {
		what   string
		row    store.CrosswalkRow
		always bool
		want   string // note, first day, last day
		fails  bool
	}{
		{"set", store.CrosswalkRow{Note: "Latin", ValidFrom: "2026-01-01", ValidTo: "2026-06-30"}, false, "Latin 2026-01-01 2026-06-30", false},
		{"set again", store.CrosswalkRow{}, false, "Latin 2026-01-01 2026-06-30", false},
		{"with another last day", store.CrosswalkRow{ValidTo: "2026-09-30"}, false, "Latin 2026-01-01 2026-09-30", false},
		{"with a last day before the first that it keeps", store.CrosswalkRow{ValidTo: "2025-09-30"}, false, "Latin 2026-01-01 2026-09-30", true},
		{"with days and without any", store.CrosswalkRow{ValidTo: "2026-12-31"}, true, "Latin 2026-01-01 2026-09-30", true},
		{"without days", store.CrosswalkRow{Note: "all year"}, true, "all year  ", false},
	} {
		if err := set(step.row, step.always); (err != nil) != step.fails || err != nil && connector.CodeOf(err) != connector.Invalid {
			t.Errorf("%s: %v", step.what, err)
		}
		rows, err := b.DB.CrosswalkRows(t.Context(), "words")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range rows {
			if r.Left == "hello" && r.Right == "ave" {
				got = r.Note + " " + r.ValidFrom + " " + r.ValidTo
			}
		}
		if got != step.want {
			t.Errorf("%s: %q, expected %q", step.what, got, step.want)
		}
	}
}
