package app

import (
	"context"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// finding is a side that can be asked for what it holds.
type finding struct{ *side }

func (f finding) Open(o connector.Opening) (connector.Instance, error) {
	if _, err := f.side.Open(o); err != nil {
		return nil, err
	}
	return f, nil
}

func (f finding) Find(_ context.Context, l connector.Lookup) ([]connector.Found, error) {
	if l.ID == "T-9" {
		return []connector.Found{{ID: l.ID}}, nil
	}
	return nil, nil
}

func TestAnIDIsLookedUpBeforeADoubtEndsWithIt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		id        string
		unchecked bool
		code      connector.Code
	}{
		"one that the target has":               {"T-9", false, ""},
		"one that the target does not have":     {"T-8", false, connector.NotFound},
		"one that is to be taken as it is":      {"T-8", true, ""},
		"one with a line break, even unchecked": {"T-9\n", true, connector.Invalid},
		"a blank one, even unchecked":           {" ", true, connector.Invalid},
	} {
		b := newBench(t)
		b.Systems[1] = finding{b.right}
		b.mustApply(both)
		b.right.refuse = connector.Errorf(connector.Ambiguous, "write", "no answer came")
		b.put("s1", "Acme", connector.Document{"name": "Acme"})
		if _, err := b.Sync(t.Context(), SyncOptions{Flows: []string{"things"}}, people.Local("cli:jdoe")); err != nil {
			t.Fatal(err)
		}
		if d, err := b.Delivery(t.Context(), 1, people.Local("cli:jdoe")); err != nil || d.State != connector.InDoubt {
			t.Fatalf("%s: %v, %v", name, d.State, err)
		}
		if err := b.Resolve(t.Context(), 1, row.id, "looked", row.unchecked, people.Local("cli:jdoe")); connector.CodeOf(err) != row.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
