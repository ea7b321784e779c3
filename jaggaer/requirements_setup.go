package jaggaer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	connector "ml-connector"
)

// customFields are the fields that the customer's administrator keeps in JAGGAER and that we name.
func (r requirer) customFields() []connector.Requirement {
	p := r.i.opts.profile
	var out []connector.Requirement
	flows := r.flows(writing, connector.Requisition)
	add := func(q connector.Requirement) {
		if len(q.Flows) > 0 && q.Name != "" {
			q.Group = groupField
			out = append(out, q)
		}
	}
	add(connector.Requirement{
		Name: p.text("req_external_field"), Flows: flows, Purpose: "Holds the number that we give a requisition; it is found again by it.",
		Facts: []connector.Fact{
			fact("kind", "text, one value, at the header of requisitions; people don't change it"),
			fact("shown", "lists of requisitions show it as "+r.i.opts.entities[connector.Requisition].external+", and can be filtered by it"),
			fact("profile", "req_external_field, if it has another name"),
		},
	})
	for _, of := range []struct{ key, where string }{{"header_fields", "at the header of requisitions"}, {"line_fields", "at the lines of requisitions"}} {
		fields, _ := p[of.key].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			add(connector.Requirement{
				Name: name, Flows: flows, Purpose: "Is sent with requisitions, as profile." + of.key + " says.",
				Facts: []connector.Fact{fact("kind", "text, one value, "+of.where), fact("value", scalar(fields[name]))},
			})
		}
	}
	if p.text("req_origin_value") != "" {
		add(connector.Requirement{
			Name: p.text("req_origin_field"), Flows: flows, Purpose: "Tells that a requisition came from PeopleSoft.",
			Facts: []connector.Fact{fact("kind", "at the header of requisitions"), fact("value", p.text("req_origin_value"))},
		})
	}
	add(r.accounting())
	return out
}

// accounting are the ChartFields.
func (r requirer) accounting() connector.Requirement {
	p := r.i.opts.profile
	flows := union(r.flows(anyWay, connector.PurchaseOrder, connector.Invoice), r.flows(writing, connector.Requisition, connector.GLAccount))
	q := connector.Requirement{Name: "accounting fields", Flows: flows, Purpose: "The accounting string: one custom field for each ChartField that you use."}
	more, _ := p["chartfields"].(map[string]any)
	names := fact("internal names", "Account, and of these the ones in use: "+strings.Join(slices.DeleteFunc(slices.Clone(chartFields), func(s string) bool { return s == "Account" }), ", "))
	for _, name := range slices.Sorted(maps.Keys(more)) {
		names.Values = append(names.Values, name+" = "+scalar(more[name])+" of PeopleSoft")
	}
	q.Facts = append(q.Facts, names)
	for _, name := range slices.Sorted(maps.Keys(r.i.opts.templates)) {
		q.Facts = append(q.Facts, fact("values of "+name, "have the form "+r.i.opts.templates[name]))
	}
	if len(r.flows(writing, connector.GLAccount)) > 0 {
		q.Facts = append(q.Facts, fact("values", "are kept by ml-connector: created, changed, made inactive, never deleted"))
	}
	if len(r.flows(writing, connector.Requisition)) > 0 {
		q.Facts = append(q.Facts, fact("blank", p.text("empty_value")+" is a value of each field that may be blank in one split and not in another"),
			fact("splits of requisitions", "AmountOfPrice; the sum is quantity × price"))
	}
	if len(r.flows(reading, connector.PurchaseOrder, connector.Invoice)) > 0 {
		q.Facts = append(q.Facts, fact("splits of orders and invoices", "on each line; of several schemes side by side the one that holds "+p.text("split_group_key")+" is taken"))
	}
	return q
}

// setUp is master data and workflow that both sides must have alike.
func (r requirer) setUp() []connector.Requirement {
	p := r.i.opts.profile
	requisitions, orders, invoices := r.flows(writing, connector.Requisition), r.flows(reading, connector.PurchaseOrder), r.flows(reading, connector.Invoice)
	var out []connector.Requirement
	add := func(name, purpose string, flows []string, facts ...connector.Fact) {
		if len(flows) > 0 {
			out = append(out, connector.Requirement{Group: groupSetup, Name: name, Purpose: purpose, Flows: flows, Facts: facts})
		}
	}
	add("users", "Requisitions are in the name of a user, orders tell theirs.", union(requisitions, orders),
		fact("who", "every PeopleSoft requester, in the environment that is written to"),
		fact("rights", "may order non-catalog items"),
		fact("list", "user name and PeopleSoft's, for the crosswalks requestor and buyer, where they differ"))
	add("ship-to addresses", "Requisitions and orders name them by code.", union(requisitions, orders),
		fact("code", "AddressCode of each address that PeopleSoft's ship-to locations stand for"),
		fact("list", "code and PeopleSoft's, for the crosswalk ship_to, where they differ"))
	units := fact("default", "orders and invoices without one belong to "+p.text("default_business_unit")+" (default_business_unit)")
	if p.text("default_business_unit") == "" {
		units = fact("default", "none: orders and invoices without a business unit are held (default_business_unit)")
	}
	add("business units", "Who orders and pays.", union(union(r.flows(writing, connector.Supplier), requisitions), union(orders, invoices)),
		fact("internal names", "each unit's internal name, and PeopleSoft's, for the crosswalk business_unit, where they differ"), units)
	add("commodity codes and units of measure", "Lines name them.", union(requisitions, union(orders, invoices)),
		fact("list", "JAGGAER's code and PeopleSoft's, for the crosswalks category and uom, where they differ"),
		fact("descriptions", fmt.Sprintf("of requisition lines are cut at %d characters (max_description)", p.int("max_description"))))
	add("orders", "An order is taken over when JAGGAER says that it is ready.", orders,
		fact("ready", p.spell("po_ready")), fact("cancelled", p.spell("po_cancelled")), fact("closed", p.spell("po_closed")),
		fact("change orders", "have the same number, revisionNumber is one more, and go through the workflow again; a line that is dropped has quantity 0 or is gone"))
	add("invoices", "An invoice is taken over when JAGGAER says that it may be paid.", invoices,
		fact("ready", p.spell("invoice_ready")), fact("credit memos", "have the type "+p.text("credit_memo_type_text")+" and negative amounts"),
		fact("payment terms", "standardPaymentTermsCode and PeopleSoft's, for the crosswalk payment_terms"),
		fact("sums", "lines, tax, charges and fees are the total but for "+p.text("amount_tolerance")+" (amount_tolerance), else the invoice is held"))
	add("suppliers", "A supplier is taken over when its registration is done.", r.flows(reading, connector.Supplier),
		fact("registrationStatus", "one of "+strings.Join(p.texts("supplier_ready_statuses"), ", ")), fact("numbers", "erpNumber is ours to set and unique; sqIntegrationNumber never changes"))
	return out
}

// spell tells a list of rules.
func (p profile) spell(name string) string {
	var out []string
	for _, r := range p.rules(name) {
		out = append(out, r.field+" is "+strings.Join(r.in, " or "))
	}
	return strings.Join(out, " and ")
}
