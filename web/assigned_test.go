package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// TestWhatIsHeldIsSomebodys gives one to a person and all of a cause to another, notes something, and looks for mine.
func TestWhatIsHeldIsSomebodys(t *testing.T) {
	t.Parallel()
	s := closed(t)
	b := s.as("op", people.Operator)
	s.as("m.clerk", people.Viewer)
	held := s.delivery(connector.Invoice, "5001-refused-"+hostile)
	at := fmt.Sprintf("/deliveries/%d", held)
	for _, step := range []struct{ path, field, value, says string }{
		{at + "/assign", "to", "me", "You see to it."},
		{at + "/assign", "to", "m.clerk", "m.clerk sees to it."},
		{at + "/note", "text", "asked " + hostile, "asked &lt;script&gt;"},
	} {
		w := b.ask(step.path, url.Values{step.field: {step.value}})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", step.path, w.Code, w.Body)
		}
		html := b.ask(w.Header().Get("Location"), nil).Body.String()
		checkHTML(t, step.path, html)
		if !strings.Contains(html, step.says) {
			t.Errorf("%s does not say %q", step.path, step.says)
		}
	}
	if w := b.ask(at+"/assign", url.Values{"to": {"nobody.known"}}); w.Code != http.StatusNotFound {
		t.Errorf("to somebody unknown: %d", w.Code)
	}
	if w := b.ask("/held/assign", seenPreview(t, s)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("to nobody named: %d", w.Code)
	}
	form := seenPreview(t, s)
	form.Set("to", "me")
	if w := b.ask("/held/assign", form); w.Code != http.StatusSeeOther || !strings.Contains(b.ask("/held", nil).Body.String(), "You see to "+form.Get("count")+" deliveries now.") {
		t.Errorf("a whole cause: %d %s", w.Code, w.Body)
	}
	for path, says := range map[string]string{
		"/held?assigned=me": form.Get("count") + " deliveries need a person, for 1 cause.", "/held?assigned=m.clerk": "1 delivery needs a person, for 1 cause.",
		"/held?assigned=nobody.known": "Nothing waits for nobody.known.", "/deliveries?assigned=m.clerk": "<h1>1 delivery</h1>",
	} {
		if html := b.ask(path, nil).Body.String(); !strings.Contains(html, says) {
			t.Errorf("%s does not say %q", path, says)
		}
	}
}

// TestAListIsTakenAwayWhole as CSV, in which no name from outside is a formula.
func TestAListIsTakenAwayWhole(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	s.far.steps = nil
	s.invoice("=1+1", "v99", "77.00", "USD", 1)
	s.sync("invoices")
	w := s.get("/deliveries/export?flow=invoices&before=3")
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d, %v", w.Code, err)
	}
	if len(rows) != 23 {
		t.Errorf("%d rows", len(rows))
	}
	formula := false
	for _, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("%q is a formula", cell)
			}
			formula = formula || cell == "'=1+1"
		}
	}
	if !formula {
		t.Error("the name that looks like one is not there")
	}
	if w := s.get("/deliveries/export?state=lost"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a state that is none: %d", w.Code)
	}
}

// TestABulkDeedTellsWhatBecameOfEach: its page counts by state, lists by state, and is found again by its address.
func TestABulkDeedTellsWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	form := seenPreview(t, s)
	w := s.browser().ask("/held/replay", form)
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/held/done?") {
		t.Fatalf("%d to %s", w.Code, to)
	}
	n := form.Get("count")
	if html := s.get(to).Body.String(); !strings.Contains(html, n+" deliveries sent again") || !strings.Contains(html, n+" still on their way.") {
		t.Error("before it is sent it does not say so")
	}
	if html := s.get(to + "&state=held").Body.String(); strings.Contains(html, "<td") {
		t.Error("a state that none has lists some")
	}
	s.far.steps = nil // it is well again
	s.sync("invoices")
	html := s.get(to).Body.String()
	checkHTML(t, "done", html)
	if !strings.Contains(html, "Each has come to rest.") || !strings.Contains(html, "<b>"+n+"</b> held") {
		t.Errorf("after it: %s", regexp.MustCompile(`<p class="lead">.*`).FindString(html))
	}
	if html := s.get(to + "&state=held").Body.String(); !strings.Contains(html, "combination of accounts") {
		t.Error("those that are held are not listed")
	}
	for _, bad := range []string{"/held/done", "/held/done?what=replay&by=x&after=1&until=2", to + "&state=lost"} {
		if w := s.get(bad); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

// TestACauseIsMendedWhereItStands: a value without a row gets its counterpart on the page Held.
func TestACauseIsMendedWhereItStands(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	s.far.steps = nil
	for n := range 3 {
		s.invoiceOn(fmt.Sprintf("60%02d", n), "NET <30>")
	}
	s.sync("invoices")
	html := s.get("/held").Body.String()
	checkHTML(t, "held", html)
	if !strings.Contains(html, `name="left" value="NET &lt;30&gt;"`) && !strings.Contains(html, `name="right" value="NET &lt;30&gt;"`) {
		for _, m := range regexp.MustCompile(`<h2 id="h-.*`).FindAllString(html, -1) {
			t.Log(m)
		}
		t.Fatal("it does not ask for a counterpart")
	}
	side, other := "right", "left" // far sorts before north, and the value is north's
	w := s.browser().ask("/crosswalks/terms/rows", url.Values{side: {"NET <30>"}, other: {"N30"}, "back": {"held"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/held" {
		t.Errorf("%d to %s %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if html := s.get("/held").Body.String(); strings.Contains(html, "NET &lt;30&gt;") {
		t.Error("it still asks")
	}
}
