package flows_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ml-connector/mapping"
	"ml-connector/mapping/cases"
)

var update = flag.Bool("update", false, "rewrite the golden files with what comes out")

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, flow := range parsed(t) {
		paths, err := filepath.Glob(filepath.Join("testdata", name, "*.in.json"))
		if err != nil || len(paths) == 0 {
			t.Errorf("%s has no golden cases: %v", name, err)
		}
		for _, path := range paths {
			t.Run(name+"/"+strings.TrimSuffix(filepath.Base(path), ".in.json"), func(t *testing.T) {
				t.Parallel()
				c := contextOf(t, readCase(t, path), flow)
				got := outcomeOf(t, flow.Apply(c))
				c.Fixed = &mapping.Fixed{}
				for range 2 { // the second time with what the first remembered
					if again := outcomeOf(t, flow.Apply(c)); !bytes.Equal(again, got) {
						t.Errorf("with what hangs on settings remembered:\n%s\nwithout:\n%s", again, got)
					}
				}
				file := strings.TrimSuffix(path, ".in.json") + ".out.json"
				if *update {
					if err := os.WriteFile(file, got, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s\ngot:\n%s\nwant:\n%s", file, got, want)
				}
			})
		}
	}
}

func outcomeOf(t *testing.T, r mapping.Result) []byte {
	t.Helper()
	text, err := cases.Outcome(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parsed(t testing.TB) map[string]*mapping.Flow {
	t.Helper()
	out := map[string]*mapping.Flow{}
	for name, text := range shippedTexts() {
		f, err := mapping.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = f
	}
	return out
}
