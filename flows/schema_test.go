package flows_test

import (
	connector "ml-connector"
)

// schemas are the target's sides of the shipped Flows, by System and Kind, with names and lengths of PEOPLESOFT.md §3.6
// and §4 and of JAGGAER.md §5.
func schemas() map[string]map[connector.Kind]connector.Schema {
	return map[string]map[connector.Kind]connector.Schema{
		"peoplesoft": {connector.Supplier: vendor(), connector.PurchaseOrder: order(), connector.Invoice: voucher()},
		"jaggaer":    {connector.GLAccount: value(), connector.Supplier: supplier(), connector.Requisition: requisition()},
	}
}

func text(length int, names ...string) []connector.Field {
	var out []connector.Field
	for _, n := range names {
		out = append(out, connector.Field{Name: n, Type: connector.TypeText, Length: length})
	}
	return out
}

func required(fields []connector.Field) []connector.Field {
	for i := range fields {
		fields[i].Required = true
	}
	return fields
}

func number(length, scale int, names ...string) []connector.Field {
	var out []connector.Field
	for _, n := range names {
		out = append(out, connector.Field{Name: n, Type: connector.TypeNumber, Length: length, Scale: scale})
	}
	return out
}

func date(names ...string) []connector.Field {
	var out []connector.Field
	for _, n := range names {
		out = append(out, connector.Field{Name: n, Type: connector.TypeDate})
	}
	return out
}

func list(name string, parts ...[]connector.Field) []connector.Field {
	return []connector.Field{{Name: name, Type: connector.TypeList, Fields: all(parts...)}}
}

func group(name string, parts ...[]connector.Field) []connector.Field {
	return []connector.Field{{Name: name, Type: connector.TypeGroup, Fields: all(parts...)}}
}

func all(parts ...[]connector.Field) []connector.Field {
	var out []connector.Field
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func chartFields() []connector.Field {
	return all(required(text(10, "ACCOUNT")), text(10, "DEPTID"), text(8, "OPERATING_UNIT"), text(6, "PRODUCT"), text(5, "FUND_CODE", "CLASS_FLD", "PROGRAM_CODE", "BUSINESS_UNIT_PC"),
		text(15, "PROJECT_ID", "ACTIVITY_ID"), text(8, "BUDGET_REF"))
}

func vendor() connector.Schema {
	return connector.Schema{Fields: all(
		required(text(5, "SETID")), required(text(10, "VENDOR_ID")), text(14, "VENDOR_NAME_SHORT"), required(text(40, "NAME1")), text(40, "NAME2"),
		text(1, "VENDOR_STATUS", "VENDOR_CLASS", "VENDOR_PERSISTENCE"), text(15, "AR_NUM"),
		list("VNDR_ADDR_SCROL", number(5, 0, "ADDRESS_SEQ_NUM"), text(30, "DESCR"),
			list("VENDOR_ADDR", date("EFFDT"), text(1, "EFF_STATUS"), text(3, "COUNTRY"), text(55, "ADDRESS1", "ADDRESS2", "ADDRESS3"), text(30, "CITY"), text(6, "STATE"), text(12, "POSTAL"))),
		list("VNDR_LOC_SCROL", text(10, "VNDR_LOC"), text(1, "DEFAULT_LOC_FLG"), list("VENDOR_LOC", date("EFFDT"), text(1, "EFF_STATUS"), text(3, "CURRENCY_CD"))),
	)}
}

func order() connector.Schema {
	return connector.Schema{Fields: all(
		required(text(5, "BUSINESS_UNIT")), required(text(10, "PO_ID")), text(2, "PO_STATUS"), text(5, "VENDOR_SETID"), required(text(10, "VENDOR_ID")), date("PO_DT"), required(text(30, "PO_REF")), required(text(30, "BUYER_ID")),
		text(3, "CURRENCY_CD", "DISP_METHOD", "ORIGIN"),
		list("PO_LINE", number(5, 0, "LINE_NBR"), text(254, "DESCR254_MIXED"), text(5, "CATEGORY_ID"), text(3, "UNIT_OF_MEASURE"), text(50, "ITM_ID_VNDR"),
			list("PO_LINE_SHIP", number(3, 0, "SCHED_NBR"), date("DUE_DT"), text(10, "SHIPTO_ID"), number(15, 4, "QTY_PO"), number(15, 5, "PRICE_PO"),
				list("PO_LINE_DISTRIB", number(5, 0, "DISTRIB_LINE_NUM"), text(5, "BUSINESS_UNIT_GL"), number(15, 4, "QTY_PO"), number(26, 3, "MERCHANDISE_AMT"), chartFields(),
					text(5, "BUSINESS_UNIT_REQ"), text(10, "REQ_ID"), number(5, 0, "REQ_LINE_NBR"), number(3, 0, "REQ_SCHED_NBR"), number(5, 0, "REQ_DISTRIB_NBR")))),
	)}
}

func voucher() connector.Schema {
	return connector.Schema{Fields: all(
		text(70, "ExternalMessageID"), required(text(5, "BUSINESS_UNIT")), required(text(8, "VOUCHER_ID")), text(4, "VOUCHER_STYLE"), required(text(30, "INVOICE_ID")), date("INVOICE_DT", "ACCOUNTING_DT"),
		required(text(10, "VENDOR_ID")), text(3, "ORIGIN"), number(26, 3, "GROSS_AMT", "SALETX_AMT", "FREIGHT_AMT", "MISC_AMT"), text(5, "PYMNT_TERMS_CD"), text(3, "TXN_CURRENCY_CD"), text(4, "VCHR_SRC"),
		list("VCHR_LINE_STG", number(5, 0, "VOUCHER_LINE_NUM"), text(5, "BUSINESS_UNIT_PO"), text(10, "PO_ID"), number(5, 0, "LINE_NBR"), number(3, 0, "SCHED_NBR"),
			text(30, "DESCR"), text(254, "DESCR254_MIXED"), number(15, 4, "QTY_VCHR"), text(3, "UNIT_OF_MEASURE"), number(15, 5, "UNIT_PRICE"), number(26, 3, "MERCHANDISE_AMT"),
			list("VCHR_DIST_STG", number(5, 0, "DISTRIB_LINE_NUM"), text(5, "BUSINESS_UNIT_GL"), number(26, 3, "MERCHANDISE_AMT"), chartFields())),
	)}
}

func value() connector.Schema {
	return connector.Schema{Fields: all(required(text(0, "fieldInternalName", "value")), text(0, "description"), []connector.Field{{Name: "active", Type: connector.TypeBool}})}
}

func supplier() connector.Schema {
	row := all(text(0, "type", "ERPNumber", "Name"), []connector.Field{{Name: "Active", Type: connector.TypeBool}})
	return connector.Schema{Fields: all(
		text(0, "ERPNumber", "SQIntegrationNumber"), required(text(0, "Name")), text(2, "CountryOfOrigin"), []connector.Field{{Name: "Active", Type: connector.TypeText, Values: []string{"Yes", "No"}}},
		group("BusinessUnitVendorNumberList", list("BusinessUnitVendorNumber", text(0, "businessUnitInternalName", "value"))),
		group("EnabledCurrencyList", list("IsoCurrencyCode", text(3, "value"))),
		group("AddressList", list("Address", row, text(0, "AddressLine1", "AddressLine2", "AddressLine3", "City", "State", "PostalCode"), text(3, "IsoCountryCode"))),
		group("AccountsPayableList", list("AccountsPayable", row)),
	)}
}

func requisition() connector.Schema {
	fields := all(required(text(0, "Account")), text(0, "Fund", "Department", "OperatingUnit", "Product", "Class", "Program", "Project", "Activity", "BusinessUnit", "BudgetRef"))
	return connector.Schema{Fields: all(
		required(text(0, "RequisitionName")), text(0, "Description", "ExternalReq"), group("Requestor", required(text(0, "username"))), group("ShipTo", required(text(0, "AddressCode"))),
		list("RequisitionSupplierGroup", text(0, "SupplierNumber"),
			list("RequisitionLine", number(0, 0, "linenumber"), text(0, "CatalogNumber"), text(254, "Description"), text(0, "MeasurementUnit"), text(0, "CommodityCode", "ProductType"),
				number(0, 5, "Quantity", "UnitPrice"), text(3, "currency"), list("splits", number(0, 0, "splitindex"), number(0, 5, "distributionvalue"), group("fields", fields)))),
	)}
}
