package jaggaer

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
)

// TestStandings is JAGGAER.md §4: how a record stands by its own states and the rules of the profile.
func TestStandings(t *testing.T) {
	t.Parallel()
	none := []any{}
	for name, row := range map[string]struct {
		kind   connector.Kind
		header string
		want   connector.Standing
		edits  []func(connector.Settings)
	}{
		"a supplier that is approved":                  {connector.Supplier, `"active":"true","registrationStatus":"Approved"`, connector.Usable, nil},
		"one that does not say whether it is active":   {connector.Supplier, `"registrationStatus":"Approved"`, connector.Pending, nil},
		"one that is not active":                       {connector.Supplier, `"active":"No","registrationStatus":"Approved"`, connector.Refused, nil},
		"active in another spelling":                   {connector.Supplier, `"active":"Yes","registrationStatus":"Approved"`, connector.Usable, nil},
		"one that was rejected":                        {connector.Supplier, `"active":"true","registrationStatus":"Rejected"`, connector.Refused, nil},
		"one in approval":                              {connector.Supplier, `"active":"true","registrationStatus":"Pending Approval"`, connector.Pending, nil},
		"an order that is completed":                   {connector.PurchaseOrder, `"workflowStatus":"Completed","status":"Completed"`, connector.Usable, nil},
		"one that is cancelled":                        {connector.PurchaseOrder, `"workflowStatus":"Completed","status":"Cancelled"`, connector.Refused, nil},
		"one in workflow":                              {connector.PurchaseOrder, `"workflowStatus":"Pending","status":"Pending"`, connector.Pending, nil},
		"no rule makes no order ready":                 {connector.PurchaseOrder, `"workflowStatus":"Completed"`, connector.Pending, []func(connector.Settings){profileOf(none, "po_ready")}},
		"and none makes it cancelled":                  {connector.PurchaseOrder, `"workflowStatus":"Completed"`, connector.Usable, []func(connector.Settings){profileOf(none, "po_cancelled")}},
		"an invoice that is payable":                   {connector.Invoice, `"workflowStatus":"Completed","paymentStatus":"Payable"`, connector.Usable, nil},
		"payable is not enough":                        {connector.Invoice, `"workflowStatus":"Pending","paymentStatus":"Payable"`, connector.Pending, nil},
		"completed is not enough":                      {connector.Invoice, `"workflowStatus":"Completed","paymentStatus":"InProcess"`, connector.Pending, nil},
		"an invoice that is paid":                      {connector.Invoice, `"workflowStatus":"Completed","paymentStatus":"Paid"`, connector.Usable, nil},
		"an invoice that was rejected":                 {connector.Invoice, `"workflowStatus":"Rejected","paymentStatus":"Payable"`, connector.Refused, nil},
		"an invoice that was cancelled":                {connector.Invoice, `"workflowStatus":"Cancelled"`, connector.Refused, nil},
		"an invoice whose payment was":                 {connector.Invoice, `"workflowStatus":"Completed","paymentStatus":"Cancelled"`, connector.Refused, nil},
		"a requisition that became orders":             {connector.Requisition, `"status":"Completed"`, connector.Usable, nil},
		"a requisition in approval":                    {connector.Requisition, `"status":"Pending"`, connector.Pending, nil},
		"a requisition that was rejected":              {connector.Requisition, `"status":"Rejected"`, connector.Refused, nil},
		"a requisition that was withdrawn":             {connector.Requisition, `"status":"Withdrawn"`, connector.Refused, nil},
		"a requisition that was returned":              {connector.Requisition, `"status":"Returned"`, connector.Refused, nil},
		"a value":                                      {connector.GLAccount, `"fieldInternalName":"Fund","value":"1","active":"true"`, connector.Usable, nil},
		"a value that was switched off":                {connector.GLAccount, `"fieldInternalName":"Fund","value":"1","active":"false"`, connector.Refused, nil},
		"a value that does not say whether it is used": {connector.GLAccount, `"fieldInternalName":"Fund","value":"1"`, connector.Usable, nil},
	} {
		id := map[connector.Kind]string{connector.Supplier: "supplierId", connector.PurchaseOrder: "purchaseOrderId", connector.Invoice: "invoiceId", connector.Requisition: "requisitionId", connector.GLAccount: "customFieldValueId"}[row.kind]
		text := `{"header":{"` + id + `":7,` + row.header + `}}`
		if row.kind == connector.GLAccount {
			text = `{"` + id + `":7,` + row.header + `}`
		}
		if got := record(t, row.kind, text, row.edits...).Standing; got != row.want {
			t.Errorf("%s: %s, expected %s", name, got, row.want)
		}
	}
}

// TestWhatARecordIsKnownBy: its ID, the numbers that people know it by, its title, and whether it carries a number of ours.
func TestWhatARecordIsKnownBy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		kind          connector.Kind
		text          string
		id, no, title string
		ours          bool
	}{
		"an id with blanks around it":      {connector.Invoice, `{"header":{"invoiceId":" 7 ","invoiceNumber":"I1"}}`, "7", "I1", "I1", false},
		"a number twice counts once":       {connector.Invoice, `{"header":{"invoiceId":7,"invoiceNumber":"I1","supplierInvoiceNumber":"I1","supplier":{"name":"Acme"}}}`, "7", "I1", "I1 · I1 · Acme", false},
		"a number that is the id tells no": {connector.Requisition, `{"header":{"requisitionId":7,"requisitionNumber":"7","requisitionName":"R","description":"Gloves"}}`, "7", "", "R · Gloves", false},
		"a requisition with both numbers":  {connector.Requisition, `{"header":{"requisitionId":7,"requisitionNumber":"R7","externalRequisitionNumber":"US001-1"}}`, "7", "R7 US001-1", "", true},
		"a supplier of ours":               {connector.Supplier, `{"header":{"supplierId":7,"erpNumber":"1","sqIntegrationNumber":"u1","name":"Acme"}}`, "7", "1 u1", "Acme", true},
		"a supplier born there":            {connector.Supplier, `{"header":{"supplierId":7,"sqIntegrationNumber":"u1","name":"Acme"}}`, "7", "u1", "Acme", false},
		"an order":                         {connector.PurchaseOrder, `{"header":{"purchaseOrderId":7,"poNumber":"P1","supplier":{"name":"Acme"}}}`, "7", "P1", "P1 · Acme", false},
	} {
		v := record(t, row.kind, row.text)
		if v.ID != row.id || strings.Join(v.Numbers, " ") != row.no || v.Title != row.title || v.Ours != row.ours {
			t.Errorf("%s: %q %v %q %t", name, v.ID, v.Numbers, v.Title, v.Ours)
		}
	}
	b := open(t, always(200, "{}"))
	for _, text := range []string{`{"fieldInternalName":"Fund","description":"x"}`, `{"value":"1"}`, `{"fieldInternalName":" ","value":"1"}`} {
		raw, err := decodeObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, fault := b.version(connector.GLAccount, b.opts.entities[connector.GLAccount], raw); fault == nil || fault.Code != connector.Invalid || !strings.Contains(fault.Hint, "entities.cfv.external") {
			t.Errorf("%s: %v", text, fault)
		}
	}
}

// TestNoBankOrTaxNumberStandsAnywhereInADocument: beside the header, in it, and below, in whatever spelling.
func TestNoBankOrTaxNumberStandsAnywhereInADocument(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"taxIdentificationNumber", "vatIdentificationNumber", "fiscalCode", "euVat", "taxId", "bankAccount", "bankAccountNumber", "ibanBankAccountNumber", "iban", "routingNumber",
		"internationalRoutingCode", "bankIdentifierCode", "accountHoldersName", "accountNumber", "accountId"} {
		for _, spelling := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			number := `"` + spelling + `":"99887766"`
			v := record(t, connector.Supplier, `{`+number+`,"header":{"supplierId":7,"name":"A",`+number+`},"accountsPayableList":{"accountsPayable":[{"type":"Wire",`+number+`,"deep":{`+number+`}}]}}`)
			for what, d := range map[string]connector.Document{"Document": v.Document, "Mirror": v.Mirror} {
				if strings.Contains(string(d.Canonical()), "99887766") {
					t.Errorf("%s is in the %s: %s", spelling, what, d.Canonical())
				}
			}
		}
	}
}

// TestAmountsOfARequisitionAreExact, or there are none.
func TestAmountsOfARequisitionAreExact(t *testing.T) {
	t.Parallel()
	split := func(value string) any { return map[string]any{"distributionvalue": value} }
	for want, line := range map[string]connector.Document{
		"350.5":                    {"Quantity": "10", "UnitPrice": "35.05"},
		"12193263113702178.522366": {"Quantity": "123456789012.3456", "UnitPrice": "98765.43210"},
		"100000000000000000000.01": {"splits": []any{split("100000000000000000000.00"), split("0.01")}},
		"":                         {"linenumber": "3", "splits": []any{split("1"), split("one")}},
		" ":                        {"linenumber": "3", "Quantity": "ten", "UnitPrice": "1"},
	} {
		got, fault := amount(line)
		if strings.TrimSpace(want) == "" {
			if fault == nil || fault.Code != connector.Invalid || !strings.Contains(fault.Message, "line 3") {
				t.Errorf("%v: %s %v", line, got, fault)
			}
			continue
		}
		if want == "12193263113702178.522366" {
			want, _ = multiply("123456789012.3456", "98765.43210")
			if len(strings.ReplaceAll(want, ".", "")) < 22 {
				t.Errorf("the product lost digits: %s", want)
			}
		}
		if got != want || fault != nil {
			t.Errorf("%v: %s, expected %s (%v)", line, got, want, fault)
		}
	}
}

// TestChartFieldsOfSplits: as the Schema lists them, others behind by name; one that is blank everywhere is no set.
func TestChartFieldsOfSplits(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, "{}"))
	sets := b.splitSets([]connector.Document{
		{"splitindex": "0", "distributionvalue": "1", "fields": map[string]any{"Zone": "Z", "Fund": "F", "Department": "", "Account": "A", "Area": "B"}},
		{"splitindex": "1", "distributionvalue": "2", "fields": map[string]any{"Account": "A", "Fund": ""}},
	})
	var got []string
	for _, s := range sets {
		var values []string
		for _, v := range s.children {
			values = append(values, v.children[0].text)
		}
		got = append(got, s.attrs[0].Value+"="+strings.Join(values, ","))
	}
	if want := []string{"Fund=F,none", "Account=A,A", "Area=B,none", "Zone=Z,none"}; !reflect.DeepEqual(got, want) || !slices.IsSortedFunc(chartFields[:2], byChartField) {
		t.Errorf("%v, expected %v", got, want)
	}
}
