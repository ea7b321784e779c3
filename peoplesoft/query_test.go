package peoplesoft

import (
	"context"
	"reflect"
	"strings"
	"testing"

	connector "ml-connector"
)

func TestQueryRequest(t *testing.T) {
	t.Parallel()
	f := always(200, "application/json", `{"status":"success","data":{"query":{"numrows":0,"queryname=":"JGR_VENDOR","rows":[]}}}`)
	i := open(t, f, "base_path", "/erp")
	if _, _, err := i.askRaw(context.Background(), i.entity(entVendor), 500, "SHARE", "A&B/ü 1"); err != nil {
		t.Fatal(err)
	}
	r := f.last()
	want := "https://psft.example.com:8443/erp/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1/public/JGR_VENDOR/JSON/NONFILE?isconnectedquery=N&maxrows=500" +
		"&prompt_uniquepromptname=SETID,AFTER_ID&prompt_fieldvalue=SHARE,A%26B%2F%C3%BC%201&json_resp=true"
	if r.URL != want || r.Method != "GET" || r.Write {
		t.Errorf("asked %s %s\nwant %s", r.Method, r.URL, want)
	}
	if got := r.Header["Authorization"]; got != "Basic TUxDOnB3PCY+MQ==" {
		t.Errorf("signed on with %q", got)
	}
}

func TestQueryRequestOfAnotherSite(t *testing.T) {
	t.Parallel()
	f := always(200, "text/xml", `<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="0" queryname="X"/></QAS_GETQUERYRESULTS_RESP_MSG>`)
	i := open(t, f, "profile.rest.path_with_node", false, "profile.query.format", "xmlp", "profile.query.owner", "private",
		"profile.query.vendor", map[string]any{"name": "UNI_SUPPLIERS", "prompts": map[string]any{"SETID": "BIND1"}})
	if _, _, err := i.askRaw(context.Background(), i.entity(entVendor), 7, "SHARE", ""); err != nil {
		t.Fatal(err)
	}
	want := "https://psft.example.com:8443/PSIGW/RESTListeningConnector/ExecuteQuery.v1/private/UNI_SUPPLIERS/XMLP/NONFILE?isconnectedquery=N&maxrows=7" +
		"&prompt_uniquepromptname=BIND1,AFTER_ID&prompt_fieldvalue=SHARE,"
	if got := f.last().URL; got != want {
		t.Errorf("asked %s\nwant  %s", got, want)
	}
	if got := i.entity(entVendorByID).spec.prompts["SETID"]; got != "BIND1" {
		t.Errorf("a companion query has its entity's prompts, but SETID is called %q", got)
	}
}

// TestARefusedTokenIsNoPassword: the remedy of a 401 depends on what signed on.
func TestARefusedTokenIsNoPassword(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		edits []any
		word  string
	}{
		"a token of an identity provider": {oauthSettings, "identity provider"}, "a PS_TOKEN": {[]any{"auth", "ps_token", "username", nil}, "ps_token"},
	} {
		f, _ := tokenServer(3600, func(string) bool { return false })
		i := open(t, f, row.edits...)
		_, _, err := i.askRaw(t.Context(), i.entity(entPing), 1)
		if e := connector.AsError(err); e == nil || e.Code != connector.Credentials || strings.Contains(e.Message, "password") || !strings.Contains(e.Hint, row.word) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestTheFirstPageBeginsWhereTheSiteSays: a blank prompt means something else in some databases (PEOPLESOFT.md §3.6).
func TestTheFirstPageBeginsWhereTheSiteSays(t *testing.T) {
	t.Parallel()
	for first, want := range map[string]string{"": "prompt_fieldvalue=SHARE,&", " ": "prompt_fieldvalue=SHARE,%20&", "0": "prompt_fieldvalue=SHARE,0&"} {
		f := always(200, "application/json", noRows)
		if _, err := open(t, f, "profile.query.first_key", first).Read(t.Context(), connector.Query{Kind: connector.Supplier}); err != nil {
			t.Fatal(err)
		}
		if got := f.last().URL; !strings.Contains(got, want) {
			t.Errorf("first_key %q: %s", first, got)
		}
	}
}

func TestPromptValuesAreCheckedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"a comma": "A,B", "a line break": "A\nB", "a null": "A\x00", "bytes that are no UTF-8": "A\xff"} {
		f := always(200, "", "")
		i := open(t, f)
		_, _, err := i.askRaw(context.Background(), i.entity(entVendorByID), 1, "SHARE", value)
		if connector.CodeOf(err) != connector.Invalid || f.count() != 0 {
			t.Errorf("%s: %v after %d requests", name, err, f.count())
		}
	}
}

func TestDecodeRows(t *testing.T) {
	t.Parallel()
	two := []cells{{"A.SETID": "SHARE", "A.N": "2500.000"}, {"A.SETID": " ", "A.N": ""}}
	for name, row := range map[string]struct {
		body string
		rows []cells
		ok   bool
		bad  bool
	}{
		"JSON with the odd key and numbers that keep their digits": {`{"data":{"query":{"numrows":2,"queryname=":"Q","rows":[{"A.SETID":"SHARE","A.N":2500.000},{"A.SETID":" ","A.N":null}]}}}`, two, true, false},
		"JSON with the plain key and numbers as texts":             {`{"data":{"query":{"numrows":"2","queryname":"Q","rows":[{"A.SETID":"SHARE","A.N":"2500.000"},{"A.SETID":" ","A.N":""}]}}}`, two, true, false},
		"JSON without rows": {`{"data":{"query":{"numrows":0,"queryname=":"Q"}}}`, []cells{}, true, false},
		"JSON with raw line breaks and other control characters": {"{\"data\":{\"query\":{\"numrows\":1,\"rows\":[{\"A.T\":\"one\r\ntwo\tthree\x01\"}]}}}", []cells{{"A.T": "one\r\ntwo\tthree"}}, true, false},
		"JSON with a control character between its parts":        {"{\"data\":\x00{\"query\":\x1f{\"numrows\":1,\n\"rows\":[{\"A.T\":\"one\"}]}}}", []cells{{"A.T": "one"}}, true, false},
		"JSON with a backslash that escapes nothing":             {`{"data":{"query":{"numrows":1,"rows":[{"A.T":"C:\data \\ \""}]}}}`, []cells{{"A.T": `C:\data \ "`}}, true, false},
		"JSON that counts other rows than it has":                {`{"data":{"query":{"numrows":3,"rows":[{"A.SETID":"SHARE"}]}}}`, []cells{{"A.SETID": "SHARE"}}, true, true},
		"JSON that is cut":      {`{"data":{"query":{"numrows":2,"rows":[{"A.SETID":"SHA`, nil, true, true},
		"JSON that is an error": {`{"status":"error","message":"no (50,380)"}`, nil, false, false},
		"XMLP with CDATA, a bare number and an empty element": {`<?xml version="1.0"?><QAS_GETQUERYRESULTS_RESP_MSG xmlns="urn:VERSION_2"><query numrows="2"><row rownumber="1"><A.SETID><![CDATA[SHARE]]></A.SETID><A.N>2500.000</A.N></row><row><A.SETID><![CDATA[ ]]></A.SETID><A.N/></row></query></QAS_GETQUERYRESULTS_RESP_MSG>`, two, true, false},
		"XMLP without rows":                                            {`<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="0" queryname="Q"/></QAS_GETQUERYRESULTS_RESP_MSG>`, nil, true, false},
		"XMLP that counts other rows than it has":                      {`<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="2"><row><A.N>1</A.N></row></query></QAS_GETQUERYRESULTS_RESP_MSG>`, []cells{{"A.N": "1"}}, true, true},
		"XMLP that is cut":                                             {`<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="2"><row><A.N>1`, nil, true, true},
		"XML with a document type":                                     {`<!DOCTYPE x [<!ENTITY e "boom">]><QAS_GETQUERYRESULTS_RESP_MSG><query numrows="0"/></QAS_GETQUERYRESULTS_RESP_MSG>`, nil, true, true},
		"WEBROWSET, whose values are positional":                       {`<QAS_GETQUERYRESULTS_RESP_MSG><webRowSet xmlns="http://java.sun.com/xml/ns/jdbc"><properties/><metadata><column-count>2</column-count><column-definition><column-index>2</column-index><column-name>A.N</column-name></column-definition><column-definition><column-index>1</column-index><column-name>A.SETID</column-name></column-definition></metadata><data><currentRow><columnValue>SHARE</columnValue><columnValue>2500.000</columnValue></currentRow><currentRow><columnValue> </columnValue><columnValue/></currentRow></data></webRowSet></QAS_GETQUERYRESULTS_RESP_MSG>`, two, true, false},
		"WEBROWSET with a value too few":                               {`<QAS_GETQUERYRESULTS_RESP_MSG><webRowSet><metadata><column-definition><column-name>A</column-name></column-definition></metadata><data><currentRow/></data></webRowSet></QAS_GETQUERYRESULTS_RESP_MSG>`, nil, true, true},
		"a web page is no answer of a query":                           {`<html><body>Please sign in</body></html>`, nil, false, false},
		"nothing is no answer of a query":                              {``, nil, false, false},
		"an IBResponse is no answer of a query":                        {`<IBResponse type="error"><StatusCode>20</StatusCode></IBResponse>`, nil, false, false},
		"JSON whose query is a text is no answer, whatever its status": {`{"status":"success","data":{}}`, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok, err := decodeRows(toUTF8([]byte(row.body), ""))
			rows := r.rows
			if ok != row.ok || (err != nil) != row.bad {
				t.Fatalf("ok %v, error %v", ok, err)
			}
			if !reflect.DeepEqual(rows, row.rows) && len(rows)+len(row.rows) > 0 {
				t.Errorf("rows %#v, want %#v", rows, row.rows)
			}
		})
	}
}

func TestBodyThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	if got := string(toUTF8([]byte("Caf\xe9 \x80 \x93x\x94"), "windows-1252")); got != "Café € “x”" {
		t.Errorf("windows-1252 read as %q", got)
	}
	if got := string(toUTF8([]byte("Caf\xe9"), "iso-8859-1")); got != "Café" {
		t.Errorf("iso-8859-1 read as %q", got)
	}
	if got := string(toUTF8([]byte("Caf\xc3\xa9"), "windows-1252")); got != "Café" {
		t.Errorf("UTF-8 read as %q", got)
	}
}

func TestRowKeys(t *testing.T) {
	t.Parallel()
	i := open(t, nil, "profile.query.vendor.fields", map[string]any{"NAME1": []any{"LEGAL_NAME", "A.NAME1"}}, "profile.vendor.external_id_field", "JGR_ID")
	e := i.entity(entVendor)
	for name, row := range map[string]struct {
		in    cells
		field string
		want  string
		bad   bool
	}{
		"qualified":                              {cells{"A.VENDOR_ID": "01"}, "A.VENDOR_ID", "01", false},
		"bare":                                   {cells{"VENDOR_ID": "01"}, "A.VENDOR_ID", "01", false},
		"both with one value":                    {cells{"VENDOR_ID": "01", "A.VENDOR_ID": "01 "}, "A.VENDOR_ID", "01", false},
		"both with different values":             {cells{"VENDOR_ID": "01", "A.VENDOR_ID": "02"}, "A.VENDOR_ID", "01", true},
		"the site's own key":                     {cells{"LEGAL_NAME": "N"}, "A.NAME1", "N", false},
		"a bare name of two records is nobody's": {cells{"EFFDT": "2026-01-01"}, "B.EFFDT", "", false},
		"our number where the site keeps it":     {cells{"A.JGR_ID": "JGR-1", "A.AR_NUM": "other"}, "A.AR_NUM", "JGR-1", false},
		"blanks are trimmed on the right":        {cells{"A.NAME2": " "}, "A.NAME2", "", false},
		"line breaks become one space":           {cells{"B.ADDRESS1": "Mill\r\n\tRoad  7"}, "B.ADDRESS1", "Mill Road  7", false},
		"numbers lose their zeros":               {cells{"B.ADDRESS_SEQ_NUM": "00001.000"}, "B.ADDRESS_SEQ_NUM", "1", false},
		"dates lose their time":                  {cells{"B.EFFDT": "2026-03-04T00:00:00-0600"}, "B.EFFDT", "2026-03-04", false},
	} {
		out, err := e.read(row.in)
		if (err != nil) != row.bad || !row.bad && out[row.field] != row.want {
			t.Errorf("%s: %q, error %v", name, out[row.field], err)
		}
	}
}

func TestStatusValuesOfTheSite(t *testing.T) {
	t.Parallel()
	i := open(t, nil, "profile.status", doc{"vendor": doc{"Q": "A"}})
	for _, name := range []string{entVendor, entVendorByID} {
		out, err := i.entity(name).read(cells{"A.VENDOR_STATUS": "Q", "A.VENDOR_CLASS": "Q"})
		if err != nil || out["A.VENDOR_STATUS"] != "A" || out["A.VENDOR_CLASS"] != "Q" {
			t.Errorf("%s: %v, %v", name, out, err)
		}
	}
}

func TestQueryErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status      int
		contentType string
		body        string
		code        connector.Code
		words       []string // in message or hint
	}{
		"200 with a web page":             {200, "text/html", "<html><body>Sign in to your account</body></html>", connector.Misconfigured, []string{"web page", "base_path", "Sign in"}},
		"200 with a web page of XHTML":    {200, "application/xhtml+xml", `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0" "x"><html><body>Sign in</body></html>`, connector.Misconfigured, []string{"web page", "Sign in"}},
		"200 with a fragment of a page":   {200, "text/html", `<center>Maintenance</center>`, connector.Misconfigured, []string{"web page", "Maintenance"}},
		"a server that is down, with 200": {200, "text/xml", `<IBResponse type="error"><StatusCode>20</StatusCode><DefaultMessage>The application server is down.</DefaultMessage></IBResponse>`, connector.Unavailable, []string{"application server"}},
		"a redirect to a sign-on page":    {302, "text/html", "", connector.Misconfigured, []string{"redirect", "single sign-on"}},
		"a wrong node":                    {500, "text/html; charset=UTF-8", "Integration Service: no send handler matches the inbound request message. (158,505)", connector.Misconfigured, []string{"node", "Local Node", "(158,505)"}},
		"an inactive operation, with 200": {200, "text/html", "<HTML><HEAD><TITLE>RESTListeningConnector</TITLE></HEAD><BODY>Unable to find a Routing corresponding to the incoming request message.</BODY></HTML>", connector.Misconfigured, []string{"routing", "active"}},
		"an inactive operation, with 500": {500, "text/html", "<HTML><BODY>Unable to find a Routing corresponding to the incoming request message.</BODY></HTML>", connector.Misconfigured, []string{"routing"}},
		"a wrong password":                {401, "text/plain", "User password failed. (158,45)", connector.Credentials, []string{"password", "locked"}},
		"a 401 without words":             {401, "text/plain", "", connector.Credentials, []string{"user and password"}},
		"no permission":                   {500, "text/xml", `<IBResponse type="error"><DefaultTitle>Integration Broker Response</DefaultTitle><StatusCode>20</StatusCode><MessageID>536</MessageID><DefaultMessage>User MLC not authorized to invoke Service Operation QAS_EXECUTEQRY_REST_GET. (158,536)</DefaultMessage></IBResponse>`, connector.Forbidden, []string{"permission list", "QAS_EXECUTEQRY_REST_GET"}},
		"the database failed":             {500, "application/json", `{"status":"error","message":"A SQL error occurred. Please consult your system log for details. Error in running query because of SQL Error, Code=1861 (50,380)"}`, connector.Misconfigured, []string{"database", "1861"}},
		"a missing query":                 {500, "application/json", `{"status":"error","message":"Query JGR_VENDOR does not exist. (50,24)"}`, connector.Misconfigured, []string{"JGR_VENDOR does not exist", "name, owner"}},
		"a query that is not allowed":     {500, "application/json", `{"status":"error","message":"You are not authorized to run it. (50,24)"}`, connector.Forbidden, []string{"access"}},
		"an error of the application":     {200, "application/json", `{"ERRMSGTEXT":"Prompt is required"}`, connector.Misconfigured, []string{"Prompt is required"}},
		"Production mode":                 {500, "text/xml", "", connector.Unavailable, []string{"Production", "Service Operations Monitor"}},
		"the application server is down":  {500, "text/plain", "bea.jolt.ServiceException: Invalid Session", connector.Unavailable, []string{"application server"}},
		"an overloaded proxy":             {503, "text/html", "<html>busy</html>", connector.Unavailable, []string{"503"}},
		"too many requests":               {429, "text/plain", "slow down", connector.Throttled, []string{"429"}},
		"no gateway at this address":      {404, "text/html", "<html>Error 404--Not Found</html>", connector.Misconfigured, []string{"base_path"}},
		"an empty 200":                    {200, "", "", connector.Unavailable, []string{"nothing"}},
		"a mismatch of rows":              {200, "application/json", `{"data":{"query":{"numrows":2,"rows":[]}}}`, connector.Unavailable, []string{"2 rows"}},
		"a column that is not there":      {200, "application/json", `{"data":{"query":{"numrows":1,"rows":[{"A.SETID":"SHARE"}]}}}`, connector.Misconfigured, []string{"A.VENDOR_ID", "query.vendor.fields"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := open(t, always(row.status, row.contentType, row.body))
			_, _, err := i.askRaw(context.Background(), i.entity(entVendorByID), 1, "SHARE", "01")
			e := connector.AsError(err)
			if e == nil || e.Code != row.code {
				t.Fatalf("%v, want %s", e, row.code)
			}
			for _, w := range row.words {
				if !strings.Contains(e.Message+" "+e.Hint, w) {
					t.Errorf("%q is not in %q / %q", w, e.Message, e.Hint)
				}
			}
			if e.Hint == "" && e.Code != connector.Throttled || e.Exchange != "x1" || e.Op != "query JGR_VENDOR_BY_ID" {
				t.Errorf("hint %q, exchange %q, op %q", e.Hint, e.Exchange, e.Op)
			}
			if strings.Contains(e.Error(), "pw<&>1") {
				t.Error("the error holds the password")
			}
		})
	}
}

func TestOlderReleaseIsReadAsXML(t *testing.T) {
	t.Parallel()
	f := &fakeCaller{answer: func(r connector.Request) (*connector.Response, error) {
		if strings.Contains(r.URL, "/JSON/") {
			return answerWith(500, "application/json", `{"status":"error","message":"Output type JSON is not supported by this release. (50,403)"}`), nil
		}
		return answerWith(200, "text/xml", `<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="0" queryname="Q"/></QAS_GETQUERYRESULTS_RESP_MSG>`), nil
	}}
	i := open(t, f)
	for range 2 {
		if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); err != nil {
			t.Fatal(err)
		}
	}
	if f.count() != 3 {
		t.Errorf("%d requests: the form that works should be asked for at once the second time", f.count())
	}
}

func TestCredentialsAreTriedInOneFormOnly(t *testing.T) {
	t.Parallel()
	f := always(401, "text/plain", "User password failed. (158,45)")
	i := open(t, f)
	if _, _, err := i.askRaw(context.Background(), i.entity(entPing), 1); connector.CodeOf(err) != connector.Credentials || f.count() != 1 {
		t.Errorf("%v after %d log-in attempts", err, f.count())
	}
}
