package app

import (
	"bytes"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

func TestACrosswalkThatNoFlowLooksUpIsNotSet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.SetCrosswalk(t.Context(), "word", store.CrosswalkRow{Left: "x", Right: "y"}, "cli:jdoe")
	if connector.CodeOf(err) != connector.NotFound || !strings.Contains(err.Error(), "did you mean words?") || !strings.Contains(connector.AsError(err).Hint, "Crosswalks are words.") {
		t.Errorf("got %v", err)
	}
	if list, _ := b.Crosswalks(t.Context()); len(list) != 0 {
		t.Errorf("there are %v", list)
	}
	if _, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: "x", Right: "y"}, "cli:jdoe"); err != nil {
		t.Errorf("one that a shipped Flow looks up: %v", err)
	}
	done, err := b.ImportCrosswalk(t.Context(), "mine", strings.NewReader("alpha,beta\n1,2\n"), "x.csv", false, "cli:jdoe")
	if err != nil || done.Used {
		t.Errorf("an import of what no Flow looks up yet: %+v, %v", done, err)
	}
	if _, err := b.SetCrosswalk(t.Context(), "mine", store.CrosswalkRow{Left: "x", Right: "y"}, "cli:jdoe"); err != nil {
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
		done, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: row.left, Right: "short"}, "cli:jdoe")
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
	if _, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: "bye", Right: "vale"}, "cli:jdoe"); err != nil {
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
		if _, err := b.ImportCrosswalk(t.Context(), "words", strings.NewReader(row.header+"\n1,2\n"), "x.csv", true, "cli:jdoe"); connector.CodeOf(err) != row.code {
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
