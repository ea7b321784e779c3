package flows_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/flows"
	"ml-connector/mapping"
	"ml-connector/systems"

	"pgregory.net/rapid"
)

func TestShippedFlowsRunInTheirOrder(t *testing.T) {
	t.Parallel()
	all := parsed(t)
	var names []string
	for _, f := range flows.Shipped() {
		flow := all[f.Name]
		if flow.Name != f.Name {
			t.Errorf("%s is called %s in its file", f.Name, flow.Name)
		}
		for _, need := range flow.Needs {
			if !slices.Contains(names, need) {
				t.Errorf("%s needs %s, which does not run before it", f.Name, need)
			}
		}
		names = append(names, f.Name)
	}
	want := []string{"gl-accounts", "suppliers-to-peoplesoft", "suppliers-to-jaggaer", "requisitions", "purchase-orders", "invoices"}
	if !slices.Equal(names, want) {
		t.Errorf("the order is %v", names)
	}
}

func TestShippedHeads(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]mapping.Flow{
		"gl-accounts":             {Kind: connector.GLAccount, From: "peoplesoft", To: "jaggaer", Schedule: "@daily", Drift: connector.DriftOverwrite},
		"suppliers-to-peoplesoft": {Kind: connector.Supplier, From: "jaggaer", To: "peoplesoft", Schedule: "*/15 * * * *", Drift: connector.DriftHold},
		"suppliers-to-jaggaer":    {Kind: connector.Supplier, From: "peoplesoft", To: "jaggaer", Schedule: "@daily", Drift: connector.DriftHold},
		"requisitions":            {Kind: connector.Requisition, From: "peoplesoft", To: "jaggaer", Schedule: "*/15 * * * *", Drift: connector.DriftOverwrite},
		"purchase-orders":         {Kind: connector.PurchaseOrder, From: "jaggaer", To: "peoplesoft", Schedule: "*/15 * * * *", Drift: connector.DriftOverwrite},
		"invoices":                {Kind: connector.Invoice, From: "jaggaer", To: "peoplesoft", Schedule: "*/15 * * * *", Drift: connector.DriftOverwrite, Track: "@hourly"},
	} {
		f := parsed(t)[name]
		if f.Kind != want.Kind || f.From != want.From || f.To != want.To || f.Schedule != want.Schedule || f.Drift != want.Drift || f.Track != want.Track {
			t.Errorf("%s is %s from %s to %s, %s, drift %s, track %q", name, f.Kind, f.From, f.To, f.Schedule, f.Drift, f.Track)
		}
		if bar := f.Bar(); f.ComparesNames() != (name == "suppliers-to-peoplesoft") || bar.Never != (name == "suppliers-to-jaggaer") || f.Kind == connector.Supplier && bar.Score <= 1 {
			t.Errorf("%s compares names: %t, %+v", name, f.ComparesNames(), bar)
		}
	}
}

func TestShippedFlowsFitBothSystems(t *testing.T) {
	t.Parallel()
	c := app.Config{Systems: systems.All(), Shipped: flows.Shipped()}
	var all []*mapping.Flow
	for name, f := range parsed(t) {
		all = append(all, f)
		checked, err := c.CheckMapping(name, shippedTexts()[name], app.MappingEnds{})
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range checked.Findings {
			if found.Severity != mapping.Noted {
				t.Errorf("%s: %s: %s", name, found.Severity, found)
			}
		}
	}
	if err := mapping.Cycles(all); err != nil {
		t.Error(err)
	}
}

// TestSuppliersToPeopleSoftOwnsNothing: a vendor is its owner's as soon as it is there (FLOWS.md).
func TestSuppliersToPeopleSoftOwnsNothing(t *testing.T) {
	t.Parallel()
	for _, x := range parsed(t)["suppliers-to-peoplesoft"].Explain() {
		if x.Owned {
			t.Errorf("line %d: %s is owned", x.Line, x.Field)
		}
	}
}

// TestDamagedDocumentsNeverPanic takes each base case apart: whatever a source may leave out, double or fill with nonsense,
// the outcome is a Result, and the same one twice.
func TestDamagedDocumentsNeverPanic(t *testing.T) {
	t.Parallel()
	for name, flow := range parsed(t) {
		base := baseCase(t, name)
		known := contextOf(t, base, flow)
		text, err := json.Marshal(base.Source)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				c := known
				source, err := connector.ParseDocument(text)
				if err != nil {
					rt.Fatal(err)
				}
				c.Source, _ = connector.AsMap(damage(rt, map[string]any(source), rapid.IntRange(1, 6).Draw(rt, "hits")))
				c.Linked = rapid.Bool().Draw(rt, "linked")
				a, b := flow.Apply(c), flow.Apply(c)
				x, _ := json.Marshal(a)
				y, _ := json.Marshal(b)
				if string(x) != string(y) {
					rt.Fatalf("once %s, once %s", x, y)
				}
				sound(rt, flow, a, c.Schema)
			})
		})
	}
}

// sound holds what is true of every Result.
func sound(rt *rapid.T, flow *mapping.Flow, r mapping.Result, schema connector.Schema) {
	if !r.Passed && !r.Withdrawn && len(r.Document) > 0 {
		rt.Fatal("a filtered Record has a Document")
	}
	if flow.OwnedOf(r.Document).Fingerprint() != r.Owned.Fingerprint() {
		rt.Fatalf("owned is %s, of what is sent it is %s", r.Owned.Canonical(), flow.OwnedOf(r.Document).Canonical())
	}
	if len(r.Problems) > 0 || len(r.Missing) > 0 || r.Adopt.Kind != "" || !r.Passed {
		return
	}
	for _, p := range schema.Check(r.Document) {
		if !strings.HasPrefix(p.Message, "is required") { // of an update: what is set on creation only
			rt.Fatalf("%+v without a Problem", p)
		}
	}
}

// damage changes some leaves and branches of a Document.
func damage(rt *rapid.T, v any, hits int) any {
	if hits == 0 {
		return v
	}
	switch x := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(x))
		for name := range x {
			names = append(names, name)
		}
		if len(names) == 0 {
			return v
		}
		slices.Sort(names)
		for range hits {
			name := rapid.SampledFrom(names).Draw(rt, "name")
			x[name] = damage(rt, x[name], 1)
			if x[name] == nil {
				delete(x, name)
			}
		}
		return x
	case []any:
		if len(x) == 0 {
			return x
		}
		switch rapid.IntRange(0, 9).Draw(rt, "list") {
		case 0:
			return append(x, x[0])
		case 1:
			return x[1:]
		case 2:
			return x[0]
		}
		i := rapid.IntRange(0, len(x)-1).Draw(rt, "element")
		if e := damage(rt, x[i], 1); e != nil {
			x[i] = e
		}
		return x
	}
	return rapid.SampledFrom([]any{nil, "", "0", "-1", "1", "none", "1e5", "0.001", strings.Repeat("x", 300), "ünïcode \U0001F9EA", "true", "2026-02-30", map[string]any{"a": "b"}, []any{"x"}}).Draw(rt, "value")
}

// TestMoneyIsNeverLost draws orders of any lines and shares: what is sent sums to what was ordered, to the cent.
func TestMoneyIsNeverLost(t *testing.T) {
	t.Parallel()
	flow := parsed(t)["purchase-orders"]
	base := baseCase(t, "purchase-orders")
	known := contextOf(t, base, flow)
	rapid.Check(t, func(rt *rapid.T) {
		var lines []any
		total := int64(0)
		for n := range rapid.IntRange(1, 6).Draw(rt, "lines") {
			cents, quantity := rapid.Int64Range(1, 999_999).Draw(rt, "price"), rapid.Int64Range(1, 500).Draw(rt, "quantity")
			total += cents * quantity
			var splits []any
			for range rapid.IntRange(1, 5).Draw(rt, "splits") {
				splits = append(splits, map[string]any{"type": "PercentOfPrice", "value": money(rapid.Int64Range(1, 10_000).Draw(rt, "percent")), "fields": map[string]any{"Account": "610000"}})
			}
			lines = append(lines, map[string]any{"lineNumber": money(int64(n+1) * 100), "quantity": money(quantity * 100), "unitPrice": money(cents), "splits": splits,
				"item": map[string]any{"description": "Gloves", "commodityCode": "42132203", "unitOfMeasure": map[string]any{"dimension": "EACH"}}})
		}
		source := base.Source.Clone()
		source["lineList"] = map[string]any{"purchaseOrderLine": lines}
		header, _ := connector.AsMap(source["header"])
		header["total"] = map[string]any{"currency": "USD", "value": money(total)}
		c := known
		c.Source = source
		r := flow.Apply(c)
		if len(r.Problems) > 0 || len(r.Missing) > 0 {
			rt.Fatalf("%v %v", r.Problems, r.Missing)
		}
		sent := int64(0)
		for _, line := range r.Document.List("PO_LINE") {
			for _, d := range line.List("PO_LINE_SHIP")[0].List("PO_LINE_DISTRIB") {
				sent += toCents(rt, d.Text("MERCHANDISE_AMT"))
			}
		}
		if sent != total {
			rt.Fatalf("ordered %s, sent %s", money(total), money(sent))
		}
	})
}

// money writes cents as Documents do: no zeros after the last digit that counts.
func money(cents int64) string {
	text := fmt.Sprintf("%d.%02d", cents/100, cents%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func toCents(rt *rapid.T, text string) int64 {
	whole, frac, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(frac + "00")[:2], 10, 64)
	if err != nil || len(frac) > 2 {
		rt.Fatalf("%q is no amount", text)
	}
	return n
}
