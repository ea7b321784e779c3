package peoplesoft_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/peoplesoft"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// httpCaller is the least Caller there can be: no redirects, no repetition.
type httpCaller struct{ client *http.Client }

func (c httpCaller) Call(ctx context.Context, r connector.Request) (*connector.Response, error) {
	code := connector.Unavailable
	if r.Write {
		code = connector.Ambiguous
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, connector.Errorf(connector.Internal, r.Op, "the request can't be made").Because(err)
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, connector.Errorf(code, r.Op, "no answer").Because(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, connector.Errorf(code, r.Op, "the answer was cut").Because(err)
	}
	header := map[string]string{}
	for k := range resp.Header {
		header[k] = resp.Header.Get(k)
	}
	return &connector.Response{Status: resp.StatusCode, Header: header, Body: body}, nil
}

// world is a simulated PeopleSoft and a Connection to it.
type world struct {
	t       *testing.T
	company *sample.Company
	sim     *peoplesoftsim.Server
	i       connector.Instance
	now     time.Time
	charged string              // an account that may be charged, once it was looked for
	sleep   func(time.Duration) // what the simulator does instead of waiting; nil = nothing
}

var start = time.Date(2026, 3, 4, 18, 0, 0, 0, time.UTC)

// connect opens a Connection; edits are settings by dotted path.
func connect(t *testing.T, o peoplesoftsim.Options, edits ...any) *world {
	t.Helper()
	w := &world{t: t, company: sample.New(7, sample.Small(), start), now: start}
	o.Now = func() time.Time { return w.now }
	o.Sleep = func(d time.Duration) {
		if w.sleep != nil {
			w.sleep(d)
		}
	}
	w.sim = peoplesoftsim.New(w.company, o)
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseInt(u.Port(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	s := connector.Settings{"host": u.Hostname(), "port": port, "tls": false, "node": "PSFT_EP", "username": "JGR_SVC", "time_zone": w.company.TimeZone, "business_units": []any{"US001", "US002", "CA001"}}
	for n := 0; n < len(edits); n += 2 {
		v := edits[n+1]
		if text, ok := v.(string); ok {
			v = strings.ReplaceAll(text, "{server}", server.URL)
		}
		set(s, edits[n].(string), v)
	}
	v := peoplesoft.New().Validate(s)
	if len(v.Problems) > 0 {
		t.Fatalf("%+v", v.Problems)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	w.i, err = peoplesoft.New().Open(connector.Opening{Connection: "erp", Settings: v.Settings, Caller: httpCaller{client}, Now: o.Now,
		Secrets: map[string]string{"password": peoplesoftsim.DefaultUser().Password, "client_secret": "idp-Secret/+1", "node_password": "node-pw", "ps_token": "a-Token/1"}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func set(s map[string]any, path string, v any) {
	head, rest, deep := strings.Cut(path, ".")
	if !deep {
		s[head] = v
		return
	}
	sub, ok := s[head].(map[string]any)
	if !ok {
		sub = map[string]any{}
		s[head] = sub
	}
	set(sub, rest, v)
}

func (w *world) read(q connector.Query) (vs []connector.Version, ps []connector.Problem) {
	w.t.Helper()
	for range 2000 {
		page, err := w.i.(connector.Source).Read(context.Background(), q)
		if err != nil {
			w.t.Fatal(err)
		}
		vs, ps = append(vs, page.Versions...), append(ps, page.Problems...)
		if page.Next == "" {
			return vs, ps
		}
		q.After = page.Next
	}
	w.t.Fatal("the read does not end")
	return nil, nil
}

func (w *world) write(k connector.Kind, d connector.Document) connector.Receipt {
	w.t.Helper()
	if p := w.i.Kind(k).Schema.Check(d); len(p) > 0 {
		w.t.Fatalf("the Schema refuses %+v", p)
	}
	r, err := w.i.(connector.Sink).Write(context.Background(), connector.Write{Kind: k, Operation: connector.OpCreate, Document: d})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// vendor is an approved supplier of the company.
func (w *world) vendor() string {
	for _, s := range w.company.Suppliers {
		if s.Status == "A" && s.VendorID != "" {
			return s.VendorID
		}
	}
	w.t.Fatal("no approved supplier")
	return ""
}

// account is one that may be charged, taken from what PeopleSoft says.
func (w *world) account() string {
	if w.charged != "" {
		return w.charged
	}
	vs, _ := w.read(connector.Query{Kind: connector.GLAccount})
	for _, v := range vs {
		if v.Standing == connector.Usable && v.Document.Text("ACCOUNT_TYPE") != "" {
			w.charged = v.Document.Text("VALUE")
			return w.charged
		}
	}
	w.t.Fatal("no usable account")
	return ""
}

type doc = map[string]any

func (w *world) order(ref string) connector.Document {
	return connector.Document{"BUSINESS_UNIT": "US001", "PO_ID": "NEXT", "VENDOR_SETID": "SHARE", "VENDOR_ID": w.vendor(), "PO_DT": "2026-03-04", "PO_REF": ref, "BUYER_ID": "BUYER01", "CURRENCY_CD": "USD", "DISP_METHOD": "PRN",
		"PO_LINE": []any{doc{"LINE_NBR": "1", "DESCR254_MIXED": "Gloves, M & L <nitrile> \"box\"", "CATEGORY_ID": "LAB01", "UNIT_OF_MEASURE": "BX", "PO_LINE_SHIP": []any{doc{"SCHED_NBR": "1", "DUE_DT": "2026-03-18", "SHIPTO_ID": "MAINDOCK",
			"QTY_PO": "20", "PRICE_PO": "9.75", "PO_LINE_DISTRIB": []any{
				doc{"DISTRIB_LINE_NUM": "1", "BUSINESS_UNIT_GL": "US001", "QTY_PO": "15", "MERCHANDISE_AMT": "146.25", "ACCOUNT": w.account(), "DEPTID": "CHEM100", "FUND_CODE": "F10"},
				doc{"DISTRIB_LINE_NUM": "2", "BUSINESS_UNIT_GL": "US001", "QTY_PO": "5", "MERCHANDISE_AMT": "48.75", "ACCOUNT": w.account(), "DEPTID": "BIO200", "FUND_CODE": "F10"}}}}}}}
}

func (w *world) supplier(number string) connector.Document {
	return connector.Document{"SETID": "SHARE", "VENDOR_ID": "NEXT", "VENDOR_NAME_SHORT": "TAMARACK", "NAME1": "Tamarack Glass & Söhne", "VENDOR_STATUS": "E", "VENDOR_CLASS": "R", "VENDOR_PERSISTENCE": "R", "AR_NUM": number,
		"VNDR_ADDR_SCROL": []any{doc{"ADDRESS_SEQ_NUM": "1", "DESCR": "Main", "VENDOR_ADDR": []any{doc{"EFFDT": "2026-03-04", "EFF_STATUS": "A", "COUNTRY": "USA", "ADDRESS1": "4 Kiln Street", "CITY": "Springfield", "STATE": "MN", "POSTAL": "55000"}}}},
		"VNDR_LOC_SCROL":  []any{doc{"VNDR_LOC": "MAIN", "DEFAULT_LOC_FLG": "Y", "VENDOR_LOC": []any{doc{"EFFDT": "2026-03-04", "EFF_STATUS": "A", "CURRENCY_CD": "USD"}}}}}
}

func (w *world) invoice(number string) connector.Document {
	return connector.Document{"ExternalMessageID": "JGR-INV-" + number, "BUSINESS_UNIT": "US001", "VOUCHER_ID": "J" + number, "VOUCHER_STYLE": "REG", "INVOICE_ID": "TG-" + number, "INVOICE_DT": "2026-03-02", "ACCOUNTING_DT": "2026-03-04", "VENDOR_ID": w.vendor(),
		"ORIGIN": "JGR", "GROSS_AMT": "18.5", "TXN_CURRENCY_CD": "USD", "VCHR_SRC": "XML", "VCHR_LINE_STG": []any{doc{"VOUCHER_LINE_NUM": "1", "DESCR": "Freight & more", "MERCHANDISE_AMT": "18.5", "VCHR_DIST_STG": []any{
			doc{"DISTRIB_LINE_NUM": "1", "BUSINESS_UNIT_GL": "US001", "ACCOUNT": w.account(), "DEPTID": "CHEM100", "FUND_CODE": "F10", "MERCHANDISE_AMT": "18.5"}}}}}
}

var needs = []connector.Need{{Flow: "a", Kind: connector.GLAccount, Reads: true}, {Flow: "b", Kind: connector.Supplier, Reads: true, Writes: true}, {Flow: "c", Kind: connector.Requisition, Reads: true},
	{Flow: "d", Kind: connector.PurchaseOrder, Reads: true, Writes: true}, {Flow: "e", Kind: connector.Invoice, Reads: true, Writes: true}}

func failedSteps(steps []connector.Step) (out []connector.Step) {
	for _, s := range steps {
		if s.State == connector.StepFailed {
			out = append(out, s)
		}
	}
	return out
}

// sites are installations that differ from the delivered one, with the settings that say so.
func sites() map[string]struct {
	options peoplesoftsim.Options
	edits   []any
} {
	oauth := &peoplesoftsim.OAuth{Path: "/idp/oauth2/v1/token", ClientID: "mlc", Secret: "idp-Secret/+1", Scope: "readwrite", User: "JGR_SVC", TTL: time.Hour}
	inBody := &peoplesoftsim.OAuth{Path: "/idp/oauth2/v1/token", ClientID: "mlc", Secret: "idp-Secret/+1", Audience: "psft", ClientAuth: "body", User: "JGR_SVC", TTL: time.Hour}
	site := func(s peoplesoftsim.Site) peoplesoftsim.Options { return peoplesoftsim.Options{Site: s} }
	return map[string]struct {
		options peoplesoftsim.Options
		edits   []any
	}{
		"as delivered":             {peoplesoftsim.Options{}, nil},
		"behind a proxy's path":    {site(peoplesoftsim.Site{BasePath: "/erp"}), []any{"base_path", "/erp"}},
		"without node in the path": {site(peoplesoftsim.Site{NodeInPath: "absent"}), []any{"profile.rest.path_with_node", false}},
		"XMLP only":                {site(peoplesoftsim.Site{Formats: []string{"XMLP"}}), nil},
		"WEBROWSET only":           {site(peoplesoftsim.Site{Formats: []string{"WEBROWSET"}}), []any{"profile.query.format", "webrowset"}},
		"with names of its own": {site(peoplesoftsim.Site{Queries: map[string]string{"JGR_VENDOR": "UNI_SUPPLIERS"}, Prompts: map[string]map[string]string{"JGR_REQ": {"AFTER_ID": "BIND3"}}, CIs: map[string]string{"JGR_PO_CI": "UNI_PO"}, Owner: "private"}),
			[]any{"profile.query.owner", "private", "profile.query.vendor.name", "UNI_SUPPLIERS", "profile.query.requisition.prompts", doc{"AFTER_ID": "BIND3"}, "profile.po.ci_name", "UNI_PO"}},
		"with prefixes in its services": {site(peoplesoftsim.Site{Prefixes: peoplesoftsim.Prefixes{Key: "KEYPROP_", Property: "PROP_", Collection: "COLL_"}, VerbCase: "upper", SignOn: "wsse", Messages: map[string]string{"JGR_PO_CI.create": "M581234"}}),
			[]any{"profile.soap.property_prefixes", doc{"key": "KEYPROP_", "property": "PROP_", "collection": "COLL_"}, "profile.soap.verb_case", "upper", "profile.soap.message", doc{"po.create": "M581234"}}},
		"Basic for SOAP":    {site(peoplesoftsim.Site{SignOn: "basic"}), nil},
		"messages by query": {site(peoplesoftsim.Site{Envelopes: []string{"query"}}), []any{"profile.message.envelope", "query"}},
		"messages in one document": {peoplesoftsim.Options{Site: peoplesoftsim.Site{Envelopes: []string{"ibrequest"}}, Nodes: map[string]peoplesoftsim.Node{"JAGGAER": {Password: "node-pw", User: "JGR_SVC"}}},
			[]any{"profile.message.envelope", "ibrequest", "profile.message.external_id", "ibrequest"}},
		"REST services":              {peoplesoftsim.Options{}, []any{"profile.write.po.transport", "rest_ci", "profile.write.vendor.transport", "rest_ci"}},
		"OAuth2":                     {peoplesoftsim.Options{OAuth: oauth}, []any{"auth", "oauth2", "username", "", "client_id", "mlc", "scope", "readwrite", "token_url", "{server}/idp/oauth2/v1/token"}},
		"OAuth2, secret in the body": {peoplesoftsim.Options{OAuth: inBody}, []any{"auth", "oauth2", "username", "", "client_id", "mlc", "audience", "psft", "profile.oauth", doc{"client_auth": "body"}, "token_url", "{server}/idp/oauth2/v1/token"}},
		"OAuth2, a user for SOAP":    {peoplesoftsim.Options{OAuth: oauth, Site: peoplesoftsim.Site{SignOn: "wsse"}}, []any{"auth", "oauth2", "client_id", "mlc", "scope", "readwrite", "token_url", "{server}/idp/oauth2/v1/token"}},
		"PS_TOKEN":                   {peoplesoftsim.Options{Tokens: map[string]string{"a-Token/1": "JGR_SVC"}}, []any{"auth", "ps_token", "username", ""}},
		"PS_TOKEN, no node, XMLP, REST services": {peoplesoftsim.Options{Tokens: map[string]string{"a-Token/1": "JGR_SVC"}, Site: peoplesoftsim.Site{NodeInPath: "absent", Formats: []string{"XMLP"}}},
			[]any{"auth", "ps_token", "username", "", "profile.rest.path_with_node", false, "profile.write.po.transport", "rest_ci", "profile.write.vendor.transport", "rest_ci"}},
		"a low row cap":      {peoplesoftsim.Options{Users: []peoplesoftsim.User{{ID: "JGR_SVC", Password: peoplesoftsim.DefaultUser().Password, RowCap: 40}}}, nil},
		"small pages":        {peoplesoftsim.Options{}, []any{"profile.query.page_size", int64(3)}},
		"hidden status page": {site(peoplesoftsim.Site{HideStatusPage: true, HideVersion: true}), nil},
	}
}

// TestSites does everything once at every kind of site.
func TestSites(t *testing.T) {
	t.Parallel()
	for name, site := range sites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, site.options, site.edits...)
			if failed := failedSteps(w.i.Check(context.Background(), needs)); len(failed) > 0 {
				t.Errorf("ping: %+v", failed)
			}
			w.readsEverything()
			w.writesEverything()
		})
	}
}

func (w *world) readsEverything() {
	w.t.Helper()
	for kind, want := range map[connector.Kind]int{connector.Supplier: len(w.sim.Vendors()), connector.Requisition: len(w.sim.Requisitions())} {
		vs, ps := w.read(connector.Query{Kind: kind})
		if len(vs) != want || len(ps) > 0 {
			w.t.Errorf("%s: %d versions and %d problems, want %d", kind, len(vs), len(ps), want)
		}
		ids := map[string]bool{}
		for _, v := range vs {
			ids[v.ID] = true
		}
		if len(ids) != len(vs) {
			w.t.Errorf("%s: some come twice", kind)
		}
	}
	for _, r := range w.company.Requisitions {
		page, err := w.i.(connector.Source).Read(context.Background(), connector.Query{Kind: connector.Requisition, Keys: []connector.Key{{ID: r.BusinessUnit + "/" + r.ID}}})
		if err != nil || len(page.Versions) != 1 || len(page.Versions[0].Document.List("REQ_LINE")) != len(r.Lines) {
			w.t.Errorf("requisition %s by its key: %d versions, %v", r.ID, len(page.Versions), err)
		}
	}
}

func (w *world) writesEverything() {
	w.t.Helper()
	ctx := context.Background()
	r := w.write(connector.PurchaseOrder, w.order("JGR-PO-1"))
	found, err := w.i.(connector.Finder).Find(ctx, connector.Lookup{Kind: connector.PurchaseOrder, Document: w.order("JGR-PO-1")})
	if err != nil || len(found) != 1 || found[0].ID != r.ID {
		w.t.Errorf("order %q is found as %+v, %v", r.ID, found, err)
	}
	found, err = w.i.(connector.Finder).Find(ctx, connector.Lookup{Kind: connector.PurchaseOrder, ID: r.ID})
	want := w.order("JGR-PO-1")
	delete(want, "PO_ID")
	if err != nil || len(found) != 1 || !connector.Covers(found[0].Document, want) {
		w.t.Errorf("what was written is not what is there: %+v, %v", found, err)
	}
	s := w.write(connector.Supplier, w.supplier("JGR-990001"))
	found, err = w.i.(connector.Finder).Find(ctx, connector.Lookup{Kind: connector.Supplier, Document: w.supplier("JGR-990001")})
	if err != nil || len(found) != 1 || found[0].ID != s.ID || found[0].Standing != connector.Pending {
		w.t.Errorf("supplier %q is found as %+v, %v", s.ID, found, err)
	}
	v := w.write(connector.Invoice, w.invoice("0000001"))
	again := w.write(connector.Invoice, w.invoice("0000001"))
	if !again.Repeated || again.ID != v.ID {
		w.t.Errorf("a voucher sent twice: %+v", again)
	}
	w.stage(v.ID, connector.StageStaged)
	w.sim.Build()
	w.stage(v.ID, connector.StageBuilt)
	unit, id, _ := strings.Cut(v.ID, "/")
	if err := w.sim.Post(unit, id); err != nil {
		w.t.Fatal(err)
	}
	w.stage(v.ID, connector.StagePosted)
	if err := w.sim.Pay(unit, id); err != nil {
		w.t.Fatal(err)
	}
	w.stage(v.ID, connector.StagePaid)
	if err := w.sim.Void(unit, id); err != nil {
		w.t.Fatal(err)
	}
	w.stage(v.ID, connector.StagePosted)
}

func (w *world) stage(id string, want connector.Stage) {
	w.t.Helper()
	life, err := w.i.(connector.Tracker).Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: id, Sent: w.now})
	if err != nil || life.Stage != want {
		w.t.Errorf("voucher %s is %+v, %v; want %s", id, life, err, want)
	}
}

// TestOddAnswersReadTheSame: whatever way PeopleSoft writes its answers, the Documents are the same.
func TestOddAnswersReadTheSame(t *testing.T) {
	t.Parallel()
	prints := func(w *world, k connector.Kind) (out []string) {
		vs, ps := w.read(connector.Query{Kind: k})
		for _, p := range ps {
			t.Error(p.Err)
		}
		for _, v := range vs {
			out = append(out, v.ID+" "+v.Document.Fingerprint())
		}
		return out
	}
	plain := connect(t, peoplesoftsim.Options{})
	for _, kind := range []string{"queryname", "bare_keys", "number_strings", "no_rows"} {
		w := connect(t, peoplesoftsim.Options{})
		if err := w.sim.Fault(peoplesoftsim.Fault{Kind: kind, Match: "query.*"}); err != nil {
			t.Fatal(err)
		}
		for _, k := range []connector.Kind{connector.Supplier, connector.GLAccount, connector.Requisition} {
			if !slices.Equal(prints(w, k), prints(plain, k)) {
				t.Errorf("%s of %s reads differently", kind, k)
			}
		}
	}
}

func TestFaultsOfReads(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault peoplesoftsim.Fault
		code  connector.Code
	}{
		"wrong node":              {peoplesoftsim.Fault{Kind: "wrong_node"}, connector.Misconfigured},
		"no routing, with 200":    {peoplesoftsim.Fault{Kind: "routing", Status: 200}, connector.Misconfigured},
		"no routing, with 404":    {peoplesoftsim.Fault{Kind: "routing", Status: 404}, connector.Misconfigured},
		"refused":                 {peoplesoftsim.Fault{Kind: "unauthorized"}, connector.Credentials},
		"Production mode":         {peoplesoftsim.Fault{Kind: "production"}, connector.Unavailable},
		"application server down": {peoplesoftsim.Fault{Kind: "jolt"}, connector.Unavailable},
		"domain down":             {peoplesoftsim.Fault{Kind: "contact"}, connector.Unavailable},
		"502":                     {peoplesoftsim.Fault{Kind: "status", Status: 502}, connector.Unavailable},
		"429":                     {peoplesoftsim.Fault{Kind: "status", Status: 429, RetryAfter: 7}, connector.Throttled},
		"a redirect":              {peoplesoftsim.Fault{Kind: "redirect"}, connector.Misconfigured},
		"a sign-on page":          {peoplesoftsim.Fault{Kind: "html"}, connector.Misconfigured},
		"nothing":                 {peoplesoftsim.Fault{Kind: "empty"}, connector.Unavailable},
		"an application's error":  {peoplesoftsim.Fault{Kind: "errmsgtext"}, connector.Misconfigured},
		"an SQL error":            {peoplesoftsim.Fault{Kind: "sql"}, connector.Misconfigured},
		"no JSON":                 {peoplesoftsim.Fault{Kind: "not_json"}, connector.Unavailable},
		"a wrong count":           {peoplesoftsim.Fault{Kind: "numrows"}, connector.Unavailable},
		"half an answer":          {peoplesoftsim.Fault{Kind: "truncated"}, connector.Unavailable},
		"a connection cut":        {peoplesoftsim.Fault{Kind: "cut"}, connector.Unavailable},
		"a connection reset":      {peoplesoftsim.Fault{Kind: "reset"}, connector.Unavailable},
		"a million levels":        {peoplesoftsim.Fault{Kind: "deep"}, connector.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, peoplesoftsim.Options{})
			row.fault.Match = "query.*"
			if err := w.sim.Fault(row.fault); err != nil {
				t.Fatal(err)
			}
			_, err := w.i.(connector.Source).Read(context.Background(), connector.Query{Kind: connector.Supplier})
			e := connector.AsError(err)
			if e == nil || e.Code != row.code || strings.Contains(e.Error(), peoplesoftsim.DefaultUser().Password) {
				t.Errorf("%v, want %s", e, row.code)
			}
			if row.fault.RetryAfter > 0 && e != nil && e.Wait != 7*time.Second {
				t.Errorf("wait %s", e.Wait)
			}
		})
	}
}

// TestFaultsOfWrites: what may have happened is ambiguous, what surely did not is not, and the look-up tells.
func TestFaultsOfWrites(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault peoplesoftsim.Fault
		code  connector.Code
		there bool
	}{
		"lost before the effect":    {peoplesoftsim.Fault{Kind: "reset"}, connector.Ambiguous, false},
		"lost after the effect":     {peoplesoftsim.Fault{Kind: "reset", After: true}, connector.Ambiguous, true},
		"503 after the effect":      {peoplesoftsim.Fault{Kind: "status", Status: 503, After: true}, connector.Ambiguous, true},
		"Jolt after the effect":     {peoplesoftsim.Fault{Kind: "jolt", After: true}, connector.Ambiguous, true},
		"Production mode":           {peoplesoftsim.Fault{Kind: "production"}, connector.Ambiguous, false},
		"half an answer":            {peoplesoftsim.Fault{Kind: "truncated", After: true}, connector.Ambiguous, true},
		"a refusal by the CI":       {peoplesoftsim.Fault{Kind: "ci_error", Set: 15, Number: 11, Text: "Invalid value"}, connector.Rejected, false},
		"the same as a SOAP fault":  {peoplesoftsim.Fault{Kind: "ci_error", Set: 15, Number: 11, Text: "Invalid value", Status: 500}, connector.Rejected, false},
		"an older service's shape":  {peoplesoftsim.Fault{Kind: "spreadsheet"}, "", true},
		"only the key comes back":   {peoplesoftsim.Fault{Kind: "key_only"}, "", true},
		"a warning beside success":  {peoplesoftsim.Fault{Kind: "warning"}, "", true},
		"no credentials any longer": {peoplesoftsim.Fault{Kind: "unauthorized"}, connector.Credentials, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, peoplesoftsim.Options{})
			row.fault.Match = "ci.JGR_PO_CI.create"
			if err := w.sim.Fault(row.fault); err != nil {
				t.Fatal(err)
			}
			_, err := w.i.(connector.Sink).Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCreate, Document: w.order("JGR-PO-9")})
			if connector.CodeOf(err) != row.code {
				t.Errorf("%v, want %q", err, row.code)
			}
			found, err := w.i.(connector.Finder).Find(context.Background(), connector.Lookup{Kind: connector.PurchaseOrder, Document: w.order("JGR-PO-9")})
			if err != nil || (len(found) == 1) != row.there {
				t.Errorf("the look-up finds %d, %v", len(found), err)
			}
		})
	}
}

func TestWrongPasswordIsTriedOnceByThePing(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{Users: []peoplesoftsim.User{{ID: "JGR_SVC", Password: "another"}}})
	failed := failedSteps(w.i.Check(context.Background(), needs))
	if n, _ := w.sim.BadSignOns("JGR_SVC"); n != 1 || len(failed) != 1 || failed[0].Code != connector.Credentials || failed[0].Step != "node" {
		t.Errorf("%d log-in attempts; %+v", n, failed)
	}
}

func TestPingNamesTheQueryThatIsMissing(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{Missing: []string{"JGR_REQ", "JGR_ACCOUNT_BY_ID"}}})
	failed := failedSteps(w.i.Check(context.Background(), needs))
	if len(failed) != 1 || failed[0].Step != "query:JGR_REQ" || !slices.Equal(failed[0].Flows, []string{"c"}) {
		t.Errorf("%+v", failed)
	}
	if v := w.account(); v == "" {
		t.Error("no account")
	}
	page, err := w.i.(connector.Source).Read(context.Background(), connector.Query{Kind: connector.GLAccount, Keys: []connector.Key{{ID: "SHARE/ACCOUNT/" + w.account()}}})
	if err != nil || len(page.Versions) != 1 {
		t.Errorf("an account by its key without that query: %+v, %v", page, err)
	}
}

func TestVoucherThatIsRecycledOrLost(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{})
	bad := w.invoice("0000002")
	bad["ORIGIN"] = "ZZZ"
	r := w.write(connector.Invoice, bad)
	w.sim.Build()
	life, err := w.i.(connector.Tracker).Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: r.ID, Sent: w.now})
	if err != nil || life.Stage != connector.StageRecycled || !strings.Contains(life.Reason, "pre-edit error: ") {
		t.Errorf("%+v, %v", life, err)
	}
	if err := w.sim.Fault(peoplesoftsim.Fault{Kind: "handler_error", Match: "message.*"}); err != nil {
		t.Fatal(err)
	}
	r = w.write(connector.Invoice, w.invoice("0000003"))
	w.stage(r.ID, connector.StageSent)
	sent := w.now
	w.now = w.now.Add(49 * time.Hour)
	life, err = w.i.(connector.Tracker).Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: r.ID, Sent: sent})
	if err != nil || life.Stage != connector.StageLost {
		t.Errorf("%+v, %v", life, err)
	}
}

func TestOrderIsChangedAndCancelled(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"soap_ci", "rest_ci"} {
		w := connect(t, peoplesoftsim.Options{}, "profile.po.can_update", true, "profile.po.can_cancel", true, "profile.write.po.transport", transport)
		first := w.order("JGR-PO-4")
		second := connector.Document(first.Clone())["PO_LINE"].([]any)[0].(doc)
		second["LINE_NBR"] = "2"
		first["PO_LINE"] = append(first["PO_LINE"].([]any), second)
		r := w.write(connector.PurchaseOrder, first)
		changed := w.order("JGR-PO-4")
		changed["PO_LINE"].([]any)[0].(doc)["DESCR254_MIXED"] = "Gloves, L only"
		_, err := w.i.(connector.Sink).Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: r.ID, Document: changed, Previous: first})
		if err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		found, err := w.i.(connector.Finder).Find(context.Background(), connector.Lookup{Kind: connector.PurchaseOrder, ID: r.ID})
		want := connector.Document{"PO_LINE": []any{doc{"LINE_NBR": "1", "DESCR254_MIXED": "Gloves, L only"}, doc{"LINE_NBR": "2", "CANCEL_STATUS": "X"}}}
		if err != nil || len(found) != 1 || !connector.Covers(found[0].Document, want) {
			t.Errorf("%s: %+v, %v", transport, found, err)
		}
		if _, err = w.i.(connector.Sink).Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpCancel, TargetID: r.ID, Document: changed}); err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		if found, err = w.i.(connector.Finder).Find(context.Background(), connector.Lookup{Kind: connector.PurchaseOrder, ID: r.ID}); err != nil || len(found) != 1 || found[0].Standing != connector.Refused {
			t.Errorf("%s: after cancelling %+v, %v", transport, found, err)
		}
	}
}

// TestAChangeDropsNoAccounting: fewer distributions than before would leave the old one in PeopleSoft, charged to nobody's order.
func TestAChangeDropsNoAccounting(t *testing.T) {
	t.Parallel()
	schedule := func(d connector.Document) doc {
		return d["PO_LINE"].([]any)[0].(doc)["PO_LINE_SHIP"].([]any)[0].(doc)
	}
	second := func(list any) []any {
		l := list.([]any)
		row := maps.Clone(l[0].(doc))
		for _, key := range []string{"SCHED_NBR", "DISTRIB_LINE_NUM"} {
			if _, ok := row[key]; ok {
				row[key] = "9"
			}
		}
		return append(slices.Clone(l), row)
	}
	for name, tc := range map[string]struct {
		edit func(connector.Document)
		want string
	}{
		"a distribution": {func(d connector.Document) { schedule(d)["PO_LINE_DISTRIB"] = second(schedule(d)["PO_LINE_DISTRIB"]) }, "line 1, schedule 1 has no distribution 9 any more"},
		"a schedule": {func(d connector.Document) {
			line := d["PO_LINE"].([]any)[0].(doc)
			line["PO_LINE_SHIP"] = second(line["PO_LINE_SHIP"])
		}, "line 1 has no schedule 9 any more"},
	} {
		for _, verb := range []string{"update", "updatedata"} {
			w := connect(t, peoplesoftsim.Options{}, "profile.po.can_update", true, "profile.po.update_verb", verb)
			before, now := w.order("JGR-PO-4"), w.order("JGR-PO-4")
			r := w.write(connector.PurchaseOrder, now)
			tc.edit(before)
			_, err := w.i.(connector.Sink).Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: r.ID, Document: now, Previous: before})
			if connector.CodeOf(err) != connector.Conflict || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s, %s: %v", name, verb, err)
			}
			if _, err = w.i.(connector.Sink).Write(context.Background(), connector.Write{Kind: connector.PurchaseOrder, Operation: connector.OpUpdate, TargetID: r.ID, Document: now, Previous: now}); err != nil {
				t.Errorf("%s, %s: nothing is dropped, and it is refused: %v", name, verb, err)
			}
		}
	}
}

func TestWindowOfChanges(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{})
	w.now = w.now.Add(time.Hour)
	r := w.company.Requisitions[3]
	if err := w.sim.EditRequisition(r.BusinessUnit, r.ID, map[string]string{"HOLD_STATUS": "Y"}); err != nil {
		t.Fatal(err)
	}
	vs, _ := w.read(connector.Query{Kind: connector.Requisition, From: w.now.Add(-time.Minute), To: w.now.Add(time.Minute)})
	if len(vs) != 1 || vs[0].ID != r.BusinessUnit+"/"+r.ID || vs[0].Document.Text("HOLD_STATUS") != "Y" || !vs[0].Changed.Equal(w.now) {
		t.Errorf("%d versions: %+v", len(vs), vs)
	}
}

// A page of rows is no bound for one document.
func TestADocumentThatIsLookedUpIsWhole(t *testing.T) {
	t.Parallel()
	w := connect(t, peoplesoftsim.Options{}, "profile.query.page_size", int64(2))
	order := w.order("JGR-PO-LONG")
	lines := order["PO_LINE"].([]any)
	for n := len(lines) + 1; n <= 9; n++ {
		line := maps.Clone(lines[0].(map[string]any))
		line["LINE_NBR"] = strconv.Itoa(n)
		lines = append(lines, line)
	}
	order["PO_LINE"] = lines
	r := w.write(connector.PurchaseOrder, order)
	found, err := w.i.(connector.Finder).Find(t.Context(), connector.Lookup{Kind: connector.PurchaseOrder, ID: r.ID})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d found, %v", len(found), err)
	}
	if got := found[0].Document.List("PO_LINE"); len(got) != 9 {
		t.Errorf("%d lines of 9 were found", len(got))
	}
}
