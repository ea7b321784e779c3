package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/store"
)

func TestApplyIsIdempotentAndTellsWhatChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := []string{"add connection:a", "add secret:a.secret", "add connection:b", "add secret:b.secret", "add flow:things", "add flow:papers", "add crosswalk:words"}
	if got := subjects(b.mustApply(both)); !slices.Equal(got, first) {
		t.Fatalf("the first apply did %v", got)
	}
	if got := b.mustApply(both).Changes; len(got) != 0 {
		t.Fatalf("the second apply did %v", got)
	}
	for _, row := range []struct {
		name, old, new string
		subjects       []string
		details        string
	}{
		{"a changed setting that nothing is bound to", "port: 443}\n    secrets: {secret: env:LEFT}", "port: 443, note: x}\n    secrets: {secret: env:LEFT}", []string{"change connection:a"}, "note = x"},
		{"a changed address drops its secrets and takes them anew", "host: beta.example.com", "host: new.example.com", []string{"change connection:b", "change secret:b.secret"}, "host: beta.example.com → new.example.com"},
		{"a list and a tree", "alpha.example.com, port: 443", "alpha.example.com, port: 443, codes: [1, B], profile: {x: {y: 7}}", []string{"change connection:a"}, "codes[1] = 1; codes[2] = B; profile.x.y = 7"},
		{"a changed rule of a flow", "drift: overwrite", "drift: hold", []string{"change flow:things"}, "drift: overwrite → hold"},
		{"a disabled flow", "papers: {from: a, to: b}", "papers: {from: a, to: b, enabled: false}", []string{"change flow:papers"}, "enabled: true → false"},
	} {
		done := b.mustApply(strings.Replace(both, row.old, row.new, 1))
		if got := subjects(done); !slices.Equal(got, row.subjects) {
			t.Errorf("%s: did %v", row.name, got)
		} else if got := strings.Join(done.Changes[0].Details, "; "); got != row.details {
			t.Errorf("%s: told %q", row.name, got)
		}
		b.mustApply(both)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	done, err := b.apply(both, ApplyOptions{DryRun: true, Prune: true})
	if err != nil || len(done.Changes) != 7 || !done.DryRun {
		t.Fatalf("%v, %v", done, err)
	}
	if list, err := b.Connections(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("there are %v, %v", list, err)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "master.key")); err == nil {
		t.Error("a dry run made a key")
	}
	if entries, _ := b.DB.Entries(t.Context(), store.EntryFilter{}); len(entries) != 0 {
		t.Errorf("a dry run left %v", entries)
	}
	b.mustApply(both)
	b.env["LEFT"] = "another-secret"
	done, err = b.apply(both, ApplyOptions{DryRun: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"change secret:a.secret"}) {
		t.Errorf("a new secret: %v, %v", got, err)
	}
}

func TestPruneRemovesWhatIsNotInTheFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	if _, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: "x", Right: "y"}, false, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	short := both[:strings.Index(both, "  papers")]
	if got := b.mustApply(short).Changes; len(got) != 0 {
		t.Fatalf("without prune %v went", got)
	}
	done, err := b.apply(both, ApplyOptions{Prune: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"change crosswalk:words"}) {
		t.Fatalf("a row that a person set: %v, %v", got, err)
	}
	done, err = b.apply(short, ApplyOptions{Prune: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"remove flow:papers", "remove crosswalk:words"}) {
		t.Fatalf("%v, %v", got, err)
	}
	done, err = b.apply("connections: {}\n", ApplyOptions{Prune: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"remove flow:things", "remove connection:a", "remove connection:b"}) {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestApplyMergesCrosswalks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	if _, err := b.SetCrosswalk(t.Context(), "words", store.CrosswalkRow{Left: "hello", Right: "ave"}, false, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	b.write("words.csv", "alpha,beta\nhello,salve\nbye,vale\nbye,cura\n")
	if got := b.mustApply(both).Changes; len(got) != 1 || got[0].Details[0] != "2 rows added" {
		t.Fatalf("told %v", got)
	}
	if got, _, _ := b.DB.CrosswalkValue(t.Context(), "words", "alpha", "beta", "hello", "2026-03-01"); got != "ave" {
		t.Errorf("what a person set gave way to %q", got)
	}
	b.write("words.csv", "alpha,beta\nhello,salve\nbye,cura\nbye,vale\n")
	if got := b.mustApply(both).Changes; len(got) != 1 || got[0].Details[0] != "1 rows in another order" {
		t.Fatalf("told %v", got)
	}
	if got, _, _ := b.DB.CrosswalkValue(t.Context(), "words", "alpha", "beta", "bye", "2026-03-01"); got != "cura" {
		t.Errorf("the first row of the file does not count: %q", got)
	}
	if got := b.mustApply(both).Changes; len(got) != 0 {
		t.Errorf("again: %v", got)
	}
}

// I21, I23: no secret is in the database, and a changed address makes a secret unusable.
func TestI23SecretsAreSealedAndBound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	ctx := t.Context()
	if steps, err := b.Ping(ctx, []string{"a"}, people.Local("cli:jdoe")); err != nil || !steps[0].OK {
		t.Fatalf("%+v, %v", steps, err)
	}
	if got := b.left.opened[len(b.left.opened)-1].Secrets["secret"]; got != "not-a-real-secret" {
		t.Fatalf("opened with %q", got)
	}
	rows, err := b.DB.Secrets(ctx, "a")
	if err != nil || rows[0].Address != "host=alpha.example.com port=443" || strings.Contains(rows[0].Sealed, "real") {
		t.Fatalf("%+v, %v", rows, err)
	}
	// The address changes behind the back of apply: the secret must not go there.
	if err := b.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.SaveConnection(connector.Connection{Name: "a", System: "alpha", Settings: connector.Settings{"host": "evil.example.com", "port": int64(443)}})
	}); err != nil {
		t.Fatal(err)
	}
	pings, err := b.Ping(ctx, []string{"a"}, people.Local("cli:jdoe"))
	if err != nil || pings[0].OK || PingStatus(pings) != 4 {
		t.Fatalf("%+v, %v", pings, err)
	}
	if got := b.left.opened[len(b.left.opened)-1].Secrets; len(got) != 0 {
		t.Errorf("the secret went to another address: %v", got)
	}
	shown, err := b.Connection(ctx, "a")
	if err != nil || !shown.Secrets[0].Set || shown.Secrets[0].Usable {
		t.Errorf("%+v, %v", shown.Secrets, err)
	}
	text, err := json.Marshal(shown)
	if err != nil || strings.Contains(string(text), "real") {
		t.Errorf("shown: %s, %v", text, err)
	}
	content, err := os.ReadFile(filepath.Join(b.dir, "test.db"))
	if wal, werr := os.ReadFile(filepath.Join(b.dir, "test.db-wal")); werr == nil {
		content = append(content, wal...)
	}
	if err != nil || bytes.Contains(content, []byte("not-a-real")) {
		t.Errorf("the database file holds a secret, %v", err)
	}
}

// I23: a secret that the file no longer names stays, until its address changes or what is not in the file is removed.
func TestI23SecretsThatAreNotInTheFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	two := strings.Replace(both, "{secret: env:LEFT}", "{secret: env:LEFT, other: env:RIGHT}", 1)
	b.mustApply(two)
	if got := b.mustApply(both).Changes; len(got) != 0 {
		t.Fatalf("without prune: %v", got)
	}
	want := []string{"change connection:a", "change secret:a.secret", "remove secret:a.other"}
	if got := subjects(b.mustApply(strings.Replace(both, "host: alpha", "host: omega", 1))); !slices.Equal(got, want) {
		t.Fatalf("with another address: %v", got)
	}
	b.mustApply(two)
	done, err := b.apply(both, ApplyOptions{Prune: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"remove secret:a.other"}) {
		t.Errorf("with prune: %v, %v", got, err)
	}
	if rows, err := b.DB.Secrets(t.Context(), "a"); err != nil || len(rows) != 1 {
		t.Errorf("left: %v, %v", rows, err)
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	if err := os.Remove(filepath.Join(b.dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	b.App = b.reopened()
	const says = "the key in master.key is not the one that this database was set up with"
	if _, err := b.apply(both, ApplyOptions{}); connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), says) {
		t.Errorf("apply: %v", err)
	}
	if pings, err := b.Ping(t.Context(), []string{"a"}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), says) || len(pings) != 0 {
		t.Errorf("ping: %+v, %v", pings, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // it must not get so far as to wait
	defer cancel()
	if err := b.Work(ctx, nil); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("work: %v", err)
	}
	done, err := b.apply(both, ApplyOptions{NewKey: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"change secret:a.secret", "change secret:b.secret"}) {
		t.Fatalf("with --new-key: %v, %v", got, err)
	}
	if pings, err := b.Ping(t.Context(), nil, people.Local("cli:jdoe")); err != nil || !pings[0].OK || !pings[1].OK {
		t.Errorf("after it: %+v, %v", pings, err)
	}
}

func (b *bench) reopened() *App {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.open()
}

// A key is changed by putting a new one first: what apply then seals anew no longer needs the old one.
func TestANewKeyBesideTheOldOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	path := filepath.Join(b.dir, "master.key")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) + "\n"
	b.write("master.key", fresh+string(old))
	b.App = b.reopened()
	if got := subjects(b.mustApply(both)); !slices.Equal(got, []string{"change secret:a.secret", "change secret:b.secret"}) {
		t.Fatalf("with both keys: %v", got)
	}
	b.write("master.key", fresh)
	b.App = b.reopened()
	if pings, err := b.Ping(t.Context(), nil, people.Local("cli:jdoe")); err != nil || !pings[0].OK || !pings[1].OK {
		t.Errorf("with the new key alone: %+v, %v", pings, err)
	}
}

func TestApplyLeavesEntriesWithoutValues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	b.mustApply(strings.Replace(both, "port: 443}", "port: 444}", 1))
	entries, err := b.DB.Entries(t.Context(), store.EntryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if e.Actor != "cli:jdoe" {
			t.Errorf("%s has the actor %s", e.Action, e.Actor)
		}
		got = append(got, e.Action+" "+e.Subject+" "+e.Details["fields"])
	}
	want := []string{"connection.added connection:a ", "secret.added secret:a.secret ", "connection.added connection:b ", "secret.added secret:b.secret ", "flow.added flow:things ",
		"flow.added flow:papers ", "crosswalk.added crosswalk:words words", "connection.changed connection:a port", "secret.changed secret:a.secret "}
	if !slices.Equal(got, want) {
		t.Errorf("entries: %q", got)
	}
}

func TestAFailedApplyChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	f, err := config.Parse("test.yaml", []byte(strings.Replace(both, "host: alpha", "host: omega", 1)), b.dir, b.Known(true))
	if err != nil {
		t.Fatal(err)
	}
	f.Flows = append(f.Flows, connector.Flow{Name: "broken", From: "a", To: "nowhere", Kind: connector.Invoice}) // the last step fails
	if _, err := b.Apply(t.Context(), f, ApplyOptions{}, people.Local("cli:jdoe")); err == nil {
		t.Fatal("a Flow to nowhere was taken")
	}
	if c, err := b.DB.Connection(t.Context(), "a"); err != nil || c.Settings["host"] != "alpha.example.com" {
		t.Errorf("%v, %v", c.Settings, err)
	}
}

func TestApplyEndsAPause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	ctx := t.Context()
	if err := b.PauseConnection(ctx, "a", "month end", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	b.mustApply(both)
	if c, _ := b.Connection(ctx, "a"); c.State != "paused" || c.Paused.Reason != "month end" {
		t.Errorf("an apply without changes ended the pause: %+v", c)
	}
	if err := b.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.PauseFlow("things", connector.Pause{Code: connector.Forbidden, Reason: "no right", At: b.clock.now(), By: "engine"}); err != nil {
			return err
		}
		return tx.PauseFlow("papers", connector.Pause{Code: connector.Misconfigured, Reason: "by hand", At: b.clock.now(), By: "cli:jdoe"})
	}); err != nil {
		t.Fatal(err)
	}
	b.env["LEFT"] = "another-secret"
	b.mustApply(both)
	if c, _ := b.Connection(ctx, "a"); c.Paused != nil {
		t.Errorf("a new secret did not end the pause: %+v", c.Paused)
	}
	if f, _ := b.Flow(ctx, "things"); f.Paused != nil {
		t.Errorf("a new secret did not end the pause of a Flow that the engine made: %+v", f.Paused)
	}
	if f, _ := b.Flow(ctx, "papers"); f.Paused == nil {
		t.Error("a new secret ended a person's pause of a Flow")
	}
}

func TestWhatIsExportedCanBeApplied(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write("own.yaml", "name: own\nkind: invoice\nfrom: alpha\nto: beta\nfields:\n  TEXT: {from: text}\n")
	b.mustApply(strings.NewReplacer(
		"port: 443}\n    secrets: {secret: env:LEFT}", "port: 443, codes: [\"007\", \"1e3\", \"true\", B], note: \"null\", profile: {a: {b: 7, c: \"08\", d: true}}}\n    secrets: {secret: env:LEFT}",
		"papers: {from: a, to: b}", "papers: {from: a, to: b, file: own.yaml, schedule: \"5 4 * * *\", where: \"doc.text != ''\", limits: {changes_per_run: 9, share_per_run: 5%, money_per_run: 1000.50}, start: 2026-01-01, withdraw: update, retry_held: 0, track: \"@hourly\", deep: \"off\", enabled: false}",
	).Replace(both))
	dir := filepath.Join(b.dir, "export")
	paths, err := b.ExportTo(t.Context(), dir)
	if err != nil || len(paths) != 3 {
		t.Fatalf("%v, %v", paths, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "ml-connector.yaml"))
	if err != nil || strings.Contains(string(text), "real") || !strings.Contains(string(text), "secret: env:A_SECRET") {
		t.Fatalf("%s, %v", text, err)
	}
	b.env["A_SECRET"], b.env["B_SECRET"] = b.env["LEFT"], b.env["RIGHT"]
	f, err := config.Read(filepath.Join(dir, "ml-connector.yaml"), b.Known(true))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	done, err := b.Apply(t.Context(), f, ApplyOptions{Prune: true}, people.Local("cli:jdoe"))
	if err != nil || len(done.Changes) != 0 {
		t.Errorf("the export differs: %v, %v\n%s", done.Changes, err, text)
	}
	var out bytes.Buffer
	if err := b.Export(t.Context(), &out); err != nil || !bytes.Equal(out.Bytes(), text) {
		t.Errorf("to stdout it is another: %v\n%s", err, out.String())
	}
	if _, err := b.ExportTo(t.Context(), dir); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("an export over another: %v", err)
	}
}

func TestRotateSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	ctx := t.Context()
	b.env["NEW"] = "a-new-secret"
	if _, err := b.RotateSecrets(ctx, "a", map[string]string{"secret": "env:NEW"}, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ping(ctx, []string{"a"}, people.Local("cli:jdoe")); err != nil || b.left.opened[len(b.left.opened)-1].Secrets["secret"] != "a-new-secret" {
		t.Errorf("opened with the old one, %v", err)
	}
	for name, refs := range map[string]map[string]string{
		"an unknown secret":     {"secrets": "env:NEW"},
		"a variable not set":    {"secret": "env:NOWHERE"},
		"the secret by itself":  {"secret": "hunter2"},
		"a file that is absent": {"secret": "file:nowhere"},
	} {
		_, err := b.RotateSecrets(ctx, "a", refs, people.Local("cli:jdoe"))
		if connector.CodeOf(err) != connector.Invalid || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.RotateSecrets(ctx, "x", nil, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown connection: %v", err)
	}
}
