package flows_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/mapping"
)

var update = flag.Bool("update", false, "rewrite the golden files with what comes out")

// golden is one case: a Record and what is known around it. The file names a base case and what is different from it, by
// path; null takes a field away.
type golden struct {
	Record   string                       `json:"record"`
	Source   connector.Document           `json:"source"`
	Linked   bool                         `json:"linked"`
	TargetID string                       `json:"target_id"`
	Target   connector.Document           `json:"target"`
	From     connector.Settings           `json:"from"`
	To       connector.Settings           `json:"to"`
	Now      time.Time                    `json:"now"`
	Where    string                       `json:"where"`
	Rows     map[string]map[string]string `json:"crosswalks"`
	Links    map[string]state             `json:"links"`
	Counter  string                       `json:"counter"`
}

// state is what is known of a referenced Record, by "kind id".
type state struct {
	ID       string             `json:"id"`
	Standing connector.Standing `json:"standing"`
	Target   connector.Document `json:"target"`
}

// outcome is a Result as it stands in a golden file; what the Flow does not own is shown once, in document.
type outcome struct {
	Passed    bool                `json:"passed"`
	Withdrawn bool                `json:"withdrawn,omitempty"`
	Problems  []string            `json:"problems,omitempty"`
	Code      connector.Code      `json:"code,omitempty"`
	Missing   []connector.Ref     `json:"missing,omitempty"`
	Adopt     *connector.Ref      `json:"adopt,omitempty"`
	Alike     string              `json:"alike,omitempty"`
	Reserve   []string            `json:"reserve,omitempty"`
	Cuts      []connector.Change  `json:"cuts,omitempty"`
	Notes     []string            `json:"notes,omitempty"`
	Document  connector.Document  `json:"document,omitempty"`
	Owned     *connector.Document `json:"owned,omitempty"` // when it differs from the Document
}

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
				c := readCase(t, path).context(t, flow)
				got := encode(t, outcomeOf(flow.Apply(c)))
				c.Fixed = &mapping.Fixed{}
				for range 2 { // the second time with what the first remembered
					if again := encode(t, outcomeOf(flow.Apply(c))); !bytes.Equal(again, got) {
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

func (g golden) context(t testing.TB, f *mapping.Flow) mapping.Context {
	t.Helper()
	names := map[string]string{"peoplesoft": "erp", "jaggaer": "s2p"}
	c := mapping.Context{
		Record: connector.Record{Connection: names[f.From], Kind: f.Kind, ID: g.Record}, Source: g.Source,
		Linked: g.Linked, TargetID: g.TargetID, Target: g.Target, From: g.From, To: g.To, FromName: names[f.From], ToName: names[f.To], Now: g.Now,
		Schema: schemas()[f.To][f.Kind],
		Crosswalk: func(name, value string) (string, bool) {
			to, ok := g.Rows[name][value]
			return to, ok
		},
		Link: func(ref connector.Ref) mapping.LinkState {
			for _, id := range append(ref.IDs, ref.Number) {
				if s, ok := g.Links[string(ref.Kind)+" "+id]; ok {
					return mapping.LinkState{Found: true, ID: s.ID, Standing: s.Standing, Target: s.Target}
				}
			}
			return mapping.LinkState{}
		},
		Choose: func(string) (string, error) { return g.Counter, nil },
	}
	if g.Where != "" {
		where, err := mapping.Where(g.Where)
		if err != nil {
			t.Fatal(err)
		}
		c.Where = where
	}
	return c
}

func outcomeOf(r mapping.Result) outcome {
	o := outcome{Passed: r.Passed, Withdrawn: r.Withdrawn, Problems: r.Reasons(), Code: r.Code(), Missing: r.Missing, Alike: r.Alike, Reserve: r.Reserve, Cuts: r.Cuts, Notes: r.Notes, Document: r.Document}
	if r.Adopt.Kind != "" {
		o.Adopt = &r.Adopt
	}
	if r.Owned.Fingerprint() != r.Document.Fingerprint() {
		o.Owned = &r.Owned
	}
	return o
}

func encode(t *testing.T, o outcome) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
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
