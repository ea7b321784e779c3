package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheLifeOfAnInvoice: what the gateway took is built, recycled, corrected, posted and paid at PeopleSoft; each `sync` sees
// it, a person finds it on the record, and JAGGAER is told of the payment.
func TestTheLifeOfAnInvoice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	ps := r.site.PeopleSoft
	must := r.must
	staged := ps.Staged()
	if len(staged) == 0 {
		t.Fatal("no voucher was staged")
	}
	unit, id := staged[0].Get("BUSINESS_UNIT"), staged[0].Get("VOUCHER_ID")
	shows := func(when, besides string, want ...string) {
		t.Helper()
		got := r.sync("invoices").Besides
		if b := fmt.Sprint(got != nil && got.Delivered > 0, got != nil && got.Held > 0); b != besides {
			t.Errorf("%s: sync says %+v of what earlier Runs read; expected some delivered, some held to be %s", when, got, besides)
		}
		page := r.do([]int{0}, "record", "show", id)
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the record does not show %q:\n%s", when, w, page)
			}
		}
	}
	shows("when the gateway has it", "false false", id, "staged")
	ps.Build()
	must(ps.Recycle(unit, id, "Chartfield combination is not valid"))
	shows("when it is recycled", "false true", "held", "recycled", "Chartfield combination is not valid")
	must(ps.Correct(unit, id))
	shows("when it is built", "true false", "delivered", "built")
	must(ps.Post(unit, id))
	must(ps.Pay(unit, id))
	shows("when it is paid", "false false", "paid", "erp:payment:"+unit+"/"+id+"/payment")
	paid := 0
	for _, p := range r.site.Jaggaer.Payments() {
		if p["paymentStatus"] == "Paid" && p["externalReference"] == unit+"-"+id {
			paid++
		}
	}
	if paid != 1 {
		t.Errorf("JAGGAER knows %d payments of %s: %v", paid, id, r.site.Jaggaer.Payments())
	}
}
