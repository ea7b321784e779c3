package peoplesoft

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// table is a query over rows in the fake: it heeds AFTER_ID, FROM_DT and the place, in key order, and the user's cap.
type table struct {
	key   string // column
	place string // column
	rows  []map[string]any
	cap   int
	deaf  bool // does not heed AFTER_…
}

func (q *table) answer(t *testing.T, address string) *connector.Response {
	t.Helper()
	prompts := promptsOf(t, address)
	after, place := "", ""
	for name, v := range prompts {
		switch {
		case strings.HasPrefix(name, "AFTER_") && !q.deaf:
			after = v
		case name == "SETID" || name == "BU":
			place = v
		}
	}
	_, rest, _ := strings.Cut(address, "maxrows=")
	most, _ := strconv.Atoi(strings.SplitN(rest, "&", 2)[0])
	if q.cap > 0 {
		most = min(most, q.cap)
	}
	rows := []map[string]any{}
	for _, r := range q.rows {
		if stamp, ok := r["A.LAST_DTTM_UPDATE"].(string); ok && stamp[:10] < prompts["FROM_DT"] {
			continue
		}
		if r[q.place] == place && r[q.key].(string) > after && len(rows) < most {
			rows = append(rows, r)
		}
	}
	text, err := json.Marshal(map[string]any{"data": map[string]any{"query": map[string]any{"numrows": len(rows), "queryname=": "Q", "rows": rows}}})
	if err != nil {
		t.Fatal(err)
	}
	return answerWith(200, "application/json", string(text))
}

func tables(t *testing.T, byQuery map[string]*table) *fakeCaller {
	return &fakeCaller{answer: func(r connector.Request) (*connector.Response, error) {
		q, ok := byQuery[queryOf(r.URL)]
		if !ok {
			return answerWith(500, "application/json", `{"status":"error","message":"Query does not exist. (50,24)"}`), nil
		}
		return q.answer(t, r.URL), nil
	}}
}

// req gives the rows of a requisition with so many one-schedule lines.
func req(unit, id, stamp string, lines int) []map[string]any {
	var out []map[string]any
	for n := lines; n > 0; n-- { // not in order: the Document is
		out = append(out, map[string]any{"A.BUSINESS_UNIT": unit, "A.REQ_ID": id, "A.REQ_STATUS": "A ", "A.LAST_DTTM_UPDATE": stamp, "A.HOLD_STATUS": " ", "B.LINE_NBR": n, "B.CURR_STATUS": "A",
			"C.SCHED_NBR": json.Number("1"), "C.QTY_REQ": json.Number("10.0000"), "C.PRICE_REQ": "3.50000", "D.DISTRIB_LINE_NUM": 1, "D.MERCHANDISE_AMT": json.Number("35.000"), "D.ACCOUNT": "641000"})
	}
	return out
}

func reqTable(rowCap int, documents ...[]map[string]any) *table {
	q := &table{key: "A.REQ_ID", place: "A.BUSINESS_UNIT", cap: rowCap}
	for _, d := range documents {
		q.rows = append(q.rows, d...)
	}
	return q
}

// readAll reads page by page until the end.
func readAll(t *testing.T, i *Instance, q connector.Query) (vs []connector.Version, ps []connector.Problem) {
	t.Helper()
	for range 200 {
		page, err := i.Read(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		vs, ps = append(vs, page.Versions...), append(ps, page.Problems...)
		if page.Next == "" {
			return vs, ps
		}
		q.After = page.Next
	}
	t.Fatal("the read does not end")
	return nil, nil
}

func ids(vs []connector.Version) []string {
	var out []string
	for _, v := range vs {
		out = append(out, v.ID)
	}
	return out
}

const stampIn = "2026-03-04-09.00.00.000000"

func TestPaging(t *testing.T) {
	t.Parallel()
	stamp := stampIn
	for name, row := range map[string]struct {
		cap, page int
		docs      [][]map[string]any
		whole     []string // IDs that come whole
		cut       []string // IDs that are Problems
	}{
		"no rows": {0, 500, nil, nil, nil},
		"one requisition, and nothing else in the database": {0, 500, [][]map[string]any{req("US001", "01", stamp, 3)}, []string{"US001/01"}, nil},
		"two on one page": {0, 500, [][]map[string]any{req("US001", "01", stamp, 3), req("US001", "02", stamp, 2)}, []string{"US001/01", "US001/02"}, nil},
		"a page ends inside the third": {0, 6, [][]map[string]any{req("US001", "01", stamp, 2), req("US001", "02", stamp, 2), req("US001", "03", stamp, 3), req("US001", "04", stamp, 1)},
			[]string{"US001/01", "US001/02", "US001/03", "US001/04"}, nil},
		"one larger than a page": {0, 4, [][]map[string]any{req("US001", "01", stamp, 1), req("US001", "02", stamp, 9), req("US001", "03", stamp, 1)}, []string{"US001/01", "US001/02", "US001/03"}, nil},
		"the user's cap lies below the page size": {5, 500, [][]map[string]any{req("US001", "01", stamp, 2), req("US001", "02", stamp, 2), req("US001", "03", stamp, 4), req("US001", "04", stamp, 1)},
			[]string{"US001/01", "US001/02", "US001/03", "US001/04"}, nil},
		"one larger than the user's cap is a Problem, and those after it come": {4, 500, [][]map[string]any{req("US001", "01", stamp, 2), req("US001", "02", stamp, 9), req("US001", "03", stamp, 1)},
			[]string{"US001/01", "US001/03"}, []string{"US001/02"}},
		"a first one larger than the user's cap is a Problem": {4, 500, [][]map[string]any{req("US001", "01", stamp, 9), req("US001", "02", stamp, 9)}, nil, []string{"US001/01", "US001/02"}},
		"one that is all of its business unit is a Problem, if it has as many rows as the largest page elsewhere": {4, 500, [][]map[string]any{req("US001", "01", stamp, 2), req("US001", "02", stamp, 2), req("US001", "03", stamp, 1), req("US002", "01", stamp, 9)},
			[]string{"US001/01", "US001/02", "US001/03"}, []string{"US002/01"}},
		"two of the same size, each alone in its business unit, are Problems only while nothing else is larger": {0, 500, [][]map[string]any{req("US001", "01", stamp, 2), req("US002", "01", stamp, 2)}, []string{"US001/01"}, []string{"US002/01"}},
		"several business units, in their order": {0, 500, [][]map[string]any{req("US001", "05", stamp, 1), req("US002", "01", stamp, 2)}, []string{"US001/05", "US002/01"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := open(t, tables(t, map[string]*table{"JGR_REQ": reqTable(row.cap, row.docs...)}), "profile.query.page_size", int64(row.page))
			vs, ps := readAll(t, i, connector.Query{Kind: connector.Requisition})
			if got := ids(vs); !reflect.DeepEqual(got, row.whole) {
				t.Errorf("read %q, want %q", got, row.whole)
			}
			var cut []string
			for _, p := range ps {
				cut = append(cut, p.ID)
				if !strings.Contains(p.Err.Hint, "most rows") {
					t.Errorf("the hint does not name the row cap: %q", p.Err.Hint)
				}
			}
			if !reflect.DeepEqual(cut, row.cut) {
				t.Errorf("problems %q, want %q", cut, row.cut)
			}
			for _, v := range vs {
				if want := lineCount(row.docs, v.ID); len(v.Document.List("REQ_LINE")) != want {
					t.Errorf("%s has %d lines, want %d", v.ID, len(v.Document.List("REQ_LINE")), want)
				}
			}
		})
	}
}

func lineCount(docs [][]map[string]any, id string) int {
	for _, d := range docs {
		if d[0]["A.BUSINESS_UNIT"].(string)+"/"+d[0]["A.REQ_ID"].(string) == id {
			return len(d)
		}
	}
	return -1
}

func TestRequisitionDocument(t *testing.T) {
	t.Parallel()
	i := open(t, tables(t, map[string]*table{"JGR_REQ": reqTable(0, req("US001", "0000000012", stampIn, 2))}))
	vs, _ := readAll(t, i, connector.Query{Kind: connector.Requisition})
	if len(vs) != 1 {
		t.Fatalf("%d versions", len(vs))
	}
	v := vs[0]
	want := `{"BUSINESS_UNIT":"US001","REQ_ID":"0000000012","REQ_LINE":[` +
		`{"CURR_STATUS":"A","LINE_NBR":"1","REQ_LINE_SHIP":[{"PRICE_REQ":"3.5","QTY_REQ":"10","REQ_LN_DISTRIB":[{"ACCOUNT":"641000","DISTRIB_LINE_NUM":"1","MERCHANDISE_AMT":"35"}],"SCHED_NBR":"1"}]},` +
		`{"CURR_STATUS":"A","LINE_NBR":"2","REQ_LINE_SHIP":[{"PRICE_REQ":"3.5","QTY_REQ":"10","REQ_LN_DISTRIB":[{"ACCOUNT":"641000","DISTRIB_LINE_NUM":"1","MERCHANDISE_AMT":"35"}],"SCHED_NBR":"1"}]}],"REQ_STATUS":"A"}`
	if got := string(v.Document.Canonical()); got != want {
		t.Errorf("document\n%s\nwant\n%s", got, want)
	}
	if v.ID != "US001/0000000012" || v.Stamp != stampIn || !v.Changed.Equal(time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)) || v.Numbers[0] != "0000000012" {
		t.Errorf("version %+v", v)
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, row := range map[string]struct {
		from, to string
		prompt   string
		stamps   map[string]bool // inside?
	}{
		"the prompt is the base zone's day, and both bounds are instants": {"2026-03-04T03:30:00Z", "2026-03-04T18:00:00Z", "2026-03-03", map[string]bool{
			"2026-03-03 21:29:59": false, "2026-03-03 21:30:00": true, "2026-03-04T11:59:59": true, "2026-03-04 12:00:00": false, "2026-03-04T11:30:00-0800": false, "2026-03-04T17:59:59Z": true}},
		"in autumn an hour comes twice, and either reading counts": {"2026-11-01T06:45:00Z", "2026-11-01T07:15:00Z", "2026-11-01", map[string]bool{
			"2026-11-01 01:40:00": false, // 06:40 or 07:40
			"2026-11-01 01:45:00": true,  // 06:45 is in
			"2026-11-01 01:10:00": true,  // 07:10 is in
			"2026-11-01 01:20:00": false, // 06:20 or 07:20
		}},
		"in spring an hour is left out": {"2026-03-08T07:30:00Z", "2026-03-08T08:30:00Z", "2026-03-08", map[string]bool{
			"2026-03-08 01:30:00": true, "2026-03-08 02:15:00": true, "2026-03-08 03:15:00": true, "2026-03-08 03:30:00": false}},
		"what has no time of change that can be read is inside": {"2026-03-04T03:30:00Z", "2026-03-04T18:00:00Z", "2026-03-03", map[string]bool{"9999-99-99 unknown": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := reqTable(0)
			want, n := []string{}, 0
			stamps := []string{}
			for s := range row.stamps {
				stamps = append(stamps, s)
			}
			sort.Strings(stamps)
			for _, s := range stamps {
				id := fmt.Sprintf("%02d", n)
				q.rows = append(q.rows, req("US001", id, s, 1)...)
				if row.stamps[s] {
					want = append(want, "US001/"+id+" "+s)
				}
				n++
			}
			f := tables(t, map[string]*table{"JGR_REQ": q})
			vs, _ := readAll(t, open(t, f), connector.Query{Kind: connector.Requisition, From: at(row.from), To: at(row.to)})
			got := []string{}
			for _, v := range vs {
				got = append(got, v.ID+" "+v.Stamp)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("inside %q\nwant   %q", got, want)
			}
			if p := promptsOf(t, f.calls[0].URL)["FROM_DT"]; p != row.prompt {
				t.Errorf("FROM_DT %s, want %s", p, row.prompt)
			}
		})
	}
}

func TestSuppliersAndAccountsAreReadWhole(t *testing.T) {
	t.Parallel()
	vendor := func(setid, id string) map[string]any {
		return map[string]any{"A.SETID": setid, "A.VENDOR_ID": id, "A.NAME1": "Northfield & Söhne", "A.NAME2": " ", "A.VENDOR_STATUS": "A", "A.AR_NUM": "JGR-7", "B.ADDRESS_SEQ_NUM": 1, "B.EFFDT": "2020-01-01",
			"B.COUNTRY": "USA", "C.VNDR_LOC": "", "C.EFFDT": nil, "D.PYMNT_METHOD": "ACH", "B.EFF_STATUS": "A", "C.EFF_STATUS": ""}
	}
	account := func(setid, id, status string) map[string]any {
		return map[string]any{"A.SETID": setid, "A.ACCOUNT": id, "A.EFFDT": "2020-01-01", "A.EFF_STATUS": status, "A.DESCR": "Supplies", "A.BUDGETARY_ONLY": "N"}
	}
	f := tables(t, map[string]*table{
		"JGR_VENDOR":    {key: "A.VENDOR_ID", place: "A.SETID", rows: []map[string]any{vendor("SHARE", "01"), vendor("SHARE", "02"), vendor("LAB", "01")}},
		"JGR_ACCOUNT":   {key: "A.ACCOUNT", place: "A.SETID", rows: []map[string]any{account("SHARE", "641000", "A"), account("SHARE", "642000", "I")}},
		"JGR_CF_DEPTID": {key: "A.DEPTID", place: "A.SETID", rows: []map[string]any{{"A.SETID": "LAB", "A.DEPTID": "CHEM", "A.EFF_STATUS": "A"}}},
	})
	i := open(t, f, "setids", []any{"SHARE", "LAB"}, "profile.chartfields", []any{map[string]any{"field": "DEPTID", "internal_name": "Department"}})
	vs, _ := readAll(t, i, connector.Query{Kind: connector.Supplier, From: testNow.Add(-time.Hour), To: testNow})
	if got := ids(vs); !reflect.DeepEqual(got, []string{"SHARE/01", "SHARE/02", "LAB/01"}) {
		t.Errorf("suppliers %q", got)
	}
	v := vs[0]
	if want := `{"ADDRESS":{"ADDRESS_SEQ_NUM":"1","COUNTRY":"USA","EFFDT":"2020-01-01","EFF_STATUS":"A"},"AR_NUM":"JGR-7","NAME1":"Northfield & Söhne","PAY":{"PYMNT_METHOD":"ACH"},"SETID":"SHARE","VENDOR_ID":"01","VENDOR_STATUS":"A"}`; string(v.Document.Canonical()) != want {
		t.Errorf("document %s", v.Document.Canonical())
	}
	if got := string(v.Mirror.Canonical()); got != `{"AR_NUM":"JGR-7","NAME1":"Northfield & Söhne","SETID":"SHARE","VENDOR_ID":"01","VENDOR_STATUS":"A","VNDR_ADDR_SCROL":[{"ADDRESS_SEQ_NUM":"1","VENDOR_ADDR":[{"COUNTRY":"USA","EFFDT":"2020-01-01","EFF_STATUS":"A"}]}]}` {
		t.Errorf("mirror %s", got)
	}
	if v.Name != "Northfield & Söhne" || v.Standing != connector.Usable || !reflect.DeepEqual(v.Numbers, []string{"01", "JGR-7"}) {
		t.Errorf("version %+v", v)
	}
	vs, _ = readAll(t, i, connector.Query{Kind: connector.GLAccount})
	if got := ids(vs); !reflect.DeepEqual(got, []string{"SHARE/ACCOUNT/641000", "SHARE/ACCOUNT/642000", "LAB/DEPTID/CHEM"}) {
		t.Fatalf("accounts %q", got)
	}
	if want := `{"BUDGETARY_ONLY":"N","DESCR":"Supplies","EFFDT":"2020-01-01","EFF_STATUS":"A","FIELD":"ACCOUNT","INTERNAL_NAME":"Account","SETID":"SHARE","VALUE":"641000"}`; string(vs[0].Document.Canonical()) != want {
		t.Errorf("account %s", vs[0].Document.Canonical())
	}
	if vs[0].Standing != connector.Usable || vs[1].Standing != connector.Refused || vs[2].Document.Text("INTERNAL_NAME") != "Department" {
		t.Errorf("standings %s, %s; %v", vs[0].Standing, vs[1].Standing, vs[2].Document)
	}
	if p := promptsOf(t, f.last().URL); p["ASOF"] != "2026-03-04" {
		t.Errorf("ASOF %q", p["ASOF"])
	}
}

func TestQueryThatDoesNotHeedItsPromptsIsRefused(t *testing.T) {
	t.Parallel()
	q := reqTable(0, req("US001", "01", stampIn, 1), req("US001", "02", stampIn, 1))
	q.deaf = true
	i := open(t, tables(t, map[string]*table{"JGR_REQ": q}))
	page, err := i.Read(context.Background(), connector.Query{Kind: connector.Requisition})
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.Read(context.Background(), connector.Query{Kind: connector.Requisition, After: page.Next})
	if connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a query that gives the same page for ever: %v", err)
	}
	wrong := req("US002", "03", stampIn, 1)
	wrong[0]["A.BUSINESS_UNIT"] = "US002"
	f := always(200, "application/json", `{"data":{"query":{"numrows":1,"rows":[{"A.BUSINESS_UNIT":"US002","A.REQ_ID":"03","A.REQ_STATUS":"A","B.LINE_NBR":1,"B.CURR_STATUS":"A","C.SCHED_NBR":1,"C.QTY_REQ":1,"C.PRICE_REQ":1}]}}}`)
	if _, err = open(t, f).Read(context.Background(), connector.Query{Kind: connector.Requisition}); connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), "BU") {
		t.Errorf("rows of another business unit: %v", err)
	}
}

func TestReadWithoutBusinessUnits(t *testing.T) {
	t.Parallel()
	i := open(t, nil, "business_units", nil)
	if _, err := i.Read(context.Background(), connector.Query{Kind: connector.Requisition}); connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), "business_units") {
		t.Errorf("%v", err)
	}
}

// TestStandingOfAnOrder: what an invoice may refer to, and whether it waits until the order is dispatched (`po.require_dispatched`).
func TestStandingOfAnOrder(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status            string
		plain, dispatched connector.Standing
	}{
		{"I", connector.Usable, connector.Pending}, {"O", connector.Usable, connector.Pending}, {"PA", connector.Usable, connector.Pending}, {"A", connector.Usable, connector.Pending},
		{"D", connector.Usable, connector.Usable}, {"C", connector.Usable, connector.Usable}, {"Q", connector.Usable, connector.Pending},
		{"DA", connector.Refused, connector.Refused}, {"LD", connector.Refused, connector.Refused}, {"PX", connector.Refused, connector.Refused}, {"X", connector.Refused, connector.Refused},
	} {
		for require, want := range map[bool]connector.Standing{false: row.plain, true: row.dispatched} {
			i := open(t, always(200, "", `{"data":{"query":{"numrows":1,"rows":[{"A.BUSINESS_UNIT":"US001","A.PO_ID":"01","A.PO_STATUS":"`+row.status+`","B.LINE_NBR":1,"C.SCHED_NBR":1}]}}}`), "profile.po.require_dispatched", require)
			found, err := i.Find(t.Context(), connector.Lookup{Kind: connector.PurchaseOrder, ID: "US001/01"})
			if err != nil || len(found) != 1 || found[0].Standing != want {
				t.Errorf("status %s, require_dispatched %v: %+v, %v; want %v", row.status, require, found, err, want)
			}
		}
	}
}

func TestReadByKeys(t *testing.T) {
	t.Parallel()
	vendors := &table{key: "A.VENDOR_ID", place: "A.SETID", rows: []map[string]any{{"A.SETID": "SHARE", "A.VENDOR_ID": "0000010001", "A.NAME1": "N", "A.VENDOR_STATUS": "A", "A.AR_NUM": "JGR-9"}}}
	f := &fakeCaller{}
	f.answer = func(r connector.Request) (*connector.Response, error) {
		p := promptsOf(t, r.URL)
		if queryOf(r.URL) == "JGR_VENDOR_BY_ID" && p["SETID"] == "SHARE" && p["VENDOR_ID"] == "0000010001" || p["EXT_ID"] == "JGR-9" && p["SETID"] == "SHARE" {
			return vendors.answer(t, r.URL), nil
		}
		if queryOf(r.URL) == "JGR_REQ" {
			return reqTable(0, req("US001", "0000000011", stampIn, 1), req("US001", "0000000012", stampIn, 4), req("US001", "0000000013", stampIn, 1)).answer(t, r.URL), nil
		}
		return answerWith(200, "application/json", `{"data":{"query":{"numrows":0}}}`), nil
	}
	i := open(t, f, "setids", []any{"LAB", "SHARE"})
	for name, row := range map[string]struct {
		kind connector.Kind
		key  connector.Key
		want []string
		bad  bool
	}{
		"a supplier by its ID":                                {connector.Supplier, connector.Key{ID: "SHARE/0000010001"}, []string{"SHARE/0000010001"}, false},
		"a supplier by its number, in any SETID":              {connector.Supplier, connector.Key{Number: "0000010001"}, []string{"SHARE/0000010001"}, false},
		"a supplier by SETID and number":                      {connector.Supplier, connector.Key{Number: "SHARE-0000010001"}, []string{"SHARE/0000010001"}, false},
		"a supplier by the number that we wrote":              {connector.Supplier, connector.Key{Number: "JGR-9"}, []string{"SHARE/0000010001"}, false},
		"a supplier that is not there":                        {connector.Supplier, connector.Key{ID: "SHARE/77"}, nil, false},
		"a supplier whose number no prompt can hold":          {connector.Supplier, connector.Key{ID: "SHARE/7,7"}, nil, true},
		"a requisition by its ID, though no query is by it":   {connector.Requisition, connector.Key{ID: "US001/0000000012"}, []string{"US001/0000000012"}, false},
		"the first requisition by its number":                 {connector.Requisition, connector.Key{Number: "0000000011"}, []string{"US001/0000000011"}, false},
		"a requisition that is not there":                     {connector.Requisition, connector.Key{ID: "US001/0000000099"}, nil, false},
		"an ID without a place is the caller's mistake alone": {connector.Supplier, connector.Key{ID: "0000010001"}, nil, true},
	} {
		page, err := i.Read(context.Background(), connector.Query{Kind: row.kind, Keys: []connector.Key{row.key}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := ids(page.Versions); !reflect.DeepEqual(got, row.want) || page.Next != "" || (len(page.Problems) > 0) != row.bad {
			t.Errorf("%s: %q, problems %v, want %q", name, got, page.Problems, row.want)
		}
	}
	keys := make([]connector.Key, 45)
	for n := range keys {
		keys[n] = connector.Key{ID: "SHARE/0000010001"}
	}
	if vs, _ := readAll(t, i, connector.Query{Kind: connector.Supplier, Keys: keys}); len(vs) != 45 {
		t.Errorf("45 keys gave %d", len(vs))
	}
}

func TestAccountsWithoutAQueryByKey(t *testing.T) {
	t.Parallel()
	account := func(id string) map[string]any {
		return map[string]any{"A.SETID": "SHARE", "A.ACCOUNT": id, "A.EFF_STATUS": "A"}
	}
	f := tables(t, map[string]*table{"JGR_ACCOUNT": {key: "A.ACCOUNT", place: "A.SETID", rows: []map[string]any{account("1"), account("2")}}})
	i := open(t, f)
	now := testNow
	i.now = func() time.Time { return now }
	ask := func(value string) int {
		t.Helper()
		page, err := i.Read(context.Background(), connector.Query{Kind: connector.GLAccount, Keys: []connector.Key{{ID: "SHARE/ACCOUNT/" + value}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Versions)
	}
	if ask("2") != 1 {
		t.Fatal("the account is not found in the whole read")
	}
	before := f.count()
	if ask("1") != 1 || ask("3") != 0 || f.count() != before {
		t.Errorf("%d more requests within the hour", f.count()-before)
	}
	now = now.Add(61 * time.Minute)
	if ask("1") != 1 || f.count() == before {
		t.Error("an hour later it is not read again")
	}
}

func TestReadings(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	for stamp, want := range map[string][]string{
		"2026-03-04T10:11:12-0500":      {"2026-03-04T15:11:12Z"},
		"2026-03-04T10:11:12.5+00:00":   {"2026-03-04T10:11:12.5Z"},
		"2026-03-04-10.11.12.000000":    {"2026-03-04T16:11:12Z"},
		"2026-03-04 10:11:12":           {"2026-03-04T16:11:12Z"},
		"2026-07-04T10:11:12.123456":    {"2026-07-04T15:11:12.123456Z"},
		"2026-03-04":                    {"2026-03-04T06:00:00Z"},
		"2026-11-01 01:30:00":           {"2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"},
		"2026-11-01 00:59:59":           {"2026-11-01T05:59:59Z"},
		"2026-11-01 02:00:00":           {"2026-11-01T08:00:00Z"},
		"2026-03-08 02:30:00":           {"2026-03-08T08:30:00Z"},
		" ":                             nil,
		"yesterday":                     nil,
		"2026-03-04 10:11:12 -0500":     {"2026-03-04T15:11:12Z"},
		"2026-03-04-10.11.12.000000+02": nil,
	} {
		var got []string
		for _, at := range readings(stamp, "", zone) {
			got = append(got, at.UTC().Format(time.RFC3339Nano))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads as %q, want %q", stamp, got, want)
		}
	}
	if got := readings("04.03.2026 10:11", layout("DD.MM.YYYY HH:MI"), zone); len(got) != 1 || !got[0].Equal(time.Date(2026, 3, 4, 16, 11, 0, 0, time.UTC)) {
		t.Errorf("the site's own form reads as %v", got)
	}
}

func TestDecimalText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"10.0000": "10", ".5": "0.5", "-.50": "-0.5", "0.00": "0", "-0.0": "0", "+7": "7", "00012": "12", "1E+2": "100", "2.5e-3": "0.0025", "": "",
		"1e999999999": "1e999999999", "12,5": "12,5", "-3.33": "-3.33", "123456789012345678901234567890.125": "123456789012345678901234567890.125", "5.": "5"} {
		if got := decimalText(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
