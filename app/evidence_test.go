package app

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// taken is the evidence of a Record, and the files in it.
func (b *bench) taken(text string) ([]byte, map[string]string) {
	b.t.Helper()
	var out bytes.Buffer
	if err := b.Evidence(b.t.Context(), text, &out, people.User("ann", []people.Role{people.Auditor})); err != nil {
		b.t.Fatal(err)
	}
	return out.Bytes(), unzipped(b.t, out.Bytes())
}

func unzipped(t *testing.T, pack []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// zipped is a pack with one file changed.
func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEvidenceIsWholeAndVerifiesItself(t *testing.T) {
	t.Parallel()
	b := filled(t)
	pack, files := b.taken("a:supplier:s1")
	for _, name := range []string{"README.txt", "record.json", "ledger.jsonl", "manifest.json", "deliveries/1.json", "sent/1.json"} {
		if files[name] == "" {
			t.Errorf("it has no %s", name)
		}
	}
	var rec RecordDetail
	if err := json.Unmarshal([]byte(files["record.json"]), &rec); err != nil || rec.Title != "Acme" || len(rec.Versions) != 1 || len(rec.Links) != 1 || len(rec.History) == 0 {
		t.Errorf("%v, %+v", err, rec)
	}
	verify := func(pack []byte, expect string) Verification {
		v, err := VerifyEvidence(bytes.NewReader(pack), int64(len(pack)), expect)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := verify(pack, "")
	if !v.OK || v.Entries == 0 || v.HeadHash == "" {
		t.Fatalf("%+v", v)
	}
	// The same hashes stand in the ledger itself: each of them is found there, and the head is its end.
	last := strings.Split(strings.TrimSpace(files["ledger.jsonl"]), "\n")
	var e EvidenceEntry
	if err := json.Unmarshal([]byte(last[len(last)-1]), &e); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{e.Hash, v.HeadHash} {
		if whole, err := b.VerifyLedger(t.Context(), hash); err != nil || !whole.OK {
			t.Errorf("the ledger has no entry %s: %+v, %v", hash, whole, err)
		}
		if !verify(pack, hash).OK {
			t.Errorf("%s is not found in the pack", hash)
		}
	}
	if verify(pack, strings.Repeat("0", 64)).OK {
		t.Error("a hash that is nowhere is found")
	}
	for what, change := range map[string]func(map[string]string){
		"a document that was changed": func(f map[string]string) { f["record.json"] = strings.Replace(f["record.json"], "Acme", "Bcme", 1) },
		"a file that is missing":      func(f map[string]string) { delete(f, "sent/1.json") },
		"a file that was added":       func(f map[string]string) { f["sent/2.json"] = "{}" },
		"an entry that was changed, and the manifest with it": func(f map[string]string) {
			f["ledger.jsonl"] = strings.Replace(f["ledger.jsonl"], `"actor":"engine"`, `"actor":"nobody"`, 1)
			var m EvidenceManifest
			if err := json.Unmarshal([]byte(f["manifest.json"]), &m); err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(m.Files, func(x EvidenceFile) bool { return x.Name == "ledger.jsonl" })
			m.Files[at].SHA256 = sha(f["ledger.jsonl"])
			text, _ := json.Marshal(m)
			f["manifest.json"] = string(text)
		},
	} {
		changed := unzipped(t, pack)
		change(changed)
		if v := verify(zipped(t, changed), ""); v.OK || v.Reason == "" {
			t.Errorf("%s is not found: %+v", what, v)
		}
	}
	if _, err := VerifyEvidence(strings.NewReader("no zip"), 6, ""); connector.CodeOf(err) != connector.Invalid {
		t.Errorf("what is no zip: %v", err)
	}
}

func TestEvidenceIsForAuditors(t *testing.T) {
	t.Parallel()
	b := filled(t)
	for _, role := range people.Roles() {
		err := b.Evidence(t.Context(), "a:supplier:s1", io.Discard, people.User("x", []people.Role{role}))
		if allowed := role == people.Auditor || role == people.Admin; (err == nil) != allowed {
			t.Errorf("as %s: %v", role, err)
		}
	}
}

// What goes into a pack is what the pages show: no secret is in it.
func TestEvidenceHoldsNoSecret(t *testing.T) {
	t.Parallel()
	b := filled(t)
	pack, files := b.taken("a:supplier:s1")
	for name, text := range files {
		for _, secret := range b.env {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret", name)
			}
		}
	}
	if len(pack) == 0 {
		t.Error("nothing was written")
	}
}

func TestRecordsLeadToTheirOwnPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(strings.Replace(both, "port: 443}\n    secrets: {secret: env:LEFT}", `port: 443, profile: {links: {supplier: "https://alpha.example.com/s?of={id.1}&id={id.2}", invoice: "javascript:alert(1)", purchase_order: "/x"}}}`+"\n    secrets: {secret: env:LEFT}", 1))
	for _, row := range []struct {
		kind     connector.Kind
		id, want string
	}{
		{connector.Supplier, "SHARE/00 1&x=2", "https://alpha.example.com/s?of=SHARE&id=00+1%26x%3D2"},
		{connector.Invoice, "1", ""}, {connector.PurchaseOrder, "1", ""}, {connector.Requisition, "1", ""},
	} {
		if got, err := b.RecordLink(t.Context(), connector.Record{Connection: "a", Kind: row.kind, ID: row.id}); err != nil || got != row.want {
			t.Errorf("%s %s leads to %q, %v", row.kind, row.id, got, err)
		}
	}
	if got, err := b.RecordLink(t.Context(), connector.Record{Connection: "gone", Kind: connector.Supplier, ID: "1"}); err != nil || got != "" {
		t.Errorf("%q, %v", got, err)
	}
}

func sha(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}
