package jaggaersim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/cockroachdb/apd/v3"
)

// share is one split of a line: its part (percent, money or quantity) and the custom fields it is charged to.
type share struct {
	value  string // blank with one split
	fields []fieldValue
}

type fieldValue struct{ name, value, description string }

// splitGroup writes shares as JAGGAER.md §4.1 nests them. A single share without a distribution has neither index nor value.
func splitGroup(distribution string, shares []share) doc {
	var index []any
	for i, sh := range shares {
		var values []any
		for _, f := range sh.fields {
			v := doc{"internalName": f.name}
			if f.value != "" {
				v["value"] = f.value
			}
			if f.description != "" {
				v["description"] = f.description
			}
			values = append(values, v)
		}
		one := doc{"customFieldValueList": doc{"customFieldValue": values}}
		if distribution != "" {
			one["splitIndex"], one["distributionValue"] = json.Number(strconv.Itoa(i)), numberOf(sh.value)
		}
		index = append(index, one)
	}
	set := doc{"context": "Line", "splittableFieldIndexList": doc{"splittableFieldIndex": index}}
	if distribution != "" {
		set["distributionType"] = distribution
	}
	return doc{"splittableFieldSetGroup": list(doc{"splittableFieldIndexSet": list(set)})}
}

// splitSets are all distributions of a line, as they stand in its document.
func splitSets(line doc) []doc {
	var out []doc
	for _, g := range items(line, "splittableFieldSetGroupList.splittableFieldSetGroup") {
		out = append(out, items(g, "splittableFieldIndexSet")...)
	}
	return out
}

// splitProblems checks the distributions of one line: names, values and sums (JAGGAER.md §5.3).
func (s *Server) splitProblems(line doc, currency string) []string {
	var out []string
	for _, set := range splitSets(line) {
		shares := items(set, "splittableFieldIndexList.splittableFieldIndex")
		for _, sh := range shares {
			out = append(out, s.fieldProblems(sh)...)
		}
		if text(set, "distributionType") == "" {
			if len(shares) > 1 {
				out = append(out, "several splits need a distribution type")
			}
			continue
		}
		if problem := sumProblem(line, set, shares, currency); problem != "" {
			out = append(out, problem)
		}
	}
	return out
}

// fieldProblems checks custom field names and, where a field has values, that this is one of them and active.
func (s *Server) fieldProblems(sh doc) []string {
	var out []string
	for _, v := range items(sh, "customFieldValueList.customFieldValue") {
		name, value := text(v, "internalName"), text(v, "value")
		switch {
		case !s.fields[name]:
			out = append(out, noCustomField(name))
		case value != "" && !s.validValue(name, value):
			out = append(out, fmt.Sprintf("Value %s is not valid for custom field %s", value, name))
		}
	}
	return out
}

func noCustomField(name string) string {
	return "No custom field found in the organization's document configuration (" + name + ")"
}

// validValue says whether a custom field takes a value. Account always has a list; any other field has one as soon as it has a
// value, and takes any text before.
func (s *Server) validValue(name, value string) bool {
	if s.switches.AnyValue || value == s.profile.EmptyValue {
		return true
	}
	values := s.valuesOf(name)
	if r := values[value]; r != nil {
		return truth(r.text("active"), true)
	}
	return len(values) == 0 && name != "Account"
}

// sumProblem compares the sum of a distribution with what it distributes.
func sumProblem(line, set doc, shares []doc, currency string) string {
	sum := new(apd.Decimal)
	for _, sh := range shares {
		part, err := amount(text(sh, "distributionValue"))
		if err != nil {
			return "split value " + err.Error()
		}
		sum = plus(sum, part)
	}
	var whole *apd.Decimal
	var what string
	switch kind := text(set, "distributionType"); kind {
	case "AmountOfPrice":
		whole, what = extended(text(line, "quantity"), text(line, "unitPrice"), currency), "extended price"
	case "AmountOfQuantity":
		whole, what = amountOr0(text(line, "quantity")), "quantity"
	case "PercentOfPrice", "PercentOfQuantity":
		whole, what = apd.New(100, 0), "percentage"
	default:
		return "unknown distribution type " + kind
	}
	if sum.Cmp(whole) == 0 {
		return ""
	}
	if what == "extended price" {
		return fmt.Sprintf("split amounts (%s) do not equal the extended price (%s)", rounded(sum, currency).Text('f'), whole.Text('f'))
	}
	return fmt.Sprintf("split values (%s) do not equal the %s (%s)", sum.Text('f'), what, whole.Text('f'))
}

// sharesOf turns the CustomFieldValueSets of an XML line into shares: one set per field, tied together by splitindex.
func sharesOf(sets []*node) (distribution string, out []share, problems []string) {
	type key struct{ index, value string }
	var first []key
	for n, set := range sets {
		name := set.attributes["name"]
		var keys []key
		for _, v := range set.all("CustomFieldValue") {
			keys = append(keys, key{v.attributes["splitindex"], v.attributes["distributionvalue"]})
		}
		if n == 0 {
			distribution, first = set.attributes["distributiontype"], keys
			for _, k := range keys {
				out = append(out, share{value: k.value})
			}
		} else if set.attributes["distributiontype"] != distribution || !slices.EqualFunc(keys, first, func(a, b key) bool {
			return a.index == b.index && amountOr0(a.value).Cmp(amountOr0(b.value)) == 0
		}) {
			problems = append(problems, fmt.Sprintf("custom field %s has other splits than %s", name, sets[0].attributes["name"]))
			continue
		}
		for i, v := range set.all("CustomFieldValue") {
			out[i].fields = append(out[i].fields, fieldValue{name: name, value: v.get("Value"), description: v.get("Description")})
		}
	}
	return distribution, out, problems
}
