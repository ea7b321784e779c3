package e2e

import (
	"fmt"
	"strings"
	"testing"

	"ml-connector/jaggaer/jaggaersim"
)

// TestChangedBankDetailsWaitForASecondPerson in either system: held, shown by their last four characters alone, until somebody approves.
func TestChangedBankDetailsWaitForASecondPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must := r.must
	r.vendor("0000077005", "Dugong Chemicals", "55005")
	seal := r.registered("Seal Trading", "Approved", "55006")
	paid := func(account string) {
		must(r.site.PeopleSoft.SetBankAccount("SHARE", "0000077005", "MAIN", "1", map[string]string{"COUNTRY": "USA", "BNK_ID_NBR": "021000021", "BANK_ACCOUNT_NUM": account}))
		must(r.site.Jaggaer.Edit(jaggaersim.Supplier, seal, map[string]any{"accountsPayableList": map[string]any{"accountsPayable": []any{map[string]any{"type": "DirectDeposit", "erpNumber": "", "name": "ACH", "active": "true",
			"bankAccount": map[string]any{"type": "Checking", "bankName": "Example Bank", "routingNumber": "021000021", "bankAccountNumber": account, "isoCountryCode": "USA"}}}}}))
	}
	paid("5550017731")
	r.configure("profile: {bu:", "profile: {read: {bank_accounts: true}, bu:")
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.sync()
	r.sync() // what was created is read back
	waits := func() (ids []string) {
		for line := range strings.Lines(r.do([]int{0}, "delivery", "list", "--state", "held", "-o", "csv")) {
			if id, rest, _ := strings.Cut(line, ","); strings.Contains(rest, "a second person approves this") {
				ids = append(ids, id)
			}
		}
		return ids
	}
	if ids := waits(); len(ids) > 0 {
		t.Fatalf("before anything changed %v wait:\n%s", ids, r.do([]int{0}, "delivery", "list", "--state", "held"))
	}
	paid("5550019942")
	r.sync()
	held := r.do([]int{0}, "delivery", "list", "--state", "held", "-o", "csv")
	for _, want := range []string{"bank account MAIN/1 changed, ending …7731 before and …9942 now", "bank account ACH changed, ending …7731 before and …9942 now"} {
		if strings.Count(held, want) != 1 {
			t.Errorf("it is not held once with %q:\n%s", want, held)
		}
	}
	ids := waits()
	r.do([]int{3}, append([]string{"delivery", "replay"}, ids[0])...)
	if got := waits(); len(got) != len(ids) || len(ids) != 2 {
		t.Fatalf("%v wait, and after a replay %v; expected the same two", ids, got)
	}
	r.do([]int{4}, "delivery", "approve", ids[0])            // who replayed it is the first person
	r.do([]int{0}, "delivery", "approve", "--state", "held") // all that wait: passes over it
	if got := waits(); fmt.Sprint(got) != fmt.Sprint(ids[:1]) {
		t.Errorf("after the approval %v wait, expected %v", got, ids[:1])
	}
	r.sync()
	if got := waits(); fmt.Sprint(got) != fmt.Sprint(ids[:1]) {
		t.Errorf("after the next sync %v wait, expected %v", got, ids[:1])
	}
	r.do([]int{0}, "audit", "list", "-o", "json")
	r.do([]int{0}, "export")
	for _, secret := range []string{"5550017731", "5550019942", "021000021"} {
		if strings.Contains(r.said.String(), secret) {
			t.Errorf("something shows %s", secret)
		}
	}
}
