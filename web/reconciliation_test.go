package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/people"
	"ml-connector/store"
)

// TestWhatAReconciliationFoundIsOnItsPage: both sums of each currency beside each other, and the record behind each difference.
func TestWhatAReconciliationFoundIsOnItsPage(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.open(gate.Config{})
	s.apply(configured)
	s.invoice("1001", "v1", "443.80", "USD", 1)
	s.sync("invoices")
	found := app.ReconciledFlow{Flow: "invoices", At: s.now(), Since: start.AddDate(0, 0, -31), By: "user:olga", Matched: 2, Missing: 1, Different: 1, Foreign: 3,
		Source: []app.SideSum{{Currency: "EUR", Records: 1, Total: "10.00"}, {Currency: "USD", Records: 2, Total: "1443.80"}},
		Target: []app.SideSum{{Currency: "EUR", Records: 1, Total: "10.00"}, {Currency: "USD", Records: 1, Total: "1000.00"}},
		Differences: []app.Difference{{Record: connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: "1001"}, Kind: "missing", Source: "443.80 USD", State: connector.Held, New: true, Error: &app.Error{Message: hostile}},
			{Record: connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: hostile}, Kind: "different", Field: "TERMS", Source: hostile, Target: "N30"}}}
	text, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	err = s.app.DB.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.KeepReconciliation(store.Reconciliation{Flow: "invoices", Since: found.Since, Actor: found.By, Text: text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	auditor, vera := s.as("ada", people.Auditor), s.as("vera", people.Viewer)
	page := auditor.ask("/reconciliations", nil).Body.String()
	checkHTML(t, "reconciliations", page)
	for _, want := range []string{"<h1>2 differences</h1>", "by user:olga", "/records/s2p/invoice/1001", `>1,443.80 <abbr`, `>1,000.00 <abbr`, "Hold them against each other"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if agree, differ := strings.Count(page, "agrees</span>"), strings.Count(page, "differs</span>"); agree != 1 || differ != 1 {
		t.Errorf("%d currencies agree, %d differ", agree, differ)
	}
	if page := vera.ask("/reconciliations", nil).Body.String(); strings.Contains(page, `action="/reconciliations"`) || !strings.Contains(page, "2 differences") {
		t.Error("a viewer is offered to read both sides, or does not see what was found")
	}
	for name, row := range map[string]struct {
		form   url.Values
		status int
		says   string
	}{
		"a time that is none":              {url.Values{"since": {"soon"}}, http.StatusUnprocessableEntity, "is no time"},
		"a flow that there is not":         {url.Values{"flow": {"none"}}, http.StatusNotFound, "none"},
		"a System that can't be looked in": {url.Values{"flow": {"suppliers"}}, http.StatusUnprocessableEntity, "has no look-up"},
	} {
		if w := auditor.ask("/reconciliations", row.form); w.Code != row.status || !strings.Contains(w.Body.String(), row.says) {
			t.Errorf("%s: %d, expected %d with %q", name, w.Code, row.status, row.says)
		}
	}
}
