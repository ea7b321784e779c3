package app

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// planted are texts that must not leave, each by the place where it is put.
var planted = map[string]string{
	"a secret": "Zq7planted-secret-0aa1", "another secret": "Zq7planted-password-0aa2", "a host": "zq7planted-host.example.com", "a note in the settings": "Zq7planted note of Jane Roe",
	"a text of the profile": "ZQ7PLANTED_QUERY", "an account among the settings": "7117117117117", "a supplier": "Zq7planted Supply Inc", "a bank number": "AT61Q7PLANTED300234573201", "a tax number": "Q7-98-7654321",
	"a street": "12 Zq7planted Street", "an ID": "zq7planted-id-0017", "the words of a system": "Zq7planted refusal for user JROE", "a pause": "Zq7planted because Miller is ill", "a person": "zq7planted.roe", "a token": "zq7planted-token",
	"a note": "Zq7planted call Jane", "a value of a crosswalk": "zq7planted-value", "own rules": "zq7planted_field", "a body": "Zq7planted-body-of-an-exchange", "an address of an exchange": "zq7planted-path", "a reader of mail": "zq7planted@example.com",
	"a signing secret": "zq7planted-signing-0123456789abc", "the address of a webhook": "zq7planted-hooks.example.com", "a machine": "zq7planted-machine", "a key of a map": "Zq7planted key",
}

// TestTheSupportBundleTellsNothingOfAnybody (I21): whatever is planted, wherever it is, and however it is written.
func TestTheSupportBundleTellsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := planted
	b.env["LEFT"], b.env["RIGHT"], b.env["SIGNING"] = p["a secret"], p["another secret"], p["a signing secret"]
	text := strings.NewReplacer("host: alpha.example.com", fmt.Sprintf("host: %s, note: %q, codes: [%q], profile: {query: %s, account: %s, %q: x}", p["a host"], p["a note in the settings"], p["a person"], p["a text of the profile"], p["an account among the settings"], p["a key of a map"]),
		"{from: a, to: b, drift: overwrite}", "{from: a, to: b, drift: overwrite, file: own.yaml}").Replace(both)
	b.write("own.yaml", "name: things\nkind: supplier\nfrom: alpha\nto: beta\nfields:\n  NAME: {expr: 'join(doc.name, \""+p["own rules"]+"\")', required: true}\n")
	b.write("words.csv", "alpha,beta\n"+p["a value of a crosswalk"]+",salve\n")
	b.mustApply(text + "alerts:\n  channels:\n    ops: {type: webhook, settings: {url: \"https://" + p["the address of a webhook"] + "/in\"}, secrets: {secret: env:SIGNING}}\n" +
		"    mail: {type: email, settings: {host: " + p["a host"] + ", from: mlc@example.com, to: [" + p["a reader of mail"] + "]}}\n")
	b.put(p["an ID"], p["a supplier"], connector.Document{"name": p["a supplier"] + strings.Repeat("x", 40), "bank": p["a bank number"], "tax": p["a tax number"], "street": p["a street"]}, p["an ID"]+"-2")
	b.sync()
	b.left.steps = []connector.Step{{Step: "query:" + p["a text of the profile"], State: connector.StepFailed, Code: connector.Rejected, Message: p["the words of a system"], Hint: p["the words of a system"]}}
	if _, err := b.Ping(t.Context(), []string{"a"}, jdoe); err != nil {
		t.Fatal(err)
	}
	b.Owner = p["a machine"]
	err := b.DB.Tx(t.Context(), func(tx *store.Tx) error {
		tx.Enter(connector.Entry{Actor: "user:" + p["a person"], Action: "delivery.skipped", Subject: "a:supplier:" + p["an ID"], Details: map[string]string{"reason": p["a note"]}})
		if err := tx.BeatKeyholder(p["a machine"], []string{"x"}); err != nil {
			return err
		}
		return tx.PauseFlow("things", connector.Pause{Code: connector.Misconfigured, Reason: p["the words of a system"], By: "engine", At: b.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.PauseConnection(t.Context(), "a", p["a pause"], people.Local("cli:"+p["a person"])); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddPerson(t.Context(), p["a person"], []people.Role{people.Admin}, jdoe); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddToken(t.Context(), p["a token"], TokenOptions{Roles: []people.Role{people.Viewer}, Lasts: 1}, jdoe); err != nil {
		t.Fatal(err)
	}
	if err := b.DB.SaveExchanges(t.Context(), []connector.Exchange{{ID: "x1", Connection: "a", Op: "read " + p["an ID"], Method: "GET", URL: "https://" + p["a host"] + "/" + p["an address of an exchange"], ResponseBody: []byte(p["a body"]), Started: b.Now(), Failure: p["the words of a system"]}}); err != nil {
		t.Fatal(err)
	}
	look(t, b.App)
	b.Metrics = func() ([]byte, error) { return []byte("up 1\n"), nil }
	var out bytes.Buffer
	if err := b.Support(t.Context(), &out, "test", jdoe); err != nil {
		t.Fatal(err)
	}
	parts := unzipped(t, out.Bytes())
	for _, name := range []string{"README.txt", "about.json", "doctor.json", "connections.json", "flows.json", "runs.json", "tables.json", "needs.json", "alerts.json", "ledger.json", "keys.json", "metrics.txt", "goroutines.txt"} {
		if len(parts[name]) < 4 || strings.Contains(parts[name], "not_gathered") {
			t.Errorf("%s: %s", name, parts[name])
		}
	}
	if strings.Contains(parts["goroutines.txt"], "\t/") || !strings.Contains(parts["goroutines.txt"], "\tapp/support.go:") {
		t.Errorf("it says where the program was built, or not where it stands:\n%.600s", parts["goroutines.txt"])
	}
	for what, text := range p {
		if !inDatabase(t, b, text) && what != "a secret" && what != "another secret" && what != "a signing secret" && what != "a body" && what != "an address of an exchange" && what != "a supplier" && what != "a bank number" && what != "a tax number" && what != "a street" {
			t.Errorf("%s is nowhere in the database, so that it is left out shows nothing", what)
		}
		for name, content := range parts {
			if form := foundIn(content, text); form != "" {
				t.Errorf("%s stands in %s %s", what, name, form)
			}
		}
	}
	if !strings.Contains(parts["connections.json"], `"text of characters": `) || !strings.Contains(parts["flows.json"], `"things"`) || !strings.Contains(parts["runs.json"], `"Held": 1`) || !strings.Contains(parts["alerts.json"], "connection.paused") {
		t.Errorf("it helps nobody:\n%s\n%s\n%s\n%s", parts["connections.json"], parts["flows.json"], parts["runs.json"], parts["alerts.json"])
	}
}

// foundIn says how a text stands in a content: as it is, in base64 at any offset, in hex, or as JSON writes it.
func foundIn(content, text string) string {
	lower := strings.ToLower(content)
	asJSON, _ := json.Marshal(text)
	for form, s := range map[string]string{"as it is": strings.ToLower(text), "in hex": hex.EncodeToString([]byte(text)), "in JSON": strings.ToLower(strings.Trim(string(asJSON), `"`))} {
		if strings.Contains(lower, s) {
			return form
		}
	}
	for offset := range 3 {
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", offset) + text))
		middle := coded[4:max(4, len(coded)-4)]
		if len(middle) > 8 && (strings.Contains(content, middle) || strings.Contains(content, strings.NewReplacer("+", "-", "/", "_").Replace(middle))) {
			return "in base64"
		}
	}
	return ""
}

// inDatabase says whether the database file has a text in clear; contents are compressed there, and secrets sealed.
func inDatabase(t *testing.T, b *bench, text string) bool {
	t.Helper()
	for _, name := range []string{"test.db", "test.db-wal"} {
		content, err := os.ReadFile(filepath.Join(b.dir, name))
		if err == nil && bytes.Contains(bytes.ToLower(content), bytes.ToLower([]byte(text))) {
			return true
		}
	}
	return false
}
