package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
)

func TestAGoodFileIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	f, err := Read(w.path, w.known)
	if err != nil {
		t.Fatal(err)
	}
	if f.Database != "sqlite:"+filepath.Join(w.dir, "ml-connector.db") || f.Key != "file:master.key" || f.Dir != w.dir || len(f.Egress) != 2 {
		t.Errorf("process: %+v", f.Process)
	}
	erp := f.Connections[0]
	want := connector.Settings{"host": "erp.example.com", "port": int64(8443), "time_zone": "America/Chicago", "business_units": []any{"US001", "002"},
		"profile": map[string]any{"po": map[string]any{"buyer": "0042", "page": int64(7)}}}
	if erp.Name != "erp" || erp.System.Name() != "peoplesoft" || !reflect.DeepEqual(erp.Settings, want) {
		t.Errorf("erp: %#v", erp.Settings)
	}
	if string(erp.Secrets[0].Value) != "not-a-real-password" || string(f.Connections[1].Secrets[0].Value) != "not-a-real-secret" {
		t.Error("the secrets are not those of variable and file")
	}
	chicago, _ := time.LoadLocation("America/Chicago")
	gl, inv := f.Flows[0], f.Flows[1]
	if gl.Name != "gl-accounts" || gl.Position != 1 || gl.Schedule != "@hourly" || gl.Use != "gl-accounts" || gl.Kind != connector.GLAccount || !gl.Enabled ||
		gl.Drift != connector.DriftOverwrite || gl.Withdraw != connector.WithdrawHold || gl.RetryHeld != 3 || gl.Acknowledge != "off" || gl.Deep != "@daily" || gl.From != "erp" || gl.To != "s2p" {
		t.Errorf("gl-accounts: %+v", gl)
	}
	if inv.Position != 2 || inv.Schedule != "*/15 * * * *" || inv.Track != "@hourly" || inv.MaxChanges != 500 || inv.MaxCreates != 50 || inv.MaxShare != 20 || inv.MaxMoney != "250000.50" || !inv.Start.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, chicago)) || !strings.Contains(inv.Mapping, "VOUCHER") {
		t.Errorf("invoices: %+v", inv)
	}
	if x := f.Crosswalks[0]; x.Name != "uom" || !reflect.DeepEqual(x.Rows, []Row{{Left: "EACH", Right: "EA"}, {Left: "BOX", Right: "BX", Note: "twelve"}}) {
		t.Errorf("uom: %+v", x)
	}
}

func TestRowsOfACrosswalkCountFromDayToDay(t *testing.T) {
	t.Parallel()
	systems := newWorld(t, good).known.Systems
	table, err := ReadTable(strings.NewReader("jaggaer,peoplesoft,note,valid_from,valid_to\nEACH,EA,,2026-07-01,\nEACH,PC,old,,2026-06-30\nBX,BX\n"), "x.csv", systems)
	want := []Row{{Left: "EACH", Right: "EA", ValidFrom: "2026-07-01"}, {Left: "EACH", Right: "PC", Note: "old", ValidTo: "2026-06-30"}, {Left: "BX", Right: "BX"}}
	if err != nil || !reflect.DeepEqual(table.Rows, want) {
		t.Errorf("%+v, %v", table.Rows, err)
	}
	for name, row := range map[string]struct{ text, want string }{
		"no day":                        {"EACH,EA,,1 July,\n", "x.csv:2: has a day that is none: valid_from and valid_to are written 2026-03-01, or left empty"},
		"it ends before it begins":      {"EACH,EA,,2026-07-01,2026-06-30\n", "x.csv:2: ends on 2026-06-30, before it begins on 2026-07-01"},
		"the same pair with other days": {"EACH,EA,,2026-07-01,\nEACH,EA,,,2025-12-31\n", "x.csv:3: has the values of another row, and other days: a pair of values counts from one day to another"},
		"too few columns":               {"EACH\n", "x.csv:2: has 1 columns; the first line names 5"},
	} {
		_, err := ReadTable(strings.NewReader("jaggaer,peoplesoft,note,valid_from,valid_to\n"+row.text), "x.csv", systems)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptionsOfAFlow(t *testing.T) {
	t.Parallel()
	options := `{from: s2p, to: erp, use: invoices, where: "doc.total > 0", drift: hold, withdraw: update, retry_held: 0, track: "off", deep: "off", acknowledge: "off", enabled: false, start: "2026-01-01T06:00:00+01:00"}`
	w := newWorld(t, strings.Replace(good, "crosswalks:", "  invoices-2: "+options+"\n  mine: {from: s2p, to: erp, file: own.yaml}\ncrosswalks:", 1))
	f, err := Read(w.path, w.known)
	if err != nil {
		t.Fatal(err)
	}
	got := f.Flows[2]
	if got.Name != "invoices-2" || got.Use != "invoices" || got.Where != "doc.total > 0" || got.Drift != connector.DriftHold || got.Withdraw != connector.WithdrawUpdate ||
		got.RetryHeld != 0 || got.Track != "" || got.Deep != "" || got.Acknowledge != "off" || got.Enabled || !got.Start.Equal(time.Date(2026, 1, 1, 5, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	if mine := f.Flows[3]; mine.Name != "mine" || mine.Use != "" || mine.Kind != connector.Invoice || mine.Position != 4 {
		t.Errorf("%+v", mine)
	}
}

// each row breaks the good file in one place; line 0 means that no line is claimed.
func TestMistakesAreToldWithTheirPlaceAndRemedy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		old, new string
		says     []string
	}{
		"an unknown top key":                               {"crosswalks:", "colour: blue\ncrosswalks:", []string{":26: colour is not known here"}},
		"a top key that is nearly right":                   {"crosswalks:", "crosswalk:", []string{":26: crosswalk is not known here; did you mean crosswalks?"}},
		"not YAML":                                         {"  erp:", "  erp: [", []string{": is not YAML"}},
		"a key twice":                                      {"crosswalks:", "listen: 127.0.0.1:1\ncrosswalks:", []string{":26: listen stands here a second time, after line 2"}},
		"a setting twice":                                  {"      port: 8443", "      port: 8443\n      port: 1", []string{":11: connections.erp.settings.port stands here a second time"}},
		"two documents":                                    {"flows:", "---\nflows:", []string{": a second document begins here"}},
		"a database of another kind":                       {"sqlite:ml-connector.db", "mysql://me:hunter2@h/d", []string{":1: database must be sqlite:PATH or postgres"}},
		"an address without port":                          {"127.0.0.1:8080", "127.0.0.1", []string{":2: listen must be ADDRESS:PORT"}},
		"the key itself":                                   {"file:master.key", "hunter2hunter2", []string{":3: key must be env:NAME or file:PATH"}},
		"an egress entry that is none":                     {`"10.0.0.0/8"`, "everything", []string{":4: egress.allow[2] must be HOST:PORT"}},
		"egress without a list":                            {`{allow: ["erp.example.com:8443", "10.0.0.0/8"]}`, "{deny: [a]}", []string{":4: egress.deny is not known"}},
		"an unknown system":                                {"system: peoplesoft", "system: peoplesofty", []string{`:7: connections.erp.system is "peoplesofty", which is not known; did you mean peoplesoft?`}},
		"no system":                                        {"    system: peoplesoft\n", "", []string{":6: connections.erp needs `system`"}},
		"an unknown setting":                               {"      port: 8443", "      prot: 8443", []string{":10: connections.erp.settings.prot is not known here; did you mean port?"}},
		"a port that is a word":                            {"port: 8443", "port: eighty", []string{":10: connections.erp.settings.port must be a whole number"}},
		"a port that is a fraction":                        {"port: 8443", "port: 84.5", []string{":10: connections.erp.settings.port must be a whole number"}},
		"a switch that is a word":                          {"port: 8443", "tls: yes", []string{":10: connections.erp.settings.tls must be true or false"}},
		"a list that is a text":                            {"[US001, 002]", "US001", []string{":12: connections.erp.settings.business_units must be a list"}},
		"a text that is a list":                            {"host: erp.example.com", "host: [a]", []string{":9: connections.erp.settings.host must be a text"}},
		"a required setting that is missing":               {"      host: erp.example.com\n", "", []string{":8: connections.erp.settings.host is missing: name of the host, such as erp.example.com"}},
		"a required setting that is empty":                 {"host: erp.example.com", `host: ""`, []string{"connections.erp.settings.host is missing"}},
		"no settings at all":                               {"    settings: {host: acme.example.com}\n", "", []string{":16: connections.s2p.settings.host is missing"}},
		"a setting that the System refuses":                {"port: 8443", "port: 1", []string{":10: connections.erp.settings.port must not be 1"}},
		"a profile key that the System refuses":            {"buyer: 0042", "buyr: x", []string{":13: connections.erp.settings.profile.po.buyr is not known"}},
		"a certificate that is not there":                  {"port: 8443", "tls_ca: nowhere.pem", []string{":10: connections.erp.settings.tls_ca names nowhere.pem, which can't be read"}},
		"a common setting out of its list":                 {"port: 8443", "overlap: [1]", []string{":10: connections.erp.settings.overlap must be a text"}},
		"a secret in clear text":                           {"env:ERP_PASSWORD", "hunter2hunter2", []string{":15: connections.erp.secrets.password must be env:NAME or file:PATH; a secret itself does not belong in this file"}},
		"a secret with a colon in clear text":              {"env:ERP_PASSWORD", "\"hunter2:hunter2\"", []string{":15: connections.erp.secrets.password must be env:NAME or file:PATH"}},
		"a secret that is a number":                        {"env:ERP_PASSWORD", "12345678", []string{":15: connections.erp.secrets.password must be env:NAME or file:PATH"}},
		"a secret whose variable is not set":               {"env:ERP_PASSWORD", "env:NOWHERE", []string{":15: connections.erp.secrets.password comes from the variable NOWHERE, which is not set"}},
		"a secret whose variable is empty":                 {"env:ERP_PASSWORD", "env:EMPTY", []string{"comes from the variable EMPTY, which is not set"}},
		"a secret whose file is missing":                   {"file:s2p.secret", "file:nowhere", []string{":19: connections.s2p.secrets.password comes from the file nowhere, which can't be read"}},
		"a secret that nobody asks for":                    {"password: env:ERP_PASSWORD", "pasword: env:ERP_PASSWORD", []string{":15: connections.erp.secrets.pasword is not known here; did you mean password?", "connections.erp.secrets.password is missing: of the user"}},
		"no secrets":                                       {"    secrets: {password: file:s2p.secret}\n", "", []string{":16: connections.s2p.secrets.password is missing"}},
		"secrets that don't fit the settings":              {"password: env:ERP_PASSWORD", "password: env:ERP_PASSWORD\n      token: env:MISFIT", []string{":14: connections.erp.secrets don't fit the settings: the token needs a port"}},
		"a name with a colon":                              {"  s2p:", "  \"s2p:x\":", []string{"connections.s2p:x is not a name", "flows.invoices.from", "flows.gl-accounts.to"}},
		"an unknown flow":                                  {"  gl-accounts:", "  gl-acounts:", []string{":22: flows.gl-acounts is no shipped Flow; did you mean gl-accounts? (shipped: gl-accounts, invoices; rules of your own need `file`)"}},
		"an unknown flow to use":                           {"from: s2p, to: erp,", "from: s2p, to: erp, use: payments,", []string{":21: flows.invoices.use is no shipped Flow (shipped:"}},
		"an unknown connection in a flow":                  {"    from: erp", "    from: erpp", []string{`:23: flows.gl-accounts.from is "erpp", but there is no such Connection; did you mean erp?`}},
		"a flow without an end":                            {"    to: s2p\n", "", []string{":22: flows.gl-accounts needs `to`: the name of a jaggaer Connection"}},
		"a flow between two of one System":                 {"    to: s2p", "    to: erp", []string{":22: flows.gl-accounts leads from erp to erp, which are both peoplesoft"}},
		"a flow the wrong way round":                       {"{from: s2p, to: erp,", "{from: erp, to: s2p,", []string{":21: flows.invoices leads from erp to s2p, but it reads jaggaer and writes peoplesoft"}},
		"an unknown key of a flow":                         {`schedule: "@hourly"`, `shedule: "@hourly"`, []string{":25: flows.gl-accounts.shedule is not known here; did you mean schedule?"}},
		"a schedule that is none":                          {`"@hourly"`, "every day", []string{":25: flows.gl-accounts.schedule is not a schedule"}},
		"a schedule of six fields":                         {`"@hourly"`, `"0 0 * * * *"`, []string{":25: flows.gl-accounts.schedule is not a schedule"}},
		"a start that is none":                             {"start: 2026-01-01", "start: soon", []string{":21: flows.invoices.start must be a day"}},
		"a share without its sign":                         {"share_per_run: 20%", "share_per_run: 20", []string{":21: flows.invoices.limits.share_per_run must be a share from 1% to 100%"}},
		"a share of all and more":                          {"share_per_run: 20%", "share_per_run: 101%", []string{":21: flows.invoices.limits.share_per_run must be a share"}},
		"money that is none":                               {"money_per_run: 250000.50", "money_per_run: 5e6", []string{":21: flows.invoices.limits.money_per_run must be an amount"}},
		"no money at all":                                  {"money_per_run: 250000.50", "money_per_run: 0.00", []string{":21: flows.invoices.limits.money_per_run must be an amount"}},
		"a limit that is none":                             {"changes_per_run: 500", "changes_per_run: none", []string{":21: flows.invoices.limits.changes_per_run must be a whole number, 1 or more"}},
		"a drift rule that is none":                        {"start: 2026-01-01", "drift: maybe", []string{":21: flows.invoices.drift must be one of overwrite, hold, ignore"}},
		"an acknowledgement that the source does not take": {"start: 2026-01-01", "acknowledge: voucher", []string{":21: flows.invoices.acknowledge has acknowledge: voucher, but of s2p: profile.operations.payment.write is off. Set it to rest."}},
		"an acknowledgement of what nobody follows":        {"start: 2026-01-01", "track: off, acknowledge: paid", []string{":21: flows.invoices.acknowledge has acknowledge: paid, and track: off", "payment.write is off"}},
		"an acknowledgement in a mapping":                  {"start: 2026-01-01", "file: telling.yaml", []string{":21: flows.invoices.file has acknowledge: paid, but of s2p"}},
		"days to read again":                               {"start: 2026-01-01", "deep_days: 3", []string{":21: flows.invoices.deep_days belongs to settings.profile"}},
		"a kind that is read by a setting that is empty":   {"      business_units: [US001, 002]\n", "", []string{":22: flows.gl-accounts.from is erp, whose setting business_units is empty, and this Flow needs it: units"}},
		"a list that is empty is as none":                  {"[US001, 002]", "[]", []string{":23: flows.gl-accounts.from is erp, whose setting business_units is empty"}},
		"a condition that is none":                         {"start: 2026-01-01", "where: \"doc.total >\"", []string{":21: flows.invoices.where is not a condition"}},
		"a mapping that is not there":                      {"start: 2026-01-01", "file: nowhere.yaml", []string{":21: flows.invoices.file names nowhere.yaml, which can't be read"}},
		"a mapping that is none":                           {"start: 2026-01-01", "file: uom.csv", []string{":21: flows.invoices.file names uom.csv, which is not a mapping", "uom.csv:1: ", "name is missing", "", "", "", ""}},
		"a mapping with a field that is not there":         {"start: 2026-01-01", "file: foreign.yaml", []string{":21: flows.invoices.file does not fit s2p and erp", "NOWHERE"}},
		"rules of both kinds":                              {"start: 2026-01-01", "file: own.yaml, use: invoices", []string{":21: flows.invoices has `use` and `file`"}},
		"a crosswalk file that is missing":                 {"uom.csv", "nowhere.csv", []string{":27: crosswalks.uom.file names nowhere.csv, which can't be read"}},
		"a crosswalk without file":                         {"{file: uom.csv}", "{}", []string{":27: crosswalks.uom needs `file`"}},
		"an alias":                                         {"{po: {buyer: 0042, page: 7}}", "&a {b: *a}", []string{":13: has an alias (*a)"}},
		"a merge of maps":                                  {"{host: acme.example.com}", "{<<: *x, host: acme.example.com}", []string{":18: connections.s2p.settings.<< is not known here", "has an alias (*x)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(good, row.old) {
				t.Fatalf("the good file has no %q", row.old)
			}
			w := newWorld(t, strings.Replace(good, row.old, row.new, 1))
			w.env["EMPTY"], w.env["MISFIT"] = "", "does-not-fit"
			w.write(t, "telling.yaml", "name: own\nkind: invoice\nfrom: jaggaer\nto: peoplesoft\ntrack: \"@hourly\"\nacknowledge: paid\nfields:\n  VOUCHER: {from: id}\n")
			w.write(t, "foreign.yaml", "name: own\nkind: invoice\nfrom: jaggaer\nto: peoplesoft\nfields:\n  NOWHERE: {from: id}\n")
			_, err := Read(w.path, w.known)
			e := connector.AsError(err)
			if e == nil || e.Code != connector.Invalid || e.Hint == "" {
				t.Fatalf("got %v", err)
			}
			for _, says := range row.says {
				if !strings.Contains(e.Message, says) {
					t.Errorf("says %q, not %q", e.Message, says)
				}
			}
			if lines := strings.Count(e.Message, "\n") + 1; lines > len(row.says) {
				t.Errorf("one mistake gave %d lines:\n%s", lines, e.Message)
			}
			for _, secret := range []string{"hunter2", "12345678", "not-a-real", "does-not-fit"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the message repeats %q", secret)
				}
			}
		})
	}
}

func TestBadRowsOfACrosswalkAreToldWithTheirLine(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, says string }{
		"empty":                 {"", "uom.csv:1: must begin with the column names: jaggaer,peoplesoft[,note]"},
		"an unknown column":     {"jaggaer,peoplesoft,colour\n", `uom.csv:1: has a column "colour"`},
		"one column":            {"jaggaer\nEACH\n", "uom.csv:1: must name two Systems"},
		"a column twice":        {"jaggaer,jaggaer\n", "uom.csv:1: has a column"},
		"no column names":       {"EACH,EA\n", `uom.csv:1: has a column "each"`},
		"a missing value":       {"jaggaer,peoplesoft\nEACH,EA\nBOX,\n", "uom.csv:3: lacks a value"},
		"a column too many":     {"jaggaer,peoplesoft\nEACH,EA,x,y\n", "uom.csv:2: has 4 columns"},
		"a quote that is open":  {"jaggaer,peoplesoft\n\"EACH,EA\n", "uom.csv:2: is not CSV"},
		"two bad rows, one run": {"jaggaer,peoplesoft\n,EA\nBOX,\n", "uom.csv:3: lacks a value"},
	} {
		w := newWorld(t, good)
		w.write(t, "uom.csv", row.text)
		_, err := Read(w.path, w.known)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	table, err := ReadTable(strings.NewReader("\ufeffJAGGAER;x"), "x.csv", newWorld(t, good).known.Systems)
	if err == nil {
		t.Errorf("semicolons gave %v", table)
	}
	table, err = ReadTable(strings.NewReader("\ufeffJaggaer , PeopleSoft\r\n \"EACH, of 1\" , EA \r\n"), "x.csv", newWorld(t, good).known.Systems)
	if err == nil && len(table.Rows) == 1 && table.Rows[0].Left == "EACH, of 1" {
		t.Log("blanks before a quote are taken")
	}
	three := append(newWorld(t, good).known.Systems, fake("zeta"))
	table, err = ReadTable(strings.NewReader("zeta,peoplesoft\nZ,P\n"), "x.csv", three)
	if err != nil || table.Left != "peoplesoft" || table.Right != "zeta" || !reflect.DeepEqual(table.Rows, []Row{{Left: "P", Right: "Z"}}) {
		t.Errorf("with a third System: %+v, %v", table, err)
	}
	if _, err = ReadTable(strings.NewReader("zeta,peoplesoft,jaggaer\n"), "x.csv", three); err == nil || !strings.Contains(err.Error(), "two of jaggaer, peoplesoft, zeta") {
		t.Errorf("three columns: %v", err)
	}
}

// A rule that goes through a list of settings would make nothing of an empty one.
func TestAListThatTheRulesGoThroughIsNeeded(t *testing.T) {
	t.Parallel()
	text := strings.Replace(good, "start: 2026-01-01", "file: listing.yaml", 1)
	if _, err := Read(newWorld(t, text).path, newWorld(t, text).known); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, strings.NewReplacer("      business_units: [US001, 002]\n", "", "  gl-accounts:\n    from: erp\n    to: s2p\n    schedule: \"@hourly\"\n", "").Replace(text))
	_, err := Read(w.path, w.known)
	if err == nil || !strings.Contains(err.Error(), ":20: flows.invoices.to is erp, whose setting business_units is empty") || strings.Contains(err.Error(), "time_zone") {
		t.Errorf("got %v", err)
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("port: 8443", "port: eighty", "from: s2p", "from: nowhere", "uom.csv", "nowhere.csv", "env:ERP_PASSWORD", "hunter2").Replace(good)
	w := newWorld(t, text)
	_, err := Read(w.path, w.known)
	message := connector.AsError(err).Message
	for _, says := range []string{":10:", ":15:", ":21:", ":27:"} {
		if !strings.Contains(message, says) {
			t.Errorf("no problem at %s in\n%s", says, message)
		}
	}
	if got := strings.Count(message, "\n") + 1; got != 4 {
		t.Errorf("4 mistakes gave %d lines:\n%s", got, message)
	}
}

func TestWithoutSecretsOnlyTheirFormIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	w.known.Secrets = false
	delete(w.env, "ERP_PASSWORD")
	f, err := Read(w.path, w.known)
	if err != nil || f.Connections[0].Secrets[0].Value != "" {
		t.Errorf("got %v", err)
	}
}

func TestTheProcessReadsOnlyItsOwnKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "database: postgres://db/mlc\nkey: env:KEY\nconnections: {erp: {system: nonsense}}\n")
	p, err := ReadProcess(w.path, w.known)
	if err != nil || p.Database != "postgres://db/mlc" || p.Key != "env:KEY" || p.Listen != "127.0.0.1:8080" || p.Egress != nil {
		t.Errorf("%+v, %v", p, err)
	}
	for name, text := range map[string]string{"a top key": "colour: blue\n", "no YAML": "a: [\n", "a database": "database: x\n"} {
		w.write(t, "ml-connector.yaml", text)
		if _, err := ReadProcess(w.path, w.known); connector.CodeOf(err) != connector.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadProcess(filepath.Join(w.dir, "nowhere.yaml"), w.known); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("a file that is not there: %v", err)
	}
	for name, text := range map[string]string{"an empty file": "", "comments alone": "# database: x\n", "an empty map": "{}\n"} {
		w.write(t, "ml-connector.yaml", text)
		if _, err := ReadProcess(w.path, w.known); err == nil || !strings.Contains(err.Error(), "ml-connector.yaml:1: has none of the keys of a configuration") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Read(w.path, w.known); err == nil || !strings.Contains(err.Error(), "ml-connector.yaml:1: has none of the keys of a configuration") {
			t.Errorf("%s, whole: %v", name, err)
		}
	}
}

func TestNoFileIsNoMistake(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	p, err := ReadProcess("", Known{})
	if err != nil || p.Path != "" || p.Database != "sqlite:"+filepath.Join(dir, "ml-connector.db") || p.Key != "file:master.key" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestSecretsPrintAsStars(t *testing.T) {
	t.Parallel()
	s := Secret{Name: "password", Value: "hunter2"}
	text, err := json.Marshal(s)
	if all := fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s.Value, s.Value) + string(text); err != nil || strings.Contains(all, "hunter2") {
		t.Errorf("%s, %v", all, err)
	}
}

func TestLargeFilesAreNoTrap(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8)+fmt.Sprintf("*a%d", i))
	}
	w := newWorld(t, bomb.String()+strings.Replace(good, "{po: {buyer: 0042, page: 7}}", "{po: *a9}", 1))
	if _, err := Read(w.path, w.known); err == nil || !strings.Contains(err.Error(), "has an alias") {
		t.Errorf("got %.200s", fmt.Sprint(err))
	}
	if _, err := os.Stat(w.path); err != nil {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	for _, text := range []string{"", "a", "- a", "a: [", "connections: {erp: {system: peoplesoft, settings: [], secrets: 1}}", "flows: {invoices: }", "<<: {a: b}", "? {a: b}\n: c", "crosswalks: {uom: {file: [a]}}",
		"flows: {x: {file: 1, start: {}}}", "egress: {allow: {a: b}}", "connections: &a {b: *a}", "!!binary a: b", "database: |\n  x"} {
		f.Add(text)
	}
	known := Known{Systems: []connector.System{fake("peoplesoft"), fake("jaggaer")}, Lookup: func(string) (string, bool) { return "not-a-real-secret", true }, Secrets: true}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Parse("fuzz.yaml", []byte(text), dir, known)
		if err != nil && (connector.CodeOf(err) != connector.Invalid || strings.Contains(err.Error(), "not-a-real-secret")) {
			t.Error(err)
		}
	})
}

func TestAnAcknowledgementIsTakenWhereTheSourceHears(t *testing.T) {
	t.Parallel()
	for port, says := range map[string]string{"8080": "", "8081": "but s2p can't be told what became of a record"} {
		text := strings.Replace(strings.Replace(good, "start: 2026-01-01", "acknowledge: paid", 1), "{host: acme.example.com}", "{host: acme.example.com, port: "+port+"}", 1)
		w := newWorld(t, text)
		f, err := Read(w.path, w.known)
		switch {
		case says == "" && (err != nil || f.Flows[1].Acknowledge != "paid" && f.Flows[0].Acknowledge != "paid"):
			t.Errorf("%v", err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%v, expected %q", err, says)
		}
	}
}
