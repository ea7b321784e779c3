package jaggaersim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// grammar is what a DTD says: every element that may occur, with its attributes and its content.
type grammar map[string]declaration

type declaration struct {
	attributes map[string]bool // name to: required
	content    string          // as written: (a?,b+), (#PCDATA), EMPTY, or SKIP for content that the contract does not tell
	particles  []particle
}

// particle is one place of a sequence.
type particle struct {
	name           string
	optional, many bool
}

// parseGrammar reads lines of the form
//
//	Element attribute attribute! : (Child?,Child*,Child+,Child)
//
// An attribute with ! is required.
func parseGrammar(text string) grammar {
	g := grammar{}
	for line := range strings.Lines(text) {
		left, content, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		words := strings.Fields(left)
		d := declaration{attributes: map[string]bool{}, content: strings.TrimSpace(content)}
		for _, a := range words[1:] {
			d.attributes[strings.TrimSuffix(a, "!")] = strings.HasSuffix(a, "!")
		}
		if inner := strings.Trim(d.content, "()"); inner != d.content && inner != "#PCDATA" {
			for part := range strings.SplitSeq(inner, ",") {
				mark := part[len(part)-1]
				d.particles = append(d.particles, particle{
					name: strings.TrimRight(part, "?*+"), optional: mark == '?' || mark == '*', many: mark == '*' || mark == '+',
				})
			}
		}
		g[words[0]] = d
	}
	return g
}

// check validates an element with everything in it and answers what a validating parser would say.
func (g grammar) check(n *node) []string {
	d, declared := g[n.name]
	if !declared {
		return []string{fmt.Sprintf("XML Error : Element type %q must be declared. at line %d", n.name, n.line)}
	}
	if d.content == "SKIP" {
		return nil
	}
	var out []string
	for name := range n.attributes {
		if _, ok := d.attributes[name]; !ok && name != "isChanged" {
			out = append(out, fmt.Sprintf("XML Error : Attribute %q must be declared for element type %q. at line %d", name, n.name, n.line))
		}
	}
	for name, required := range d.attributes {
		if _, ok := n.attributes[name]; required && !ok {
			out = append(out, fmt.Sprintf("XML Error : Attribute %q is required and must be specified for element type %q. at line %d", name, n.name, n.line))
		}
	}
	slices.Sort(out)
	for _, c := range n.children {
		out = append(out, g.check(c)...)
	}
	if !d.fits(n) {
		out = append(out, fmt.Sprintf("XML Error : The content of element type %q must match %q. at line %d", n.name, d.content, n.endLine))
	}
	return out
}

// fits says whether the children stand in the order of the content model.
func (d declaration) fits(n *node) bool {
	if d.content == "(#PCDATA)" {
		return len(n.children) == 0
	}
	if n.value() != "" {
		return false
	}
	rest := n.children
	for _, p := range d.particles {
		count := 0
		for len(rest) > 0 && rest[0].name == p.name && (count == 0 || p.many) {
			rest = rest[1:]
			count++
		}
		if count == 0 && !p.optional {
			return false
		}
	}
	return len(rest) == 0
}

const headerGrammar = `
Header : (MessageId,RelatedMessageId?,Timestamp,Authentication)
MessageId : (#PCDATA)
RelatedMessageId : (#PCDATA)
Timestamp : (#PCDATA)
Authentication : (Identity,SharedSecret)
Identity : (#PCDATA)
SharedSecret : (#PCDATA)
`

// requisitionGrammar has the elements and the order of JAGGAER.md §5.3.
var requisitionGrammar = sync.OnceValue(func() grammar {
	return parseGrammar(headerGrammar + documentGrammar + `
PurchaseRequisitionMessage version! : (Header,PurchaseRequisition+)
PurchaseRequisition : (RequisitionHeader,RequisitionSupplierGroup+)
RequisitionHeader : (RequisitionName?,Description?,Requestor,ShipTo?,InternalInfo?,CustomFieldValueSet*)
RequisitionName : (#PCDATA)
RequisitionSupplierGroup : (RequisitionSupplierGroupInfo?,RequisitionLine+)
RequisitionSupplierGroupInfo : (Supplier)
Supplier : (SupplierNumber)
RequisitionLine linenumber! : (Item,Quantity,LineCharges,CustomFieldValueSet*)
`)
})

// documentGrammar is what requisitions and purchase orders share.
const documentGrammar = `
Description : (#PCDATA)
Requestor : (UserProfile)
UserProfile username! : EMPTY
ShipTo : (Address)
Address : (TemplateName?,AddressCode?,Contact*,AddressLine*,City?,State?,PostalCode?,Country?)
TemplateName : (#PCDATA)
AddressCode : (#PCDATA)
Contact label linenumber : (#PCDATA)
AddressLine label linenumber : (#PCDATA)
City : (#PCDATA)
State : (#PCDATA)
PostalCode : (#PCDATA)
Country isocountrycode : (#PCDATA)
InternalInfo : (Note)
Note : (#PCDATA)
CustomFieldValueSet name! distributiontype : (CustomFieldValue*)
CustomFieldValue distributionvalue splitindex : (Value,Description?)
Value : (#PCDATA)
SupplierNumber : (#PCDATA)
Item : (CatalogNumber?,Description,ProductUnitOfMeasure?,CommodityCode?,ProductType?)
CatalogNumber : (#PCDATA)
ProductUnitOfMeasure type : (Measurement)
Measurement : (MeasurementAmount?,MeasurementUnit?,MeasurementValue?)
MeasurementAmount : (#PCDATA)
MeasurementUnit : (#PCDATA)
MeasurementValue : (#PCDATA)
CommodityCode : (#PCDATA)
ProductType : (#PCDATA)
Quantity : (#PCDATA)
LineCharges : (UnitPrice)
UnitPrice : (Money)
Money currency! : (#PCDATA)
`

// orderGrammar has the elements and the order of JAGGAER.md §5.5.
var orderGrammar = sync.OnceValue(func() grammar {
	return parseGrammar(headerGrammar + documentGrammar + `
PurchaseOrderMessage version! : (Header,PurchaseOrder+)
PurchaseOrder : (POHeader,POLine*)
POHeader type : (DistributeRevision?,RevisionNumber?,RevisionDate?,PONumber,AlternatePONumber?,Requestor?,Priority?,CreateDateTime?,AccountingDate?,Supplier,OrderDistribution?,BillTo?,ShipTo?,PaymentInfo?,InternalInfo?,ExternalInfo?,CustomFieldValueSet*)
DistributeRevision : (#PCDATA)
RevisionNumber : (#PCDATA)
RevisionDate : (#PCDATA)
PONumber : (#PCDATA)
AlternatePONumber : (#PCDATA)
Priority : (#PCDATA)
CreateDateTime : (#PCDATA)
AccountingDate : (#PCDATA)
Supplier : (DUNS?,SupplierNumber?,ContactInfo*)
DUNS : (#PCDATA)
ContactInfo type : SKIP
OrderDistribution : SKIP
BillTo : (Address)
PaymentInfo : SKIP
ExternalInfo : SKIP
POLine linenumber! : (WorkflowStatus?,Item,Quantity,LineCharges,DeliveryInfo?,RequisitionLineRef?,CustomFieldValueSet*)
WorkflowStatus : (#PCDATA)
DeliveryInfo : SKIP
RequisitionLineRef : SKIP
`)
})
