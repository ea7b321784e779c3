package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"ml-connector/cmd/site"
	"ml-connector/store"
)

// TestNoSecretLeavesTheVault_I21 uses the program for everything that touches secrets, and then looks for each of them, in
// every form in which it goes over a wire, in all that was printed, in the raw database file and in every stored body.
func TestNoSecretLeavesTheVault_I21(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.do([]int{0}, "apply", "-f", "ml-connector.yaml")
	r.do([]int{0}, "connection", "ping", "-o", "json")
	r.sync()
	for _, args := range [][]string{{"export"}, {"connection", "list", "-o", "json"}, {"connection", "show", "erp", "-o", "json"}, {"connection", "show", "s2p", "-o", "json"},
		{"delivery", "list", "-o", "json"}, {"audit", "list", "-o", "json"}, {"audit", "export"}, {"audit", "verify", "-o", "json"}} {
		r.do([]int{0}, args...)
	}
	places := map[string][]byte{"what was printed": r.said.Bytes()}
	files, err := filepath.Glob(filepath.Join(r.dir, "*.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no database beside the configuration (%v)", err)
	}
	for _, f := range files {
		if places[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	bodies(t, filepath.Join(r.dir, "ml-connector.db"), places)
	if len(places) < 100 {
		t.Fatalf("only %d places to look at: the Exchanges are not kept", len(places))
	}
	for _, s := range site.Secrets() {
		for form, text := range forms(s.Value) {
			for place, content := range places {
				if bytes.Contains(content, []byte(text)) {
					t.Errorf("%s of %s stands %s in %s", s.Name, s.Connection, form, place)
				}
			}
		}
	}
}

// forms are the ways in which a secret goes over a wire.
func forms(secret string) map[string]string {
	return map[string]string{
		"as it is":     secret,
		"URL-encoded":  url.QueryEscape(secret),
		"XML-escaped":  html.EscapeString(secret),
		"in base64":    base64.StdEncoding.EncodeToString([]byte(secret)),
		"in hex":       hex.EncodeToString([]byte(secret)),
		"path-escaped": url.PathEscape(secret),
	}
}

// bodies reads every stored body, decompressed.
func bodies(t *testing.T, path string, places map[string][]byte) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	rows, err := db.SQL().QueryContext(t.Context(), "SELECT id, bytes FROM bodies")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var content []byte
		if err := rows.Scan(&id, &content); err != nil {
			t.Fatal(err)
		}
		if plain, err := dec.DecodeAll(content, nil); err == nil {
			content = plain
		}
		places["body "+strconv.FormatInt(id, 10)] = content
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
