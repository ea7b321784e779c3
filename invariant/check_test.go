package invariant_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/invariant"
	"ml-connector/store"
)

// side is a Side made of what a test says.
type side struct {
	name    string
	objects map[connector.Kind][]invariant.Object
	writes  []invariant.Write
}

func (s *side) Connection() string                             { return s.name }
func (s *side) Objects(kind connector.Kind) []invariant.Object { return s.objects[kind] }
func (s *side) Writes(kind connector.Kind) []invariant.Write {
	if kind == connector.PurchaseOrder {
		return s.writes
	}
	return nil
}

func (s *side) order(i int) *invariant.Object { return &s.objects[connector.PurchaseOrder][i] }
func (s *side) add(o invariant.Object) {
	s.objects[connector.PurchaseOrder] = append(s.objects[connector.PurchaseOrder], o)
}
func noClock() time.Time               { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }
func total(t string) map[string]string { return map[string]string{"total": t, "currency": "USD"} }
func sold(id, stamp, sum string) invariant.Object {
	return invariant.Object{ID: id, Stamp: stamp, Facts: total(sum)}
}
func bought(id, of, sum string) invariant.Object {
	return invariant.Object{ID: id, Of: of, Facts: total(sum)}
}
func rec(connection string, kind connector.Kind, id string) connector.Record {
	return connector.Record{Connection: connection, Kind: kind, ID: id}
}

// installation is one Flow of orders from a to b: 1 and 2 are delivered as B1 and B2, all that was read is settled.
func installation(t *testing.T) (*store.DB, *side, *side) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "test.db")+"?durable=no", noClock)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	flow := connector.Flow{Name: "orders", Kind: connector.PurchaseOrder, From: "a", To: "b", Enabled: true}
	var run int64
	must(t, db.Tx(ctx, func(tx *store.Tx) error {
		for _, name := range []string{"a", "b"} {
			if err := tx.SaveConnection(connector.Connection{Name: name, System: name}); err != nil {
				return err
			}
		}
		if err := tx.SaveFlow(flow); err != nil {
			return err
		}
		run, err = tx.BeginRun(connector.Run{Flow: flow.Name, From: "a", To: "b", Kind: flow.Kind, Trigger: connector.TriggerManual})
		return err
	}))
	var page connector.Page
	for _, id := range []string{"1", "2"} {
		page.Versions = append(page.Versions, connector.Version{ID: id, Stamp: "s", Numbers: []string{"P" + id}, Document: connector.Document{"id": id}})
	}
	_, err = db.Accept(ctx, store.Acceptance{Flow: flow, Run: run, Page: page, Last: true, Cursor: noClock()})
	must(t, err)
	epoch, _, err := db.Take(ctx, "orders", 0, "me", time.Second)
	must(t, err)
	works, err := db.Claim(ctx, "orders", 0, epoch, 10)
	must(t, err)
	for _, w := range works {
		id := w.Delivery.Record.ID
		_, err := db.Intend(ctx, "orders", 0, epoch, []store.Intent{{Delivery: w.Delivery.ID, Operation: connector.OpCreate, Linked: w.Linked(), Document: w.Version.Document}})
		must(t, err)
		owned := connector.Document{"id": id}
		_, err = db.Settle(ctx, "orders", 0, epoch, []store.Outcome{{Delivery: w.Delivery.ID, State: connector.Delivered, Link: true, Target: connector.Record{ID: "B" + id}, Exchange: "x" + id,
			Exchanges: []connector.Exchange{{ID: "x" + id, Delivery: w.Delivery.ID}}, Agreement: &connector.Agreement{SourceVersion: 1, Fingerprint: owned.Fingerprint(), Owned: owned}}})
		must(t, err)
	}
	must(t, db.LinkRecords(ctx, rec("a", connector.Supplier, "S"), rec("b", connector.Supplier, "T"), "cli:me"))
	a := &side{name: "a", objects: map[connector.Kind][]invariant.Object{connector.PurchaseOrder: {sold("1", "s", "10.00"), sold("2", "s", "20")}}}
	b := &side{name: "b", objects: map[connector.Kind][]invariant.Object{connector.PurchaseOrder: {bought("B1", "P1", "10"), bought("B2", "P2", "20")}}, writes: []invariant.Write{{Of: "P1"}, {Of: "P2"}}}
	b.order(0).Names = []connector.Record{rec("b", connector.Supplier, "T")}
	return db, a, b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatASideHoldsOtherwiseIsFound changes one thing at a side, behind the connector's back.
func TestWhatASideHoldsOtherwiseIsFound(t *testing.T) {
	t.Parallel()
	before, after := noClock().Add(-time.Second), noClock().Add(time.Second)
	for _, tc := range []struct {
		name    string
		change  func(a, b *side)
		says    string // "" nothing
		settled bool   // it is only wrong of an installation at rest
	}{
		{"nothing is changed", func(*side, *side) {}, "", false},
		{"a delivered one is not there", func(_, b *side) { b.order(0).ID = "X1" }, "I7: a:purchase_order:1: it was delivered as B1, and b holds no such thing", false},
		{"one is there twice under its own number", func(_, b *side) { b.add(bought("B2", "", "20")) }, "I7: b:purchase_order:B2: it exists 2 times", false},
		{"one was made twice", func(_, b *side) { b.add(bought("B3", "P2", "20")) }, "I7: b:purchase_order:B2: what we know as P2 exists there 2 times: [B2 B3]", false},
		{"one that a person entered is no business of ours", func(_, b *side) {
			b.add(bought("HAND", "", "5"))
			b.add(bought("HAND2", "P9", "5"))
			b.add(bought("HAND3", "P9", "5"))
		}, "", false},
		{"a write came twice and one attempt is known", func(_, b *side) { b.writes = append(b.writes, invariant.Write{Of: "P1"}) }, "I7: b:purchase_order:P1: it was written 2 times, and Deliveries account for 1", false},
		{"a write went to where nothing is to be written", func(a, _ *side) { a.writes = []invariant.Write{{ID: "1"}} }, "I9: a:purchase_order:1: it was written 1 times, and Deliveries account for 0", false},
		{"an order names a supplier that was never linked", func(_, b *side) { b.order(1).Names = []connector.Record{rec("b", connector.PurchaseOrder, "NEW")} }, "I11: a:purchase_order:2: it was written and names b:purchase_order:NEW", false},
		{"a reference of a Kind that no Flow moves is free", func(_, b *side) { b.order(1).Names = []connector.Record{rec("b", connector.GLAccount, "1")} }, "", false},
		{"the source was told what became of a record", func(a, b *side) {
			a.order(1).Told, b.order(1).Became = []string{"V2", "V2 900"}, []string{"V2", "V2 900"}
		}, "", false},
		{"the source was told a number that is not there", func(a, b *side) { a.order(1).Told, b.order(1).Became = []string{"V3"}, []string{"V2"} }, `told: a:purchase_order:2: it was told "V3", and b holds no such thing`, false},
		{"the source was told of a payment that is not there", func(a, b *side) {
			a.order(1).Told, b.order(1).Became = []string{"V2", "V2 901"}, []string{"V2", "V2 900"}
		}, `told: a:purchase_order:2: it was told "V2 901"`, false},
		{"a total differs by a cent", func(_, b *side) { b.order(1).Facts = total("20.01") }, `I12: a:purchase_order:2: its total is "20", and b holds "20.01" in B2`, true},
		{"another fact differs", func(a, _ *side) { a.order(1).Facts["currency"] = "EUR" }, `I10: a:purchase_order:2: its currency is "EUR"`, true},
		{"a record of the source was never read", func(a, _ *side) { a.add(sold("3", "s", "1")) }, "I4: a:purchase_order:3: its source holds it, and it was never read", true},
		{"a change before the cursor was never read", func(a, _ *side) { a.order(0).Stamp, a.order(0).Changed = "t", before }, "I4: a:purchase_order:1: its source has it as of t, and it was read as of s", true},
		{"a change after the cursor is for the next Run", func(a, _ *side) { a.order(0).Stamp, a.order(0).Changed = "t", after }, "", true},
	} {
		db, a, b := installation(t)
		tc.change(a, b)
		check, err := invariant.Check(t.Context(), db, a, b)
		must(t, err)
		rest, err := invariant.Settled(t.Context(), db, a, b)
		must(t, err)
		for what, got := range map[string][]invariant.Violation{"check": check, "settled": rest} {
			want := tc.says
			if tc.settled && what == "check" {
				want = ""
			}
			if (len(got) > 0) != (want != "") || len(got) > 0 && (len(got) > 1 || !strings.HasPrefix(got[0].String(), want)) {
				t.Errorf("%s: %s found %q, want %q", tc.name, what, got, want)
			}
		}
	}
}

// TestWhatShouldGoOnByItselfIsNotAtRest leaves one Delivery waiting.
func TestWhatShouldGoOnByItselfIsNotAtRest(t *testing.T) {
	t.Parallel()
	db, a, b := installation(t)
	must(t, db.Tx(t.Context(), func(tx *store.Tx) error {
		return tx.Reopen(1, connector.Waiting, nil, noClock(), "drift")
	}))
	if got, err := invariant.Check(t.Context(), db, a, b); err != nil || len(got) > 0 {
		t.Errorf("check found %q (%v)", got, err)
	}
	if got, err := invariant.Settled(t.Context(), db, a, b); err != nil || len(got) != 1 || got[0].Item != "rest" {
		t.Errorf("settled found %q (%v)", got, err)
	}
}

// TestTheLedgerAndTheStoreAreCheckedWithoutSides damages both.
func TestTheLedgerAndTheStoreAreCheckedWithoutSides(t *testing.T) {
	t.Parallel()
	db, _, _ := installation(t)
	for _, s := range []string{"UPDATE entries SET actor = 'me' WHERE number = 2", "UPDATE runs SET read_count = 9"} {
		_, err := db.SQL().ExecContext(t.Context(), s)
		must(t, err)
	}
	got, err := invariant.Check(t.Context(), db)
	must(t, err)
	if len(got) != 2 || got[0].Item != "I2" || got[1].Item != "I17" || !strings.Contains(got[1].Text, "entry 2") {
		t.Errorf("found %q", got)
	}
	if got, err := invariant.Quick(t.Context(), db); err != nil || len(got) != 1 {
		t.Errorf("quick found %q (%v)", got, err)
	}
}
