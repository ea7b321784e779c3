package connector

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalText(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		d    Document
		want string
	}{
		"nothing is an empty object":                        {nil, `{}`},
		"keys are sorted":                                   {doc("B", "2", "A", "1"), `{"A":"1","B":"2"}`},
		"blank values are left out":                         {Document{"A": "1", "B": "", "C": nil, "D": Document{}, "E": []any{}}, `{"A":"1"}`},
		"what holds only blanks is left out":                {Document{"G": Document{"X": ""}, "L": []any{Document{"X": ""}, ""}}, `{}`},
		"a blank is not nothing: PeopleSoft stores one":     {doc("A", " "), `{"A":" "}`},
		"leading zeros and trailing ones stay":              {doc("ID", "0000012345", "N", "1.50"), `{"ID":"0000012345","N":"1.50"}`},
		"nothing is escaped for HTML":                       {doc("N", `A & B <c> "d"`), `{"N":"A & B <c> \"d\""}`},
		"characters beyond the basic plane stay":            {doc("N", "Grüße 🧾"), `{"N":"Grüße 🧾"}`},
		"both spellings of a group are the same":            {Document{"G": map[string]any{"X": "1"}, "H": Document{"X": "1"}}, `{"G":{"X":"1"},"H":{"X":"1"}}`},
		"the order of a list is content, its blanks aren't": {Document{"L": []any{doc("X", "2"), doc("X", ""), doc("X", "1")}}, `{"L":[{"X":"2"},{"X":"1"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := string(row.d.Canonical()); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestFingerprintIsOfTheCanonicalText(t *testing.T) {
	t.Parallel()
	// printf '{"A":"1"}' | sha256sum
	const want = "c73dd9fca58e98a9585e9df9e8bcde99fed2bb2f058b328bf119704a2b819b5d"
	if got := doc("A", "1", "B", "").Fingerprint(); got != want {
		t.Errorf("got %s", got)
	}
}

func TestCanonicalRefusesWhatNoDocumentHolds(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a channel was written as content")
		}
	}()
	Document{"A": make(chan int)}.Canonical()
}

func TestDocumentIsReadByPath(t *testing.T) {
	t.Parallel()
	d := Document{"HDR": map[string]any{"SUB": Document{"ID": "007"}}, "LINES": []any{doc("N", "1"), "stray", map[string]any{"N": "2"}}}
	for path, want := range map[string]string{"HDR.SUB.ID": "007", "HDR.SUB": "", "HDR.NONE.ID": "", "LINES.N": "", "NONE": ""} {
		if got := d.Text(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	lines := d.List("LINES")
	if len(lines) != 2 || lines[0].Text("N") != "1" || lines[1].Text("N") != "2" {
		t.Errorf("read the lines %v", lines)
	}
	if got := d.List("HDR"); len(got) != 0 {
		t.Errorf("a group was read as the list %v", got)
	}
}

func TestClonesShareNothing(t *testing.T) {
	t.Parallel()
	d := Document{"A": "1", "B": "", "G": Document{"X": "1"}, "L": []any{map[string]any{"N": "1"}, "x"}, "E": []any{}}
	c := d.Clone()
	if _, ok := c["B"]; !ok || c.Get("E") == nil || c.Fingerprint() != d.Fingerprint() {
		t.Errorf("the copy is %v", c)
	}
	c.List("L")[0]["N"] = "2"
	c.Get("G").(map[string]any)["X"] = "2"
	c["L"].([]any)[1] = "y"
	if d.List("L")[0].Text("N") != "1" || d.Text("G.X") != "1" || d["L"].([]any)[1] != "x" {
		t.Errorf("the copy's changes came through: %v", d)
	}
	if Document(nil).Clone() == nil {
		t.Error("the copy of nothing can't be written to")
	}
}

func TestParseDocument(t *testing.T) {
	t.Parallel()
	d, err := ParseDocument([]byte(`{"A":{"B":["x"]}}`))
	if err != nil || d.Get("A.B").([]any)[0] != "x" {
		t.Errorf("read %v, %v", d, err)
	}
	for _, text := range []string{`[1]`, `{`, ``} {
		if _, err := ParseDocument([]byte(text)); CodeOf(err) != Internal {
			t.Errorf("%q gave %v", text, err)
		}
	}
}

func TestDiffNamesEachLeaf(t *testing.T) {
	t.Parallel()
	old := Document{"A": "1", "B": "2", "G": Document{"X": "1"}, "L": []any{doc("N", "1"), doc("N", "2")}}
	now := Document{"A": "1", "C": "3", "G": map[string]any{"X": "9"}, "L": []any{doc("N", "1"), doc("N", "3", "M", "4")}}
	want := []Change{{"B", "2", ""}, {"C", "", "3"}, {"G.X", "1", "9"}, {"L[2].M", "", "4"}, {"L[2].N", "2", "3"}}
	if got := Diff(old, now); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// anyDocument draws Documents of some depth: T and U are texts out of some, G is a group, L a list of groups.
func anyDocument(depth int, some ...string) *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		d := Document{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"T", "U", "G", "L"}), 0, 4, rapid.ID).Draw(t, "names") {
			switch {
			case name == "T" || name == "U":
				d[name] = rapid.SampledFrom(some).Draw(t, "text")
			case depth > 0 && name == "G":
				d[name] = map[string]any(anyDocument(depth-1, some...).Draw(t, "group"))
			case depth > 0:
				l := []any{}
				for _, e := range rapid.SliceOfN(anyDocument(depth-1, some...), 0, 3).Draw(t, "list") {
					l = append(l, e)
				}
				d[name] = l
			}
		}
		return d
	})
}

func TestEqualFingerprintsMeanNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDocument(2, "", " ", "1", "2", "ü").Draw(t, "a"), anyDocument(2, "", " ", "1", "2", "ü").Draw(t, "b")
		if same, diff := a.Fingerprint() == b.Fingerprint(), Diff(a, b); same != (len(diff) == 0) {
			t.Fatalf("fingerprints equal: %v, differences %v", same, diff)
		}
	})
}

func TestDocumentsComeBackAsTheyWereKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument(2, "", " ", "1", "2", "ü").Draw(t, "d")
		d["T"] = rapid.String().Draw(t, "text")
		back, err := ParseDocument(d.Canonical())
		if err != nil || back.Fingerprint() != d.Fingerprint() || len(Diff(back, d)) > 0 {
			t.Fatalf("%s came back as %s, %v", d.Canonical(), back.Canonical(), err)
		}
		if !Covers(d, back) || !Covers(back, d) {
			t.Fatalf("%s and its copy do not cover each other", d.Canonical())
		}
	})
}
