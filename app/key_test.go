package app

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
	"ml-connector/vault"
)

var jdoe = people.Local("cli:jdoe")

// twoSecrets is a bench whose Connection a has a secret more.
func twoSecrets(t *testing.T) *bench {
	b := newBench(t)
	b.mustApply(strings.Replace(both, "{secret: env:LEFT}", "{secret: env:LEFT, other: env:RIGHT}", 1))
	return b
}

// opens says whether an App opens every secret, as a Run would.
func opens(t *testing.T, a *App, what string) {
	t.Helper()
	for _, name := range []string{"a", "b"} {
		c, err := a.DB.Connection(t.Context(), name)
		if err == nil {
			_, err = a.open(t.Context(), c)
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheKeyIsRotatedWhileProcessesRun(t *testing.T) {
	t.Parallel()
	b := twoSecrets(t)
	if _, err := b.Ping(t.Context(), []string{"a"}, jdoe); err != nil {
		t.Fatal(err)
	}
	digest := b.digest(t.Context(), "a")("0001112223")
	before, err := b.DB.Secrets(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	b.clock.pass(time.Hour)
	running := b.open() // another process, with the old key in memory
	defer running.Close()
	running.Owner = "running"
	ctx, stop := context.WithCancel(t.Context())
	var holding sync.WaitGroup
	holding.Go(func() { running.holdKeys(ctx) })
	for deadline := time.Now().Add(time.Minute); ; { // it is known before the key changes
		if all, err := b.DB.Keyholders(t.Context(), holderLasts); err != nil || len(all) == 1 || time.Now().After(deadline) {
			break
		}
	}
	done, err := b.RotateKey(t.Context(), time.Minute, jdoe)
	if err != nil || done.Secrets != 3 || done.Before == "" || done.Before == done.Key || !slices.Equal(done.Unused, []string{done.Before}) {
		t.Fatalf("%+v, %v", done, err)
	}
	opens(t, b.App, "the one that rotated")
	opens(t, running, "the one that ran")
	opens(t, b.open(), "one that starts")
	after, err := b.DB.Secrets(t.Context(), "a")
	if err != nil || after[0].Sealed == before[0].Sealed || !after[0].SetAt.Equal(before[0].SetAt) {
		t.Errorf("%+v became %+v, %v", before[0], after[0], err)
	}
	if c, err := b.DB.Connection(t.Context(), "a"); err != nil || c.CheckedAt.IsZero() {
		t.Errorf("the last Check counts no more: %v", err)
	}
	if got := b.digest(t.Context(), "a")("0001112223"); got != digest {
		t.Errorf("a bank number was %s and is %s: every supplier would seem changed", digest, got)
	}
	list, err := b.Keys(t.Context(), jdoe)
	if err != nil || len(list) != 2 || !list[0].Seals || list[0].ID != done.Key || list[0].Secrets != 3 || list[0].Since == nil || list[1].Secrets != 0 || len(list[0].Lacking) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, action := range []string{"key.changed", "key.rotated"} {
		entries, err := b.DB.Entries(t.Context(), store.EntryFilter{Action: action})
		if err != nil || len(entries) != 1 || entries[0].Actor != "cli:jdoe" || entries[0].Subject != "key:"+done.Key {
			t.Errorf("%s: %+v, %v", action, entries, err)
		}
	}
	stop()
	holding.Wait()
	if all, err := b.DB.Keyholders(t.Context(), holderLasts); err != nil || len(all) != 0 {
		t.Errorf("still there: %v, %v", all, err)
	}
	onlyKeys(t, b, 0) // the older one is taken out, at last
	opens(t, b.reopened(), "one that starts with the new key alone")
}

// onlyKeys leaves of the keys in the file those with these places.
func onlyKeys(t *testing.T, b *bench, places ...int) {
	t.Helper()
	path := filepath.Join(b.dir, "master.key")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all, kept []string
	for line := range strings.Lines(string(text)) {
		if line[0] != '#' {
			all = append(all, line)
		}
	}
	for _, n := range places {
		kept = append(kept, all[n])
	}
	if err := os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAKeyThatAProcessLacksSealsNothing(t *testing.T) {
	t.Parallel()
	b := twoSecrets(t)
	first, err := b.keyList(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = b.DB.Tx(t.Context(), func(tx *store.Tx) error { return tx.BeatKeyholder("far away", []string{first[0].ID}) })
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.RotateKey(t.Context(), 0, jdoe)
	if e := connector.AsError(err); e == nil || e.Code != connector.Conflict || !strings.Contains(e.Message, "far away") || e.Hint == "" {
		t.Fatalf("got %v", err)
	}
	list, err := b.keyList(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != first[0].ID || list[0].Secrets != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	d, err := b.Doctor(t.Context())
	if err != nil || !slices.ContainsFunc(d.Symptoms, func(s Symptom) bool { return s.Check == "key" && s.Name == first[0].ID && s.State == connector.StepOK }) {
		t.Errorf("%+v, %v", d.Symptoms, err)
	}
	err = b.DB.Tx(t.Context(), func(tx *store.Tx) error { return tx.BeatKeyholder("far away", []string{list[1].ID, first[0].ID}) })
	if err != nil {
		t.Fatal(err)
	}
	done, err := b.RotateKey(t.Context(), 0, jdoe)
	if err != nil || done.Key != list[1].ID || done.Secrets != 3 {
		t.Errorf("once it has the key: %+v, %v", done, err)
	}
	if list, err = b.keyList(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("a key too many: %+v, %v", list, err)
	}
}

// elsewhere is a process of another machine, with a copy of the key file; it says which keys it has.
func elsewhere(t *testing.T, b *bench) (a *App, beat func()) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("copy.key", string(text))
	a = b.open()
	t.Cleanup(func() { _ = a.Close() })
	a.Process.Key, a.Owner = "file:copy.key", "far away"
	return a, func() {
		t.Helper()
		ids := a.keysAtHand(t.Context())
		if len(ids) == 0 {
			t.Fatal("a process that runs says nothing of its keys")
		}
		if err := a.DB.Tx(t.Context(), func(tx *store.Tx) error { return tx.BeatKeyholder(a.Owner, ids) }); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAfterARefusedRotationTheOlderKeySeals goes through every way that something is sealed, in the process that put the new key into
// the file and in one that starts with it there.
func TestAfterARefusedRotationTheOlderKeySeals(t *testing.T) {
	t.Parallel()
	b := twoSecrets(t)
	other, beat := elsewhere(t, b)
	beat()
	old, err := b.DB.Meta(t.Context(), metaKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.RotateKey(t.Context(), 0, jdoe); connector.CodeOf(err) != connector.Conflict {
		t.Fatalf("rotated: %v", err)
	}
	text := strings.Replace(both, "{secret: env:LEFT}", "{secret: env:LEFT, other: env:RIGHT}", 1)
	hook := "alerts:\n  channels:\n    ops: {type: webhook, settings: {url: 'https://pager.example.com/in'}, secrets: {secret: env:HOOK}}\n"
	b.env["HOOK"] = signingSecret
	writes := map[string]func(a *App) error{
		"apply of a changed secret": func(*App) error {
			b.env["RIGHT"] += "x"
			done, err := b.apply(text, ApplyOptions{})
			if got := subjects(done); !slices.Equal(got, []string{"change secret:a.other", "change secret:b.secret"}) {
				t.Errorf("changed: %v", got)
			}
			if len(done.Warnings) != 1 || !strings.Contains(done.Warnings[0], "far away") || !strings.Contains(done.Warnings[0], old) {
				t.Errorf("it does not say which key seals: %v", done.Warnings)
			}
			return err
		},
		"apply of a channel": func(*App) error {
			b.env["HOOK"] += "x"
			_, err := b.apply(text+hook, ApplyOptions{})
			return err
		},
		"connection rotate": func(a *App) error {
			_, err := a.RotateSecrets(t.Context(), "a", map[string]string{"secret": "env:LEFT"}, jdoe)
			return err
		},
		"a token": func(a *App) error {
			return a.share("a", connector.Validation{Addresses: []string{"x"}})(t.Context(), func(string) string { return "token of " + a.Owner + b.env["RIGHT"] })
		},
	}
	for _, process := range []string{"that put it there", "that starts"} {
		for _, name := range slices.Sorted(maps.Keys(writes)) {
			if err := writes[name](b.App); err != nil {
				t.Errorf("%s in the process %s: %v", name, process, err)
			}
			all, err := b.DB.EachSealed(t.Context())
			if err != nil || len(all) < 3 {
				t.Fatalf("%d sealed, %v", len(all), err)
			}
			for _, s := range all {
				if by := vault.WrappedBy(s.Text); by != old {
					t.Errorf("after %s in the process %s, %s of %s is wrapped with %s, which the other lacks", name, process, s.Table, s.Connection, by)
				}
			}
			if known, err := b.DB.Meta(t.Context(), metaKey); err != nil || known != old {
				t.Fatalf("after %s in the process %s, %s seals, %v", name, process, known, err)
			}
			opens(t, other, name+": the other process")
			if err := other.Ready(t.Context()); err != nil {
				t.Errorf("after %s in the process %s: %v", name, process, err)
			}
		}
		b.App = b.reopened()
	}
	d, err := b.Doctor(t.Context())
	if err != nil || !slices.ContainsFunc(d.Symptoms, func(s Symptom) bool {
		return s.Check == "key" && s.State == connector.StepWarning && strings.Contains(s.Message, "stands first, and seals nothing yet: it is missing in far away")
	}) {
		t.Errorf("the doctor says nothing of the key that waits: %+v, %v", d.Symptoms, err)
	}
	// Once the other has it, the next apply seals everything with it.
	file, err := os.ReadFile(filepath.Join(b.dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("copy.key", string(file))
	beat()
	done := b.mustApply(text + hook)
	if got := subjects(done); len(done.Warnings) != 0 || len(got) != 4 {
		t.Errorf("%v, warned of %v", got, done.Warnings)
	}
	list, err := b.keyList(t.Context())
	if err != nil || list[0].ID == old || !list[0].Seals || list[0].Secrets != 4 {
		t.Errorf("%+v, %v", list, err)
	}
	opens(t, other, "with the new key")
}

// TestAKeyThatComesTooLateIsRefusedInTheTransaction: a process that started after it was asked for counts.
func TestAKeyThatComesTooLateIsRefusedInTheTransaction(t *testing.T) {
	t.Parallel()
	b := twoSecrets(t)
	_, beat := elsewhere(t, b)
	keys, err := b.anyKeys()
	if err == nil {
		err = keys.AddKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	next, err := b.nextKeys()
	if err != nil {
		t.Fatal(err)
	}
	beat()
	if err := b.DB.Tx(t.Context(), func(tx *store.Tx) error { return b.sealsBy(t.Context(), tx, next) }); connector.CodeOf(err) != connector.Conflict || !strings.Contains(err.Error(), "far away") {
		t.Errorf("got %v", err)
	}
}

func TestWhoCanNotOpenWhatIsStoredIsNotReadyAndIsNamed(t *testing.T) {
	t.Parallel()
	b := twoSecrets(t)
	other, beat := elsewhere(t, b)
	if err := other.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.RotateKey(t.Context(), 0, jdoe); err != nil { // nobody says that the other one runs
		t.Fatal(err)
	}
	if err := other.Ready(t.Context()); connector.CodeOf(err) != connector.Misconfigured || strings.Contains(connector.AsError(err).Message, "copy.key") {
		t.Errorf("ready: %v", err)
	}
	beat()
	d, err := b.Doctor(t.Context())
	if err != nil || !slices.ContainsFunc(d.Symptoms, func(s Symptom) bool {
		return s.Check == "key" && strings.Contains(s.Message, "seals, and is missing in far away")
	}) {
		t.Errorf("%+v, %v", d.Symptoms, err)
	}
	if d, err = other.Doctor(t.Context()); err != nil || d.OK {
		t.Errorf("its own doctor finds nothing: %v", err)
	}
}

// TestARotationThatIsBrokenOffIsDoneToTheEnd stops one at each of its transactions, before and after it commits.
func TestARotationThatIsBrokenOffIsDoneToTheEnd(t *testing.T) {
	t.Parallel()
	killed := errors.New("killed")
	for stop := 0; ; stop++ {
		b := twoSecrets(t)
		victim := b.open()
		seen := 0
		victim.DB.Watch(func(_ string, at store.Moment) error {
			if at == store.BeforeBegin {
				return nil
			}
			if seen++; seen > stop {
				return killed
			}
			return nil
		})
		_, err := victim.RotateKey(t.Context(), 0, jdoe)
		_ = victim.Close()
		whole := err == nil
		opens(t, b.App, "a process that ran on")
		b.clock.pass(keyLease)
		a := b.reopened()
		if err := a.checkKey(t.Context()); err != nil {
			t.Errorf("broken off after %d: at the next start %v", stop, err)
		}
		done, err := a.RotateKey(t.Context(), 0, jdoe)
		if err != nil {
			t.Fatalf("broken off after %d: %v", stop, err)
		}
		list, err := a.keyList(t.Context())
		if err != nil || list[0].Secrets != 3 || list[0].ID != done.Key {
			t.Errorf("broken off after %d: %+v, %v", stop, list, err)
		}
		opens(t, a, "afterwards")
		_ = a.Close()
		if whole {
			if stop < 8 {
				t.Errorf("it was broken off in %d places only", stop)
			}
			return
		}
	}
}

func TestWhatAKeyIsMissingForIsSaidAtTheStart(t *testing.T) {
	t.Parallel()
	b := twoSecrets(t)
	if _, err := b.RotateKey(t.Context(), 0, jdoe); err != nil {
		t.Fatal(err)
	}
	b.env["LEFT"] = "not-a-real-secret-either"
	onlyKeys(t, b, 1) // the older one alone
	a := b.reopened()
	_, err := a.RotateSecrets(t.Context(), "a", map[string]string{"secret": "env:LEFT"}, jdoe)
	if connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), "is not the one") {
		t.Errorf("a secret is sealed with the older key alone: %v", err)
	}
	if err := a.Work(t.Context(), nil); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("work: %v", err)
	}
	d, err := a.Doctor(t.Context())
	if err != nil || d.OK {
		t.Errorf("the doctor finds nothing: %v", err)
	}
	_ = a.Close()
}
