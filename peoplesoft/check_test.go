package peoplesoft

import (
	"context"
	"crypto/x509"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

const statusPage = `<html><head><title>PeopleSoft Integration Gateway</title></head><body>
<h1>PeopleSoft Integration Gateway</h1><h2>PeopleSoft Listening Connector</h2>
Tools Version : 8.60.11<br>Status: ACTIVE</body></html>`

var allNeeds = []connector.Need{
	{Flow: "gl-accounts", Kind: connector.GLAccount, Reads: true},
	{Flow: "suppliers-to-peoplesoft", Kind: connector.Supplier, Writes: true},
	{Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Reads: true},
	{Flow: "requisitions", Kind: connector.Requisition, Reads: true},
	{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Writes: true},
	{Flow: "invoices", Kind: connector.Invoice, Writes: true},
}

// site answers a ping as a healthy PeopleSoft does; broken says what is wrong with one request, nil nothing.
func site(broken func(r connector.Request) (*connector.Response, error)) *fakeCaller {
	return &fakeCaller{answer: func(r connector.Request) (*connector.Response, error) {
		if broken != nil {
			if resp, err := broken(r); resp != nil || err != nil {
				return resp, err
			}
		}
		switch {
		case strings.Contains(r.URL, "/PSIGW/PeopleSoftListeningConnector"):
			resp := answerWith(200, "text/html", statusPage)
			resp.Header["Date"] = testNow.Add(3 * time.Second).Format("Mon, 02 Jan 2006 15:04:05 GMT")
			return resp, nil
		case strings.Contains(r.URL, ".wsdl"):
			return answerWith(200, "text/xml", `<?xml version="1.0"?><wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"/>`), nil
		case strings.Contains(r.URL, "GetSchema"):
			return answerWith(200, "text/xml", `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>`), nil
		case queryOf(r.URL) == "JGR_PING":
			return answerWith(200, "application/json", `{"data":{"query":{"numrows":1,"queryname=":"JGR_PING","rows":[{"A.TOOLSREL":"8.60.11"}]}}}`), nil
		case queryOf(r.URL) == "JGR_BU" && strings.HasSuffix(r.URL, "prompt_fieldvalue=&json_resp=true"):
			return answerWith(200, "application/json", `{"data":{"query":{"numrows":2,"rows":[{"A.BUSINESS_UNIT":"US001"},{"A.BUSINESS_UNIT":"US002"}]}}}`), nil
		}
		return answerWith(200, "application/json", noRows), nil
	}}
}

func onQuery(name string, status int, body string) func(connector.Request) (*connector.Response, error) {
	return func(r connector.Request) (*connector.Response, error) {
		if strings.Contains(r.URL, "/"+name+"/") || name == "*" && strings.Contains(r.URL, "ExecuteQuery") {
			return answerWith(status, "", body), nil
		}
		return nil, nil
	}
}

func stateOf(steps []connector.Step, name string) connector.StepState {
	for _, s := range steps {
		if s.Step == name {
			return s.State
		}
	}
	return "absent"
}

func TestCheckOfAHealthySite(t *testing.T) {
	t.Parallel()
	f := site(nil)
	steps := open(t, f).Check(context.Background(), allNeeds)
	var got []string
	for _, s := range steps {
		got = append(got, s.Step+" "+string(s.State))
	}
	want := []string{"connect ok", "tls ok", "gateway ok", "node ok", "query:JGR_ACCOUNT ok", "query:JGR_ACCOUNT_BY_ID ok", "query:JGR_VENDOR ok", "query:JGR_VENDOR_BY_EXT ok", "query:JGR_VENDOR_BY_ID ok",
		"query:JGR_BU ok", "query:JGR_REQ ok", "query:JGR_PO_BY_REF ok", "query:JGR_PO_BY_ID ok", "query:JGR_VCHR_BY_ID ok", "query:JGR_VCHR_BY_INV ok", "query:JGR_VCHR_PREEDIT ok", "query:JGR_VCHR_STAGE ok", "query:JGR_PAYMENT ok",
		"operation:CI_JGR_VNDR_CI ok", "operation:CI_JGR_PO_CI ok", "operation:VOUCHER_BUILD ok", "clock ok"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("steps\n%q\nwant\n%q", got, want)
	}
	for _, r := range f.calls {
		if r.Write || r.Method != "GET" {
			t.Errorf("a ping sent %s %s", r.Method, r.URL)
		}
		open := strings.Contains(r.URL, "/PSIGW/PeopleSoftListeningConnector")
		if (r.Header["Authorization"] == "") != open {
			t.Errorf("credentials %q with %s", r.Header["Authorization"], r.URL)
		}
		if strings.Contains(r.URL, "ExecuteQuery") && queryOf(r.URL) != "JGR_BU" && !strings.Contains(r.URL, "maxrows=1&") {
			t.Errorf("more than one row asked: %s", r.URL)
		}
	}
	if got := f.calls[1].URL; !strings.HasSuffix(got, "/JGR_PING/JSON/NONFILE?isconnectedquery=N&maxrows=1&json_resp=true") {
		t.Errorf("probe %s", got)
	}
}

func TestCheckFailures(t *testing.T) {
	t.Parallel()
	refused := func(connector.Request) (*connector.Response, error) {
		return nil, connector.Errorf(connector.Unavailable, "", "connection refused")
	}
	for name, row := range map[string]struct {
		broken func(connector.Request) (*connector.Response, error)
		edits  []any
		step   string
		code   connector.Code
		words  []string
		calls  int // 0 = not counted
		flows  []string
	}{
		"a closed port": {refused, nil, "connect", connector.Unavailable, []string{"host", "port"}, 1, nil},
		"an unknown certificate": {func(connector.Request) (*connector.Response, error) {
			return nil, connector.Errorf(connector.Unavailable, "", "handshake failed").Because(x509.UnknownAuthorityError{})
		}, nil, "tls", connector.Misconfigured, []string{"tls_ca"}, 1, nil},
		"a wrong password, which is tried once": {onQuery("*", 401, "User password failed. (158,45)"), nil, "node", connector.Credentials, []string{"password"}, 2, nil},
		"an unknown user":                       {onQuery("*", 401, "User not defined (158,55)"), nil, "node", connector.Credentials, []string{"user"}, 2, nil},
		"a wrong node":                          {onQuery("*", 500, "no send handler matches (158,505)"), nil, "node", connector.Misconfigured, []string{"node"}, 2, nil},
		"a sign-on page in front":               {onQuery("*", 200, "<html><body>Please sign in</body></html>"), nil, "node", connector.Misconfigured, []string{"host", "port", "base_path"}, 2, nil},
		"an application server that is down":    {onQuery("*", 500, "Jolt session pool is empty"), nil, "node", connector.Unavailable, []string{"application server"}, 2, nil},
		"a wrong client secret, tried as it is and form-encoded": {func(r connector.Request) (*connector.Response, error) {
			if r.URL == idp {
				return answerWith(401, "", `{"error":"invalid_client"}`), nil
			}
			return nil, nil
		}, oauthSettings, "token", connector.Credentials, []string{"client_secret"}, 3, nil},
		"a form that this release does not have": {func(r connector.Request) (*connector.Response, error) {
			switch {
			case strings.Contains(r.URL, "/JSON/"):
				return answerWith(500, "", `{"status":"error","message":"Output type JSON is not supported. (50,403)"}`), nil
			case strings.Contains(r.URL, "/XMLP/"):
				return answerWith(200, "text/xml", `<QAS_GETQUERYRESULTS_RESP_MSG><query numrows="0"/></QAS_GETQUERYRESULTS_RESP_MSG>`), nil
			}
			return nil, nil
		}, []any{"profile.query.format", "json"}, "node", connector.Misconfigured, []string{"json", "query.format", "set it to xmlp"}, 3, nil},
		"a query that is missing":             {onQuery("JGR_REQ", 500, `{"status":"error","message":"Query JGR_REQ does not exist. (50,24)"}`), nil, "query:JGR_REQ", connector.Misconfigured, []string{"JGR_REQ", "profile"}, 0, []string{"requisitions"}},
		"a query of two Flows":                {onQuery("JGR_VENDOR", 500, `{"status":"error","message":"not authorized to run it. (50,24)"}`), nil, "query:JGR_VENDOR", connector.Forbidden, nil, 0, []string{"suppliers-to-peoplesoft", "suppliers-to-jaggaer"}},
		"a query that lacks a column":         {onQuery("JGR_REQ", 200, `{"data":{"query":{"numrows":1,"rows":[{"A.BUSINESS_UNIT":"US001"}]}}}`), nil, "query:JGR_REQ", connector.Misconfigured, []string{"A.REQ_ID"}, 0, []string{"requisitions"}},
		"an account that's locked on the way": {onQuery("JGR_REQ", 401, "locked (48,7)"), nil, "query:JGR_REQ", connector.Credentials, nil, 0, nil},
		"an operation that the user may not invoke": {func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "CI_JGR_PO_CI") {
				return answerWith(500, "", fault("536", "User MLC not authorized to invoke Service Operation CI_JGR_PO_CI_C. (158,536)")), nil
			}
			return nil, nil
		}, nil, "operation:CI_JGR_PO_CI", connector.Forbidden, []string{"permission list"}, 0, []string{"purchase-orders"}},
		"an operation that has no routing": {func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "CI_JGR_PO_CI") {
				return answerWith(500, "", fault("505", "Unable to find a Routing corresponding to the incoming request message.")), nil
			}
			return nil, nil
		}, nil, "operation:CI_JGR_PO_CI", connector.Misconfigured, []string{"active"}, 0, []string{"purchase-orders"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := site(row.broken)
			steps := open(t, f, row.edits...).Check(context.Background(), allNeeds)
			var failed []connector.Step
			for _, s := range steps {
				if s.State == connector.StepFailed {
					failed = append(failed, s)
				}
			}
			if len(failed) != 1 || failed[0].Step != row.step || failed[0].Code != row.code || !reflect.DeepEqual(failed[0].Flows, row.flows) {
				t.Fatalf("failed %+v, want %s with %s for %q", failed, row.step, row.code, row.flows)
			}
			for _, w := range append(row.words, "") {
				if said := failed[0].Message + " | " + failed[0].Hint; !strings.Contains(said, w) {
					t.Errorf("%q is not in %q", w, said)
				}
			}
			if failed[0].Hint == "" {
				t.Error("no hint")
			}
			if row.calls > 0 && f.count() != row.calls {
				t.Errorf("%d requests, want %d", f.count(), row.calls)
			}
			if last := stateOf(steps, "operation:VOUCHER_BUILD"); (last == connector.StepSkipped) != (row.flows == nil) {
				t.Errorf("the last step is %s", last)
			}
		})
	}
}

func TestCheckWarnings(t *testing.T) {
	t.Parallel()
	missing := `{"status":"error","message":"Query does not exist. (50,24)"}`
	for name, row := range map[string]struct {
		broken func(connector.Request) (*connector.Response, error)
		step   string
		state  connector.StepState
		word   string
	}{
		"a business unit that's not there": {onQuery("JGR_BU", 200, `{"data":{"query":{"numrows":1,"rows":[{"A.BUSINESS_UNIT":"US002"}]}}}`), "query:JGR_BU", connector.StepWarning, "no business unit US001"},
		"no query of business units":       {onQuery("JGR_BU", 500, missing), "query:JGR_BU", connector.StepWarning, "not noticed"},
		"no probe query":                   {onQuery("JGR_PING", 500, missing), "node", connector.StepWarning, "signed on"},
		"no look-up of accounts by key":    {onQuery("JGR_ACCOUNT_BY_ID", 500, missing), "query:JGR_ACCOUNT_BY_ID", connector.StepWarning, "at most once an hour"},
		"no look-up of orders by key":      {onQuery("JGR_PO_BY_ID", 500, missing), "query:JGR_PO_BY_ID", connector.StepWarning, "not noticed"},
		"no query of payments":             {onQuery("JGR_PAYMENT", 500, missing), "query:JGR_PAYMENT", connector.StepWarning, "paid"},
		"a status page that is blocked": {func(r connector.Request) (*connector.Response, error) {
			return only(r, "PeopleSoftListeningConnector", 403, "<html>Forbidden</html>")
		}, "gateway", connector.StepSkipped, "403"},
		"a status page of something else": {func(r connector.Request) (*connector.Response, error) {
			return only(r, "PeopleSoftListeningConnector", 200, "<html>Welcome</html>")
		}, "gateway", connector.StepWarning, "does not look like"},
		"a sign-on page in its place": {func(r connector.Request) (*connector.Response, error) {
			return only(r, "PeopleSoftListeningConnector", 200, "<html><title>Oracle PeopleSoft Sign-in</title></html>")
		}, "gateway", connector.StepWarning, "does not look like"},
		"a gateway that is not active": {func(r connector.Request) (*connector.Response, error) {
			return only(r, "PeopleSoftListeningConnector", 200, strings.Replace(statusPage, "ACTIVE", "INACTIVE", 1))
		}, "gateway", connector.StepWarning, "INACTIVE"},
		"a WSDL that was never made": {func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "CI_JGR_PO_CI") {
				return answerWith(500, "text/xml", fault("10021", "The WSDL of the service does not exist. (158,10021)")), nil
			}
			return nil, nil
		}, "operation:CI_JGR_PO_CI", connector.StepWarning, "could not be proven"},
		"a schema that the user may not see": {func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "GetSchema") {
				return answerWith(500, "text/xml", fault("536", "User MLC not authorized to invoke Service Operation GETSCHEMA. (158,536)")), nil
			}
			return nil, nil
		}, "operation:VOUCHER_BUILD", connector.StepWarning, "could not be proven"},
		"a WSDL that is not shown": {func(r connector.Request) (*connector.Response, error) {
			return only(r, "CI_JGR_PO_CI", 404, "<html>Not found</html>")
		}, "operation:CI_JGR_PO_CI", connector.StepWarning, "could not be proven"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := open(t, site(row.broken)).Check(context.Background(), allNeeds)
			for _, s := range steps {
				if s.State == connector.StepFailed {
					t.Errorf("failed: %+v", s)
				}
				if s.Step == row.step && (s.State != row.state || !strings.Contains(s.Message, row.word)) {
					t.Errorf("%+v, want %s with %q", s, row.state, row.word)
				}
			}
		})
	}
}

// TestCheckDescribesServicesWhereTheyAre: the WSDL lies beside the address that a site posts to, also where that is itself the
// WSDL's; and without a user for SOAP it is not asked for, as a refusal would tell nothing.
func TestCheckDescribesServicesWhereTheyAre(t *testing.T) {
	t.Parallel()
	const base = "https://psft.example.com:8443/PSIGW/PeopleSoftServiceListeningConnector"
	for name, row := range map[string]struct {
		edits        []any
		wsdl, schema string
		state        connector.StepState
	}{
		"at the connector":      {nil, base + "/PSFT_EP/CI_JGR_PO_CI.1.wsdl", base + "/PSFT_EP?Operation=GetSchema&xsd=VOUCHER_BUILD.VERSION_1", connector.StepOK},
		"at the WSDL itself":    {[]any{"profile.soap.url", "/PSIGW/PeopleSoftServiceListeningConnector/CI_{ci}.1.wsdl"}, base + "/CI_JGR_PO_CI.1.wsdl", base + "?Operation=GetSchema&xsd=VOUCHER_BUILD.VERSION_1", connector.StepOK},
		"with a token alone":    {oauthSettings, "", "", connector.StepSkipped},
		"with a token and SOAP": {append(append([]any{}, oauthSettings...), "username", "MLC"), base + "/PSFT_EP/CI_JGR_PO_CI.1.wsdl", base + "/PSFT_EP?Operation=GetSchema&xsd=VOUCHER_BUILD.VERSION_1", connector.StepOK},
	} {
		var asked []string
		f := site(func(r connector.Request) (*connector.Response, error) {
			if r.URL == idp {
				return answerWith(200, "application/json", `{"access_token":"tok-1","token_type":"Bearer","expires_in":3600}`), nil
			}
			if strings.Contains(r.URL, "ServiceListeningConnector") {
				asked = append(asked, r.URL)
			}
			return nil, nil
		})
		steps := open(t, f, row.edits...).Check(context.Background(), []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Writes: true}, {Flow: "invoices", Kind: connector.Invoice, Writes: true}})
		var want []string
		if row.wsdl != "" {
			want = []string{row.wsdl, row.schema}
		}
		if !reflect.DeepEqual(asked, want) {
			t.Errorf("%s: asked for %q, want %q", name, asked, want)
		}
		if got := stateOf(steps, "operation:VOUCHER_BUILD"); got != row.state {
			t.Errorf("%s: the step of the message is %s, want %s", name, got, row.state)
		}
	}
}

func only(r connector.Request, part string, status int, body string) (*connector.Response, error) {
	if strings.Contains(r.URL, "/PSIGW/"+part) || strings.Contains(r.URL, "/"+part+".1.wsdl") {
		return answerWith(status, "text/html", body), nil
	}
	return nil, nil
}

func TestCheckClock(t *testing.T) {
	t.Parallel()
	i := open(t, site(nil))
	i.now = func() time.Time { return testNow.Add(-7 * time.Minute) }
	if got := stateOf(i.Check(context.Background(), nil), "clock"); got != connector.StepWarning {
		t.Errorf("seven minutes off are %s", got)
	}
}

func TestTLSTrouble(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("remote error: tls: handshake failure"), connector.Errorf(connector.Unavailable, "", "x").Because(x509.CertificateInvalidError{Cert: &x509.Certificate{}})} {
		if !tlsTrouble(err) {
			t.Errorf("%v is no TLS trouble", err)
		}
	}
	if tlsTrouble(errors.New("connection refused")) {
		t.Error("a closed port is TLS trouble")
	}
}
