package peoplesoft

import (
	"bytes"
	"context"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	connector "ml-connector"
)

var update = flag.Bool("update", false, "rewrite the golden requests in testdata; read the diff")

// golden compares a request with the file that holds it, method, address, headers and body.
func golden(t *testing.T, name string, r connector.Request) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.URL + "\n")
	for _, h := range []string{"Authorization", "PS_TOKEN", "Content-Type", "Accept", "SOAPAction", "OperationName", "OperationType", "From", "To", "Password", "ExternalMessageID"} {
		if v, ok := r.Header[h]; ok {
			b.WriteString(h + ": " + v + "\n")
			delete(r.Header, h)
		}
	}
	for h := range r.Header {
		t.Errorf("%s: header %s is not looked at", name, h)
	}
	b.WriteString("\n" + strings.ReplaceAll(string(r.Body), "><", ">\n<") + "\n")
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, b.Bytes(), want)
	}
	if !r.Write {
		t.Errorf("%s is not marked as a write", name)
	}
	if strings.HasPrefix(strings.TrimSpace(string(r.Body)), "<") {
		dec := xml.NewDecoder(bytes.NewReader(r.Body))
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s is not XML: %v", name, err)
			}
		}
	}
}

type doc = map[string]any

func orderDocument() connector.Document {
	line := func(number, text, quantity string) doc {
		return doc{"LINE_NBR": number, "DESCR254_MIXED": text, "CATEGORY_ID": "LAB01", "UNIT_OF_MEASURE": "BX", "ITM_ID_VNDR": "NL-GLV-100", "PO_LINE_SHIP": []any{
			doc{"SCHED_NBR": "1", "DUE_DT": "2026-03-18", "SHIPTO_ID": "MAINDOCK", "QTY_PO": quantity, "PRICE_PO": "9.75", "PO_LINE_DISTRIB": []any{
				doc{"DISTRIB_LINE_NUM": "1", "BUSINESS_UNIT_GL": "us001", "QTY_PO": quantity, "MERCHANDISE_AMT": "146.25", "ACCOUNT": "641000", "DEPTID": "chem100"}}}}}
	}
	return connector.Document{"BUSINESS_UNIT": "US001", "PO_ID": "NEXT", "VENDOR_SETID": "SHARE", "VENDOR_ID": "0000010001", "PO_DT": "2026-03-04", "PO_REF": "JGR-PO-000482913", "BUYER_ID": "Buyer01",
		"CURRENCY_CD": "USD", "DISP_METHOD": "PRN", "ORIGIN": "", "PO_LINE": []any{line("1", "Gloves, size M & <L> \x01\"x\"\r\nbox 😀", "15"), line("3", "Freight", "1")}}
}

func supplierDocument() connector.Document {
	return connector.Document{"SETID": "SHARE", "VENDOR_ID": "NEXT", "VENDOR_NAME_SHORT": "NORTHFIELD", "NAME1": "Northfield Lab Supply", "VENDOR_STATUS": "E", "VENDOR_CLASS": "R", "VENDOR_PERSISTENCE": "R",
		"AR_NUM": "JGR-88123", "VNDR_LOC_SCROL": []any{doc{"VNDR_LOC": "MAIN", "DEFAULT_LOC_FLG": "Y", "VENDOR_LOC": []any{doc{"EFFDT": "2026-03-04", "EFF_STATUS": "A", "CURRENCY_CD": "USD"}}}},
		"VNDR_ADDR_SCROL": []any{doc{"ADDRESS_SEQ_NUM": "1", "DESCR": "Main", "VENDOR_ADDR": []any{doc{"EFFDT": "2026-03-04", "EFF_STATUS": "A", "COUNTRY": "USA", "ADDRESS1": "12 Quarry Road", "CITY": "Springfield"}}}}}
}

func voucherDocument() connector.Document {
	return connector.Document{"ExternalMessageID": "JGR-INV-918273", "BUSINESS_UNIT": "us001", "VOUCHER_ID": "J0918273", "VOUCHER_STYLE": "REG", "INVOICE_ID": "nl-2026-5531", "INVOICE_DT": "2026-03-20", "VENDOR_ID": "0000010001",
		"ORIGIN": "JGR", "GROSS_AMT": "213", "SALETX_AMT": "0", "TXN_CURRENCY_CD": "USD", "VCHR_SRC": "XML", "PYMNT_TERMS_CD": "", "VCHR_LINE_STG": []any{
			doc{"VOUCHER_LINE_NUM": "1", "BUSINESS_UNIT_PO": "US001", "PO_ID": "0000004711", "LINE_NBR": "1", "SCHED_NBR": "1", "DESCR": "Gloves ]]> & more", "MERCHANDISE_AMT": "195", "QTY_VCHR": "20", "UNIT_PRICE": "9.75"},
			doc{"VOUCHER_LINE_NUM": "2", "DESCR": "Freight", "MERCHANDISE_AMT": "18", "VCHR_DIST_STG": []any{
				doc{"DISTRIB_LINE_NUM": "1", "BUSINESS_UNIT_GL": "US001", "ACCOUNT": "642500", "DEPTID": "CHEM100", "MERCHANDISE_AMT": "18", "FUND_CODE": "F10"}}}}}
}

const savedOrder = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><m:Create__CompIntfc__JGR_PO_CIResponse xmlns:m="urn:M2"><m:notification>1</m:notification>
 <m:detail><m:JGR_PO_CI><m:BUSINESS_UNIT>US001</m:BUSINESS_UNIT><m:PO_ID>0000004711</m:PO_ID></m:JGR_PO_CI><m:messages><m:type>Warning</m:type><m:messagetext>Buyer is new (10200,3)</m:messagetext></m:messages></m:detail></m:Create__CompIntfc__JGR_PO_CIResponse></soapenv:Body></soapenv:Envelope>`

const accepted200 = `<?xml version="1.0"?><IBResponse type="success"><DefaultTitle>Integration Broker Response</DefaultTitle><StatusCode>0</StatusCode><TransactionID>a1b2c3d4-1f2e</TransactionID></IBResponse>`

func TestWriteRequests(t *testing.T) {
	t.Parallel()
	create := func(k connector.Kind, d connector.Document) connector.Write {
		return connector.Write{Kind: k, Operation: connector.OpCreate, Document: d}
	}
	changed := orderDocument()
	changed["PO_LINE"] = changed["PO_LINE"].([]any)[:1]
	delete(changed, "DISP_METHOD")
	repriced := orderDocument()
	repriced["PO_LINE"].([]any)[1].(doc)["PO_LINE_SHIP"].([]any)[0].(doc)["PRICE_PO"] = "9.8"
	repriced["BUYER_ID"] = ""
	closed := orderDocument()
	closed["PO_STATUS"] = "C"
	charged := voucherDocument()
	charged["GROSS_AMT"], charged["MISC_AMT"] = "217.5", "4.50"
	for name, row := range map[string]struct {
		write  connector.Write
		edits  []any
		answer string
		id     string
	}{
		"order_create": {create(connector.PurchaseOrder, orderDocument()), nil, savedOrder, "US001/0000004711"},
		"order_create_site": {create(connector.PurchaseOrder, orderDocument()), []any{"profile.soap.property_prefixes", doc{"key": "KEYPROP_", "property": "PROP_", "collection": "COLL_"}, "profile.soap.verb_case", "upper",
			"profile.soap.message", doc{"po.create": "M581234"}, "profile.soap.action.create", "Create.V1", "profile.po.ci_name", "UNI_PO", "profile.po.ref_field", "UNI_REF"},
			`<E><Body><X><detail><UNI_PO><KEYPROP_BUSINESS_UNIT>US001</KEYPROP_BUSINESS_UNIT><KEYPROP_PO_ID>0000004711</KEYPROP_PO_ID></UNI_PO></detail></X></Body></E>`, "US001/0000004711"},
		"order_create_no_namespace": {create(connector.PurchaseOrder, orderDocument()), []any{"profile.soap.namespace", ""}, savedOrder, "US001/0000004711"},
		"order_create_rest":         {create(connector.PurchaseOrder, orderDocument()), []any{"profile.write.po.transport", "rest_ci"}, `{"BUSINESS_UNIT":"US001","PO_ID":"0000004711"}`, "US001/0000004711"},
		"order_create_token":        {create(connector.PurchaseOrder, orderDocument()), []any{"auth", "ps_token"}, savedOrder, "US001/0000004711"},
		"order_change": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: changed, Previous: orderDocument()},
			[]any{"profile.po.can_update", true}, `<E><Body><R><notification>1</notification></R></Body></E>`, "US001/0000004711"},
		"order_cancel": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCancel, TargetID: "US001/0000004711", Document: orderDocument()},
			[]any{"profile.po.can_cancel", true, "profile.write.po.transport", "rest_ci"}, `{"notification":1}`, "US001/0000004711"},
		"supplier_create":   {create(connector.Supplier, supplierDocument()), nil, `<E><Body><R><detail><JGR_VNDR_CI><SETID>SHARE</SETID><VENDOR_ID>0000090001</VENDOR_ID></JGR_VNDR_CI></detail></R></Body></E>`, "SHARE/0000090001"},
		"voucher_headers":   {create(connector.Invoice, voucherDocument()), nil, accepted200, "US001/J0918273"},
		"voucher_no_node":   {create(connector.Invoice, voucherDocument()), []any{"node", "", "profile.rest.path_with_node", false}, accepted200, "US001/J0918273"},
		"voucher_query":     {create(connector.Invoice, voucherDocument()), []any{"profile.message.envelope", "query", "profile.message.to_node", "PSFT_AP"}, accepted200, "US001/J0918273"},
		"voucher_ibrequest": {create(connector.Invoice, voucherDocument()), []any{"profile.message.envelope", "ibrequest", "profile.message.external_id", "ibrequest"}, accepted200, "US001/J0918273"},
		"voucher_oauth2":    {create(connector.Invoice, voucherDocument()), []any{"auth", "oauth2", "username", nil, "client_id", "mlc", "token_url", "https://idp.example.com/t", "profile.voucher.payment_record", "VCHR_PYMNT_STG"}, accepted200, "US001/J0918273"},
		"voucher_soap":      {create(connector.Invoice, voucherDocument()), []any{"profile.message.envelope", "soap", "profile.message.external_id", "query"}, soapAccepted, "US001/J0918273"},
		"voucher_charges": {create(connector.Invoice, charged), []any{"profile.voucher.misc_charge_record", "VCHR_MSCH_STG", "profile.voucher.misc_charge_fields", doc{"MISC_CHARGE_CODE": "MISC", "DST_ACCT_TYPE": "MISC"}},
			accepted200, "US001/J0918273"},
		"voucher_custom": {create(connector.Invoice, charged), append([]any{"profile.voucher.misc_charge_record", "VCHR_MSCH_STG", "profile.voucher.misc_charge_fields", doc{"MISC_CHARGE_CODE": "MISC"}},
			custom("voucher", "VOUCHER_ID", doc{"template": doc{"Source": "JAGGAER {INVOICE_ID}", "MessageId": "{ExternalMessageID}", "Try": int64(1), "RequestBody": []any{doc{"X_VCHR_IMPORT_STG": []any{doc{"VCHR_HDR_STG": []any{"{document}"}}}}}}})...),
			`{"Response":{"Status":"OK","BUSINESS_UNIT":"US001","VOUCHER_ID":"J0918273"}}`, "US001/J0918273"},
		"order_create_custom": {create(connector.PurchaseOrder, orderDocument()), custom("po", "PO_ID", nil), `{"Response":{"Status":"Success","PO_ID":"0000004711"}}`, "US001/0000004711"},
		"order_change_custom": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: changed, Previous: orderDocument()},
			append([]any{"profile.po.can_update", true}, custom("po", "PO_ID", doc{"update_method": "PATCH"})...), `{"Response":{"Status":"1"}}`, "US001/0000004711"},
		"order_change_rest": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: changed, Previous: orderDocument()},
			[]any{"profile.po.can_update", true, "profile.write.po.transport", "rest_ci"}, `{"notification":1}`, "US001/0000004711"},
		"order_change_parts": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: repriced, Previous: orderDocument()},
			[]any{"profile.po.can_update", true, "profile.po.update_verb", "updatedata"}, `<E><Body><R><notification>1</notification></R></Body></E>`, "US001/0000004711"},
		"order_change_parts_rest": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: repriced, Previous: orderDocument()},
			[]any{"profile.po.can_update", true, "profile.po.update_verb", "updatedata", "profile.write.po.transport", "rest_ci", "profile.rest_ci.url.po_updatedata", "/PSIGW/RESTListeningConnector/{node}/CIRT_{ci}.v1/UD/"}, `{"notification":1}`, "US001/0000004711"},
		"order_cancel_soap": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCancel, TargetID: "US001/0000004711", Document: orderDocument()},
			[]any{"profile.po.can_cancel", true, "profile.po.cancel_fields", doc{"PO_STATUS": "X", "CANCEL_SW": "Y"}}, `<E><Body><R><notification>1</notification></R></Body></E>`, "US001/0000004711"},
		"order_cancel_custom": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCancel, TargetID: "US001/0000004711", Document: orderDocument()},
			append([]any{"profile.po.can_cancel", true}, custom("po", "PO_ID", nil)...), `{"Response":{"Status":"OK"}}`, "US001/0000004711"},
		"order_close": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: closed, Previous: orderDocument()},
			[]any{"profile.po.can_close", true}, `<E><Body><R><notification>1</notification></R></Body></E>`, "US001/0000004711"},
		"supplier_create_rest":    {create(connector.Supplier, supplierDocument()), []any{"profile.write.vendor.transport", "rest_ci"}, `{"SETID":"SHARE","VENDOR_ID":"0000090001"}`, "SHARE/0000090001"},
		"supplier_create_message": {create(connector.Supplier, supplierDocument()), []any{"profile.write.vendor.transport", "message", "profile.vendor.external_id_field", "UNI_EXT"}, accepted200, ""},
		"supplier_create_custom":  {create(connector.Supplier, supplierDocument()), custom("vendor", "VENDOR_ID", nil), `{"Response":{"Status":"OK","VENDOR_ID":"0000090001"}}`, "SHARE/0000090001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, "text/xml", row.answer)
			i := open(t, f, row.edits...)
			r, err := i.Write(context.Background(), row.write)
			if err != nil {
				t.Fatal(err)
			}
			if r.ID != row.id {
				t.Errorf("receipt %+v, want ID %s", r, row.id)
			}
			golden(t, name, f.last())
		})
	}
}

// custom are the settings of a service that the site built itself.
func custom(document, number string, more doc) []any {
	s := doc{"url": "/PSIGW/RESTListeningConnector/{node}/UNI_" + strings.ToUpper(document) + ".v1/", "success_pointer": "/Response/Status", "messages_pointer": "/Response/Message", "key_pointers": doc{number: "/Response/" + number}}
	for k, v := range more {
		s[k] = v
	}
	return []any{"profile.write." + document + ".transport", "custom_rest", "profile.custom_rest." + document, s}
}

const soapAccepted = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><IBResponse type="success"><StatusCode>0</StatusCode><TransactionID>a1b2c3d4-1f2e</TransactionID></IBResponse></soapenv:Body></soapenv:Envelope>`

func TestWriteReceipts(t *testing.T) {
	t.Parallel()
	i := open(t, always(200, "text/xml", savedOrder))
	r, err := i.Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCreate, Document: orderDocument()})
	if err != nil || !reflect.DeepEqual(r.Numbers, []string{"0000004711", "JGR-PO-000482913"}) || !reflect.DeepEqual(r.Warnings, []string{"Buyer is new (10200,3)"}) {
		t.Errorf("%+v, %v", r, err)
	}
	i = open(t, always(200, "text/xml", accepted200))
	r, err = i.Write(context.Background(), connector.Write{Kind: connector.Invoice, Operation: connector.OpCreate, Document: voucherDocument()})
	if err != nil || r.Life == nil || r.Life.Stage != connector.StageSent || !strings.Contains(r.Life.Reason, "a1b2c3d4-1f2e") || r.Repeated {
		t.Errorf("%+v, %v", r, err)
	}
}

func ibError(number, text string) string {
	return `<?xml version="1.0"?><IBResponse type="error"><DefaultTitle>Integration Broker Response</DefaultTitle><StatusCode>20</StatusCode><MessageID>` + number + `</MessageID><DefaultMessage>` + text + `</DefaultMessage></IBResponse>`
}

func fault(number, text string) string {
	return `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>null</faultstring><detail>` +
		`<IBResponse xmlns="" type="error"><DefaultTitle>Integration Broker Response</DefaultTitle><StatusCode>20</StatusCode><MessageID>` + number + `</MessageID><DefaultMessage><![CDATA[` + text +
		`]]></DefaultMessage></IBResponse></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`
}

// refusal is a Component Interface's answer with messages "set,number,text".
func refusal(messages ...string) string {
	out := `<E><Body><m:Create__CompIntfc__JGR_PO_CIResponse xmlns:m="urn:M2"><m:notification>0</m:notification><m:detail><m:JGR_PO_CI><m:BUSINESS_UNIT>US001</m:BUSINESS_UNIT><m:PO_ID>NEXT</m:PO_ID></m:JGR_PO_CI>`
	for _, m := range messages {
		p := strings.SplitN(m, ",", 3)
		out += `<m:messages><m:type>Error</m:type><m:messagesetnumber>` + p[0] + `</m:messagesetnumber><m:messagenumber>` + p[1] + `</m:messagenumber><m:messagetext>` + p[2] + `</m:messagetext><m:explaintext/></m:messages>`
	}
	return out + `</m:detail></m:Create__CompIntfc__JGR_PO_CIResponse></Body></E>`
}

const invalidDept = "15,11,Invalid value -- press the prompt button or hyperlink for a list of valid values (15,11) {JGR_PO_CI.PO_LINE(2).PO_LINE_SHIP(1).PO_LINE_DISTRIB(1).DEPTID}"

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind   connector.Kind
		status int
		body   string
		code   connector.Code
		words  []string
	}{
		"a value that is not in the prompt table names line, field and value": {connector.PurchaseOrder, 200, refusal(invalidDept, "91,37,Error saving Component Interface. {JGR_PO_CI} (91,37)"), connector.Rejected,
			[]string{"Invalid value", "line 3, schedule 1, distribution 1, DEPTID = \"chem100\"", "crosswalk"}},
		"the same with 500":                             {connector.PurchaseOrder, 500, refusal(invalidDept), connector.Rejected, []string{"line 3"}},
		"only that it was not saved":                    {connector.PurchaseOrder, 200, refusal("91,37,Error saving Component Interface. {JGR_PO_CI} (91,37)"), connector.Rejected, []string{"not saved"}},
		"not saved, and no reason at all":               {connector.PurchaseOrder, 200, `<E><Body><R><notification>0</notification></R></Body></E>`, connector.Rejected, []string{"no reason"}},
		"the site's own check":                          {connector.PurchaseOrder, 200, refusal("20100,7,Ask Jo first"), connector.Rejected, []string{"Ask Jo first (20100,7)", "site"}},
		"a check of a set that the table does not know": {connector.PurchaseOrder, 200, refusal("10200,31,At least one distribution is required."), connector.Rejected, []string{"At least one distribution"}},
		"a row that exists":                             {connector.PurchaseOrder, 200, refusal("91,49,Row already exists with the specified keys. {JGR_PO_CI}"), connector.Conflict, []string{"already exists"}},
		"a wrong Component Interface":                   {connector.PurchaseOrder, 200, refusal("91,2,Component Interface X not found"), connector.Misconfigured, []string{"ci_name"}},
		"no permission on it":                           {connector.PurchaseOrder, 200, refusal("91,6,Not Authorized (91,6)"), connector.Forbidden, []string{"permission list"}},
		"code of PeopleSoft that failed":                {connector.PurchaseOrder, 200, refusal("180,52,SQL failed"), connector.Ambiguous, []string{"administrator"}},
		"a mandatory part that is missing":              {connector.PurchaseOrder, 200, refusal("180,236,First operand of . is NULL"), connector.Rejected, nil},
		"a row locked by a user is no sign-on problem":  {connector.PurchaseOrder, 200, refusal("10200,99,Row is locked by user JDOE."), connector.Rejected, nil},
		"a combination of ChartFields":                  {connector.PurchaseOrder, 200, refusal("9600,44,Combination error for fields ACCOUNT/DEPTID in group 1"), connector.Rejected, []string{"combination"}},
		"a wrong password in a SOAP fault with 500":     {connector.PurchaseOrder, 500, fault("45", "User password failed. (158,45)"), connector.Credentials, []string{"password"}},
		"a wrong password in a SOAP fault with 200":     {connector.PurchaseOrder, 200, fault("45", "User password failed. (158,45)"), connector.Credentials, []string{"password"}},
		"a localised text without its tuple":            {connector.PurchaseOrder, 200, fault("536", "Benutzer darf nicht"), connector.Forbidden, []string{"Benutzer darf nicht (158,536)"}},
		"a wrong node":                                  {connector.PurchaseOrder, 500, fault("505", "no send handler (158,505)"), connector.Misconfigured, []string{"Local Node"}},
		"a structure that does not fit":                 {connector.PurchaseOrder, 500, fault("28", "Message schema validation failed (159,28)"), connector.Misconfigured, []string{"WSDL"}},
		"a time-out beside any other message":           {connector.PurchaseOrder, 200, refusal("15,11,Invalid value (15,11)", "0,0,bea.jolt.ApplicationException: TPETIME - timeout occurred"), connector.Ambiguous, nil},
		"a 500 without text":                            {connector.PurchaseOrder, 500, "", connector.Ambiguous, []string{"Service Operations Monitor"}},
		"a 503 of a proxy, which may have forwarded it": {connector.PurchaseOrder, 503, "<html>busy</html>", connector.Ambiguous, nil},
		"a 502": {connector.PurchaseOrder, 502, "<html>bad gateway</html>", connector.Ambiguous, nil},
		"a 504": {connector.PurchaseOrder, 504, "", connector.Ambiguous, nil},
		"a 200 with a web page may have come after it": {connector.PurchaseOrder, 200, "<html><body>Sign in</body></html>", connector.Ambiguous, []string{"web page"}},
		"an empty 200":                                {connector.PurchaseOrder, 200, "", connector.Ambiguous, nil},
		"a 200 that was cut":                          {connector.PurchaseOrder, 200, savedOrder[:120], connector.Ambiguous, nil},
		"a 200 without key and notification":          {connector.PurchaseOrder, 200, `<E><Body><R><detail/></R></Body></E>`, connector.Ambiguous, nil},
		"a 302 to a sign-on page did nothing":         {connector.PurchaseOrder, 302, "", connector.Misconfigured, []string{"redirect"}},
		"a 401 did nothing":                           {connector.PurchaseOrder, 401, "", connector.Credentials, nil},
		"a 429 did nothing":                           {connector.PurchaseOrder, 429, "", connector.Throttled, nil},
		"an older service's message":                  {connector.Supplier, 200, `<USER_PROFILE><Error-Warning><Message><Type>Error</Type><MessageSetNumber>91</MessageSetNumber><MessageNumber>49</MessageNumber><MessageText>Row already exists with the specified keys. {USER_PROFILE} (91,49)</MessageText><ExplainText>…</ExplainText></Message></Error-Warning></USER_PROFILE>`, connector.Conflict, nil},
		"a voucher's node that is unknown":            {connector.Invoice, 200, ibError("55", "Requesting node JAGGAER is not defined. (158,55)"), connector.Credentials, []string{"from_node"}},
		"a voucher whose queue is paused":             {connector.Invoice, 200, ibError("99", "Queue VOUCHERS is paused (158,99)"), connector.Unavailable, nil},
		"a voucher without any verdict":               {connector.Invoice, 200, `<IBResponse><DefaultTitle>Integration Broker Response</DefaultTitle></IBResponse>`, connector.Ambiguous, nil},
		"a voucher's contact problem":                 {connector.Invoice, 200, `<IBResponse type="error"><StatusCode>10</StatusCode><DefaultMessage>contact failed</DefaultMessage></IBResponse>`, connector.Unavailable, nil},
		"a voucher whose gateway lost its target":     {connector.Invoice, 200, ibError("10721", "Unable to contact target (158,10721)"), connector.Unavailable, nil},
		"a voucher that is not well-formed":           {connector.Invoice, 200, ibError("5", "XML parser error ParseXmlString Fatal Error (159,5)"), connector.Invalid, nil},
		"a web page in place of the gateway's answer": {connector.Invoice, 200, "<html><body>hello</body></html>", connector.Ambiguous, nil},
		"an operation that is not active":             {connector.Invoice, 200, ibError("505", "Unable to find a Routing corresponding to the incoming request message."), connector.Misconfigured, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := open(t, always(row.status, "", row.body))
			d := map[connector.Kind]connector.Document{connector.PurchaseOrder: orderDocument(), connector.Supplier: supplierDocument(), connector.Invoice: voucherDocument()}[row.kind]
			r, err := i.Write(context.Background(), connector.Write{Kind: row.kind, Operation: connector.OpCreate, Document: d})
			e := connector.AsError(err)
			if e == nil || e.Code != row.code {
				t.Fatalf("%+v, %v; want %s", r, e, row.code)
			}
			for _, w := range row.words {
				if !strings.Contains(e.Message+" | "+e.Hint, w) {
					t.Errorf("%q is not in %q | %q", w, e.Message, e.Hint)
				}
			}
			if strings.Contains(e.Error(), "null") || strings.Contains(e.Error(), "pw<&>1") {
				t.Errorf("message %q", e.Error())
			}
		})
	}
}

// TestLengthsAreBytesWhereTheDatabaseIsNotUnicode at every level (PEOPLESOFT.md §7.2); what is too long is not sent.
func TestLengthsAreBytesWhereTheDatabaseIsNotUnicode(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		unicode bool
		text    string
		refused bool
	}{
		"characters, where it is":               {true, strings.Repeat("価", 254), false},
		"two bytes of each":                     {false, strings.Repeat("価", 128), true},
		"as many as there is room for":          {false, strings.Repeat("価", 127), false},
		"one byte of each character of Latin-1": {false, strings.Repeat("é", 254), false},
	} {
		f := always(200, "text/xml", savedOrder)
		i := open(t, f, "profile.db.unicode", row.unicode)
		d := orderDocument()
		d["PO_LINE"].([]any)[0].(doc)["DESCR254_MIXED"] = row.text
		_, err := i.Write(t.Context(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCreate, Document: d})
		if code := connector.CodeOf(err); (code == connector.Invalid) != row.refused || !row.refused && err != nil || row.refused == (f.count() > 0) {
			t.Errorf("%s: %v after %d requests", name, err, f.count())
		}
		if misfits := i.Kind(connector.PurchaseOrder).Schema.Check(d); (len(misfits) > 0) != row.refused {
			t.Errorf("%s: a dry run would say %v", name, misfits)
		}
	}
}

// TestAPayloadInOneDocumentComesOutAsItWas: the end of a CDATA section inside it is split (PEOPLESOFT.md §4.3).
func TestAPayloadInOneDocumentComesOutAsItWas(t *testing.T) {
	t.Parallel()
	const payload = "<VOUCHER_BUILD><DESCR><![CDATA[a]]></DESCR> b]]></VOUCHER_BUILD>"
	tree, err := parseXML(open(t, nil, "profile.message.envelope", "ibrequest").brokerRequest("VOUCHER_BUILD.VERSION_1", "PSFT_EP", "x", []byte(payload)))
	if err != nil {
		t.Fatal(err)
	}
	if got := tree.first("Data").text; got != payload {
		t.Errorf("%s came out as %s", payload, got)
	}
}

// TestAnswersThatAreCalledAWebPage: what the Integration Broker answers counts by what it is, not by its Content-Type.
func TestAnswersThatAreCalledAWebPage(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind connector.Kind
		body string
	}{
		"a message that was accepted": {connector.Invoice, `<?xml version="1.0"?><IBResponse type="success"><StatusCode>0</StatusCode><TransactionID>T1</TransactionID></IBResponse>`},
		"an order that was saved":     {connector.PurchaseOrder, savedOrder},
	} {
		i := open(t, always(200, "text/html; charset=UTF-8", row.body))
		d := map[connector.Kind]connector.Document{connector.PurchaseOrder: orderDocument(), connector.Invoice: voucherDocument()}[row.kind]
		if _, err := i.Write(context.Background(), connector.Write{Kind: row.kind, Operation: connector.OpCreate, Document: d}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRepeatedVoucherIsASuccess(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		body  string
		edits []any
	}{
		"by its words":            {ibError("10201", "Duplicate ExternalMessageID JGR-INV-918273 already received. (158,10201)"), nil},
		"by the site's own table": {ibError("7", "Nachricht doppelt (158,7)"), []any{"profile.errors.extra", []any{doc{"set": int64(158), "number": int64(7), "class": "conflict"}}}},
	} {
		i := open(t, always(200, "text/xml", row.body), row.edits...)
		r, err := i.Write(context.Background(), connector.Write{Kind: connector.Invoice, Operation: connector.OpCreate, Document: voucherDocument()})
		if err != nil || !r.Repeated || r.ID != "US001/J0918273" {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestWhatWasLostIsSentAgainAsAnotherMessageOfTheSameVoucher(t *testing.T) {
	t.Parallel()
	for lost, id := range map[int]string{0: "JGR-INV-918273", 1: "JGR-INV-918273-2", 2: "JGR-INV-918273-3"} {
		f := always(200, "text/xml", accepted200)
		r, err := open(t, f).Write(context.Background(), connector.Write{Kind: connector.Invoice, Operation: connector.OpCreate, Document: voucherDocument(), Lost: lost})
		if got := f.last().Header["ExternalMessageID"]; err != nil || got != id || r.ID != "US001/J0918273" {
			t.Errorf("lost %d times: message %q of voucher %s (%v), expected %s", lost, got, r.ID, err, id)
		}
	}
}

func TestLostAnswerStaysAmbiguous(t *testing.T) {
	t.Parallel()
	f := &fakeCaller{answer: func(connector.Request) (*connector.Response, error) {
		return nil, connector.Errorf(connector.Ambiguous, "", "the connection was lost after the request")
	}}
	_, err := open(t, f).Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCreate, Document: orderDocument()})
	if connector.CodeOf(err) != connector.Ambiguous || f.count() != 1 {
		t.Errorf("%v after %d requests", err, f.count())
	}
}

func TestWritesThatAreRefusedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	noID, oddID, surrogate := voucherDocument(), voucherDocument(), orderDocument()
	delete(noID, "ExternalMessageID")
	oddID["ExternalMessageID"] = "JGR\r\nX-Evil: 1"
	surrogate["PO_LINE"].([]any)[0].(doc)["DESCR254_MIXED"] = "😀"
	for name, row := range map[string]struct {
		write connector.Write
		edits []any
		code  connector.Code
	}{
		"a voucher without its message id":             {connector.Write{Kind: connector.Invoice, Operation: connector.OpCreate, Document: noID}, nil, connector.Invalid},
		"a message id that would make a header":        {connector.Write{Kind: connector.Invoice, Operation: connector.OpCreate, Document: oddID}, nil, connector.Invalid},
		"a character that the database can't hold":     {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCreate, Document: surrogate}, []any{"profile.db.unicode", false}, connector.Invalid},
		"a change where the profile says there's none": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/1", Document: orderDocument()}, nil, connector.Conflict},
		"a change of a supplier where there is none": {connector.Write{Kind: connector.Supplier, Operation: connector.OpUpdate, TargetID: "SHARE/1", Document: supplierDocument()},
			[]any{"profile.vendor.can_update", false}, connector.Conflict},
		"a supplier that is to be inactive, likewise": {connector.Write{Kind: connector.Supplier, Operation: connector.OpCancel, TargetID: "SHARE/1", Document: supplierDocument()},
			[]any{"profile.vendor.can_update", false}, connector.Conflict},
		"an order that was closed and is open again": {connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/1", Document: orderDocument(), Previous: connector.Document{"PO_STATUS": "C"}},
			[]any{"profile.po.can_update", true, "profile.po.can_close", true}, connector.Conflict},
	} {
		f := always(200, "text/xml", savedOrder)
		if _, err := open(t, f, row.edits...).Write(context.Background(), row.write); connector.CodeOf(err) != row.code || f.count() != 0 {
			t.Errorf("%s: %v after %d requests", name, err, f.count())
		}
	}
}

func TestChangedByAnotherAtTheSameTimeIsAppliedOnceMore(t *testing.T) {
	t.Parallel()
	answers := []string{refusal("18,1,Page data is inconsistent with database. (18,1)"), savedOrder}
	f := &fakeCaller{}
	f.answer = func(connector.Request) (*connector.Response, error) {
		return answerWith(200, "text/xml", answers[min(len(f.calls)-1, 1)]), nil
	}
	i := open(t, f, "profile.po.can_update", true)
	w := connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: "US001/0000004711", Document: orderDocument()}
	if r, err := i.Write(context.Background(), w); err != nil || r.ID != "US001/0000004711" || f.count() != 2 {
		t.Errorf("%+v, %v after %d requests", r, err, f.count())
	}
}

func TestExampleDocumentsFitTheSchemas(t *testing.T) {
	t.Parallel()
	i := open(t, nil, "profile.chartfields", []any{doc{"field": "UNI_GRANT", "internal_name": "Grant", "length": int64(12)}, doc{"field": "DEPTID", "internal_name": "Department", "length": int64(4)}})
	for kind, d := range map[connector.Kind]connector.Document{connector.PurchaseOrder: orderDocument(), connector.Supplier: supplierDocument(), connector.Invoice: voucherDocument()} {
		for _, p := range i.Kind(kind).Schema.Check(d) {
			if !strings.HasSuffix(p.Field, "DEPTID") {
				t.Errorf("%s: %+v", kind, p)
			} else if !strings.Contains(p.Message, "at most 4") {
				t.Errorf("the site's length of DEPTID does not hold: %+v", p)
			}
		}
	}
	d := orderDocument()
	d["PO_LINE"].([]any)[0].(doc)["PO_LINE_SHIP"].([]any)[0].(doc)["PO_LINE_DISTRIB"].([]any)[0].(doc)["UNI_GRANT"] = "G-1"
	d["PO_REF"] = strings.Repeat("x", 31)
	problems := i.Kind(connector.PurchaseOrder).Schema.Check(d)
	if len(problems) != 3 || problems[len(problems)-1].Field != "PO_REF" {
		t.Errorf("%+v", problems)
	}
}
