package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/people"
)

// TestAMissingValueIsGivenOnThePage: what waits for a row is a to-do list, and filling it lets exactly those go on.
func TestAMissingValueIsGivenOnThePage(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.open(gate.Config{})
	s.apply(configured)
	s.supplier("v1", "Acme Laboratory Supply")
	s.sync("suppliers")
	for number, terms := range map[string]string{"7001": hostile, "7002": hostile, "7003": "N30"} {
		s.invoiceOn(number, terms)
	}
	s.sync("invoices")
	mapper, viewer := s.as("mia", people.Mapper), s.as("vera", people.Viewer)
	page := mapper.ask("/crosswalks", nil).Body.String()
	checkHTML(t, "crosswalks", page)
	for _, want := range []string{"2 values wait for a row", "Let 2 go on", "Let 1 go on", `name="right" value="N30"`, `>25.00 <abbr`, `>12.50 <abbr`} {
		if !strings.Contains(page, want) {
			t.Errorf("the list of crosswalks lacks %q", want)
		}
	}
	if page := viewer.ask("/crosswalks", nil).Body.String(); strings.Contains(page, "<form class=\"give\"") || !strings.Contains(page, "2 values wait for a row") {
		t.Error("a viewer is offered to give a value, or does not see what waits")
	}
	one := mapper.ask("/crosswalks/terms", nil).Body.String()
	checkHTML(t, "crosswalk", one)
	if !strings.Contains(one, "TERMS") || !strings.Contains(one, "Let 2 go on") {
		t.Error("the page of a crosswalk lacks the rule that looks it up, or what waits")
	}
	w := mapper.ask("/crosswalks/terms/rows", url.Values{"right": {hostile}, "left": {"NET30"}, "back": {"list"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/crosswalks" {
		t.Fatalf("%d %s %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	page = mapper.ask("/crosswalks", nil).Body.String()
	checkHTML(t, "crosswalks afterwards", page)
	if !strings.Contains(page, "2 deliveries go on by it") || !strings.Contains(page, "1 value waits for a row") || strings.Contains(page, "Let 2 go on") {
		t.Error("the list does not say what was done")
	}
	for number, want := range map[string]bool{"7001": false, "7002": false, "7003": true} {
		p, err := s.app.RecordPage(t.Context(), connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: number}, 0)
		if err != nil || (p.Focus.State == connector.Held) != want {
			t.Errorf("%s is %v: %v", number, p.Focus, err)
		}
	}
	if page := mapper.ask("/crosswalks/terms", nil).Body.String(); !strings.Contains(page, "NET30") || !strings.Contains(page, "by user:mia") {
		t.Error("the page lacks the row, or who set it")
	}
	for name, form := range map[string]url.Values{"without a counterpart": {"left": {"a"}}, "days that end before they begin": {"left": {"a"}, "right": {"b"}, "from": {"2026-05-02"}, "to": {"2026-05-01"}}} {
		if w := mapper.ask("/crosswalks/terms/rows", form); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// TestTheLedgerIsReadAndVerifiedOnItsPage: each part of it is shown once, a filter stays, damage is told, and the whole is for those who may.
func TestTheLedgerIsReadAndVerifiedOnItsPage(t *testing.T) {
	t.Parallel()
	s := closed(t)
	auditor, viewer := s.as("ada", people.Auditor), s.as("vera", people.Viewer)
	seen, parts := map[string]bool{}, 0
	for path := "/ledger?actor=engine"; path != ""; parts++ {
		page := auditor.ask(path, nil).Body.String()
		checkHTML(t, path, page)
		for _, row := range strings.Split(page, "<tr>")[2:] {
			number := row[:strings.Index(row, "</td>")]
			if seen[number] {
				t.Fatalf("%s is shown twice", number)
			}
			seen[number] = true
			if !strings.Contains(row, `class="id">engine</td>`) {
				t.Errorf("not of the engine: %.300s", row)
			}
		}
		_, rest, more := strings.Cut(page, `<p class="more"><a href="`)
		path, _, _ = strings.Cut(strings.ReplaceAll(rest, "&amp;", "&"), `"`)
		if !more {
			path = ""
		}
	}
	want := 0
	for _, e := range entries(t, s) {
		if e.Actor == "engine" {
			want++
		}
	}
	if len(seen) != want || parts < 2 {
		t.Errorf("%d entries in %d parts, expected %d", len(seen), parts, want)
	}
	if page := auditor.ask("/ledger?verify=now", nil).Body.String(); !strings.Contains(page, "entries fit their hashes") {
		t.Error("a ledger that is whole is not said to be")
	}
	if w := auditor.ask("/ledger/export", nil); w.Code != http.StatusOK || strings.Count(w.Body.String(), "\n") < want || w.Header().Get("Content-Disposition") == "" {
		t.Errorf("the export is %d with %d lines", w.Code, strings.Count(w.Body.String(), "\n"))
	} else if v, err := app.VerifyExport(w.Body, ""); err != nil || !v.OK {
		t.Errorf("the export does not verify: %+v %v", v, err)
	}
	if w := viewer.ask("/ledger/export", nil); w.Code != http.StatusForbidden {
		t.Errorf("a viewer's export is %d", w.Code)
	}
	if page := viewer.ask("/ledger", nil).Body.String(); strings.Contains(page, "/ledger/export") {
		t.Error("a viewer is offered the export")
	}
}
