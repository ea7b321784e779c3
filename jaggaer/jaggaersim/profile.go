package jaggaersim

import (
	"maps"
	"slices"
	"strings"
)

// Names of the entities, as in the profile of JAGGAER.md §1.2.
const (
	Invoice          = "invoice"
	PurchaseOrder    = "po"
	Requisition      = "requisition"
	Supplier         = "supplier"
	CustomFieldValue = "cfv"
)

// Profile is how this customer's JAGGAER looks from outside: addresses, names and dialect (JAGGAER.md §1.2, §10).
type Profile struct {
	APIPrefix   string // in front of the module: /j1p/api/public
	Version     string // behind the module: v1
	StartParam  string // query parameter of the record offset
	StartBase   int    // number of the first record, 0 or 1
	FilterParam string // query parameter of the filter
	Realm       string // Keycloak realm, case matters
	Router      string // path prefix of the XML surface: /apps/Router

	// ReqExternalField is the custom field that REST answers show as externalRequisitionNumber.
	ReqExternalField string
	// EmptyValue is a custom field value that is always valid and means blank.
	EmptyValue string

	Entities map[string]Entity
	// Imports maps the last part of a router path to what it imports: requisition, supplier, po, cfv or payment.
	Imports map[string]string
}

// Entity is how one kind of record is addressed and wrapped.
type Entity struct {
	Module, Path             string
	ListKey, ItemKey         string
	HeaderKey                string            // "" = the fields stand in the list item itself
	ID                       string            // name of the id field
	Detail                   string            // bare, envelope, list_of_one, or none when there is no detail address
	Rename                   map[string]string // our field name to this customer's, header fields only
	external, defaultIDField string
	firstID                  int64
	known                    []string
}

// DefaultProfile is the test profile of JAGGAER.md §1.2.
func DefaultProfile() Profile {
	p := Profile{
		APIPrefix: "/j1p/api/public", Version: "v1", StartParam: "start", StartBase: 1, FilterParam: "flt",
		Realm: "J1p-integrations", Router: "/apps/Router", ReqExternalField: "External Req #", EmptyValue: "none",
		Entities: map[string]Entity{},
		Imports: map[string]string{
			"PRXMLImport": Requisition, "TSMSupplierXMLImport": Supplier, "POXMLImport": PurchaseOrder,
			"TestCustomFieldValueImport": CustomFieldValue, "TestPaymentStatusImport": "payment",
		},
	}
	for name, path := range map[string]string{
		Invoice: "invoices", PurchaseOrder: "purchaseorders", Requisition: "requisitions", Supplier: "suppliers", CustomFieldValue: "customfieldvalues",
	} {
		one := strings.TrimSuffix(path, "s")
		p.Entities[name] = Entity{Module: "ji", Path: path, ListKey: "ji" + one + "List", ItemKey: "ji" + one, HeaderKey: "header", Detail: "bare"}
	}
	e := p.Entities[CustomFieldValue]
	e.HeaderKey, e.Detail = "", "none"
	p.Entities[CustomFieldValue] = e
	return p
}

// complete fills what a Profile leaves blank from the default one.
func (p Profile) complete() Profile {
	d := DefaultProfile()
	for field, fallback := range map[*string]string{
		&p.APIPrefix: d.APIPrefix, &p.Version: d.Version, &p.StartParam: d.StartParam, &p.FilterParam: d.FilterParam,
		&p.Realm: d.Realm, &p.Router: d.Router, &p.ReqExternalField: d.ReqExternalField, &p.EmptyValue: d.EmptyValue,
	} {
		if *field == "" {
			*field = fallback
		}
	}
	if len(p.Imports) == 0 {
		p.Imports = d.Imports
	}
	given := p.Entities
	p.Entities = map[string]Entity{}
	for name, e := range d.Entities {
		if own, ok := given[name]; ok {
			e = own
		}
		p.Entities[name] = fixed(name, e)
	}
	return p
}

// fixed adds what does not change from customer to customer.
func fixed(name string, e Entity) Entity {
	switch name {
	case Invoice:
		e.defaultIDField, e.external, e.firstID = "invoiceId", "supplierInvoiceNumber", 2700101
		e.known = invoiceFields
	case PurchaseOrder:
		e.defaultIDField, e.external, e.firstID = "purchaseOrderId", "poNumber", 700451
		e.known = orderFields
	case Requisition:
		e.defaultIDField, e.external, e.firstID = "requisitionId", "externalRequisitionNumber", 3466726
		e.known = requisitionFields
	case Supplier:
		e.defaultIDField, e.external, e.firstID = "supplierId", "erpNumber", 1003800001
		e.known = supplierFields
	case CustomFieldValue:
		e.defaultIDField, e.external, e.firstID = "customFieldValueId", "value", 550001
		e.known = valueFields
	}
	if e.ID != "" && e.ID != e.defaultIDField {
		e.Rename = maps.Clone(e.Rename)
		if e.Rename == nil {
			e.Rename = map[string]string{}
		}
		e.Rename[e.defaultIDField] = e.ID
	}
	return e
}

// Fields that a filter may name, by entity.
var (
	invoiceFields = strings.Fields(`invoiceId lastUpdate originalRequestMessageId validationStatus paymentStatus invoiceName invoiceNumber
		originalInvoiceNumber invoiceType invoiceLineType nonPOInvoice containsNonPOLines invoiceSource invoiceDate invoiceCreateDate dueDate
		accountingDate supplierInvoiceNumber businessUnit supplier.id supplier.name supplier.supplierNumber supplier.duns matchStatus
		workflowStatus total.value total.currency invoicedBy.username`)
	orderFields = strings.Fields(`purchaseOrderId lastUpdate poNumber revisionNumber revisionDate createDateTime status workflowStatus poAPStatus
		supplierStatus requisitionId requisitionNumber requestor.username businessUnit accountingDate supplier.id supplier.name
		supplier.supplierNumber supplier.duns total.value total.currency`)
	requisitionFields = strings.Fields(`requisitionId lastUpdate requisitionNumber requisitionName externalRequisitionNumber status workflowStatus
		requestor.username preparedBy.username businessUnit createDate total.value total.currency`)
	supplierFields = strings.Fields(`supplierId lastUpdate erpNumber sqIntegrationNumber thirdPartyRefNumber name doingBusinessAs active
		registrationStatus duns taxIdentificationNumber vatIdentificationNumber legalStructure countryOfOrigin`)
	valueFields = strings.Fields(`customFieldValueId lastUpdate fieldInternalName value description active parentValue`)
)

// ours translates a field name of this customer into the one that we store; ok is false for a field nobody knows.
func (e Entity) ours(field string) (name string, ok bool) {
	for mine, theirs := range e.Rename {
		if theirs == field {
			return mine, true
		}
	}
	if _, renamed := e.Rename[field]; renamed {
		return "", false
	}
	return field, slices.Contains(e.known, field)
}

// entityNames is the order in which entities are listed.
var entityNames = []string{Supplier, CustomFieldValue, Requisition, PurchaseOrder, Invoice}
