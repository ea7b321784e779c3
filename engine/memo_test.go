package engine

import (
	"testing"

	connector "ml-connector"
	"ml-connector/mapping"
)

func TestMemoRemembersForOneBatch(t *testing.T) {
	t.Parallel()
	asked := 0
	linked := false
	find := func() (mapping.LinkState, error) { asked++; return mapping.LinkState{Found: linked, ID: "V1"}, nil }
	found := func(m *memo, ref connector.Ref) bool { s, err := m.link(ref, find); return err == nil && s.Found }
	ref := connector.Ref{Connection: "s2p", Kind: connector.Supplier, IDs: []string{"7"}}
	m := newMemo()
	found(m, ref)
	if found(m, ref); asked != 2 {
		t.Errorf("what was not linked was asked %d times for two questions", asked)
	}
	linked = true
	for range 2 {
		if !found(m, ref) || asked != 3 {
			t.Errorf("a Link that was made meanwhile was asked for %d times", asked)
		}
	}
	other := ref
	other.Connection = "erp"
	if found(m, other); asked != 4 {
		t.Error("a record of another Connection with the same ID was taken for it")
	}
	linked = false
	m.forgetLinks()
	if found(m, ref) {
		t.Error("a Link was remembered although it was to be forgotten")
	}
	linked = true
	if !found(newMemo(), ref) {
		t.Error("the next batch does not see a Link")
	}
}

func TestMemoAsksForAValueOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]bool{"a value with a row": true, "a value without a row": false} {
		asked := 0
		find := func() (string, bool, error) { asked++; return "EA", row, nil }
		m := newMemo()
		for range 3 {
			if v, ok, err := m.translate("uom", "EACH", "2026-03-01", find); v != "EA" || ok != row || err != nil {
				t.Errorf("%s: %q, %t, %v", name, v, ok, err)
			}
		}
		_, _, _ = m.translate("category", "EACH", "2026-03-01", find)
		_, _, _ = m.translate("uom", "BOX", "2026-03-01", find)
		if asked != 3 {
			t.Errorf("%s: asked %d times for three values", name, asked)
		}
		var none *memo
		_, _, _ = none.translate("uom", "EACH", "2026-03-01", find)
		_, _, _ = none.translate("uom", "EACH", "2026-03-01", find)
		if none.forgetLinks(); asked != 5 {
			t.Errorf("%s: without a memo something was remembered", name)
		}
	}
}
