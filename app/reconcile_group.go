package app

import (
	"cmp"
	"maps"
	"slices"

	"ml-connector/engine"
	"ml-connector/money"
)

// MoneyGroup is the money of one business unit and supplier in one currency, on both sides.
type MoneyGroup struct {
	BusinessUnit string `json:"business_unit"` // as the Flow's target calls it, where it says so; "" = none is told for the whole record
	Supplier     string `json:"supplier"`
	Currency     string `json:"currency"`
	Records      int    `json:"records"` // on either side
	Source       string `json:"source"`  // decimal text
	Target       string `json:"target"`
	Apart        bool   `json:"apart"` // both sides are not the same
}

type groupKey struct {
	owner    money.Owner
	currency string
}

// moneyGroups gathers money of both sides.
type moneyGroups map[groupKey]*MoneyGroup

// add counts one record with the money that each side tells, nil = none.
func (g moneyGroups) add(p engine.Pair, source, target *money.Amount) {
	owner := money.Whose(p.Wanted, p.Target, p.Source)
	if source != nil {
		group := g.at(owner, source.Currency)
		group.Records++
		group.plus(source.Amount, "0")
	}
	if target != nil {
		group := g.at(owner, target.Currency)
		if source == nil || source.Currency != target.Currency {
			group.Records++
		}
		group.plus("0", target.Amount)
	}
}

func (g moneyGroups) at(owner money.Owner, currency string) *MoneyGroup {
	key := groupKey{owner, currency}
	if g[key] == nil {
		g[key] = &MoneyGroup{BusinessUnit: owner.BusinessUnit, Supplier: owner.Supplier, Currency: currency, Source: "0", Target: "0"}
	}
	return g[key]
}

// plus adds money of its currency to both sides.
func (m *MoneyGroup) plus(source, target string) {
	sum := func(x, y string) string {
		return money.Sum([]money.Amount{{Amount: x, Currency: m.Currency}, {Amount: y, Currency: m.Currency}})[0].Amount
	}
	m.Source, m.Target = sum(m.Source, source), sum(m.Target, target)
}

// list has the groups in the order of their names.
func (g moneyGroups) list() []MoneyGroup {
	out := []MoneyGroup{}
	for _, x := range slices.SortedFunc(maps.Values(g), func(x, y *MoneyGroup) int {
		return cmp.Or(cmp.Compare(x.BusinessUnit, y.BusinessUnit), cmp.Compare(x.Supplier, y.Supplier), cmp.Compare(x.Currency, y.Currency))
	}) {
		x.Apart = apart(&money.Amount{Amount: x.Source, Currency: x.Currency}, &money.Amount{Amount: x.Target, Currency: x.Currency})
		out = append(out, *x)
	}
	return out
}

// MoneyBy adds groups up to one of their parts: "business-unit" or "supplier".
func (f ReconciledFlow) MoneyBy(part string) []MoneyGroup {
	merged := moneyGroups{}
	for _, x := range f.Groups {
		owner := money.Owner{BusinessUnit: x.BusinessUnit}
		if part == "supplier" {
			owner = money.Owner{Supplier: x.Supplier}
		}
		m := merged.at(owner, x.Currency)
		m.Records += x.Records
		m.plus(x.Source, x.Target)
	}
	return merged.list()
}
