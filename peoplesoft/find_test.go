package peoplesoft

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

// byQuery answers each query with rows, given as JSON objects; a query that is not there does not exist at this site.
func byQuery(rows map[string]string) *fakeCaller {
	return &fakeCaller{answer: func(r connector.Request) (*connector.Response, error) {
		list, ok := rows[queryOf(r.URL)]
		if !ok {
			return answerWith(500, "application/json", `{"status":"error","message":"Query does not exist. (50,24)"}`), nil
		}
		n := 0
		if list != "" {
			n = strings.Count(list, "},{") + 1
		}
		return answerWith(200, "application/json", fmt.Sprintf(`{"data":{"query":{"numrows":%d,"rows":[%s]}}}`, n, list)), nil
	}}
}

func (f *fakeCaller) queries() []string {
	var out []string
	for _, r := range f.calls {
		out = append(out, queryOf(r.URL))
	}
	return out
}

const (
	vendorRow = `{"A.SETID":"SHARE","A.VENDOR_ID":"0000010001","A.NAME1":"Northfield","A.VENDOR_STATUS":"E","A.AR_NUM":"JGR-88123"}`
	orderRow  = `{"A.BUSINESS_UNIT":"US001","A.PO_ID":"0000004711","A.PO_STATUS":"D","A.PO_REF":"PO-1","A.VENDOR_ID":"0000010001"}`
)

func voucherRow(id, invoice, rest string) string {
	return `{"A.BUSINESS_UNIT":"US001","A.VOUCHER_ID":"` + id + `","A.INVOICE_ID":"` + invoice + `","A.VENDOR_ID":"0000010001"` + rest + `}`
}

const builtStatus = `,"A.ENTRY_STATUS":"P"`

func TestFind(t *testing.T) {
	t.Parallel()
	voucher := connector.Document{"BUSINESS_UNIT": "US001", "VOUCHER_ID": "J0000007", "VENDOR_ID": "0000010001", "INVOICE_ID": "NL-1"}
	none := map[string]string{"JGR_VCHR_BY_ID": "", "JGR_VCHR_BY_INV": "", "JGR_VCHR_PREEDIT": "", "JGR_VCHR_STAGE": ""}
	with := func(query, rows string) map[string]string {
		out := map[string]string{query: rows}
		for k, v := range none {
			if k != query {
				out[k] = v
			}
		}
		return out
	}
	for name, row := range map[string]struct {
		rows   map[string]string
		lookup connector.Lookup
		want   []string
		asked  []string
	}{
		"a supplier by our number": {map[string]string{"JGR_VENDOR_BY_EXT": vendorRow}, connector.Lookup{Kind: connector.Supplier, Document: supplierDocument()}, []string{"SHARE/0000010001"}, []string{"JGR_VENDOR_BY_EXT"}},
		"a supplier by its ID":     {map[string]string{"JGR_VENDOR_BY_ID": vendorRow}, connector.Lookup{Kind: connector.Supplier, ID: "SHARE/0000010001"}, []string{"SHARE/0000010001"}, []string{"JGR_VENDOR_BY_ID"}},
		"an order by our number":   {map[string]string{"JGR_PO_BY_REF": orderRow}, connector.Lookup{Kind: connector.PurchaseOrder, Document: orderDocument()}, []string{"US001/0000004711"}, []string{"JGR_PO_BY_REF"}},
		"two orders with our number": {map[string]string{"JGR_PO_BY_REF": orderRow + "," + strings.ReplaceAll(orderRow, "4711", "4712")},
			connector.Lookup{Kind: connector.PurchaseOrder, Document: orderDocument()}, []string{"US001/0000004711", "US001/0000004712"}, []string{"JGR_PO_BY_REF"}},
		"an order by its ID where no query is by it": {map[string]string{"JGR_PO_BY_REF": orderRow}, connector.Lookup{Kind: connector.PurchaseOrder, ID: "US001/0000004711", Document: orderDocument()},
			[]string{"US001/0000004711"}, []string{"JGR_PO_BY_ID", "JGR_PO_BY_ID", "JGR_PO_BY_ID", "JGR_PO_BY_REF"}},
		"an account in the first SETID that has it": {map[string]string{"JGR_ACCOUNT_BY_ID": `{"A.SETID":"SHARE","A.ACCOUNT":"641000","A.EFF_STATUS":"A"}`},
			connector.Lookup{Kind: connector.GLAccount, Document: connector.Document{"VALUE": "641000"}}, []string{"SHARE/ACCOUNT/641000"}, []string{"JGR_ACCOUNT_BY_ID"}},
		"a voucher that is built": {with("JGR_VCHR_BY_ID", voucherRow("J0000007", "NL-1", builtStatus)), connector.Lookup{Kind: connector.Invoice, Document: voucher}, []string{"US001/J0000007 built"}, []string{"JGR_VCHR_BY_ID"}},
		"the same invoice that a person entered": {with("JGR_VCHR_BY_INV", voucherRow("00000033", "NL-1", builtStatus)), connector.Lookup{Kind: connector.Invoice, Document: voucher}, []string{"US001/00000033 built"},
			[]string{"JGR_VCHR_BY_ID", "JGR_VCHR_BY_INV", "JGR_VCHR_PREEDIT", "JGR_VCHR_STAGE"}},
		"ours waits, and a person entered the same invoice: ours is what is found": {map[string]string{"JGR_VCHR_BY_ID": "", "JGR_VCHR_PREEDIT": "", "JGR_VCHR_BY_INV": voucherRow("00000033", "NL-1", builtStatus), "JGR_VCHR_STAGE": voucherRow("J0000007", "NL-1", "")},
			connector.Lookup{Kind: connector.Invoice, Document: voucher}, []string{"US001/J0000007 staged"}, []string{"JGR_VCHR_BY_ID", "JGR_VCHR_BY_INV", "JGR_VCHR_PREEDIT", "JGR_VCHR_STAGE"}},
		"a voucher in pre-edit error": {with("JGR_VCHR_PREEDIT", voucherRow("J0000007", "NL-1", `,"A.ERRMSGTEXT":"invalid vendor"`)), connector.Lookup{Kind: connector.Invoice, Document: voucher}, []string{"US001/J0000007 recycled"},
			[]string{"JGR_VCHR_BY_ID", "JGR_VCHR_BY_INV", "JGR_VCHR_PREEDIT"}},
		"a voucher that is nowhere":         {none, connector.Lookup{Kind: connector.Invoice, Document: voucher}, nil, []string{"JGR_VCHR_BY_ID", "JGR_VCHR_BY_INV", "JGR_VCHR_PREEDIT", "JGR_VCHR_STAGE"}},
		"a voucher by its ID":               {with("JGR_VCHR_STAGE", voucherRow("J0000007", "NL-1", "")), connector.Lookup{Kind: connector.Invoice, ID: "US001/J0000007"}, []string{"US001/J0000007 staged"}, []string{"JGR_VCHR_BY_ID", "JGR_VCHR_PREEDIT", "JGR_VCHR_STAGE"}},
		"any order at all":                  {map[string]string{"JGR_PO": strings.TrimSuffix(orderRow, "}") + `,"B.LINE_NBR":1,"C.SCHED_NBR":1}`}, connector.Lookup{Kind: connector.PurchaseOrder, Any: true}, []string{"US001/0000004711"}, []string{"JGR_PO"}},
		"any supplier, where there is none": {map[string]string{"JGR_VENDOR": ""}, connector.Lookup{Kind: connector.Supplier, Any: true}, nil, []string{"JGR_VENDOR"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := byQuery(row.rows)
			found, err := open(t, f).Find(context.Background(), row.lookup)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range found {
				s := x.ID
				if x.Life != nil {
					s += " " + string(x.Life.Stage)
				}
				got = append(got, s)
			}
			if !reflect.DeepEqual(got, row.want) || !reflect.DeepEqual(f.queries(), row.asked) {
				t.Errorf("found %q by %q\nwant  %q by %q", got, f.queries(), row.want, row.asked)
			}
		})
	}
}

// PeopleSoft fails a query whose prompt value is too long as if the query were wrong; yet one record's reference is.
func TestAKeyThatIsTooLongForItsFieldFindsNothing(t *testing.T) {
	t.Parallel()
	for id, asked := range map[string]int{"SHARE/0000010001": 1, "SHARE/0000010001-N2": 0} {
		f := byQuery(map[string]string{"JGR_VENDOR_BY_ID": vendorRow})
		found, err := open(t, f).Find(t.Context(), connector.Lookup{Kind: connector.Supplier, ID: id})
		if err != nil || len(found) != asked || len(f.calls) != asked {
			t.Errorf("%s: %d found in %d calls, %v", id, len(found), len(f.calls), err)
		}
	}
}

func TestFoundIsInTheNamesOfAWrite(t *testing.T) {
	t.Parallel()
	i := open(t, byQuery(map[string]string{"JGR_PO_BY_ID": strings.TrimSuffix(orderRow, "}") + `,"B.LINE_NBR":1,"B.DESCR254_MIXED":"Gloves","C.SCHED_NBR":1,"C.QTY_PO":20.0000,"D.DISTRIB_LINE_NUM":1,"D.ACCOUNT":"641000","D.DEPTID":" "}`}))
	found, err := i.Find(context.Background(), connector.Lookup{Kind: connector.PurchaseOrder, ID: "US001/0000004711"})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	d := found[0].Document
	want := connector.Document{"PO_REF": "PO-1", "PO_LINE": []any{doc{"LINE_NBR": "1", "PO_LINE_SHIP": []any{doc{"SCHED_NBR": "1", "QTY_PO": "20", "PO_LINE_DISTRIB": []any{doc{"ACCOUNT": "641000"}}}}}}}
	if !connector.Covers(d, want) {
		t.Errorf("%s does not cover %s", d.Canonical(), want.Canonical())
	}
	want["PO_LINE"].([]any)[0].(doc)["PO_LINE_SHIP"].([]any)[0].(doc)["PO_LINE_DISTRIB"].([]any)[0].(doc)["DEPTID"] = "CHEM100"
	if connector.Covers(d, want) {
		t.Error("a field that is blank in PeopleSoft covers a value")
	}
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	f := byQuery(nil)
	i := open(t, f)
	for name, row := range map[string]struct {
		lookup connector.Lookup
		code   connector.Code
	}{
		"an order without our number":               {connector.Lookup{Kind: connector.PurchaseOrder, Document: connector.Document{"BUSINESS_UNIT": "US001"}}, connector.Invalid},
		"an invoice number that no prompt can hold": {connector.Lookup{Kind: connector.Invoice, Document: connector.Document{"BUSINESS_UNIT": "US001", "VENDOR_ID": "1", "INVOICE_ID": "A,1"}}, connector.Invalid},
		"a requisition, which we don't write":       {connector.Lookup{Kind: connector.Requisition, Document: connector.Document{"REQ_ID": "1"}}, connector.Invalid},
	} {
		if _, err := i.Find(context.Background(), row.lookup); connector.CodeOf(err) != row.code || f.count() != 0 {
			t.Errorf("%s: %v after %d requests", name, err, f.count())
		}
	}
	if _, err := i.Find(context.Background(), connector.Lookup{Kind: connector.Supplier, Document: supplierDocument()}); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a look-up that can't be made looks like absence: %v", err)
	}
}

func TestTrack(t *testing.T) {
	t.Parallel()
	pay := func(fields string) string { return `{"A.PYMNT_CNT":1,` + fields + `}` }
	for name, row := range map[string]struct {
		rows   map[string]string
		sent   time.Duration // ago
		stage  connector.Stage
		reason string
	}{
		"just sent":                                 {map[string]string{}, time.Hour, connector.StageSent, "accepted"},
		"nowhere for too long":                      {map[string]string{}, 49 * time.Hour, connector.StageLost, "48h0m0s"},
		"in the staging tables":                     {map[string]string{"JGR_VCHR_STAGE": voucherRow("J1", "I", "")}, 99 * time.Hour, connector.StageStaged, "waits"},
		"in pre-edit error":                         {map[string]string{"JGR_VCHR_PREEDIT": voucherRow("J1", "I", `,"A.ERRMSGTEXT":"invalid vendor "`)}, time.Hour, connector.StageRecycled, "pre-edit error: invalid vendor"},
		"in pre-edit error without words":           {map[string]string{"JGR_VCHR_PREEDIT": voucherRow("J1", "I", "")}, time.Hour, connector.StageRecycled, "Build Error Detail"},
		"recycled as a duplicate":                   {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"R","A.DUP_INVOICE_STATUS":"D"`)}, time.Hour, connector.StageRecycled, "duplicate"},
		"recycled for another reason":               {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"R","A.DUP_INVOICE_STATUS":"N","A.ERRMSGTEXT":"closed period"`)}, time.Hour, connector.StageRecycled, "closed period"},
		"deleted":                                   {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"X"`)}, time.Hour, connector.StageRecycled, "deleted"},
		"built":                                     {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus)}, time.Hour, connector.StageBuilt, ""},
		"built, of a status that is the site's own": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"Q"`)}, time.Hour, connector.StageBuilt, ""},
		"built, matched and not approved":           {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"P","A.MATCH_STATUS_VCHR":"M","A.APPR_STATUS":"P"`)}, time.Hour, connector.StageBuilt, "is matched; waits for approval"},
		"posted, matched and approved":              {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"P","A.MATCH_STATUS_VCHR":"M","A.APPR_STATUS":"A","A.POST_STATUS_AP":"P"`)}, time.Hour, connector.StagePosted, "is matched; is approved"},
		"built, its approval denied":                {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", `,"A.ENTRY_STATUS":"P","A.APPR_STATUS":"D"`)}, time.Hour, connector.StageBuilt, "approval was denied"},
		"built, with match exceptions":              {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.MATCH_STATUS_VCHR":"E"`)}, time.Hour, connector.StageBuilt, "match"},
		"posted":                                    {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"N"`)}, time.Hour, connector.StagePosted, ""},
		"posted, closed without a payment":          {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P","A.CLOSE_STATUS":"C"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"C"`)}, time.Hour, connector.StagePosted, "is closed"},
		"posted, payment on hold": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"N","A.PYMNT_HOLD":"Y","A.PYMNT_HOLD_REASON":"AMT"`)},
			time.Hour, connector.StagePosted, "hold AMT"},
		"paid": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"P","B.PYMNT_STATUS":"P","B.PYMNT_DT":"2026-05-01","B.PYMNT_METHOD":"ACH","B.PYMNT_ID_REF":"900123"`)},
			time.Hour, connector.StagePaid, "paid 2026-05-01 ACH 900123"},
		"paid outside PeopleSoft": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"E","B.PYMNT_STATUS":""`)}, time.Hour, connector.StagePaid, ""},
		"one of two paid": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"P","B.PYMNT_STATUS":"P"`) + "," + pay(`"A.PYMNT_SELCT_STATUS":"N"`)},
			time.Hour, connector.StagePosted, ""},
		"paid, then voided": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"P","B.PYMNT_STATUS":"V","B.PYMNT_ID_REF":"7"`)},
			time.Hour, connector.StagePosted, "voided"},
		"voided, scheduled and paid again": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"P","A.PAID_AMT":"20.00","B.PYMNT_STATUS":"V","B.PYMNT_ID_REF":"7"`) +
			"," + pay(`"A.PYMNT_SELCT_STATUS":"P","A.PAID_AMT":"20.0","B.PYMNT_STATUS":"P","B.PYMNT_ID_REF":"8"`)}, time.Hour, connector.StagePaid, "7 was voided or stopped; paid   8"},
		"one of two voided": {map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay(`"A.PYMNT_SELCT_STATUS":"P","A.PAID_AMT":"20.00","B.PYMNT_STATUS":"V","B.PYMNT_ID_REF":"7"`) +
			"," + pay(`"A.PYMNT_SELCT_STATUS":"P","A.PAID_AMT":"30","B.PYMNT_STATUS":"P","B.PYMNT_ID_REF":"8"`)}, time.Hour, connector.StagePosted, "7 was voided or stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := map[string]string{"JGR_VCHR_BY_ID": "", "JGR_VCHR_PREEDIT": "", "JGR_VCHR_STAGE": "", "JGR_PAYMENT": ""}
			for k, v := range row.rows {
				rows[k] = v
			}
			life, err := open(t, byQuery(rows)).Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: "US001/J1", Sent: testNow.Add(-row.sent)})
			if err != nil || life.Stage != row.stage || !strings.Contains(life.Reason, row.reason) || !life.At.Equal(testNow) {
				t.Errorf("%+v, %v; want %s with %q", life, err, row.stage, row.reason)
			}
		})
	}
}

// TestTrackTellsHowItWasPaid: two payments count as their sum, under both numbers, as of the later day.
func TestTrackTellsHowItWasPaid(t *testing.T) {
	t.Parallel()
	pay := func(n, amount, day, number string) string {
		return `{"A.PYMNT_CNT":` + n + `,"A.PYMNT_SELCT_STATUS":"P","A.PAID_AMT":"` + amount + `","A.CURRENCY_PYMNT":"USD","B.PYMNT_STATUS":"P","B.PYMNT_DT":"` + day + `","B.PYMNT_METHOD":"ACH","B.PYMNT_ID_REF":"` + number + `"}`
	}
	rows := map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`), "JGR_PAYMENT": pay("2", "3.8", "2026-03-20", "900124") + "," + pay("1", "440.00", "2026-03-19", "900123")}
	life, err := open(t, byQuery(rows)).Track(t.Context(), connector.Track{Kind: connector.Invoice, ID: "US001/J1", Sent: testNow})
	want := connector.Payment{Method: "ACH", Number: "900123, 900124", Date: "2026-03-20", Amount: "443.8", Currency: "USD"}
	if err != nil || life.Number != "J1" || life.Payment == nil || *life.Payment != want {
		t.Errorf("%+v %+v, %v; want %+v", life, life.Payment, err, want)
	}
}

func TestTrackWithoutPaymentsToSee(t *testing.T) {
	t.Parallel()
	i := open(t, byQuery(map[string]string{"JGR_VCHR_BY_ID": voucherRow("J1", "I", builtStatus+`,"A.POST_STATUS_AP":"P"`)}))
	life, err := i.Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: "US001/J1"})
	if err != nil || life.Stage != connector.StagePosted || !strings.Contains(life.Reason, "can't be read") {
		t.Errorf("%+v, %v", life, err)
	}
	i = open(t, byQuery(map[string]string{"JGR_VCHR_BY_ID": ""}))
	if _, err = i.Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: "US001/J1", Sent: testNow.Add(-99 * time.Hour)}); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a voucher counts as lost though not every place can be seen: %v", err)
	}
}

// TestTrackWhileTheBuildRuns: the voucher leaves the staging tables between the first two questions.
func TestTrackWhileTheBuildRuns(t *testing.T) {
	t.Parallel()
	asked := 0
	f := &fakeCaller{answer: func(r connector.Request) (*connector.Response, error) {
		if queryOf(r.URL) == "JGR_VCHR_BY_ID" {
			if asked++; asked == 2 {
				return answerWith(200, "", `{"data":{"query":{"numrows":1,"rows":[`+voucherRow("J1", "I", builtStatus)+`]}}}`), nil
			}
		}
		return answerWith(200, "", noRows), nil
	}}
	life, err := open(t, f).Track(context.Background(), connector.Track{Kind: connector.Invoice, ID: "US001/J1", Sent: testNow.Add(-99 * time.Hour)})
	if err != nil || life.Stage != connector.StageBuilt {
		t.Errorf("%+v, %v", life, err)
	}
}
