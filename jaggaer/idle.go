package jaggaer

import (
	"reflect"
	"strings"

	connector "ml-connector"
)

// idle names what a profile gives and nothing makes use of, with the reason and what does it instead: a key that is taken in silence
// and does nothing would be believed.
func idle(o options) []connector.SettingProblem {
	p := o.profile
	if p == nil {
		return nil
	}
	var out []connector.SettingProblem
	tree := profileTree()
	for _, k := range []struct {
		path string
		why  string
	}{
		{"address_types", "only addresses remitto are written; those of other types stay JAGGAER's own"},
		{"contact_types", "contacts are read and never written"},
		{"erp_number_format", "the number of a supplier comes from the profile of the PeopleSoft Connection: vendor.number"},
		{"ocr_case", "invoices are never sent to JAGGAER, so nothing goes to invoices/ocr"},
		{"rest.component_param", "lists are asked without a choice of components: only company profiles of module ja know it, and suppliers are read from module ji"},
		{"xml.paths.po", "JAGGAER is the master of orders: none is imported there"},
		{"xml.dtds.po", "JAGGAER is the master of orders: none is imported there"},
		{"xml.paths.invoice", "JAGGAER is the master of invoices: none is imported there"},
		{"xml.disable_chunking", "documents always go with their length"},
		{"entities.payment.id", "a payment is told to the invoice's own address: entities.payment.path"},
		{"entities.payment.external", "a payment is looked up by its invoice: voucher_field"},
	} {
		if path := strings.Split(k.path, "."); !reflect.DeepEqual(p.at(path...), defaultAt(tree, path)) {
			out = append(out, connector.SettingProblem{Path: "profile." + k.path, Message: "has no effect: " + k.why})
		}
	}
	if why := o.noOriginLines(); p.bool("po_requisition_lines") && why != "" {
		out = append(out, connector.SettingProblem{Path: "profile.po_requisition_lines", Message: "has no effect: " + why})
	}
	return out
}

func defaultAt(tree branch, path []string) any {
	var at any = tree
	for _, name := range path {
		b, ok := at.(branch)
		if !ok {
			return nil
		}
		at = b[name]
	}
	k, _ := at.(key)
	return k.def
}
