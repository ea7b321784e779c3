package jaggaer

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	connector "ml-connector"
)

const stored = `<?xml version="1.0"?><!DOCTYPE SupplierSyncMessage SYSTEM "https://usertest-messages.sciquest.com/x.dtd"><SupplierSyncMessage version="1.0"><Header><MessageId> 01dbeefe-0000 </MessageId></Header><SupplierResponseMessage><Status><StatusCode>
	200
</StatusCode><StatusText>Success (Counts:  Total documents attempted=1, Total documents completed=1.  Documents successful without warnings=1)</StatusText></Status></SupplierResponseMessage></SupplierSyncMessage>`

func created(id string) string {
	return `<PurchaseRequisitionMessage version="1.0"><Header><MessageId>01dbeefe-0000</MessageId></Header><ResponseMessage><Status><StatusCode> 200 </StatusCode><StatusText>Success (Counts:  Total documents attempted=1, Total documents completed=1.)</StatusText></Status>
	<ObjectErrors><RequisitionRef requisitionId="` + id + `" requisitionName="US001-0000001234" requisitionPosition="1" username="jdoe"><RequisitionCreationStatus result="success"><RequisitionInitialState> Pending </RequisitionInitialState></RequisitionCreationStatus></RequisitionRef></ObjectErrors></ResponseMessage></PurchaseRequisitionMessage>`
}

// plainRequisition is the requisition of JAGGAER.md §5.3.
func plainRequisition() connector.Document {
	split := func(n, value, fund, account string) any {
		fields := map[string]any{"Account": account}
		if fund != "" {
			fields["Fund"] = fund
		}
		return map[string]any{"splitindex": n, "distributionvalue": value, "fields": fields}
	}
	return connector.Document{
		"RequisitionName": "US001-0000001234", "ExternalReq": "US001-0000001234", "Description": "Lab supplies <March> & \x07more\n\"quoted\" 𝔘🧪",
		"Requestor": map[string]any{"username": "jdoe"}, "ShipTo": map[string]any{"AddressCode": "MB-100"},
		"RequisitionSupplierGroup": []any{
			map[string]any{"SupplierNumber": "0000012345", "RequisitionLine": []any{
				map[string]any{"linenumber": "1", "CatalogNumber": "AB-100", "Description": "Gloves, box of 100", "MeasurementUnit": "BX", "CommodityCode": "42132203", "ProductType": "NonCatalogItem",
					"Quantity": "10", "UnitPrice": "35.05", "currency": "USD", "splits": []any{split("0", "210.3", "14306", "610000"), split("1", "140.2", "", "610000")}},
			}},
			map[string]any{"RequisitionLine": []any{
				map[string]any{"linenumber": "2", "CatalogNumber": "No Catalog", "Description": "On-site calibration", "MeasurementUnit": "EA", "ProductType": "NonCatalogItem",
					"Quantity": "3", "UnitPrice": "0.335", "currency": "USD", "splits": []any{split("0", "1.01", "", "630000")}},
			}},
		},
	}
}

// delivering is the context of one Delivery.
func delivering(t *testing.T, id int64) context.Context {
	return connector.WithTrace(t.Context(), connector.Trace{Delivery: id})
}

// TestDocumentsSent compares each request with its golden file, byte by byte.
func TestDocumentsSent(t *testing.T) {
	t.Parallel()
	supplier := supplierDocument("0000012345", `O'Malley & Sons <Tools> "Quality"`)
	supplier["SQIntegrationNumber"] = "u1511507"
	supplier["PrimaryAddressList"] = map[string]any{"AssociatedAddress": []any{map[string]any{"type": "remitto", "AddressRef": map[string]any{"ERPNumber": "0000012345-1"}}}}
	value := connector.Document{"fieldInternalName": "Account", "value": "610000", "description": "Supplies & <more>", "active": "true"}
	rest := func(operation string) func(connector.Settings) { return profileOf("rest", "operations", operation) }
	for name, row := range map[string]struct {
		kind  connector.Kind
		d     connector.Document
		edits []func(connector.Settings)
		url   string
	}{
		"supplier.xml":    {connector.Supplier, supplier, nil, "https://router.example.com/apps/Router/TSMSupplierXMLImport"},
		"requisition.xml": {connector.Requisition, plainRequisition(), nil, "https://router.example.com/apps/Router/PRXMLImport"},
		"requisition-lump.xml": {connector.Requisition, plainRequisition(), []func(connector.Settings){profileOf(true, "lump_sum"), profileOf("Origin Code", "req_origin_field"), profileOf("PS", "req_origin_value"),
			profileOf("{value}-L", "value_templates", "Fund"), profileOf("Main & {Requestor.username}", "header_fields", "Campus"), profileOf("{ShipTo.AddressCode}", "header_fields", "Deliver to"),
			profileOf("{CatalogNumber}/{linenumber}", "line_fields", "Our key"), profileOf("/Other", "xml", "path_prefix"), profileOf("https://dtd.example.com/", "xml", "dtd_base")}, "https://router.example.com/Other/PRXMLImport"},
		"supplier-sent.json": {connector.Supplier, supplier, []func(connector.Settings){rest("supplier.write")}, "https://acme.example.com/j1p/api/public/ji/v1/suppliers"},
		"requisition-sent.json": {connector.Requisition, plainRequisition(), []func(connector.Settings){rest("requisition.create"), profileOf("Origin Code", "req_origin_field"), profileOf("PS", "req_origin_value"),
			profileOf("Main", "header_fields", "Campus"), profileOf("{CatalogNumber}", "line_fields", "Our key")}, "https://acme.example.com/j1p/api/public/ji/v1/requisitions"},
		"values.xml": {connector.GLAccount, value, []func(connector.Settings){profileOf("xml", "operations", "cfv.write"), profileOf("TestCustomFieldValueImport", "xml", "paths", "cfv"), profileOf("{value}-L", "value_templates", "Account")},
			"https://router.example.com/apps/Router/TestCustomFieldValueImport"},
		"values-sent.json": {connector.GLAccount, value, nil, "https://acme.example.com/j1p/api/public/ji/v1/customfieldvalues"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, map[connector.Kind]string{connector.Supplier: stored, connector.Requisition: created("3466726"), connector.GLAccount: `{"returnCode":0,"resultList":{"result":[{"index":0,"returnCode":0}]}}`}[row.kind])
			b := open(t, f, row.edits...)
			if name == "values.xml" {
				f.answer = always(200, stored).answer
			}
			if strings.HasSuffix(name, "json") && row.kind != connector.GLAccount {
				f.answer = func(connector.Request) (*connector.Response, error) {
					return reply200(`{"returnCode":0,"returnMessage":"OK","requisitionId":3466726,"supplierId":1003800001}`), nil
				}
			}
			receipt, err := b.Write(delivering(t, 77), connector.Write{Kind: row.kind, Operation: connector.OpCreate, Document: row.d})
			if err != nil {
				t.Fatal(err)
			}
			sent := f.requests[len(f.requests)-1]
			if sent.URL != row.url || sent.Method != "POST" || !sent.Write {
				t.Errorf("%s %s, write %v", sent.Method, sent.URL, sent.Write)
			}
			if wantsID := row.kind != connector.Supplier || strings.HasSuffix(name, "json"); (receipt.ID != "") != wantsID {
				t.Errorf("receipt %+v", receipt)
			}
			golden(t, name, append(bytes.Clone(sent.Body), '\n'))
			if strings.HasSuffix(name, "xml") {
				if sent.Header["Content-Type"] != "text/xml; charset=UTF-8" || sent.Header["Authorization"] != "" {
					t.Errorf("header %v", sent.Header)
				}
				wellFormed(t, sent.Body)
			}
		})
	}
}

func wellFormed(t *testing.T, text []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestControlCharactersAreNotSent(t *testing.T) {
	t.Parallel()
	n := branchOf("A", leaf("B", "x\x00\x0b\r\ny\ufffe\ufffdz")).with("c", "x\x01\ty")
	text, err := document(n, "")
	if want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<A c="x y"><B>x  yz</B></A>`; err != nil || string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	f := always(200, stored)
	b := open(t, f)
	id := func(ctx context.Context, d connector.Document) string {
		if _, err := b.Write(ctx, connector.Write{Kind: connector.Supplier, Document: d}); err != nil {
			t.Fatal(err)
		}
		body := string(f.requests[len(f.requests)-1].Body)
		_, rest, _ := strings.Cut(body, "<MessageId>")
		got, _, _ := strings.Cut(rest, "</MessageId>")
		return got
	}
	one, other := supplierDocument("1", "A"), supplierDocument("1", "B")
	first := id(delivering(t, 7), one)
	if len(first) != 36 || strings.Count(first, "-") != 4 {
		t.Errorf("%q is no UUID", first)
	}
	if id(delivering(t, 7), one) != first {
		t.Error("a retry of the same document has another message id")
	}
	for what, got := range map[string]string{
		"another Delivery": id(delivering(t, 8), one), "other content": id(delivering(t, 7), other), "no Delivery": id(t.Context(), one), "no Delivery again": id(t.Context(), one),
	} {
		if got == first {
			t.Errorf("%s has the same message id", what)
		}
	}
	if a, b := id(t.Context(), one), id(t.Context(), one); a == b {
		t.Error("two documents without a Delivery have the same message id")
	}
}

func TestEachImportMayHaveItsOwnSecret(t *testing.T) {
	t.Parallel()
	f := always(200, stored)
	b := open(t, f)
	b.opts.secrets = map[string]string{"client_secret": "x", "shared_secret": "common", "shared_secret_supplier": "own"}
	_, _ = b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Document: supplierDocument("1", "A")})
	_, _ = b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Document: plainRequisition()})
	for n, want := range []string{"<SharedSecret>own</SharedSecret>", "<SharedSecret>common</SharedSecret>"} {
		if !strings.Contains(string(f.requests[n].Body), want) {
			t.Errorf("document %d lacks %s", n, want)
		}
	}
}

// TestNothingIsSent when something is wrong before.
func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	without := func(name string) func(connector.Settings) { return func(s connector.Settings) { delete(s, name) } }
	req := func(edit func(connector.Document)) connector.Document { d := plainRequisition(); edit(d); return d }
	for name, row := range map[string]struct {
		w     connector.Write
		edits []func(connector.Settings)
		code  connector.Code
		words string
	}{
		"no router":                  {connector.Write{Kind: connector.Requisition, Document: plainRequisition()}, []func(connector.Settings){without("xml_url")}, connector.Misconfigured, "xml_url"},
		"no identity":                {connector.Write{Kind: connector.Supplier, Document: supplierDocument("1", "A")}, []func(connector.Settings){without("identity")}, connector.Misconfigured, "identity"},
		"no path":                    {connector.Write{Kind: connector.Supplier, Document: supplierDocument("1", "A")}, []func(connector.Settings){profileOf("", "xml", "paths", "supplier")}, connector.Misconfigured, "xml.paths.supplier"},
		"an update of a requisition": {connector.Write{Kind: connector.Requisition, Operation: connector.OpUpdate, Document: plainRequisition()}, nil, connector.Conflict, "can't change"},
		"a cancellation":             {connector.Write{Kind: connector.Supplier, Operation: connector.OpCancel, Document: supplierDocument("1", "A")}, nil, connector.Conflict, "cancel"},
		"a Kind that we only read":   {connector.Write{Kind: connector.Invoice}, nil, connector.Misconfigured, "does not write"},
		"no name":                    {connector.Write{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "1"}}, nil, connector.Invalid, "Name is required"},
		"an unknown field":           {connector.Write{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "1", "Name": "A", "BankAccount": "1"}}, nil, connector.Invalid, "BankAccount"},
		"a long description": {connector.Write{Kind: connector.Requisition, Document: req(func(d connector.Document) {
			d["RequisitionSupplierGroup"].([]any)[0].(map[string]any)["RequisitionLine"].([]any)[0].(map[string]any)["Description"] = strings.Repeat("x", 255)
		})}, nil, connector.Invalid, "at most 254"},
		"no external number":    {connector.Write{Kind: connector.Requisition, Document: req(func(d connector.Document) { delete(d, "ExternalReq") })}, nil, connector.Invalid, "ExternalReq is required"},
		"a value without field": {connector.Write{Kind: connector.GLAccount, Document: connector.Document{"value": "1"}}, nil, connector.Invalid, "fieldInternalName is required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, stored)
			_, err := open(t, f, row.edits...).Write(t.Context(), row.w)
			mustFail(t, err, row.code, row.words)
			if len(f.requests)+f.tokens > 0 {
				t.Error("something was sent")
			}
		})
	}
}

// TestRESTWritesAreJudged is the table of JAGGAER.md §5.1, for a supplier.
func TestRESTWritesAreJudged(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		code   connector.Code
		words  string
		id     string
		warned string
	}{
		"done":                        {200, `{"returnCode":0,"returnMessage":"OK","supplierId":1003800001,"operation":"created"}`, "", "", "1003800001", ""},
		"done with a warning":         {200, `{"returnCode":"1","returnMessage":"DUNS not checked","supplierId":7}`, "", "", "7", "DUNS not checked"},
		"the main user exists":        {200, `{"returnCode":"-996","returnMessage":"User exists"}`, "", "", "", "User exists"},
		"a warning that is a refusal": {200, `{"returnCode":1,"returnMessage":"112(USER_ALIAS)"}`, connector.Conflict, "USER_ALIAS already exists at another record", "", ""},
		"a value is required":         {200, `{"returnCode":2,"returnMessage":"124(name,companyCode)"}`, connector.Invalid, "JAGGAER requires name, companyCode", "", ""},
		"a business rule":             {200, `{"returnCode":2,"returnMessage":"Value 999999 is not valid for custom field Account"}`, connector.Rejected, "Value 999999", "", ""},
		"an unknown supplier":         {200, `{"returnCode":2,"returnMessage":"Supplier 0000099999 does not exist"}`, connector.Rejected, "Send supplier 0000099999 to JAGGAER first", "", ""},
		"an unknown field":            {200, `{"returnCode":2,"returnMessage":"Custom field 'Acount' does not exist"}`, connector.Misconfigured, "Acount", "", ""},
		"malformed":                   {400, `{"returnCode":2,"returnMessage":"Malformed JSON at position 118"}`, connector.Invalid, "position 118", "", ""},
		"changed meanwhile":           {409, `{"returnCode":2,"returnMessage":"being changed"}`, connector.Conflict, "409", "", ""},
		"not enabled":                 {403, `{"returnCode":2,"returnMessage":"Access denied"}`, connector.Forbidden, "enable suppliers for client acme-peoplesoft", "", ""},
		"a firewall":                  {403, `<html>no</html>`, connector.Forbidden, "allow list", "", ""},
		"no such address":             {404, ``, connector.Misconfigured, "/j1p/api/public/ji/v1/suppliers", "", ""},
		"not supported":               {405, ``, connector.Misconfigured, "405", "", ""},
		"a server error":              {500, `{"returnCode":2,"returnMessage":"Internal error"}`, connector.Ambiguous, "looked up", "", ""},
		"a gateway error":             {502, `<html>`, connector.Ambiguous, "502", "", ""},
		"maintenance":                 {503, `<html>`, connector.Ambiguous, "503", "", ""},
		"a page":                      {200, `<html>Log in</html>`, connector.Ambiguous, "web page", "", ""},
		"nothing":                     {200, ``, connector.Ambiguous, "empty answer", "", ""},
		"half an answer":              {200, `{"returnCode":0,"sup`, connector.Ambiguous, "not JSON", "", ""},
		"no code":                     {200, `{"supplierId":7}`, connector.Ambiguous, "whether it was done", "", ""},
		"a redirect":                  {302, ``, connector.Misconfigured, "redirect", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, always(row.status, row.body), profileOf("rest", "operations", "supplier.write"))
			receipt, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Document: supplierDocument("1", "A")})
			if row.code != "" {
				mustFail(t, err, row.code, row.words)
				if connector.AsError(err).Exchange != "exchange-1" || connector.AsError(err).Hint == "" {
					t.Errorf("no Exchange or hint: %+v", err)
				}
				return
			}
			if err != nil || receipt.ID != row.id || fmt.Sprint(receipt.Warnings) != "["+row.warned+"]" {
				t.Errorf("%+v, %v", receipt, err)
			}
		})
	}
}

func TestALostAnswerIsDoubt(t *testing.T) {
	t.Parallel()
	lost := func(connector.Request) (*connector.Response, error) {
		return nil, connector.Errorf(connector.Ambiguous, "", "the connection was cut")
	}
	for _, kind := range []connector.Kind{connector.Supplier, connector.Requisition} {
		for _, transport := range []string{"xml", "rest"} {
			f := &fake{answer: lost}
			b := open(t, f, profileOf(transport, "operations", writeOperation(kind)))
			d := supplierDocument("1", "A")
			if kind == connector.Requisition {
				d = plainRequisition()
			}
			_, err := b.Write(t.Context(), connector.Write{Kind: kind, Document: d})
			mustFail(t, err, connector.Ambiguous, "cut", "looked up")
			if len(f.requests) != 1 {
				t.Errorf("%d requests: a write is never repeated", len(f.requests))
			}
		}
	}
}

// TestNumbersAsJSONSpellsThem: a zero before a number, which a Schema takes, is no JSON.
func TestNumbersAsJSONSpellsThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"7": "7", "007": "7", "-007.50": "-7.50", "0": "0", "00": "0", "0.5": "0.5", "00.5": "0.5", "-0.5": "-0.5", "210.30": "210.30",
		"": `""`, "1,5": `"1,5"`, "1e9": `"1e9"`, ".5": `".5"`,
	} {
		if got := string(encode(jsonNumber(text))); got != want {
			t.Errorf("%q is %s, expected %s", text, got, want)
		}
	}
	f := always(200, `{"returnCode":0,"requisitionId":1}`)
	d := plainRequisition()
	line := d.List("RequisitionSupplierGroup")[0].List("RequisitionLine")[0]
	line["Quantity"], line["linenumber"] = "0010", "01"
	b := open(t, f, profileOf("rest", "operations", "requisition.create"))
	if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Operation: connector.OpCreate, Document: d}); err != nil {
		t.Fatal(err)
	}
	if got := string(f.requests[0].Body); !strings.Contains(got, `"quantity":10,`) || !strings.Contains(got, `"lineNumber":1,`) {
		t.Errorf("sent is %s", got)
	}
}
