package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/engine"
	"ml-connector/people"
	"ml-connector/store"
)

// filled is a bench after one sync: three suppliers, one of them too long for the target, and one paper that needs a word.
func filled(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.mustApply(both)
	b.put("s1", "Acme", connector.Document{"name": "Acme"}, "ACME-1")
	b.put("s2", "Beta Works", connector.Document{"name": "Beta"})
	b.put("s3", "Endless", connector.Document{"name": "Endless Names Limited"})
	b.put("p1", "Paper 1", connector.Document{"text": "a longer text"}, "P-1")
	b.sync()
	return b
}

func TestSyncReportsItsRunsAndItsExitStatus(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	done := b.sync()
	if len(done.Runs) != 2 || done.Runs[0].Flow != "things" || done.Runs[0].Delivered != 1 || done.ExitStatus() != 0 {
		t.Fatalf("%+v, status %d", done.Runs, done.ExitStatus())
	}
	b.put("s2", "Endless", connector.Document{"name": "Endless Names Limited"})
	if done = b.sync(); done.ExitStatus() != 3 || done.Runs[0].Held != 1 || done.Runs[0].Unchanged != 1 {
		t.Errorf("%+v, status %d", done.Runs[0], done.ExitStatus())
	}
	b.left.steps = []connector.Step{{Step: "token", State: connector.StepFailed, Code: connector.Credentials, Message: "no", Hint: "change it"}}
	b.mustApply(strings.Replace(both, "port: 443}\n    secrets: {secret: env:LEFT}", "port: 443, note: x}\n    secrets: {secret: env:LEFT}", 1)) // so that it is checked again
	if done = b.sync(); done.ExitStatus() != 4 || done.Runs[0].Error.Hint != "change it" || done.Runs[0].Read != 0 {
		t.Errorf("%+v, status %d", done.Runs[0].Error, done.ExitStatus())
	}
	if _, err := b.Sync(t.Context(), SyncOptions{Flows: []string{"nothing"}}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown flow: %v", err)
	}
}

func TestSyncWithoutFlowsIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.Sync(t.Context(), SyncOptions{}, people.Local("cli:jdoe"))
	if connector.CodeOf(err) != connector.Invalid || connector.AsError(err).Hint == "" {
		t.Errorf("got %v", err)
	}
}

func TestExitStatusOfRuns(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		done Synced
		want int
	}{
		"nothing ran":                     {Synced{}, 0},
		"all well":                        {Synced{Runs: []Run{{Delivered: 3}}}, 0},
		"blocked alone":                   {Synced{Runs: []Run{{Blocked: 1, Waiting: 1}}}, 0},
		"held":                            {Synced{Runs: []Run{{Held: 1}}}, 3},
		"in doubt":                        {Synced{Runs: []Run{{InDoubt: 1}}}, 3},
		"a run without rights, and held":  {Synced{Runs: []Run{{Held: 1}, {Error: &Error{Code: connector.Forbidden}}}}, 4},
		"the wait is over":                {Synced{TimedOut: true}, 5},
		"the wait is over, and held":      {Synced{TimedOut: true, Runs: []Run{{Held: 1}}}, 5},
		"our defect is worse than all":    {Synced{TimedOut: true, Runs: []Run{{Error: &Error{Code: connector.Internal}}, {Error: &Error{Code: connector.Credentials}}}}, 1},
		"a misconfigured one, and a held": {Synced{Runs: []Run{{Error: &Error{Code: connector.Misconfigured}}, {Held: 2}}}, 2},
	} {
		if got := row.done.ExitStatus(); got != row.want {
			t.Errorf("%s: %d, not %d", name, got, row.want)
		}
	}
}

func TestADryRunTellsAndWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	b.put("s2", "Endless", connector.Document{"name": "Endless Names Limited"})
	plan, err := b.DryRun(t.Context(), SyncOptions{}, people.Local("cli:jdoe"))
	if err != nil || len(plan.Rows) != 2 || plan.ExitStatus() != 3 {
		t.Fatalf("%+v, %v, status %d", plan, err, plan.ExitStatus())
	}
	for _, r := range plan.Rows {
		want := map[string]string{"s1": "create", "s2": "hold"}[r.Record.ID]
		if r.Operation != want || (r.Error != nil) != (want == "hold") || r.Changes == nil {
			t.Errorf("%+v", r)
		}
	}
	if len(b.right.wrote) != 0 {
		t.Errorf("it wrote %v", b.right.wrote)
	}
	if done := b.sync(); done.Runs[0].Delivered != 1 {
		t.Errorf("the sync after it: %+v", done.Runs[0])
	}
}

// While another engine is alive on the database, sync asks it.
func TestSyncAsksTheEngineThatIsAlive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	unlock, err := engine.Lock(b.Process.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := b.Work(t.Context(), nil); connector.CodeOf(err) != connector.Unavailable {
		t.Errorf("a second engine: %v", err)
	}
	answered := make(chan error, 1)
	go func() { answered <- b.answerOne() }()
	done, err := b.Sync(t.Context(), SyncOptions{Wait: time.Second}, people.Local("cli:jdoe"))
	if err != nil || len(done.Runs) != 2 || done.Runs[0].Delivered != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// answerOne plays the engine that is alive for one request.
func (b *bench) answerOne() error {
	ctx := context.Background()
	for {
		open, err := b.DB.OpenRunRequests(ctx)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			if err := engine.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
			continue
		}
		r, err := b.DB.TakeRunRequest(ctx, open[0])
		if err != nil {
			return err
		}
		if r.Actor != "cli:jdoe" {
			return errors.New("the request does not say who asked")
		}
		rep, err := b.newEngine().Sync(ctx, engine.SyncRequest{Flows: r.Flows, Trigger: connector.TriggerManual, Wait: r.Wait})
		if err != nil {
			return err
		}
		var ids []int64
		for _, run := range rep.Runs {
			ids = append(ids, run.ID)
		}
		return b.DB.FinishRunRequest(ctx, r.ID, ids, rep.TimedOut, nil)
	}
}

func TestPingTellsWhichFlowsAreReady(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	failed := connector.Step{Step: "query:X", State: connector.StepFailed, Code: connector.Forbidden, Message: "no right", Hint: "grant it", Flows: []string{"papers"}}
	b.left.steps = []connector.Step{{Step: "connect", State: connector.StepOK, Took: 42 * time.Millisecond}, failed, {Step: "clock", State: connector.StepWarning}}
	pings, err := b.Ping(t.Context(), []string{"a"}, people.Local("cli:jdoe"))
	if err != nil || len(pings) != 1 {
		t.Fatal(err)
	}
	p := pings[0]
	if p.OK || p.Steps[0].TookMS != 42 || PingStatus(pings) != 4 {
		t.Errorf("%+v, status %d", p, PingStatus(pings))
	}
	if want := []Fit{{"things", true, []string{}}, {"papers", false, []string{"query:X: no right — grant it"}}}; len(p.Fit) != 2 || p.Fit[0].Ready != want[0].Ready || !slices.Equal(p.Fit[1].Needs, want[1].Needs) {
		t.Errorf("fit %+v", p.Fit)
	}
	if err := b.DisableFlow(t.Context(), "papers", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	if pings, err = b.Ping(t.Context(), []string{"a"}, people.Local("cli:jdoe")); err != nil || !pings[0].OK || PingStatus(pings) != 0 {
		t.Errorf("what only a disabled flow needs counts: %+v, %v", pings, err)
	}
	if _, err := b.Ping(t.Context(), []string{"x"}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown connection: %v", err)
	}
	text, err := json.Marshal(p)
	for _, key := range []string{`"name"`, `"system"`, `"ok"`, `"step"`, `"state"`, `"code"`, `"took_ms"`, `"message"`, `"hint"`, `"flow"`, `"ready"`, `"needs"`} {
		if err != nil || !bytes.Contains(text, []byte(key)) {
			t.Errorf("no %s in %s", key, text)
		}
	}
}

func TestReplayDeliversAndReports(t *testing.T) {
	t.Parallel()
	b := filled(t)
	ctx := t.Context()
	b.write("words.csv", "alpha,beta\na longer text,short\n")
	b.mustApply(both) // the new row releases the paper by itself; the name stays held
	done, err := b.Replay(ctx, ReplayOptions{State: connector.Held, Wait: time.Minute}, people.Local("cli:jdoe"))
	if err != nil || done.Replayed != 1 || done.States[connector.Held] != 1 || done.ExitStatus() != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	b.put("s3", "Endless", connector.Document{"name": "Short"})
	b.sync()
	done, err = b.Replay(ctx, ReplayOptions{State: connector.Held, Wait: time.Minute}, people.Local("cli:jdoe"))
	if err != nil || done.Replayed != 0 || done.ExitStatus() != 0 {
		t.Errorf("nothing is held any more: %+v, %v", done, err)
	}
	if _, err := b.Replay(ctx, ReplayOptions{IDs: []int64{1}, Wait: time.Minute}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.Conflict {
		t.Errorf("a delivered one: %v", err)
	}
	if _, err := b.Replay(ctx, ReplayOptions{IDs: []int64{999}}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown one: %v", err)
	}
	if _, err := b.Replay(ctx, ReplayOptions{State: connector.Held, Flow: "nothing"}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown flow: %v", err)
	}
}

func TestWhySaysItInOneSentence(t *testing.T) {
	t.Parallel()
	b := filled(t)
	for _, row := range []struct{ number, says string }{
		{"ACME-1", "The supplier s1 of a (Acme) was delivered to b as T-Acme."},
		{"T-Acme", "The supplier T-Acme of b (Acme) is linked to a:supplier:s1, which was delivered to b as T-Acme."},
		{"a:supplier:s3", "The supplier s3 of a (Endless) is held (delivery 3): NAME: \"Endless Names Limited\" has 21 characters; the target takes at most 10 — "},
		{"P-1", "The invoice p1 of a (Paper 1) is held (delivery 4): TEXT: crosswalk words has no row for \"a longer text\""},
	} {
		w, err := b.Why(t.Context(), row.number)
		if err != nil || len(w.Sentences) != 1 {
			t.Errorf("%s: %+v, %v", row.number, w, err)
			continue
		}
		if got := w.Sentences[0]; !strings.HasPrefix(got, row.says) {
			t.Errorf("%s: %s", row.number, got)
		}
	}
	if _, err := b.Why(t.Context(), "nowhere"); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown number: %v", err)
	}
	// An unknown paper on the same number gives two sentences, and skipping is told.
	b.put("p9", "Paper 9", connector.Document{"text": "hello"}, "ACME-1")
	b.sync()
	if w, err := b.Why(t.Context(), "ACME-1"); err != nil || len(w.Sentences) != 2 {
		t.Errorf("%+v, %v", w, err)
	}
	if err := b.App.Skip(t.Context(), 3, "entered by hand", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	if w, err := b.Why(t.Context(), "s3"); err != nil || w.Sentences[0] != "The supplier s3 of a (Endless) was skipped by a person (delivery 3)." || w.State != "skipped" {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestRecordsAreFoundByWhatPeopleKnow(t *testing.T) {
	t.Parallel()
	b := filled(t)
	b.put("p1x", "Twin", connector.Document{"text": "hello"}, "ACME-1")
	b.sync()
	for name, row := range map[string]struct {
		text, record string
		code         connector.Code
	}{
		"by its ID":               {"s2", "a:supplier:s2", ""},
		"by kind and ID":          {"invoice:p1", "a:invoice:p1", ""},
		"by all three":            {"a:supplier:s1", "a:supplier:s1", ""},
		"by a number":             {"P-1", "a:invoice:p1", ""},
		"by kind and number":      {"supplier:ACME-1", "a:supplier:s1", ""},
		"by a number of two":      {"ACME-1", "", connector.Invalid},
		"by nothing that is":      {"nowhere", "", connector.NotFound},
		"of another kind":         {"invoice:s1", "", connector.NotFound},
		"of another connection":   {"b:supplier:s1", "", connector.NotFound},
		"of an unknown kind":      {"order:s1", "", connector.NotFound},
		"with a connection alone": {"a:s1", "", connector.NotFound},
	} {
		got, err := b.FindRecord(t.Context(), row.text)
		switch {
		case connector.CodeOf(err) != row.code:
			t.Errorf("%s: %v", name, err)
		case err == nil && got.Record.String() != row.record:
			t.Errorf("%s: %s", name, got.Record)
		case row.code == connector.Invalid && !strings.Contains(err.Error(), "a:supplier:s1, a:invoice:p1x"):
			t.Errorf("%s: the candidates are not told: %v", name, err)
		}
	}
}

func TestARecordIsShownWithAllThatBelongsToIt(t *testing.T) {
	t.Parallel()
	b := filled(t)
	b.put("s1", "Acme", connector.Document{"name": "Acme 2"}, "ACME-1")
	b.sync()
	r, err := b.Record(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Versions) != 2 || r.Versions[1].Document["name"] != "Acme 2" || len(r.Deliveries) != 2 || len(r.History) < 4 {
		t.Errorf("%+v", r)
	}
	if len(r.Links) != 1 || r.Links[0].Connection != "b" || r.Links[0].ID != "T-Acme" || len(r.Links[0].Agreed) != 1 || r.Links[0].Agreed[0] != (Agreement{"things", 2}) {
		t.Errorf("links %+v", r.Links)
	}
	if len(r.Thread) != 2 || r.Thread[0].ID != "s1" && r.Thread[1].ID != "s1" {
		t.Errorf("thread %+v", r.Thread)
	}
	if other, err := b.Record(t.Context(), "b:supplier:T-Acme"); err != nil || len(other.Links) != 1 || other.Links[0].ID != "s1" || other.Deliveries == nil {
		t.Errorf("the other side: %+v, %v", other, err)
	}
	d, err := b.Delivery(t.Context(), 1, people.Local("cli:jdoe"))
	if err != nil || d.Target.ID != "T-Acme" || d.Exchanges == nil || len(d.History) == 0 || d.Operation != connector.OpCreate {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestLinksByHand(t *testing.T) {
	t.Parallel()
	b := filled(t)
	ctx := t.Context()
	for name, row := range map[string]struct {
		x, y string
		code connector.Code
	}{
		"no record":             {"s3", "b:supplier:T9", connector.Invalid},
		"an unknown kind":       {"a:order:s3", "b:order:T9", connector.Invalid},
		"an unknown connection": {"x:supplier:s3", "b:supplier:T9", connector.NotFound},
		"two kinds":             {"a:supplier:s3", "b:invoice:T9", connector.Invalid},
		"one that is linked":    {"a:supplier:s1", "b:supplier:T9", connector.Conflict},
		"a good pair":           {"a:supplier:s3", "b:supplier:T9", ""},
	} {
		if err := b.LinkRecords(ctx, row.x, row.y, people.Local("cli:jdoe")); connector.CodeOf(err) != row.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.UnlinkRecords(ctx, "b:supplier:T9", "a:supplier:s3", people.Local("cli:jdoe")); err != nil {
		t.Error(err)
	}
	if err := b.UnlinkRecords(ctx, "b:supplier:T9", "a:supplier:s3", people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("twice: %v", err)
	}
}

func TestCrosswalkVerbs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	ctx := t.Context()
	done, err := b.ImportCrosswalk(ctx, "words", strings.NewReader("beta,alpha\nvale,bye\n"), "x.csv", ImportOptions{}, people.Local("cli:jdoe"))
	if err != nil || !reflect.DeepEqual(done, CrosswalkImport{Rows: 1, Used: true, Changes: []CrosswalkValue{{Action: "added", Left: "bye", Old: []string{}, New: []string{"vale"}}}}) {
		t.Fatal(done, err)
	}
	export := func() string {
		var out bytes.Buffer
		if err := b.ExportCrosswalk(ctx, "words", &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := export(); got != "alpha,beta,note\nbye,vale,\nhello,salve,\n" {
		t.Errorf("merged: %q", got)
	}
	if _, err := b.ImportCrosswalk(ctx, "words", strings.NewReader("alpha,beta,note\nbye,vale,late\n"), "x.csv", ImportOptions{Replace: true}, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	if got := export(); got != "alpha,beta,note\nbye,vale,late\n" {
		t.Errorf("replaced: %q", got)
	}
	if _, err := b.ImportCrosswalk(ctx, "words", strings.NewReader("alpha,beta\nbye,\n"), "x.csv", ImportOptions{Replace: true}, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.Invalid || !strings.Contains(err.Error(), "x.csv:2") {
		t.Errorf("a bad row: %v", err)
	}
	if _, err := b.SetCrosswalk(ctx, "words", store.CrosswalkRow{Left: "x"}, false, people.Local("cli:jdoe")); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("half a row: %v", err)
	}
	if err := b.ExportCrosswalk(ctx, "nothing", &bytes.Buffer{}); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("an unknown one: %v", err)
	}
}

// I17: an export alone shows that an Entry is missing, changed or out of order.
func TestI17ExportsAreVerifiedOffline(t *testing.T) {
	t.Parallel()
	b := filled(t)
	var out bytes.Buffer
	if err := b.ExportLedger(t.Context(), &out, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(out.String(), "\n"), "\n")
	live, err := b.VerifyLedger(t.Context(), "")
	if err != nil || !live.OK || live.Entries != int64(len(lines)) {
		t.Fatalf("%+v, %v", live, err)
	}
	for name, row := range map[string]struct {
		text   string
		broken int64
	}{
		"as it is":             {out.String(), 0},
		"an entry is missing":  {strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""), 3},
		"an entry was changed": {strings.Replace(out.String(), "cli:jdoe", "cli:jdoh", 1), 1},
		"the first is missing": {strings.Join(lines[1:], ""), 1},
		"two changed places":   {lines[1] + lines[0] + strings.Join(lines[2:], ""), 1},
		"a line has no break":  {strings.TrimSuffix(out.String(), "\n"), 0},
	} {
		got, err := VerifyExport(strings.NewReader(row.text), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (got.BrokenAt == nil) != (row.broken == 0) || got.BrokenAt != nil && *got.BrokenAt != row.broken || got.OK != (row.broken == 0) {
			t.Errorf("%s: %+v", name, got)
		}
		if row.broken == 0 && (got.HeadHash != live.HeadHash || got.Last != live.Last) {
			t.Errorf("%s: another head than the ledger's: %+v", name, got)
		}
	}
	if _, err := VerifyExport(strings.NewReader("hello\n"), ""); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("no export: %v", err)
	}
}

// I17: that the end was cut off shows against a head that was noted elsewhere, and only so.
func TestI17AnEndThatWasCutOffShowsAgainstANotedHead(t *testing.T) {
	t.Parallel()
	b := filled(t)
	first, err := b.VerifyLedger(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	b.put("s9", "Later", connector.Document{"name": "Later"})
	b.sync()
	now, err := b.VerifyLedger(t.Context(), first.HeadHash)
	if err != nil || !now.OK || now.HeadHash == first.HeadHash {
		t.Errorf("a head of an earlier day: %+v, %v", now, err)
	}
	if v, err := b.VerifyLedger(t.Context(), strings.Repeat("0", 64)); err != nil || v.OK || v.BrokenAt == nil || !strings.Contains(v.Reason, "no entry carries the expected hash") {
		t.Errorf("a head that the ledger never had: %+v, %v", v, err)
	}
	var out bytes.Buffer
	if err := b.ExportLedger(t.Context(), &out, people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(out.String(), "\n"), "\n")
	short := strings.Join(lines[:len(lines)-1], "")
	for name, row := range map[string]struct {
		text, expect string
		ok           bool
	}{
		"whole, against its head":       {out.String(), now.HeadHash, true},
		"cut off, against nothing":      {short, "", true},
		"cut off, against its head":     {short, now.HeadHash, false},
		"cut off, against an older one": {short, first.HeadHash, true},
	} {
		if v, err := VerifyExport(strings.NewReader(row.text), row.expect); err != nil || v.OK != row.ok {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestFlowsAndConnectionsTellTheirState(t *testing.T) {
	t.Parallel()
	b := filled(t)
	ctx := t.Context()
	flows, err := b.Flows(ctx)
	if err != nil || len(flows) != 2 || flows[0].LastRun == nil || flows[0].LastRun.Delivered != 2 {
		t.Fatalf("%+v, %v", flows, err)
	}
	if err := b.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.PauseFlow("things", connector.Pause{Code: connector.Forbidden, Reason: "no right", At: b.clock.now(), By: "engine"})
	}); err != nil {
		t.Fatal(err)
	}
	if f, err := b.Flow(ctx, "things"); err != nil || f.Paused == nil || f.Paused.Reason != "no right" || !strings.Contains(f.Mapping, "NAME") {
		t.Errorf("%+v, %v", f, err)
	}
	if err := b.EnableFlow(ctx, "things", people.Local("cli:jdoe")); err != nil {
		t.Fatal(err)
	}
	if f, _ := b.Flow(ctx, "things"); f.Paused != nil {
		t.Error("enable does not end the pause")
	}
	for _, do := range []func(context.Context, string, people.Actor) error{b.EnableFlow, b.DisableFlow, b.ResumeConnection, b.RemoveConnection} {
		if err := do(ctx, "nothing", people.Local("cli:jdoe")); connector.CodeOf(err) != connector.NotFound {
			t.Errorf("an unknown name: %v", err)
		}
	}
	if err := b.RemoveConnection(ctx, "a", people.Local("cli:jdoe")); connector.CodeOf(err) != connector.Conflict {
		t.Errorf("one that flows use: %v", err)
	}
	list, err := b.Connections(ctx)
	if err != nil || list[0].State != "ok" || !slices.Equal(list[0].Flows, []string{"things", "papers"}) || list[0].Addresses[0] != "https://alpha.example.com:443" {
		t.Errorf("%+v, %v", list, err)
	}
}
