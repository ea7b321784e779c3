package web_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"ml-connector/people"
)

// TestARecordIsShownAsItWas: what each side held at a time, beside what it holds now.
func TestARecordIsShownAsItWas(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	s.far.steps = nil
	before := s.now()
	s.pass(time.Hour)
	s.supplier("v1", "Acme Laboratory Supply, renamed <b>twice</b>")
	s.sync("suppliers")
	path := "/records/s2p/supplier/v1?at="
	html := s.get(path + before.UTC().Format(time.RFC3339Nano)).Body.String()
	checkHTML(t, "then", html)
	for _, says := range []string{"version 1, read", "1 later version; 1 field is another now.", `<td data-label="Then">Acme Laboratory Supply</td>`, "renamed &lt;b&gt;twice&lt;/b&gt;"} {
		if !strings.Contains(html, says) {
			t.Errorf("it does not say %q", says)
		}
	}
	for at, says := range map[string]string{"2020-01-01": "had been read by then", before.AddDate(1, 0, 0).Format(time.RFC3339Nano): "It is still the last."} {
		if html := s.get(path + at).Body.String(); !strings.Contains(html, says) {
			t.Errorf("at %s it does not say %q", at, says)
		}
	}
	if w := s.get(path + "yesterday"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a time that is none: %d", w.Code)
	}
}

// TestEvidenceIsTakenFromThePage by who may, and by nobody else.
func TestEvidenceIsTakenFromThePage(t *testing.T) {
	t.Parallel()
	s := closed(t)
	const path = "/evidence/s2p/invoice/1002"
	for _, role := range people.Roles() {
		w := s.as("x-"+string(role), role).ask(path, nil)
		if allowed := may(role, people.ExportLedger); (w.Code == http.StatusOK) != allowed || !allowed && w.Code != http.StatusForbidden {
			t.Errorf("as %s: %d", role, w.Code)
		}
		if w.Code != http.StatusOK {
			continue
		}
		z, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
		if err != nil || len(z.File) < 5 || !strings.Contains(w.Header().Get("Content-Disposition"), "evidence-s2p-invoice-1002.zip") {
			t.Errorf("%v, %v", err, w.Header())
		}
	}
	if w := s.as("a", people.Auditor).ask("/evidence/s2p/invoice/none", nil); w.Code != http.StatusNotFound {
		t.Errorf("of nothing: %d", w.Code)
	}
}
