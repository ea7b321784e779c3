package jaggaersim

import (
	"strings"
	"testing"
)

func TestControl(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	for _, step := range []struct {
		name, method, path, body string
		status                   int
		contains                 string
	}{
		{"state counts the records", "GET", "state", "", 200, `"supplier":1`},
		{"switches change one by one", "POST", "switches", `{"page_size":3}`, 200, `"page_size":3`},
		{"the others stay", "POST", "switches", `{"totals_drift":2}`, 200, `"page_size":3`},
		{"an unknown switch is refused", "POST", "switches", `{"page":3}`, 400, "unknown field"},
		{"a fault is armed", "POST", "fault", `{"kind":"throttled","operation":"invoice.list","times":2}`, 200, "ok"},
		{"an unknown kind is refused", "POST", "fault", `{"kind":"x"}`, 400, "no fault of kind"},
		{"faults can be seen", "GET", "faults", "", 200, `"invoice.list"`},
		{"and removed", "POST", "clear", `{}`, 200, "ok"},
		{"the clock goes forward", "POST", "clock", `{"advance":"1h"}`, 200, "ok"},
		{"never back", "POST", "clock", `{"advance":"-1h"}`, 400, "forward"},
		{"what is due is done", "POST", "step", `{}`, 200, "ok"},
		{"a user becomes known", "POST", "user", `{"name":"kim"}`, 200, "ok"},
		{"a custom field too", "POST", "custom-field", `{"name":"Grant"}`, 200, "ok"},
		{"a registration is added", "POST", "add", `{"registration":{"Name":"New Co","Status":"Pending Approval","Active":true,"Country":"US","Currency":"USD"}}`, 200, `"id":1003800002`},
		{"and approved by its name", "POST", "approve", `{"entity":"supplier","key":"New Co"}`, 200, "ok"},
		{"an order is added", "POST", "add", `{"supplier":"0000012345","order":{"Workflow":"Pending","Status":"Pending","Currency":"USD","Total":"1","Lines":[{"Number":1,"Quantity":"1","Price":"1","Amount":"1"}]}}`, 200, `"id":700451`},
		{"and approved by its id", "POST", "approve", `{"entity":"po","key":"700451"}`, 200, "ok"},
		{"and revised", "POST", "revise", `{"key":"700451","patch":{"header":{"priority":"High"}}}`, 200, "ok"},
		{"and cancelled", "POST", "cancel", `{"entity":"po","key":"700451"}`, 200, "ok"},
		{"an invoice is added", "POST", "add", `{"supplier":"0000012345","invoice":{"Workflow":"Completed","Payment":"Payable","Currency":"USD","Total":"1"}}`, 200, `"id":2700101`},
		{"to a supplier that exists", "POST", "add", `{"supplier":"nobody","invoice":{}}`, 400, "no supplier"},
		{"a whole document is added", "POST", "add", `{"entity":"cfv","document":{"header":{"fieldInternalName":"Fund","value":"F1"}}}`, 200, `"id":550003`},
		{"a record is edited by its number", "POST", "edit", `{"entity":"supplier","key":"0000012345","patch":{"header":{"name":"Renamed"}}}`, 200, "ok"},
		{"records can be read", "GET", "records/supplier", "", 200, "Renamed"},
		{"a record is removed", "POST", "remove", `{"entity":"invoice","key":"2700101"}`, 200, "ok"},
		{"effects can be read", "GET", "effects?op=cfv.create", "", 200, ""},
		{"the journal too", "GET", "journal", "", 200, "openid-connect"},
		{"payments too", "GET", "payments", "", 200, "{}"},
		{"the secret is rotated", "POST", "rotate", `{"secret":"next"}`, 200, "ok"},
		{"tokens are revoked", "POST", "revoke", ``, 200, "ok"},
		{"an unknown verb is refused", "POST", "explode", `{}`, 400, "nothing to do"},
		{"an unknown page too", "GET", "explode", ``, 400, "nothing to read"},
	} {
		r := b.send(step.method, "/__control/"+step.path, step.body)
		if r.Code != step.status || !strings.Contains(r.Body.String(), step.contains) {
			t.Errorf("%s: %d %s", step.name, r.Code, r.Body)
		}
	}
	if b.get(api+"suppliers").Code != 401 {
		t.Error("the old token is dead")
	}
	o := b.Orders()[0]
	if o.Text("revisionNumber") != "1" || o.Text("priority") != "High" || o.Text("status") != "Cancelled" {
		t.Errorf("order %v", o.Body)
	}
}

func TestJournalHidesSecrets(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	b.post("PRXMLImport", requisitionXML())
	b.post("TSMSupplierXMLImport", supplierXML(`<ERPNumber>3</ERPNumber><Name>N</Name><TaxIdentificationNumber>123456789</TaxIdentificationNumber>
		<AccountsPayableList><AccountsPayable type="Check"><BankAccount type="Checking"><RoutingNumber>777000777</RoutingNumber><BankAccountNumber>9988776655</BankAccountNumber></BankAccount></AccountsPayable></AccountsPayableList>`))
	b.get(api + "suppliers?start=1")
	b.get(api + "suppliers/1003800002")
	whole := ""
	for i, e := range b.Journal() {
		if e.Number != i+1 || e.Time.IsZero() || e.Operation == "" {
			t.Errorf("entry %+v", e)
		}
		whole += e.Query + e.Body + e.Answer
		for _, v := range e.Headers {
			whole += v
		}
	}
	if !strings.Contains(whole, "<Identity>ACME30000999</Identity>") || !strings.Contains(whole, "start=1") {
		t.Error("bodies and queries are kept")
	}
	for _, secret := range []string{DefaultSharedSecret, "not-a-real-secret", b.token, "123456789", "777000777", "9988776655"} {
		if strings.Contains(whole, secret) {
			t.Errorf("%s stands in the journal", secret)
		}
	}
}

func TestJournalIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, Options{JournalSize: 3})
	for range 5 {
		b.get(api + "suppliers")
	}
	j := b.Journal()
	if len(j) != 3 || j[2].Number != 6 {
		t.Errorf("%d entries, the last is %d", len(j), j[len(j)-1].Number)
	}
}
