//go:build browser

package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/gate"
	"ml-connector/people"
)

// browse starts the one Chromium of a test. Where screenshots are to be kept, ML_CONNECTOR_TEST_SCREENSHOTS names a folder.
func browse(t *testing.T) (ctx context.Context, shots string) {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(os.Getenv("ML_CONNECTOR_TEST_CHROMIUM")), chromedp.NoSandbox)
	allocator, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, done := chromedp.NewContext(allocator)
	t.Cleanup(done)
	const collect = `window.forbidden = []; document.addEventListener("securitypolicyviolation", e => window.forbidden.push(e.violatedDirective + " " + e.blockedURI))`
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: collect}); err != nil {
		t.Fatal(err)
	}
	if shots = os.Getenv("ML_CONNECTOR_TEST_SCREENSHOTS"); shots == "" {
		shots = t.TempDir()
	}
	return ctx, shots
}

// look is what the browser finds on a page that no person should have to.
const look = `(() => {
  const problems = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) {
    const worst = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest("thead,.skip,.unseen"));
    problems.push("is " + wide + " px too wide: " + worst.slice(0, 3).map(e => e.tagName + "." + (e.className.baseVal ?? e.className)).join(", "));
  }
  let rank = 0;
  for (const h of document.querySelectorAll("h1,h2,h3")) {
    const n = +h.tagName[1];
    if (n > rank + 1) problems.push("goes from a heading of rank " + rank + " to " + h.tagName + " " + h.textContent);
    if (!h.textContent.trim()) problems.push("has an empty heading");
    rank = n;
  }
  for (const e of document.querySelectorAll("input:not([type=hidden]),select")) if (!e.labels.length) problems.push("has a field without a label: " + e.name);
  for (const e of document.querySelectorAll("a[href],button")) {
    const name = (e.textContent + (e.getAttribute("aria-label") || "")).trim();
    if (!name) problems.push("has a link or button without a name: " + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll("header a,main a,button,select,input:not([type=hidden]),summary")) {
    if (e.closest("svg") || e.matches(".skip")) continue;
    const box = e.getBoundingClientRect();
    const inText = e.closest("p,dd,li,h1,h2,td") && getComputedStyle(e).display === "inline";
    if (box.width && box.height && !inText && box.height < 20) problems.push("has a target of " + Math.round(box.height) + " px: " + e.textContent.trim().slice(0, 40));
  }
  for (const t of document.querySelectorAll("table.cards")) if (![...t.querySelectorAll("thead th")].every(th => th.scope === "col")) problems.push("has a column without scope");
  if (!document.querySelector("main h1")) problems.push("has no heading");
  if (document.querySelectorAll("script:not([src^='/assets/live.js'])").length) problems.push("has a script that is not ours");
  return problems;
})()`

func TestPagesInABrowser(t *testing.T) {
	ugly, empty := uglySite(t), emptySite(t)
	ctx, shots := browse(t)
	pages := []struct {
		name string
		site *site
		path string
	}{
		{"overview", ugly, "/"}, {"held", ugly, "/held"}, {"preview", ugly, previewPath(t, ugly)}, {"record-in-doubt", ugly, fmt.Sprintf("/deliveries/%d", ugly.delivery(connector.Invoice, "4001-lost"))}, {"flow", ugly, "/flows/invoices"}, {"runs", ugly, "/runs"}, {"run", ugly, "/runs/2"},
		{"deliveries", ugly, "/deliveries"}, {"record-held", ugly, fmt.Sprintf("/deliveries/%d", ugly.delivery(connector.Invoice, "5001-refused-"+hostile))},
		{"record-delivered", ugly, "/records/s2p/invoice/1002"}, {"exchange", ugly, "/exchanges/" + ugly.exchangeOf(connector.Invoice, "5001-refused-"+hostile)},
		{"connection", ugly, "/connections/erp"}, {"connection-pushing", ugly, "/connections/s2p"}, {"connect", ugly, "/connect/far"}, {"change", ugly, "/connections/erp/edit"}, {"flows-to-add", ugly, "/connections/erp/flows"}, {"requirements", ugly, "/connections/erp/requirements"},
		{"record-then", ugly, "/records/s2p/invoice/1002?at=2026-03-02T07:00"}, {"crosswalks", ugly, "/crosswalks"}, {"crosswalk", ugly, "/crosswalks/terms"}, {"ledger", ugly, "/ledger"}, {"plans", ugly, "/plans"}, {"reconciliations", ugly, "/reconciliations"}, {"exchanges", ugly, "/runs/2/exchanges"}, {"search", ugly, "/search?q=supplier"}, {"nowhere", ugly, "/nowhere"}, {"settings", ugly, "/settings"}, {"empty-settings", empty, "/settings"},
		{"empty-overview", empty, "/"}, {"empty-held", empty, "/held"}, {"empty-deliveries", empty, "/deliveries"}, {"empty-runs", empty, "/runs"}, {"empty-search", empty, "/search?q=4711"},
	}
	servers := map[*site]string{}
	for _, s := range []*site{ugly, empty} {
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		servers[s] = server.URL
	}
	for _, p := range pages {
		lookAt(t, ctx, shots, p.name, servers[p.site]+p.path)
	}
}

// axe is axe-core, as ./do setup fetched it.
func axe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "dev", "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: ./do setup fetches it", err)
	}
	return string(text)
}

// axeFinds is what axe-core finds wrong with the page, and what the policy of the pages forbade on it.
func axeFinds(t *testing.T, ctx context.Context) []string {
	t.Helper()
	const find = `(async () => {
  const r = await axe.run(document, {resultTypes: ["violations"]});
  return r.violations.map(v => "breaks " + v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(" | ")).concat(window.forbidden.map(f => "does what its policy forbids: " + f));
})()`
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](axe(t)+"; true")); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](find, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// lookAt looks at a page in each width and scheme, and keeps pictures.
func lookAt(t *testing.T, ctx context.Context, shots, name, url string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1280, 1920} {
			dress(t, ctx, width, scheme)
			if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
				t.Fatalf("%s at %d px: %v", name, width, err)
			}
			problems, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](look))
			if err != nil {
				t.Fatal(err)
			}
			if width != 1920 {
				problems = append(problems, axeFinds(t, ctx)...)
			}
			for _, problem := range problems {
				t.Errorf("%s at %d px in %s %s", name, width, scheme, problem)
			}
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(shots, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), picture, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLogInInABrowser comes in by the first link, logs out, is refused, logs in, and looks at what an administrator sees.
func TestLogInInABrowser(t *testing.T) {
	s := uglySite(t)
	s.open(gate.Config{})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	in, err := s.app.FirstAdmin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, shots := browse(t)
	lookAt(t, ctx, shots, "welcome", server.URL+in.Path)
	const name = "a.clerk.with-a-long-name@accounts-payable.example.com"
	fill := func(fields map[string]string, button, arrives string) {
		t.Helper()
		var steps []chromedp.Action[chromedp.Void]
		for field, text := range fields {
			steps = append(steps, chromedp.SendKeys(`main input[name="`+field+`"]`, text))
		}
		if _, err := chromedp.RunResponse(ctx, append(steps, chromedp.Click(button))...); err != nil {
			t.Fatalf("%v: %v", fields, err)
		}
		if at, err := chromedp.Run(ctx, chromedp.Location()); err != nil || at != server.URL+arrives {
			t.Fatalf("%v leads to %s, not to %s: %v", fields, at, arrives, err)
		}
	}
	fill(map[string]string{"name": name, "password": password, "again": password}, "main button", "/")
	fill(nil, ".self button", "/login")
	fill(map[string]string{"name": name, "password": "not this one"}, "main button", "/login")
	lookAt(t, ctx, shots, "login", server.URL+"/login")
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/held")); err != nil {
		t.Fatal(err)
	}
	fill(map[string]string{"name": name, "password": password}, "main button", "/held")
	if _, err := s.app.AddPerson(t.Context(), "m.clerk", []people.Role{people.Viewer, people.Operator, people.Auditor}, root); err != nil {
		t.Fatal(err)
	}
	if _, err := s.app.AddToken(t.Context(), "nightly", app.TokenOptions{Roles: []people.Role{people.Machine}, Permissions: people.Permissions(), Lasts: 30 * 24 * time.Hour}, root); err != nil {
		t.Fatal(err)
	}
	for page, path := range map[string]string{"overview-known": "/", "you": "/you", "people": "/people", "person": "/people/m.clerk", "tokens": "/tokens"} {
		lookAt(t, ctx, shots, page, server.URL+path)
	}
}

// dress gives the browser a width and a colour scheme.
func dress(t *testing.T, ctx context.Context, width int64, scheme string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 640})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPagesByKeyboard walks the Overview with the tab key alone: the first stop skips the menu, and every stop shows itself.
func TestPagesByKeyboard(t *testing.T) {
	s := uglySite(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	ctx, _ := browse(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	dress(t, ctx, 1280, "light")
	const here = `(() => { const e = document.activeElement, s = getComputedStyle(e); return [e.textContent.trim().slice(0, 30), s.outlineStyle + " " + s.outlineWidth, e.getBoundingClientRect().left >= 0 ? "seen" : "unseen"].join("|"); })()`
	for stop := range 25 {
		if err := chromedp.Do(ctx, chromedp.KeyEvent("\t")); err != nil {
			t.Fatal(err)
		}
		at, err := chromedp.Run(ctx, chromedp.Evaluate[string](here))
		if err != nil {
			t.Fatal(err)
		}
		if stop == 0 && !strings.HasPrefix(at, "To the content") {
			t.Errorf("the first stop is %s", at)
		}
		if !strings.Contains(at, "|solid 2px|seen") {
			t.Errorf("stop %d does not show itself: %s", stop+1, at)
		}
	}
}

// previewPath is the preview of what stops most.
func previewPath(t *testing.T, s *site) string {
	form := seenPreview(t, s)
	for _, name := range []string{"last", "count", "reason"} {
		form.Del(name)
	}
	return "/held/preview?" + form.Encode()
}

// TestKeysAndLiveParts walks by the keys of PAGES.md, and sees a page change while somebody looks at it. Whatever the policy of the
// pages forbids fails the test.
func TestKeysAndLiveParts(t *testing.T) {
	s := uglySite(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	ctx, _ := browse(t)
	at := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; {
			path, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.readyState === "complete" ? location.pathname + location.search : ""`))
			if err == nil && strings.HasPrefix(path, want) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("at %s, not at %s: %v", path, want, err)
			}
		}
	}
	is := func(what, script string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; {
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
			if err == nil && ok {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("not so: %s: %v", what, err)
			}
		}
	}
	press := func(keys string) {
		t.Helper()
		for _, k := range keys {
			if err := chromedp.Do(ctx, chromedp.KeyEvent(string(k))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	press("/")
	is("/ leads to the search", `document.activeElement.id === "q"`)
	press("gh")
	is("keys are letters while somebody types", `document.activeElement.value.endsWith("gh")`)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { document.activeElement.blur(); return true; })()`)); err != nil {
		t.Fatal(err)
	}
	press("?")
	is("? shows the keys", `document.getElementById("keyboard").open`)
	press("?")
	is("? hides them", `!document.getElementById("keyboard").open`)
	press("gh")
	at("/held")
	press("j")
	is("j is the first row", `document.activeElement.closest("tbody tr") === document.querySelector("main tbody tr")`)
	press("jk")
	is("k is the row before", `document.activeElement.closest("tbody tr") === document.querySelector("main tbody tr")`)
	press("r")
	at("/held/preview")
	press("gr")
	at("/runs")
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	is("it is told in words", `document.querySelector("h1").textContent.includes("18 deliveries need a person")`)
	held := s.delivery(connector.Invoice, "5001-refused-"+hostile)
	for n := 0; n < 3; n++ { // the first may come before the stream has begun
		if err := s.app.NoteDelivery(t.Context(), held, fmt.Sprint("note ", n), root); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.app.Skip(t.Context(), held, "not ours", root); err != nil {
		t.Fatal(err)
	}
	is("the heading says it", `document.querySelector("h1").textContent.includes("17 deliveries need a person")`)
	is("and so it is announced", `document.getElementById("announce").textContent.includes("17 deliveries need a person")`)
}
