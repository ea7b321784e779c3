package jaggaersim

import (
	"slices"
	"strings"
	"testing"
)

func requisitionJSON() doc {
	var out doc
	raw := `{"header":{"requisitionName":"US001-1","requestor":{"username":"jdoe"},"businessUnit":"US001","total":{"currency":"USD"},
	"customFieldValueSetList":{"customFieldValueSet":[{"name":"External Req #","customFieldValueList":{"customFieldValue":[{"value":"US001-1"}]}}]}},
	"lineList":{"requisitionLine":[{"lineNumber":1,"supplier":{"supplierNumber":"0000012345"},"item":{"description":"Gloves"},"quantity":10,"unitPrice":35.05,"neededBy":"2026-03-15T00:00:00.000Z",
	"splittableFieldSetGroupList":{"splittableFieldSetGroup":[{"splittableFieldIndexSet":[{"context":"Line","distributionType":"AmountOfPrice","splittableFieldIndexList":{"splittableFieldIndex":[
	{"splitIndex":0,"distributionValue":350.50,"customFieldValueList":{"customFieldValue":[{"internalName":"Account","value":"610000"}]}}]}}]}]}}]}}`
	if err := decode([]byte(raw), &out); err != nil {
		panic(err)
	}
	return out
}

func TestRequisitionByREST(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	r := b.write("POST", api+"requisitions", requisitionJSON()).json()
	if text(r, "returnCode") != "0" || text(r, "requisitionId") != "3466726" || text(r, "requisitionNumber") != "3466726" || text(r, "status") != "Pending" {
		t.Fatalf("%v", r)
	}
	if got := b.Requisitions()[0]; got.Text("externalRequisitionNumber") != "US001-1" || got.Text("total.value") != "350.5" {
		t.Errorf("%v", got.Body)
	}
	line := func(in doc) doc { return items(in, "lineList.requisitionLine")[0] }
	for name, row := range map[string]struct {
		change func(doc)
		want   string
	}{
		"a missing name":      {func(in doc) { delete(header(in), "requisitionName") }, "124(requisitionName)"},
		"an unknown supplier": {func(in doc) { line(in)["supplier"] = doc{"supplierNumber": "9"} }, "Supplier 9 does not exist"},
		"an unknown account": {func(in doc) {
			set := splitSets(line(in))[0]
			items(items(set, "splittableFieldIndexList.splittableFieldIndex")[0], "customFieldValueList.customFieldValue")[0]["value"] = "999999"
		}, "Value 999999 is not valid for custom field Account"},
		"splits that do not sum": {func(in doc) { line(in)["quantity"] = integer(9) }, "Line 1: split amounts (350.50) do not equal the extended price (315.45)"},
		"no line at all":         {func(in doc) { delete(in, "lineList") }, "at least one line"},
	} {
		in := requisitionJSON()
		row.change(in)
		if r := b.write("POST", api+"requisitions", in); r.Code != 200 || r.code() != "2" || !strings.Contains(text(r.json(), "returnMessage"), row.want) {
			t.Errorf("%s: %d %s", name, r.Code, r.Body)
		}
	}
	if got := b.Effects("requisition.create"); len(got) != 1 {
		t.Errorf("what is refused has no effect: %v", got)
	}
}

func TestCustomFieldValueBatch(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	batch := func(values ...doc) doc { return doc{"customFieldValueList": doc{"customFieldValue": list(values...)}} }
	r := b.write("POST", api+"customfieldvalues", batch(
		doc{"fieldInternalName": "Account", "value": "650000", "description": "New", "active": "true"},
		doc{"fieldInternalName": "Acount", "value": "620000"},
		doc{"fieldInternalName": "Account", "value": "610000", "description": "Supplies", "active": "false"},
		doc{"fieldInternalName": "Account"},
	)).json()
	results := items(r, "resultList.result")
	if text(r, "returnCode") != "1" || text(r, "returnMessage") != "2 of 4 records failed" || len(results) != 4 {
		t.Fatalf("%v", r)
	}
	for i, want := range []string{"OK", "Custom field 'Acount' does not exist", "OK", "124(value)"} {
		if got := text(results[i], "returnMessage"); got != want || text(results[i], "index") != itoa(i) {
			t.Errorf("result %d: %v", i, results[i])
		}
	}
	if got := b.ids("customfieldvalues", "fieldInternalName==Account;active==false"); !slices.Equal(got, []string{"550001"}) {
		t.Errorf("closed accounts: %v", got)
	}
	b.write("POST", api+"customfieldvalues", batch(doc{"fieldInternalName": "Account", "value": "650000", "description": "New", "active": "true"}))
	if got := append(b.Effects("cfv.create"), b.Effects("cfv.update")...); !slices.Equal(got, []string{"Account/650000", "Account/610000"}) {
		t.Errorf("an unchanged value has no effect: %v", got)
	}
	many := make([]doc, 201)
	for i := range many {
		many[i] = doc{"fieldInternalName": "Fund", "value": itoa(i)}
	}
	if r := b.write("POST", api+"customfieldvalues", batch(many...)); r.Code != 413 {
		t.Errorf("201 records: %d", r.Code)
	}
	b.write("POST", api+"customfieldvalues", batch(doc{"fieldInternalName": "Fund", "value": "F1"}))
	in := requisitionJSON()
	fields := items(splitSets(items(in, "lineList.requisitionLine")[0])[0], "splittableFieldIndexList.splittableFieldIndex")[0]
	fields["customFieldValueList"] = doc{"customFieldValue": list(doc{"internalName": "Fund", "value": "F2"})}
	if r := b.write("POST", api+"requisitions", in); r.code() != "2" {
		t.Errorf("a field with one value takes no other: %s", r.Body)
	}
	fields["customFieldValueList"] = doc{"customFieldValue": list(doc{"internalName": "Fund", "value": "none"}, doc{"internalName": "Program", "value": "anything"})}
	if r := b.write("POST", api+"requisitions", in); r.code() != "0" {
		t.Errorf("none is valid everywhere, and a field without values takes any: %s", r.Body)
	}
}

func TestPayment(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	id := b.must(b.Add(Invoice, doc{"header": doc{"invoiceNumber": "I1", "workflowStatus": "Completed", "paymentStatus": "Payable"}}))
	b.must(b.Add(Invoice, doc{"header": doc{"invoiceNumber": "I2", "workflowStatus": "Pending", "paymentStatus": "Payable"}}))
	pay := func(id int64, status, number string) reply {
		return b.write("PUT", api+"invoices/"+itoa(int(id))+"/payment", doc{"payment": doc{"voucherNumber": "00045678", "paymentStatus": status, "paymentNumber": number, "paymentMethod": "ACH"}})
	}
	for _, step := range []struct {
		name           string
		id             int64
		status, number string
		code, message  string
	}{
		{"a voucher is stored while the invoice stays payable", id, "Payable", "", "0", "OK"},
		{"the payment too", id, "Paid", "1", "0", "OK"},
		{"the same again does nothing", id, "Paid", "1", "0", "OK"},
		{"another payment of a paid invoice is refused", id, "Paid", "2", "2", "Invoice is already paid"},
		{"an invoice in workflow can't be paid", id + 1, "Paid", "1", "2", "Invoice is not in a payable state"},
		{"an unknown one is not found", id + 9, "Paid", "1", "2", "Invoice 2700110 not found"},
	} {
		r := pay(step.id, step.status, step.number)
		if r.code() != step.code || text(r.json(), "returnMessage") != step.message {
			t.Errorf("%s: %d %s", step.name, r.Code, r.Body)
		}
	}
	if got := b.Effects("payment.write"); len(got) != 2 {
		t.Errorf("effects %v", got)
	}
	d := b.get(api + "invoices/2700101").json()
	if text(d, "header.paymentStatus") != "Paid" || customField(header(d), "Voucher Number") != "00045678" || text(b.Payments()[id], "paymentNumber") != "1" {
		t.Errorf("%v", d)
	}
	b.SetSwitches(Switches{PaymentOff: true})
	if r := pay(id, "Paid", "1"); r.Code != 404 {
		t.Errorf("switched off: %d", r.Code)
	}
}

func TestSupplierByREST(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	for _, step := range []struct {
		name, body, code, member, want string
	}{
		{"a new one is created", `{"header":{"erpNumber":"7","name":"Seven"}}`, "0", "operation", "created"},
		{"the same again is unchanged", `{"header":{"erpNumber":"7","name":"Seven"}}`, "0", "operation", "unchanged"},
		{"another name is an update", `{"header":{"erpNumber":"7","name":"Sept"}}`, "0", "operation", "updated"},
		{"a missing name is named", `{"header":{"erpNumber":"8"}}`, "2", "returnMessage", "124(name)"},
		{"a missing header too", `{"name":"x"}`, "2", "returnMessage", "124(header)"},
	} {
		if r := b.write("POST", api+"suppliers", step.body).json(); text(r, "returnCode") != step.code || text(r, step.member) != step.want {
			t.Errorf("%s: %v", step.name, r)
		}
	}
	if r := b.write("POST", api+"suppliers", `{"header":`); r.Code != 400 || !strings.Contains(r.Body.String(), "Malformed JSON at position") {
		t.Errorf("malformed: %d %s", r.Code, r.Body)
	}
	if r := b.send("POST", api+"suppliers", "{}", "Authorization", "Bearer "+b.token, "Content-Type", "text/xml"); r.Code != 415 {
		t.Errorf("another content type: %d", r.Code)
	}
	b.SetSwitches(Switches{StrictMembers: true, NoWriteIDs: true})
	if r := b.write("POST", api+"suppliers", `{"header":{"name":"N"},"extra":1}`); r.code() != "2" {
		t.Errorf("an unknown member, switched on: %s", r.Body)
	}
	if r := b.write("POST", api+"suppliers", `{"header":{"erpNumber":"9","name":"N"}}`).json(); r["supplierId"] != nil || text(r, "returnCode") != "0" {
		t.Errorf("an answer without ids: %v", r)
	}
}

func TestCompanyProfiles(t *testing.T) {
	t.Parallel()
	b := small(t, Options{})
	const path = "/esop/jint/api/public/ja/v1/companyprofiles"
	write := func(operation, info string) doc {
		return b.write("POST", path, `{"company":{"operationCode":"`+operation+`","sendEMail":"0","companyInfo":{`+info+`}}}`).json()
	}
	for _, step := range []struct{ name, operation, info, code, message string }{
		{"a new profile", "CREATEUPDATE", `"extCode":"7","companyName":"Seven","type":"SELLER","city":"Springfield"`, "0", "OK"},
		{"an update", "UPDATE", `"extCode":"7","companyName":"Sept"`, "0", "OK"},
		{"a second creation says that it exists", "CREATE", `"extCode":"7","companyName":"Seven"`, "1", "112(EXT_CODE)"},
		{"an update of nobody", "UPDATE", `"extCode":"8"`, "2", "Company 8 does not exist"},
		{"a missing name", "CREATE", `"extCode":"8"`, "2", "124(companyName)"},
	} {
		if r := write(step.operation, step.info); text(r, "returnCode") != step.code || text(r, "returnMessage") != step.message {
			t.Errorf("%s: %v", step.name, r)
		}
	}
	page := b.get("/j1p/api/public/ja/v1/companyprofiles?start=1&comp=USER&flt=TYPE==SELLER;extCode==7").json()
	data := items(page, "returnCompanyData")
	if page["returnCode"] != "0" || page["returnedRecords"] != "1" || len(data) != 1 || text(data[0], "returnCompanyInfo.companyName") != "Sept" || text(data[0], "returnCompanyInfo.bravoId") == "" {
		t.Errorf("%v", page)
	}
	if page := b.get(path + "?flt=NOPE==1").json(); page["returnCode"] != "2" {
		t.Errorf("an unknown field: %v", page)
	}
}
