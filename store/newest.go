package store

import (
	"bytes"
	"context"
	"database/sql"

	connector "ml-connector"
)

// Newest is where a Flow stands with one Record: its newest Delivery, and what both sides last agreed on.
type Newest struct {
	Delivery int64
	Version  int
	State    connector.State
	Stage    connector.Stage
	Open     bool // something is due by itself: it waits, or is looked up again
	Record   connector.Record
	Numbers  []string
	Stamp    string // of the Record as last read
	Attempts int    // of all its Deliveries by this Flow
	Sent     bool   // its newest Version was sent by this Delivery
	Targets  []string
	Linked   string // ID of the linked Record at the target, "" without a Link
	Agreed   int    // Version, 0 before the first agreement
	Owns     bool   // the agreement is about more than nothing
}

// NewestOf lists where a Flow stands with each of its Records, the oldest Delivery first.
func (db *DB) NewestOf(ctx context.Context, f connector.Flow) ([]Newest, error) {
	v := db.view(ctx)
	a, b, mine := sides(f.From, f.To)
	other := "b_id"
	if mine == other {
		other = "a_id"
	}
	nothing := hashBytes(connector.Document{}.Fingerprint())
	var out []Newest
	var keys []int64
	at := map[int64]int{}
	err := each(v, "read where a Flow stands", `SELECT d.id, d.version, d.state, d.stage, d.due_at, d.attempts, r.id, r.ext_id, r.stamp, COALESCE(l.`+other+`, ''), COALESCE(g.source_version, 0), g.fingerprint
 FROM deliveries d JOIN records r ON r.id = d.record LEFT JOIN links l ON l.kind = d.kind AND l.a_connection = $2 AND l.b_connection = $3 AND l.`+mine+` = r.ext_id
 LEFT JOIN agreements g ON g.link = l.id AND g.flow = d.flow
 WHERE d.flow = $1 AND d.version = (SELECT MAX(x.version) FROM deliveries x WHERE x.record = d.record AND x.flow = d.flow) ORDER BY d.id`,
		[]any{f.Name, a, b}, func(rows *sql.Rows) error {
			n := Newest{Record: connector.Record{Connection: f.From, Kind: f.Kind}}
			var due, attempts, key int64
			var owned []byte
			err := rows.Scan(&n.Delivery, &n.Version, &n.State, &n.Stage, &due, &attempts, &key, &n.Record.ID, &n.Stamp, &n.Linked, &n.Agreed, &owned)
			n.Open, n.Sent, n.Owns = due > 0 && due < never || n.State == connector.Sending, attempts > 0, len(owned) > 0 && !bytes.Equal(owned, nothing)
			at[key] = len(out)
			out, keys = append(out, n), append(keys, key)
			return err
		})
	if err != nil {
		return nil, err
	}
	err = each(v, "read attempts", "SELECT record, attempts, target_id FROM deliveries WHERE flow = $1 AND attempts > 0", []any{f.Name}, func(rows *sql.Rows) error {
		var key, attempts int64
		var target string
		err := rows.Scan(&key, &attempts, &target)
		if i, ok := at[key]; ok {
			out[i].Attempts += int(attempts)
			if target != "" {
				out[i].Targets = append(out[i].Targets, target)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, eachNumber(v, keys, func(key int64, number string) {
		out[at[key]].Numbers = append(out[at[key]].Numbers, number)
	})
}
