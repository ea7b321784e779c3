package e2e

import (
	"fmt"
	"testing"

	"ml-connector/jaggaer/jaggaersim"
)

// TestAnInactiveSupplierIsNotCreatedAndComesBack: what is inactive and never was linked stays where it is; what is linked is inactive on
// both sides, and active again.
func TestAnInactiveSupplierIsNotCreatedAndComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must := r.must
	status := func(vendor, is string) {
		must(r.site.PeopleSoft.EditVendor("SHARE", vendor, map[string]string{"VENDOR_STATUS": is}))
	}
	active := func(supplier string, is bool) {
		must(r.site.Jaggaer.Edit(jaggaersim.Supplier, supplier, map[string]any{"header": map[string]any{"active": fmt.Sprint(is)}}))
	}
	r.vendor("0000077011", "Manatee Gases", "55011")
	r.vendor("0000077012", "Porpoise Optics", "55012")
	status("0000077012", "I")
	grampus := r.registered("Grampus Catering", "Approved", "55013")
	active(grampus, false)
	says := func(when string, want map[string]string) {
		t.Helper()
		for word, is := range want {
			if got := r.has(word); got != is {
				t.Errorf("%s: %s: %s, expected %s", when, word, got, is)
			}
		}
	}
	manatee := func(when, want string) {
		t.Helper()
		for _, s := range r.site.Jaggaer.Suppliers() {
			if s.Text("erpNumber") == "0000077011" {
				if got := s.Text("active"); got != want {
					t.Errorf("%s: it is active %s in JAGGAER, expected %s", when, got, want)
				}
				return
			}
		}
		t.Errorf("%s: JAGGAER does not have it", when)
	}
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	says("at first", map[string]string{"MANATEE": "1 in PeopleSoft, 1 in JAGGAER", "PORPOISE": "1 in PeopleSoft, 0 in JAGGAER", "GRAMPUS": "0 in PeopleSoft, 1 in JAGGAER"})
	manatee("at first", "true")
	status("0000077011", "I")
	r.sync()
	manatee("inactivated", "false")
	status("0000077011", "A")
	status("0000077012", "A")
	active(grampus, true)
	r.sync()
	manatee("active again", "true")
	says("active again", map[string]string{"MANATEE": "1 in PeopleSoft, 1 in JAGGAER", "PORPOISE": "1 in PeopleSoft, 1 in JAGGAER", "GRAMPUS": "1 in PeopleSoft, 1 in JAGGAER"})
	r.settled()
}
