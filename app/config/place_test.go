package config

import (
	"testing"

	connector "ml-connector"
	"ml-connector/mapping"
)

// TestOwnRulesRunWhereTheShippedOnesDo: a site's own version of a Flow must not lose its place among the others.
func TestOwnRulesRunWhereTheShippedOnesDo(t *testing.T) {
	t.Parallel()
	flow := func(kind connector.Kind, from, to string) *mapping.Flow {
		return &mapping.Flow{Kind: kind, From: from, To: to}
	}
	shipped := map[string]*rules{
		"there": {Flow: flow(connector.Supplier, "a", "b"), rank: 1}, "back": {Flow: flow(connector.Supplier, "b", "a"), rank: 2}, "orders": {Flow: flow(connector.PurchaseOrder, "a", "b"), rank: 3},
	}
	for title, row := range map[string]struct {
		own  *mapping.Flow
		want int
	}{
		"the same direction":                        {flow(connector.Supplier, "a", "b"), 1},
		"the other direction":                       {flow(connector.Supplier, "b", "a"), 2},
		"a third System: with the last of its Kind": {flow(connector.Supplier, "a", "c"), 2},
		"a Kind that nobody ships":                  {flow(connector.Invoice, "a", "b"), 0},
	} {
		if got := placeOf(row.own, shipped); got != row.want {
			t.Errorf("%s: place %d, not %d", title, got, row.want)
		}
	}
}
