package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/sample"
)

// bill is an invoice of a JAGGAER supplier, without an order.
func (r *rig) bill(supplier, number string) {
	r.t.Helper()
	now := time.Now()
	for _, v := range sample.New(3, sample.Small(), now).Invoices {
		if v.Note != "" || len(v.Lines) == 0 || v.Lines[0].OrderNumber != "" {
			continue
		}
		v.Number, v.SupplierNumber, v.Created, v.Updated = number, number, now, now
		if _, err := r.site.Jaggaer.AddInvoice(supplier, v); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	r.t.Fatal("the sample has no plain invoice")
}

// vendorOf is the vendor of the voucher with an invoice number, "" while there is none.
func (r *rig) vendorOf(number string) string {
	for _, v := range r.site.PeopleSoft.Staged() {
		if v.Get("INVOICE_ID") == number {
			return v.Get("VENDOR_ID")
		}
	}
	for _, v := range r.site.PeopleSoft.Vouchers() {
		if v.Get("INVOICE_ID") == number {
			return v.Get("VENDOR_ID")
		}
	}
	return ""
}

// ids are the supplier IDs and the ERP numbers of JAGGAER's suppliers with a word in their name.
func (r *rig) ids(word string) map[string]string {
	out := map[string]string{}
	for _, s := range r.site.Jaggaer.Suppliers() {
		if strings.Contains(strings.ToUpper(s.Text("name")), word) {
			out[s.Text("erpNumber")] = fmt.Sprint(s.ID)
		}
	}
	return out
}

// TestWhatNamesAMergedSupplierGoesByTheOneThatIsLeft: two vendors of PeopleSoft have become one. An invoice of the counterpart of the one
// that is no more is held while nobody has said so, and goes to the other once somebody has.
func TestWhatNamesAMergedSupplierGoesByTheOneThatIsLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must := r.must
	r.vendor("0000077021", "Pilot Instruments", "55021")
	r.vendor("0000077022", "Pilot Instruments Group", "55022")
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	pilots := r.ids("PILOT")
	if len(pilots) != 2 {
		t.Fatalf("JAGGAER has %v of the two", pilots)
	}
	must(r.site.PeopleSoft.EditVendor("SHARE", "0000077021", map[string]string{"VENDOR_STATUS": "I"}))
	r.bill(pilots["0000077021"], "PILOT-1")
	r.sync()
	if of := r.vendorOf("PILOT-1"); of != "" {
		t.Fatalf("the invoice of an inactive vendor went to %s", of)
	}
	if said := r.do([]int{0}, "delivery", "list", "--state", "held", "-o", "csv"); !strings.Contains(said, "is not in use at erp any more (SHARE/0000077021)") {
		t.Errorf("it is not held for that:\n%s", said)
	}
	r.do([]int{0}, "link", "--merged", "erp:supplier:SHARE/0000077021", "erp:supplier:SHARE/0000077022")
	r.sync()
	if of := r.vendorOf("PILOT-1"); of != "0000077022" {
		t.Errorf("after the merge the invoice is of vendor %q, expected 0000077022", of)
	}
	if got := r.has("PILOT"); got != "2 in PeopleSoft, 2 in JAGGAER" {
		t.Errorf("after the merge there are %s", got)
	}
	if shown := r.do([]int{0}, "record", "show", "erp:supplier:SHARE/0000077021"); !strings.Contains(shown, "merged into") {
		t.Errorf("the record does not say so:\n%s", shown)
	}
	r.do([]int{0}, "unlink", "erp:supplier:SHARE/0000077021", "erp:supplier:SHARE/0000077022")
	r.bill(pilots["0000077021"], "PILOT-2")
	r.sync()
	if of := r.vendorOf("PILOT-2"); of != "" {
		t.Errorf("once it was taken back the invoice went to %s", of)
	}
	r.settled()
}

// TestAMergedSupplierHandsItsCounterpartOver: a new vendor has the tax number of an old one, whose counterpart it takes over once somebody
// says that the two were merged; no second supplier comes of it. Before, it is told that it may be so.
func TestAMergedSupplierHandsItsCounterpartOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must := r.must
	r.vendor("0000077031", "Vaquita Lasers", "55031")
	must(r.site.PeopleSoft.SetTaxNumber("SHARE", "0000077031", "FED", "86-4213931"))
	r.configure("profile: {bu:", "profile: {read: {tax_numbers: true}, bu:")
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	vaquita := r.ids("VAQUITA")["0000077031"]
	must(r.site.Jaggaer.Edit(jaggaersim.Supplier, vaquita, map[string]any{"header": map[string]any{"taxIdentificationNumber": "864213931"}}))
	r.sync()
	r.vendor("0000077032", "Vaquita Lasers North America", "55032")
	must(r.site.PeopleSoft.SetTaxNumber("SHARE", "0000077032", "FED", "86-4213931"))
	r.sync()
	if said := r.do([]int{0}, "delivery", "list", "--state", "held"); !strings.Contains(said, "linked to another record here") {
		t.Errorf("the new one is not held:\n%s", said)
	}
	must(r.site.PeopleSoft.EditVendor("SHARE", "0000077031", map[string]string{"VENDOR_STATUS": "I"}))
	r.sync()
	if told := r.do([]int{0}, "record", "history", "erp:supplier:SHARE/0000077031"); !strings.Contains(told, "link --merged erp:supplier:SHARE/0000077031 erp:supplier:SHARE/0000077032") {
		t.Errorf("it is not told that the two may have been merged:\n%s", told)
	}
	r.do([]int{0}, "link", "--merged", "erp:supplier:SHARE/0000077031", "erp:supplier:SHARE/0000077032")
	r.sync()
	r.sync() // what JAGGAER was given is read back
	if got := r.has("VAQUITA"); got != "2 in PeopleSoft, 1 in JAGGAER" {
		t.Errorf("after the merge there are %s", got)
	}
	if why := r.do([]int{0}, "why", "SHARE/0000077031"); !strings.Contains(why, "was merged into SHARE/0000077032, and ") {
		t.Errorf("why says %s", why)
	}
	for _, s := range r.site.Jaggaer.Suppliers() {
		if fmt.Sprint(s.ID) == vaquita && (s.Text("erpNumber") != "0000077032" || s.Text("name") != "Vaquita Lasers North America" || s.Text("active") != "true") {
			t.Errorf("the counterpart is %q under %q, active %s", s.Text("name"), s.Text("erpNumber"), s.Text("active"))
		}
	}
	r.bill(vaquita, "VAQUITA-1")
	r.sync()
	if of := r.vendorOf("VAQUITA-1"); of != "0000077032" {
		t.Errorf("its invoice is of vendor %q, expected 0000077032", of)
	}
	r.settled()
}

// TestAMergeAtTheOtherSide: two suppliers of JAGGAER have become one there, and the one that is no more still has the vendor's number. The
// vendor can't go to the one that is left while it has: that is held, names the number and the remedy, and goes on once the
// number was moved.
func TestAMergeAtTheOtherSide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.vendor("0000077041", "Narwhal Optics", "55041")
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	old := r.ids("NARWHAL")["0000077041"]
	kept := r.registered("Narwhal Optics Worldwide", "In Progress", "55042")
	r.sync()
	r.do([]int{0}, "link", "--merged", "s2p:supplier:"+old, "s2p:supplier:"+kept)
	r.must(r.site.PeopleSoft.EditVendor("SHARE", "0000077041", map[string]string{"NAME1": "Narwhal Optics Worldwide"}))
	r.sync()
	says := "s2p has its number at " + old + ", and it is linked to " + kept + ": a write would change the wrong one"
	held := func(when string) {
		t.Helper()
		why := r.do([]int{0}, "why", "SHARE/0000077041")
		if !strings.Contains(why, says) || !strings.Contains(why, "take its numbers away from "+old+", from its addresses and payment methods too, and replay") {
			t.Errorf("%s: %s", when, why)
		}
		for _, s := range r.site.Jaggaer.Suppliers() {
			if fmt.Sprint(s.ID) == old && s.Text("name") != "Narwhal Optics" || fmt.Sprint(s.ID) == kept && s.Text("erpNumber") != "" {
				t.Errorf("%s: %d was changed: %q under %q", when, s.ID, s.Text("name"), s.Text("erpNumber"))
			}
		}
	}
	held("after the merge")
	if plan := r.do([]int{3}, "sync", "--dry-run", "--since", "7d", "-o", "csv", "suppliers-to-jaggaer"); !strings.Contains(plan, "SHARE/0000077041,hold,") || !strings.Contains(plan, says) {
		t.Errorf("a dry run does not say so:\n%s", plan)
	}
	r.do([]int{0, 3}, "delivery", "replay", "--state", "held", "--flow", "suppliers-to-jaggaer")
	held("sent again without mending it")
	r.must(r.site.Jaggaer.Edit(jaggaersim.Supplier, old, map[string]any{"header": map[string]any{"erpNumber": "", "active": "false"}, "addressList": map[string]any{"address": []any{}}, "accountsPayableList": map[string]any{"accountsPayable": []any{}}}))
	r.do([]int{0, 3}, "delivery", "replay", "--state", "held", "--flow", "suppliers-to-jaggaer")
	r.sync()
	for _, s := range r.site.Jaggaer.Suppliers() {
		if fmt.Sprint(s.ID) == kept && s.Text("erpNumber") != "0000077041" || fmt.Sprint(s.ID) == old && s.Text("active") != "false" {
			t.Errorf("after it was mended %d is %q under %q, active %s", s.ID, s.Text("name"), s.Text("erpNumber"), s.Text("active"))
		}
	}
	r.settled()
}
