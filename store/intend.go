package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	connector "ml-connector"
	"ml-connector/money"
)

// Intent is a write that is about to be sent.
type Intent struct {
	Delivery  int64
	Operation connector.Operation
	Document  connector.Document // whole, with every number that we chose
	Linked    string             // ID of the target that its Record was linked to when it was decided; "" = none
	Chosen    map[string]string
	Reserve   []string             // natural keys at the target that the Record must have for itself
	Money     *money.Amount        // that it is about; nil where that can't be told or does not matter
	Plan      string               // the saved plan that bounded its Flow when it was decided; "" = none
	Exchanges []connector.Exchange // what was looked up for it; kept in any case
}

// Taken is an intent that was not marked: it must not be sent.
type Taken struct {
	Delivery int64
	Key      string           // that another Record has
	By       connector.Record // the other Record
	Relinked bool             // or: its Record was linked or merged, or its Link taken away, since it was decided; the Delivery waits on
	Rebound  bool             // or: another plan bounds its Flow than when it was decided; the Delivery waits on
	Gone     bool             // or: the Delivery no longer waits, because it was superseded, skipped or settled meanwhile
	Over     bool             // or: its Run has made as many changes as it may; the Delivery waits on
	Limit    string           // with Over: which limit that is: changes, creates, share or money
	Did      string           // and what the Run has done, in words
}

// intend marks what of the Deliveries still waits and may be sent, and says what not. The Documents, bodies, are kept.
func (tx *Tx) intend(w way, partition int, epoch int64, intents []Intent, bodies []*body, deliveries []brief) ([]Taken, error) {
	const op = "mark what is sent"
	waiting := make(map[int64]brief, len(deliveries))
	for _, b := range deliveries {
		if b.flow == w.flow && b.part == partition && (b.state == connector.Waiting || b.state == connector.InDoubt) {
			waiting[b.id] = b
		}
	}
	var taken []Taken
	for _, in := range intents {
		if _, ok := waiting[in.Delivery]; !ok {
			taken = append(taken, Taken{Delivery: in.Delivery, Gone: true})
		}
	}
	rebound, err := tx.rebound(w, intents, waiting)
	if err != nil {
		return nil, err
	}
	taken = append(taken, rebound...)
	may, err := tx.allowed(w, waiting)
	if err != nil {
		return nil, err
	}
	relinked, err := tx.relinked(w, intents, waiting)
	if err != nil {
		return nil, err
	}
	reserved, err := tx.reserve(w, intents, waiting, may)
	if err != nil {
		return nil, err
	}
	taken = append(append(taken, relinked...), reserved...)
	refused := make(map[int64]bool, len(taken))
	for _, t := range taken {
		refused[t.Delivery] = true
	}
	var rows [][]any
	now := micros(tx.now)
	for i, in := range intents {
		b, ok := waiting[in.Delivery]
		if !ok || refused[in.Delivery] {
			continue
		}
		rows = append(rows, []any{in.Delivery, string(in.Operation), bodies[i].hash, asJSON(in.Chosen, len(in.Chosen) == 0), epoch, now, bodies[i].id})
		tx.Enter(connector.Entry{Action: "delivery.sending", Subject: b.subject(), Run: b.run, Delivery: b.id, Details: map[string]string{
			"operation": string(in.Operation), "attempt": strconv.Itoa(b.attempts + 1), "sent": hexHash(bodies[i].hash)}})
	}
	_, err = tx.update(op, `UPDATE deliveries SET state = 'sending', due_at = 0, attempts = attempts + 1, operation = v.column2, sent = v.column3, chosen = v.column4, epoch = v.column5,
 sent_body = v.column7, sent_at = v.column6, updated_at = v.column6, error_code = '', error = ''`, "WHERE deliveries.id = v.column1",
		[]string{"BIGINT", "TEXT", "BYTEA", "TEXT", "BIGINT", "BIGINT", "BIGINT"}, rows)
	return taken, err
}

// relinked takes the Deliveries from the waiting ones whose Records have another Link than they were decided with: what was to
// be created may be at the target, or a change would reach what is another record's.
func (tx *Tx) relinked(w way, intents []Intent, waiting map[int64]brief) ([]Taken, error) {
	if err := tx.gate("the links of "+string(w.kind), false); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(waiting))
	for _, in := range intents {
		if b, ok := waiting[in.Delivery]; ok {
			ids = append(ids, b.source.ID)
		}
	}
	links, err := linksOf(tx, w.kind, w.from, w.to, ids)
	if err != nil {
		return nil, err
	}
	merged, err := mergedInto(tx, w.kind, w.from, slices.DeleteFunc(ids, func(id string) bool { _, linked := links[id]; return linked }))
	if err != nil {
		return nil, err
	}
	var taken []Taken
	for _, in := range intents {
		b, ok := waiting[in.Delivery]
		linked := ""
		if l, has := links[b.source.ID]; has {
			linked = l.Other(w.from).ID
		}
		if ok && (linked != in.Linked || merged[b.source.ID] != "") {
			taken = append(taken, Taken{Delivery: in.Delivery, Relinked: true})
			delete(waiting, in.Delivery)
		}
	}
	return taken, nil
}

// reserve takes the natural keys of the intents for their Records, and reports those that another Record has, and
// those that are beyond the allowance. An intent that does not get all of its keys gets none, and counts as no change.
func (tx *Tx) reserve(w way, intents []Intent, waiting map[int64]brief, may allowance) ([]Taken, error) {
	var taken []Taken
	var keys []string
	for _, in := range intents {
		if _, ok := waiting[in.Delivery]; !ok {
			continue
		}
		keys = append(keys, in.Reserve...)
	}
	if len(keys) == 0 && may.left == nil {
		return taken, nil
	}
	owners, err := tx.keyOwners(w.to, string(w.kind), keys)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, in := range intents {
		b, ok := waiting[in.Delivery]
		if !ok {
			continue
		}
		other := false
		for _, key := range in.Reserve {
			if o, has := owners[key]; has && o.record != b.record {
				taken = append(taken, Taken{Delivery: in.Delivery, Key: key, By: o.source})
				other = true
				break
			}
		}
		if other {
			continue
		}
		if limit, did := may.take(b, in); limit != "" {
			taken = append(taken, Taken{Delivery: in.Delivery, Over: true, Limit: limit, Did: did})
			continue
		}
		for _, key := range in.Reserve {
			if _, has := owners[key]; !has {
				owners[key] = b
				rows = append(rows, []any{w.to, string(w.kind), key, w.flow, b.record, b.id})
			}
		}
	}
	if err := tx.spent(may); err != nil {
		return nil, err
	}
	_, err = tx.insert("reserve natural keys", "INSERT INTO natural_keys (connection, kind, value, flow, record, delivery)", "", rows)
	return taken, err
}

func (tx *Tx) keyOwners(connection, kind string, keys []string) (map[string]brief, error) {
	owners := make(map[string]brief, len(keys))
	err := chunks(keys, func(part []string) error {
		args := []any{connection, kind}
		in := list(&args, part)
		return each(tx, "read natural keys", `SELECT k.value, r.id, r.connection, r.kind, r.ext_id FROM natural_keys k JOIN records r ON r.id = k.record
 WHERE k.connection = $1 AND k.kind = $2 AND k.value IN (`+in+")", args, func(rows *sql.Rows) error {
			var key string
			var b brief
			err := rows.Scan(&key, &b.record, &b.source.Connection, &b.source.Kind, &b.source.ID)
			owners[key] = b
			return err
		})
	})
	return owners, err
}

// ReservedBy is the Record that a natural key at a Connection is reserved for.
func (db *DB) ReservedBy(ctx context.Context, connection string, kind connector.Kind, key string) (connector.Record, bool, error) {
	var r connector.Record
	found, err := one(db.view(ctx), "read a natural key", `SELECT r.connection, r.kind, r.ext_id FROM natural_keys k JOIN records r ON r.id = k.record
 WHERE k.connection = $1 AND k.kind = $2 AND k.value = $3`, []any{connection, string(kind), key}, &r.Connection, &r.Kind, &r.ID)
	return r, found, err
}

// NextNumber gives the next number of a series that we choose numbers from, as text; the first is 1. A number that is not
// used leaves a gap.
func (db *DB) NextNumber(ctx context.Context, series string) (string, error) {
	var n int64
	err := db.Tx(ctx, func(tx *Tx) (err error) {
		n, err = tx.nextIDs("number:"+series, 1)
		return err
	})
	return strconv.FormatInt(n, 10), err
}
