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
	find := func() mapping.LinkState { asked++; return mapping.LinkState{Found: linked, ID: "V1"} }
	ref := connector.Ref{Connection: "s2p", Kind: connector.Supplier, IDs: []string{"7"}}
	m := newMemo()
	m.link(ref, find)
	if m.link(ref, find); asked != 2 {
		t.Errorf("what was not linked was asked %d times for two questions", asked)
	}
	linked = true
	if !m.link(ref, find).Found || !m.link(ref, find).Found || asked != 3 {
		t.Errorf("a Link that was made meanwhile was asked for %d times", asked)
	}
	other := ref
	other.Connection = "erp"
	if m.link(other, find); asked != 4 {
		t.Error("a record of another Connection with the same ID was taken for it")
	}
	linked = false
	m.forgetLinks()
	if m.link(ref, find).Found {
		t.Error("a Link was remembered although it was to be forgotten")
	}
	linked = true
	if !newMemo().link(ref, find).Found {
		t.Error("the next batch does not see a Link")
	}
}

func TestMemoAsksForAValueOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]bool{"a value with a row": true, "a value without a row": false} {
		asked := 0
		find := func() (string, bool) { asked++; return "EA", row }
		m := newMemo()
		for range 3 {
			if v, ok := m.translate("uom", "EACH", find); v != "EA" || ok != row {
				t.Errorf("%s: %q, %t", name, v, ok)
			}
		}
		m.translate("category", "EACH", find)
		m.translate("uom", "BOX", find)
		if asked != 3 {
			t.Errorf("%s: asked %d times for three values", name, asked)
		}
		var none *memo
		none.translate("uom", "EACH", find)
		none.translate("uom", "EACH", find)
		if none.forgetLinks(); asked != 5 {
			t.Errorf("%s: without a memo something was remembered", name)
		}
	}
}
