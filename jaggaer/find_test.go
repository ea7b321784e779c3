package jaggaer

import (
	"fmt"
	"strings"
	"testing"

	connector "ml-connector"
)

// listed is a list answer of these items.
func listed(list, item string, total int, items ...string) *connector.Response {
	return reply200(fmt.Sprintf(`{"returnCode":0,"totRecords":%d,"returnedRecords":%d,"%s":{"%s":[%s]}}`, total, len(items), list, item, strings.Join(items, ",")))
}

func suppliers(total int, items ...string) *connector.Response {
	return listed("jisupplierList", "jisupplier", total, items...)
}

func requisitions(total int, items ...string) *connector.Response {
	return listed("jirequisitionList", "jirequisition", total, items...)
}

func supplierItem(id, erp string) string {
	return `{"header":{"supplierId":` + id + `,"erpNumber":"` + erp + `","name":"Acme ` + id + `","active":"true","lastUpdate":"2026-03-01T08:12:33.733Z"}}`
}

// TestRequestsOfLookUps is JAGGAER.md §4.0: what is asked, and that hits are checked.
func TestRequestsOfLookUps(t *testing.T) {
	t.Parallel()
	const base = "GET /j1p/api/public/ji/v1/"
	req := func(id, external string) string {
		return `{"header":{"requisitionId":` + id + `,"requisitionName":"R","externalRequisitionNumber":"` + external + `"}}`
	}
	erp := connector.Document{"ERPNumber": "0000012345", "SQIntegrationNumber": "u1", "Name": "A"}
	for name, row := range map[string]struct {
		l       connector.Lookup
		answers []*connector.Response
		found   string
		seen    []string
		code    connector.Code
	}{
		"a supplier by its number": {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{suppliers(1, supplierItem("7", "0000012345")), reply200(supplierItem("7", "0000012345"))}, "7",
			[]string{"suppliers?start=1&flt=erpNumber==0000012345", "suppliers/7"}, ""},
		"else by JAGGAER's own": {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{suppliers(0), suppliers(1, `{"header":{"supplierId":8,"sqIntegrationNumber":"u1"}}`), reply200(`{"header":{"supplierId":8,"sqIntegrationNumber":"u1"}}`)}, "8",
			[]string{"suppliers?start=1&flt=erpNumber==0000012345", "suppliers?start=1&flt=sqIntegrationNumber==u1", "suppliers/8"}, ""},
		"neither":                      {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{suppliers(0)}, "", []string{"suppliers?start=1&flt=erpNumber==0000012345", "suppliers?start=1&flt=sqIntegrationNumber==u1"}, ""},
		"a supplier by its id":         {connector.Lookup{Kind: connector.Supplier, ID: "7", Document: erp}, []*connector.Response{reply200(supplierItem("7", "x"))}, "7", []string{"suppliers/7"}, ""},
		"an id that is gone":           {connector.Lookup{Kind: connector.Supplier, ID: "7"}, []*connector.Response{respond(404, "")}, "", []string{"suppliers/7"}, ""},
		"two under one number":         {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{suppliers(2, supplierItem("7", "0000012345"), supplierItem("9", "0000012345")), reply200(supplierItem("7", "0000012345")), reply200(supplierItem("9", "0000012345"))}, "7 9", nil, ""},
		"one gone since it was listed": {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{suppliers(1, supplierItem("7", "0000012345")), respond(404, "")}, "", nil, ""},
		"any supplier":                 {connector.Lookup{Kind: connector.Supplier, Any: true}, []*connector.Response{suppliers(9, supplierItem("7", "x"), supplierItem("8", "y"))}, "7 8", []string{"suppliers?start=1"}, ""},
		"any of none":                  {connector.Lookup{Kind: connector.Requisition, Any: true}, []*connector.Response{requisitions(0)}, "", []string{"requisitions?start=1"}, ""},
		"a requisition by its external number": {connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()}, []*connector.Response{requisitions(1, req("5", "US001-0000001234")), reply200(req("5", "US001-0000001234"))}, "5",
			[]string{"requisitions?start=1&flt=externalRequisitionNumber==US001-0000001234", "requisitions/5"}, ""},
		"strangers of a server that ignores the filter": {connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()}, []*connector.Response{requisitions(2, req("5", "A"), req("6", "B")), requisitions(2, req("6", "B")), requisitions(2)}, "",
			[]string{"requisitions?start=1&flt=externalRequisitionNumber==US001-0000001234", "requisitions?start=2&flt=externalRequisitionNumber==US001-0000001234", "requisitions?start=3&flt=externalRequisitionNumber==US001-0000001234"}, ""},
		"ours among strangers, pages later":  {connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()}, []*connector.Response{requisitions(3, req("5", "A"), req("6", "B")), requisitions(3, req("6", "B"), req("7", "US001-0000001234")), requisitions(3, req("7", "US001-0000001234")), requisitions(3), reply200(req("7", "x"))}, "7", nil, ""},
		"a list that hides the number":       {connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()}, []*connector.Response{requisitions(1, `{"header":{"requisitionId":5}}`), reply200(`{"header":{"requisitionId":5,"customFieldValueSetList":{"customFieldValueSet":[{"name":"External Req #","customFieldValueList":{"customFieldValue":[{"value":"US001-0000001234"}]}}]}}}`), reply200(`{"header":{"requisitionId":5,"customFieldValueSetList":{"customFieldValueSet":[{"name":"External Req #","customFieldValueList":{"customFieldValue":[{"value":"US001-0000001234"}]}}]}}}`)}, "5", nil, ""},
		"a list that hides a stranger's":     {connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()}, []*connector.Response{requisitions(1, `{"header":{"requisitionId":5}}`), reply200(`{"header":{"requisitionId":5,"customFieldValueSetList":{"customFieldValueSet":[{"name":"External Req #","customFieldValueList":{"customFieldValue":[{}]}}]}}}`), requisitions(1, `{"header":{"requisitionId":5}}`), requisitions(1)}, "", nil, ""},
		"a hidden number that can't be read": {connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()}, []*connector.Response{requisitions(1, `{"header":{"requisitionId":5}}`), respond(500, ""), requisitions(0)}, "", nil, connector.Unavailable},
		"a hit whose content can't be had":   {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{suppliers(1, supplierItem("7", "0000012345")), respond(400, `{"returnCode":2,"returnMessage":"locked"}`)}, "", nil, connector.Rejected},
		"a requisition that has but a name":  {connector.Lookup{Kind: connector.Requisition, Document: connector.Document{"RequisitionName": "US001-9"}}, []*connector.Response{requisitions(1, req("5", "US001-9")), reply200(req("5", "US001-9"))}, "5", []string{"requisitions?start=1&flt=externalRequisitionNumber==US001-9", "requisitions/5"}, ""},
		"an order by its number": {connector.Lookup{Kind: connector.PurchaseOrder, Document: connector.Document{"poNumber": "P7"}}, []*connector.Response{listed("jipurchaseorderList", "jipurchaseorder", 1, `{"header":{"purchaseOrderId":3,"poNumber":"P7"}}`), reply200(`{"header":{"purchaseOrderId":3,"poNumber":"P7"}}`)}, "3",
			[]string{"purchaseorders?start=1&flt=poNumber==P7", "purchaseorders/3"}, ""},
		"a value": {connector.Lookup{Kind: connector.GLAccount, Document: valueWrites("610000")[0].Document}, []*connector.Response{listed("jicustomfieldvalueList", "jicustomfieldvalue", 1, `{"customFieldValueId":1,"fieldInternalName":"Account","value":"610000"}`)}, "Account/610000",
			[]string{"customfieldvalues?start=1&flt=fieldInternalName==Account;value==610000"}, ""},
		"a value by its id": {connector.Lookup{Kind: connector.GLAccount, ID: "Fund/1/2"}, []*connector.Response{listed("jicustomfieldvalueList", "jicustomfieldvalue", 0)}, "", []string{"customfieldvalues?start=1&flt=fieldInternalName==Fund;value==1/2"}, ""},
		"a value that can't stand in a filter": {connector.Lookup{Kind: connector.GLAccount, Document: valueWrites("A;B(1),*")[0].Document}, []*connector.Response{listed("jicustomfieldvalueList", "jicustomfieldvalue", 2, `{"fieldInternalName":"Account","value":"A"}`, `{"fieldInternalName":"Account","value":"A;B(1),*"}`)}, "Account/A;B(1),*",
			[]string{"customfieldvalues?start=1&flt=fieldInternalName==Account"}, ""},
		"a filter that is refused":  {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{reply200(`{"returnCode":2,"returnMessage":"Invalid filter: erpNumber"}`)}, "", nil, connector.Misconfigured},
		"a server that is not well": {connector.Lookup{Kind: connector.Supplier, Document: erp}, []*connector.Response{respond(503, "")}, "", []string{"suppliers?start=1&flt=erpNumber==0000012345"}, connector.Unavailable},
		"a Document without keys":   {connector.Lookup{Kind: connector.Supplier, Document: connector.Document{"Name": "A"}}, nil, "", []string{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := inTurn(append(row.answers, respond(500, "the test has no more answers"))...)
			if len(row.answers) == 1 {
				f = inTurn(row.answers...)
			}
			b := open(t, f)
			found, err := b.Find(t.Context(), row.l)
			if connector.CodeOf(err) != row.code {
				t.Fatalf("%v", err)
			}
			var got []string
			for _, x := range found {
				got = append(got, x.ID)
			}
			if strings.Join(got, " ") != row.found {
				t.Errorf("found %v, expected %s", got, row.found)
			}
			for n, want := range row.seen {
				if seen := f.seen(); n >= len(seen) || seen[n] != base+want {
					t.Errorf("request %d: %v, expected %s", n+1, seen, want)
				}
			}
			if row.seen != nil && len(f.seen()) != len(row.seen) {
				t.Errorf("%d requests: %v", len(f.seen()), f.seen())
			}
		})
	}
}

func TestALongListIsNotLookedThrough(t *testing.T) {
	t.Parallel()
	n := 0
	f := &fake{answer: func(connector.Request) (*connector.Response, error) {
		n++
		return suppliers(100000, supplierItem(fmt.Sprint(n*2), "x"), supplierItem(fmt.Sprint(n*2+1), "y")), nil
	}}
	b := open(t, f, profileOf(int64(0), "rest", "page_overlap"))
	_, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "1"}})
	mustFail(t, err, connector.Misconfigured, "ignores the filter erpNumber==1", "entities.supplier.external")
	if n != maxSearchPages {
		t.Errorf("%d pages", n)
	}
}

func TestLookUpsThatTheProfileTurnsOff(t *testing.T) {
	t.Parallel()
	b := open(t, always(200, emptyList), profileOf("off", "operations", "requisition.read"))
	_, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()})
	mustFail(t, err, connector.Misconfigured, "operations.requisition.read")
}

// TestBatchesOfLookUps: one filter for all values of a field.
func TestBatchesOfLookUps(t *testing.T) {
	t.Parallel()
	value := func(field, v string) string {
		return `{"fieldInternalName":"` + field + `","value":"` + v + `","description":"D"}`
	}
	values := func(items ...string) *connector.Response {
		return listed("jicustomfieldvalueList", "jicustomfieldvalue", len(items), items...)
	}
	look := func(field, v string) connector.Lookup {
		return connector.Lookup{Kind: connector.GLAccount, Document: connector.Document{"fieldInternalName": field, "value": v}}
	}
	f := inTurn(suppliers(0), values(value("Account", "2"), value("Account", "1")), values(value("Fund", "9")))
	b := open(t, f)
	got, err := b.FindBatch(t.Context(), []connector.Lookup{look("Account", "1"), look("Fund", "9"), look("Account", "3"), look("Account", "2"), look("Account", "1"),
		{Kind: connector.Supplier, Document: connector.Document{"ERPNumber": "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, found := range got {
		id := "-"
		if len(found) == 1 {
			id = found[0].ID
		}
		ids = append(ids, id)
	}
	if s := strings.Join(ids, " "); s != "Account/1 Fund/9 - Account/2 Account/1 -" {
		t.Errorf("found %s", s)
	}
	const base = "GET /j1p/api/public/ji/v1/"
	want := []string{"suppliers?start=1&flt=erpNumber==1", "customfieldvalues?start=1&flt=fieldInternalName==Account;value=in=(1,2,3)", "customfieldvalues?start=1&flt=fieldInternalName==Fund;value==9"}
	seen := strings.Join(f.seen(), "\n")
	for _, w := range want {
		if !strings.Contains(seen, base+w) {
			t.Errorf("not asked: %s\n%s", w, seen)
		}
	}

	refusing := inTurn(reply200(`{"returnCode":2,"returnMessage":"Invalid filter: =in="}`), values(value("Account", "1"), value("Account", "7"), value("Account", "2")))
	got, err = open(t, refusing).FindBatch(t.Context(), []connector.Lookup{look("Account", "1"), look("Account", "2")})
	if err != nil || len(got[0]) != 1 || len(got[1]) != 1 || !strings.HasSuffix(refusing.seen()[1], "flt=fieldInternalName==Account") {
		t.Errorf("without =in=: %v, %v, %v", got, err, refusing.seen())
	}

	many := make([]connector.Lookup, 250)
	for n := range many {
		many[n] = look("Account", fmt.Sprint(n))
	}
	none := always(200, emptyList)
	if got, err = open(t, none).FindBatch(t.Context(), many); err != nil || len(got) != 250 || len(none.requests) != 3 {
		t.Errorf("%d results by %d requests: %v", len(got), len(none.requests), err)
	}
}

// TestManyThatHideTheirNumberAreNotLookedInto: a list of requisitions that shows no number, and ignores the filter, is no look-up.
func TestManyThatHideTheirNumberAreNotLookedInto(t *testing.T) {
	t.Parallel()
	f := &fake{answer: func(r connector.Request) (*connector.Response, error) {
		if at := strings.LastIndex(r.URL, "/requisitions/"); at >= 0 {
			return reply200(`{"header":{"requisitionId":` + r.URL[at+len("/requisitions/"):] + `}}`), nil
		}
		var items []string
		for n := range 40 {
			items = append(items, fmt.Sprintf(`{"header":{"requisitionId":%d}}`, n+1))
		}
		return requisitions(40, items...), nil
	}}
	b := open(t, f)
	_, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Requisition, Document: plainRequisition()})
	mustFail(t, err, connector.Misconfigured, "do not show externalRequisitionNumber", "entities.requisition.external")
	if len(f.seen()) > 26 {
		t.Errorf("%d requests", len(f.seen()))
	}
}

// TestWhatHasNoDetailIsFoundInItsList also by its id.
func TestWhatHasNoDetailIsFoundInItsList(t *testing.T) {
	t.Parallel()
	b := open(t, inTurn(suppliers(1, supplierItem("7", "0000012345"))), profileOf("none", "entities", "supplier", "detail"))
	found, err := b.Find(t.Context(), connector.Lookup{Kind: connector.Supplier, ID: "7"})
	if err != nil || len(found) != 1 || found[0].ID != "7" || found[0].Document.Text("Name") != "Acme 7" {
		t.Errorf("found %+v, %v", found, err)
	}
}
