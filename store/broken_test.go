package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	connector "ml-connector"
	"ml-connector/store"
)

// TestDamageOfEachKindIsFound makes a sound history, damages it by hand, and sees exactly the items that this breaks.
func TestDamageOfEachKindIsFound(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		soundHistory(f)
		for _, table := range damaged() {
			f.exec("CREATE TABLE sound_" + table + " AS SELECT * FROM " + table)
		}
		for _, tc := range []struct {
			name   string
			damage []string
			items  string
			says   string
		}{
			{"nothing is damaged", nil, "", ""},
			{"a Delivery of a Version that was read is gone", []string{"DELETE FROM deliveries WHERE id = 4"}, "I1 I2", "version 1 was read, and no Flow has a Delivery of it"},
			{"a Run counted one too many", []string{"UPDATE runs SET read_count = read_count + 1 WHERE id = 1"}, "I2", "read 5, but known ones and Deliveries are 4"},
			{"the cursor is ahead of what was read", []string{"UPDATE flows SET cursor_at = 9000000000000000 WHERE name = 'orders'"}, "I3", "further than any Run"},
			{"a held one went on without an Entry", []string{"UPDATE deliveries SET state = 'filtered', error = '', error_code = '' WHERE id = 3"}, "I5", "it is filtered, and its last Entry left it held"},
			{"an Entry between is gone", []string{"DELETE FROM entries WHERE delivery = 1 AND action = 'delivery.sending'"}, "I5", "an Entry takes it from sending to delivered, but the one before left it waiting"},
			{"a blocked one has nothing to wait for", []string{"DELETE FROM waits WHERE delivery = 5"}, "I5", "nothing is noted that could release it"},
			{"the sides of a Link are swapped", []string{"UPDATE links SET a_connection = b_connection, a_id = b_id, b_connection = a_connection, b_id = a_id WHERE a_id = 'PO-O2'"}, "I6", "wrong order"},
			{"two records were delivered as one object", []string{"UPDATE deliveries SET target_id = 'PO-O1' WHERE id = 2"}, "I6 rows", "it was delivered as PO-O1, and so was another record"},
			{"a Delivery is being sent under an epoch that has passed", []string{"UPDATE partitions SET epoch = epoch + 1 WHERE flow = 'orders'"}, "I8", "it is being sent under epoch 1, and that of its partition is 2"},
			{"a Delivery was settled under an epoch that never was", []string{"UPDATE deliveries SET epoch = 99 WHERE id = 1"}, "I8", "nobody ever had"},
			{"both sides created it", []string{"UPDATE deliveries SET operation = 'create' WHERE id = 10"}, "I9", "created at both sides"},
			{"the same content was written twice", []string{"UPDATE deliveries SET operation = 'update', sent = (SELECT o.sent FROM deliveries o WHERE o.id = 1) WHERE id = 7"}, "I9", "had just taken that very content"},
			{"an older Version is held though a newer is there", []string{`UPDATE deliveries SET state = 'held', error = '{"message":"no","hint":"mend it"}', error_code = 'rejected' WHERE id = 1`}, "I10 I5", "version 1 is held although a newer one was read"},
			{"an older Version is in doubt while a newer was sent", []string{`UPDATE deliveries SET state = 'in_doubt', due_at = 5, error = '{"message":"?","hint":"look"}', error_code = 'ambiguous' WHERE id = 1`}, "I10 I5", "a newer one was sent meanwhile"},
			{"the newest Version is superseded", []string{"UPDATE deliveries SET state = 'superseded', due_at = 0 WHERE id = 9"}, "I10 I5", "no newer one is there"},
			{"an agreement is older than what was delivered", []string{"UPDATE agreements SET source_version = 1 WHERE flow = 'orders'"}, "I10", "version 2 was delivered, and version 1 is what both sides are said to agree on"},
			{"a newer Version was sent first", []string{"UPDATE entries SET delivery = -7 WHERE delivery = 1", "UPDATE entries SET delivery = 1 WHERE delivery = 7", "UPDATE entries SET delivery = 7 WHERE delivery = -7"}, "I10", "version 2 was sent before the older version 1 was"},
			{"an invoice was sent before its order was linked", []string{"UPDATE deliveries SET kind = 'invoice' WHERE id = 7", "INSERT INTO refs (record, connection, kind, value, is_number) SELECT id, 's2p', 'purchase_order', 'O77', 0 FROM records WHERE ext_id = 'O1'"},
				"I11 rows", "it was sent although purchase_order O77, which it names, is linked to nothing"},
			{"an Exchange that an Entry names is gone", []string{"DELETE FROM exchanges WHERE delivery = 2"}, "I16", "names the Exchange x2a, which is not kept"},
			{"what was delivered shows no Exchange", []string{"UPDATE entries SET exchange = '' WHERE delivery = 2"}, "I16", "no Exchange is kept that shows it"},
			{"a held one does not say what to do", []string{`UPDATE deliveries SET error = '{"message":"no"}' WHERE state = 'held'`}, "I18", "nothing says what is wrong and what to do"},
			{"a delivered one still waits for something", []string{"INSERT INTO waits (delivery, connection, kind, ext_id) VALUES (1, 's2p', 'supplier', 'S1')"}, "rows", "it is delivered, and is still noted as waiting for S1"},
			{"a partition with work has no row", []string{"DELETE FROM partitions WHERE flow = 'suppliers'"}, "I8 rows", "no process would find it"},
			{"a key is reserved for a Delivery that is not there", []string{"UPDATE natural_keys SET delivery = 999 WHERE value = 'K1'"}, "rows", "none of this record's"},
			{"numbers were given back", []string{"UPDATE counters SET n = 1 WHERE name = 'delivery'"}, "rows", "1 numbers were given out, and number 10 exists"},
			{"the Link of a delivered one is gone", []string{"DELETE FROM links WHERE a_id = 'PO-O2'"}, "rows", "it was delivered as PO-O2, and no Link says so"},
		} {
			f.exec(tc.damage...)
			if items, texts := f.broken(); items != tc.items || !strings.Contains(texts, tc.says) {
				t.Errorf("%s: found %s: %s; want %s: %s", tc.name, items, texts, tc.items, tc.says)
			}
			if len(tc.damage) == 0 {
				continue
			}
			for _, table := range damaged() {
				f.exec("DELETE FROM " + table)
			}
			for _, table := range slices.Backward(damaged()) {
				f.exec("INSERT INTO " + table + " SELECT * FROM sound_" + table)
			}
		}
	})
}

// damaged are the tables that are damaged; those that refer to others come first.
func damaged() []string {
	return []string{"waits", "natural_keys", "refs", "agreements", "links", "entries", "exchanges", "partitions", "counters", "deliveries", "runs", "flows"}
}

func (f *fixture) exec(statements ...string) {
	f.t.Helper()
	for _, s := range statements {
		if _, err := f.SQL().ExecContext(f.ctx, s); err != nil {
			f.t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestWhatAPersonUnlinkedIsHistory takes a Link away as people do: what was delivered over it is no damage.
func TestWhatAPersonUnlinkedIsHistory(t *testing.T) {
	onEach(t, func(t *testing.T, f *fixture) {
		soundHistory(f)
		f.tx(func(tx *store.Tx) error {
			return tx.UnlinkRecords(connector.Record{Connection: "s2p", Kind: connector.PurchaseOrder, ID: "O2"}, connector.Record{Connection: "erp", Kind: connector.PurchaseOrder, ID: "PO-O2"}, "cli:me")
		})
		if items, texts := f.broken(); items != "" {
			t.Errorf("found %s: %s", items, texts)
		}
	})
}

// soundHistory leaves: order O1 delivered in two Versions (Deliveries 1 and 7), O2 delivered (2), O3 held (3), O4 filtered
// (4), O5 blocked (5), O6 being sent (6); supplier S1 created at the other side (8), S2 waiting (9); vendor PO-S1, which is
// S1 there, written back as an update (10).
func soundHistory(f *fixture) {
	f.t.Helper()
	f.accept(orders, version("O1", "a"), version("O2", "a"), version("O3", "a"), version("O4", "a"))
	p := f.take(orders)
	for _, w := range p.claim() {
		switch w.Delivery.Record.ID {
		case "O3":
			p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Held, Err: connector.Errorf(connector.Rejected, "write", "no").Advise("Mend it.")})
		case "O4":
			p.settle(store.Outcome{Delivery: w.Delivery.ID, State: connector.Filtered})
		default:
			p.deliverOne(w, connector.OpCreate, "PO-"+w.Delivery.Record.ID)
		}
	}
	f.accept(orders, version("O5", "a"))
	p.settle(store.Outcome{Delivery: p.claim()[0].Delivery.ID, State: connector.Blocked, BlockedOn: []connector.Ref{{Connection: "s2p", Kind: connector.Supplier, IDs: []string{"S9"}}}})
	f.accept(orders, version("O6", "a"))
	p.intend(p.claim()[0].Delivery.ID)
	f.accept(orders, version("O1", "b"))
	p.deliverOne(p.claim()[0], connector.OpCreate, "PO-O1")
	f.accept(suppliers, version("S1", "a"), version("S2", "a"))
	s := f.take(suppliers)
	s.deliverOne(s.claim()[0], connector.OpCreate, "PO-S1")
	f.accept(vendors, version("PO-S1", "a"))
	v := f.take(vendors)
	v.deliverOne(v.claim()[0], connector.OpUpdate, "S1")
}

// deliverOne sends one Delivery and settles it with the Exchange that shows it; a first Version reserves a key.
func (p pump) deliverOne(w store.Work, op connector.Operation, target string) {
	p.t.Helper()
	in := store.Intent{Delivery: w.Delivery.ID, Operation: op, Linked: w.Linked(), Document: w.Version.Document}
	if w.Delivery.Version == 1 {
		in.Reserve = []string{"K" + w.Delivery.Record.ID[1:]}
	}
	_, err := p.Intend(p.ctx, p.flow, 0, p.epoch, []store.Intent{in})
	must(p.t, err)
	o := deliveredTo(w, target)
	o.Operation = op
	x := connector.Exchange{ID: "x" + w.Delivery.Record.ID[1:] + w.Version.Document.Text("content"), Connection: "erp", Op: "write", Method: "POST", URL: "http://erp", Started: time.Unix(1, 0), Delivery: w.Delivery.ID}
	o.Exchange, o.Exchanges = x.ID, []connector.Exchange{x}
	p.settle(o)
}

// broken gives the items that are broken, once each, and all that is said.
func (f *fixture) broken() (items, texts string) {
	f.t.Helper()
	states, err := f.BrokenStates(f.ctx)
	must(f.t, err)
	history, err := f.BrokenHistory(f.ctx)
	must(f.t, err)
	var list, all []string
	for _, b := range append(states, history...) {
		list, all = append(list, b.Item), append(all, b.Text)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " "), strings.Join(all, "\n")
}
