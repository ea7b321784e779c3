package peoplesoftsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// vendorMessage is PEOPLESOFT.md §4.2's VENDOR_SYNC with a new or an existing vendor.
func vendorMessage(id, name, action string) string {
	return `<?xml version="1.0"?><VENDOR_SYNC><FieldTypes><VENDOR class="R"><SETID type="CHAR"/><VENDOR_ID type="CHAR"/><VENDOR_NAME_SHORT type="CHAR"/><NAME1 type="CHAR"/><AR_NUM type="CHAR"/><VNDR_ADDR_SCROL class="R"><SETID type="CHAR"/><VENDOR_ID type="CHAR"/><ADDRESS_SEQ_NUM type="NUMBER"/>` +
		`<VENDOR_ADDR class="R"><EFFDT type="DATE"/><EFF_STATUS type="CHAR"/><COUNTRY type="CHAR"/></VENDOR_ADDR></VNDR_ADDR_SCROL><PSCAMA class="R"><AUDIT_ACTN type="CHAR"/></PSCAMA></VENDOR><PSCAMA class="R"><LANGUAGE_CD type="CHAR"/><AUDIT_ACTN type="CHAR"/></PSCAMA></FieldTypes>` +
		`<MsgData><Transaction><VENDOR class="R"><SETID>SHARE</SETID><VENDOR_ID>` + id + `</VENDOR_ID><VENDOR_NAME_SHORT>NEWNAME</VENDOR_NAME_SHORT><NAME1>` + name + `</NAME1><AR_NUM>JGR-77</AR_NUM><VNDR_ADDR_SCROL class="R"><SETID>SHARE</SETID><VENDOR_ID>` + id + `</VENDOR_ID><ADDRESS_SEQ_NUM>1</ADDRESS_SEQ_NUM>` +
		`<VENDOR_ADDR class="R"><EFFDT>2026-03-04</EFFDT><EFF_STATUS>A</EFF_STATUS><COUNTRY>USA</COUNTRY></VENDOR_ADDR></VNDR_ADDR_SCROL><PSCAMA class="R"><AUDIT_ACTN>` + action + `</AUDIT_ACTN></PSCAMA></VENDOR><PSCAMA class="R"><LANGUAGE_CD>ENG</LANGUAGE_CD><AUDIT_ACTN>` + action + `</AUDIT_ACTN></PSCAMA></Transaction></MsgData></VENDOR_SYNC>`
}

func TestVendorMessagesCreateAndChangeWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	send := func(body, id string) {
		if r := s.message(body, "OperationName", "VENDOR_SYNC.VERSION_1", "ExternalMessageID", id); !strings.Contains(r.body, `type="success"`) {
			t.Fatalf("%s", r.body)
		}
	}
	send(vendorMessage("NEXT", "Born by Message", "A"), "v1")
	rows := s.rows("JGR_VENDOR_BY_EXT", "SETID,EXT_ID", "SHARE,JGR-77", "9")
	if len(rows) != 1 || value(rows[0], "A.NAME1") != "Born by Message" || value(rows[0], "A.VENDOR_STATUS") != "E" {
		t.Errorf("created: %v", rows)
	}
	send(vendorMessage(vendorID, "Renamed by Message", "C"), "v2")
	changed := s.rows("JGR_VENDOR_BY_ID", "SETID,VENDOR_ID", "SHARE,"+vendorID, "1")[0]
	if value(changed, "A.NAME1") != "Renamed by Message" || value(changed, "A.VENDOR_STATUS") != "A" || value(changed, "C.VNDR_LOC") != "MAIN" {
		t.Errorf("changed: %v", changed)
	}
	send(strings.Replace(vendorMessage("NEXT", "Nowhere", "A"), ">USA<", ">XXX<", 1), "v3")
	if got := s.sim.HandlerErrors(); len(got) != 1 || !strings.Contains(got[0], "COUNTRY") {
		t.Errorf("handler errors %v", got)
	}
	if r := s.message(strings.Replace(vendorMessage("NEXT", "Odd", "A"), "<VENDOR_ID>NEXT</VENDOR_ID><ADDRESS", "<VENDOR_ID>OTHER</VENDOR_ID><ADDRESS", 1), "OperationName", "VENDOR_SYNC.VERSION_1", "ExternalMessageID", "v4"); !strings.Contains(r.body, "not its parent's value") {
		t.Errorf("a row of another vendor: %s", r.body)
	}
}

func TestACustomersOwnServiceFillsTheStagingTables(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Site: peoplesoftsim.Site{VoucherREST: "X_VCHR_IMPORT.v1"}})
	body := `{"RequestBody":[{"X_VCHR_IMPORT_STG":[{"VCHR_HDR_STG":[{"BUSINESS_UNIT":"US001","VOUCHER_ID":"J0000001","INVOICE_ID":"A-1","INVOICE_DT":"2026-03-01","VENDOR_ID":"0000010001","GROSS_AMT":18.00,"VCHR_LINE_STG":[{"BUSINESS_UNIT":"US001","VOUCHER_ID":"J0000001","VOUCHER_LINE_NUM":1,"MERCHANDISE_AMT":"18.00",
	 "VCHR_DIST_STG":[{"BUSINESS_UNIT":"US001","VOUCHER_ID":"J0000001","VOUCHER_LINE_NUM":1,"DISTRIB_LINE_NUM":1,"ACCOUNT":"600000","MERCHANDISE_AMT":"18.00"}]}]}]}]}]}`
	path := "/PSIGW/RESTListeningConnector/PSFT_EP/X_VCHR_IMPORT.v1/"
	for _, row := range []struct{ name, body, want string }{
		{"a voucher", body, `"VOUCHER_ID":"J0000001"`},
		{"the same again", body, "(18,2)"},
		{"a number that is none", strings.Replace(body, "18.00", `"many"`, 1), "Invalid number"},
		{"no voucher", `{"RequestBody":[]}`, "(20001,1)"},
	} {
		if r := s.send(http.MethodPost, path, row.body); r.status != 200 || !strings.Contains(r.body, row.want) {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
	s.sim.Build()
	if v := s.sim.Vouchers(); len(v) != 1 || v[0].Get("ENTRY_STATUS") != "P" {
		t.Errorf("%v", s.sim.PreEdits())
	}
}

func TestManyCallersAtOnceGetNumbersOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Life: peoplesoftsim.DemoLife()})
	var wait sync.WaitGroup
	for range 12 {
		wait.Go(func() {
			s.call("CI_JGR_PO_CI_C.V1", orderBody())
			s.rows("JGR_PO", "BU,FROM_DT,AFTER_ID", "US001,2026-01-01,", "5")
			s.sim.Step()
			s.sim.Journal()
		})
	}
	wait.Wait()
	seen := map[string]bool{}
	for _, o := range s.sim.Orders() {
		seen[o.Get("PO_ID")] = o.Get("PO_STATUS") == "D"
	}
	if len(seen) != 12 {
		t.Errorf("%d orders", len(seen))
	}
}

func FuzzNoBytesBreakTheServer(f *testing.F) {
	f.Add("/PSIGW/HttpListeningConnector", voucherBody())
	f.Add(servicePath, soap(wsse, orderBody()))
	f.Add("/PSIGW/RESTListeningConnector/PSFT_EP/CIRT_JGR_PO_CI.v1/", `{"BUSINESS_UNIT":["US001",null,{"A":1}],"PO_LINE":[[{"LINE_NBR":1e9}]]}`)
	f.Add(servicePath, soap("", `<m:Update__CompIntfc__JGR_VNDR_CI><m:SETID>SHARE</m:SETID></m:Update__CompIntfc__JGR_VNDR_CI>`))
	f.Add("/__control/vendor", `{"fields":{"NAME1":"x"}}`)
	f.Add("/PSIGW/HttpListeningConnector?OperationType=async&From=%zz", "<IBRequest/>")
	f.Fuzz(func(t *testing.T, path, body string) {
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " #\x7f") || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' }) {
			return
		}
		sim := peoplesoftsim.New(sample.New(1, sample.Small(), moment), peoplesoftsim.Options{Now: func() time.Time { return moment }})
		for _, action := range []string{"CI_JGR_PO_CI_C.V1", "CI_JGR_VNDR_CI_U.V1"} {
			q, err := http.NewRequest(http.MethodPost, "http://erp.example.com"+path, strings.NewReader(body))
			if err != nil {
				return
			}
			q.Header.Set("SOAPAction", action)
			q.SetBasicAuth("JGR_SVC", "sim-Passw0rd")
			for i, h := 0, envelopeHeaders(); i < len(h); i += 2 {
				q.Header.Set(h[i], h[i+1])
			}
			sim.ServeHTTP(httptest.NewRecorder(), q)
		}
		sim.Build()
	})
}
