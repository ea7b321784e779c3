package flows_test

import (
	"os"
	"path/filepath"
	"testing"

	"ml-connector/app"
	"ml-connector/flows"
	"ml-connector/mapping"
	"ml-connector/mapping/cases"
	"ml-connector/systems"
)

func shippedTexts() map[string][]byte {
	out := map[string][]byte{}
	for _, f := range flows.Shipped() {
		out[f.Name] = f.Text
	}
	return out
}

// readCase reads a case and lays it over the base of its folder.
func readCase(t testing.TB, path string) *cases.Case {
	t.Helper()
	return caseOver(t, filepath.Dir(path), readFile(t, path))
}

// baseCase is what the cases of a Flow have in common.
func baseCase(t testing.TB, flow string) *cases.Case {
	t.Helper()
	return caseOver(t, filepath.Join("testdata", flow), []byte(`{"about": "what all cases have in common"}`))
}

func caseOver(t testing.TB, folder string, text []byte) *cases.Case {
	t.Helper()
	base, err := cases.Base(readFile(t, filepath.Join(folder, "base.json")))
	if err != nil {
		t.Fatal(err)
	}
	c, err := cases.Read(base, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// contextOf is what a Flow is told of a case between Connections to the real Systems: their Schemas, and their settings in force.
func contextOf(t testing.TB, c *cases.Case, f *mapping.Flow) mapping.Context {
	t.Helper()
	m, err := app.Config{Systems: systems.All(), Shipped: flows.Shipped()}.MappingContext(f, c, app.MappingEnds{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
