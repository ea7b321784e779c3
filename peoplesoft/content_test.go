package peoplesoft_test

import (
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/peoplesoft/peoplesoftsim"
)

// TestWhatIsReadFitsItsContent: whatever a site gives, the Schema of what is read names each field in its form and length.
func TestWhatIsReadFitsItsContent(t *testing.T) {
	t.Parallel()
	lists := map[string]any{"addresses": true, "locations": true, "contacts": true, "bank_accounts": true, "tax_numbers": true}
	w := connect(t, peoplesoftsim.Options{}, "profile.read", lists,
		"profile.chartfields", []any{map[string]any{"field": "DEPTID", "query": "JGR_CF_DEPTID", "internal_name": "Department"}})
	for _, kind := range []connector.Kind{connector.GLAccount, connector.Supplier, connector.Requisition, connector.PurchaseOrder, connector.Invoice} {
		content := w.i.Kind(kind).Content
		if len(content.Fields) == 0 || content.Open {
			t.Errorf("%s: %d fields", kind, len(content.Fields))
		}
		read, _ := w.read(connector.Query{Kind: kind})
		if len(read) == 0 && kind != connector.PurchaseOrder && kind != connector.Invoice {
			t.Errorf("no %s was read", kind)
		}
		for _, v := range read {
			for _, p := range content.Check(v.Document) {
				t.Errorf("%s %s: %s %q %s", kind, v.ID, p.Field, p.Value, p.Message)
			}
		}
	}
	plain := connect(t, peoplesoftsim.Options{}).i.Kind(connector.Supplier).Content
	if got := plain.Check(connector.Document{"SETID": "SHARE", "ADDRESSES": []any{map[string]any{"CITY": "x"}}}); len(got) != 1 || got[0].Field != "ADDRESSES" {
		t.Errorf("a list that the site does not read: %+v", got)
	}
}

// TestASitesOwnColumnsAreReadAndKnown with their types and lengths, in the query and in the one that reads by key.
func TestASitesOwnColumnsAreReadAndKnown(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{}, "profile.query.vendor.columns", []any{map[string]any{"name": "A.RISK_CLASS", "length": int64(4)}, map[string]any{"name": "B.SCORE", "type": "number", "length": int64(5), "scale": int64(1)}},
		"profile.query.vendor.fields", map[string]any{"A.RISK_CLASS": []any{"A.VENDOR_STATUS"}, "B.SCORE": []any{"B.ADDRESS_SEQ_NUM"}})
	content := w.i.Kind(connector.Supplier).Content
	for path, want := range map[string]connector.Field{"RISK_CLASS": {Name: "RISK_CLASS", Type: connector.TypeText, Length: 4}, "ADDRESS.SCORE": {Name: "SCORE", Type: connector.TypeNumber, Length: 5, Scale: 1}} {
		fields, name := content.Fields, path
		if group, inner, ok := strings.Cut(path, "."); ok {
			at := slices.IndexFunc(fields, func(f connector.Field) bool { return f.Name == group })
			fields, name = fields[at].Fields, inner
		}
		at := slices.IndexFunc(fields, func(f connector.Field) bool { return f.Name == name })
		if at < 0 || fields[at].Type != want.Type || fields[at].Length != want.Length || fields[at].Scale != want.Scale {
			t.Errorf("%s is not known as %+v", path, want)
		}
	}
	all, _ := w.read(connector.Query{Kind: connector.Supplier})
	one, _ := w.read(connector.Query{Kind: connector.Supplier, Keys: []connector.Key{{ID: all[0].ID}}})
	for _, v := range append(all, one...) {
		if v.Document.Text("RISK_CLASS") == "" || v.Document.Text("RISK_CLASS") != v.Document.Text("VENDOR_STATUS") || v.Document.Text("ADDRESS.SCORE") != v.Document.Text("ADDRESS.ADDRESS_SEQ_NUM") {
			t.Errorf("%s came with risk %q and score %q", v.ID, v.Document.Text("RISK_CLASS"), v.Document.Text("ADDRESS.SCORE"))
		}
	}
	if len(one) != 1 {
		t.Errorf("by its key %d came", len(one))
	}
}
