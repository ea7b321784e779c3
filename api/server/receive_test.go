package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/people"
	"ml-connector/store"
	"ml-connector/systems"
)

const secret = "s-e-c-r-e-t-9"

// bench is a receiver with a Connection that takes pushes, s2p, and one that does not, quiet.
type bench struct {
	*Receiver
	t   *testing.T
	log bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{t: t}
	text := `
connections:
  s2p: {system: jaggaer, settings: {url: https://acme.example.com, client_id: mlc, identity: ACME1, receive: true}, secrets: {client_secret: env:S, shared_secret: env:S}}
  quiet: {system: jaggaer, settings: {url: https://acme.example.com, client_id: mlc, identity: ACME1}, secrets: {client_secret: env:S, shared_secret: env:S}}
`
	a, err := app.Open(t.Context(), app.Config{
		Process: config.Process{Database: "sqlite:" + filepath.Join(dir, "test.db"), Key: "file:" + filepath.Join(dir, "key"), Dir: dir},
		Systems: systems.All(), Shipped: flows.Shipped(), Now: time.Now, Log: slog.New(slog.NewTextHandler(&b.log, nil)),
		Lookup: func(name string) (string, bool) { return secret, name == "S" },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if _, err := a.AddConnection(t.Context(), "s2p", []byte(text), people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	b.Receiver = NewReceiver(a)
	return b
}

func order(identity, shared, number string) string {
	return `<?xml version="1.0"?><!DOCTYPE PurchaseOrderMessage SYSTEM "http://127.0.0.1:1/po.dtd"><PurchaseOrderMessage><Header><MessageId>m-1</MessageId><Authentication><Identity>` + identity +
		`</Identity><SharedSecret>` + shared + `</SharedSecret></Authentication></Header><PurchaseOrder><POHeader><PONumber>` + number + `</PONumber><Name>A & B</Name></POHeader></PurchaseOrder></PurchaseOrderMessage>`
}

func (b *bench) post(method, path, host string, body io.Reader) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, body)
	r.Host = host
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

func (b *bench) entries(action string) []connector.Entry {
	b.t.Helper()
	es, err := b.app.DB.Entries(context.Background(), store.EntryFilter{Action: action})
	if err != nil {
		b.t.Fatal(err)
	}
	return es
}

func TestWhoMayPush(t *testing.T) {
	t.Parallel()
	good := order("ACME1", secret, "P1")
	for name, row := range map[string]struct {
		method, path, body string
		status             int
		code               string // StatusCode of the answer
		kept               int
	}{
		"its System":                               {"POST", "/receive/s2p", good, 200, "200", 1},
		"somebody with a wrong secret":             {"POST", "/receive/s2p", order("ACME1", "guess", "P1"), 200, "403", 0},
		"somebody with a wrong identity":           {"POST", "/receive/s2p", order("ACME2", secret, "P1"), 200, "403", 0},
		"somebody who sends nothing":               {"POST", "/receive/s2p", "", 200, "403", 0},
		"its System, a document cut on the way":    {"POST", "/receive/s2p", good[:len(good)-5], 200, "400", 0},
		"its System, too large a document":         {"POST", "/receive/s2p", strings.Replace(good, "A & B", strings.Repeat("x", MaxPush), 1), 200, "400", 0},
		"somebody, too large a document":           {"POST", "/receive/s2p", strings.Repeat("x", MaxPush+1), 200, "403", 0},
		"to a connection that takes no pushes":     {"POST", "/receive/quiet", good, 404, "", 0},
		"to a connection that is not there":        {"POST", "/receive/nobody", good, 404, "", 0},
		"to a connection with an odd name":         {"POST", "/receive/%2e%2e%2fs2p", good, 404, "", 0},
		"to no connection":                         {"POST", "/receive/", good, 404, "", 0},
		"to something below one":                   {"POST", "/receive/s2p/x", good, 404, "", 0},
		"by reading":                               {"GET", "/receive/s2p", "", 405, "", 0},
		"a name that is a statement in SQL":        {"POST", "/receive/s2p'%20OR%20'1'='1", good, 404, "", 0},
		"its System, with a DTD of its own":        {"POST", "/receive/s2p", `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>` + strings.SplitN(order("ACME1", secret, "&f;"), "dtd\">", 2)[1], 200, "200", 1},
		"somebody whose secret stands in a second": {"POST", "/receive/s2p", strings.Replace(order("ACME1", "guess", "P1"), "</Header>", "</Header><Header><Authentication><Identity>ACME1</Identity><SharedSecret>"+secret+"</SharedSecret></Authentication></Header>", 1), 200, "403", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			w := b.post(row.method, row.path, "connector.example.com", strings.NewReader(row.body))
			if w.Code != row.status || row.code != "" && !strings.Contains(w.Body.String(), "<StatusCode>"+row.code+"</StatusCode>") {
				t.Errorf("HTTP %d %s", w.Code, w.Body)
			}
			if got := len(b.entries("push.received")); got != row.kept {
				t.Errorf("%d entries, expected %d", got, row.kept)
			}
			if refused := len(b.entries("push.refused")); (refused == 1) != (row.status == 200 && row.code != "200") {
				t.Errorf("%d entries of a refusal", refused)
			}
			for _, text := range []string{w.Body.String(), b.log.String(), fmt.Sprint(b.entries(""))} {
				if strings.Contains(text, secret) || strings.Contains(text, "root:") {
					t.Errorf("it tells a secret: %s", text)
				}
			}
			if strings.Contains(w.Body.String(), "s2p") && row.status == 404 {
				t.Errorf("it tells which connections there are: %s", w.Body)
			}
		})
	}
}

func TestWhatIsKeptOfAPushIsMaskedAndWhatIsRefusedIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.post("POST", "/receive/s2p", "x", strings.NewReader(strings.Replace(order("ACME1", secret, "P1"), "<Name>", "<BankAccountNumber>99887766</BankAccountNumber><Name>"+secret, 1)))
	es := b.entries("push.received")
	if len(es) != 1 || es[0].Subject != "connection:s2p" || es[0].Details["number"] != "P1" || es[0].Details["kind"] != "purchase_order" {
		t.Fatalf("%+v", es)
	}
	x, err := b.app.DB.Exchange(t.Context(), es[0].Exchange)
	body := string(x.RequestBody)
	if err != nil || !strings.Contains(body, "<PONumber>P1</PONumber>") || !strings.Contains(body, "A & B") || !strings.Contains(string(x.ResponseBody), "Success") {
		t.Errorf("what is kept: %s %v", body, err)
	}
	if strings.Contains(body, secret) || strings.Contains(body, "99887766") {
		t.Errorf("what is kept tells a secret: %s", body)
	}
}

func TestStrangersDoNotFillTheLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for n := range 20 {
		b.post("POST", "/receive/s2p", "x", strings.NewReader(order("ACME1", fmt.Sprint(n), "P1")))
		b.post("POST", "/receive/s2p", "x", strings.NewReader(order("ACME1", secret, "")))
	}
	if got := b.entries("push.refused"); len(got) != 2 {
		t.Errorf("%d entries, expected one for each reason", len(got))
	}
	if lines := strings.Count(b.log.String(), "\n"); lines > 4 {
		t.Errorf("%d lines of log", lines)
	}
	if got := b.entries("push.received"); len(got) != 0 {
		t.Errorf("%d were kept", len(got))
	}
}

// stuck is a body that does not come.
type stuck struct{ ctx context.Context }

func (s stuck) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, s.ctx.Err() }

// slow is a body whose end does not come.
func slow(ctx context.Context, begins string) io.Reader {
	return io.MultiReader(strings.NewReader(begins), stuck{ctx})
}

func long(push string) string {
	return strings.Replace(push, "A & B", strings.Repeat("x", 2*firstPart), 1)
}

func TestSoManyPushesAtATime(t *testing.T) {
	t.Parallel()
	good := order("ACME1", secret, "P1")
	for name, row := range map[string]struct {
		begins        string
		at            int
		short, longer int // HTTP status of another push meanwhile
	}{
		"strangers who say nothing keep nobody out": {"", atDoor, 200, 200},
		"long ones of the System":                   {long(good)[:firstPart+9], atOnce, 200, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			ctx, end := context.WithCancel(t.Context())
			done := make(chan int)
			for range row.at {
				go func() { done <- b.post("POST", "/receive/s2p", "x", slow(ctx, row.begins)).Code }()
			}
			for row.begins == "" && b.door.size() < row.at || row.begins != "" && len(b.slots) < row.at {
				<-time.After(time.Millisecond)
			}
			for push, want := range map[string]int{good: row.short, long(good): row.longer} {
				if w := b.post("POST", "/receive/s2p", "x", strings.NewReader(push)); w.Code != want || (want == 503) != (w.Header().Get("Retry-After") != "") {
					t.Errorf("%d bytes meanwhile: HTTP %d, expected %d", len(push), w.Code, want)
				}
			}
			end()
			for range row.at {
				if code := <-done; code != http.StatusBadRequest {
					t.Errorf("HTTP %d for a body that did not come", code)
				}
			}
			if w := b.post("POST", "/receive/s2p", "x", strings.NewReader(long(good))); !strings.Contains(w.Body.String(), "<StatusCode>200<") {
				t.Errorf("afterwards: HTTP %d %s", w.Code, w.Body)
			}
		})
	}
}

// TestNoMoreIsReadOfAStrangerThanTellsWhoHeIs: one who sends much, slowly, is gone with his first part.
func TestNoMoreIsReadOfAStrangerThanTellsWhoHeIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
	defer end()
	for name, begins := range map[string]string{
		"a wrong secret": long(order("ACME1", "guess", "P1"))[:firstPart], "no document": strings.Repeat("x", firstPart), "no header in it": "<a>" + strings.Repeat("<b/>", firstPart/4),
	} {
		w := b.post("POST", "/receive/s2p", "x", slow(ctx, begins))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<StatusCode>403<") {
			t.Errorf("%s: HTTP %d %s", name, w.Code, w.Body)
		}
	}
	if got := b.entries("push.refused"); len(got) != 1 {
		t.Errorf("%d entries of a refusal", len(got))
	}
}

func TestWhatCanNotBeStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.app.DB.SQL().ExecContext(t.Context(), "DROP TABLE pushes"); err != nil {
		t.Fatal(err)
	}
	w := b.post("POST", "/receive/s2p", "x", strings.NewReader(order("ACME1", secret, "P1")))
	if !strings.Contains(w.Body.String(), "<StatusCode>500<") || strings.Contains(w.Body.String(), "pushes") {
		t.Errorf("HTTP %d %s", w.Code, w.Body)
	}
}
