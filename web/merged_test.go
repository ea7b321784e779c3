package web_test

import (
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/people"
)

// TestARecordTellsWhatItWasMergedInto: on both pages, with who said so and how it is taken back; and no more once it was.
func TestARecordTellsWhatItWasMergedInto(t *testing.T) {
	t.Parallel()
	s := uglySite(t)
	old, kept := connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "v1"}, connector.Record{Connection: "s2p", Kind: connector.Supplier, ID: "v2"}
	if _, err := s.app.MergeRecords(t.Context(), old.String(), kept.String(), people.Local("<ann>")); err != nil {
		t.Fatal(err)
	}
	gone, left := s.get("/records/s2p/supplier/v1").Body.String(), s.get("/records/s2p/supplier/v2").Body.String()
	checkHTML(t, "a record that was merged", gone)
	checkHTML(t, "one that others were merged into", left)
	for _, row := range []struct{ page, says string }{
		{gone, `It was merged into <a class="id" href="/records/s2p/supplier/v2">v2</a>`}, {gone, "&lt;ann&gt;"}, {gone, "ml-connector unlink s2p:supplier:v1 s2p:supplier:v2"},
		{left, `Merged into it, so that what names one of these goes by it: <a class="id" href="/records/s2p/supplier/v1">v1</a>`},
	} {
		if !strings.Contains(row.page, row.says) {
			t.Errorf("the page does not say %s", row.says)
		}
	}
}
