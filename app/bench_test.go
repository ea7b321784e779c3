package app

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/flows"
	"ml-connector/people"
)

// bench is an App over a database of its own, between two invented Systems.
type bench struct {
	*App
	t           *testing.T
	dir         string
	env         map[string]string
	left, right *side
	clock       *clock
}

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond) // no two moments are the same
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), env: map[string]string{"LEFT": "not-a-real-secret", "RIGHT": "not-a-real-password"},
		left: newSide("alpha"), right: newSide("beta"), clock: &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}}
	b.App = b.open()
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *bench) open() *App {
	b.t.Helper()
	a, err := Open(b.t.Context(), Config{
		Process: config.Process{Dir: b.dir, Database: "sqlite:" + filepath.Join(b.dir, "test.db") + "?durable=no", Key: "file:master.key"},
		Systems: []connector.System{b.left, b.right},
		Shipped: []flows.File{
			{Name: "things", Text: []byte("name: things\nkind: supplier\nfrom: alpha\nto: beta\nfields:\n  NAME: {from: name, required: true}\n")},
			{Name: "orders", Text: []byte("name: orders\nkind: purchase_order\nfrom: alpha\nto: beta\nfilter: doc.ready == \"true\"\n" +
				"links:\n  supplier: {kind: supplier, when: not blank(doc.supplier), id: doc.supplier, usable: true, reason: 'supplier {doc.supplier}'}\n" +
				"fields:\n  NAME: {from: name, required: true}\n")},
			{Name: "papers", Text: []byte("name: papers\nkind: invoice\nfrom: alpha\nto: beta\nlinks:\n  order: {kind: purchase_order, when: not blank(doc.order), number: doc.order, reason: 'order {doc.order}'}\n" +
				"fields:\n  TEXT: {from: text, lookup: words}\n")},
		},
		Lookup: func(name string) (string, bool) { v, ok := b.env[name]; return v, ok },
		Now:    b.clock.now, Owner: "test",
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

const both = `connections:
  a:
    system: alpha
    settings: {host: alpha.example.com, port: 443}
    secrets: {secret: env:LEFT}
  b:
    system: beta
    settings: {host: beta.example.com, port: 443}
    secrets: {secret: env:RIGHT}
flows:
  things: {from: a, to: b, drift: overwrite}
  papers: {from: a, to: b}
crosswalks:
  words: {file: words.csv}
`

// apply applies a text, with words.csv beside it.
func (b *bench) apply(text string, o ApplyOptions) (Applied, error) {
	b.t.Helper()
	if _, err := os.Stat(filepath.Join(b.dir, "words.csv")); err != nil {
		b.write("words.csv", "alpha,beta\nhello,salve\n")
	}
	f, err := config.Parse("test.yaml", []byte(text), b.dir, b.Known(!o.NoSecrets))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Apply(b.t.Context(), f, o, people.Local("cli:jdoe"))
}

func (b *bench) mustApply(text string) Applied {
	b.t.Helper()
	done, err := b.apply(text, ApplyOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return done
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) sync() Synced {
	b.t.Helper()
	done, err := b.Sync(b.t.Context(), SyncOptions{Wait: time.Minute}, people.Local("cli:jdoe"))
	if err != nil {
		b.t.Fatal(err)
	}
	return done
}

// subjects lists what was changed, each with its sign.
func subjects(a Applied) []string {
	var out []string
	for _, c := range a.Changes {
		out = append(out, c.Action+" "+c.Subject)
	}
	return out
}

// side is a System of the simplest kind, and its only Instance: it holds what the test puts into it.
type side struct {
	name   string
	mu     sync.Mutex
	held   []connector.Version
	wrote  []connector.Write
	refuse *connector.Error // of every write
	steps  []connector.Step
	opened []connector.Opening
}

func newSide(name string) *side {
	return &side{name: name, steps: []connector.Step{{Step: "connect", State: connector.StepOK}}}
}

func (s *side) Name() string { return s.name }

func (s *side) Describe() connector.Description {
	return connector.Description{Title: s.name,
		Settings: []connector.Setting{
			{Name: "host", Type: connector.SettingText, Required: true, Help: "host"},
			{Name: "port", Type: connector.SettingInt, Default: "443", Help: "port"},
			{Name: "note", Type: connector.SettingText, Help: "a note"},
			{Name: "codes", Type: connector.SettingTexts, Help: "codes"},
			{Name: "profile", Type: connector.SettingTree, Help: "the rest"},
		},
		Secrets: []connector.Setting{
			{Name: "secret", Type: connector.SettingText, Required: true, Help: "of the user", BoundTo: []string{"host", "port"}},
			{Name: "other", Type: connector.SettingText, Help: "another", BoundTo: []string{"host"}},
		}}
}

func (s *side) Validate(given connector.Settings) connector.Validation {
	v := connector.Validation{Settings: maps.Clone(given), Addresses: []string{fmt.Sprintf("https://%v:%v", given["host"], given["port"])}}
	if v.Settings["port"] == nil {
		v.Settings["port"] = int64(443)
	}
	return v
}

func (s *side) Open(o connector.Opening) (connector.Instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = append(s.opened, o)
	if o.Secrets["secret"] == "" {
		return nil, connector.Errorf(connector.Credentials, "open "+o.Connection, "the secret is missing").Advise("Give it.")
	}
	return s, nil
}

func (s *side) Settings() connector.Settings { return connector.Settings{} }

func (s *side) Kind(connector.Kind) connector.KindInfo {
	return connector.KindInfo{Reads: true, Writes: true, Class: connector.ClassNatural, CanUpdate: true, Schema: connector.Schema{Fields: []connector.Field{
		{Name: "NAME", Type: connector.TypeText, Length: 10}, {Name: "TEXT", Type: connector.TypeText, Length: 6}}}}
}

func (s *side) Check(context.Context, []connector.Need) []connector.Step { return s.steps }

func (s *side) Read(_ context.Context, q connector.Query) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p connector.Page
	for _, v := range s.held {
		if kindOf(v) == q.Kind && (q.Keys == nil || slices.ContainsFunc(q.Keys, func(k connector.Key) bool { return k.ID == v.ID || slices.Contains(v.Numbers, k.Number) })) {
			p.Versions = append(p.Versions, v)
		}
	}
	return p, nil
}

// kindOf tells a test's Versions apart by their ID.
func kindOf(v connector.Version) connector.Kind {
	switch v.ID[0] {
	case 'p':
		return connector.Invoice
	case 'o':
		return connector.PurchaseOrder
	}
	return connector.Supplier
}

func (s *side) Write(_ context.Context, w connector.Write) (connector.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return connector.Receipt{}, s.refuse
	}
	s.wrote = append(s.wrote, w)
	id := w.TargetID
	if id == "" {
		id = "T-" + w.Document.Text("NAME") + w.Document.Text("TEXT")
	}
	return connector.Receipt{ID: id}, nil
}

// put lets the left side hold a Version.
func (b *bench) put(id, title string, d connector.Document, numbers ...string) {
	b.left.mu.Lock()
	defer b.left.mu.Unlock()
	b.left.held = slices.DeleteFunc(b.left.held, func(v connector.Version) bool { return v.ID == id })
	b.left.held = append(b.left.held, connector.Version{ID: id, Title: title, Numbers: numbers, Document: d, Changed: b.clock.now(), Standing: connector.Usable})
}
