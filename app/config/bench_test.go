package config

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	connector "ml-connector"
	"ml-connector/flows"
)

// world is a folder with a good file, its Crosswalks, mapping and secret.
type world struct {
	dir   string
	path  string
	known Known
	env   map[string]string
}

const good = `database: sqlite:ml-connector.db
listen: 127.0.0.1:8080
key: file:master.key
egress: {allow: ["erp.example.com:8443", "10.0.0.0/8"]}
connections:
  erp:
    system: peoplesoft
    settings:
      host: erp.example.com
      port: 8443
      time_zone: America/Chicago
      business_units: [US001, 002]
      profile: {po: {buyer: 0042, page: 7}}
    secrets:
      password: env:ERP_PASSWORD
  s2p:
    system: jaggaer
    settings: {host: acme.example.com}
    secrets: {password: file:s2p.secret}
flows:
  invoices: {from: s2p, to: erp, start: 2026-01-01, limits: {changes_per_run: 500, creates_per_run: 50, share_per_run: 20%, money_per_run: 250000.50}}
  gl-accounts:
    from: erp
    to: s2p
    schedule: "@hourly"
crosswalks:
  uom: {file: uom.csv}
`

func newWorld(t *testing.T, text string) world {
	t.Helper()
	w := world{dir: t.TempDir(), env: map[string]string{"ERP_PASSWORD": "not-a-real-password"}}
	w.path = filepath.Join(w.dir, "ml-connector.yaml")
	w.write(t, "ml-connector.yaml", text)
	w.write(t, "uom.csv", "peoplesoft,jaggaer,note\nEA,EACH,\nBX,BOX,twelve\nEA,EACH,again\n")
	w.write(t, "s2p.secret", "not-a-real-secret\n")
	w.write(t, "listing.yaml", "name: own\nkind: invoice\nfrom: jaggaer\nto: peoplesoft\nfields:\n  VOUCHER: {expr: 'join(to.business_units, from.time_zone)'}\n")
	w.write(t, "own.yaml", "name: own\nkind: invoice\nfrom: jaggaer\nto: peoplesoft\nfields:\n  VOUCHER: {from: id}\n")
	w.known = Known{
		Systems: []connector.System{fake("peoplesoft"), fake("jaggaer")},
		Flows: []flows.File{
			{Name: "gl-accounts", Text: []byte("name: gl-accounts\nkind: gl_account\nfrom: peoplesoft\nto: jaggaer\nschedule: \"@daily\"\nfields:\n  value: {from: VALUE}\n")},
			{Name: "invoices", Text: []byte("name: invoices\nkind: invoice\nfrom: jaggaer\nto: peoplesoft\ntrack: \"@hourly\"\nfields:\n  VOUCHER: {from: id}\n")},
		},
		Lookup:  func(name string) (string, bool) { v, ok := w.env[name]; return v, ok },
		Egress:  func(allow []string) error { return map[bool]error{true: errors.New("bad")}[allow[0] == "everything"] },
		Secrets: true,
	}
	return w
}

func (w world) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fake is a System of the simplest kind.
type fake string

func (f fake) Name() string { return string(f) }

func (f fake) Describe() connector.Description {
	return connector.Description{
		Title: string(f),
		Settings: []connector.Setting{
			{Name: "host", Type: connector.SettingText, Required: true, Help: "name of the host", Example: "erp.example.com"},
			{Name: "port", Type: connector.SettingInt, Default: "443", Help: "port"},
			{Name: "tls", Type: connector.SettingBool, Default: "true", Help: "TLS"},
			{Name: "time_zone", Type: connector.SettingText, Help: "zone"},
			{Name: "business_units", Type: connector.SettingTexts, Help: "units"},
			{Name: "tls_ca", Type: connector.SettingText, Help: "authorities"},
			{Name: "profile", Type: connector.SettingTree, Help: "the rest"},
		},
		Secrets: []connector.Setting{
			{Name: "password", Type: connector.SettingText, Required: true, Help: "of the user", BoundTo: []string{"host", "port"}},
			{Name: "token", Type: connector.SettingText, Help: "another"},
		},
	}
}

func (f fake) Validate(s connector.Settings) connector.Validation {
	v := connector.Validation{Settings: maps.Clone(s), Addresses: []string{"https://h:443"}}
	if s["port"] == int64(1) {
		v.Problems = append(v.Problems, connector.SettingProblem{Path: "port", Message: "must not be 1"})
	}
	profile, _ := s["profile"].(map[string]any)
	if po, _ := profile["po"].(map[string]any); po["buyr"] != nil {
		v.Problems = append(v.Problems, connector.SettingProblem{Path: "profile.po.buyr", Message: "is not known"})
	}
	return v
}

func (f fake) Open(o connector.Opening) (connector.Instance, error) {
	if o.Secrets["token"] == "does-not-fit" {
		return nil, connector.Errorf(connector.Misconfigured, "open", "the token needs a port")
	}
	switch {
	case f == "peoplesoft":
		return following{}, nil
	case o.Settings["port"] == int64(8080):
		return hearing{nil}, nil
	case o.Settings["port"] == int64(8081):
		return instance{}, nil
	}
	return hearing{connector.Errorf(connector.Misconfigured, "tell", "profile.operations.payment.write is off").Advise("Set it to rest.")}, nil
}

// following tells what becomes of a record.
type following struct{ instance }

func (following) Track(context.Context, connector.Track) (connector.Life, error) {
	return connector.Life{}, nil
}

// hearing can be told what became of a record, unless it says why not.
type hearing struct{ refusal error }

func (hearing) Settings() connector.Settings                             { return nil }
func (hearing) Check(context.Context, []connector.Need) []connector.Step { return nil }
func (hearing) Kind(k connector.Kind) connector.KindInfo                 { return instance{}.Kind(k) }
func (h hearing) CanAcknowledge(connector.Kind) error                    { return h.refusal }
func (hearing) Acknowledge(context.Context, connector.Kind, string, connector.Document, connector.Tidings) error {
	return nil
}

// instance is a Connection that reads accounts by unit.
type instance struct{}

func (instance) Settings() connector.Settings                             { return nil }
func (instance) Check(context.Context, []connector.Need) []connector.Step { return nil }
func (instance) Kind(k connector.Kind) connector.KindInfo {
	return connector.KindInfo{Needs: map[connector.Kind][]string{connector.GLAccount: {"business_units"}}[k], Schema: connector.Schema{Fields: []connector.Field{{Name: "VOUCHER", Type: connector.TypeText}, {Name: "value", Type: connector.TypeText}}}}
}
