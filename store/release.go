package store

import (
	"context"
	"database/sql"
	"hash/fnv"
	"slices"

	connector "ml-connector"
)

// releaseStandings lets wait again what waited for a record whose standing was just read as another: usable lets it
// through, refused or pending decides it anew.
func (tx *Tx) releaseStandings(a Acceptance, changes []RecordChange) error {
	var recs []connector.Record
	for _, c := range changes {
		if c.StandingChanged && c.Standing != "" {
			recs = append(recs, c.Record)
		}
	}
	if waited, err := tx.anyWaits(string(a.Flow.Kind)); err != nil || !waited || len(recs) == 0 {
		return err
	}
	linked, err := tx.counterparts(a.Flow.From, a.Flow.Kind, recs)
	if err != nil {
		return err
	}
	return tx.releaseNamed(append(recs, linked...), map[string]string{"reason": "standing changed"})
}

// anyWaits says whether any Delivery waits for something of a Kind; mostly none does.
func (tx *Tx) anyWaits(kind string) (bool, error) {
	if err := tx.gate("waits for "+kind, false); err != nil {
		return false, err
	}
	var n int
	return one(tx, "look for waiting Deliveries", "SELECT 1 FROM waits WHERE kind = $1 LIMIT 1", []any{kind}, &n)
}

// gate keeps transactions apart that must see each other: of one that passes alone and any that pass together, the later
// sees what the earlier one did. So for each Kind who blocks Deliveries on it (alone) and who releases them, and for each
// Flow who brings newer Versions (alone) and who settles.
func (tx *Tx) gate(name string, alone bool) error {
	query := tx.db.dialect.gate(alone)
	if query == "" {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte("ml-connector: " + name))
	var n int
	_, err := one(tx, "wait for another process", query, []any{int64(h.Sum64())}, &n)
	return err
}

// Alone runs f while no other process on this database runs what has the same name. On SQLite it just runs: one engine runs there at a
// time.
func (db *DB) Alone(ctx context.Context, name string, f func(context.Context) error) error {
	if db.dialect.sqlite {
		return f(ctx)
	}
	return db.Tx(ctx, func(tx *Tx) error {
		if err := tx.gate(name, true); err != nil {
			return err
		}
		return f(ctx)
	})
}

// counterparts lists what Records of one Connection are linked to.
func (tx *Tx) counterparts(connection string, kind connector.Kind, recs []connector.Record) ([]connector.Record, error) {
	var ids []string
	for _, r := range recs {
		ids = append(ids, r.ID)
	}
	var out []connector.Record
	err := chunks(ids, func(part []string) error {
		args := []any{string(kind), connection}
		in := list(&args, part)
		scan := func(rows *sql.Rows) error {
			r := connector.Record{Kind: kind}
			err := rows.Scan(&r.Connection, &r.ID)
			out = append(out, r)
			return err
		}
		if err := each(tx, "read Links", "SELECT b_connection, b_id FROM links WHERE kind = $1 AND a_connection = $2 AND a_id IN ("+in+")", args, scan); err != nil {
			return err
		}
		return each(tx, "read Links", "SELECT a_connection, a_id FROM links WHERE kind = $1 AND b_connection = $2 AND b_id IN ("+in+")", args, scan)
	})
	return out, err
}

// releaseNamed lets wait again every blocked or held Delivery that named one of the Records, by ID or number.
func (tx *Tx) releaseNamed(recs []connector.Record, details map[string]string) error {
	type place struct{ kind, connection string }
	names := map[place][]string{}
	for _, r := range recs {
		p := place{string(r.Kind), r.Connection}
		names[p] = append(names[p], r.ID)
	}
	for p, ids := range names {
		if err := tx.gate("waits for "+p.kind, false); err != nil {
			return err
		}
		numbers, err := tx.numbersOf(p.connection, p.kind, ids)
		if err != nil {
			return err
		}
		if err := tx.releaseWaits(p.kind, p.connection, append(ids, numbers...), details); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) numbersOf(connection, kind string, ids []string) ([]string, error) {
	var out []string
	err := chunks(ids, func(part []string) error {
		args := []any{connection, kind}
		in := list(&args, part)
		return each(tx, "read numbers", "SELECT n.number FROM record_numbers n JOIN records r ON r.id = n.record WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id IN ("+in+")", args, func(rows *sql.Rows) error {
			var n string
			err := rows.Scan(&n)
			out = append(out, n)
			return err
		})
	})
	return out, err
}

// releaseWaits lets wait again what is blocked or held and named one of the values.
func (tx *Tx) releaseWaits(kind, connection string, values []string, details map[string]string) error {
	var ids []int64
	err := chunks(values, func(part []string) error {
		args := []any{kind, connection}
		in := list(&args, part)
		return each(tx, "look for waiting Deliveries", "SELECT DISTINCT delivery FROM waits WHERE kind = $1 AND connection = $2 AND ext_id IN ("+in+")", args, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	slices.Sort(ids)
	old, err := tx.briefs(slices.Compact(ids))
	if err != nil {
		return err
	}
	old = slices.DeleteFunc(old, func(b brief) bool { return b.state != connector.Blocked && b.state != connector.Held })
	return tx.move(old, connector.Waiting, nil, connector.Entry{Action: "delivery.released", Details: details})
}

// Release lets blocked Deliveries be decided anew; others stay as they are.
func (tx *Tx) Release(ids []int64, reason string) error {
	old, err := tx.briefs(ids)
	if err != nil {
		return err
	}
	old = slices.DeleteFunc(old, func(b brief) bool { return b.state != connector.Blocked })
	return tx.move(old, connector.Waiting, nil, connector.Entry{Action: "delivery.released", Details: map[string]string{"reason": reason}})
}

// decideFiltered lets wait again, for Records that just got a Link, the newest Deliveries that were filtered or held in
// conflict before it.
func (tx *Tx) decideFiltered(keys []int64, except map[int64]bool) error {
	slices.Sort(keys)
	var ids []int64
	err := chunks(slices.Compact(keys), func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(tx, "read filtered Deliveries", `SELECT d.id FROM deliveries d WHERE d.record IN (`+in+`) AND (d.state = 'filtered' OR d.state = 'held' AND d.error_code = 'conflict')
 AND d.version = (SELECT MAX(x.version) FROM deliveries x WHERE x.record = d.record AND x.flow = d.flow)`, args, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			if !except[id] {
				ids = append(ids, id)
			}
			return err
		})
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	return tx.waitAgain(ids, connector.Entry{Action: "delivery.released", Details: map[string]string{"reason": "linked"}})
}
