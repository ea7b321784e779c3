package mapping

import "testing"

// TestAChoiceWorksOutWhatIsChosen: a name that can't be worked out is a Problem where it is needed, and nowhere else.
func TestAChoiceWorksOutWhatIsChosen(t *testing.T) {
	t.Parallel()
	for text, row := range map[string]struct {
		want     string
		problems int
	}{
		`linked ? bad : "1"`:                                {`{"A":"1"}`, 0},
		`not linked ? "2" : bad`:                            {`{"A":"2"}`, 0},
		`not linked ? bad : "1"`:                            {`{}`, 1},
		`doc.x ?? bad`:                                      {`{"A":"9"}`, 0},
		`doc.y ?? bad`:                                      {`{}`, 1},
		`text(linked and bad == 1)`:                         {`{}`, 1}, // it is no choice itself
		`linked and bad == 1`:                               {`{"A":"false"}`, 0},
		`doc.x == "9" or bad == 1`:                          {`{"A":"true"}`, 0},
		`doc.x == "8" or bad == 1`:                          {`{}`, 1},
		`linked ? bad : join(map(["a"], let l = #; l), "")`: {`{}`, 1}, // what only the language's machine runs needs all
	} {
		r := parse(t, "let: {bad: dec(doc.word)}\nfields: {A: {expr: '"+text+"'}}\n").Apply(Context{Source: document(t, `{"x":"9","word":"w"}`)})
		if got := string(r.Document.Canonical()); got != row.want || len(r.Problems) != row.problems {
			t.Errorf("%s: %s and %v, want %s and %d problems", text, got, r.Problems, row.want, row.problems)
		}
	}
}
