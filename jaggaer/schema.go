package jaggaer

import (
	"slices"

	connector "ml-connector"
)

// Fields whose name begins with a small letter are attributes, and `value` is the text of its element; all others are
// elements, in the order of the DTD (JAGGAER.md §5.4).

func textField(name string) connector.Field {
	return connector.Field{Name: name, Type: connector.TypeText}
}

func textFields(names ...string) []connector.Field {
	out := make([]connector.Field, len(names))
	for n, name := range names {
		out[n] = textField(name)
	}
	return out
}

func choice(name string, values ...string) connector.Field {
	return connector.Field{Name: name, Type: connector.TypeText, Values: values}
}

func code(name string, length int) connector.Field {
	return connector.Field{Name: name, Type: connector.TypeText, Length: length}
}

func group(name string, fields ...connector.Field) connector.Field {
	return connector.Field{Name: name, Type: connector.TypeGroup, Fields: fields}
}

// listOf is an element that holds nothing but a list: AddressList with its Address elements.
func listOf(outer, inner string, fields ...connector.Field) connector.Field {
	return group(outer, connector.Field{Name: inner, Type: connector.TypeList, Fields: fields})
}

func required(f connector.Field) connector.Field {
	f.Required = true
	return f
}

// join puts fields and lists of fields into one list.
func join(parts ...any) []connector.Field {
	var out []connector.Field
	for _, p := range parts {
		switch x := p.(type) {
		case connector.Field:
			out = append(out, x)
		case []connector.Field:
			out = append(out, x...)
		}
	}
	return out
}

func valueSchema() connector.Schema {
	return connector.Schema{Fields: []connector.Field{
		required(textField("fieldInternalName")), required(textField("value")), textField("description"),
		{Name: "active", Type: connector.TypeBool}, textField("parentValue"),
	}}
}

// keys are the numbers that every part of a supplier may have.
func keys() []connector.Field {
	return textFields("ERPNumber", "OldERPNumber", "SQIntegrationNumber", "ThirdPartyRefNumber")
}

// supplierSchema is what a TSMSupplierXMLImport may hold of a supplier: the elements of the DTD whose content is known.
// Bank accounts and tax numbers are not among them.
func supplierSchema() connector.Schema {
	return connector.Schema{Fields: join(
		textFields("ERPNumber", "OldERPNumber", "SupplierSQId", "SQIntegrationNumber", "ThirdPartyRefNumber", "JASupplierId"),
		required(textField("Name")), textField("DoingBusinessAs"), textField("OtherNames"), code("CountryOfOrigin", 2), choice("Active", "Yes", "No"),
		listOf("BusinessUnitVendorNumberList", "BusinessUnitVendorNumber", required(textField("businessUnitInternalName")), required(textField("value"))),
		textFields("WebSiteURL", "DUNS", "LegalStructure", "ExemptFromBackupWithholding", "NumberOfEmployees", "YearEstablished"),
		textFields("RegistrationProfileType", "RegistrationProfileStatus", "SupplierRegCourt", "SupplierRegSeat", "SupplierRegNumber", "SupplierCapital"),
		textFields("VATExempt", "ShoppingCommodityCode", "SIC"),
		listOf("SupportedCurrencyList", "IsoCurrencyCode", code("value", 3)),
		listOf("EnabledCurrencyList", "IsoCurrencyCode", code("value", 3)),
		textField("SupplierKeywords"),
		listOf("AddressList", "Address", addressFields()...),
		listOf("PrimaryAddressList", "AssociatedAddress", associatedFields()...),
		listOf("ContactList", "Contact", contactFields()...),
		listOf("LocationList", "Location", locationFields()...),
		listOf("CustomElementList", "CustomElement", textField("CustomElementIdentifier"), listOf("CustomElementValueList", "CustomElementValue", textField("value"))),
		listOf("AccountsPayableList", "AccountsPayable", payableFields()...),
	)}
}

func addressFields() []connector.Field {
	return join(choice("type", "remitto", "fulfillment", "physical"), keys(), textFields("Name"), choice("Active", "true", "false"),
		group("PrefPurchaseOrderDeliveryMethod", textField("type"), textField("Email")),
		textFields("AddressLine1", "AddressLine2", "AddressLine3", "City", "State", "PostalCode"), code("IsoCountryCode", 3),
		phone("Phone"), phone("TollFreePhone"), phone("Fax"), textField("Notes"))
}

func phone(name string) connector.Field {
	return group(name, group("TelephoneNumber", textFields("CountryCode", "AreaCode", "Number", "Extension")...))
}

func associatedFields() []connector.Field {
	return []connector.Field{textField("type"), required(group("AddressRef", textFields("ERPNumber", "SQIntegrationNumber")...))}
}

func contactFields() []connector.Field {
	return join(textField("type"), keys(), textFields("Name"), choice("Active", "true", "false"), textFields("FirstName", "LastName", "Title", "Email"),
		phone("Phone"), phone("MobilePhone"), phone("TollFreePhone"), phone("Fax"), textField("Notes"), group("AssociatedAddress", associatedFields()...))
}

func locationFields() []connector.Field {
	return join(textField("supportsOrderFulfillment"), keys(), textFields("Name", "Description"), choice("Active", "Yes", "No", "true", "false"),
		textFields("LocationActive", "Primary"))
}

func payableFields() []connector.Field {
	return join(choice("type", "Check", "DirectDeposit", "Wire", "Card"), keys(), textFields("Name"), choice("Active", "true", "false"),
		connector.Field{Name: "AssociatedAddress", Type: connector.TypeList, Fields: associatedFields()},
		textField("Email"), code("IsoCurrencyCode", 3), textFields("ContactName", "Purpose"))
}

// requisitionSchema is the Document from which PRXMLImport documents are made; its names are our own where the XML nests.
// Splits may carry the ChartFields of FLOWS.md and those that the profile names besides.
func requisitionSchema(maxDescription int, more []string) connector.Schema {
	amount := func(name string) connector.Field {
		return required(connector.Field{Name: name, Type: connector.TypeNumber, Length: 30, Scale: 10})
	}
	whole := func(name string) connector.Field {
		return required(connector.Field{Name: name, Type: connector.TypeNumber, Length: 9})
	}
	split := []connector.Field{whole("splitindex"), amount("distributionvalue"), {Name: "fields", Type: connector.TypeGroup, Fields: splitFieldNames(more)}}
	line := []connector.Field{
		whole("linenumber"), required(textField("CatalogNumber")), required(code("Description", maxDescription)), required(textField("MeasurementUnit")),
		textField("CommodityCode"), required(textField("ProductType")), amount("Quantity"), amount("UnitPrice"), required(code("currency", 3)),
		{Name: "splits", Type: connector.TypeList, Fields: split},
	}
	return connector.Schema{Fields: []connector.Field{
		required(textField("RequisitionName")), textField("Description"), required(textField("ExternalReq")),
		required(group("Requestor", required(textField("username")))), group("ShipTo", textField("AddressCode")),
		required(connector.Field{Name: "RequisitionSupplierGroup", Type: connector.TypeList, Fields: []connector.Field{
			textField("SupplierNumber"), required(connector.Field{Name: "RequisitionLine", Type: connector.TypeList, Fields: line}),
		}}),
	}}
}

// chartFields are those of FLOWS.md by internalName.
var chartFields = []string{"BusinessUnit", "Fund", "Department", "Account", "OperatingUnit", "Product", "Class", "Program", "Project", "Activity"}

func splitFieldNames(more []string) []connector.Field {
	out := textFields(chartFields...)
	for _, name := range more {
		if !slices.Contains(chartFields, name) {
			out = append(out, textField(name))
		}
	}
	return out
}
