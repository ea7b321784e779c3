package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/gate"
	"ml-connector/people"
)

// TestAPlanIsSavedApprovedAndCarriedOutOnPages: one person makes it, another approves it, and what it says is what is written.
func TestAPlanIsSavedApprovedAndCarriedOutOnPages(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.open(gate.Config{})
	s.apply(configured)
	s.supplier("v1", hostile)
	s.supplier("v2", long)
	olga, anna, vera := s.as("olga", people.Operator), s.as("anna", people.Approver), s.as("vera", people.Viewer)
	form := url.Values{"name": {"go-live"}, "flow": {"suppliers"}}
	if w := olga.ask("/plans", form); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/plans/go-live" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if s.far.calls != 0 {
		t.Errorf("a dry run wrote %d times", s.far.calls)
	}
	page := olga.ask("/plans/go-live", nil).Body.String()
	checkHTML(t, "plan", page)
	for _, want := range []string{"2 to be created", "waits for a second person", "s2p v1", "It is saved"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the maker lacks %q", want)
		}
	}
	if page := vera.ask("/plans/go-live", nil).Body.String(); strings.Contains(page, `action="/plans/`) {
		t.Error("a viewer is offered to do something")
	}
	if page := anna.ask("/plans/go-live", nil).Body.String(); !strings.Contains(page, "Approve 2 writes") {
		t.Error("the approver is not offered to approve")
	}
	if w := olga.ask("/plans/go-live/run", url.Values{}); w.Code != http.StatusForbidden {
		t.Errorf("a plan that nobody approved is carried out: %d", w.Code)
	}
	if w := anna.ask("/plans/go-live/approve", url.Values{}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := olga.ask("/plans/go-live/run", url.Values{}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	page = olga.ask("/plans", nil).Body.String()
	checkHTML(t, "plans", page)
	if !strings.Contains(page, "done") || !strings.Contains(page, "by user:anna") || !strings.Contains(page, "It is carried out.") {
		t.Error("the list does not say that it is carried out, and who approved it")
	}
	for _, id := range []string{"v1", "v2"} {
		p, err := s.app.RecordPage(t.Context(), connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: id}, 0)
		if err != nil || p.Focus.State != connector.Delivered {
			t.Errorf("%s is %v: %v", id, p.Focus, err)
		}
	}
	for name, row := range map[string]struct {
		path   string
		form   url.Values
		status int
	}{
		"without a name":                {"/plans", url.Values{"name": {" "}}, http.StatusUnprocessableEntity},
		"a name that is there":          {"/plans", form, http.StatusConflict},
		"a time that is none":           {"/plans", url.Values{"name": {"x"}, "since": {"soon"}}, http.StatusUnprocessableEntity},
		"a flow that there is not":      {"/plans", url.Values{"name": {"x"}, "flow": {"none"}}, http.StatusNotFound},
		"to end what is done":           {"/plans/go-live/end", url.Values{}, http.StatusConflict},
		"to carry out what is done":     {"/plans/go-live/run", url.Values{}, http.StatusConflict},
		"to carry out what there isn't": {"/plans/none/run", url.Values{}, http.StatusNotFound},
	} {
		if w := olga.ask(row.path, row.form); w.Code != row.status {
			t.Errorf("%s: %d, expected %d", name, w.Code, row.status)
		}
	}
}

// TestWhoSavesAPlanDoesNotApproveIt, not even with both rights.
func TestWhoSavesAPlanDoesNotApproveIt(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.open(gate.Config{})
	s.apply(configured)
	s.supplier("v1", "Acme Laboratory Supply")
	ada := s.as("ada", people.Admin)
	if w := ada.ask("/plans", url.Values{"name": {"mine"}, "flow": {"suppliers"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if page := ada.ask("/plans/mine", nil).Body.String(); !strings.Contains(page, "You saved it, so a second person approves it") || strings.Contains(page, "/plans/mine/approve") {
		t.Error("the maker is offered to approve")
	}
	if w := ada.ask("/plans/mine/approve", url.Values{}); w.Code != http.StatusForbidden {
		t.Errorf("the maker approves: %d", w.Code)
	}
}
