//go:build browser

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ml-connector/cmd/site"
	"ml-connector/jaggaer/jaggaersim"
	"ml-connector/peoplesoft/peoplesoftsim"
	"ml-connector/sample"
)

// TestANewcomerConnectsWithoutReadingDocs begins as somebody who has the program and nothing else: an empty folder, `serve`, and the
// link that it prints. By the pages alone they get to two pinged connections, flows, and a dry run; the secrets that they typed are
// nowhere on the way.
func TestANewcomerConnectsWithoutReadingDocs(t *testing.T) {
	s, err := site.Open(t.Context(), site.Options{Company: sample.New(3, sample.Small(), time.Now()), Now: time.Now, Seed: 3, PeopleSoft: "127.0.0.1:0", Jaggaer: "127.0.0.1:0", Pace: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := comeIn(t)
	user := peoplesoftsim.DefaultUser()

	b.follow(`.steps a.button`, "JAGGAER")
	b.fill(map[string]string{"name": "s2p", "settings.url": site.URL(s.S2P, ""), "settings.client_id": "wrong", "settings.identity": jaggaersim.DefaultIdentity,
		"settings.xml_url": "no address", "secrets.client_secret": jaggaersim.DefaultClientSecret, "secrets.shared_secret": jaggaersim.DefaultSharedSecret})
	b.send("/connect/jaggaer")
	b.says("settings.xml_url", `.field.wrong`, "http")
	b.fill(map[string]string{"settings.xml_url": site.URL(s.S2P, ""), "secrets.client_secret": jaggaersim.DefaultClientSecret, "secrets.shared_secret": jaggaersim.DefaultSharedSecret})
	b.send("/connections/s2p")
	b.says("a wrong client", `main`, "not all is well")
	b.follow(`.ladder a`, "Client ID")
	b.fill(map[string]string{"settings.client_id": jaggaersim.DefaultClientID})
	b.send("/connections/s2p/edit", "/connections/s2p")
	b.says("the right client", `main [role=status]`, "Checked: all is well.")

	b.open("/")
	b.follow(`.steps a.button`, "PeopleSoft")
	b.fill(map[string]string{"name": "erp", "settings.host": "127.0.0.1", "settings.port": strconv.Itoa(s.ERP.Port), "settings.node": "PSFT_EP", "settings.username": user.ID,
		"settings.time_zone": "America/Chicago", "settings.business_units": "US001, US002, CA001", "secrets.password": user.Password})
	b.choose("settings.tls", "false")
	b.send("/connections/erp")
	b.says("PeopleSoft", `main [role=status]`, "Checked: all is well.")

	b.follow(`main a.button`, "Add flows")
	b.send("/plans")
	b.says("flows", `main [role=status]`, "flows are added. They are switched off")
	b.fill(map[string]string{"name": "first-look"})
	b.choose("flow", "suppliers-to-peoplesoft")
	b.send("/plans/first-look")
	b.says("the dry run", `main`, "to be created")
	b.open("/connections/erp")
	b.says("the fit", `#fit ~ table`, "suppliers-to-peoplesoft")
	b.open("/connections/erp/requirements")
	b.says("requirements", `main`, "For the administrators of Oracle PeopleSoft")
	b.nothingHidden(user.Password, jaggaersim.DefaultClientSecret, jaggaersim.DefaultSharedSecret)
}

// newcomer is a browser in front of a server that was started in an empty folder.
type newcomer struct {
	t        *testing.T
	ctx      context.Context
	address  string
	dir      string
	shots    string
	seen     strings.Builder // all pages, as text of HTML
	pictures int
}

// comeIn starts `serve` in an empty folder, and becomes its first administrator.
func comeIn(t *testing.T) *newcomer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &newcomer{t: t, address: "http://" + l.Addr().String(), dir: t.TempDir(), shots: os.Getenv("ML_CONNECTOR_TEST_SCREENSHOTS")}
	_ = l.Close()
	c := exec.Command(binary, "serve", "--listen", strings.TrimPrefix(b.address, "http://"))
	out := &output{}
	c.Dir, c.Stdout, c.Stderr = b.dir, out, out
	c.Env = append(os.Environ(), "ML_CONNECTOR_CONFIG=", "ML_CONNECTOR_DATABASE=")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	link := ""
	for deadline := time.Now().Add(2 * time.Minute); link == ""; {
		if time.Now().After(deadline) {
			t.Fatalf("no link: %s", out.String())
		}
		link = regexp.MustCompile(`http://\S+/welcome/\S+`).FindString(out.String())
		<-time.After(20 * time.Millisecond)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(os.Getenv("ML_CONNECTOR_TEST_CHROMIUM")), chromedp.NoSandbox)
	allocator, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, done := chromedp.NewContext(allocator)
	t.Cleanup(done)
	b.ctx = ctx
	b.open(strings.TrimPrefix(link, b.address))
	b.fill(map[string]string{"name": "a.clerk", "password": "long enough to be one", "again": "long enough to be one"})
	b.send("/")
	return b
}

func (b *newcomer) open(path string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(b.address+path)); err != nil {
		b.t.Fatalf("%s: %v", path, err)
	}
	b.look()
}

// look keeps the page, and a picture of it where pictures are wanted.
func (b *newcomer) look() {
	b.t.Helper()
	html, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
	if err != nil {
		b.t.Fatal(err)
	}
	b.seen.WriteString(html)
	if b.shots == "" {
		return
	}
	b.pictures++
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1280} {
			_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			if err == nil {
				_, err = chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
			}
			picture, perr := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil || perr != nil {
				b.t.Fatal(err, perr)
			}
			if err := os.WriteFile(filepath.Join(b.shots, fmt.Sprintf("newcomer-%02d-%d-%s.png", b.pictures, width, scheme)), picture, 0o600); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// follow clicks the link or button of a part of the page that has some words.
func (b *newcomer) follow(selector, words string) {
	b.t.Helper()
	find := fmt.Sprintf(`(() => { const e = [...document.querySelectorAll(%q)].find(e => e.textContent.includes(%q)); if (!e) return ""; const to = e.href; return to; })()`, selector, words)
	to, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](find))
	if err != nil || to == "" {
		b.t.Fatalf("nothing at %s says %q: %v", selector, words, err)
	}
	if err := chromedp.Do(b.ctx, chromedp.Navigate(to)); err != nil {
		b.t.Fatal(err)
	}
	b.look()
}

// fill types into fields, in place of what stands in them.
func (b *newcomer) fill(fields map[string]string) {
	b.t.Helper()
	for name, text := range fields {
		at := `main [name="` + name + `"]`
		_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e.labels.length) throw "no label"; e.value = ""; for (let d = e.closest("details"); d; d = d.parentElement.closest("details")) d.open = true; return true; })()`, at)))
		if err == nil {
			err = chromedp.Do(b.ctx, chromedp.SendKeys(at, text))
		}
		if err != nil {
			b.t.Fatalf("type into %s: %v", name, err)
		}
	}
}

func (b *newcomer) choose(name, value string) {
	b.t.Helper()
	ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; return e.value === %q; })()`, `main [name="`+name+`"]`, value, value)))
	if err != nil || !ok {
		b.t.Fatalf("%s has no %s: %v", name, value, err)
	}
}

// send sends the form of the page, and expects where it ends; with two paths, the form of the first one.
func (b *newcomer) send(paths ...string) {
	b.t.Helper()
	button := "main form button[type=submit]"
	if len(paths) == 2 {
		button = `form[action="` + paths[0] + `"] button[type=submit]`
	}
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(button)); err != nil {
		b.t.Fatal(err)
	}
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if want := b.address + paths[len(paths)-1]; err != nil || at != want {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`))
		b.t.Fatalf("it ends at %s, not at %s: %v\n%s", at, want, err, text)
	}
	b.look()
}

func (b *newcomer) says(what, selector, words string) {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText).join("\n")`, selector)))
	if err != nil || !strings.Contains(text, words) {
		b.t.Fatalf("%s: %s does not say %q: %v\n%s", what, selector, words, err, text)
	}
}

// nothingHidden looks for secrets in all pages that were shown and all files that were made.
func (b *newcomer) nothingHidden(secrets ...string) {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "*"))
	if err != nil || len(files) == 0 {
		b.t.Fatalf("no files: %v", err)
	}
	for _, secret := range secrets {
		if strings.Contains(b.seen.String(), secret) {
			b.t.Errorf("a page shows %q", secret)
		}
		for _, file := range files {
			if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), secret) {
				b.t.Errorf("%s holds %q (%v)", file, secret, err)
			}
		}
	}
}
