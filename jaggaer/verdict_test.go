package jaggaer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// routed is an answer of the router with this inside its root.
func routed(inside string) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE X SYSTEM \"https://router.example.com/x.dtd\">\n<X version=\"1.0\">\n\t<Header><MessageId>\n\t\t01dbeefe\n\t</MessageId></Header>\n" + inside + "</X>"
}

func status(code, text, more string) string {
	return "<ResponseMessage><Status>\n\t<StatusCode>\n\t\t" + code + "\n\t</StatusCode><StatusText>" + text + "</StatusText>" + more + "</Status></ResponseMessage>"
}

const (
	good   = "Success (Counts:  Total documents attempted=1, Total documents completed=1.)"
	none   = "All documents failed. (Counts:  Total documents attempted=1, Total documents completed=0.)"
	parse  = "Error while parsing the input / All documents failed. (Counts:  Total documents attempted=1, Total documents completed=0.)"
	made   = `<ObjectErrors><RequisitionRef requisitionId="3466726" requisitionName="R"><RequisitionCreationStatus result="success"/></RequisitionRef></ObjectErrors>`
	reason = `<ObjectErrors><RequisitionRef requisitionName="R"><Error type="Error"><ErrorMessage>%s</ErrorMessage></Error></RequisitionRef></ObjectErrors>`
)

// TestRouterAnswers is rows 32 to 46 of JAGGAER.md §6, and the shapes of §5.3 and §5.4.
func TestRouterAnswers(t *testing.T) {
	t.Parallel()
	req, sup := connector.Requisition, connector.Supplier
	refused := func(text string) string { return fmt.Sprintf(reason, text) }
	for name, row := range map[string]struct {
		kind   connector.Kind
		status int
		body   string
		code   connector.Code // "" = done
		words  []string
	}{
		"a requisition is created":                    {req, 200, created("3466726"), "", []string{"3466726"}},
		"a supplier is stored":                        {sup, 200, stored, "", nil},
		"a supplier is stored, code 202":              {sup, 202, routed(status("202", "Accepted", "")), "", nil},
		"a supplier is stored with a warning":         {sup, 200, routed(status("200", good, "") + `<SupplierErrors><ErrorMessage type="Warning">No DUNS</ErrorMessage></SupplierErrors>`), "", []string{"No DUNS"}},
		"row 32: a business rule with HTTP 200":       {req, 200, routed(status("500", none, "") + refused("Line 1: split amounts (350.00) do not equal the extended price (350.50)")), connector.Rejected, []string{"split amounts", "01dbeefe"}},
		"row 32: several reasons":                     {req, 200, routed(status("500", none, "") + refused("First") + refused("Second")), connector.Rejected, []string{"First; Second"}},
		"row 33: the DTD, HTTP 500":                   {sup, 500, routed(status("500", parse, `<Errors><ErrorMessage type="Error"> XML Error : Element type "foo" must be declared. at line 65 </ErrorMessage></Errors>`)), connector.Invalid, []string{`Element type "foo"`, "not valid for this customer's JAGGAER version"}},
		"row 33: the DTD, HTTP 200":                   {sup, 200, routed(status("500", parse, "")), connector.Invalid, nil},
		"row 33: told by the message alone":           {sup, 200, routed(status("500", "Failed", `<Errors><ErrorMessage type="Error">XML Error : wrong</ErrorMessage></Errors>`)), connector.Invalid, nil},
		"row 34: parts of a supplier":                 {sup, 200, routed(status("406", "Documents failed", "") + `<SupplierErrors><SupplierRef><ERPNumber>1</ERPNumber></SupplierRef><ErrorMessage type="Error">Tax id wrong</ErrorMessage><AddressErrors><AddressRef><ERPNumber>1-1</ERPNumber></AddressRef><ErrorMessage type="Error">State is required</ErrorMessage></AddressErrors><AccountsPayableErrors><AccountsPayableRef><ERPNumber>AP1</ERPNumber></AccountsPayableRef><ErrorMessage type="Error">No bank</ErrorMessage></AccountsPayableErrors><CustomElementErrors><CustomElementIdentifier>WHT</CustomElementIdentifier><ErrorMessage type="Error">Unknown</ErrorMessage></CustomElementErrors></SupplierErrors>`), connector.Rejected, []string{"Tax id wrong; address 1-1: State is required; payment method AP1: No bank; custom element WHT: Unknown"}},
		"row 34: with HTTP 406":                       {sup, 406, routed(status("406", "Documents failed", "") + `<SupplierErrors><ErrorMessage type="Error">X</ErrorMessage></SupplierErrors>`), connector.Rejected, nil},
		"a supplier is stored, but not all of it":     {sup, 200, routed(status("200", good, "") + `<SupplierErrors><AddressErrors><ErrorMessage type="Error">State is required</ErrorMessage></AddressErrors></SupplierErrors>`), connector.Rejected, []string{"stored the supplier but refused parts", "address: State"}},
		"row 35: who we are, code 401":                {req, 200, routed(status("401", "Authentication failed", "")), connector.Credentials, []string{"Identity or SharedSecret", "ACME30000999"}},
		"row 35: code 403":                            {req, 200, routed(status("403", "no", "")), connector.Credentials, nil},
		"row 35: by the text":                         {req, 200, routed(status("500", "Invalid SharedSecret", "")), connector.Credentials, nil},
		"row 35: HTTP 401":                            {req, 401, ``, connector.Credentials, nil},
		"row 36: malformed":                           {req, 200, routed(status("400", "Error processing XML", "")), connector.Invalid, []string{"xml.paths.requisition"}},
		"row 36: HTTP 400":                            {req, 400, `bad`, connector.Invalid, nil},
		"row 37: HTTP 500, something else":            {req, 500, routed(status("500", "Unexpected error", "")), connector.Ambiguous, []string{"Unexpected error"}},
		"row 37: HTTP 500, a message about no object": {req, 500, routed(status("500", "Failed", `<Errors><ErrorMessage type="Error">Oops</ErrorMessage></Errors>`)), connector.Ambiguous, nil},
		"row 37: HTTP 500, about the object":          {req, 500, routed(status("500", none, "") + refused("No")), connector.Rejected, nil},
		"row 37: HTTP 500 although the code is good":  {req, 500, created("1"), connector.Ambiguous, nil},
		"row 38: HTTP 502":                            {req, 502, `<html>`, connector.Ambiguous, []string{"502"}},
		"row 38: HTTP 503":                            {sup, 503, ``, connector.Ambiguous, nil},
		"row 39: accepted for later":                  {req, 202, routed(status("202", "Accepted", "")), connector.Ambiguous, []string{"without saying under which id"}},
		"row 40: no id and no error":                  {req, 200, routed(status("200", good, "")), connector.Ambiguous, []string{"without saying"}},
		"row 41: done, and nothing was":               {req, 200, routed(status("200", "Success (Counts:  Total documents attempted=1, Total documents completed=0.)", "")), connector.Ambiguous, []string{"nothing was"}},
		"row 41: of a supplier":                       {sup, 200, routed(status("200", "Success (Counts:  Total documents attempted=1, Total documents completed=0.)", "")), connector.Ambiguous, nil},
		"row 42: nothing":                             {req, 200, ``, connector.Ambiguous, []string{"nothing"}},
		"row 43: created and failed":                  {req, 200, routed(status("500", none, "") + made), connector.Ambiguous, []string{"3466726", "looked up"}},
		"row 43: created with an error beside":        {req, 200, routed(status("200", good, "") + strings.Replace(made, "</RequisitionRef>", `<Error type="Error"><ErrorMessage>Hm</ErrorMessage></Error></RequisitionRef>`, 1)), connector.Ambiguous, []string{"Hm"}},
		"row 43: created, says a parse error":         {req, 500, routed(status("500", parse, "") + made), connector.Ambiguous, nil},
		"row 44: no such custom field":                {req, 200, routed(status("500", none, "") + refused("No custom field found in the document configuration (External Req #)")), connector.Misconfigured, []string{"the field External Req # does not exist"}},
		"row 45: the supplier is unknown":             {req, 200, routed(status("500", none, "") + refused("Supplier 0000012345 does not exist")), connector.Rejected, []string{"Send supplier 0000012345 to JAGGAER first"}},
		"row 46: the user is unknown":                 {req, 200, routed(status("500", none, "") + refused("User jdoe does not exist or has no permission")), connector.Rejected, []string{"crosswalk requestor"}},
		"a refusal of the whole document, HTTP 200":   {req, 200, routed(status("500", none, `<Errors><ErrorMessage type="Error">The operation is not permitted at the moment</ErrorMessage></Errors>`)), connector.Rejected, []string{"not permitted"}},
		"a refusal without a reason":                  {req, 200, routed(status("500", none, "")), connector.Rejected, nil},
		"a code without a word":                       {req, 200, routed(status("500", "", "")), connector.Ambiguous, nil},
		"a code that is none":                         {req, 200, routed(status("oops", "", "")), connector.Ambiguous, nil},
		"a result that is no success":                 {req, 200, routed(status("200", good, "") + strings.Replace(made, `result="success"`, `result="failure"`, 1)), connector.Ambiguous, nil},
		"no status":                                   {req, 200, routed("<ResponseMessage/>"), connector.Ambiguous, nil},
		"a page":                                      {sup, 200, `<html><body>Log in</body></html>`, connector.Ambiguous, []string{"no answer of the router"}},
		"half an answer":                              {sup, 200, stored[:len(stored)/2], connector.Ambiguous, []string{"can't be read"}},
		"JSON":                                        {sup, 200, `{"returnCode":2}`, connector.Ambiguous, nil},
		"an answer in Latin-1":                        {sup, 200, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><X><Status><StatusCode>406</StatusCode></Status><SupplierErrors><ErrorMessage type=\"Error\">Stra\xdfe</ErrorMessage></SupplierErrors></X>", connector.Rejected, []string{"Straße"}},
		"the wrapper of the gateway":                  {sup, 200, `<DocumentExportResponse><Response><Status><StatusCode>200</StatusCode><StatusText>Success</StatusText></Status></Response></DocumentExportResponse>`, "", nil},
		"no such path":                                {sup, 404, `<html>`, connector.Misconfigured, []string{"/apps/Router/TSMSupplierXMLImport", "xml_url"}},
		"GET only":                                    {sup, 405, ``, connector.Misconfigured, nil},
		"elsewhere":                                   {sup, 302, ``, connector.Misconfigured, []string{"redirects"}},
		"a firewall":                                  {sup, 403, `<html>`, connector.Forbidden, []string{"allow list"}},
		"too large":                                   {sup, 413, ``, connector.Invalid, []string{"too large"}},
		"exists already":                              {sup, 409, ``, connector.Conflict, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, always(row.status, row.body))
			d := supplierDocument("1", "A")
			if row.kind == req {
				d = plainRequisition()
			}
			receipt, err := b.Write(t.Context(), connector.Write{Kind: row.kind, Document: d})
			if row.code == "" {
				if got := fmt.Sprint(receipt); err != nil || len(row.words) > 0 && !strings.Contains(got, row.words[0]) {
					t.Errorf("%s, %v", got, err)
				}
				return
			}
			mustFail(t, err, row.code, row.words...)
			if e := connector.AsError(err); e.Exchange != "exchange-1" || e.Hint == "" || !strings.HasPrefix(e.Op, "import ") {
				t.Errorf("no Exchange, hint or operation: %+v", e)
			}
		})
	}
}

func TestBeingSlowedDown(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		header string
		wait   time.Duration
	}{
		"seconds":                 {"30", 30 * time.Second},
		"an HTTP date":            {noon.Add(45 * time.Second).Format("Mon, 02 Jan 2006 15:04:05 GMT"), 45 * time.Second},
		"nothing":                 {"", 15 * time.Second},
		"something garbled":       {"soon", 15 * time.Second},
		"a date that is past":     {noon.Add(-time.Hour).Format("Mon, 02 Jan 2006 15:04:05 GMT"), 15 * time.Second},
		"zero":                    {"0", 15 * time.Second},
		"a negative number":       {"-5", 15 * time.Second},
		"longer than we wait":     {"86400", 300 * time.Second},
		"a number without an end": {"99999999999999999999", 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(429, "", "Retry-After", row.header)
			b := open(t, f)
			_, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Document: supplierDocument("1", "A")})
			mustFail(t, err, connector.Throttled)
			if e := connector.AsError(err); e.Wait != row.wait {
				t.Errorf("waits %s, expected %s", e.Wait, row.wait)
			}
			b.pass(row.wait - time.Second)
			_, err = b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Document: plainRequisition()})
			mustFail(t, err, connector.Throttled)
			_, err = b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, Document: supplierDocument("1", "A")})
			mustFail(t, err, connector.Throttled)
			if e := connector.AsError(err); e.Wait != time.Second || len(f.requests) != 1 {
				t.Errorf("%d requests while the gate is shut; waits %s", len(f.requests), e.Wait)
			}
			b.pass(time.Second)
			_, _ = b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Document: plainRequisition()})
			if len(f.requests) != 2 {
				t.Error("the gate stays shut")
			}
		})
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte(stored))
	f.Add([]byte(created("1")))
	f.Add([]byte(routed(status("406", none, "") + fmt.Sprintf(reason, "x"))))
	f.Add([]byte("<a><b></a></b>"))
	i := &Instance{opts: optionsFrom(New().Validate(connector.Settings{}).Settings)}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, m := range []importer{supplierImport, requisitionImport} {
			for _, s := range []int{200, 202, 400, 500} {
				v, fault := i.judge(m, respond(s, string(body)))
				if fault == nil && (s >= 300 || m == requisitionImport && v.ref.id == "") {
					t.Errorf("HTTP %d was taken for done: %q", s, body)
				}
				if fault != nil && (fault.Code == "" || fault.Hint == "") {
					t.Errorf("HTTP %d: %+v", s, fault)
				}
			}
		}
	})
}
