package jaggaer

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// fuzzed is an Instance for fuzzing; it makes no call.
func fuzzed(f *testing.F) *Instance {
	f.Helper()
	v := New().Validate(connector.Settings{"url": "https://acme.example.com", "client_id": "acme", "xml_url": "https://router.example.com", "identity": "ACME1",
		"profile": map[string]any{"value_templates": map[string]any{"Account": "{value}-L"}}})
	i, err := New().Open(connector.Opening{Connection: "s2p", Settings: v.Settings, Secrets: map[string]string{"client_secret": "x", "shared_secret": "y"},
		Caller: always(200, "{}"), Now: func() time.Time { return noon }})
	if err != nil {
		f.Fatal(err)
	}
	return i.(*Instance)
}

// FuzzTokenAnswers: any answer is a token that can be used for a while, or an error with a hint; a 401 and a page are never a token.
func FuzzTokenAnswers(f *testing.F) {
	i := fuzzed(f)
	for _, s := range []string{`{"access_token":"a","expires_in":3600}`, `{"token":"b","expire_in":"86399911"}`, `{"access_token":"a","expires_in":-1}`, `{"token":"x","expire_in":1e300}`, `{"error":"invalid_client"}`, `<html>`, `[]`, `{"access_token":{}}`} {
		f.Add(200, []byte(s))
		f.Add(401, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		value, lifetime, fault := i.readToken(&connector.Response{Status: status, Body: body})
		switch {
		case fault != nil && (value != "" || fault.Hint == "" || fault.Code == ""):
			t.Fatalf("a fault with a token, or without a hint: %q %+v", value, fault)
		case fault == nil && (value == "" || strings.TrimSpace(value) != value || lifetime <= 0 || lifetime > longestLifetime || status != http.StatusOK):
			t.Fatalf("%d gives token %q for %s", status, value, lifetime)
		}
	})
}

// FuzzRetryAfter: a wait is never negative, and what is told by slowDown is within the profile's cap.
func FuzzRetryAfter(f *testing.F) {
	i := fuzzed(f)
	for _, s := range []string{"30", "0", "-1", "99999999999999999999", "Mon, 02 Mar 2026 12:00:30 GMT", "soon", "3d", "1e9", " 5 ", "Mon, 02 Mar 9999 12:00:30 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		resp := respond(429, "", "Retry-After", value)
		if wait := retryAfter(resp, noon); wait < 0 {
			t.Fatalf("%q waits %s", value, wait)
		}
		if e := i.slowDown("x", resp); e.Wait <= 0 || e.Wait > 300*time.Second {
			t.Fatalf("%q waits %s", value, e.Wait)
		}
	})
}

// FuzzTemplate: a template is refused, or filled it is XML of the same root that holds nothing but its own text and the values.
func FuzzTemplate(f *testing.F) {
	f.Add(paymentTemplate, "J1 & <2>")
	f.Add(`<a b="{voucher_number}"><c>{amount}</c>x{currency}y</a>`, `"`)
	f.Add(`<a><b></a></b>`, "")
	f.Add("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "{amount}")
	f.Add(`<n:a xmlns:n="u"><n:b>{amount}</n:b></n:a>`, "\x00\u2028")
	f.Fuzz(func(t *testing.T, template, value string) {
		values := map[string]string{}
		for _, n := range templateNames {
			values[n] = value
		}
		text, err := fillTemplate(template, values)
		if err != nil {
			return
		}
		d := xml.NewDecoder(strings.NewReader(string(text)))
		for {
			if _, err := d.RawToken(); errors.Is(err, io.EOF) {
				return
			} else if err != nil && templateProblem(template, templateNames) == "" && !strings.ContainsAny(template, "&:![") {
				t.Fatalf("%q filled with %q is no XML: %v\n%s", template, value, err, text)
			} else if err != nil {
				return
			}
		}
	})
}

// FuzzRecords: any JSON object is a Version with an ID, or an error with a hint; and its Document never holds bank or tax numbers.
func FuzzRecords(f *testing.F) {
	i := fuzzed(f)
	for _, s := range []string{
		`{"header":{"supplierId":1,"name":"A","taxIdentificationNumber":"SECRET-9"},"accountsPayableList":{"accountsPayable":[{"bankAccount":{"bankAccountNumber":"SECRET-9"}}]}}`,
		`{"header":{"invoiceId":2700101,"lastUpdate":"2026-03-01T08:12:33.733Z","total":{"value":-38.380}},"lineList":{"invoiceLine":[{},{"lineNumber":1,"splittableFieldSetGroupList":{"splittableFieldSetGroup":[{"splittableFieldIndexSet":[{"splittableFieldIndexList":{"splittableFieldIndex":[{"splitIndex":"x","distributionvalue":1e400}]}}]}]}}]}}`,
		`{"fieldInternalName":"Account","value":"610000-L"}`, `{"header":[]}`, `{"header":{"purchaseOrderId":{}}}`, `{"lineList":{"purchaseOrderLine":[[],null,"x"]},"header":{"purchaseOrderId":"7"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		raw, err := decodeObject(body)
		if err != nil {
			return
		}
		for kind, e := range i.opts.entities {
			v, fault := i.version(kind, e, raw)
			switch {
			case fault != nil && (fault.Hint == "" || fault.Op == ""):
				t.Fatalf("%s: %+v", kind, fault)
			case fault != nil:
				continue
			case v.ID == "" || strings.TrimSpace(v.ID) != v.ID:
				t.Fatalf("%s: ID %q", kind, v.ID)
			}
			if text := string(v.Document.Canonical()) + string(v.Mirror.Canonical()); strings.Contains(string(body), `"bankAccountNumber":"SECRET-9"`) && kind == connector.Supplier && strings.Count(string(body), "SECRET-9") == 1 && strings.Contains(text, "SECRET-9") {
				t.Fatalf("the Document keeps a bank account: %s", text)
			}
			if again, _ := i.version(kind, e, raw); again.Document.Fingerprint() != v.Document.Fingerprint() {
				t.Fatalf("%s: two Versions of one record", kind)
			}
		}
	})
}

// FuzzWriteAnswers: an answer to a write is done only where it says so; a 5xx and what can't be read are doubt.
func FuzzWriteAnswers(f *testing.F) {
	i := fuzzed(f)
	for _, s := range []string{`{"returnCode":0,"requisitionId":1}`, `{"returnCode":"1","returnMessage":"112(USER_ALIAS)"}`, `{"returnCode":-996}`, `{"returnCode":2,"returnMessage":"124(name)"}`, `{}`, `null`, `<html>`, ``, `{"returnCode":null}`, `{"returnCode":0`, `{"returnCode":[]}`} {
		for _, status := range []int{200, 201, 302, 400, 403, 404, 409, 500, 503} {
			f.Add(status, []byte(s))
		}
	}
	c := call{op: "write requisition", method: http.MethodPost, url: "https://acme.example.com/x", resource: "requisitions", write: true}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status == 429 || status == 401 || status > 999 {
			return
		}
		answer, _, err := i.judgeWrite(c, &connector.Response{Status: status, Body: body})
		e := connector.AsError(err)
		var code struct {
			Code any `json:"returnCode"`
		}
		readable := json.Unmarshal(body, &code) == nil
		switch {
		case e == nil && (answer == nil || status != 200 && status != 201):
			t.Fatalf("%d %q is taken as done", status, body)
		case e != nil && (e.Op == "" || e.Hint == "" || e.Message == ""):
			t.Fatalf("%+v tells too little", e)
		case e != nil && e.Code == connector.Unavailable:
			t.Fatalf("%d %q of a write is sent again: %+v", status, body, e)
		case status >= 500 && status != 501 && e.Code != connector.Ambiguous:
			t.Fatalf("%d %q is no doubt: %+v", status, body, e)
		case (status == 200 || status == 201) && readable && code.Code == nil && e == nil && !strings.Contains(strings.ToLower(string(body)), "returncode"):
			t.Fatalf("%q does not say that it was done", body)
		}
	})
}

// FuzzVerdicts: an answer of the router is done only where HTTP and its code are 2xx; for a requisition only with its id.
func FuzzVerdicts(f *testing.F) {
	i := fuzzed(f)
	for _, s := range []string{created("3466726"), stored, created(""), strings.Replace(created("1"), "200", "500", 1), "<a>", "", "{}", `<x><StatusCode>200</StatusCode></x>`} {
		for _, status := range []int{200, 202, 302, 403, 500} {
			f.Add(status, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status == 429 || status > 999 {
			return
		}
		for _, m := range []importer{requisitionImport, supplierImport, paymentImport} {
			v, fault := i.judge(m, &connector.Response{Status: status, Body: body})
			switch {
			case fault == nil && status >= 300:
				t.Fatalf("%s: HTTP %d is taken as done", m.name, status)
			case fault == nil && m == requisitionImport && v.ref.id == "":
				t.Fatalf("a requisition without id is taken as done: %q", body)
			case fault != nil && (fault.Hint == "" || fault.Message == ""):
				t.Fatalf("%+v tells too little", fault)
			case fault != nil && (fault.Code == connector.Unavailable || fault.Code == connector.Throttled):
				t.Fatalf("%s: HTTP %d is sent again: %+v", m.name, status, fault)
			}
		}
	})
}

// FuzzResults: each value of a batch gets one result; done is only what a result says so of.
func FuzzResults(f *testing.F) {
	i := fuzzed(f)
	for _, s := range []string{
		`{"returnCode":1,"resultList":{"result":[{"index":0,"returnCode":0},{"index":1,"returnCode":2,"returnMessage":"no"}]}}`, `{"returnCode":0,"resultList":{"result":[{"value":"1-L","returnCode":0}]}}`,
		`{"returnCode":0,"resultList":{"result":[{"returnCode":0},{"returnCode":0},{"returnCode":0}]}}`, `{"returnCode":0,"resultList":{"result":[{"index":"0"},{"index":0,"returnCode":0}]}}`, `{"returnCode":0}`, `{"returnCode":2}`, `[]`,
	} {
		f.Add([]byte(s))
	}
	ws := valueWrites("1", "2", "3")
	part := []int{0, 1, 2}
	f.Fuzz(func(t *testing.T, body []byte) {
		out := make([]connector.Result, len(ws))
		err := i.takeResults(call{op: "write cfv", write: true}, &connector.Response{Status: 200, Body: body}, ws, part, out)
		if err != nil {
			return
		}
		for n, r := range out {
			if r.Err == nil && !strings.HasSuffix(r.Receipt.ID, "/"+ws[n].Document.Text("value")) {
				t.Fatalf("value %d has the receipt %+v", n, r.Receipt)
			}
			if e := connector.AsError(r.Err); e != nil && (e.Hint == "" || e.Op == "") {
				t.Fatalf("%+v tells too little", e)
			}
			if r.Err == nil && !strings.Contains(strings.ToLower(string(body)), "returncode") {
				t.Fatalf("%q says of nothing that it was done", body)
			}
		}
	})
}

// FuzzSettings: whatever a customer's profile holds, it is taken or complained of by path, and what is taken is taken again.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{
		`{"rest":{"start_base":0}}`, `{"rest":{"base_url":"x"}}`, `{"entities":{"po":{"path":7}}}`, `{"po_ready":[{"field":"a","in":[1,true]}]}`, `{"value_templates":{"Account":"{value}-L"}}`,
		`{"xml":{"templates":{"payment":"<a>{x}</a>"}}}`, `{"rest":[]}`, `{"cfv_batch":1e300}`, `{"chartfields":{"a":{}}}`, `{"rest":{"filter_time_format":"2006"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var profile any
		if json.Unmarshal(text, &profile) != nil {
			return
		}
		given := func(p any) connector.Settings {
			return connector.Settings{"url": "https://acme.example.com", "client_id": "acme", "profile": p}
		}
		v := New().Validate(given(profile))
		for _, p := range v.Problems {
			if !strings.HasPrefix(p.Path, "profile") || p.Message == "" {
				t.Fatalf("problem %+v", p)
			}
		}
		if len(v.Problems) > 0 {
			return
		}
		again := New().Validate(given(v.Settings["profile"]))
		if len(again.Problems) > 0 {
			t.Fatalf("what is in force is not taken: %+v", again.Problems)
		}
		one, _ := json.Marshal(v.Settings)
		two, _ := json.Marshal(again.Settings)
		if string(one) != string(two) {
			t.Fatalf("in force is\n%s\nthen\n%s", one, two)
		}
		if rs := New().(connector.Requirer).Requirements(v.Settings, everyNeed()); len(rs) < 10 {
			t.Fatalf("only %d things are asked for", len(rs))
		}
	})
}
