package engine_test

import (
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestRulesAreTriedOnWhatIsStored: the impact of other rules is told without reading the source or leaving a trace on any Delivery;
// once they are applied, a reapply writes exactly that.
func TestRulesAreTriedOnWhatIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	w.to.info.CanUpdate = true
	w.from.put("1", order("P1", "10", "open"))
	w.from.put("2", order("P2", "20", "open"))
	w.from.put("3", order("P3", "30", "draft")) // filtered
	w.sync()
	old := w.now()
	w.pass(24 * time.Hour)
	w.from.put("4", order("P4", "10", "open"))
	w.sync()
	wrote := len(w.to.writes)
	w.from.readErr = connector.Errorf(connector.Unavailable, "read", "it is not read")
	other := strings.Replace(rules, "AMOUNT: {from: amount}", `AMOUNT: {expr: 'doc.amount == "10" ? "11" : doc.amount'}`, 1)
	impact := func(since time.Time, rules string) string {
		t.Helper()
		got, err := w.e.Impact(t.Context(), "orders", since, rules)
		if err != nil || len(got.Runs) != 1 || got.Runs[0].Err != nil || got.Runs[0].Trigger != connector.TriggerDryRun {
			t.Fatalf("%+v, %v", got.Runs, err)
		}
		var out []string
		for _, r := range got.Rows {
			text := r.Record.ID + " " + r.Operation
			for _, c := range r.Changes {
				text += " " + c.Field + " " + c.Old + "→" + c.New
			}
			out = append(out, text)
		}
		return strings.Join(out, "; ")
	}
	all := old.Add(-time.Hour)
	for name, tc := range map[string]struct {
		since time.Time
		rules string
		want  string
	}{
		"the rules as they are":        {all, "", "1 none; 2 none; 4 none"},
		"other rules":                  {all, other, "1 update AMOUNT 10→11; 2 none; 4 update AMOUNT 10→11"},
		"other rules, for the last":    {old.Add(time.Hour), other, "4 update AMOUNT 10→11"},
		"rules that let another pass":  {all, strings.Replace(rules, `doc.status != "draft" and `, "", 1), "1 none; 2 none; 3 create AMOUNT →30 KEY →P3; 4 none"},
		"rules that hold what is open": {all, strings.Replace(rules, "AMOUNT: {from: amount}", "AMOUNT: {from: nothing, required: true}", 1), "1 hold; 2 hold; 4 hold"},
	} {
		if got := impact(tc.since, tc.rules); got != tc.want {
			t.Errorf("%s: %s, expected %s", name, got, tc.want)
		}
	}
	if len(w.to.writes) != wrote || w.last("1").State != connector.Delivered {
		t.Fatalf("the impact left %d writes, and 1 as %s", len(w.to.writes)-wrote, w.last("1").State)
	}
	f := w.flow()
	f.Mapping = other
	w.tx(func(tx *store.Tx) error { return tx.SaveFlow(f) })
	ids, err := w.e.Reapply(t.Context(), "orders", all, "cli:test")
	if err != nil || len(ids) != 4 {
		t.Fatalf("%d Deliveries, %v; expected four", len(ids), err)
	}
	if _, err := w.e.Settle(t.Context(), []string{"orders"}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if len(w.to.writes) != wrote+2 || w.last("3").State != connector.Filtered || w.last("2").State != connector.Delivered {
		t.Errorf("%d writes, 3 is %s, 2 is %s; expected two, filtered, delivered", len(w.to.writes)-wrote, w.last("3").State, w.last("2").State)
	}
	if got := impact(all, ""); got != "1 none; 2 none; 4 none" {
		t.Errorf("afterwards: %s", got)
	}
}

// TestWhatIsBlockedIsDecidedAgainByOtherRules: it may wait for what the rules do not ask for any more, and that never comes.
func TestWhatIsBlockedIsDecidedAgainByOtherRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, connector.ClassNatural)
	back := connector.Flow{Name: "back", Kind: connector.PurchaseOrder, From: "b", To: "a", Schedule: "@hourly", Drift: connector.DriftOverwrite, Withdraw: connector.WithdrawHold,
		Enabled: true, Mapping: rules + "alike: doc.key\n", AppliedAt: w.now(), Position: 1}
	w.tx(func(tx *store.Tx) error { return tx.SaveFlow(back) })
	w.reads("back", connector.Version{ID: "B1", Name: "Same & Co.", Document: order("P9", "10", "open")})
	w.reads("orders", connector.Version{ID: "1", Name: "SAME CO", Document: order("P1", "10", "open")})
	settle := func() connector.State {
		t.Helper()
		for n := range w.flow().Partitions {
			w.pumpOnce(n)
		}
		return w.last("1").State
	}
	if s := settle(); s != connector.Blocked {
		t.Fatalf("it is %s, expected blocked", s)
	}
	again := func() {
		t.Helper()
		if ids, err := w.e.Reapply(t.Context(), "orders", w.now().Add(-time.Hour), "cli:test"); err != nil || len(ids) != 1 {
			t.Fatalf("%v, %v; expected one", ids, err)
		}
	}
	if got, err := w.e.Impact(t.Context(), "orders", w.now().Add(-time.Hour), ""); err != nil || len(got.Rows) != 1 || got.Rows[0].Operation != "block" || !strings.Contains(got.Rows[0].Err.Message, "a decision of flow back") {
		t.Errorf("%+v, %v; expected that it stays blocked", got.Rows, err)
	}
	if again(); settle() != connector.Blocked {
		t.Errorf("by the same rules it is %s, expected blocked", w.last("1").State)
	}
	back.Mapping = rules
	w.tx(func(tx *store.Tx) error { return tx.SaveFlow(back) })
	if got, err := w.e.Impact(t.Context(), "orders", w.now().Add(-time.Hour), ""); err != nil || len(got.Rows) != 1 || got.Rows[0].Operation != "create" {
		t.Errorf("%+v, %v; expected that it would be created", got.Rows, err)
	}
	if again(); settle() != connector.Delivered {
		t.Errorf("by other rules it is %s, expected delivered", w.last("1").State)
	}
}
