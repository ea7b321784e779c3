package jaggaer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	connector "ml-connector"
)

// TestContentKnowsTheContractsSamples: whatever the samples of JAGGAER.md §4 hold once they are read, content names, in its form.
func TestContentKnowsTheContractsSamples(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, "{}"))
	for name, kind := range map[string]connector.Kind{
		"invoice": connector.Invoice, "creditmemo": connector.Invoice, "order": connector.PurchaseOrder, "supplier": connector.Supplier, "requisition": connector.Requisition,
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".golden.json"))
		if err != nil {
			t.Fatal(err)
		}
		var v struct{ Document map[string]any }
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		unnamed(t, name, v.Document, b.Kind(kind).Content.Fields)
	}
	if s := b.Kind(connector.GLAccount).Content; s.Open || len(s.Check(connector.Document{"fieldInternalName": "Fund", "value": "1", "description": "x", "active": "true"})) > 0 {
		t.Errorf("values: %+v", s)
	}
}

// unnamed tells what a Document holds and a list of fields does not.
func unnamed(t *testing.T, path string, doc map[string]any, fields []connector.Field) {
	t.Helper()
	for name, value := range doc {
		at := slices.IndexFunc(fields, func(f connector.Field) bool { return f.Name == name })
		if at < 0 {
			t.Errorf("%s.%s is not named", path, name)
			continue
		}
		f := fields[at]
		switch v := value.(type) {
		case map[string]any:
			if f.Type != connector.TypeGroup {
				t.Errorf("%s.%s is a group, not a %s", path, name, f.Type)
			} else if len(f.Fields) > 0 {
				unnamed(t, path+"."+name, v, f.Fields)
			}
		case []any:
			if f.Type != connector.TypeList {
				t.Errorf("%s.%s is a list, not a %s", path, name, f.Type)
			}
			for _, e := range v {
				if g, ok := e.(map[string]any); ok && len(f.Fields) > 0 {
					unnamed(t, path+"."+name, g, f.Fields)
				}
			}
		case string:
			if f.Type == timeType && instant(v).IsZero() {
				t.Errorf("%s.%s is %q, not a %s", path, name, v, f.Type)
			} else if f.Type != timeType {
				for _, p := range (connector.Schema{Fields: []connector.Field{{Name: name, Type: f.Type, Scale: 9}}}).Check(connector.Document{name: v}) {
					t.Errorf("%s.%s %s", path, name, p.Message)
				}
			}
		}
	}
}
