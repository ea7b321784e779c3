package app

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	connector "ml-connector"
	"ml-connector/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

var withOrders = strings.Replace(both, "  papers: {from: a, to: b}\n", "  orders: {from: a, to: b}\n  papers: {from: a, to: b}\n", 1)

// purchase is a requisition of b that a has, an order of it that was delivered, and an invoice of the order that is held.
func purchase(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.mustApply(withOrders)
	req := connector.Record{Connection: "b", Kind: connector.Requisition, ID: "US001/12"}
	if _, err := b.DB.Accept(t.Context(), store.Acceptance{Flow: connector.Flow{From: req.Connection, Kind: req.Kind}, Uncounted: true, Now: b.clock.now(),
		Page: connector.Page{Versions: []connector.Version{{ID: req.ID, Title: "Requisition 12"}}}}); err != nil {
		t.Fatal(err)
	}
	if err := b.DB.LinkRecords(t.Context(), connector.Record{Connection: "a", Kind: connector.Requisition, ID: "300"}, req, "cli:jdoe"); err != nil {
		t.Fatal(err)
	}
	b.put("o1", "PO-1 · Acme", connector.Document{"name": "gloves", "ready": "true"}, "PO-1")
	b.put("p1", "Invoice 1", connector.Document{"text": "a longer text", "order": "PO-1"}, "I-1")
	for i := range b.left.held {
		switch v := &b.left.held[i]; v.ID {
		case "o1":
			v.Names = []connector.Ref{{Kind: connector.Requisition, IDs: []string{"300"}}}
		case "p1":
			v.Names = []connector.Ref{{Kind: connector.PurchaseOrder, Number: "PO-1"}}
		}
	}
	b.sync()
	return b
}

// What differs from run to run is masked; the rest is what scripts rely on.
var masks = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`"[0-9-]{10}T[0-9:.]+Z"`), `"TIME"`},
	{regexp.MustCompile(`"[0-9a-f]{64}"`), `"HASH"`},
}

func TestARecordAsJSON(t *testing.T) {
	t.Parallel()
	b := purchase(t)
	r, err := b.Record(t.Context(), "o1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range masks {
		got = m.what.ReplaceAll(got, []byte(m.with))
	}
	got = append(got, '\n')
	const path = "testdata/record.golden.json"
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v); go test ./app -update writes it anew; got\n%s", path, err, got)
	}
}

func TestAThreadIsTheSameFromWhereverItIsLookedAt(t *testing.T) {
	t.Parallel()
	b := purchase(t)
	want := "b:requisition:US001/12 a:requisition:300 a:purchase_order:o1=delivered b:purchase_order:T-gloves a:invoice:p1=held"
	for _, from := range []string{"a:requisition:300", "US001/12", "o1", "b:purchase_order:T-gloves", "I-1"} {
		r, err := b.Record(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range r.Thread {
			text := x.Connection + ":" + string(x.Kind) + ":" + x.ID
			if x.State != "" {
				text += "=" + string(x.State)
			}
			got = append(got, text)
		}
		if all := strings.Join(got, " "); all != want {
			t.Errorf("from %s: %s", from, all)
		}
	}
}

func TestWhyFollowsWhatAnInvoiceWaitsFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustApply(withOrders)
	b.put("s1", "Acme", connector.Document{"name": "Acme"})
	b.put("o1", "", connector.Document{"name": "gloves", "ready": "true"}, "PO-1")
	b.put("o2", "", connector.Document{"name": "far too many gloves", "ready": "true"}, "PO-2")
	b.put("o3", "", connector.Document{"name": "gowns"}, "PO-3")
	b.put("o4", "", connector.Document{"name": "masks", "ready": "true", "supplier": "s1"}, "PO-4")
	for _, n := range []string{"1", "2", "3", "4"} {
		b.put("p"+n, "", connector.Document{"text": "hello", "order": "PO-" + n}, "I-"+n)
	}
	b.sync()
	for _, row := range []struct{ number, says string }{
		{"I-1", "The invoice p1 of a was delivered to b as T-salve."},
		{"I-2", `The invoice p2 of a waits for order PO-2, which is held (delivery 3): NAME: "far too many gloves" has 19 characters; the target takes at most 10 — `},
		{"I-3", "The invoice p3 of a waits for order PO-3, which is not sent by flow orders: it does not pass its filter."},
		{"I-4", "The invoice p4 of a waits for order PO-4, which waits for supplier s1, which is not approved at b yet (it is T-Acme there)."},
	} {
		w, err := b.Why(t.Context(), row.number)
		if err != nil || len(w.Sentences) != 1 || !strings.HasPrefix(w.Sentences[0], row.says) {
			t.Errorf("%s: %q, %v", row.number, w.Sentences, err)
		}
	}
}
