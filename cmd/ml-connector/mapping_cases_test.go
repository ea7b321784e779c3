package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCasesAreWrittenInTheirFolderAlone: a link that leads out of it is not followed; and a folder may be called as it likes.
func TestCasesAreWrittenInTheirFolderAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a [b] *")
	folder := filepath.Join(dir, "cases")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules := filepath.Join(dir, "own.yaml")
	write(rules, "name: own\nkind: gl_account\nfrom: peoplesoft\nto: jaggaer\nfields:\n  Name: {from: DESCR}\n")
	for _, name := range []string{"inside", "outside"} {
		write(filepath.Join(folder, name+".in.json"), `{"about": "one", "source": {"DESCR": "x"}, "now": "2026-03-05T03:30:00Z"}`)
	}
	outside := filepath.Join(dir, "precious.txt")
	write(outside, "{}")
	if err := os.Symlink(outside, filepath.Join(folder, "outside.out.json")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	status := run(t.Context(), []string{"mapping", "test", rules, "--cases", folder, "--update"}, strings.NewReader(""), &out, &out, nil)
	if text, _ := os.ReadFile(outside); status == 0 || string(text) != "{}" || !strings.Contains(out.String(), "outside.out.json can't be written") {
		t.Errorf("%d, %q outside\n%s", status, text, out.String())
	}
	if text, err := os.ReadFile(filepath.Join(folder, "inside.out.json")); err != nil || !strings.Contains(string(text), `"x"`) {
		t.Errorf("%q, %v", text, err)
	}
}
