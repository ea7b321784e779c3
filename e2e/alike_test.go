package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// vendor is a vendor that somebody typed into PeopleSoft.
func (r *rig) vendor(id, name, postal string) {
	r.site.PeopleSoft.PutVendor(sample.Supplier{VendorID: id, ShortName: name[:4], Name1: name, Status: "A", Class: "R", Persistence: "R", PrimaryAddress: 1, DefaultLocation: "MAIN",
		Addresses: []sample.Address{{Sequence: 1, Effective: "2015-01-01", Status: "A", Line1: "1 Whale Road", City: "Fairhaven", State: "MN", Postal: postal, Country: "USA"}},
		Locations: []sample.Location{{ID: "MAIN", Effective: "2015-01-01", Status: "A", Currency: "USD", Terms: "NET30", Dispatch: "PRN", PaymentMethod: "CHK"}}})
}

// registered is a supplier that registered itself in JAGGAER.
func (r *rig) registered(name, status, postal string) string {
	return fmt.Sprint(r.site.Jaggaer.Register(sample.Registration{Name: name, Country: "US", Currency: "USD", Status: status, Active: true,
		Addresses: []sample.Address{{Sequence: 1, Line1: "PO Box 9", City: "Fairhaven", State: "MN", Postal: postal, Country: "USA"}}}))
}

// has says how many vendors and suppliers have a word in their name.
func (r *rig) has(word string) string {
	vendors, suppliers := 0, 0
	for _, v := range r.site.PeopleSoft.Vendors() {
		if strings.Contains(strings.ToUpper(v.Get("NAME1")), word) {
			vendors++
		}
	}
	for _, s := range r.site.Jaggaer.Suppliers() {
		if strings.Contains(strings.ToUpper(s.Text("name")), word) {
			suppliers++
		}
	}
	return fmt.Sprintf("%d in PeopleSoft, %d in JAGGAER", vendors, suppliers)
}

// configure changes the configuration file.
func (r *rig) configure(old, now string) {
	r.t.Helper()
	path := filepath.Join(r.dir, "ml-connector.yaml")
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		r.t.Fatalf("%v; the configuration has no %q:\n%s", err, old, text)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, now, 1)), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// TestOneCompanyUnderTwoNumbersIsOfferedAndNeverDoubled: both systems have it, each under its own number, spelled in its own way. A
// person links the two, or says that they are two; with the same tax number nobody is asked.
func TestOneCompanyUnderTwoNumbersIsOfferedAndNeverDoubled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.vendor("0000077001", "Whalebone Scientific Supply Inc", "55001")
	r.vendor("0000077002", "Narwhal Marine Laboratories", "55002")
	r.vendor("0000077003", "Beluga Optics LLC", "55003")
	r.vendor("0000077004", "Orca Freight", "55004")
	whalebone := r.registered("WHALEBONE SCIENTIFC SUPPLY", "Approved", "55001")
	narwhal := r.registered("Narwhal Marine Labs", "Pending Approval", "55002")
	beluga := r.registered("Beluga Optik", "Approved", "10001")
	r.registered("Orca Instruments", "Approved", "55004")
	must := r.must
	must(r.site.PeopleSoft.SetTaxNumber("SHARE", "0000077003", "FED", "86-4213977"))
	must(r.site.Jaggaer.Edit(jaggaersim.Supplier, beluga, map[string]any{"header": map[string]any{"taxIdentificationNumber": "864213977"}}))
	r.configure("profile: {bu:", "profile: {read: {tax_numbers: true}, bu:")
	for _, flow := range []string{"suppliers-to-peoplesoft", "suppliers-to-jaggaer"} { // a site that would rather wait
		own := regexp.MustCompile(`, likely: (same|never)}`).ReplaceAllString(r.do([]int{0}, "mapping", "print", flow), "}")
		must(os.WriteFile(filepath.Join(r.dir, flow+".yaml"), []byte(own), 0o600))
		r.configure("  "+flow+": {", "  "+flow+": {file: "+flow+".yaml, ")
	}
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	held := r.do([]int{0}, "delivery", "list", "--state", "held", "-o", "csv")
	for _, want := range []string{whalebone + ",1,held,0,conflict,\"the target may hold it already, linked to nothing: SHARE/0000077001 (0.9", "SHARE/0000077002,1,held,0,conflict,the target may hold it already, linked to nothing: " + narwhal} {
		if !strings.Contains(strings.ReplaceAll(held, "\"", ""), strings.ReplaceAll(want, "\"", "")) {
			t.Errorf("what is held does not say %q:\n%s", want, held)
		}
	}
	for word, want := range map[string]string{"WHALEBONE": "1 in PeopleSoft, 1 in JAGGAER", "NARWHAL": "1 in PeopleSoft, 1 in JAGGAER", "BELUGA": "1 in PeopleSoft, 1 in JAGGAER", "ORCA": "2 in PeopleSoft, 2 in JAGGAER"} {
		if got := r.has(word); got != want {
			t.Errorf("%s: %s, expected %s", word, got, want)
		}
	}
	shown := r.do([]int{0}, "record", "show", "s2p:supplier:"+beluga)
	if !strings.Contains(shown, "SHARE/0000077003") {
		t.Errorf("the one with the same tax number is not linked:\n%s", shown)
	}
	r.do([]int{0}, "link", "s2p:supplier:"+whalebone, "erp:supplier:SHARE/0000077001")
	r.do([]int{0}, "link", "--not", "s2p:supplier:"+narwhal, "erp:supplier:SHARE/0000077002")
	r.sync()
	r.sync() // what JAGGAER was given is read back
	for word, want := range map[string]string{"WHALEBONE": "1 in PeopleSoft, 1 in JAGGAER", "NARWHAL": "1 in PeopleSoft, 2 in JAGGAER"} {
		if got := r.has(word); got != want {
			t.Errorf("after a person spoke, %s: %s, expected %s", word, got, want)
		}
	}
	for _, s := range r.site.Jaggaer.Suppliers() {
		if id := fmt.Sprint(s.ID); id == whalebone && (s.Text("erpNumber") != "0000077001" || s.Text("name") != "Whalebone Scientific Supply Inc") {
			t.Errorf("JAGGAER has %s as %q under %q: the two do not agree", id, s.Text("name"), s.Text("erpNumber"))
		}
	}
	r.do([]int{0}, "audit", "verify")
	r.settled()
	for _, secret := range []string{"864213977", "86-4213977"} {
		if strings.Contains(r.said.String(), secret) {
			t.Errorf("something shows the tax number %s", secret)
		}
	}
}
