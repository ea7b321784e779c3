package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/people"
)

// everyPage lists an address of each page over the ugly database.
func everyPage(s *site) map[string]string {
	return map[string]string{
		"overview":            "/",
		"held":                "/held",
		"flow":                "/flows/invoices",
		"flow tried":          "/flows/invoices?try=1002",
		"runs":                "/runs",
		"run":                 "/runs/2",
		"exchanges of a run":  "/runs/2/exchanges",
		"deliveries":          "/deliveries",
		"deliveries filtered": "/deliveries?state=held&flow=invoices&search=20",
		"delivery held":       fmt.Sprintf("/deliveries/%d", s.delivery(connector.Invoice, "5001-refused-"+hostile)),
		"delivery in doubt":   fmt.Sprintf("/deliveries/%d", s.delivery(connector.Invoice, "4001-lost")),
		"record":              "/records/s2p/invoice/1002",
		"record then":         "/records/s2p/invoice/1002?at=2026-03-02T07:00",
		"record before all":   "/records/s2p/invoice/1002?at=2020-01-01",
		"record hostile":      "/records/s2p/supplier/v2",
		"connection":          "/connections/erp",
		"connection pushing":  "/connections/s2p",
		"exchange":            "/exchanges/" + s.exchangeOf(connector.Invoice, "5001-refused-"+hostile),
		"search":              "/search?q=supplier",
		"search for nothing":  "/search?q=" + url.QueryEscape(hostile),
		"search empty":        "/search",
		"crosswalks":          "/crosswalks",
		"crosswalk":           "/crosswalks/terms",
		"dry runs":            "/plans",
		"reconciliations":     "/reconciliations",
		"ledger":              "/ledger",
		"settings":            "/settings",
		"ledger filtered":     "/ledger?action=delivery.&actor=engine&before=200",
		"ledger verified":     "/ledger?verify=now",
		"systems":             "/connect",
		"new connection":      "/connect/far",
		"change connection":   "/connections/erp/edit",
		"requirements":        "/connections/erp/requirements",
		"add flows":           "/connections/erp/flows",
		"held mine":           "/held?assigned=me",
		"nowhere":             "/nowhere/" + url.PathEscape(hostile),
	}
}

func (s *site) exchangeOf(kind connector.Kind, id string) string {
	s.t.Helper()
	p, err := s.app.RecordPage(s.t.Context(), connector.Record{Connection: "s2p", Kind: kind, ID: id}, 0)
	if err != nil || len(p.Exchanges) == 0 {
		s.t.Fatalf("%s has no exchange: %v", id, err)
	}
	return p.Exchanges[0].ID
}

func TestEveryPageIsWholeAndEscaped(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	for name, path := range everyPage(s) {
		w := s.get(path)
		want := http.StatusOK
		if name == "nowhere" {
			want = http.StatusNotFound
		}
		if w.Code != want {
			t.Errorf("%s: %s gave %d\n%s", name, path, w.Code, w.Body)
			continue
		}
		checkHTML(t, name, w.Body.String())
	}
}

// checkHTML holds what every page must have and must not.
func checkHTML(t *testing.T, name, html string) {
	t.Helper()
	for _, needed := range []string{"<!doctype html>", `<html lang="en">`, "<main id=\"main\"", `class="question"`, "<h1>", "</html>"} {
		if !strings.Contains(html, needed) {
			t.Errorf("%s lacks %s", name, needed)
		}
	}
	for what, pattern := range map[string]string{
		"a script that is not ours": `(?i)<script>|<script [^s]|<script src="[^/]|<script[^>]*>[^<]`, "an element of a name": `<b onmouseover`, "an inline style": `(?i)\sstyle=|<style`,
		"something from elsewhere": `(?:src|href)="(?:https?:)?//`, "a template's failure": `ZgotmplZ|<no value>|%!`,
	} {
		if found := regexp.MustCompile(pattern).FindString(html); found != "" {
			t.Errorf("%s has %s: %s", name, what, found)
		}
	}
	bare := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(html, "")
	if found := regexp.MustCompile(`(?i)<[a-z][^>]*\son[a-z]+=`).FindString(bare); found != "" {
		t.Errorf("%s has an inline handler: %s", name, found)
	}
	if n := strings.Count(html, "<h1>"); n != 1 {
		t.Errorf("%s has %d headings of the first rank", name, n)
	}
	ids := map[string]bool{}
	for _, found := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if ids[found[1]] {
			t.Errorf("%s has the id %s twice", name, found[1])
		}
		ids[found[1]] = true
	}
}

// TestEveryLinkLeadsSomewhere follows each link of each page one step.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	asked := map[string]bool{}
	for name, path := range everyPage(s) {
		html := s.get(path).Body.String()
		for _, found := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(html, -1) {
			to, _, _ := strings.Cut(strings.ReplaceAll(found[1], "&amp;", "&"), "#")
			if to == "" || asked[to] {
				continue
			}
			asked[to] = true
			if w := s.get(to); w.Code != http.StatusOK && w.Code != http.StatusSeeOther {
				t.Errorf("%s links to %s, which gives %d", name, to, w.Code)
			}
		}
	}
	if len(asked) < 100 {
		t.Errorf("only %d links were found", len(asked))
	}
}

func TestAnEmptyDatabaseHasDesignedPages(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	for path, says := range map[string]string{
		"/": "Nothing is set up yet", "/held": "Nothing needs a person", "/runs": "No run yet", "/deliveries": "Each version that a Flow reads will stand here",
		"/search?q=4711": "Nothing that was read has", "/crosswalks": "No crosswalk has a row yet", "/ledger?actor=nobody": "No entry fits", "/plans": "No dry run was saved yet", "/reconciliations": "Nobody has looked yet",
	} {
		w := s.get(path)
		checkHTML(t, path, w.Body.String())
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s gave %d without %q", path, w.Code, says)
		}
	}
}

func TestPagesSayWhatIsAskedOfThem(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	refused := fmt.Sprintf("/deliveries/%d", s.delivery(connector.Invoice, "5001-refused-"+hostile))
	for _, row := range []struct{ sentence, path, says string }{
		{"the overview begins with the answer", "/", "No: connection erp is not well, and 18 deliveries need a person."},
		{"causes are grouped by their words, not by their numbers", "/held", "<b>14</b> held"},
		{"money is added per currency", "/held", `4,432.50 <abbr class="currency">USD</abbr>`},
		{"and never across them", "/held", `4,437.50 <abbr class="currency">EUR</abbr>`},
		{"an error says what happened", refused, "A value is not in the list of valid values."},
		{"and quotes the system's own words", refused, "<q>Invalid value"},
		{"and says what to do", refused, "Create the value in Far Ledger, or map it to one that exists, then replay."},
		{"the raw exchange is one click away", refused, `href="/exchanges/far`},
		{"an in-doubt delivery is not called sent", fmt.Sprintf("/deliveries/%d", s.delivery(connector.Invoice, "4001-lost")), "whether it arrived"},
		{"history is told in sentences", refused, "Sent (create, attempt 1)"},
		{"and names what it led to", "/records/s2p/invoice/1001", "Delivered as US001/"},
		{"a run's parts sum up", "/runs/2", "The parts sum to what was read."},
		{"a long list says how many there are", "/deliveries", "50 of 86, the newest first"},
		{"times are exact on hover, in the zone of a connection too", "/", "CST at erp"},
		{"a connection shows which secrets are set", "/connections/erp", "set <time"},
		{"and which are not", "/connections/erp", "not set"},
		{"steps of the check are told with their hint", "/connections/erp", "Grant the query to the user."},
		{"a connection tells where its system is to push", "/connections/s2p", "POST https://YOUR-HOST/receive/s2p"},
		{"what came of a push, with the record", "/connections/s2p", `<a class="id" href="/records/s2p/invoice/1001">INV-1001</a></span></td><td data-label="What became of it">invoices: known already`},
		{"and of one that no flow reads", "/connections/s2p", "no flow reads it"},
		{"one that is not shown yet is looked for again", "/connections/s2p", "looked for 1 time, again <time"},
		{"one that just came is to be read", "/connections/s2p", "to be read"},
		{"its document is one click away", "/connections/s2p", `href="/exchanges/push1"`},
		{"a push of a stranger is told of", "/connections/s2p", "Identity is &lt;b&gt;not&lt;/b&gt; the one of this Connection"},
		{"a flow tells its next times", "/flows/invoices", `datetime="2026-03-02T07:30:00Z">Mon 2 Mar 07:30:00 UTC</time> <span class="none">01:30 CST at erp`},
		{"and its schedule in words", "/flows/invoices", "Every 15 minutes, at :00, :15, :30 and :45"},
		{"where each field comes from", "/flows/invoices", `<code>total.value</code></td>
<td data-label="Rule">taken over <span class="none">line 10`},
		{"which crosswalk is looked up", "/flows/invoices", `by the crosswalk <a href="/crosswalks/terms">terms</a>`},
		{"without which value a record is held", "/flows/invoices", `held without`},
		{"what the rules make of a record", "/flows/invoices?try=INV-1002", `Tried against <a class="id" href="/deliveries/`},
		{"value by value", "/flows/invoices?try=INV-1002", `<td data-label="Of this record"><span class="line">1002`},
		{"or that there is no such record", "/flows/invoices?try=nowhere", `The flow invoices has read nothing that &#34;nowhere&#34; means.`},
		{"a blocked delivery names what it waits for", "/deliveries?state=blocked", "supplier v9"},
	} {
		if html := s.get(row.path).Body.String(); !strings.Contains(html, row.says) {
			t.Errorf("%s: %s does not say %q", row.sentence, row.path, row.says)
		}
	}
	if html := s.get("/connections/erp").Body.String(); strings.Contains(html, "/receive/") {
		t.Error("a connection that takes no pushes tells where they go")
	}
	for path := range map[string]bool{"/connections/erp": true, "/connections/s2p": true, "/exchanges/far1": true} {
		if html := s.get(path).Body.String(); strings.Contains(html, "a-made-up-password") {
			t.Errorf("%s shows a secret", path)
		}
	}
}

// TestNumbersLinkToExactlyWhatTheyCount follows each part of a Run's equation and of a day's.
func TestNumbersLinkToExactlyWhatTheyCount(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	row := regexp.MustCompile(`<a class="s-[a-z-]+" href="(/deliveries[^"]*)"><svg.*?</svg><b>([0-9,]+)</b> ([a-z ]+)</a>`)
	checked := 0
	for _, path := range []string{"/", "/held", "/runs", "/flows/invoices"} {
		for _, found := range row.FindAllStringSubmatch(s.get(path).Body.String(), -1) {
			to := strings.ReplaceAll(found[1], "&amp;", "&")
			html := s.get(to).Body.String()
			want := found[2] + " " + found[3] + " deliver"
			if !strings.Contains(html, "<h1>"+want) {
				t.Errorf("%s counts %s %s, and %s is headed %s", path, found[2], found[3], to, regexp.MustCompile(`<h1>.*</h1>`).FindString(html))
			}
			checked++
		}
	}
	if checked < 10 {
		t.Errorf("only %d numbers were found", checked)
	}
}

func TestSearchGoesStraightToTheOneRecord(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	for text, to := range map[string]string{
		"INV-1002": "/records/s2p/invoice/1002", "1001": "/records/s2p/invoice/1001", "v2": "/records/s2p/supplier/v2", "far1": "/exchanges/far1",
	} {
		w := s.get("/search?q=" + text)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
			t.Errorf("%s goes to %q with %d, not to %s", text, w.Header().Get("Location"), w.Code, to)
		}
	}
}

func TestOnlyThisMachineIsAnswered(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	for _, row := range []struct {
		method, host string
		want         int
	}{
		{"GET", "127.0.0.1:8080", 200}, {"GET", "localhost", 200}, {"GET", "LOCALHOST:9", 200}, {"GET", "[::1]:8080", 200}, {"HEAD", "127.0.0.1", 200},
		{"GET", "evil.example", 421}, {"GET", "127.0.0.1.evil.example", 421}, {"GET", "10.0.0.1", 421}, {"GET", "", 421}, {"GET", "localhost.evil.example:80", 421},
		{"POST", "127.0.0.1", 405}, {"DELETE", "localhost", 405},
	} {
		for _, path := range []string{"/", "/metrics", "/healthz"} {
			r := asked(row.method, path)
			r.Host = row.host
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("%s %s of %q gave %d, not %d", row.method, path, row.host, w.Code, row.want)
			}
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("the policy of %s is %q", path, policy)
			}
		}
	}
}

func TestTheStyleIsKeptUntilItChanges(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	link := regexp.MustCompile(`/assets/style\.css\?v=[0-9a-f]+`).FindString(s.get("/").Body.String())
	w := s.get(link)
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Fatalf("%s gave %d, %v", link, w.Code, w.Header())
	}
	r := asked(http.MethodGet, "/assets/style.css")
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	s.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked again it gave %d and %d bytes", again.Code, again.Body.Len())
	}
}

func TestMistakesInAnAddressAreTold(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	for path, want := range map[string]int{
		"/deliveries?state=lost": 422, "/deliveries?run=x": 422, "/deliveries?since=yesterday": 422, "/runs/abc": 404, "/runs/7": 404, "/deliveries/7": 404,
		"/flows/none": 404, "/connections/none": 404, "/exchanges/none": 404, "/records/a/b/c": 404, "/assets/none.css": 404, "/assets/..%2fpages.go": 404, "/exchanges/none/answer": 404,
	} {
		if w := s.get(path); w.Code != want {
			t.Errorf("%s gave %d, not %d", path, w.Code, want)
		}
	}
}

func TestBodiesAreDownloadedAndNeverShown(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	id := s.exchangeOf(connector.Invoice, "5001-refused-"+hostile)
	w := s.get("/exchanges/" + id + "/answer")
	if !strings.Contains(w.Body.String(), "<Fault>") || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v\n%s", w.Header(), w.Body)
	}
}

func TestMetricsTellWhatOperatorsWatch(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	s.Observe("erp", "create invoice", 500, 1500e6)
	text := s.get("/metrics").Body.String()
	for _, line := range []string{
		`ml_connector_deliveries{flow="invoices",state="held"} 16`, `ml_connector_deliveries{flow="suppliers",state="delivered"} 63`,
		`ml_connector_held_records{flow="invoices",reason="rejected",state="held"} 15`, `ml_connector_connection_up{connection="erp"} 0`, `ml_connector_connection_up{connection="s2p"} 1`,
		`ml_connector_run_last_records{flow="invoices",outcome="read"} 21`, `ml_connector_run_last_error{flow="invoices"} 0`, `ml_connector_flow_paused{flow="invoices"} 0`,
		`ml_connector_exchange_duration_seconds_bucket{answer="5xx",connection="erp",op="create invoice",le="2.5"} 1`, `ml_connector_runs_total 2`, `ml_connector_up 1`,
		`ml_connector_queue_age_seconds{flow="invoices",state="waiting"} 0`, `ml_connector_build_info{version="test"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "ml_connector_") && !strings.Contains(line, "_bucket") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
}

// What is read again and again must not look like records that were brought across.
func TestRereadsStandApartFromRecords(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	line := func(name string) string {
		for l := range strings.Lines(s.get("/metrics").Body.String()) {
			if strings.HasPrefix(l, name) {
				return strings.TrimSpace(l)
			}
		}
		return ""
	}
	const unchanged, rereads = `ml_connector_deliveries{flow="suppliers",state="unchanged"}`, `ml_connector_rereads_total{flow="suppliers"}`
	if got := line(rereads); got != rereads+" 0" {
		t.Errorf("before: %s", got)
	}
	s.far.steps = nil // it is well again
	s.sync("suppliers")
	s.sync("suppliers")
	s.pass(time.Hour)
	if got := line(unchanged); got != unchanged+" 0" {
		t.Errorf("re-reads count as records: %s", got)
	}
	if got := line(rereads); got != rereads+" 130" {
		t.Errorf("after: %s", got)
	}
	for _, path := range []string{"/", "/flows/suppliers"} {
		html := s.get(path).Body.String()
		if !strings.Contains(html, "130 records were read again, with nothing new in them.") || strings.Contains(html, "<b>130</b>") {
			t.Errorf("%s does not keep re-reads apart", path)
		}
	}
}

func TestReadinessIsTheDatabase(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	if w := s.get("/readyz"); w.Code != http.StatusOK {
		t.Fatalf("ready: %d %s", w.Code, w.Body)
	}
	if err := s.app.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if w := s.get("/readyz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without its database it says %d", w.Code)
	}
	if w := s.get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("alive: %d", w.Code)
	}
	if w := s.get("/"); w.Code < 500 || !strings.Contains(w.Body.String(), "This page can&#39;t be shown") {
		t.Errorf("a page says %d\n%s", w.Code, w.Body)
	}
}

func TestWhatStandsStillSaysSoWithItsRemedy(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	if err := s.app.PauseConnection(t.Context(), "erp", "the password of <b>JGR</b> has expired", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"/":                "No: connection erp stands still",
		"/connections/erp": "<b>It stands still, and all its flows with it.</b> The password of &lt;b&gt;JGR&lt;/b&gt; has expired.",
		"/metrics":         `ml_connector_connection_paused{connection="erp"} 1`,
	} {
		if html := s.get(path).Body.String(); !strings.Contains(html, says) {
			t.Errorf("%s does not say %q", path, says)
		}
	}
	if err := s.app.DisableFlow(t.Context(), "invoices", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	if html := s.get("/flows/invoices").Body.String(); !strings.Contains(html, "switched off") || !strings.Contains(html, "none while it stands still") {
		t.Error("a flow that is switched off tells next times")
	}
}
