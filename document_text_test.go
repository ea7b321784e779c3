package connector

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// plainly is Canonical in the words of encoding/json: what is blank is left out, then the rest is written.
func plainly(d Document) string {
	v := prune(map[string]any(d))
	if v == nil {
		return "{}"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

func TestCanonicalIsWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom([]string{"\u2028", "a\u2029b", "\xff", "<&>", "\"\\\n\t\x00\x7f", "Müller", "\U0001F600", " "}))
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaf := rapid.OneOf(rapid.Map(text, func(s string) any { return s }), rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any](42), rapid.Just[any]([]string{"x"}))
		if depth == 0 {
			return leaf
		}
		group := rapid.MapOfN(text, value(depth-1), 0, 5)
		return rapid.OneOf(leaf,
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 4), func(l []any) any { return l }),
			rapid.Map(group, func(m map[string]any) any { return m }),
			rapid.Map(group, func(m map[string]any) any { return Document(m) }))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Document(rapid.MapOfN(text, value(3), 0, 30).Draw(t, "document"))
		if got, want := string(d.Canonical()), plainly(d); got != want {
			t.Fatalf("%s\nwant %s", got, want)
		}
	})
}
