package jaggaer

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// everyNeed are the needs of all shipped Flows, of which that of invoices tells JAGGAER what became of them.
func everyNeed() []connector.Need {
	return []connector.Need{
		{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true}, {Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Writes: true},
		{Flow: "suppliers-to-peoplesoft", Kind: connector.Supplier, Reads: true}, {Flow: "requisitions", Kind: connector.Requisition, Writes: true},
		{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}, {Flow: "invoices", Kind: connector.Invoice, Reads: true, Hears: true},
	}
}

func asked(b *bench, needs []connector.Need) []connector.Requirement {
	return New().(connector.Requirer).Requirements(b.Settings(), needs)
}

func valuesOf(q connector.Requirement, fact string) []string {
	var out []string
	for _, f := range q.Facts {
		if strings.HasPrefix(f.Name, fact) {
			out = append(out, f.Values...)
		}
	}
	return out
}

func namesOf(rs []connector.Requirement, group string) []string {
	var out []string
	for _, q := range rs {
		if group == "" || q.Group == group {
			out = append(out, q.Name)
		}
	}
	return out
}

func theOne(t *testing.T, rs []connector.Requirement, name string) connector.Requirement {
	t.Helper()
	for _, q := range rs {
		if q.Name == name {
			return q
		}
	}
	t.Fatalf("no %s among %q", name, namesOf(rs, ""))
	return connector.Requirement{}
}

// bodiesKept is a simulator that keeps the bodies that it got.
func bodiesKept(t *testing.T, edits ...func(connector.Settings)) simBench {
	t.Helper()
	company := sample.New(3, sample.Small(), noon)
	sim := jaggaersim.New(company, jaggaersim.Options{
		Now: func() time.Time { return noon }, ClientSecret: "S3cr3t/plus +&", SharedSecret: "<shared> & secret", Pace: -1, ApproveAfter: -1, Seed: 7, KeepBodies: 1 << 20,
		Switches: jaggaersim.Switches{AnyValue: true, PageSize: 20},
	})
	return simBench{bench: open(t, direct{sim}, edits...), Server: sim, company: company}
}

// everything makes each sort of call that Flows make.
func (b simBench) everything() {
	b.t.Helper()
	must := func(_ any, err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatalf("%v (%s)", err, connector.AsError(err).Hint)
		}
	}
	account := connector.Document{"fieldInternalName": "Account", "value": "610099", "description": "Supplies", "active": "true"}
	other := connector.Document{"fieldInternalName": "Account", "value": "610098", "description": "More", "active": "true"}
	supplier, requisition := supplierDocument("0000099001", "Acme"), b.requisition("US001-0000001234")
	_, err := b.FindBatch(b.t.Context(), []connector.Lookup{{Kind: connector.GLAccount, Document: account}, {Kind: connector.GLAccount, Document: other}})
	must(nil, err)
	for _, w := range []connector.Write{{Kind: connector.GLAccount, Document: account}, {Kind: connector.Supplier, Document: supplier}, {Kind: connector.Requisition, Document: requisition}} {
		look := connector.Lookup{Kind: w.Kind, Document: w.Document}
		must(b.Find(b.t.Context(), look))
		must(b.Write(b.t.Context(), w))
		must(b.Find(b.t.Context(), look))
		must(b.Find(b.t.Context(), connector.Lookup{Kind: w.Kind, Any: true}))
	}
	for _, kind := range []connector.Kind{connector.Supplier, connector.PurchaseOrder, connector.Invoice} {
		must(b.readAll(connector.Query{Kind: kind, To: noon}))
		page, err := b.readAll(connector.Query{Kind: kind, From: noon.AddDate(0, 0, -90), To: noon})
		must(page, err)
		v := page.Versions[0]
		must(b.Read(b.t.Context(), connector.Query{Kind: kind, Keys: []connector.Key{{ID: v.ID}, {Number: v.Numbers[0]}, {Number: "nobody's"}}}))
	}
	if b.CanAcknowledge(connector.Invoice) == nil {
		for _, r := range b.Invoices() {
			if r.Text("workflowStatus") == "Completed" {
				page, err := b.Read(b.t.Context(), connector.Query{Kind: connector.Invoice, Keys: []connector.Key{{ID: fmt.Sprint(r.ID)}}})
				must(page, err)
				must(nil, b.Acknowledge(b.t.Context(), connector.Invoice, fmt.Sprint(r.ID), page.Versions[0].Document, ofVoucher()))
				break
			}
		}
	}
}

// callPattern is a call that was asked for, as a pattern of method and path; its filter apart.
func callPattern(call string) *regexp.Regexp {
	call, _, _ = strings.Cut(call, "  (")
	call, _, _ = strings.Cut(call, "?")
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(call), "ID", "[^/]+") + "$")
}

var filterField = regexp.MustCompile(`[A-Za-z][A-Za-z.]*(==|=in=|>=|<)`)

// TestWhatIsAskedForIsWhatIsUsed makes each sort of call, by each transport: each address, filter, import and custom field was asked
// for, and none was asked for that is not used.
func TestWhatIsAskedForIsWhatIsUsed(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]func(connector.Settings){
		"by the router": {overXML, profileOf("Origin Code", "req_origin_field"), profileOf("PS", "req_origin_value")},
		"over REST":     {overREST, profileOf("rest", "operations", "supplier.write"), profileOf("rest", "operations", "requisition.create")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bodiesKept(t, edits...)
			b.everything()
			rs := asked(b.bench, everyNeed())
			used := map[string]bool{}
			var patterns []*regexp.Regexp
			for _, q := range rs {
				for _, c := range valuesOf(q, "calls") {
					if q.Group == groupResource {
						patterns = append(patterns, callPattern(c))
					}
				}
			}
			var filters string
			for _, q := range rs {
				filters += strings.Join(valuesOf(q, "filters by"), "\n") + "\n"
			}
			documents := ""
			for _, e := range b.Journal() {
				switch {
				case strings.HasPrefix(e.Path, "/auth/"):
					if got := valuesOf(theOne(t, rs, "acme-peoplesoft"), "tokens come from"); got[0] != "POST https://acme.example.com"+e.Path {
						t.Errorf("tokens are asked for at %s, said is %s", e.Path, got)
					}
				case strings.HasPrefix(e.Path, "/apps/Router/"):
					documents += e.Body
					q := theOne(t, rs, strings.TrimPrefix(e.Path, "/apps/Router/"))
					if got := valuesOf(q, "address"); q.Group != groupImport || got[0] != "POST https://router.example.com"+e.Path {
						t.Errorf("%s is called, asked for was %s", e.Path, got)
					}
					used[q.Name] = true
				default:
					call := e.Method + " " + e.Path
					at := slices.IndexFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(call) })
					if at < 0 {
						t.Errorf("%s is called, and was not asked for", call)
						continue
					}
					used[patterns[at].String()] = true
					flt, _ := url.QueryUnescape(e.Query)
					if _, flt, _ = strings.Cut(flt, "flt="); flt != "" {
						for _, f := range filterField.FindAllString(flt, -1) {
							if f = strings.TrimRight(f, "=<>in"); !strings.Contains(filters, f) {
								t.Errorf("%s is filtered by, and was not asked for", f)
							}
						}
					}
				}
			}
			for _, p := range patterns {
				if !used[p.String()] {
					t.Errorf("%s was asked for, and never called", p)
				}
			}
			for _, n := range namesOf(rs, groupImport) {
				if !used[n] {
					t.Errorf("import %s was asked for, and never called", n)
				}
			}
			for _, m := range regexp.MustCompile(`CustomFieldValueSet name="([^"]*)"`).FindAllStringSubmatch(documents, -1) {
				if !slices.Contains(namesOf(rs, groupField), m[1]) && !strings.Contains(strings.Join(valuesOf(theOne(t, rs, "accounting fields"), "internal names"), " "), m[1]) {
					t.Errorf("custom field %s is sent, and was not asked for", m[1])
				}
			}
		})
	}
}

// TestEachRequirementKeepsItsFlowsBack takes each resource away: the ping's step fails for the very Flows that need it, or warns
// where the Flows can do without.
func TestEachRequirementKeepsItsFlowsBack(t *testing.T) {
	t.Parallel()
	steps := map[string]string{"customfieldvalues": "entity:cfv", "suppliers": "entity:supplier", "requisitions": "entity:requisition", "purchaseorders": "entity:po", "invoices": "entity:invoice", "invoices/payment": "operation:payment.write"}
	rs := asked(openSim(t, jaggaersim.Switches{}, overREST).bench, everyNeed())
	for _, q := range rs {
		if q.Group != groupResource {
			continue
		}
		t.Run(q.Name, func(t *testing.T) {
			t.Parallel()
			switches := jaggaersim.Switches{Forbidden: []string{strings.TrimPrefix(steps[q.Name], "entity:")}}
			if q.Name == "invoices/payment" {
				switches = jaggaersim.Switches{PaymentOff: true}
			}
			b := openSim(t, switches, overREST)
			for _, s := range b.Check(t.Context(), everyNeed()) {
				switch {
				case s.Step == "operation:payment.write" && q.Name == "invoices": // below it, so it is refused with it
				case s.Step != steps[q.Name]:
					if s.State == connector.StepFailed || s.State == connector.StepWarning {
						t.Errorf("%s is %s too", s.Step, s.State)
					}
				case q.Without == "" && (s.State != connector.StepFailed || !slices.Equal(s.Flows, q.Flows)):
					t.Errorf("%s is %s for %q; %q can't do without", s.Step, s.State, s.Flows, q.Flows)
				case q.Without != "" && (s.State != connector.StepWarning || len(s.Flows) > 0):
					t.Errorf("%s is %s for %q; without it %s", s.Step, s.State, s.Flows, q.Without)
				}
			}
		})
	}
}

// TestTheFieldsAskedForAreThoseThatFlowsRead: the shipped mappings, or the client, name each.
func TestTheFieldsAskedForAreThoseThatFlowsRead(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	files, err := filepath.Glob("../flows/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d Flows, %v", len(files), err)
	}
	own, _ := filepath.Glob("*.go")
	for _, f := range append(files, own...) {
		if strings.HasPrefix(f, "requirements") || strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	word := regexp.MustCompile(`[a-z]+[A-Z][A-Za-z0-9]*`)
	n := 0
	for _, q := range asked(open(t, always(200, "{}")), everyNeed()) {
		for _, f := range word.FindAllString(strings.Join(valuesOf(q, "fields"), " "), -1) {
			if n++; !strings.Contains(text.String(), f) {
				t.Errorf("%s: nothing reads %s", q.Name, f)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d fields", n)
	}
}

func TestRequirementsGoByTheFlowsAndTheProfile(t *testing.T) {
	t.Parallel()
	accounts := asked(open(t, always(200, "{}")), everyNeed()[:1])
	if got := strings.Join(namesOf(accounts, ""), ", "); got != "our outgoing address, acme-peoplesoft, customfieldvalues, accounting fields" {
		t.Errorf("accounts alone need %s", got)
	}
	if got := valuesOf(accounts[0], "on the allow list of"); len(got) != 2 {
		t.Errorf("accounts alone go to %q", got)
	}
	renamed := func(s connector.Settings) {
		s["token_url"] = "https://sso.example.com/realms/UNI/token"
		for path, v := range map[string]string{"entities po path": "orders", "entities po id": "orderId", "entities po filter_field": "", "entities invoice filter_field": "modified", "entities invoice extra_filter": "workflowStatus==Completed",
			"rest filter_ge": "=ge=", "rest filter_param": "filter", "req_external_field": "PS Req", "operations requisition.read": "off", "rest token_style": "legacy", "split_group_key": "Fund"} {
			profileOf(v, strings.Fields(path)...)(s)
		}
		profileOf(map[string]any{"LOCATION": "Building"}, "chartfields")(s)
		profileOf(map[string]any{"Account": "{value}-L"}, "value_templates")(s)
		profileOf([]any{map[string]any{"field": "status", "in": []any{"Released", "Sent"}}}, "po_ready")(s)
	}
	all := asked(open(t, always(200, "{}"), renamed), everyNeed())
	for name, want := range map[string]map[string]string{
		"orders":            {"calls": "GET /j1p/api/public/ji/v1/orders/ID", "filters by filter": "none for times", "answer, list": "ascending by orderId", "fields": "orderId", "version": "lines"},
		"invoices":          {"calls": "filter=modified=ge=TIME;modified<TIME;workflowStatus==Completed", "filters by": "modified, =ge= and <", "fields": "taxCharge1"},
		"acme-peoplesoft":   {"tokens come from": "https://sso.example.com/realms/UNI/token", "answer": "milliseconds", "grant": "service account"},
		"PRXMLImport":       {"document": "PurchaseRequisitionMessage", "Identity": "ACME30000999", "repetition": "second requisition", "SharedSecret": "shared_secret_requisition"},
		"accounting fields": {"internal names": "LOCATION = Building", "values of Account": "{value}-L", "splits of orders": "Fund"},
		"invoices/payment":  {"to decide": "payment.write"},
	} {
		q := theOne(t, all, name)
		for fact, part := range want {
			if got := strings.Join(valuesOf(q, fact), "\n"); !strings.Contains(got, part) {
				t.Errorf("%s, %s: %q is not in %q", name, fact, part, got)
			}
		}
	}
	if got := strings.Join(valuesOf(all[len(all)-3], "ready"), ""); got != "status is Released or Sent" {
		t.Errorf("orders are ready when %q", got)
	}
	if slices.Contains(namesOf(all, groupResource), "requisitions") || !slices.Contains(namesOf(all, groupField), "PS Req") {
		t.Errorf("requisitions are not read here: %q", namesOf(all, ""))
	}
	for _, q := range all {
		if q.Purpose == "" || q.Group == "" || len(q.Flows) == 0 || len(q.Facts) == 0 {
			t.Errorf("%+v tells too little", q)
		}
		for _, f := range q.Facts {
			if strings.Contains(strings.Join(f.Values, " "), "S3cr3t") {
				t.Errorf("%s tells a secret", q.Name)
			}
		}
	}
	bare := func(s connector.Settings) { delete(s, "xml_url"); delete(s, "identity") }
	for _, q := range asked(open(t, always(http.StatusOK, "{}"), bare), everyNeed()) {
		if q.Group == groupImport && (!strings.Contains(strings.Join(valuesOf(q, "address"), ""), "tell us") || !strings.Contains(strings.Join(valuesOf(q, "Identity"), ""), "tell us")) {
			t.Errorf("what is not known yet is not asked for: %+v", q.Facts)
		}
	}
}

// TestFilesAreAskedForWhereTheyAreUsed, with the folder, or that it is missing.
func TestFilesAreAskedForWhereTheyAreUsed(t *testing.T) {
	t.Parallel()
	hears := connector.Need{Flow: "invoices", Kind: connector.Invoice, Hears: true}
	files := func(need connector.Need, edits ...func(connector.Settings)) []connector.Requirement {
		var out []connector.Requirement
		for _, q := range asked(open(t, always(200, "{}"), edits...), []connector.Need{need}) {
			if q.Group == groupFile {
				out = append(out, q)
			}
		}
		return out
	}
	byFile := profileOf("file", "operations", "payment.write")
	if got := files(hears, byFile, profileOf("/var/out", "file", "folder")); len(got) != 1 || valuesOf(got[0], "folder")[0] != "/var/out" {
		t.Errorf("%+v", got)
	}
	if got := files(hears, byFile); len(got) != 1 || !strings.Contains(valuesOf(got[0], "folder")[0], "file.folder is missing") {
		t.Errorf("%+v", got)
	}
	if got := files(hears, profileOf("rest", "operations", "payment.write")); len(got) != 0 {
		t.Errorf("payments over REST ask for %+v", got)
	}
}
