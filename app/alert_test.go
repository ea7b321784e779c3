package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/alert"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/store"
)

const signingSecret = "not-a-real-signing-secret-0123456789"

// mailbox takes webhooks, and holds each against its signature.
type mailbox struct {
	*httptest.Server
	mu     sync.Mutex
	got    []alert.Message
	ids    []string
	status int // that it answers
	during func()
}

func newMailbox(t *testing.T) *mailbox {
	r := &mailbox{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		var in struct{ Data alert.Message }
		h := req.Header
		if err != nil || json.Unmarshal(body, &in) != nil || h.Get("webhook-signature") != alert.Sign(signingSecret, h.Get("webhook-id"), h.Get("webhook-timestamp"), body) {
			t.Errorf("%v %s", req.Header, body)
		}
		r.mu.Lock()
		status, during := r.status, r.during
		r.got, r.ids = append(r.got, in.Data), append(r.ids, h.Get("webhook-id"))
		r.mu.Unlock()
		if during != nil {
			during()
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "thank you")
	}))
	t.Cleanup(r.Close)
	return r
}

// said empties what arrived: each message as its title and items.
func (r *mailbox) said() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.got {
		text := m.Title
		for _, s := range m.Sections {
			for _, i := range s.Items {
				text += " | " + i.State + " " + i.Cause + " " + i.Subject
			}
		}
		out = append(out, text)
	}
	r.got = nil
	return out
}

// alerting is a bench with one channel.
func alerting(t *testing.T, rules string) (*bench, *mailbox) {
	t.Helper()
	b, r := newBench(t), newMailbox(t)
	b.env["SIGNING"] = signingSecret
	b.mustApply(both + channelOf(r.URL) + rules)
	return b, r
}

func channelOf(url string) string {
	return "alerts:\n  channels:\n    ops: {type: webhook, settings: {url: " + url + "/in}, secrets: {secret: env:SIGNING}}\n"
}

// look does what a process does every few seconds.
func look(t *testing.T, a *App) {
	t.Helper()
	for _, step := range []func(context.Context) error{a.verifyDaily, a.lookAround, a.sendDue} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nexpected\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPeopleAreToldWhatNeedsThem(t *testing.T) {
	t.Parallel()
	b, r := alerting(t, "  held: {count: 1}\n")
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	b.put("s2", "Endless Names Limited of 12 Example Street", connector.Document{"name": "Endless Names Limited"})
	b.sync()
	look(t, b.App)
	expect(t, "held", r.said(), "ml-connector: records of the flow things need a person: 1 or more | began held flow:things")
	look(t, b.App)
	expect(t, "a little later", r.said())
	if err := b.PauseConnection(t.Context(), "a", "works there", jdoe); err != nil {
		t.Fatal(err)
	}
	look(t, b.App)
	expect(t, "a pause", r.said(), "ml-connector: the connection a stands still, and all its flows with it: works there | began connection.paused connection:a")
	b.clock.pass(9 * time.Minute)
	look(t, b.App)
	if err := b.ResumeConnection(t.Context(), "a", jdoe); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SkipAll(t.Context(), b.heldIDs(), "by hand", jdoe); err != nil {
		t.Fatal(err)
	}
	look(t, b.App)
	expect(t, "all well again", r.said(), "ml-connector: 2 things are over | over held flow:things | over connection.paused connection:a")
	for action, want := range map[string]int{"alert.began": 2, "alert.over": 2, "alert.sent": 3, "alert.failed": 0} {
		if got, err := b.DB.Entries(t.Context(), store.EntryFilter{Action: action}); err != nil || len(got) != want {
			t.Errorf("%d entries %s, %v", len(got), action, err)
		}
	}
	shown, err := b.Alerts(t.Context(), jdoe)
	if err != nil || len(shown.Alerts) != 2 || shown.Alerts[0].State != alert.StateOver || shown.Channels[0].SentAt == nil || shown.Channels[0].Secret != "secret" {
		t.Errorf("%+v, %v", shown, err)
	}
	if text, _ := json.Marshal(shown); strings.Contains(string(text), signingSecret) {
		t.Errorf("the secret is shown: %s", text)
	}
}

func (b *bench) heldIDs() (ids []int64) {
	b.t.Helper()
	all, err := b.DB.Deliveries(b.t.Context(), store.DeliveryFilter{State: connector.Held})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return ids
}

// TestEachCauseIsFound makes each of them, and ends it.
func TestEachCauseIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	b.put("s2", "Endless", connector.Document{"name": "Endless Names Limited"})
	b.sync()
	rules := alert.Rules{HeldCount: 100}.InForce()
	found := func() (out []string) {
		all, err := b.causes(t.Context(), rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			out = append(out, c.Cause+" "+c.Subject)
			if c.Hint == "" || c.Message == "" || strings.Contains(c.Message+c.Hint, "Endless") {
				t.Errorf("%+v", c)
			}
		}
		return out
	}
	expect(t, "at first", found())
	rules.HeldCount = 1
	expect(t, "held by count", found(), "held flow:things")
	rules.HeldCount, rules.HeldAge = 100, 30*time.Minute
	b.clock.pass(31 * time.Minute)
	expect(t, "held by age", found(), "held flow:things")
	rules.HeldAge = 100 * time.Hour
	b.clock.pass(49 * time.Minute) // the Flows run every quarter of an hour
	expect(t, "no good run", found(), "no_good_run flow:papers", "no_good_run flow:things")
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error { return tx.SetNextRun("things", b.Now().Add(-11*time.Minute)) }); err != nil {
		t.Fatal(err)
	}
	expect(t, "nothing runs what is due", found(), "engine.stalled engine", "no_good_run flow:papers", "no_good_run flow:things")
	rules.NoGoodRun = 2 * time.Hour
	expect(t, "by a rule of one's own", found(), "engine.stalled engine")
	b.sync()
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error { return tx.SetNextRun("things", b.Now().Add(1000*time.Hour)) }); err != nil {
		t.Fatal(err)
	}
	expect(t, "after a run", found())
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.PauseFlow("things", connector.Pause{Code: connector.Misconfigured, Reason: `no query "JGR_BU" for user 4711`, At: b.Now(), By: "engine"})
	}); err != nil {
		t.Fatal(err)
	}
	all, _ := b.causes(t.Context(), rules)
	if len(all) != 1 || all[0].Cause != causeFlow || strings.Contains(all[0].Message, "4711") || strings.Contains(all[0].Message, "JGR_BU") {
		t.Errorf("%+v", all)
	}
	if err := b.EnableFlow(t.Context(), "things", jdoe); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddToken(t.Context(), "nightly", TokenOptions{Roles: []people.Role{people.Viewer}, Lasts: 20 * 24 * time.Hour}, jdoe); err != nil {
		t.Fatal(err)
	}
	expect(t, "a token that counts", found())
	rules.Expires = 21 * 24 * time.Hour
	expect(t, "a token near its end", found(), "expiring token:nightly")
	rules.Expires = time.Hour
	if err := b.verifyDaily(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, "a whole ledger", found())
	if _, err := b.DB.SQL().ExecContext(t.Context(), "UPDATE entries SET actor = 'nobody' WHERE number = 3"); err != nil {
		t.Fatal(err)
	}
	b.clock.pass(verifyEvery)
	b.sync()
	if err := b.verifyDaily(t.Context()); err != nil {
		t.Fatal(err)
	}
	rules.HeldAge = 1000 * time.Hour
	expect(t, "a broken ledger", found(), "ledger.broken ledger")
}

func TestMoneyThatStandsStillIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(both)
	for n, amount := range []string{"600.10", "400.00"} {
		b.put(fmt.Sprintf("s%d", n), "Endless", connector.Document{"name": "Endless Names Limited", "total": connector.Document{"amount": amount, "currency": "USD"}})
	}
	b.sync()
	for limit, want := range map[string]bool{"1000.10": true, "1000.11": false, "5": true} {
		got, err := b.tooMuchMoney(t.Context(), map[string]string{"USD": limit, "EUR": "1"})
		if err != nil || (got["things"] != "") != want {
			t.Errorf("%s: %v, %v", limit, got, err)
		}
	}
}

// TestSeveralProcessesSendEachMessageOnce, and one that is killed while it sends lets another one do it, under the same ID.
func TestSeveralProcessesSendEachMessageOnce(t *testing.T) {
	t.Parallel()
	b, r := alerting(t, "  held: {count: 1}\n")
	b.put("s2", "Endless", connector.Document{"name": "Endless Names Limited"})
	b.sync()
	var apps []*App
	for n := range 3 {
		a := b.open()
		defer a.Close()
		a.Owner = fmt.Sprintf("process %d", n)
		apps = append(apps, a)
	}
	var all sync.WaitGroup
	for _, a := range apps {
		all.Go(func() {
			for range 3 {
				for _, step := range []func(context.Context) error{a.lookAround, a.sendDue} {
					if err := step(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if got := r.said(); len(got) != 1 {
		t.Fatalf("it was told %d times: %q", len(got), got)
	}
	if err := b.PauseConnection(t.Context(), "a", "", jdoe); err != nil {
		t.Fatal(err)
	}
	victim, killed := b.open(), errors.New("killed")
	defer victim.Close()
	sent := false
	r.during = func() { sent = true }
	victim.DB.Watch(func(_ string, at store.Moment) error {
		if sent && at != store.AfterCommit {
			return killed
		}
		return nil
	})
	victim.Owner = "victim"
	if err := victim.lookAround(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := victim.sendDue(t.Context()); !errors.Is(err, killed) {
		t.Fatalf("it lives: %v", err)
	}
	r.during = nil
	look(t, apps[0])
	if got := len(r.ids); got != 2 {
		t.Fatalf("%d messages arrived before the victim is given up", got)
	}
	b.clock.pass(noticeLease)
	look(t, apps[0])
	if len(r.ids) != 3 || r.ids[1] != r.ids[2] || r.ids[0] == r.ids[1] {
		t.Errorf("IDs %v", r.ids)
	}
}

// TestAMessageThatFailsIsTriedAgain, told by the doctor, and given up at last.
func TestAMessageThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	b, r := alerting(t, "")
	if err := b.PauseConnection(t.Context(), "a", "", jdoe); err != nil {
		t.Fatal(err)
	}
	r.status = http.StatusBadGateway
	look(t, b.App)
	look(t, b.App)
	if got := len(r.said()); got != 1 {
		t.Fatalf("tried %d times at once", got)
	}
	d, err := b.Doctor(t.Context())
	at := slices.IndexFunc(d.Symptoms, func(s Symptom) bool { return s.Check == "alert" && s.Name == "ops" })
	if err != nil || at < 0 || d.Symptoms[at].State != connector.StepFailed || !strings.Contains(d.Symptoms[at].Message, "502") {
		t.Errorf("the doctor says %+v, %v", d.Symptoms, err)
	}
	r.status = http.StatusOK
	b.clock.pass(30 * time.Second)
	look(t, b.App)
	if got := len(r.said()); got != 1 {
		t.Errorf("then it arrived %d times", got)
	}
	r.status = http.StatusNotFound
	if err := b.ResumeConnection(t.Context(), "a", jdoe); err != nil {
		t.Fatal(err)
	}
	for range 3 * mostAttempts {
		look(t, b.App)
		b.clock.pass(9 * time.Minute)
	}
	shown, err := b.Alerts(t.Context(), jdoe)
	if err != nil || shown.Channels[0].Error == nil || shown.Channels[0].Error.Code != connector.Rejected || len(r.said()) < 8 {
		t.Errorf("%+v, %v", shown.Channels, err)
	}
	failed, err := b.DB.Entries(t.Context(), store.EntryFilter{Action: "alert.failed"})
	if err != nil || len(failed) < 8 || failed[0].Details["code"] != "unavailable" {
		t.Errorf("%+v, %v", failed, err)
	}
}

func TestTheMorningMail(t *testing.T) {
	t.Parallel()
	b, r := alerting(t, "  held: {count: 1000, age: 900h}\n  morning: {at: \"09:30\", time_zone: UTC, channels: [ops]}\n")
	b.put("s1", "Acme", connector.Document{"name": "Acme", "total": connector.Document{"amount": "17.50", "currency": "EUR"}})
	b.put("s2", "Endless", connector.Document{"name": "Endless Names Limited of IBAN AT611904300234573201", "total": connector.Document{"amount": "600.10", "currency": "USD"}})
	b.sync()
	look(t, b.App) // the bench begins at 08:00
	expect(t, "before", r.said())
	day := func(to string) {
		at, _ := time.Parse(time.DateTime, to)
		b.clock.pass(at.Sub(b.clock.now()))
	}
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error { return tx.Assign(b.heldIDs(), "m.clerk", "user:m.clerk") }); err != nil {
		t.Fatal(err)
	}
	day("2026-03-01 09:29:00")
	b.sync()
	look(t, b.App)
	expect(t, "a minute before", r.said(), "ml-connector: nothing ran from 2026-03-01 08:00 UTC to 2026-03-01 09:29 UTC; it goes on again | began engine.gap engine")
	day("2026-03-01 09:30:00")
	b.sync()
	look(t, b.App)
	r.mu.Lock()
	got := r.got
	r.mu.Unlock()
	if len(got) == 0 {
		t.Fatal("no mail came")
	}
	text := alert.Text(got[len(got)-1])
	for _, part := range []string{"Needs a person\n", "1 held in things: ", "600.10 USD", "m.clerk sees to 1", "the oldest for ", "Across in the last 24 hours\n", "things: 1, 17.50 EUR", "/held\n", "/flows/things"} {
		if !strings.Contains(text, part) {
			t.Errorf("it lacks %q", part)
		}
	}
	if strings.Contains(text, "Endless") || strings.Contains(text, "Acme") || strings.Contains(text, "AT61") {
		t.Errorf("it names a record")
	}
	if t.Failed() {
		t.Log(text)
	}
	r.said()
	look(t, b.App)
	other := b.open()
	defer other.Close()
	look(t, other)
	expect(t, "once more the same day", slices.DeleteFunc(r.said(), func(s string) bool { return !strings.Contains(s, "record") }))
}

func TestChannelsAreApplied(t *testing.T) {
	t.Parallel()
	b, r := alerting(t, "  quiet: {from: \"22:00\", to: \"06:00\", time_zone: Europe/Vienna}\n")
	text := both + channelOf(r.URL) + "  quiet: {from: \"22:00\", to: \"06:00\", time_zone: Europe/Vienna}\n"
	if got := b.mustApply(text).Changes; len(got) != 0 {
		t.Errorf("once more: %v", got)
	}
	if got := b.mustApply(both).Changes; len(got) != 0 {
		t.Errorf("a file that says nothing of alerts: %v", got)
	}
	tested, err := b.TestAlert(t.Context(), "", jdoe)
	if err != nil || len(tested) != 1 || !tested[0].OK || tested[0].Answer != "200 OK thank you" {
		t.Errorf("%+v, %v", tested, err)
	}
	if _, err := b.TestAlert(t.Context(), "nobody", jdoe); connector.CodeOf(err) != connector.NotFound {
		t.Errorf("a channel that is not there: %v", err)
	}
	if _, err := b.RotateKey(t.Context(), 0, jdoe); err != nil {
		t.Fatal(err)
	}
	onlyKeys(t, b, 0)
	b.App = b.reopened()
	if tested, err = b.TestAlert(t.Context(), "ops", jdoe); err != nil || !tested[0].OK {
		t.Errorf("after another key: %+v, %v", tested, err)
	}
	var out bytes.Buffer
	if err := b.Export(t.Context(), &out); err != nil || strings.Contains(out.String(), signingSecret) {
		t.Errorf("%s, %v", out.String(), err)
	}
	b.env["ALERT_OPS_SECRET"], b.env["A_SECRET"], b.env["B_SECRET"] = signingSecret, b.env["LEFT"], b.env["RIGHT"]
	f, err := config.Parse("export", out.Bytes(), b.dir, b.Known(true))
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if done, err := b.Apply(t.Context(), f, ApplyOptions{}, jdoe); err != nil || len(done.Changes) != 0 {
		t.Errorf("the export, applied: %+v, %v\n%s", done.Changes, err, out.String())
	}
	// Another address drops what was sent to the old one.
	f.Alerts.Channels[0].Settings["url"], f.Alerts.Channels[0].Secret = "https://elsewhere.example.com/in", nil
	if _, err := b.Apply(t.Context(), f, ApplyOptions{}, jdoe); err != nil {
		t.Fatal(err)
	}
	if tested, err = b.TestAlert(t.Context(), "ops", jdoe); err != nil || tested[0].OK || !strings.Contains(tested[0].Error.Message, "bound to another address") {
		t.Errorf("with another address: %+v, %v", tested, err)
	}
	done, err := b.apply(both+"alerts: {}\n", ApplyOptions{Prune: true})
	if got := subjects(done); err != nil || !slices.Equal(got, []string{"remove channel:ops", "change alerts:rules"}) {
		t.Errorf("pruned: %v, %v", got, err)
	}
}
