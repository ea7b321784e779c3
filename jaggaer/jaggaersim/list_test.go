package jaggaersim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// filled is a JAGGAER with so many suppliers, one a minute from noon on.
func filled(t *testing.T, n int, o Options) *bench {
	t.Helper()
	b := newBench(t, nil, o)
	for i := range n {
		b.must(b.Add(Supplier, doc{
			"header":      doc{"erpNumber": fmt.Sprintf("%010d", i+1), "name": fmt.Sprintf("Supplier %d", i+1), "active": "true", "terms": doc{"days": integer(1)}},
			"addressList": doc{"address": list(doc{"type": "remitto", "city": "Springfield"})},
		}))
		b.clock.pass(time.Minute)
	}
	b.token = b.login()
	return b
}

func TestListPaging(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		switches Switches
		records  int
	}{
		"one page":                              {Switches{}, 7},
		"a page that is exactly full":           {Switches{PageSize: 7}, 7},
		"many pages":                            {Switches{PageSize: 3}, 20},
		"pages of one":                          {Switches{PageSize: 1}, 4},
		"pages of varying size":                 {Switches{PageSize: 3, PageSizeVaries: true}, 40},
		"totals that drift":                     {Switches{PageSize: 4, TotalsDrift: 5}, 15},
		"codes and counts as text":              {Switches{PageSize: 4, CodeAsText: true, CountsAsText: true, ReturnMessage: "Ok"}, 9},
		"an empty list that is missing":         {Switches{}, 0},
		"an empty list that is null":            {Switches{EmptyList: "null"}, 0},
		"an empty list that is an empty object": {Switches{EmptyList: "object"}, 0},
		"an empty list that is an empty array":  {Switches{EmptyList: "array"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := filled(t, row.records, Options{Switches: row.switches})
			got := b.ids("suppliers", "")
			if len(got) != row.records || !slices.IsSorted(got) {
				t.Errorf("read %v", got)
			}
		})
	}
}

func TestListEnvelope(t *testing.T) {
	t.Parallel()
	b := filled(t, 5, Options{Switches: Switches{PageSize: 2}})
	page := b.get(api + "suppliers?start=3").json()
	if page["returnCode"] != integer(0) || page["totRecords"] != integer(5) || page["returnedRecords"] != integer(2) || page["startAt"] != integer(3) {
		t.Errorf("envelope %v", page)
	}
	item := items(page, "jisupplierList.jisupplier")[0]
	if text(item, "header.erpNumber") != "0000000003" || text(item, "header.lastUpdate") != "2026-03-01T12:02:00.000Z" {
		t.Errorf("the third record is %v", item)
	}
	if item["addressList"] != nil || at(item, "header.terms") != nil {
		t.Errorf("a list item has no more than its header: %v", item)
	}

	b.SetSwitches(Switches{CodeAsText: true, CountsAsText: true})
	if page := b.get(api + "suppliers").json(); page["returnCode"] != "0" || page["totRecords"] != "5" {
		t.Errorf("by switch codes and counts are text: %v", page)
	}
}

func TestListFilter(t *testing.T) {
	t.Parallel()
	const window = "lastUpdate>=2026-03-01T12:01:00.000Z;lastUpdate<2026-03-01T12:03:00.000Z"
	for name, row := range map[string]struct {
		switches Switches
		query    string
		code     string
		want     int
	}{
		"a window, encoded":                               {Switches{}, "flt=" + url.QueryEscape(window), "0", 2},
		"a window with raw semicolons":                    {Switches{}, "start=1&flt=" + window, "0", 2},
		"a nested name that no record has":                {Switches{}, "flt=erpNumber==0000000002", "0", 1},
		"an unknown field is refused with code 2":         {Switches{}, "flt=lastUpdat%3E%3D2026-03-01", "2", 0},
		"or ignored, by switch":                           {Switches{IgnoreUnknownField: true}, "flt=lastUpdat%3E%3D2026-03-01", "0", 5},
		"bad syntax is refused with code 2":               {Switches{}, "flt=lastUpdate", "2", 0},
		"a filter may be ignored":                         {Switches{IgnoreFilter: []string{Supplier}}, "flt=" + url.QueryEscape(window), "0", 5},
		"an ignored filter of another entity is not ours": {Switches{IgnoreFilter: []string{Invoice}}, "flt=" + url.QueryEscape(window), "0", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := filled(t, 5, Options{Switches: row.switches})
			page := b.get(api + "suppliers?" + row.query).json()
			if got := len(items(page, "jisupplierList.jisupplier")); text(page, "returnCode") != row.code || got != row.want {
				t.Errorf("code %v with %d records: %v", page["returnCode"], got, page["returnMessage"])
			}
		})
	}
}

func TestReadRefusals(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		switches     Switches
		method, path string
		status       int
		contains     string
	}{
		"a start below the base":             {Switches{}, "GET", api + "suppliers?start=0", 400, "positive integer"},
		"a start that is no number":          {Switches{}, "GET", api + "suppliers?start=x", 400, "positive integer"},
		"a path of another prefix is a page": {Switches{}, "GET", "/api/public/ji/v1/suppliers", 404, "<html>"},
		"a resource that does not exist":     {Switches{}, "GET", api + "quotes", 404, "Resource not found"},
		"a module that does not exist":       {Switches{}, "GET", "/j1p/api/public/xx/v1/suppliers", 404, "Resource not found"},
		"a record that does not exist":       {Switches{}, "GET", api + "suppliers/999", 404, "Resource not found"},
		"or, by switch, code 2":              {Switches{DetailMissing: "code2"}, "GET", api + "suppliers/999", 200, "Supplier 999 not found"},
		"or an empty list":                   {Switches{DetailMissing: "empty"}, "GET", api + "suppliers/999", 200, `"totRecords":0`},
		"custom field values have no detail": {Switches{}, "GET", api + "customfieldvalues/550001", 404, "Resource not found"},
		"an entity that is not enabled":      {Switches{Forbidden: []string{Supplier}}, "GET", api + "suppliers", 403, "not enabled for resource suppliers"},
		"an entity without an address":       {Switches{Missing: []string{Supplier}}, "GET", api + "suppliers", 404, "Resource not found"},
		"a method that is not supported":     {Switches{}, "DELETE", api + "suppliers/1003800001", 405, "DELETE"},
		"a trailing slash is taken for none": {Switches{}, "GET", api + "suppliers/", 200, "totRecords"},
		"a malformed escape in the query":    {Switches{}, "GET", api + "suppliers?flt=%zz", 400, "Malformed query"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := filled(t, 1, Options{Switches: row.switches})
			r := b.send(row.method, row.path, "", "Authorization", "Bearer "+b.token)
			if r.Code != row.status || !strings.Contains(r.Body.String(), row.contains) {
				t.Errorf("%d %s", r.Code, r.Body)
			}
		})
	}
}

func TestDetailForms(t *testing.T) {
	t.Parallel()
	b := filled(t, 1, Options{})
	if d := b.get(api + "suppliers/1003800001").json(); d["returnCode"] != nil || text(d, "header.erpNumber") == "" || len(items(d, "addressList.address")) != 1 {
		t.Errorf("a bare detail is %v", d)
	}
	b.SetSwitches(Switches{Detail: "envelope"})
	if d := b.get(api + "suppliers/1003800001").json(); text(d, "returnCode") != "0" || text(d, "header.erpNumber") == "" {
		t.Errorf("an enveloped detail is %v", d)
	}
	b.SetSwitches(Switches{Detail: "list_of_one"})
	d := b.get(api + "suppliers/1003800001").json()
	if one := items(d, "jisupplierList.jisupplier"); len(one) != 1 || one[0]["addressList"] == nil {
		t.Errorf("a list of one is %v", d)
	}
}

func TestStandingOddities(t *testing.T) {
	t.Parallel()
	b := filled(t, 2, Options{Switches: Switches{IndexDelayMS: 90_000, ClockOffsetMS: 5_000}})
	if got := len(b.ids("suppliers", "")); got != 1 {
		t.Errorf("the list has %d records; the younger one is not in the index yet", got)
	}
	if got := b.get(api + "suppliers/1003800002").Code; got != 200 {
		t.Errorf("the detail is there at once: %d", got)
	}
	if got, want := b.get(api+"suppliers").Header().Get("Date"), "Sun, 01 Mar 2026 12:02:05 GMT"; got != want {
		t.Errorf("Date %s, want %s", got, want)
	}
	if got := b.Suppliers()[0].Text("lastUpdate"); got != "2026-03-01T12:00:05.000Z" {
		t.Errorf("lastUpdate %s", got)
	}

	b.SetSwitches(Switches{RateCalls: 2, RatePerMS: 1000, RateRetryAfter: "7"})
	b.get(api + "suppliers")
	b.get(api + "suppliers")
	if r := b.get(api + "suppliers"); r.Code != 429 || r.Header().Get("Retry-After") != "7" || r.Body.Len() != 0 {
		t.Errorf("the third call in a second: %d %v", r.Code, r.Header())
	}
	b.clock.pass(time.Second)
	if r := b.get(api + "suppliers"); r.Code != 200 {
		t.Errorf("a second later: %d", r.Code)
	}
}

func TestProfileOfAnotherCustomer(t *testing.T) {
	t.Parallel()
	p := DefaultProfile()
	p.APIPrefix, p.StartParam, p.StartBase, p.FilterParam, p.Realm, p.Router = "/esop/jint/api/public", "from", 0, "query", "Other", "/apps/Elsewhere"
	p.Entities[Supplier] = Entity{Module: "ja", Path: "vendors", ListKey: "vendorList", ItemKey: "vendor", HeaderKey: "head", ID: "vendorId", Detail: "envelope", Rename: map[string]string{"lastUpdate": "modified"}}
	b := &bench{Server: New(nil, Options{Now: func() time.Time { return noon }, Profile: p}), t: t}
	form := url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}, "grant_type": {"client_credentials"}}
	r := b.send("POST", "/auth/realms/Other/protocol/openid-connect/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	b.token = text(r.json(), "access_token")
	b.must(b.Add(Supplier, doc{"header": doc{"erpNumber": "1", "name": "One"}}))
	b.must(b.Add(Supplier, doc{"header": doc{"erpNumber": "2", "name": "Two"}}))

	page := b.get("/esop/jint/api/public/ja/v1/vendors?from=1&query=modified%3E%3D2026-01-01").json()
	got := items(page, "vendorList.vendor")
	if len(got) != 1 || text(got[0], "head.vendorId") != "1003800002" || text(got[0], "head.modified") == "" || at(got[0], "head.lastUpdate") != nil {
		t.Errorf("from 1 of two, counted from 0: %v", page)
	}
	if code := b.get("/esop/jint/api/public/ja/v1/vendors?query=lastUpdate%3E%3D2026-01-01").code(); code != "2" {
		t.Errorf("the name that this customer does not use has code %s", code)
	}
	if d := b.get("/esop/jint/api/public/ja/v1/vendors/1003800001").json(); text(d, "head.vendorId") != "1003800001" {
		t.Errorf("detail %v", d)
	}
	if r := b.send("GET", "/apps/Elsewhere/PRXMLImport", ""); r.Code != 405 {
		t.Errorf("the router answers %d", r.Code)
	}
}
