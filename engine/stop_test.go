package engine_test

import (
	"strings"
	"testing"

	connector "ml-connector"
)

// TestWhatStopsARecordDoesNotWaitForASecondPerson: it goes alone, also when its answer is lost, and the rest is still to be approved then.
func TestWhatStopsARecordDoesNotWaitForASecondPerson(t *testing.T) {
	t.Parallel()
	const stopping = `
name: orders
kind: purchase_order
from: left
to: right
confirm: '[["account", doc.account, doc.account]]'
stop: {when: doc.status == "closed", fields: [KEY, PARENT]}
fields:
  KEY: {from: key, required: true}
  AMOUNT: {from: amount}
  PARENT: {from: status}
`
	at := func(amount, status, account string) connector.Document {
		d := order("P1", amount, status)
		d["account"] = account
		return d
	}
	for name, tc := range map[string]struct {
		class        connector.Class
		lost, before bool
		writes       int
		holds        string // the target, in the end
	}{
		"its answer comes":                   {connector.ClassUpsert, false, false, 2, "closed"},
		"its answer is lost":                 {connector.ClassUpsert, true, false, 3, "closed"},
		"it is lost":                         {connector.ClassUpsert, true, true, 3, "closed"},
		"what a repeat would harm goes not":  {connector.ClassNatural, false, false, 1, "open"},
		"a target that takes no change":      {connector.ClassRefused, false, false, 1, "open"},
		"what is in use is held as a whole ": {"", false, false, 1, "open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.class, func(f *connector.Flow) { f.Mapping = stopping })
			status := "closed"
			if tc.class == "" {
				w.to.info.Class, status = connector.ClassUpsert, "open"
			}
			w.to.info.CanUpdate = tc.class != connector.ClassRefused
			w.from.put("1", at("10", "open", "1111"))
			w.sync()
			drop := tc.lost
			w.to.onWrite = func(wr connector.Write) (error, bool) {
				if wr.Document.Text("AMOUNT") != "" {
					t.Errorf("sent with it: %v", wr.Document)
				}
				if !drop {
					return nil, false
				}
				drop = false
				return ambiguous(), tc.before
			}
			w.from.put("1", at("99", status, "2222"))
			w.sync()
			d := w.last("1")
			if d.State != connector.Held || d.Err == nil || !strings.Contains(d.Err.Message, "a second person approves this: account changed") {
				t.Fatalf("%s (%v), expected held for a second person", d.State, d.Err)
			}
			if got := w.to.table["T001"].Text("PARENT"); got != tc.holds || len(w.to.writes) != tc.writes {
				t.Errorf("the target holds %q after %d writes; expected %q after %d", got, len(w.to.writes), tc.holds, tc.writes)
			}
			w.from.put("1", at("99", "open", "2222"))
			w.sync()
			if d := w.last("1"); d.State != connector.Held || w.to.table["T001"].Text("PARENT") != tc.holds {
				t.Errorf("in use again, nobody having approved it: %s, and the target holds %q", d.State, w.to.table["T001"].Text("PARENT"))
			}
		})
	}
}
