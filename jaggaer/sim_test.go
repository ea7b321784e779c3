package jaggaer

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// direct is a Caller that hands requests to a handler, with no network between. A handler that aborts gave no answer.
type direct struct{ handler http.Handler }

func (d direct) Call(ctx context.Context, r connector.Request) (resp *connector.Response, err error) {
	request := httptest.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(string(r.Body)))
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	defer func() {
		if recover() != nil {
			code := connector.Unavailable
			if r.Write {
				code = connector.Ambiguous
			}
			resp, err = nil, connector.Errorf(code, "", "the connection was cut before the answer was whole")
		}
	}()
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, request)
	answer := rec.Result()
	body, _ := io.ReadAll(answer.Body)
	out := &connector.Response{Status: answer.StatusCode, Header: map[string]string{}, Body: body}
	for name := range answer.Header {
		out.Header[name] = answer.Header.Get(name)
	}
	return out, nil
}

// simBench is an Instance in front of a simulator that shares its clock.
type simBench struct {
	*bench
	*jaggaersim.Server
	company *sample.Company
}

func openSim(t *testing.T, switches jaggaersim.Switches, edits ...func(connector.Settings)) simBench {
	t.Helper()
	company := sample.New(3, sample.Small(), noon)
	now := noon
	sim := jaggaersim.New(company, jaggaersim.Options{
		Now: func() time.Time { return now }, ClientSecret: "S3cr3t/plus +&", SharedSecret: "<shared> & secret",
		Switches: switches, Pace: -1, ApproveAfter: -1, Seed: 7,
	})
	return simBench{bench: open(t, direct{sim}, edits...), Server: sim, company: company}
}

func entityRecords(s *jaggaersim.Server) map[connector.Kind][]jaggaersim.Record {
	return map[connector.Kind][]jaggaersim.Record{
		connector.Supplier: s.Suppliers(), connector.PurchaseOrder: s.Orders(), connector.Invoice: s.Invoices(), connector.GLAccount: s.CustomFieldValues(),
	}
}

// TestReadsWhatTheSimulatorHolds reads every Kind whole under each oddity of a site.
func TestReadsWhatTheSimulatorHolds(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]jaggaersim.Switches{
		"in the default form":                    {},
		"in pages of seven":                      {PageSize: 7},
		"in pages of one":                        {PageSize: 1},
		"in pages of changing sizes":             {PageSize: 3, PageSizeVaries: true},
		"with codes and counts as texts":         {PageSize: 7, CodeAsText: true, CountsAsText: true},
		"with an empty list object at the end":   {PageSize: 7, EmptyList: "object"},
		"with an empty array at the end":         {PageSize: 7, EmptyList: "array"},
		"with null at the end":                   {PageSize: 7, EmptyList: "null"},
		"with details in an envelope":            {Detail: "envelope"},
		"with details as a list of one":          {Detail: "list_of_one"},
		"with success texts":                     {ReturnMessage: "Ok"},
		"with tokens that are revoked under way": {PageSize: 7, RevokeEvery: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openSim(t, switches)
			for kind, records := range entityRecords(b.Server) {
				page, err := b.readAll(connector.Query{Kind: kind, To: noon})
				if err != nil {
					t.Fatalf("%s: %v (%s)", kind, err, connector.AsError(err).Hint)
				}
				if len(page.Problems) > 0 {
					t.Errorf("%s: problems %v", kind, page.Problems[0].Err)
				}
				if len(page.Versions) != len(records) {
					t.Errorf("%s: %d read, %d there", kind, len(page.Versions), len(records))
				}
				seen := map[string]bool{}
				for _, v := range page.Versions {
					if seen[v.ID] {
						t.Errorf("%s %s came twice", kind, v.ID)
					}
					seen[v.ID] = true
					if v.Stamp == "" || v.Changed.IsZero() || v.Title == "" {
						t.Errorf("%s %s lacks stamp, time or title: %+v", kind, v.ID, v)
					}
				}
			}
		})
	}
}

func TestReadsTheWindowOnly(t *testing.T) {
	t.Parallel()
	b := openSim(t, jaggaersim.Switches{PageSize: 7})
	from, to := noon.Add(-72*time.Hour), noon.Add(-24*time.Hour)
	want := 0
	for _, r := range b.Orders() {
		if at := instant(r.Text("lastUpdate")); !at.Before(from) && at.Before(to) {
			want++
		}
	}
	page, err := b.readAll(connector.Query{Kind: connector.PurchaseOrder, From: from, To: to})
	if err != nil || len(page.Versions) != want || want == 0 {
		t.Fatalf("%d read, expected %d: %v", len(page.Versions), want, err)
	}
	b.SetSwitches(jaggaersim.Switches{IgnoreFilter: []string{"*"}})
	_, err = b.readAll(connector.Query{Kind: connector.PurchaseOrder, From: from, To: to})
	mustFail(t, err, connector.Misconfigured, "the server ignored our filter", "check filter_field")
}

// TestListsThatMove edits the simulator between pages: nothing may be missed.
func TestListsThatMove(t *testing.T) {
	t.Parallel()
	b := openSim(t, jaggaersim.Switches{PageSize: 4})
	orders := b.Orders()
	q := connector.Query{Kind: connector.PurchaseOrder, From: noon.Add(-30 * 24 * time.Hour), To: noon}
	page, err := b.Read(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	// Three of the first four leave the window, so that what follows moves up by three.
	for _, o := range orders[:3] {
		if err := b.Edit(jaggaersim.PurchaseOrder, fmt.Sprint(o.ID), map[string]any{"header": map[string]any{"lastUpdate": "2026-03-02T12:00:00.001Z"}}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for {
		for _, v := range page.Versions {
			seen[v.ID] = true
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
		if page, err = b.Read(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range orders {
		if !seen[fmt.Sprint(o.ID)] {
			t.Errorf("order %d was missed", o.ID)
		}
	}
}

func supplierDocument(erp, name string) connector.Document {
	return connector.Document{
		"ERPNumber": erp, "Name": name, "CountryOfOrigin": "US", "Active": "Yes",
		"BusinessUnitVendorNumberList": map[string]any{"BusinessUnitVendorNumber": []any{map[string]any{"businessUnitInternalName": "DIV-EAST", "value": erp}}},
		"EnabledCurrencyList":          map[string]any{"IsoCurrencyCode": []any{map[string]any{"value": "USD"}}},
		"AddressList": map[string]any{"Address": []any{map[string]any{
			"type": "remitto", "ERPNumber": erp + "-1", "Name": "Remit", "Active": "true", "AddressLine1": "PO Box 1 & Co.", "AddressLine2": "", "City": "Springfield", "State": "CA", "PostalCode": "90001", "IsoCountryCode": "USA",
		}}},
		"AccountsPayableList": map[string]any{"AccountsPayable": []any{map[string]any{"type": "Check", "ERPNumber": erp + "-AP-MAIN", "Name": "Check", "Active": "true"}}},
	}
}

// TestSuppliersThere writes a supplier, finds it and reads back the same content.
func TestSuppliersThere(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"xml", "rest"} {
		t.Run("by "+transport, func(t *testing.T) {
			t.Parallel()
			b := openSim(t, jaggaersim.Switches{}, profileOf(transport, "operations", "supplier.write"))
			d := supplierDocument("0000099001", `O'Malley & Sons "Quality" <Tools> 𝔘🧪`)
			write := connector.Write{Kind: connector.Supplier, Operation: connector.OpCreate, Document: d}
			if problems := b.Kind(connector.Supplier).Schema.Check(d); len(problems) > 0 {
				t.Fatalf("the Schema refuses the Document: %v", problems)
			}
			look := connector.Lookup{Kind: connector.Supplier, Document: d}
			if found, err := b.Find(t.Context(), look); err != nil || len(found) != 0 {
				t.Fatalf("found %v before it is there: %v", found, err)
			}
			receipt, err := b.Write(t.Context(), write)
			if err != nil {
				t.Fatalf("%v (%s)", err, connector.AsError(err).Hint)
			}
			if (receipt.ID != "") != (transport == "rest") {
				t.Errorf("receipt %+v: only REST answers name the supplier", receipt)
			}
			found, err := b.Find(t.Context(), look)
			if err != nil || len(found) != 1 {
				t.Fatalf("found %v: %v", found, err)
			}
			if !connector.Covers(found[0].Document, d) || found[0].Title != d.Text("Name") {
				t.Errorf("what was found does not hold what was written: %v", connector.Diff(d, found[0].Document))
			}
			again, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, ID: found[0].ID})
			if err != nil || len(again) != 1 || again[0].Numbers[0] != "0000099001" {
				t.Errorf("by id: %v, %v", again, err)
			}
			d["Name"] = "Another name"
			if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Operation: connector.OpUpdate, TargetID: found[0].ID, Document: d}); err != nil {
				t.Fatal(err)
			}
			if n := len(b.Suppliers()); n != b.before(connector.Supplier)+1 {
				t.Errorf("%d suppliers after create and update", n)
			}
			if changed, _ := b.Find(t.Context(), look); len(changed) != 1 || changed[0].Title != "Another name" {
				t.Errorf("after the update: %v", changed)
			}
			delete(d, "ERPNumber")
			_, err = b.Write(t.Context(), write)
			mustFail(t, err, connector.Invalid, "ERPNumber or SQIntegrationNumber is required")
		})
	}
}

// before is how many records a fresh simulator of the same company holds.
func (b simBench) before(kind connector.Kind) int {
	fresh := jaggaersim.New(b.company, jaggaersim.Options{Now: func() time.Time { return noon }, Pace: -1, ApproveAfter: -1})
	return len(entityRecords(fresh)[kind])
}

func TestSuppliersBornInJAGGAERAreFoundByTheirOwnNumber(t *testing.T) {
	t.Parallel()
	b := openSim(t, jaggaersim.Switches{})
	var born jaggaersim.Record
	for _, s := range b.Suppliers() {
		if s.Text("erpNumber") == "" {
			born = s
		}
	}
	d := connector.Document{"ERPNumber": "0000099002", "SQIntegrationNumber": born.Text("sqIntegrationNumber"), "Name": born.Text("name")}
	found, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, Document: d})
	if err != nil || len(found) != 1 || found[0].ID != fmt.Sprint(born.ID) {
		t.Fatalf("found %v: %v", found, err)
	}
	if connector.Covers(found[0].Document, d) {
		t.Error("the missing ERPNumber is not seen")
	}
	if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Operation: connector.OpUpdate, Document: d}); err != nil {
		t.Fatal(err)
	}
	page, err := b.Read(t.Context(), connector.Query{Kind: connector.Supplier, Keys: []connector.Key{{Number: "0000099002"}, {ID: "999999"}, {ID: found[0].ID}}})
	if err != nil || ids(page.Versions) != found[0].ID+" "+found[0].ID || len(page.Problems) != 0 {
		t.Errorf("by number and id: %s %v %v", ids(page.Versions), page.Problems, err)
	}
}

func (b simBench) requisition(external string) connector.Document {
	line := func(n, quantity, price string, splits ...any) map[string]any {
		return map[string]any{"linenumber": n, "CatalogNumber": "AB-100", "Description": "Gloves, box of 100", "MeasurementUnit": "BX", "CommodityCode": b.company.Categories[0].Jaggaer,
			"ProductType": "NonCatalogItem", "Quantity": quantity, "UnitPrice": price, "currency": "USD", "splits": splits}
	}
	split := func(n, value string, fields map[string]any) map[string]any {
		return map[string]any{"splitindex": n, "distributionvalue": value, "fields": fields}
	}
	account := "610099"
	return connector.Document{
		"RequisitionName": external, "ExternalReq": external, "Description": "PeopleSoft requisition US001 0000001234",
		"Requestor": map[string]any{"username": b.company.Users[0].Jaggaer}, "ShipTo": map[string]any{"AddressCode": b.company.ShipTos[0].Jaggaer},
		"RequisitionSupplierGroup": []any{
			map[string]any{"SupplierNumber": b.Suppliers()[0].Text("erpNumber"), "RequisitionLine": []any{
				line("1", "10", "35.05", split("0", "210.3", map[string]any{"Account": account, "Fund": b.company.Funds[0].Value}), split("1", "140.2", map[string]any{"Account": account})),
			}},
			map[string]any{"RequisitionLine": []any{line("2", "1", "500", split("0", "500", map[string]any{"Account": account}))}},
		},
	}
}

// TestRequisitionsThere writes a requisition and finds it by its external number.
func TestRequisitionsThere(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"xml", "rest"} {
		t.Run("by "+transport, func(t *testing.T) {
			t.Parallel()
			b := openSim(t, jaggaersim.Switches{}, profileOf(transport, "operations", "requisition.create"))
			account := connector.Document{"fieldInternalName": "Account", "value": "610099", "description": "Supplies & more", "active": "true"}
			if _, err := b.Write(t.Context(), connector.Write{Kind: connector.GLAccount, Document: account}); err != nil {
				t.Fatal(err)
			}
			d := b.requisition("US001-0000001234")
			if problems := b.Kind(connector.Requisition).Schema.Check(d); len(problems) > 0 {
				t.Fatalf("the Schema refuses the Document: %v", problems)
			}
			look := connector.Lookup{Kind: connector.Requisition, Document: d}
			if found, err := b.Find(t.Context(), look); err != nil || len(found) != 0 {
				t.Fatalf("found %v before it is there: %v", found, err)
			}
			receipt, err := b.Write(t.Context(), connector.Write{Kind: connector.Requisition, Operation: connector.OpCreate, Document: d})
			if err != nil {
				t.Fatalf("%v (%s)", err, connector.AsError(err).Hint)
			}
			found, err := b.Find(t.Context(), look)
			if err != nil || len(found) != 1 || found[0].ID != receipt.ID || receipt.ID == "" {
				t.Fatalf("found %v, receipt %+v: %v", found, receipt, err)
			}
			b.SetSwitches(jaggaersim.Switches{IgnoreFilter: []string{"*"}, PageSize: 1})
			if found, err = b.Find(t.Context(), look); err != nil || len(found) != 1 {
				t.Errorf("with the filter ignored: %v, %v", found, err)
			}
			other := b.requisition("US001-0000009999")
			if found, err = b.Find(t.Context(), connector.Lookup{Kind: connector.Requisition, Document: other}); err != nil || len(found) != 0 {
				t.Errorf("a stranger was found: %v, %v", found, err)
			}
			if any, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Requisition, Any: true}); err != nil || len(any) != 1 {
				t.Errorf("any: %v, %v", any, err)
			}
		})
	}
}

// slow are faults of time and size, which the network in between deals with.
var slow = []string{"huge", "gzip_bomb", "black_hole", "delay", "delay_before", "cut"}

// TestNoFaultTellsALie arms each fault of the simulator for each write: what is told as done is there, and what is told as
// surely not done is not. Only doubt may be either.
func TestNoFaultTellsALie(t *testing.T) {
	t.Parallel()
	account := connector.Document{"fieldInternalName": "Account", "value": "619999", "description": "Old supplies", "active": "false"}
	for _, kind := range jaggaersim.FaultKinds() {
		if slices.Contains(slow, kind) {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, operation := range []string{"requisition.create", "supplier.write", "cfv.write"} {
				b := openSim(t, jaggaersim.Switches{AnyValue: true})
				write := connector.Write{Kind: connector.Requisition, Document: b.requisition("US001-0000001234")}
				count := func() int { return len(b.Requisitions()) }
				switch operation {
				case "supplier.write":
					write = connector.Write{Kind: connector.Supplier, Document: supplierDocument("0000099001", "Acme")}
					count = func() int { return len(b.Suppliers()) }
				case "cfv.write":
					write = connector.Write{Kind: connector.GLAccount, Document: account}
					count = func() int { return len(b.CustomFieldValues()) }
				}
				if err := b.Fault(jaggaersim.Fault{Kind: kind, Operation: operation, Times: -1}); err != nil {
					t.Fatal(err)
				}
				before := count()
				receipt, err := b.Write(t.Context(), write)
				stored := count() > before
				e := connector.AsError(err)
				switch {
				case e == nil && !stored:
					t.Errorf("%s: told as done, and is not there: %+v", operation, receipt)
				case e == nil || e.Code == connector.Ambiguous || kind == "xml_partial":
				case stored:
					t.Errorf("%s: told as not done, and is there: %v", operation, e)
				}
				if e != nil && (e.Hint == "" || e.Op == "") {
					t.Errorf("%s: no hint or operation: %+v", operation, e)
				}
			}
		})
	}
}

// TestReadsRecover arms each fault once for lists and details: the read after it has everything.
func TestReadsRecover(t *testing.T) {
	t.Parallel()
	for _, kind := range jaggaersim.FaultKinds() {
		if slices.Contains(slow, kind) {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, operation := range []string{"po.list", "po.read"} {
				b := openSim(t, jaggaersim.Switches{PageSize: 5})
				if err := b.Fault(jaggaersim.Fault{Kind: kind, Operation: operation, Skip: 1}); err != nil {
					t.Fatal(err)
				}
				q := connector.Query{Kind: connector.PurchaseOrder, To: noon}
				if _, err := b.readAll(q); err != nil && connector.AsError(err).Hint == "" {
					t.Errorf("%s: no hint: %v", operation, err)
				}
				page, err := b.readAll(q)
				if err != nil || len(page.Problems) > 0 || len(page.Versions) != len(b.Orders()) {
					t.Errorf("%s: afterwards %d of %d read, %v, %v", operation, len(page.Versions), len(b.Orders()), page.Problems, err)
				}
			}
		})
	}
}

// TestManyWorkersShareAnInstance: reads, writes and look-ups at once, with tokens revoked under way.
func TestManyWorkersShareAnInstance(t *testing.T) {
	t.Parallel()
	b := openSim(t, jaggaersim.Switches{RevokeEvery: 50, PageSize: 5}, func(s connector.Settings) { s["concurrency"] = 8 })
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			d := supplierDocument(fmt.Sprintf("%010d", 880000+n), "Acme")
			if _, err := b.Write(t.Context(), connector.Write{Kind: connector.Supplier, Document: d}); err != nil {
				t.Error(err)
			}
			if found, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, Document: d}); err != nil || len(found) != 1 {
				t.Errorf("%v, %v", found, err)
			}
			if page, err := b.Read(t.Context(), connector.Query{Kind: connector.PurchaseOrder}); err != nil || len(page.Versions) != 5 {
				t.Errorf("%d read, %v", len(page.Versions), err)
			}
		})
	}
	wg.Wait()
}

func TestCheckOfAHealthyConnection(t *testing.T) {
	t.Parallel()
	b := openSim(t, jaggaersim.Switches{})
	needs := []connector.Need{
		{Flow: "gl-accounts", Kind: connector.GLAccount, Writes: true}, {Flow: "suppliers-to-jaggaer", Kind: connector.Supplier, Writes: true},
		{Flow: "suppliers-to-peoplesoft", Kind: connector.Supplier, Reads: true}, {Flow: "requisitions", Kind: connector.Requisition, Writes: true},
		{Flow: "purchase-orders", Kind: connector.PurchaseOrder, Reads: true}, {Flow: "invoices", Kind: connector.Invoice, Reads: true},
	}
	var names []string
	for _, s := range b.Check(t.Context(), needs) {
		names = append(names, s.Step)
		if s.State == connector.StepFailed || s.State == connector.StepWarning {
			t.Errorf("%s is %s: %s (%s)", s.Step, s.State, s.Message, s.Hint)
		}
	}
	if got := strings.Join(names, " "); got != "connect tls token entity:cfv entity:supplier entity:requisition entity:po entity:invoice xml clock" {
		t.Errorf("steps %s", got)
	}
	if len(b.Effects("*")) != 0 {
		t.Error("a ping writes nothing")
	}
}
