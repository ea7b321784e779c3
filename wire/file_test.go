package wire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "ml-connector"
)

func TestFilesGoIntoTheConnectionsFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, other := filepath.Join(dir, "out"), filepath.Join(dir, "other")
	for _, d := range []string{out, other} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(out, "there.csv"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Connection: "s2p", Addresses: []string{"https://acme.example.com", "file://" + out}, Secrets: []string{"geheim"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		method, url, body string
		status            int
		code              connector.Code
	}{
		"a file":                             {"PUT", "file://" + out + "/a.csv", "1 geheim", 201, ""},
		"the same file again":                {"PUT", "file://" + out + "/there.csv", "old", 200, ""},
		"another one under a name":           {"PUT", "file://" + out + "/there.csv", "new", 409, ""},
		"is the folder there":                {"GET", "file://" + out, "", 200, ""},
		"into another folder":                {"PUT", "file://" + other + "/a.csv", "1", 0, connector.Forbidden},
		"into another folder by dots":        {"PUT", "file://" + out + "/../other/a.csv", "1", 0, connector.Forbidden},
		"into another folder by hidden dots": {"PUT", "file://" + out + "/%2e%2e%2fother%2fa.csv", "1", 0, connector.Forbidden},
		"below the folder":                   {"PUT", "file://" + out + "/x/a.csv", "1", 0, connector.Forbidden},
		"a hidden file":                      {"PUT", "file://" + out + "/.a", "1", 0, connector.Forbidden},
		"to another machine":                 {"PUT", "file://host" + out + "/a.csv", "1", 0, connector.Forbidden},
		"reading a file":                     {"GET", "file://" + out + "/there.csv", "", 0, connector.Forbidden},
		"reading another folder":             {"GET", "file:///etc", "", 0, connector.Forbidden},
		"removing one":                       {"DELETE", "file://" + out + "/there.csv", "", 0, connector.Forbidden},
	} {
		var kept []connector.Exchange
		ctx := connector.WithTrace(t.Context(), connector.Trace{Delivery: 7, Keep: func(x connector.Exchange) { kept = append(kept, x) }})
		resp, err := c.Call(ctx, connector.Request{Op: "write a file", Method: row.method, URL: row.url, Body: []byte(row.body), Write: row.method == "PUT"})
		if connector.CodeOf(err) != row.code || row.code == "" && resp.Status != row.status {
			t.Errorf("%s: %+v, %v", name, resp, err)
		}
		if len(kept) != 1 || kept[0].Delivery != 7 || strings.Contains(string(kept[0].RequestBody), "geheim") {
			t.Errorf("%s: kept %+v", name, kept)
		}
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v in the folder, %v", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(out, "a.csv")); err != nil || string(text) != "1 geheim" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if text, _ := os.ReadFile(filepath.Join(out, "there.csv")); string(text) != "old" {
		t.Errorf("a file was replaced: %q", text)
	}
	if left, _ := os.ReadDir(other); len(left) != 0 {
		t.Errorf("%v in the other folder", left)
	}
}

func TestAFolderThatCanNotBeWrittenTo(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "gone")
	c, err := New(Config{Addresses: []string{"file://" + out}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []connector.Request{{Method: "PUT", URL: "file://" + out + "/a.csv", Write: true}, {Method: "GET", URL: "file://" + out}} {
		if _, err := c.Call(t.Context(), r); connector.CodeOf(err) != connector.Unavailable || connector.AsError(err).Hint == "" {
			t.Errorf("%s: %v", r.Method, err)
		}
	}
}
