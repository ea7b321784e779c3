package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/alike"
	"ml-connector/store"
)

// traitsOf are what a scripted Connection tells its records apart by.
func traitsOf(d connector.Document) alike.Traits {
	var t alike.Traits
	if name := d.Text("name"); name != "" {
		t = alike.Traits{Names: []string{name}, Country: d.Text("country"), Places: []alike.Place{{Postal: d.Text("postal")}}}
	}
	if tax := d.Text("tax"); tax != "" {
		t.Tax = []string{tax}
	}
	return t
}

// company is a record of either side that has a name.
func company(key, name, country, postal, tax string) connector.Document {
	return connector.Document{"key": key, "amount": "10", "status": "open", "name": name, "country": country, "postal": postal, "tax": tax}
}

const comparing = rules + "alike: doc.name\n"

// newCompanies is a world whose target has some companies that were entered there, and one at the source.
func newCompanies(t *testing.T, mapping string, source connector.Document, there ...connector.Document) *world {
	t.Helper()
	w := newWorld(t, connector.ClassNatural, func(f *connector.Flow) { f.Mapping = mapping })
	for n, d := range there {
		w.to.put(fmt.Sprintf("V%d", n+1), d)
	}
	w.from.put("1", source)
	return w
}

func TestWhatTheTargetMayHaveIsNotCreated(t *testing.T) {
	t.Parallel()
	acme := company("P1", "Acme Laboratory Supply Inc", "USA", "90001", "h1")
	for name, tc := range map[string]struct {
		mapping string
		there   []connector.Document
		state   connector.State
		says    string // the reason of a hold
		linked  string // to what
		writes  int
		plan    string
	}{
		"the same tax number and country is linked":         {comparing, []connector.Document{company("", "ACME LAB SUPPLY", "USA", "10001", "h1")}, connector.Unchanged, "", "V1", 0, "update"},
		"but not where the Flow says that a person does":    {rules + "alike: {name: doc.name, tax: hold}\n", []connector.Document{company("", "ACME LAB SUPPLY", "USA", "10001", "h1")}, connector.Held, "V1 (0.9", "", 0, "hold"},
		"nor where two have it":                             {comparing, []connector.Document{company("", "ACME LAB SUPPLY", "USA", "10001", "h1"), company("", "ACME LAB", "USA", "", "h1")}, connector.Held, "V2 (0.", "", 0, "hold"},
		"a name that is nearly the same is offered":         {comparing, []connector.Document{company("", "ACME LABORATRY SUPPLY", "USA", "90001", "")}, connector.Held, "V1 (0.9", "", 0, "hold"},
		"the same name is offered wherever it is":           {comparing, []connector.Document{company("", "acme laboratory supply, inc.", "DEU", "1", "")}, connector.Held, "one of the same name that is linked to nothing: V1 (0.8", "", 0, "hold"},
		"the best of several stands first":                  {comparing, []connector.Document{company("", "Acme Laboratory", "USA", "90001", ""), company("", "Acme Lab. Supply", "USA", "90001", "")}, connector.Held, "linked to nothing: V2", "", 0, "hold"},
		"what is not alike holds nothing":                   {comparing, []connector.Document{company("", "Acme Freight", "USA", "90001", ""), company("", "Zenith Laboratory Supply", "USA", "90001", "")}, connector.Delivered, "", "T001", 1, "create"},
		"or for the same name":                              {rules + "alike: {name: doc.name, likely: same}\n", []connector.Document{company("", "acme laboratory supply, inc.", "DEU", "1", "")}, connector.Held, "one of the same name that is linked to nothing: V1 (0.8", "", 0, "hold"},
		"and then what is merely likely is told":            {rules + "alike: {name: doc.name, likely: same}\n", []connector.Document{company("", "ACME LABORATRY SUPPLY", "USA", "90001", "")}, connector.Delivered, "", "T001", 1, "create"},
		"or that all is told and nothing held":              {rules + "alike: {name: doc.name, likely: never}\n", []connector.Document{company("", "acme laboratory supply, inc.", "USA", "90001", "")}, connector.Delivered, "", "T001", 1, "create"},
		"a Flow may ask for more":                           {rules + "alike: {name: doc.name, likely: 1}\n", []connector.Document{company("", "ACME LABORATRY SUPPLY", "USA", "90001", "")}, connector.Delivered, "", "T001", 1, "create"},
		"a Flow without the rule compares nothing":          {rules, []connector.Document{acme}, connector.Delivered, "", "T001", 1, "create"},
		"the same tax number in another country is offered": {comparing, []connector.Document{company("", "ACME LAB SUPPLY", "DEU", "10001", "h1")}, connector.Held, "V1 (0.9", "", 0, "hold"},
		"the same tax number under another name is offered": {comparing, []connector.Document{company("", "Zenith Freight", "USA", "90001", "h1")}, connector.Held, "V1 (0.9", "", 0, "hold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCompanies(t, tc.mapping, acme, tc.there...)
			w.to.info.CanUpdate = tc.plan == "update"
			if got := w.planned("1"); got != tc.plan {
				t.Errorf("the dry run says %s, expected %s", got, tc.plan)
			}
			w.to.info.CanUpdate = false
			w.sync()
			d := w.last("1")
			if d.State != tc.state || len(w.to.writes) != tc.writes {
				t.Fatalf("it is %s (%v) after %d writes, expected %s after %d", d.State, d.Err, len(w.to.writes), tc.state, tc.writes)
			}
			if d.Err != nil && (d.Err.Code != connector.Conflict || !strings.Contains(d.Err.Message, tc.says)) {
				t.Errorf("it is held with %s, expected a conflict that says %q", d.Err.Message, tc.says)
			}
			row, linked, err := w.db.Linked(t.Context(), connector.PurchaseOrder, "a", []string{"1"}, "b")
			if err != nil || linked != (tc.linked != "") || row.To.ID != tc.linked {
				t.Errorf("it is linked to %q, %v; expected %q", row.To.ID, err, tc.linked)
			}
		})
	}
}

// TestWhatIsMerelyLikelyIsToldWithTheDelivery is what an administrator sees who has two of one company.
func TestWhatIsMerelyLikelyIsToldWithTheDelivery(t *testing.T) {
	t.Parallel()
	w := newCompanies(t, rules+"alike: {name: doc.name, likely: same}\n", company("P1", "Acme Laboratory Supply", "USA", "90001", ""), company("", "ACME LABORATRY SUPPLY", "USA", "90001", ""))
	w.sync()
	entries, err := w.db.Entries(t.Context(), store.EntryFilter{Subject: "a:purchase_order:1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Details["note"], "the target may hold it already: V1 (0.9") {
			return
		}
	}
	t.Errorf("no Entry tells it: %+v", entries)
}

// TestALinkThatWasMadeByATaxNumberSaysSo is what an auditor reads.
func TestALinkThatWasMadeByATaxNumberSaysSo(t *testing.T) {
	t.Parallel()
	w := newCompanies(t, comparing, company("P1", "Acme", "USA", "", "h1"), company("", "Acme Inc", "USA", "", "h1"))
	w.sync()
	entries, err := w.db.Entries(t.Context(), store.EntryFilter{Subject: "a:purchase_order:1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == "link.made" && strings.Contains(e.Details["reason"], "same tax number") && e.Actor != "" && !strings.Contains(fmt.Sprint(e.Details), "h1") {
			return
		}
	}
	t.Errorf("no Entry says why it was linked: %+v", entries)
}

// TestASecondRecordOfOneCompanyIsNotCreated: the first is linked by its tax number, and the second is not doubled beside it.
func TestASecondRecordOfOneCompanyIsNotCreated(t *testing.T) {
	t.Parallel()
	w := newCompanies(t, comparing, company("P1", "Acme", "USA", "", "h1"), company("", "Acme Inc", "USA", "", "h1"))
	w.sync()
	w.from.put("2", company("P2", "ACME Ltd", "USA", "", "h1"))
	w.sync()
	if d := w.last("2"); d.State != connector.Held || !strings.Contains(d.Err.Message, "linked to another record here, 1: V1") || len(w.to.writes) != 0 {
		t.Fatalf("the second is %s (%v) after %d writes", d.State, d.Err, len(w.to.writes))
	}
}

// TestWhatIsLinkedAlreadyCountsWithTheSameTaxNumberAlone: else it is another company's.
func TestWhatIsLinkedAlreadyCountsWithTheSameTaxNumberAlone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		second connector.Document
		state  connector.State
	}{
		"the same tax number":                     {company("P2", "ACME Ltd", "USA", "", "h1"), connector.Held},
		"the same tax number, in another country": {company("P2", "ACME Ltd", "DEU", "", "h1"), connector.Delivered},
		"the same tax number, under another name": {company("P2", "Zenith Freight", "USA", "", "h1"), connector.Delivered},
		"the same name":                           {company("P2", "Acme", "USA", "", ""), connector.Delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCompanies(t, comparing, company("P1", "Acme", "USA", "", "h1"), company("", "Acme Inc", "USA", "", "h1"))
			w.sync()
			w.from.put("2", tc.second)
			if got, want := w.planned("2"), map[connector.State]string{connector.Held: "hold", connector.Delivered: "create"}[tc.state]; got != want {
				t.Errorf("the dry run says %s, expected %s", got, want)
			}
			w.sync()
			if d := w.last("2"); d.State != tc.state {
				t.Errorf("it is %s (%v), expected %s", d.State, d.Err, tc.state)
			}
		})
	}
}

// TestThatTwoAreNotTheSameIsRemembered also over Versions and failures: it is asked once.
func TestThatTwoAreNotTheSameIsRemembered(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(w *world) error{
		"by having it created": func(w *world) error {
			return w.db.Tx(w.t.Context(), func(tx *store.Tx) error { return tx.Replay([]int64{w.last("1").ID}, "cli:me", true) })
		},
		"by a word": func(w *world) error {
			x, y := connector.Record{Connection: "b", Kind: connector.PurchaseOrder, ID: "V1"}, w.last("1").Record
			return w.db.Tx(w.t.Context(), func(tx *store.Tx) error { return tx.ApartRecords(x, y, "cli:me") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCompanies(t, comparing, company("P1", "Acme Lab Supply", "USA", "90001", ""), company("", "Acme Laboratory Supply", "USA", "90001", ""))
			w.to.onWrite = func(connector.Write) (error, bool) {
				return connector.Errorf(connector.Rejected, "write", "no such department"), true
			}
			w.sync()
			if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Conflict {
				t.Fatalf("it is %s (%v), expected held as a conflict", d.State, d.Err)
			}
			if err := say(w); err != nil {
				t.Fatal(err)
			}
			if _, err := w.e.Settle(t.Context(), []string{"orders"}, time.Minute); err != nil {
				t.Fatal(err)
			}
			if d := w.last("1"); d.State != connector.Held || d.Err.Code != connector.Rejected {
				t.Fatalf("it is %s (%v), expected that the target refused it", d.State, d.Err)
			}
			w.to.onWrite = nil
			w.from.put("1", company("P1", "Acme Lab Supply Inc", "USA", "90001", ""))
			w.sync()
			if d := w.last("1"); d.State != connector.Delivered {
				t.Errorf("its next Version is %s (%v), expected delivered: that was decided", d.State, d.Err)
			}
		})
	}
}

// TestALinkByAPersonEndsTheQuestion: nothing is created, and both are one from then on.
func TestALinkByAPersonEndsTheQuestion(t *testing.T) {
	t.Parallel()
	w := newCompanies(t, comparing, company("P1", "Acme Lab Supply", "USA", "90001", ""), company("", "Acme Laboratory Supply", "USA", "90001", ""), company("", "Acme Laboratory", "USA", "90001", ""))
	w.sync()
	if err := w.db.LinkRecords(t.Context(), w.last("1").Record, connector.Record{Connection: "b", Kind: connector.PurchaseOrder, ID: "V2"}, "cli:me"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.e.Settle(t.Context(), []string{"orders"}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if d := w.last("1"); d.State != connector.Unchanged || len(w.to.writes) != 0 {
		t.Errorf("it is %s (%v) after %d writes, expected unchanged after none", d.State, d.Err, len(w.to.writes))
	}
}
