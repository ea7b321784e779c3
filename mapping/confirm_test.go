package mapping

import (
	"slices"
	"testing"

	connector "ml-connector"
)

func TestDetailsThatChanged(t *testing.T) {
	t.Parallel()
	at := func(parts ...string) (out []Detail) {
		for p := range slices.Chunk(parts, 3) {
			out = append(out, Detail{Where: p[0], Ends: p[1], Hash: p[2]})
		}
		return out
	}
	for name, tc := range map[string]struct {
		was, is []Detail
		want    string
	}{
		"nothing":                                {nil, nil, ""},
		"the same":                               {at("A", "1234", "k.x"), at("A", "1234", "k.x"), ""},
		"another number":                         {at("A", "1234", "k.x"), at("A", "9876", "k.y"), "A changed, ending …1234 before and …9876 now"},
		"another number that ends alike":         {at("A", "1234", "k.x"), at("A", "1234", "k.y"), "A changed, ending …1234 before and …1234 now"},
		"a number too short to show":             {at("A", "", "k.x"), at("A", "", "k.y"), "A changed, ending (too short to show) before and (too short to show) now"},
		"a second account":                       {at("A", "1234", "k.x"), at("A", "1234", "k.x", "B", "5555", "k.z"), "B is new, ending …5555"},
		"an account that is not told any more":   {at("A", "1234", "k.x"), nil, ""},
		"another key":                            {at("A", "1234", "k.x"), at("A", "1234", "l.y"), ""},
		"another key and another number":         {at("A", "1234", "k.x"), at("A", "9876", "l.y"), "A changed, ending …1234 before and …9876 now"},
		"the first account where none was":       {at("acc", "", "told"), at("acc", "", "told", "acc 1", "1234", "k.x"), "acc 1 is new, ending …1234"},
		"told for the first time":                {nil, at("acc", "", "told", "acc 1", "1234", "k.x"), ""},
		"told for the first time, beside others": {at("method", "CHK", "CHK"), at("method", "ACH", "ACH", "acc", "", "told", "acc 1", "1234", "k.x"), "method changed, ending …CHK before and …ACH now"},
	} {
		if got := Changed(tc.was, tc.is); got != tc.want {
			t.Errorf("%s: %q, expected %q", name, got, tc.want)
		}
	}
}

func TestDetailsAreReadFromTheRecordAlone(t *testing.T) {
	t.Parallel()
	f := parse(t, "confirm: 'map(list(doc.accounts), [\"account \" + .id, .number.last, .number.hash])'\nfields: {A: {from: a}}\n")
	got, err := f.Details(Context{Source: connector.Document{"accounts": []any{map[string]any{"id": "1", "number": map[string]any{"last": "1234", "hash": "k.x"}}}}})
	if err != nil || !f.Confirms() || !slices.Equal(got, []Detail{{Where: "account 1", Ends: "1234", Hash: "k.x"}}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.Details(Context{Source: connector.Document{}}); err != nil || len(got) != 0 {
		t.Errorf("without any: %+v, %v", got, err)
	}
}
