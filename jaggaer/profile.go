package jaggaer

import (
	"maps"

	connector "ml-connector"
)

// form is what a profile key holds.
type form int

const (
	formText  form = iota
	formInt        // a whole number, not negative
	formBool       // true or false
	formNum        // a decimal, kept as text
	formTexts      // a list of texts
	formRules      // a list of {field: name, in: [values]}
	formMap        // names to texts, both the customer's
)

// key is a leaf of the profile. A key that SURFACE.md keeps elsewhere only says where.
type key struct {
	form   form
	def    any
	values []string
	moved  string
}

// branch is an inner node of the profile: keys and branches by name.
type branch map[string]any

func text(def string, values ...string) key { return key{form: formText, def: def, values: values} }
func number(def int64) key                  { return key{form: formInt, def: def} }
func boolean(def bool) key                  { return key{form: formBool, def: def} }
func moved(to string) key                   { return key{moved: to} }
func columnList(def []string) key {
	out := make([]any, len(def))
	for n, s := range def {
		out[n] = s
	}
	return key{form: formTexts, def: out}
}
func named() key { return key{form: formMap, def: map[string]any{}} }

func rules(field string, values ...any) key {
	return key{form: formRules, def: []any{map[string]any{"field": field, "in": values}}}
}

// profileTree is every key of settings.profile with its default: JAGGAER.md §1.2 and §10.
func profileTree() branch {
	tree := branch{
		"rest": restTree(), "xml": xmlTree(), "operations": operationsTree(),
		"file": branch{"folder": text(""), "cfv_columns": columnList(valueColumns()), "payment_columns": columnList(paymentColumns())},
		"entities": branch{
			"invoice":     entityTree("invoice", "invoices", "invoiceId", "supplierInvoiceNumber"),
			"po":          entityTree("purchaseorder", "purchaseorders", "purchaseOrderId", "poNumber"),
			"requisition": entityTree("requisition", "requisitions", "requisitionId", "externalRequisitionNumber"),
			"supplier":    entityTree("supplier", "suppliers", "supplierId", "erpNumber"),
			"cfv":         entityTree("customfieldvalue", "customfieldvalues", "customFieldValueId", "value"),
			"payment":     branch{"module": text("ji"), "path": text("invoices/{id}/payment"), "id": text("invoiceId"), "external": text("voucherNumber")},
		},
	}
	cfv := tree["entities"].(branch)["cfv"].(branch)
	cfv["header_key"], cfv["detail"] = text(""), text("none", detailForms()...)
	links := branch{}
	for _, kind := range connector.Kinds() {
		links[string(kind)] = text("")
	}
	tree["links"] = links
	addCustomerKeys(tree)
	return tree
}

func detailForms() []string { return []string{"bare", "envelope", "list_of_one", "none"} }

func entityTree(one, path, id, external string) branch {
	return branch{
		"module": text("ji"), "path": text(path), "list_key": text("ji" + one + "List"), "item_key": text("ji" + one), "header_key": text("header"),
		"id": text(id), "version_field": text("lastUpdate"), "filter_field": text("lastUpdate"), "external": text(external),
		"detail": text("bare", detailForms()...), "extra_filter": text(""),
	}
}

func restTree() branch {
	return branch{
		"api_prefix": text("/j1p/api/public"), "version": text("v1"), "token_style": text("keycloak", "keycloak", "legacy"),
		"token_min_left_s": number(60), "token_ttl_override_s": number(0), "detail_timeout_s": number(60), "min_interval_ms": number(0),
		"throttle_fallback_s": number(15), "throttle_max_wait_s": number(300), "max_attempts": number(4),
		"start_param": text("start"), "start_base": number(1), "page_overlap": number(1), "filter_param": text("flt"), "component_param": text("comp"),
		"filter_ge": text(">="), "filter_lt": text("<"), "filter_and": text(";"), "filter_time_format": text("2006-01-02T15:04:05.000Z"),
		"tls_max_version": text("", "", "1.2", "1.3"),

		"base_url": moved("the setting url"), "token_url": moved("the setting token_url"), "client_id": moved("the setting client_id"),
		"client_secret": moved("the secret client_secret"), "scope": moved("the setting scope"), "timeout_s": moved("the setting timeout"),
		"max_concurrency": moved("the setting concurrency"), "overlap_s": moved("the setting overlap"), "clock_skew_s": moved("the setting settle"),
		"deep_days": moved("the profile key deep_days"), "proxy_url": moved("the network: requests go straight to JAGGAER, through no proxy"),
	}
}

func xmlTree() branch {
	return branch{
		"path_prefix": text("/apps/Router"), "dtd_base": text("https://usertest-messages.sciquest.com/app_docs/dtd"),
		"content_type": text("text/xml; charset=UTF-8"), "disable_chunking": boolean(true),
		"paths":     branch{"requisition": text("PRXMLImport"), "po": text("POXMLImport"), "supplier": text("TSMSupplierXMLImport"), "invoice": text(""), "cfv": text(""), "payment": text("")},
		"dtds":      branch{"requisition": text("requisition/PRImport.dtd"), "po": text("po/PO.dtd"), "supplier": text("supplier/TSMSupplier.dtd")},
		"templates": branch{"payment": text(paymentTemplate), "cfv": text(valueTemplate)},

		"base_url": moved("the setting xml_url"), "identity": moved("the setting identity"), "shared_secret": moved("the secret shared_secret"),
		"secrets": moved("the secrets shared_secret_requisition and shared_secret_supplier"), "timeout_s": moved("the setting timeout"),
	}
}

func operationsTree() branch {
	return branch{
		"supplier.write": text("xml", "xml", "rest", "off", ""), "requisition.create": text("xml", "xml", "rest", "off", ""),
		"requisition.read": text("rest", "rest", "off", ""), "po.read": text("rest", "rest", "off", ""), "invoice.read": text("rest", "rest", "off", ""),
		"cfv.write": text("rest", "rest", "xml", "file", "off", ""), "payment.write": text("off", "rest", "xml", "file", "off", ""),
	}
}

func addCustomerKeys(tree branch) {
	more := branch{
		"cfv_batch": number(200), "deep_days": number(7), "po_requisition_lines": boolean(false), "default_business_unit": text(""),
		"first_run_from": moved("the Flow's key start"),
		"invoice_ready": key{form: formRules, def: []any{
			map[string]any{"field": "workflowStatus", "in": []any{"Completed"}}, map[string]any{"field": "paymentStatus", "in": []any{"Payable"}}}},
		"po_ready": rules("workflowStatus", "Completed"), "po_cancelled": rules("status", "Cancelled"), "po_closed": rules("poAPStatus", "Close"),
		"supplier_ready_statuses": key{form: formTexts, def: []any{"Approved"}},

		"split_group_key": text("Account"), "split_type_key": text("distributionType"), "split_value_key": text("distributionValue"),
		"split_index_key": text("splitIndex"), "split_default_type": text("PercentOfPrice"),
		"chartfields": named(), "value_templates": named(), "empty_value": text("none"),

		"req_external_field": text("External Req #"), "req_origin_field": text(""), "req_origin_value": text(""), "voucher_field": text(""),
		"header_fields": named(), "line_fields": named(), "max_description": number(254), "lump_sum": boolean(false),
		"requester_map": moved("the crosswalk requestor"), "address_map": moved("the crosswalk ship_to"), "commodity_map": moved("the crosswalk category"),
		"uom_map": moved("the crosswalk uom"), "bu_map": moved("the crosswalk business_unit"), "business_unit_names": moved("the crosswalk business_unit"),

		"erp_number_format": text(""), "address_types": named(), "contact_types": named(), "ap_types": named(),
		"send_bank_accounts": moved("nowhere: bank accounts are never sent"),
		"amount_tolerance":   key{form: formNum, def: "0.01"}, "credit_memo_type_text": text("Credit memo"), "ocr_case": text("camel"),
		"paid_status_text": text("Paid"), "payable_status_text": text("Payable"),
	}
	maps.Copy(tree, more)
}
