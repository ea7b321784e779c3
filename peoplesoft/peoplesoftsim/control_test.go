package peoplesoftsim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"ml-connector/peoplesoft/peoplesoftsim"
)

func (s *site) control(method, name, body string) response {
	s.t.Helper()
	return s.send(method, "/__control/"+name, body, "Authorization", "none")
}

func TestControlCommandsDoWhatTheyName(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	s.ordered()
	s.message(voucherBody())
	for _, row := range []struct{ name, command, body, table, want string }{
		{"a fault", "fault", `{"kind":"jolt","match":"query.JGR_BU","times":1,"delay":"1ms"}`, "", ""},
		{"clearing", "clear", `{}`, "", ""},
		{"a vendor's name", "vendor", `{"id":"0000010001","fields":{"NAME1":"Renamed"}}`, "vendors", `"NAME1":"Renamed"`},
		{"an approval", "approve", `{"id":"0000010020"}`, "vendors", `"VENDOR_ID":"0000010020"`},
		{"an account", "account", `{"value":"777777","description":"New one"}`, "accounts", `"DESCR":"New one"`},
		{"a requisition", "requisition", `{"bu":"US001","id":"0000004001","fields":{"REQ_STATUS":"X"}}`, "requisitions", `"REQ_STATUS":"X"`},
		{"an order", "order", `{"bu":"US001","id":"0000004711","fields":{"BUYER_ID":"BUYER03"}}`, "orders", `"BUYER_ID":"BUYER03"`},
		{"the batch", "build", `{}`, "vouchers", `"ENTRY_STATUS":"P"`},
		{"a recycle", "recycle", `{"bu":"US001","id":"J0918273","reason":"Budget exceeded"}`, "vouchers", `"ERRMSGTEXT":"Budget exceeded"`},
		{"a correction", "correct", `{"bu":"US001","id":"J0918273"}`, "vouchers", `"ENTRY_STATUS":"P"`},
		{"posting", "post", `{"bu":"US001","id":"J0918273"}`, "vouchers", `"POST_STATUS_AP":"P"`},
		{"paying", "pay", `{"bu":"US001","id":"J0918273"}`, "payments", `"PYMNT_STATUS":"P"`},
		{"voiding", "void", `{"bu":"US001","id":"J0918273"}`, "payments", `"PYMNT_STATUS":"V"`},
		{"a voucher typed by hand", "type", `{"bu":"US001","like":"J0918273","id":"00000007"}`, "vouchers", `"VCHR_SRC":"ONL"`},
		{"deleting", "delete", `{"bu":"US001","id":"00000007"}`, "vouchers", `"ENTRY_STATUS":"X"`},
		{"row security", "hide", `{"user":"JGR_SVC","key":"US001/J0918273"}`, "", ""},
		{"no row security", "show", `{"user":"JGR_SVC"}`, "", ""},
		{"a paused queue", "queue", `{"paused":true}`, "", ""},
		{"the clock", "clock", `{"advance":"48h"}`, "", ""},
		{"a step", "step", `{}`, "", ""},
		{"tokens", "expire", `{}`, "", ""},
		{"a locked user", "unlock", `{"user":"JGR_SVC"}`, "", ""},
	} {
		if r := s.control(http.MethodPost, row.command, row.body); r.status != 200 {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
		if row.table != "" {
			if r := s.control(http.MethodGet, "rows?table="+row.table, ""); !strings.Contains(r.body, row.want) {
				t.Errorf("%s: %s lacks %s", row.name, row.table, row.want)
			}
		}
	}
	var state map[string]any
	must(t, json.Unmarshal([]byte(s.control(http.MethodGet, "state", "").body), &state))
	if state["orders"] != 1.0 || state["paused"] != true || !strings.HasPrefix(state["now"].(string), "2026-03-06T16:11") {
		t.Errorf("state %v", state)
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	for _, row := range []struct {
		name, method, command, body string
		status                      int
	}{
		{"an unknown command", http.MethodPost, "explode", `{}`, 404},
		{"an unknown view", http.MethodGet, "rows?table=secrets", ``, 404},
		{"an unknown field", http.MethodPost, "build", `{"now":true}`, 422},
		{"an unknown voucher", http.MethodPost, "pay", `{"bu":"US001","id":"X"}`, 422},
		{"an unknown column", http.MethodPost, "vendor", `{"id":"0000010001","fields":{"TIN":"1"}}`, 422},
		{"an unknown fault", http.MethodPost, "fault", `{"kind":"x"}`, 422},
		{"a span that is none", http.MethodPost, "clock", `{"advance":"soon"}`, 422},
		{"an unknown user", http.MethodPost, "hide", `{"user":"X","key":"Y"}`, 422},
	} {
		if r := s.control(row.method, row.command, row.body); r.status != row.status {
			t.Errorf("%s: %d %s", row.name, r.status, r.body)
		}
	}
}

func TestTheJournalKeepsRequestsWithoutSecrets(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{Journal: 3, KeepBodies: true, OAuth: &peoplesoftsim.OAuth{ClientID: "mlc", Secret: "idp-s3cret"}})
	for range 4 {
		s.send(http.MethodGet, queryPath("JGR_PING", "", "", "1"), "")
	}
	s.send(http.MethodPost, "/idp/oauth2/v1/token", "grant_type=client_credentials&client_id=mlc&client_secret=idp-s3cret")
	s.send(http.MethodPost, servicePath, soap(wsse, orderBody()), "SOAPAction", "CI_JGR_PO_CI_C.V1")
	s.message(voucherBody(), "Password", "node-pw")
	journal := s.sim.Journal()
	if len(journal) != 3 || journal[2].Number != 7 || journal[1].Operation != "ci.JGR_PO_CI.create" || journal[1].User != "JGR_SVC" || journal[2].Operation != "message.VOUCHER_BUILD" {
		t.Errorf("%+v", journal)
	}
	text := s.control(http.MethodGet, "journal", "").body
	for _, secret := range []string{"sim-Passw0rd", "idp-s3cret", "node-pw", "c2ltLVBhc3N3MHJk", "eyJ"} {
		if strings.Contains(text, secret) {
			t.Errorf("the journal holds %q", secret)
		}
	}
	if !strings.Contains(text, "Nitrile gloves") {
		t.Error("the journal holds no bodies")
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	s := open(t, peoplesoftsim.Options{})
	if r := s.send(http.MethodPost, servicePath, strings.Repeat("x", 32<<20+1)); r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", r.status)
	}
}
