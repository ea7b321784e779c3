package peoplesoft

import (
	"regexp"
	"slices"
	"strings"

	connector "ml-connector"
)

// Entities of the profile. The first eight are those of PEOPLESOFT.md §9; the others are the companion queries of §3.6, and
// stand in the profile because a site may name them as it likes. A companion takes the fields and prompts of its entity.
const (
	entVendor      = "vendor"
	entVendorByID  = "vendor_by_id"
	entVendorByExt = "vendor_by_ext"

	entVendorAddresses = "vendor_addresses"
	entVendorLocations = "vendor_locations"
	entVendorContacts  = "vendor_contacts"
	entVendorBank      = "vendor_bank_accounts"
	entVendorTax       = "vendor_tax_numbers"

	entAccount     = "account"
	entAccountByID = "account_by_id"
	entReq         = "requisition"
	entPO          = "po"
	entPOByID      = "po_by_id"
	entPOByRef     = "po_by_ref"
	entVoucher     = "voucher"
	entVchrByID    = "voucher_by_id"
	entVchrByInv   = "voucher_by_invoice"
	entVchrStage   = "voucher_stage"
	entVchrPreedit = "voucher_preedit"
	entPayment     = "payment"
	entPayments    = "payment_list"
	entReceipt     = "receipt"
	entBU          = "bu"
	entPing        = "ping"
)

var (
	queryName     = regexp.MustCompile(`^[A-Za-z0-9_]{1,30}$`)
	fieldName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,29}$`)
	ownColumnName = regexp.MustCompile(`^([A-Z]\.)?[A-Za-z_][A-Za-z0-9_]{0,29}$`)
	columnName    = regexp.MustCompile(`^[A-Za-z0-9_.]{1,64}$`)
	messageKey    = regexp.MustCompile(`^(po|vendor)\.(create|get|update|updatedata)$`)
)

func matches(re *regexp.Regexp, what string) func(string) string {
	return func(t string) string {
		if t == "" || re.MatchString(t) {
			return ""
		}
		return "is not " + what
	}
}

// pathOn accepts paths on the Connection's own address only: an address found in a profile is never called.
func pathOn(t string) string {
	if t != "" && (!strings.HasPrefix(t, "/") || strings.HasPrefix(t, "//") || strings.ContainsAny(t, " ?#")) {
		return "must be a path on the Connection's own address, such as /PSIGW/HttpListeningConnector"
	}
	return ""
}

func (m member) checked(check func(string) string) member {
	m.check = check
	return m
}

// textMap is a map of texts whose keys the site chooses.
func textMap(name string, check func(string) string, preset map[string]any) member {
	return member{name, shape{form: asMap, elem: &shape{form: asText, check: check}, preset: preset}}
}

// querySettings are the keys of one entity below `query`.
func querySettings(name, query, delta string) member {
	fields := shape{form: asMap, elem: &shape{form: asTexts, check: matches(columnName, "the name of a column")}}
	return member{name, group(
		text("name", query).checked(matches(queryName, "the name of a query")),
		text("owner", "", "", "public", "private", "PUBLIC", "PRIVATE"),
		textMap("prompts", matches(columnName, "the name of a prompt"), nil),
		member{"fields", fields},
		member{"columns", shape{form: asList, elem: new(ownColumnShape())}},
		text("delta_field", delta).checked(matches(columnName, "the name of a column")),
	)}
}

// profileShape is the tree of PEOPLESOFT.md §9 with its defaults.
func profileShape() shape {
	return group(
		text("tools_version", ""),
		member{"rest", group(yesNo("path_with_node", true))},
		soapShape(),
		member{"http_connector", group(text("url", "/PSIGW/HttpListeningConnector").checked(pathOn))},
		member{"gateway_status", group(text("url", "/PSIGW/PeopleSoftListeningConnector").checked(pathOn))},
		member{"message", group(text("envelope", inHeaders, inHeaders, inQuery, inIBRequest, inSOAP), text("external_id", "header", "header", inQuery, inIBRequest), text("to_node", ""),
			text("soap_action", "{message}"))},
		member{"oauth", group(text("client_auth", "basic", "basic", "body"))},
		member{"encoding", group(text("fallback", "windows-1252", "windows-1252", "iso-8859-1"))},
		member{"db", group(yesNo("unicode", true))},
		queryShape(),
		member{"write", group(
			member{"po", group(text("transport", soapTransport, soapTransport, restTransport, customTransport))},
			member{"vendor", group(text("transport", soapTransport, soapTransport, messageTransport, restTransport, customTransport))},
			member{"voucher", group(text("transport", messageTransport, messageTransport, customTransport))},
		)},
		member{"read", group(append([]member{yesNo("receipts", false), yesNo("payments", false)}, listFlags()...)...)},
		poShape(),
		vendorShape(),
		voucherShape(),
		member{"rest_ci", group(
			member{"url", group(
				text("po", "/PSIGW/RESTListeningConnector/{node}/CIRT_{ci}.v1/").checked(pathOn),
				text("vendor", "/PSIGW/RESTListeningConnector/{node}/CIRT_{ci}.v1/").checked(pathOn),
				text("po_updatedata", "").checked(pathOn), text("vendor_updatedata", "").checked(pathOn),
			)},
			text("success_pointer", "").checked(pointer), textMap("key_pointers", pointer, nil), text("messages_pointer", "/detail/messages").checked(pointer),
		)},
		member{"custom_rest", group(customShape("po"), customShape("vendor"), customShape("voucher"))},
		member{"setid", shape{form: asMap, keys: []string{"vendor", "account"}, elem: &shape{form: asMap, elem: &shape{form: asText, check: matches(codeName, "a code of at most five characters")}}}},
		member{"bu", shape{form: asMap, keys: []string{"pc", "po", "ap", "gl"}, elem: &shape{form: asText}, preset: map[string]any{"pc": ""}}},
		member{"chartfields", shape{form: asList, elem: new(chartfieldShape())}},
		member{"status", shape{form: asMap, keys: []string{entVendor, entAccount, entReq, entPO, entVoucher, entPayment}, elem: &shape{form: asMap, elem: &shape{form: asText}}}},
		text("default_business_unit", ""),
		textMap("links", nil, nil),
		member{"errors", group(member{"extra", shape{form: asList, elem: new(extraShape())}})},
	)
}

// listFlags are those of a supplier's lists.
func listFlags() []member {
	var out []member
	for _, l := range vendorLists() {
		out = append(out, yesNo(l.flag, false))
	}
	return out
}

func soapShape() member {
	return member{"soap", group(
		text("url", "/PSIGW/PeopleSoftServiceListeningConnector/{node}").checked(pathOn),
		member{"action", group(text("create", "CI_{ci}_C.V1"), text("get", "CI_{ci}_G.V1"), text("update", "CI_{ci}_U.V1"), text("updatedata", "CI_{ci}_UD.V1"))},
		text("namespace", "http://xmlns.oracle.com/Enterprise/Tools/schemas/{message}.V1"),
		textMap("message", nil, nil),
		text("verb_case", "title", "title", "upper", "lower"),
		member{"property_prefixes", shape{form: asMap, keys: []string{"key", "property", "collection"}, elem: &shape{form: asText, check: matches(fieldName, "the beginning of an element's name")}}},
	)}
}

func queryShape() member {
	size := number("page_size", 500, 2, 100000)
	return member{"query", group(
		text("format", "", "", "json", "xmlp", "webrowset"),
		text("owner", "public", "public", "private", "PUBLIC", "PRIVATE"), size,
		text("date_format", "YYYY-MM-DD").checked(dateFormat),
		text("datetime_format", "").checked(datetimeFormat),
		text("first_key", ""),
		querySettings(entPing, "JGR_PING", ""),
		querySettings(entVendor, "JGR_VENDOR", ""), querySettings(entVendorByID, "JGR_VENDOR_BY_ID", ""), querySettings(entVendorByExt, "JGR_VENDOR_BY_EXT", ""),
		querySettings(entVendorAddresses, "JGR_VENDOR_ADDR", ""), querySettings(entVendorLocations, "JGR_VENDOR_LOC", ""), querySettings(entVendorContacts, "JGR_VENDOR_CNTCT", ""),
		querySettings(entVendorBank, "JGR_VENDOR_BANK", ""), querySettings(entVendorTax, "JGR_VENDOR_TAX", ""),
		querySettings(entAccount, "JGR_ACCOUNT", ""), querySettings(entAccountByID, "JGR_ACCOUNT_BY_ID", ""),
		querySettings(entReq, "JGR_REQ", ""),
		querySettings(entPO, "JGR_PO", ""), querySettings(entPOByID, "JGR_PO_BY_ID", ""), querySettings(entPOByRef, "JGR_PO_BY_REF", ""),
		querySettings(entVoucher, "JGR_VOUCHER", ""), querySettings(entVchrByID, "JGR_VCHR_BY_ID", ""), querySettings(entVchrByInv, "JGR_VCHR_BY_INV", ""),
		querySettings(entVchrStage, "JGR_VCHR_STAGE", ""), querySettings(entVchrPreedit, "JGR_VCHR_PREEDIT", ""),
		querySettings(entPayment, "JGR_PAYMENT", ""), querySettings(entPayments, "JGR_PAYMENT_LIST", ""), querySettings(entReceipt, "JGR_RECEIPT", ""), querySettings(entBU, "JGR_BU", ""),
	)}
}

func poShape() member {
	cancels := func(name, field, value string) member {
		return textMap(name, nil, map[string]any{field: value})
	}
	return member{"po", group(
		text("ci_name", "JGR_PO_CI").checked(matches(queryName, "the name of a Component Interface")),
		text("ref_field", "PO_REF").checked(matches(fieldName, "the name of a field")),
		text("buyer", ""), text("origin", ""), yesNo("can_update", false), yesNo("can_cancel", false),
		cancels("cancel_fields", "PO_STATUS", "PX"), cancels("line_cancel_fields", "CANCEL_STATUS", "X"),
		yesNo("require_dispatched", false), yesNo("link_requisition", false),
		yesNo("can_close", false), cancels("close_fields", "PO_STATUS", "C"), text("update_verb", verbUpdate, verbUpdate, verbUpdateData),
	)}
}

func vendorShape() member {
	return member{"vendor", group(
		text("ci_name", "JGR_VNDR_CI").checked(matches(queryName, "the name of a Component Interface")),
		text("external_id_field", "AR_NUM").checked(matches(fieldName, "the name of a field")),
		text("initial_status", "E", "A", "E", "I"), text("id_mode", "NEXT"), text("number", ""),
		yesNo("can_update", true), text("update_verb", verbUpdate, verbUpdate, verbUpdateData), textMap("cancel_fields", nil, map[string]any{"VENDOR_STATUS": "I"}),
		text("operation", "VENDOR_SYNC.VERSION_1").checked(matches(columnName, "the alias of a service operation")),
		text("message", "VENDOR_SYNC").checked(matches(fieldName, "the name of a message")),
		member{"stage_timeout", shape{form: asDuration, def: "48h"}},
	)}
}

// customShape is what a site says of a REST service of its own.
func customShape(doc string) member {
	return member{doc, group(
		text("url", "").checked(pathOn), member{"template", shape{form: asTree}}, text("update_method", "PUT", "PUT", "POST", "PATCH"),
		text("success_pointer", "").checked(pointer), textMap("key_pointers", pointer, nil), text("messages_pointer", "").checked(pointer),
	)}
}

func voucherShape() member {
	return member{"voucher", group(
		text("operation", "VOUCHER_BUILD.VERSION_1").checked(matches(columnName, "the alias of a service operation")),
		text("message", "VOUCHER_BUILD").checked(matches(fieldName, "the name of a message")),
		text("id_scheme", "J{invoice:7}"), text("origin", "JGR"), text("source", "XML"), text("style_credit", "ADJ"),
		text("tolerance", "0.01").checked(func(t string) string {
			if !plainNumber.MatchString(t) || strings.HasPrefix(t, "-") {
				return "must be an amount such as 0.01"
			}
			return ""
		}),
		yesNo("override_po_accounting", false),
		member{"stage_timeout", shape{form: asDuration, def: "48h"}},
		number("invoice_id_length", 30, 1, 30),
		member{"error_fields", shape{form: asTexts, texts: []string{"A.ERRMSGTEXT", "A.DUP_INVOICE_STATUS"}, check: matches(columnName, "the name of a column")}},
		text("payment_record", "VCHR_PYMT_STG").checked(matches(fieldName, "the name of a record")),
		text("language", "ENG"),
		text("misc_charge_record", "").checked(matches(fieldName, "the name of a record")), text("misc_charge_amount", "MISC_CHRG_AMT").checked(matches(fieldName, "the name of a field")),
		textMap("misc_charge_fields", nil, nil),
	)}
}

func chartfieldShape() shape {
	return group(
		text("field", "").checked(matches(fieldName, "the name of a ChartField")), text("query", "").checked(matches(queryName, "the name of a query")),
		text("internal_name", ""), text("label", ""), number("length", 0, 0, 254), text("record", ""), yesNo("required", false),
	)
}

// ownColumnShape is a column that a site has added to a query for rules of its own.
func ownColumnShape() shape {
	return group(text("name", "").checked(matches(ownColumnName, "a column such as A.RISK_CLASS: its record's alias in the query, and its field")),
		text("type", string(connector.TypeText), string(connector.TypeText), string(connector.TypeNumber), string(connector.TypeDate)), number("length", 0, 0, 32767), number("scale", 0, 0, 15))
}

func extraShape() shape {
	codes := []string{"", string(connector.Invalid), string(connector.Misconfigured), string(connector.Rejected), string(connector.NotFound), string(connector.Conflict),
		string(connector.Credentials), string(connector.Forbidden), string(connector.Throttled), string(connector.Unavailable), string(connector.Ambiguous)}
	return group(
		number("set", anyNumber, anyNumber, 32767), number("number", anyNumber, anyNumber, 99999),
		text("pattern", "").checked(func(t string) string {
			if _, err := regexp.Compile(t); err != nil {
				return "is not a regular expression: " + err.Error()
			}
			return ""
		}),
		text("class", "", codes...), text("hint", ""),
	)
}

func pointer(t string) string {
	if t != "" && t[0] != '/' {
		return "must be a JSON pointer such as /detail/messages"
	}
	return ""
}

// profileProblems are those that one value alone does not show.
func profileProblems(p profile) []connector.SettingProblem {
	var f filler
	seen := []string{"ACCOUNT"}
	for i, cf := range p.chartfields {
		path := join("profile", indexed("chartfields", i))
		if cf.field == "" {
			f.problem(join(path, "field"), "is required")
			continue
		}
		if slices.Contains(seen, cf.field) {
			f.problem(join(path, "field"), "%s is listed twice", cf.field)
		}
		seen = append(seen, cf.field)
		if cf.internalName == "" {
			f.problem(join(path, "internal_name"), "is required: the name of this ChartField at the other side")
		}
	}
	f.problems = append(f.problems, ownColumnProblems(p)...)
	for i, x := range p.extra {
		if path := join("profile.errors", indexed("extra", i)); x.set == anyNumber && x.pattern == nil {
			f.problem(path, "needs set (and number), or pattern")
		} else if x.onRead == "" {
			f.problem(join(path, "class"), "is required")
		}
	}
	for k := range p.soapMessage {
		if !messageKey.MatchString(k) {
			f.problem("profile.soap.message."+k, "unknown key; known are po.create, po.update, vendor.create and so on")
		}
	}
	made := makeSchemas(p)
	for _, c := range []struct {
		doc, transport, number string
		schema                 connector.Schema
	}{{"po", p.poTransport, "PO_ID", made.order}, {"vendor", p.vendorTransport, "VENDOR_ID", made.supplier}, {"voucher", p.voucher.transport, "VOUCHER_ID", made.voucher}} {
		if msg := p.customREST[c.doc].problem(c.schema, c.number); c.transport == customTransport && msg != "" {
			f.problem("profile.custom_rest."+c.doc, "%s", msg)
		}
	}
	return f.problems
}
