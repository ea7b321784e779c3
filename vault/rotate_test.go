package vault

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	connector "ml-connector"
)

func digest(t *testing.T, v *Vault, keyID, kept, connection, value string) string {
	t.Helper()
	d, err := v.Digester(keyID, kept)
	if err != nil {
		t.Fatal(err)
	}
	return d.Digest(connection, value)
}

func TestADigestTellsWhetherAValueIsTheSameAndNothingElse(t *testing.T) {
	t.Parallel()
	one, two, both := open(t, newKey(1)), open(t, newKey(2)), open(t, newKey(2)+"\n"+newKey(1))
	first := digest(t, one, "", "", "erp", "0001112223")
	kept, err := both.KeepDigester(must(one.Digester("", "")))
	if err != nil {
		t.Fatal(err)
	}
	for name, again := range map[string]string{"after a restart": digest(t, open(t, newKey(1)), "", "", "erp", "0001112223"),
		"with a key put before, which seals nothing yet": digest(t, both, one.KeyID(), "", "erp", "0001112223"),
		"with another key that seals, kept":              digest(t, both, two.KeyID(), kept, "erp", "0001112223"), "when the older key is gone": digest(t, two, two.KeyID(), kept, "erp", "0001112223")} {
		if again != first || len(first) != 21 {
			t.Errorf("%s: %q, and at first %q", name, again, first)
		}
	}
	for name, got := range map[string]string{"another number": digest(t, one, "", "", "erp", "0001112224"), "another Connection": digest(t, one, "", "", "s2p", "0001112223"),
		"another key": digest(t, two, "", "", "erp", "0001112223"), "the same letters cut elsewhere": digest(t, one, "", "", "erp0", "001112223")} {
		if got == first {
			t.Errorf("%s has the same digest", name)
		}
	}
	parts := strings.Split(kept, ".")
	for name, text := range map[string]string{"cut": kept[:len(kept)-4], "something else": "x", "of another origin": strings.Join([]string{parts[0], two.KeyID(), parts[2], parts[3]}, ".")} {
		if _, err := both.Digester("", text); connector.CodeOf(err) != connector.Misconfigured {
			t.Errorf("%s: %v", name, err)
		}
	}
	if strings.Contains(kept, encoding.EncodeToString(must(one.Digester("", "")).key)) {
		t.Error("the kept text has the key in clear")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestRewrappedSecretsOpenWithTheNewKeyAlone: the secret's own text stays, and what was bound to a place is bound to it after.
func TestRewrappedSecretsOpenWithTheNewKeyAlone(t *testing.T) {
	t.Parallel()
	one, two, both := open(t, newKey(1)), open(t, newKey(2)), open(t, newKey(2)+"\n"+newKey(1))
	sealed := must(one.Seal("erp", "password", "a:1", []byte("not-a-real-password")))
	anew := must(both.Rewrap("erp", sealed))
	if WrappedBy(sealed) != one.KeyID() || WrappedBy(anew) != two.KeyID() || !both.Fresh(anew) || strings.Split(anew, ".")[3] != strings.Split(sealed, ".")[3] {
		t.Errorf("%s became %s", sealed, anew)
	}
	if got, err := two.Unseal("erp", "password", "a:1", anew); err != nil || string(got) != "not-a-real-password" {
		t.Errorf("with the new key alone: %q, %v", got, err)
	}
	if again := must(both.Rewrap("erp", anew)); must(two.Unseal("erp", "password", "a:1", again)) == nil {
		t.Error("wrapping twice loses it")
	}
	for name, row := range map[string]struct {
		vault              *Vault
		connection, sealed string
	}{"by who has not the older key": {two, "erp", sealed}, "for another Connection": {both, "s2p", sealed}, "what was never sealed": {both, "erp", "x"}, "cut": {both, "erp", sealed[:20]}} {
		if got, err := row.vault.Rewrap(row.connection, row.sealed); connector.CodeOf(err) != connector.Misconfigured {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := two.Unseal("erp", "password", "b:1", anew); err == nil {
		t.Error("it opens for another address")
	}
}

func TestAKeyIsAddedInFrontAndRunningProcessesLearnIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	running := must(Open("file:master.key", dir, nil))
	old := running.KeyID()
	before := must(running.Seal("erp", "password", "", []byte("x")))
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	turning := must(Open("file:master.key", dir, nil))
	if err := turning.AddKey(); err != nil {
		t.Fatal(err)
	}
	if ids := turning.KeyIDs(); len(ids) != 2 || ids[1] != old || ids[0] == old {
		t.Errorf("keys %v after %s", ids, old)
	}
	text := string(must(os.ReadFile(path)))
	if info := must(os.Stat(path)); info.Mode().Perm() != 0o400 || !strings.HasPrefix(text, "# The key") || strings.Count(text, "\n") != 3 {
		t.Errorf("mode %v:\n%s", info.Mode(), text)
	}
	if left := must(os.ReadDir(dir)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	anew := must(turning.Rewrap("erp", before))
	if got, err := running.Unseal("erp", "password", "", anew); err != nil || string(got) != "x" { // it has not been told
		t.Errorf("the running process: %q, %v", got, err)
	}
	if after := must(running.Seal("erp", "password", "", []byte("y"))); WrappedBy(after) != turning.KeyID() {
		t.Error("the running process goes on to seal with the older key")
	}
	if missing, ok := running.Holds([]string{old, turning.KeyID()}); !ok {
		t.Errorf("it lacks %s", missing)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, err := running.Unseal("erp", "password", "", anew); err != nil || running.Reload() == nil {
		t.Errorf("when the file is gone: %q, %v", got, err)
	}
	if missing, ok := running.Holds([]string{old, "0123456789abcdef"}); ok || missing != "0123456789abcdef" {
		t.Errorf("an unknown key: %q", missing)
	}
	if err := open(t, newKey(1)).AddKey(); connector.CodeOf(err) != connector.Invalid || !strings.Contains(connector.AsError(err).Hint, "before the present one") {
		t.Errorf("keys of a variable: %v", err)
	}
}

// TestAKeyInFrontSealsOnlyWhereItIsNamed: other processes may lack it.
func TestAKeyInFrontSealsOnlyWhereItIsNamed(t *testing.T) {
	t.Parallel()
	v := must(Open("file:master.key", t.TempDir(), nil))
	old := v.KeyID()
	named, digester := must(v.Sealing(old)), must(v.Digester("", ""))
	if err := named.AddKey(); err != nil {
		t.Fatal(err)
	}
	next := must(v.Sealing(v.KeyID()))
	for range 2 { // each seals with its own, whoever sealed before
		for _, row := range []struct {
			v    *Vault
			want string
		}{{named, old}, {next, v.KeyIDs()[0]}, {must(next.Sealing(old)), old}} {
			s := must(row.v.Seal("erp", "password", "", []byte("x")))
			anew, kept := must(row.v.Rewrap("erp", s)), must(row.v.KeepDigester(digester))
			if WrappedBy(s) != row.want || WrappedBy(anew) != row.want || strings.Split(kept, ".")[2] != row.want || row.v.KeyID() != row.want || !row.v.Fresh(s) {
				t.Errorf("%s, %s and %s instead of %s", s, anew, kept, row.want)
			}
			if got, err := v.Unseal("erp", "password", "", s); err != nil || string(got) != "x" {
				t.Errorf("%q, %v", got, err)
			}
		}
	}
	if next.KeyID() == old || len(named.KeyIDs()) != 2 {
		t.Errorf("%v", named.KeyIDs())
	}
	if _, err := v.Sealing("0123456789abcdef"); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("with a key that is not at hand: %v", err)
	}
}

func TestSealingGoesOnWhileKeysChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v := must(Open("file:master.key", dir, nil))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				s, err := v.Seal("erp", "password", "", []byte("x"))
				if err == nil {
					_, err = v.Unseal("erp", "password", "", s)
				}
				if err != nil || !slices.Contains(v.KeyIDs(), WrappedBy(s)) {
					t.Error(s, err)
				}
			}
		})
	}
	for range 3 {
		if err := v.AddKey(); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	if n := len(v.KeyIDs()); n != 4 {
		t.Errorf("%d keys", n)
	}
}
