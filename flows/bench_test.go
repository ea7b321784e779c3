package flows_test

import (
	"encoding/json"
	"strconv"
	"testing"

	connector "ml-connector"
	"ml-connector/mapping"
)

// BenchmarkApply maps one order of 20 lines (QUALITY.md B12).
func BenchmarkApply(b *testing.B) {
	g := baseCase(b, "purchase-orders")
	lines := g.Source["lineList"].(map[string]any)
	text, err := json.Marshal(lines["purchaseOrderLine"].([]any)[0])
	if err != nil {
		b.Fatal(err)
	}
	var list []any
	for n := range 20 {
		var line map[string]any
		if err := json.Unmarshal(text, &line); err != nil {
			b.Fatal(err)
		}
		line["lineNumber"] = strconv.Itoa(n + 1)
		list = append(list, line)
	}
	lines["purchaseOrderLine"] = list
	g.Source["header"].(map[string]any)["total"] = map[string]any{"currency": "USD", "value": "7010.00"}
	flow := parsed(b)["purchase-orders"]
	c := contextOf(b, g, flow)
	c.Fixed = &mapping.Fixed{}
	b.ReportAllocs()
	for b.Loop() {
		if r := flow.Apply(c); len(r.Problems)+len(r.Missing) > 0 || len(connector.Document(r.Document).List("PO_LINE")) != 20 {
			b.Fatal(r.Reasons(), r.Missing)
		}
	}
}
