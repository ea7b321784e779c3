package peoplesoft

import (
	"context"
	"strings"
	"testing"

	connector "ml-connector"
)

// A business unit may use the suppliers of another SETID than SHARE: what is written says so, or is refused.
func TestTheSetidOfABusinessUnitsSuppliers(t *testing.T) {
	t.Parallel()
	without := func(d connector.Document) connector.Document { delete(d, "VENDOR_SETID"); return d }
	for name, row := range map[string]struct {
		kind   connector.Kind
		d      connector.Document
		setid  doc
		sent   string // "" = the request holds no VENDOR_SETID
		refuse bool
	}{
		"nothing is said, the Link's is sent":               {connector.PurchaseOrder, orderDocument(), doc{}, "SHARE", false},
		"it is the Link's":                                  {connector.PurchaseOrder, orderDocument(), doc{"vendor": doc{"US001": "SHARE"}}, "SHARE", false},
		"another one is refused":                            {connector.PurchaseOrder, orderDocument(), doc{"vendor": doc{"US001": "WEST"}}, "", true},
		"that of another unit does not count":               {connector.PurchaseOrder, orderDocument(), doc{"vendor": doc{"US002": "WEST"}}, "SHARE", false},
		"one for all units":                                 {connector.PurchaseOrder, without(orderDocument()), doc{"vendor": doc{"*": "ALL", "US002": "WEST"}}, "ALL", false},
		"a voucher is not told where nothing is said":       {connector.Invoice, voucherDocument(), doc{}, "", false},
		"a voucher is told, its unit in small letters":      {connector.Invoice, voucherDocument(), doc{"vendor": doc{"US001": "WEST"}}, "WEST", false},
		"accounts of another SETID are no supplier's":       {connector.Invoice, voucherDocument(), doc{"account": doc{"US001": "WEST"}}, "", false},
		"a voucher whose mapping names another is not sent": {connector.Invoice, func() connector.Document { d := voucherDocument(); d["VENDOR_SETID"] = "SHARE"; return d }(), doc{"vendor": doc{"US001": "WEST"}}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := always(200, "text/xml", savedOrder)
			if row.kind == connector.Invoice {
				f = always(200, "text/xml", accepted200)
			}
			_, err := open(t, f, "profile.setid", row.setid).Write(context.Background(), connector.Write{Kind: row.kind, Operation: connector.OpCreate, Document: row.d})
			if row.refuse {
				if connector.CodeOf(err) != connector.Invalid || f.count() != 0 || !strings.Contains(err.Error(), "WEST") {
					t.Errorf("%d calls, %v", f.count(), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body := string(f.last().Body)
			if strings.Contains(body, "VENDOR_SETID") != (row.sent != "") || !strings.Contains(body, "VENDOR_SETID>"+row.sent) && row.sent != "" {
				t.Errorf("want %q in\n%s", row.sent, body)
			}
		})
	}
}

// A ChartField that the site requires is missed before anything is sent, in orders and vouchers alike.
func TestARequiredChartField(t *testing.T) {
	t.Parallel()
	i := open(t, always(200, "", ""), "profile.chartfields", []any{doc{"field": "DEPTID", "internal_name": "Department", "required": true}, doc{"field": "FUND_CODE", "internal_name": "Fund"},
		doc{"field": "UNI_CF", "internal_name": "Own", "required": true, "length": int64(4)}})
	for _, k := range []connector.Kind{connector.PurchaseOrder, connector.Invoice} {
		d := orderDocument()
		if k == connector.Invoice {
			d = voucherDocument()
		}
		var missed []string
		for _, p := range i.Kind(k).Schema.Check(d) {
			if strings.Contains(p.Field, "DIST") {
				missed = append(missed, p.Field[strings.LastIndexByte(p.Field, '.')+1:]+" "+p.Message)
			}
		}
		got := strings.Join(missed, "; ")
		if !strings.Contains(got, "UNI_CF is required") || strings.Contains(got, "FUND_CODE") || strings.Contains(got, "DEPTID") {
			t.Errorf("%s: %s", k, got)
		}
	}
}
