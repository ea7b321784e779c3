package vault

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	connector "ml-connector"
)

func newKey(b byte) string {
	raw := make([]byte, keySize)
	raw[0] = b
	return base64.StdEncoding.EncodeToString(raw)
}

func open(t *testing.T, text string) *Vault {
	t.Helper()
	v, err := Open("env:KEY", "", func(string) (string, bool) { return text, true })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSecretsComeBackOnlyWhereTheyBelong(t *testing.T) {
	t.Parallel()
	const secret = "not-a-real-password"
	v := open(t, newKey(1))
	sealed, err := v.Seal("erp", "password", "https://erp.example.com:8443", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	other, _ := v.Seal("erp", "token", "https://erp.example.com:8443", []byte("x"))
	foreign, _ := v.Seal("s2p", "password", "https://erp.example.com:8443", []byte("x"))
	parts := strings.Split(sealed, ".")
	alter := func(i int, text string) string {
		p := append([]string(nil), parts...)
		p[i] = text
		return strings.Join(p, ".")
	}
	for name, row := range map[string]struct {
		vault                              *Vault
		connection, field, address, sealed string
		code                               connector.Code
		says                               string
	}{
		"as it was sealed":                        {v, "erp", "password", "https://erp.example.com:8443", sealed, "", ""},
		"in another process with the same key":    {open(t, newKey(1)), "erp", "password", "https://erp.example.com:8443", sealed, "", ""},
		"after a new key was put first":           {open(t, newKey(2)+"\n"+newKey(1)), "erp", "password", "https://erp.example.com:8443", sealed, "", ""},
		"for another Connection":                  {v, "s2p", "password", "https://erp.example.com:8443", sealed, connector.Misconfigured, "does not belong here"},
		"for another field":                       {v, "erp", "token", "https://erp.example.com:8443", sealed, connector.Misconfigured, "does not belong here"},
		"for another address":                     {v, "erp", "password", "https://evil.example.com:8443", sealed, connector.Misconfigured, "does not belong here"},
		"with a piece of the name moved over":     {v, "er", "ppassword", "https://erp.example.com:8443", sealed, connector.Misconfigured, "does not belong here"},
		"with another secret's text":              {v, "erp", "password", "https://erp.example.com:8443", alter(3, strings.Split(other, ".")[3]), connector.Misconfigured, "does not belong here"},
		"with another Connection's data key":      {v, "erp", "password", "https://erp.example.com:8443", alter(2, strings.Split(foreign, ".")[2]), connector.Misconfigured, "does not belong here"},
		"cut":                                     {v, "erp", "password", "https://erp.example.com:8443", sealed[:len(sealed)-4], connector.Misconfigured, "was altered"},
		"not sealed at all":                       {v, "erp", "password", "https://erp.example.com:8443", secret, connector.Misconfigured, "was altered"},
		"of a version to come":                    {v, "erp", "password", "https://erp.example.com:8443", alter(0, "v2"), connector.Misconfigured, "was altered"},
		"with another key":                        {open(t, newKey(2)), "erp", "password", "https://erp.example.com:8443", sealed, connector.Misconfigured, "the key in the variable KEY is not the one that this database was set up with"},
		"with another key that claims to be this": {open(t, newKey(2)), "erp", "password", "https://erp.example.com:8443", alter(1, open(t, newKey(2)).KeyID()), connector.Misconfigured, "does not belong here"},
	} {
		got, err := row.vault.Unseal(row.connection, row.field, row.address, row.sealed)
		if connector.CodeOf(err) != row.code {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err == nil && string(got) != secret {
			t.Errorf("%s: %q", name, got)
		}
		if err != nil && (!strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), secret) || connector.AsError(err).Hint == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealingHidesAndNeverRepeats(t *testing.T) {
	t.Parallel()
	v := open(t, newKey(1))
	seen := map[string]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				s, err := v.Seal("erp", "password", "a", []byte("hunter2hunter2"))
				if err != nil || strings.Contains(s, "hunter2") {
					t.Error(s, err)
				}
				mu.Lock()
				seen[s] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(seen) != 160 {
		t.Errorf("160 seals gave %d texts", len(seen))
	}
	if len(v.data) != 1 {
		t.Errorf("one Connection has %d data keys", len(v.data))
	}
}

func TestWrongKeysAreToldFromTheirID(t *testing.T) {
	t.Parallel()
	a, b := open(t, newKey(1)), open(t, newKey(2))
	if a.KeyID() == b.KeyID() || len(a.KeyID()) != 16 {
		t.Errorf("IDs %q and %q", a.KeyID(), b.KeyID())
	}
	if err := a.Check(a.KeyID()); err != nil {
		t.Error(err)
	}
	if err := a.Check(b.KeyID()); connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), "not the one that this database was set up with") {
		t.Errorf("got %v", err)
	}
	both := open(t, newKey(2)+"\n"+newKey(1))
	if err := both.Check(a.KeyID()); err != nil {
		t.Error(err)
	}
	old, _ := a.Seal("erp", "password", "", []byte("x"))
	anew, _ := both.Seal("erp", "password", "", []byte("x"))
	if both.Fresh(old) || !both.Fresh(anew) || !b.Fresh(anew) {
		t.Error("what the older key sealed is not told from what the newer one did")
	}
}

func TestKeysAreReadFromTheEnvironment(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	is := func(text string) func(string) (string, bool) {
		return func(string) (string, bool) { return text, true }
	}
	short := base64.StdEncoding.EncodeToString([]byte("too short"))
	for name, row := range map[string]struct {
		ref    string
		lookup func(string) (string, bool)
		says   string
	}{
		"a key":                      {"env:KEY", is(newKey(1)), ""},
		"a key and a line break":     {"env:KEY", is("# old\n\n" + newKey(1) + "\n"), ""},
		"a key without padding":      {"env:KEY", is(strings.TrimRight(newKey(1), "=")), ""},
		"no such variable":           {"env:KEY", none, "not set"},
		"an empty one":               {"env:KEY", is(""), "not set"},
		"only a comment":             {"env:KEY", is("# key"), "holds no key"},
		"too short":                  {"env:KEY", is(short), "not a key"},
		"no base64":                  {"env:KEY", is("correct horse battery staple"), "not a key"},
		"neither file nor variable":  {"kms:x", none, "must be file:PATH or env:NAME"},
		"nothing":                    {"", none, "must be file:PATH or env:NAME"},
		"the key where its name was": {newKey(1), none, "must be file:PATH or env:NAME"},
	} {
		_, err := Open(row.ref, "", row.lookup)
		if row.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if connector.CodeOf(err) != connector.Misconfigured || !strings.Contains(err.Error(), row.says) || connector.AsError(err).Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), short) || strings.Contains(err.Error(), "horse") || strings.Contains(err.Error(), newKey(1)) {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := func(string) (string, bool) { return "", false }
	first, err := Open("file:master.key", dir, none)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "master.key")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if again, err := Open("file:"+path, "/elsewhere", none); err != nil || again.KeyID() != first.KeyID() {
		t.Errorf("the second start gave another key: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open("file:master.key", dir, none)
		if e := connector.AsError(err); e == nil || e.Code != connector.Misconfigured || !strings.Contains(e.Message, "others may read") || e.Hint != "chmod 600 master.key" {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	if _, err := Open("file:no/such/folder/key", dir, none); connector.CodeOf(err) != connector.Misconfigured {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestTwoFirstStartsMakeOneKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ids := make(chan string, 8)
	var all sync.WaitGroup
	for range cap(ids) {
		all.Go(func() {
			v, err := Open("file:master.key", dir, nil)
			if err != nil {
				t.Error(err)
				return
			}
			ids <- v.KeyID()
		})
	}
	all.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("two keys: %s and %s", first, id)
		}
	}
}
