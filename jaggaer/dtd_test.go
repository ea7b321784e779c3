package jaggaer

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
)

// drawn makes a Document of a Schema's fields.
func drawn(t *rapid.T, fields []connector.Field) connector.Document {
	out := connector.Document{}
	for _, f := range fields {
		if !f.Required && rapid.IntRange(0, 2).Draw(t, f.Name) == 0 {
			continue
		}
		switch f.Type {
		case connector.TypeGroup:
			d := drawn(t, f.Fields)
			if len(d) == 0 && f.Required {
				d[f.Fields[0].Name] = "1"
			}
			if len(d) > 0 {
				out[f.Name] = map[string]any(d)
			}
		case connector.TypeList:
			list := []any{}
			for range rapid.IntRange(1, 2).Draw(t, f.Name) {
				if d := drawn(t, f.Fields); len(d) > 0 {
					list = append(list, map[string]any(d))
				}
			}
			if len(list) > 0 {
				out[f.Name] = list
			}
		default:
			values := f.Values
			if len(values) == 0 {
				values = []string{"A & B <c>", `"q"`, "é𝔘", "1"}
			}
			v := rapid.SampledFrom(values).Draw(t, f.Name)
			if r := []rune(v); f.Length > 0 && len(r) > f.Length {
				v = string(r[:f.Length])
			}
			out[f.Name] = v
		}
	}
	return out
}

// TestWhateverASupplierHoldsItsDocumentIsValid: any Document that the Schema takes becomes one that the import's DTD takes, whose
// elements have an order.
func TestWhateverASupplierHoldsItsDocumentIsValid(t *testing.T) {
	t.Parallel()
	b := openSim(t, jaggaersim.Switches{AnyValue: true})
	rapid.Check(t, func(r *rapid.T) {
		d := drawn(r, supplierSchema().Fields)
		d["ERPNumber"] = "0000099001"
		if problems := b.Kind(connector.Supplier).Schema.Check(d); len(problems) > 0 {
			r.Fatalf("the Schema does not take it: %v", problems)
		}
		_, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Operation: connector.OpCreate, Document: d})
		if e := connector.AsError(err); e != nil && (e.Code == connector.Invalid || e.Code == connector.Ambiguous || strings.Contains(e.Message, "XML Error")) {
			r.Fatalf("%v", e)
		}
	})
	// What is drawn may be refused for what it says; a plain one is taken, so that what refuses them is not the document.
	if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Operation: connector.OpCreate, Document: supplierDocument("0000099001", "Acme")}); err != nil {
		t.Errorf("a plain one is not taken: %v", err)
	}
}
