package jaggaer

import (
	"maps"
	"slices"

	connector "ml-connector"

	"github.com/cockroachdb/apd/v3"
)

// requisition makes the PurchaseRequisition element from a Document, in the order of JAGGAER.md §5.3.
func (i *Instance) requisition(d connector.Document) (node, *connector.Error) {
	header := branchOf("RequisitionHeader",
		leaf("RequisitionName", d.Text("RequisitionName")),
		leaf("Description", d.Text("Description")),
		branchOf("Requestor", node{name: "UserProfile"}.with("username", d.Text("Requestor.username"))))
	if code := d.Text("ShipTo.AddressCode"); code != "" {
		header.children = append(header.children, branchOf("ShipTo", branchOf("Address", leaf("AddressCode", code))))
	}
	header.children = append(header.children, fieldNodes(i.headerFields(d))...)
	out := branchOf("PurchaseRequisition", header)
	for _, g := range d.List("RequisitionSupplierGroup") {
		supplierGroup := branchOf("RequisitionSupplierGroup")
		if n := g.Text("SupplierNumber"); n != "" {
			supplierGroup.children = append(supplierGroup.children, branchOf("RequisitionSupplierGroupInfo", branchOf("Supplier", leaf("SupplierNumber", n))))
		}
		for _, l := range g.List("RequisitionLine") {
			line, fault := i.requisitionLine(l)
			if fault != nil {
				return node{}, fault
			}
			supplierGroup.children = append(supplierGroup.children, line)
		}
		out.children = append(out.children, supplierGroup)
	}
	return out, nil
}

func (i *Instance) requisitionLine(l connector.Document) (node, *connector.Error) {
	quantity, price, fault := i.lump(l)
	if fault != nil {
		return node{}, fault
	}
	unit := l.Text("MeasurementUnit")
	line := branchOf("RequisitionLine",
		branchOf("Item",
			leaf("CatalogNumber", l.Text("CatalogNumber")),
			leaf("Description", l.Text("Description")),
			branchOf("ProductUnitOfMeasure", branchOf("Measurement",
				leaf("MeasurementAmount", "1"), leaf("MeasurementUnit", unit), leaf("MeasurementValue", unit))).with("type", "buyer"),
			leaf("CommodityCode", l.Text("CommodityCode")),
			leaf("ProductType", l.Text("ProductType"))),
		leaf("Quantity", quantity),
		branchOf("LineCharges", branchOf("UnitPrice", leaf("Money", price).with("currency", l.Text("currency"))))).
		with("linenumber", l.Text("linenumber"))
	line.children = append(line.children, i.splitSets(l.List("splits"))...)
	line.children = append(line.children, fieldNodes(i.moreFields("line_fields", l))...)
	return line, nil
}

// lump gives quantity and unit price; in lump_sum mode (JAGGAER.md §5.3) one of the whole amount.
func (i *Instance) lump(l connector.Document) (quantity, price string, fault *connector.Error) {
	quantity, price = l.Text("Quantity"), l.Text("UnitPrice")
	if !i.opts.profile.bool("lump_sum") {
		return quantity, price, nil
	}
	total, fault := amount(l)
	return "1", total, fault
}

// amount is what a line costs: the sum of its splits, which are rounded to the currency; without any, quantity × price.
func amount(l connector.Document) (string, *connector.Error) {
	fail := func(err error) (string, *connector.Error) {
		return "", connector.Errorf(connector.Invalid, "write requisition", "line %s: its amount can't be worked out", l.Text("linenumber")).Because(err)
	}
	splits := l.List("splits")
	if len(splits) == 0 {
		total, err := multiply(l.Text("Quantity"), l.Text("UnitPrice"))
		if err != nil {
			return fail(err)
		}
		return total, nil
	}
	sum := new(apd.Decimal)
	for _, s := range splits {
		if err := add(sum, s.Text("distributionvalue")); err != nil {
			return fail(err)
		}
	}
	return decimal(sum.Text('f')), nil
}

// multiply is exact.
func multiply(a, b string) (string, error) {
	x, _, err := apd.NewFromString(a)
	if err != nil {
		return "", err
	}
	y, _, err := apd.NewFromString(b)
	if err != nil {
		return "", err
	}
	product := new(apd.Decimal)
	if _, err := exactly().Mul(product, x, y); err != nil {
		return "", err
	}
	return decimal(product.Text('f')), nil
}

// add is exact.
func add(sum *apd.Decimal, amount string) error {
	x, _, err := apd.NewFromString(amount)
	if err != nil {
		return err
	}
	_, err = exactly().Add(sum, sum, x)
	return err
}

// exactly is an arithmetic that refuses to round.
func exactly() *apd.Context {
	c := apd.BaseContext.WithPrecision(200)
	c.Traps = apd.DefaultTraps | apd.Inexact
	return c
}

// splitSets makes one CustomFieldValueSet a ChartField; splitindex ties the sets together, so each set lists every split.
// A ChartField that only some splits have is empty_value in the others.
func (i *Instance) splitSets(splits []connector.Document) []node {
	names := map[string]bool{}
	for _, s := range splits {
		fields, _ := connector.AsMap(s["fields"])
		for name := range fields {
			if fields.Text(name) != "" {
				names[name] = true
			}
		}
	}
	var out []node
	for _, name := range slices.SortedFunc(maps.Keys(names), byChartField) {
		set := node{name: "CustomFieldValueSet"}.with("name", name).with("distributiontype", "AmountOfPrice")
		for _, s := range splits {
			fields, _ := connector.AsMap(s["fields"])
			value := fields.Text(name)
			if value == "" {
				value = i.opts.profile.text("empty_value")
			}
			set.children = append(set.children, branchOf("CustomFieldValue", leaf("Value", i.opts.templated(name, value))).
				with("distributionvalue", s.Text("distributionvalue")).with("splitindex", s.Text("splitindex")))
		}
		out = append(out, set)
	}
	return out
}

// byChartField sorts as the Schema lists them, what it does not know behind, by name.
func byChartField(a, b string) int {
	at := func(name string) int {
		if n := slices.Index(chartFields, name); n >= 0 {
			return n
		}
		return len(chartFields)
	}
	if d := at(a) - at(b); d != 0 {
		return d
	}
	return slices.Compare([]string{a}, []string{b})
}
