package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/gate"
	"ml-connector/people"
	"ml-connector/store"
	"ml-connector/web"
)

// start is when the tests' clock begins.
var start = time.Date(2026, 3, 2, 6, 48, 0, 0, time.UTC)

// site is the pages over an App of its own, between two invented Systems.
type site struct {
	*web.Pages
	app        *app.App
	t          testing.TB
	north, far *system
	mu         sync.Mutex
	at         time.Time
}

// now moves a little with every look, so that no two moments are the same.
func (s *site) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(time.Millisecond)
	return s.at
}

func (s *site) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

// emptySite has a database and nothing in it.
func emptySite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, at: start, north: &system{name: "north", title: "North Buying"}, far: &system{name: "far", title: "Far Ledger"}}
	dir := t.TempDir()
	a, err := app.Open(t.Context(), app.Config{
		Process: config.Process{Dir: dir, Database: "sqlite:" + filepath.Join(dir, "test.db") + "?durable=no", Key: "file:master.key"},
		Systems: []connector.System{s.north, s.far},
		Shipped: []flows.File{
			{Name: "suppliers", Text: []byte("name: suppliers\nkind: supplier\nfrom: north\nto: far\nfilter: doc.ready != \"no\"\nfields:\n  NAME: {from: name, required: true}\n")},
			{Name: "invoices", Text: []byte(invoices)},
		},
		Lookup: func(string) (string, bool) { return "a-made-up-password", true },
		Now:    s.now, Owner: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	s.app = a
	s.open(gate.Config{Everyone: people.Local("demo")})
	a.Observe = s.Observe
	return s
}

// open makes the pages anew, behind another gate.
func (s *site) open(in gate.Config) {
	in.App = s.app
	s.Pages = web.New(web.Config{App: s.app, Gate: gate.New(in), Version: "test", Now: s.now})
}

const invoices = `name: invoices
kind: invoice
from: north
to: far
links:
  supplier: {kind: supplier, id: doc.supplier, reason: "supplier {doc.supplier}"}
fields:
  INVOICE_ID: {from: number, required: true}
  VENDOR: {expr: supplier.id}
  GROSS_AMT: {from: total.value}
  CURRENCY: {from: total.currency}
  TERMS: {from: terms, lookup: terms, else: hold}
  LINE:
    each: list(doc.lines)
    as: line
    fields:
      DESCR: {from: text}
      AMOUNT: {from: amount}
`

const configured = `connections:
  s2p:
    system: north
    settings: {host: buying.example.com, receive: true}
    secrets: {password: env:ANY}
  erp:
    system: far
    settings: {host: ledger.example.com, time_zone: America/Chicago, profile: {query: {page_size: 300, names: [A, B]}}}
    secrets: {password: env:ANY}
flows:
  suppliers: {from: s2p, to: erp, schedule: "@daily"}
  invoices: {from: s2p, to: erp, schedule: "*/15 * * * *"}
`

// hostile is a name that wants to be more than text.
const hostile = `<script>alert("x")</script> & Söhne <b onmouseover=alert(1)>` + "\u202edrawkcab</b> \"O'Neill\""

// long is a name of more than eighty characters, without a place to break.
const long = `InternationalAssociationOfVeryLongNamedManufacturersOfLaboratoryGlassAndPartnersWorldwideLtd`

// uglySite is a database with everything that makes a page hard: hostile and long names, forty lines, three currencies,
// seven digits, and every state that a Delivery can be in.
func uglySite(t testing.TB) *site {
	t.Helper()
	s := emptySite(t)
	s.apply(configured)
	s.alarmed()
	s.supplier("v1", "Acme Laboratory Supply")
	s.supplier("v2", hostile)
	s.supplier("v3", long)
	s.supplier("v4", "Refused Instruments")
	s.north.put(connector.Supplier, connector.Version{ID: "v9", Title: "Not Ready Ltd", Document: connector.Document{"name": "Not Ready Ltd", "ready": "no"}, Changed: s.now(), Standing: connector.Pending})
	for i := range 60 {
		s.supplier(fmt.Sprintf("w%d", i), fmt.Sprintf("Supplier number %d", i))
	}
	s.sync("suppliers")
	s.invoice("1001", "v1", "443.80", "USD", 2)
	s.invoice("1002", "v2", "1234567.89", "EUR", 40)
	s.invoice("1003", "v3", "9000000", "JPY", 1)
	for i := range 14 {
		s.invoice(fmt.Sprintf("20%02d", i), "v1", fmt.Sprintf("%d.50", 880+i), []string{"USD", "EUR", "JPY"}[i%3], 1)
	}
	s.invoice("3001", "v9", "28600.15", "USD", 1) // its supplier is not approved yet
	s.invoice("3002", "v99", "77.00", "USD", 1)   // its supplier is nowhere
	s.invoice("4001-lost", "v1", "198.00", "USD", 1)
	s.invoice("5001-refused-"+hostile, "v1", "12410.00", "USD", 1)
	s.sync("invoices")
	s.far.steps = []connector.Step{
		{Step: "connect", State: connector.StepOK, Took: 42 * time.Millisecond, Message: "ledger.example.com answers"},
		{Step: "token", State: connector.StepWarning, Took: 110 * time.Millisecond, Message: "the password ends in 3 days", Hint: "Change it before then."},
		{Step: "query:" + long, State: connector.StepFailed, Code: connector.Forbidden, Took: 7 * time.Millisecond, Message: "it says <b>no</b>", Hint: "Grant the query to the user."},
		{Step: "clock", State: connector.StepSkipped},
	}
	if _, err := s.app.Ping(t.Context(), []string{"erp"}, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	s.pushes()
	s.pass(26 * time.Minute)
	return s
}

// pushes has s2p push what it has, what it does not show yet, and what is not to be found, and somebody else something.
func (s *site) pushes() {
	s.t.Helper()
	refused := connector.Entry{Actor: "s2p", Action: "push.refused", Subject: "connection:s2p", Details: map[string]string{"code": "credentials", "reason": "Identity is <b>not</b> the one of this Connection"}}
	ends := map[string]func(*store.Tx, store.Push) error{
		"INV-1001": func(tx *store.Tx, p store.Push) error {
			return tx.PushDone(p, connector.Record{Connection: "s2p", Kind: connector.Invoice, ID: "1001"}, "invoices: known already")
		},
		"INV-late": func(tx *store.Tx, p store.Push) error { return tx.PushLater(p, s.now().Add(time.Hour), true) },
		long:       func(tx *store.Tx, p store.Push) error { return tx.PushDone(p, connector.Record{}, "no flow reads it") },
		hostile:    func(*store.Tx, store.Push) error { return nil },
	}
	for n, number := range []string{long, "INV-1001", "INV-late", hostile} {
		x := connector.Exchange{ID: fmt.Sprint("push", n), Connection: "s2p", Op: "receive invoice", Method: "POST", URL: "/receive/s2p", Started: s.now(), Status: 200}
		err := s.app.DB.KeepPush(s.t.Context(), x, connector.Invoice, []string{number})
		if err == nil {
			err = s.app.DB.Tx(s.t.Context(), func(tx *store.Tx) error {
				tx.Enter(refused)
				return ends[number](tx, store.Push{Connection: "s2p", Kind: connector.Invoice, Number: number, Exchange: x.ID, Pushed: 1})
			})
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *site) apply(text string) {
	s.t.Helper()
	f, err := config.Parse("test.yaml", []byte(text), s.t.TempDir(), s.app.Known(true))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.app.Apply(s.t.Context(), f, app.ApplyOptions{}, people.Local("cli:jdoe")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) sync(flow string) {
	s.t.Helper()
	if _, err := s.app.Sync(s.t.Context(), app.SyncOptions{Flows: []string{flow}}, people.Local("cli:jdoe")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) supplier(id, name string) {
	s.north.put(connector.Supplier, connector.Version{ID: id, Title: name, Document: connector.Document{"name": name}, Changed: s.now(), Standing: connector.Usable})
}

func (s *site) invoice(number, supplier, total, currency string, lines int) {
	var list []any
	for i := range lines {
		list = append(list, map[string]any{"text": fmt.Sprintf("Pipette tips %d µl <i>%s</i>", i, hostile), "amount": strconv.Itoa(i)})
	}
	s.north.put(connector.Invoice, connector.Version{ID: number, Numbers: []string{"INV-" + number}, Title: "INV-" + number + " · " + supplier, Changed: s.now(), Standing: connector.Usable,
		Document: connector.Document{"number": number, "supplier": supplier, "total": map[string]any{"value": total, "currency": currency}, "lines": list}})
}

// invoiceOn is an invoice on terms of payment, which go through a Crosswalk.
func (s *site) invoiceOn(number, terms string) {
	s.north.put(connector.Invoice, connector.Version{ID: number, Numbers: []string{"INV-" + number}, Title: "INV-" + number, Changed: s.now(), Standing: connector.Usable,
		Document: connector.Document{"number": number, "supplier": "v1", "terms": terms, "total": map[string]any{"value": "12.50", "currency": "USD"}, "lines": []any{}}})
}

// asked is a request of this machine.
func asked(method, path string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:54321"
	return r
}

// get asks for a page as a browser on this machine would.
func (s *site) get(path string) *httptest.ResponseRecorder {
	r := asked(http.MethodGet, path)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// delivery is the ID of the newest Delivery of a Record.
func (s *site) delivery(kind connector.Kind, id string) int64 {
	s.t.Helper()
	p, err := s.app.RecordPage(s.t.Context(), connector.Record{Connection: "s2p", Kind: kind, ID: id}, 0)
	if err != nil || p.Focus == nil {
		s.t.Fatalf("%s has no delivery: %v", id, err)
	}
	return p.Focus.ID
}

// system is a System of the simplest kind, and its only Instance.
type system struct {
	name, title string
	mu          sync.Mutex
	held        map[connector.Kind][]connector.Version
	steps       []connector.Step
	calls       int
}

func (s *system) Name() string { return s.name }

func (s *system) Describe() connector.Description {
	return connector.Description{Title: s.title, Settings: []connector.Setting{
		{Name: "host", Type: connector.SettingText, Required: true, Help: "host"},
		{Name: "time_zone", Type: connector.SettingText, Help: "where it stands"}, {Name: "receive", Type: connector.SettingBool},
		{Name: "profile", Type: connector.SettingTree, Help: "the rest"},
	}, Secrets: []connector.Setting{
		{Name: "password", Type: connector.SettingText, Required: true, BoundTo: []string{"host"}}, {Name: "tls_key", Type: connector.SettingText}}}
}

func (s *system) Validate(given connector.Settings) connector.Validation {
	return connector.Validation{Settings: maps.Clone(given), Addresses: []string{fmt.Sprintf("https://%v", given["host"])}}
}

func (s *system) Open(connector.Opening) (connector.Instance, error) { return s, nil }

func (s *system) Settings() connector.Settings { return connector.Settings{} }

func (s *system) Kind(connector.Kind) connector.KindInfo {
	text := func(name string, most int) connector.Field {
		return connector.Field{Name: name, Type: connector.TypeText, Length: most}
	}
	return connector.KindInfo{Reads: true, Writes: true, Class: connector.ClassSilent, Schema: connector.Schema{Fields: []connector.Field{
		text("NAME", 0), text("INVOICE_ID", 0), text("VENDOR", 0), text("GROSS_AMT", 0), text("CURRENCY", 0), text("TERMS", 0),
		{Name: "LINE", Type: connector.TypeList, Fields: []connector.Field{text("DESCR", 0), text("AMOUNT", 0)}}}}}
}

func (s *system) Check(context.Context, []connector.Need) []connector.Step {
	if s.steps == nil {
		return []connector.Step{{Step: "connect", State: connector.StepOK, Took: 110 * time.Millisecond}}
	}
	return s.steps
}

func (s *system) put(kind connector.Kind, v connector.Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[connector.Kind][]connector.Version{}
	}
	s.held[kind] = slices.DeleteFunc(s.held[kind], func(o connector.Version) bool { return o.ID == v.ID })
	s.held[kind] = append(s.held[kind], v)
}

func (s *system) Read(ctx context.Context, q connector.Query) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p connector.Page
	for _, v := range s.held[q.Kind] {
		if q.Keys == nil || slices.ContainsFunc(q.Keys, func(k connector.Key) bool { return k.ID == v.ID }) {
			p.Versions = append(p.Versions, v)
		}
	}
	s.keep(ctx, "read "+string(q.Kind), 200, "", `{"found":`+strconv.Itoa(len(p.Versions))+`}`)
	return p, nil
}

// keep keeps an Exchange, as the wire would.
func (s *system) keep(ctx context.Context, op string, status int, request, answer string) string {
	trace := connector.TraceOf(ctx)
	s.calls++
	id := fmt.Sprintf("%s%d", s.name, s.calls)
	if trace.Keep == nil {
		return id
	}
	trace.Keep(connector.Exchange{ID: id, Connection: map[string]string{"north": "s2p", "far": "erp"}[s.name], Op: op, Method: "POST", URL: "https://" + s.name + ".example.com/PSIGW/" + long,
		RequestHeader: map[string]string{"Authorization": "***", "Content-Type": "text/xml"}, RequestBody: []byte(request), Status: status,
		ResponseHeader: map[string]string{"Server": hostile}, ResponseBody: []byte(answer), Started: start.Add(time.Duration(s.calls) * time.Second), Took: 212 * time.Millisecond,
		Run: trace.Run, Delivery: trace.Delivery})
	return id
}

// Write refuses what says so, loses the answer of what says so, and takes the rest.
func (s *system) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := w.Document.Text("NAME") + w.Document.Text("INVOICE_ID")
	body := "<Message>" + hostile + "</Message>"
	refuse := func(code connector.Code, format string, args ...any) (connector.Receipt, error) {
		e := connector.Errorf(code, "create", format, args...).Advise("Create the value in Far Ledger, or map it to one that exists, then replay.")
		e.Exchange = s.keep(ctx, "create "+string(w.Kind), 500, body, "<Fault>Invalid value <b>"+hostile+"</b></Fault>")
		return connector.Receipt{}, e
	}
	switch {
	case strings.Contains(id, "lost"):
		return refuse(connector.Ambiguous, "no answer came after it was sent")
	case strings.Contains(strings.ToLower(id), "refused"):
		return refuse(connector.Rejected, "a value is not in the list of valid values: Invalid value %q -- press F4 (15,11)", hostile)
	case strings.HasPrefix(id, "20"):
		return refuse(connector.Rejected, "the combination of accounts is not valid: combo error for fields DEPTID/FUND in group %s (9010,%s)", "COMBO1", id)
	}
	s.keep(ctx, "create "+string(w.Kind), 200, body, `{"id":"T-1","note":"`+strings.Repeat("x", 300)+`"}`)
	return connector.Receipt{ID: "US001/" + fmt.Sprintf("J%07d", s.calls), Life: &connector.Life{Stage: connector.StageStaged, At: start, Reason: "the batch has not run yet"}}, nil
}
