package jaggaer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// allNeeds are those of the six shipped Flows.
func allNeeds() []connector.Need {
	return []connector.Need{
		{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true}, {Flow: "suppliers-to-peoplesoft", Kind: connector.Supplier, Reads: true},
		{Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Writes: true}, {Flow: "requisitions", Kind: connector.Requisition, Writes: true},
		{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}, {Flow: "invoices", Kind: connector.Invoice, Reads: true},
	}
}

// summary is the steps in short: name and state, the class and the Flows of what is not ok.
func summary(steps []connector.Step) string {
	var out []string
	for _, s := range steps {
		text := s.Step
		if s.State != connector.StepOK {
			text += "=" + string(s.State)
		}
		if s.Code != "" {
			text += ":" + string(s.Code)
		}
		if s.State == connector.StepFailed && s.Flows != nil {
			text += fmt.Sprint(s.Flows)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// TestPings is JAGGAER.md §2.6: the first failure names the fault, and what it keeps from being ready.
func TestPings(t *testing.T) {
	t.Parallel()
	dated := func(r *connector.Response, at time.Time) *connector.Response {
		r.Header["Date"] = at.Format("Mon, 02 Jan 2006 15:04:05 GMT")
		return r
	}
	on := func(path string, resp *connector.Response) func(connector.Request) (*connector.Response, error) {
		return func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, path) {
				return resp, nil
			}
			return dated(reply200(emptyList), noon), nil
		}
	}
	healthy := on("\x00", nil)
	denied := respond(403, `{"returnCode":2,"returnMessage":"Access denied: client acme-peoplesoft is not enabled for this resource"}`)
	const rest = "entity:cfv entity:supplier entity:requisition entity:po entity:invoice"
	const skipped = "entity:cfv=skipped entity:supplier=skipped entity:requisition=skipped entity:po=skipped entity:invoice=skipped"
	for name, row := range map[string]struct {
		answer func(connector.Request) (*connector.Response, error)
		logins func() (*connector.Response, error)
		edits  []func(connector.Settings)
		needs  []connector.Need
		want   string
		words  []string // of the failed steps
	}{
		"all is well":     {healthy, nil, nil, allNeeds(), "connect tls token " + rest + " xml clock", nil},
		"over plain http": {healthy, nil, []func(connector.Settings){func(s connector.Settings) { s["url"] = "http://localhost:8080" }}, allNeeds(), "connect tls=skipped token " + rest + " xml clock", nil},
		"no Flow yet: everything that can be read":         {healthy, nil, nil, nil, "connect tls token " + rest + " clock", nil},
		"orders that tell the lines of their requisitions": {healthy, nil, []func(connector.Settings){profileOf(true, "po_requisition_lines")}, []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}}, "connect tls token entity:requisition entity:po clock", nil},
		"those of requisitions that nobody may read": {on("/requisitions", denied), nil, []func(connector.Settings){profileOf(true, "po_requisition_lines")}, []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}},
			"connect tls token entity:requisition=warning:forbidden entity:po clock", nil},
		"those of requisitions that are not read": {healthy, nil, []func(connector.Settings){profileOf(true, "po_requisition_lines"), profileOf("off", "operations", "requisition.read")}, []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}},
			"connect tls token entity:requisition=warning entity:po clock", nil},
		"one Flow":                             {healthy, nil, nil, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true}}, "connect tls token entity:invoice clock", nil},
		"nothing answers at the token address": {healthy, silence, nil, allNeeds(), "connect=failed:unavailable tls=skipped token=skipped " + skipped + " xml clock", []string{"connection refused", "setting token_url (now https://acme.example.com/auth"}},
		"its certificate is wrong": {healthy, func() (*connector.Response, error) {
			return nil, connector.Errorf(connector.Unavailable, "", "no secure connection to host acme.example.com: its certificate is for another name").Advise("Use the name that the certificate has as host.")
		}, nil, allNeeds(), "connect tls=failed:unavailable token=skipped " + skipped + " xml clock", []string{"certificate"}},
		"nothing answers at the API": {func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "router") {
				return respond(404, ""), nil
			}
			return silence()
		}, nil, nil, allNeeds(), "connect=failed:unavailable tls=skipped token " + skipped + " xml clock=skipped", []string{"setting url (now https://acme.example.com)"}},
		"a wrong secret":                {healthy, func() (*connector.Response, error) { return respond(401, `{"error":"invalid_client"}`), nil }, nil, allNeeds(), "connect tls token=failed:credentials " + skipped + " xml clock", []string{"client id or secret", "client_secret"}},
		"a web page instead of a token": {healthy, func() (*connector.Response, error) { return reply200("<html>"), nil }, nil, allNeeds(), "connect tls token=failed:unavailable " + skipped + " xml clock", []string{"web page", "token_url"}},
		"a wrong realm": {healthy, func() (*connector.Response, error) { return respond(404, `{"error":"Realm does not exist"}`), nil }, []func(connector.Settings){func(s connector.Settings) {
			s["token_url"] = "https://acme.example.com/auth/realms/wrong-integrations/protocol/openid-connect/token"
		}}, allNeeds(), "connect tls token=failed:misconfigured " + skipped + " xml clock", []string{"realm is wrong-integrations", "token_url"}},
		"one resource is not enabled":       {on("purchaseorders", denied), nil, nil, allNeeds(), "connect tls token entity:cfv entity:supplier entity:requisition entity:po=failed:forbidden[purchase-orders] entity:invoice xml clock", []string{"enable purchaseorders for client acme-peoplesoft"}},
		"none is enabled":                   {on("/api/", denied), nil, nil, allNeeds(), "connect tls token entity:cfv=failed:forbidden[gl-accounts] entity:supplier=failed:forbidden[suppliers-to-peoplesoft suppliers-to-jaggaer] entity:requisition=warning:forbidden entity:po=failed:forbidden[purchase-orders] entity:invoice=failed:forbidden[invoices] xml clock", []string{"enable suppliers"}},
		"tokens that the API does not take": {on("/api/", respond(401, "")), nil, nil, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true}}, "connect tls token entity:invoice=failed:credentials[invoices] clock=skipped", []string{"same JAGGAER"}},
		"a path that is wrong":              {on("invoices", respond(404, "<html>")), nil, nil, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true}}, "connect tls token entity:invoice=failed:misconfigured[invoices] clock=skipped", []string{"/j1p/api/public/ji/v1/invoices", "setting url"}},
		"a page that is no API":             {on("invoices", reply200("<html>")), nil, nil, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true}}, "connect tls token entity:invoice=failed:unavailable[invoices] clock=skipped", []string{"web page", "setting url"}},
		"a filter that is refused":          {on("invoices", reply200(`{"returnCode":2,"returnMessage":"Invalid filter: lastUpdate"}`)), nil, nil, []connector.Need{{Flow: "invoices", Kind: connector.Invoice, Reads: true}}, "connect tls token entity:invoice=failed:misconfigured[invoices] clock=skipped", []string{"Invalid filter: lastUpdate", "entities.invoice"}},
		"a filter that is ignored":          {on("purchaseorders", orders(1, order(1, 30))), nil, nil, []connector.Need{{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}}, "connect tls token entity:po=failed:misconfigured[purchase-orders] clock=skipped", []string{"ignored our filter"}},
		"keys that are ignored":             {on("erpNumber", suppliers(1, supplierItem("7", "x"))), nil, nil, []connector.Need{{Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Writes: true}}, "connect tls token entity:supplier=warning xml clock", nil},
		"keys that are refused":             {on("erpNumber", reply200(`{"returnCode":2,"returnMessage":"Invalid filter"}`)), nil, nil, allNeeds()[1:3], "connect tls token entity:supplier=failed:misconfigured[suppliers-to-jaggaer] xml clock", nil},
		"requisitions can't be looked up":   {healthy, nil, []func(connector.Settings){profileOf("off", "operations", "requisition.read")}, allNeeds()[3:4], "connect tls token entity:requisition=warning xml clock", nil},
		"an operation that is off":          {healthy, nil, []func(connector.Settings){profileOf("off", "operations", "invoice.read"), profileOf("off", "operations", "supplier.write")}, allNeeds(), "connect tls token entity:cfv entity:supplier=failed:misconfigured[suppliers-to-jaggaer] entity:requisition entity:po entity:invoice=failed:misconfigured[invoices] xml clock", []string{"operations.invoice.read"}},
		"no router given":                   {healthy, nil, []func(connector.Settings){func(s connector.Settings) { delete(s, "xml_url") }}, allNeeds(), "connect tls token " + rest + " xml=failed:misconfigured[suppliers-to-jaggaer] xml=failed:misconfigured[requisitions] clock", []string{"xml_url"}},
		"no router needed":                  {healthy, nil, []func(connector.Settings){func(s connector.Settings) { delete(s, "xml_url") }}, allNeeds()[4:], "connect tls token entity:po entity:invoice clock", nil},
		"no router needed for REST writes":  {healthy, nil, []func(connector.Settings){profileOf("rest", "operations", "supplier.write"), profileOf("rest", "operations", "requisition.create")}, allNeeds(), "connect tls token " + rest + " clock", nil},
		"nothing answers at the router": {func(r connector.Request) (*connector.Response, error) {
			if strings.Contains(r.URL, "router") {
				return silence()
			}
			return healthy(r)
		}, nil, nil, allNeeds(), "connect tls token " + rest + " xml=failed:unavailable[suppliers-to-jaggaer requisitions] clock", []string{"xml_url"}},
		"a clock that is wrong": {func(connector.Request) (*connector.Response, error) {
			return dated(reply200(emptyList), noon.Add(-3*time.Minute)), nil
		}, nil, nil, allNeeds(), "connect tls token " + rest + " xml clock=warning", nil},
		"slowed down": {on("invoices", respond(429, "", "Retry-After", "30")), nil, nil, allNeeds()[5:], "connect tls token entity:invoice=failed:throttled[invoices] clock=skipped", []string{"30s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{answer: row.answer, logins: row.logins}
			b := open(t, f, row.edits...)
			steps := b.Check(t.Context(), row.needs)
			got := summary(steps)
			if strings.HasSuffix(row.want, "xml clock") && row.logins != nil {
				got = strings.TrimSuffix(got, "=skipped") // no list call told the time
			}
			if got != row.want {
				t.Errorf("%s\nexpected %s", got, row.want)
			}
			said := ""
			for _, s := range steps {
				if s.State == connector.StepFailed {
					said += s.Message + " | " + s.Hint + "\n"
					if s.Hint == "" {
						t.Errorf("%s has no hint", s.Step)
					}
				}
				if s.Message == "" {
					t.Errorf("%s says nothing", s.Step)
				}
			}
			for _, w := range row.words {
				if !strings.Contains(said, w) {
					t.Errorf("no failed step says %q: %s", w, said)
				}
			}
			if f.tokens != 1 || len(b.waits) > 0 {
				t.Errorf("%d log-ins, waits %v", f.tokens, b.waits)
			}
			for _, r := range f.requests {
				if r.Write || r.Method != "GET" {
					t.Errorf("a ping sends %s %s", r.Method, r.URL)
				}
			}
		})
	}
}

// TestARefusedLogInIsRemembered: calls never try again, each ping does; a good ping opens the way again.
func TestARefusedLogInIsRemembered(t *testing.T) {
	t.Parallel()
	f := always(200, emptyList)
	f.logins = func() (*connector.Response, error) { return respond(401, `{"error":"invalid_client"}`), nil }
	b := open(t, f)
	b.Check(t.Context(), allNeeds())
	mustFail(t, readOrders(b), connector.Credentials)
	if got := summary(b.Check(t.Context(), nil)); !strings.Contains(got, "token=failed:credentials") || f.tokens != 2 {
		t.Errorf("%s, %d log-ins", got, f.tokens)
	}
	mustFail(t, readOrders(b), connector.Credentials)
	if f.tokens != 2 {
		t.Errorf("%d log-ins", f.tokens)
	}
	f.logins = nil
	b.Check(t.Context(), nil)
	if err := readOrders(b); err != nil || f.tokens != 3 {
		t.Errorf("after a good ping: %v, %d log-ins", err, f.tokens)
	}
}

func TestAPingUsesUpNoTokenOfOthers(t *testing.T) {
	t.Parallel()
	f := always(200, emptyList)
	b := open(t, f)
	if err := readOrders(b); err != nil {
		t.Fatal(err)
	}
	b.Check(t.Context(), nil)
	if err := readOrders(b); err != nil || f.tokens != 2 || !slices.Contains(f.requests[len(f.requests)-1].Secrets, "token-2") {
		t.Errorf("%v, %d log-ins", err, f.tokens)
	}
}

// TestAPingAsksWhatIsUsed: the folder alone where values only go into files, and the list where a Flow reads them as well; and what
// requisitions that can't be looked up mean is said.
func TestAPingAsksWhatIsUsed(t *testing.T) {
	t.Parallel()
	read, write := connector.Need{Flow: "values-back", Kind: connector.GLAccount, Reads: true}, connector.Need{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true}
	for name, row := range map[string]struct {
		needs  []connector.Need
		folder bool
		lists  int
	}{
		"files alone": {[]connector.Need{write}, true, 0}, "files, and the list is read": {[]connector.Need{read, write}, false, 2}, "the list alone": {[]connector.Need{read}, false, 1},
	} {
		f := always(200, emptyList)
		open(t, f, profileOf("file", "operations", "cfv.write"), profileOf(t.TempDir(), "file", "folder")).Check(t.Context(), row.needs)
		folder, lists := false, 0
		for _, r := range f.requests {
			folder = folder || r.Op == "check the folder"
			if strings.Contains(r.URL, "customfieldvalues") {
				lists++
			}
		}
		if folder != row.folder || lists != row.lists {
			t.Errorf("%s: folder %t, %d lists", name, folder, lists)
		}
	}
	said := false
	for _, s := range open(t, always(200, emptyList), profileOf("off", "operations", "requisition.read")).Check(t.Context(), allNeeds()[3:4]) {
		said = said || s.Step == "entity:requisition" && strings.Contains(s.Hint, personDecides)
	}
	if !said {
		t.Error("it is not said that a person decides")
	}
}

// step is one step of a ping, zero when it has none of that name.
func (b *bench) step(name string, needs ...connector.Need) connector.Step {
	for _, s := range b.Check(b.t.Context(), needs) {
		if s.Step == name {
			return s
		}
	}
	return connector.Step{}
}

// TestStepsThatWarn: nothing that only payments, pushes or the clock need keeps a Flow back.
func TestStepsThatWarn(t *testing.T) {
	t.Parallel()
	hears := connector.Need{Flow: "invoices", Kind: connector.Invoice, Hears: true}
	missing := &fake{answer: func(r connector.Request) (*connector.Response, error) {
		if r.Op == "check the folder" || r.Op == "check xml" {
			return silence()
		}
		return reply200(emptyList), nil
	}}
	for name, edits := range map[string][]func(connector.Settings){
		"a folder that is not there": {profileOf("file", "operations", "payment.write"), profileOf(t.TempDir(), "file", "folder")},
		"a router that is silent":    {profileOf("xml", "operations", "payment.write"), profileOf("Payments", "xml", "paths", "payment")},
	} {
		if s := open(t, missing, edits...).step("operation:payment.write", hears); s.State != connector.StepWarning || s.Message == "" || s.Flows == nil || len(s.Flows) > 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	b := open(t, always(200, emptyList), func(s connector.Settings) { s["receive"] = true })
	if s := b.step("xml"); s.Step != "" {
		t.Errorf("pushes that can be believed: %+v", s)
	}
	b.opts.secrets = map[string]string{"client_secret": "S3cr3t/plus +&"}
	if s := b.step("xml"); s.State != connector.StepWarning || !strings.Contains(s.Message, "shared_secret is missing") {
		t.Errorf("pushes that can't be believed: %+v", s)
	}
	for _, off := range []time.Duration{-3 * time.Minute, 3 * time.Minute} {
		f := always(200, emptyList, "Date", noon.Add(off).Format("Mon, 02 Jan 2006 15:04:05 GMT"))
		if s := open(t, f).step("clock", allNeeds()...); s.State != connector.StepWarning || !strings.Contains(s.Message, "3m0s") {
			t.Errorf("off by %s: %+v", off, s)
		}
	}
	f := always(200, emptyList)
	open(t, f).step("", connector.Need{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true})
	if seen := strings.Join(f.seen(), " "); !strings.Contains(seen, "flt=fieldInternalName==Account;value==ml-connector-ping") {
		t.Errorf("values are looked up as %s", seen)
	}
}
