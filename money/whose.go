package money

import (
	"maps"
	"slices"

	connector "ml-connector"
)

// How fields are called that say whose money it is, without case and '_'; of several the first counts.
var (
	unitFields     = []string{"businessunit", "businessunitap", "businessunitpo"}
	supplierFields = []string{"vendorid", "supplierid", "suppliernumber"}
	supplierGroups = []string{"supplier", "vendor"}
	idFields       = []string{"id", "number"}
)

// Owner is whose money a Document is about, each "" where it says nothing, or where its lines would have to.
type Owner struct {
	BusinessUnit string
	Supplier     string
}

// Whose takes each part from the first of the Documents that tells it.
func Whose(documents ...connector.Document) Owner {
	var out Owner
	for _, d := range documents {
		if out.BusinessUnit == "" {
			out.BusinessUnit = firstText(d, unitFields)
		}
		if out.Supplier == "" {
			out.Supplier = supplierOf(d)
		}
	}
	return out
}

// supplierOf looks from the outside in for a supplier's ID, or a group that is a supplier and has one.
func supplierOf(d connector.Document) string {
	if s := textOf(d, supplierFields); s != "" {
		return s
	}
	if group, ok := connector.AsMap(childOf(d, supplierGroups)); ok {
		if s := textOf(group, append(supplierFields, idFields...)); s != "" {
			return s
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if group, ok := connector.AsMap(d[name]); ok {
			if s := supplierOf(group); s != "" {
				return s
			}
		}
	}
	return ""
}
