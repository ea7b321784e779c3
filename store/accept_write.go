package store

import (
	"bytes"
	"database/sql"
	"slices"

	connector "ml-connector"
	"ml-connector/alike"
)

// lookUpDeliveries finds this Flow's newest Delivery of each record.
func (tx *Tx) lookUpDeliveries(flow string, byKey map[int64]*incoming) error {
	keys := make([]int64, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return chunks(keys, func(part []int64) error {
		args := []any{flow}
		in := list(&args, part)
		return each(tx, "read last Deliveries", `SELECT d.record, d.id, d.version, d.state, d.part FROM deliveries d WHERE d.flow = $1 AND d.record IN (`+in+`)
 AND d.version = (SELECT MAX(x.version) FROM deliveries x WHERE x.record = d.record AND x.flow = $1)`, args, func(rows *sql.Rows) error {
			var key int64
			var l lastDelivery
			err := rows.Scan(&key, &l.id, &l.version, &l.state, &l.part)
			if r := byKey[key]; r != nil {
				r.last = l
			}
			return err
		})
	})
}

// writeRecords stores contents, Records, Versions and numbers, and says what became of each record.
func (tx *Tx) writeRecords(a Acceptance, records []*incoming) ([]RecordChange, error) {
	var fresh []*incoming
	for _, in := range records {
		switch {
		case in.version == nil && in.problem == nil: // only seen
			if in.row != nil {
				in.n = in.row.Version
			}
		case in.known():
			in.n = in.row.Version
		case a.isLate(in):
			in.n, in.late = in.row.Version, true
		default:
			n, _, _ := endOf(in)
			in.n, in.fresh = n+1, true
			fresh = append(fresh, in)
		}
	}
	if err := tx.keepContents(records, fresh); err != nil {
		return nil, err
	}
	changes, err := tx.upsertRecords(a, records)
	if err != nil {
		return nil, err
	}
	versions := make([][]any, len(fresh))
	for i, in := range fresh {
		versions[i] = []any{in.key, int64(in.n), in.document.hash, in.document.id, in.stamp, micros(tx.now)}
	}
	if _, err := tx.insert("store Versions", "INSERT INTO versions (record, n, hash, document, stamp, seen_at)", "", versions); err != nil {
		return nil, err
	}
	if err := tx.writeRefs(a, fresh); err != nil {
		return nil, err
	}
	if err := tx.writeTraits(a, records); err != nil {
		return nil, err
	}
	return changes, tx.writeNumbers(a, records)
}

func (tx *Tx) keepContents(records, fresh []*incoming) error {
	var bodies []*body
	for _, in := range fresh {
		bodies = append(bodies, in.document)
	}
	for _, in := range records {
		if in.version != nil && !in.late && (in.row == nil || !bytes.Equal(in.row.mirrored, in.mirror.hash)) {
			bodies = append(bodies, in.mirror)
		}
	}
	return tx.keep(bodies)
}

// upsertRecords writes the rows of records that are new or differ in anything that is kept of them.
func (tx *Tx) upsertRecords(a Acceptance, records []*incoming) ([]RecordChange, error) {
	var added [][]any
	var changed [][]any
	var changes []RecordChange
	missing := 0
	for _, in := range records {
		if in.row == nil && (in.version != nil || in.problem != nil) {
			missing++
		}
	}
	next, err := tx.nextIDs("record", missing)
	if err != nil {
		return nil, err
	}
	for _, in := range records {
		if in.version == nil && in.problem == nil {
			continue
		}
		if in.late {
			changes = append(changes, RecordChange{ID: in.key, Record: in.row.Record, Standing: in.row.Standing})
			continue
		}
		was := RecordRow{hash: []byte{}, mirrored: []byte{}}
		if in.row != nil {
			was = *in.row
		} else {
			in.key = next
			next++
		}
		is := in.after(was)
		row := []any{in.key, is.Title, is.Name, string(is.Standing), is.Stamp, int64(is.Version), is.hash, is.document, is.mirrored, is.mirror, micros(is.Changed), micros(tx.now), is.traits}
		switch {
		case in.row == nil:
			added = append(added, append([]any{a.Flow.From, string(a.Flow.Kind), in.id}, row...))
		case !is.sameAs(was):
			changed = append(changed, row)
		}
		changes = append(changes, RecordChange{ID: in.key, Record: connector.Record{Connection: a.Flow.From, Kind: a.Flow.Kind, ID: in.id},
			Standing: is.Standing, StandingChanged: in.row == nil || is.Standing != was.Standing, New: in.fresh})
	}
	if _, err := tx.insert("store Records", `INSERT INTO records (connection, kind, ext_id, id, title, name_key, standing, stamp, version, hash, document, mirror_hash, mirror, changed_at, updated_at, traits)`, "", added); err != nil {
		return nil, err
	}
	_, err = tx.update("store Records", `UPDATE records SET title = v.column2, name_key = v.column3, standing = v.column4, stamp = v.column5, version = v.column6,
 hash = v.column7, document = v.column8, mirror_hash = v.column9, mirror = v.column10, changed_at = v.column11, updated_at = v.column12, traits = v.column13`, "WHERE records.id = v.column1",
		[]string{"BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BYTEA", "BIGINT", "BYTEA", "BIGINT", "BIGINT", "BIGINT", "TEXT"}, changed)
	return changes, err
}

// after is the record's row once the page is stored. What could not be read keeps what was known of it but its content.
func (in *incoming) after(was RecordRow) RecordRow {
	is := was
	is.Version, is.hash, is.Stamp = in.n, in.document.hash, in.stamp
	if in.fresh {
		is.document = in.document.id
	}
	if in.version == nil {
		return is
	}
	v := in.version
	is.Title, is.Name, is.Standing, is.Changed, is.mirrored = v.Title, alike.NameKey(v.Name), v.Standing, micro(v.Changed), in.mirror.hash
	is.traits = traitText(v.Traits)
	if !bytes.Equal(was.mirrored, is.mirrored) {
		is.mirror = in.mirror.id
	}
	return is
}

func (r RecordRow) sameAs(o RecordRow) bool {
	return r.Title == o.Title && r.Name == o.Name && r.Standing == o.Standing && r.Stamp == o.Stamp && r.Version == o.Version && r.traits == o.traits &&
		bytes.Equal(r.hash, o.hash) && bytes.Equal(r.mirrored, o.mirrored) && micros(r.Changed) == micros(o.Changed)
}

// writeNumbers makes the numbers of the page's records those that were just read. Numbers that a target gave us when it
// was written are kept: its own list may not name them.
func (tx *Tx) writeNumbers(a Acceptance, records []*incoming) error {
	have := map[int64]map[string]bool{}
	var keys []int64
	for _, in := range records {
		if in.row != nil && in.version != nil && !in.late && len(in.version.Numbers) > 0 {
			keys = append(keys, in.key)
		}
	}
	err := eachNumber(tx, keys, func(key int64, number string) {
		if have[key] == nil {
			have[key] = map[string]bool{}
		}
		have[key][number] = true
	})
	if err != nil {
		return err
	}
	var rows [][]any
	for _, in := range records {
		if in.version == nil || in.late {
			continue
		}
		for _, number := range in.version.Numbers {
			if number != "" && number != in.id && !have[in.key][number] {
				rows = append(rows, []any{in.key, a.Flow.From, string(a.Flow.Kind), number})
			}
		}
	}
	return tx.insertNumbers(rows)
}

func (tx *Tx) insertNumbers(rows [][]any) error {
	_, err := tx.insert("store numbers", "INSERT INTO record_numbers (record, connection, kind, number)", " ON CONFLICT (record, number) DO NOTHING", rows)
	return err
}
