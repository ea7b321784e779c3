package jaggaer

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	connector "ml-connector"
)

// customField is a custom field of a requisition or one of its lines, and its one value.
type customField struct{ name, value string }

// namesField is a field of the Document that the text of header_fields or line_fields names.
var namesField = regexp.MustCompile(`\{([A-Za-z.]+)\}`)

// Fields that header_fields and line_fields may name.
var (
	headerNames = []string{"RequisitionName", "ExternalReq", "Description", "Requestor.username", "ShipTo.AddressCode"}
	lineNames   = []string{"linenumber", "CatalogNumber", "Description", "MeasurementUnit", "CommodityCode", "ProductType", "currency"}
)

// headerFields are the custom fields of a requisition: where it comes from, what the profile adds, its external number.
func (i *Instance) headerFields(d connector.Document) []customField {
	p := i.opts.profile
	out := []customField{{p.text("req_origin_field"), p.text("req_origin_value")}}
	out = append(out, i.moreFields("header_fields", d)...)
	out = append(out, customField{p.text("req_external_field"), d.Text("ExternalReq")})
	return slices.DeleteFunc(out, func(f customField) bool { return f.name == "" || f.value == "" })
}

// moreFields are those that the profile adds, in the order of their names; one without a value is left out.
func (i *Instance) moreFields(key string, d connector.Document) []customField {
	fields, _ := i.opts.profile[key].(map[string]any)
	var out []customField
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := namesField.ReplaceAllStringFunc(scalar(fields[name]), func(field string) string { return d.Text(strings.Trim(field, "{}")) })
		if value = strings.TrimSpace(value); value != "" {
			out = append(out, customField{name, value})
		}
	}
	return out
}

// fieldNodes are custom fields as an import has them.
func fieldNodes(fields []customField) []node {
	var out []node
	for _, f := range fields {
		out = append(out, branchOf("CustomFieldValueSet", branchOf("CustomFieldValue", leaf("Value", f.value))).with("name", f.name))
	}
	return out
}

// fieldSets are custom fields as REST has them; nil without any.
func fieldSets(fields []customField) any {
	var sets []any
	for _, f := range fields {
		sets = append(sets, map[string]any{"name": f.name, "customFieldValueList": map[string]any{"customFieldValue": []any{map[string]any{"value": f.value}}}})
	}
	if sets == nil {
		return nil
	}
	return map[string]any{"customFieldValueSet": sets}
}

// fieldOf is the first value of a custom field of a header, "" when it has none.
func fieldOf(header map[string]any, name string) string {
	for _, set := range objects(member(header, "customFieldValueSetList.customFieldValueSet")) {
		if name == "" || plainText(set["name"]) != name {
			continue
		}
		for _, v := range objects(member(set, "customFieldValueList.customFieldValue")) {
			return strings.TrimSpace(plainText(v["value"]))
		}
	}
	return ""
}

// fieldProblems says what is wrong with header_fields and line_fields.
func (c *settingsCheck) fieldProblems(p profile) {
	for _, of := range []struct {
		key   string
		names []string
	}{{"header_fields", headerNames}, {"line_fields", lineNames}} {
		fields, _ := p[of.key].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			for _, m := range namesField.FindAllStringSubmatch(scalar(fields[name]), -1) {
				if !slices.Contains(of.names, m[1]) {
					c.complain("profile."+of.key+"."+name, "names {%s}, which is not known; known are %s", m[1], strings.Join(of.names, ", "))
				}
			}
			if of.key == "header_fields" && (name == p.text("req_external_field") || name == p.text("req_origin_field")) {
				c.complain("profile.header_fields."+name, "is sent already: it is req_external_field or req_origin_field")
			}
		}
	}
}
