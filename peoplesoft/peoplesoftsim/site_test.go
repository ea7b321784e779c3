package peoplesoftsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

var moment = time.Date(2026, 3, 4, 16, 11, 12, 0, time.UTC) // 10:11:12 in Chicago

// site is one simulated PeopleSoft under test with its clock.
type site struct {
	t       *testing.T
	sim     *peoplesoftsim.Server
	server  *httptest.Server
	company *sample.Company

	mu  sync.Mutex
	now time.Time
}

func open(t *testing.T, o peoplesoftsim.Options) *site {
	t.Helper()
	s := &site{t: t, now: moment, company: sample.New(1, sample.Small(), moment)}
	o.Now = func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }
	s.sim = peoplesoftsim.New(s.company, o)
	s.server = httptest.NewServer(s.sim)
	t.Cleanup(s.server.Close)
	return s
}

func (s *site) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// response is an answer as it came.
type response struct {
	status int
	kind   string
	body   string
	header http.Header
	err    error
}

func (s *site) send(method, path, body string, header ...string) response {
	s.t.Helper()
	q, err := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	if q.Header.Get("Authorization") == "" {
		q.SetBasicAuth("JGR_SVC", "sim-Passw0rd")
	}
	if q.Header.Get("Authorization") == "none" {
		q.Header.Del("Authorization")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Do(q)
	if err != nil {
		return response{err: err}
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return response{status: r.StatusCode, kind: r.Header.Get("Content-Type"), body: string(b), header: r.Header, err: err}
}

const restBase = "/PSIGW/RESTListeningConnector/PSFT_EP/ExecuteQuery.v1/public/"

// queryPath is a query call; names and values are comma-joined as they are.
func queryPath(name, names, values string, maxrows string) string {
	p := restBase + name + "/JSON/NONFILE?isconnectedquery=N&maxrows=" + maxrows + "&json_resp=true"
	if names != "" {
		p += "&prompt_uniquepromptname=" + names + "&prompt_fieldvalue=" + values
	}
	return p
}

// rows runs a query and decodes its rows; anything but success fails the test.
func (s *site) rows(name, names, values, maxrows string) []map[string]any {
	s.t.Helper()
	r := s.send(http.MethodGet, queryPath(name, names, values, maxrows), "")
	return decodeRows(s.t, r)
}

func decodeRows(t *testing.T, r response) []map[string]any {
	t.Helper()
	var doc struct {
		Data struct {
			Query struct {
				Numrows int              `json:"numrows"`
				Rows    []map[string]any `json:"rows"`
			} `json:"query"`
		} `json:"data"`
	}
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil || r.status != http.StatusOK {
		t.Fatalf("status %d, %v: %.300s", r.status, err, r.body)
	}
	if doc.Data.Query.Numrows != len(doc.Data.Query.Rows) {
		t.Fatalf("numrows %d, rows %d", doc.Data.Query.Numrows, len(doc.Data.Query.Rows))
	}
	return doc.Data.Query.Rows
}

func value(row map[string]any, name string) string {
	switch v := row[name].(type) {
	case json.Number:
		return v.String()
	case string:
		return v
	}
	return "?"
}

func (s *site) fault(f peoplesoftsim.Fault) {
	s.t.Helper()
	if err := s.sim.Fault(f); err != nil {
		s.t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// vendorID is an approved vendor of the sample whose currency is USD.
const vendorID = "0000010001"

// orderBody is a good order as PEOPLESOFT.md §4.1 prints it, with edits applied in pairs of old and new text.
func orderBody(edits ...string) string {
	body := `<m:Create__CompIntfc__JGR_PO_CI><m:BUSINESS_UNIT>US001</m:BUSINESS_UNIT><m:PO_ID>NEXT</m:PO_ID><m:VENDOR_SETID>SHARE</m:VENDOR_SETID><m:VENDOR_ID>0000010001</m:VENDOR_ID>` +
		`<m:PO_DT>2026-03-04</m:PO_DT><m:PO_REF>P0000451</m:PO_REF><m:BUYER_ID>BUYER01</m:BUYER_ID><m:CURRENCY_CD>USD</m:CURRENCY_CD><m:DISP_METHOD>PRN</m:DISP_METHOD>` +
		`<m:PO_LINE><m:LINE_NBR>1</m:LINE_NBR><m:DESCR254_MIXED>Nitrile gloves, size M &amp; L</m:DESCR254_MIXED><m:CATEGORY_ID>LAB01</m:CATEGORY_ID><m:UNIT_OF_MEASURE>BX</m:UNIT_OF_MEASURE><m:ITM_ID_VNDR>NL-GLV-100</m:ITM_ID_VNDR>` +
		`<m:PO_LINE_SHIP><m:SCHED_NBR>1</m:SCHED_NBR><m:DUE_DT>2026-03-18</m:DUE_DT><m:SHIPTO_ID>MAINDOCK</m:SHIPTO_ID><m:QTY_PO>20</m:QTY_PO><m:PRICE_PO>9.75</m:PRICE_PO>` +
		`<m:PO_LINE_DISTRIB><m:DISTRIB_LINE_NUM>1</m:DISTRIB_LINE_NUM><m:BUSINESS_UNIT_GL>US001</m:BUSINESS_UNIT_GL><m:QTY_PO>15</m:QTY_PO><m:MERCHANDISE_AMT>146.25</m:MERCHANDISE_AMT><m:ACCOUNT>600000</m:ACCOUNT><m:DEPTID>CHEM100</m:DEPTID><m:FUND_CODE>F10</m:FUND_CODE></m:PO_LINE_DISTRIB>` +
		`<m:PO_LINE_DISTRIB><m:DISTRIB_LINE_NUM>2</m:DISTRIB_LINE_NUM><m:BUSINESS_UNIT_GL>US001</m:BUSINESS_UNIT_GL><m:QTY_PO>5</m:QTY_PO><m:MERCHANDISE_AMT>48.75</m:MERCHANDISE_AMT><m:ACCOUNT>600010</m:ACCOUNT><m:DEPTID>BIO200</m:DEPTID><m:FUND_CODE>G25</m:FUND_CODE><m:BUSINESS_UNIT_PC>PCUS1</m:BUSINESS_UNIT_PC><m:PROJECT_ID>GR-2026-0042</m:PROJECT_ID><m:ACTIVITY_ID>SUPPLIES</m:ACTIVITY_ID></m:PO_LINE_DISTRIB>` +
		`</m:PO_LINE_SHIP></m:PO_LINE></m:Create__CompIntfc__JGR_PO_CI>`
	return strings.NewReplacer(edits...).Replace(body)
}

const vendorCreate = `<m:Create__CompIntfc__JGR_VNDR_CI><m:SETID>SHARE</m:SETID><m:VENDOR_ID>NEXT</m:VENDOR_ID><m:VENDOR_NAME_SHORT>NORTHFIELD</m:VENDOR_NAME_SHORT><m:NAME1>Northfield Lab Supply</m:NAME1>` +
	`<m:VENDOR_STATUS>E</m:VENDOR_STATUS><m:VENDOR_CLASS>R</m:VENDOR_CLASS><m:VENDOR_PERSISTENCE>R</m:VENDOR_PERSISTENCE><m:AR_NUM>JGR-1003800001</m:AR_NUM>` +
	`<m:VNDR_ADDR_SCROL><m:ADDRESS_SEQ_NUM>1</m:ADDRESS_SEQ_NUM><m:DESCR>Main</m:DESCR><m:VENDOR_ADDR><m:EFFDT>2026-03-04</m:EFFDT><m:EFF_STATUS>A</m:EFF_STATUS><m:COUNTRY>USA</m:COUNTRY><m:ADDRESS1>12 Quarry Road</m:ADDRESS1><m:CITY>Springfield</m:CITY><m:STATE>MN</m:STATE><m:POSTAL>55000</m:POSTAL></m:VENDOR_ADDR></m:VNDR_ADDR_SCROL>` +
	`<m:VNDR_LOC_SCROL><m:VNDR_LOC>MAIN</m:VNDR_LOC><m:DEFAULT_LOC_FLG>Y</m:DEFAULT_LOC_FLG><m:VENDOR_LOC><m:EFFDT>2026-03-04</m:EFFDT><m:EFF_STATUS>A</m:EFF_STATUS><m:CURRENCY_CD>USD</m:CURRENCY_CD><m:PYMNT_TERMS_CD>NET30</m:PYMNT_TERMS_CD></m:VENDOR_LOC></m:VNDR_LOC_SCROL>` +
	`</m:Create__CompIntfc__JGR_VNDR_CI>`

// soap wraps a body for a call; header is what goes into soapenv:Header.
func soap(header, body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://xmlns.oracle.com/Enterprise/Tools/schemas/M581234.V1"><soapenv:Header>` + header + `</soapenv:Header><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

const servicePath = "/PSIGW/PeopleSoftServiceListeningConnector/PSFT_EP"

func (s *site) call(action, body string) response {
	s.t.Helper()
	return s.send(http.MethodPost, servicePath, soap("", body), "SOAPAction", action, "Content-Type", "text/xml; charset=UTF-8")
}

// ordered creates the good order, dispatches it, and gives its number.
func (s *site) ordered() string {
	s.t.Helper()
	r := s.call("CI_JGR_PO_CI_C.V1", orderBody())
	_, after, ok := strings.Cut(r.body, "<m:PO_ID>")
	if !ok || !strings.Contains(r.body, "<m:notification>1<") {
		s.t.Fatalf("order was not created: %s", r.body)
	}
	id, _, _ := strings.Cut(after, "<")
	must(s.t, s.sim.Dispatch("US001", id))
	return id
}
