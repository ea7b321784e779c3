package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestASupplierIsStoppedThoughItsBankDetailsWait: what has new bank details waits for a second person; that it may not be used any more does
// not, and that it may be used again does.
func TestASupplierIsStoppedThoughItsBankDetailsWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	edit := func(fields map[string]string) {
		t.Helper()
		if err := r.site.PeopleSoft.EditVendor("SHARE", "0000077041", fields); err != nil {
			t.Fatal(err)
		}
	}
	account := func(number string) {
		t.Helper()
		if err := r.site.PeopleSoft.SetBankAccount("SHARE", "0000077041", "MAIN", "1", map[string]string{"COUNTRY": "USA", "BNK_ID_NBR": "021000021", "BANK_ACCOUNT_NUM": number}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(when, active, name string) {
		t.Helper()
		for _, s := range r.site.Jaggaer.Suppliers() {
			if s.Text("erpNumber") == "0000077041" {
				if s.Text("active") != active || s.Text("name") != name {
					t.Errorf("%s: it is %q, active %s, in JAGGAER; expected %q, %s", when, s.Text("name"), s.Text("active"), name, active)
				}
				return
			}
		}
		t.Errorf("%s: JAGGAER does not have it", when)
	}
	held := func(when string, want ...string) (id string) {
		t.Helper()
		for line := range strings.Lines(r.do([]int{0}, "delivery", "list", "--state", "held", "--flow", "suppliers-to-jaggaer", "-o", "csv")) {
			if strings.Contains(line, "SHARE/0000077041") && strings.Contains(line, "a second person approves this: bank account MAIN/1 changed, ending …8841 before and …8842 now") {
				for _, w := range want {
					if !strings.Contains(line, w) {
						t.Errorf("%s: it is not held with %q: %s", when, w, line)
					}
				}
				id, _, _ = strings.Cut(line, ",")
				return id
			}
		}
		t.Fatalf("%s: it does not wait for a second person:\n%s", when, r.do([]int{0}, "record", "history", "erp:supplier:SHARE/0000077041"))
		return ""
	}
	r.vendor("0000077041", "Stingray Tubes", "55041")
	account("5550018841")
	r.configure("profile: {bu:", "profile: {read: {bank_accounts: true}, bu:")
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	r.sync()
	is("at first", "true", "Stingray Tubes")

	account("5550018842")
	edit(map[string]string{"NAME1": "Stingray Tubes Two"})
	r.sync()
	held("its account changed")
	is("its account changed", "true", "Stingray Tubes")

	edit(map[string]string{"VENDOR_STATUS": "I"})
	var plan struct {
		Plan []struct {
			Record    struct{ ID string }
			Operation string
			Changes   []struct{ Field, Old, New string }
		}
	}
	if err := json.Unmarshal([]byte(r.do([]int{0, 3}, "sync", "suppliers-to-jaggaer", "--dry-run", "-o", "json")), &plan); err != nil {
		t.Fatal(err)
	}
	for _, row := range plan.Plan {
		if row.Record.ID == "SHARE/0000077041" && (row.Operation != "update" || len(row.Changes) != 1 || row.Changes[0].Field != "Active") {
			t.Errorf("the dry run says %+v", row)
		}
	}
	r.sync()
	id := held("inactivated", "sent without it, since it is not to be used any more: Active")
	is("inactivated", "false", "Stingray Tubes")
	r.do([]int{3}, "delivery", "replay", id)
	held("replayed")
	is("replayed", "false", "Stingray Tubes")

	edit(map[string]string{"VENDOR_STATUS": "A"})
	r.sync()
	id = held("in use again")
	is("in use again", "false", "Stingray Tubes")
	r.do([]int{0}, "delivery", "approve", id)
	is("approved", "true", "Stingray Tubes Two")
	r.settled()
}
