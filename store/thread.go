package store

import (
	"context"
	"database/sql"
)

// writeRefs makes the references of Records with new content those that were just read. What could not be read keeps those
// that it had.
func (tx *Tx) writeRefs(a Acceptance, fresh []*incoming) error {
	var changed []int64
	var rows [][]any
	for _, in := range fresh {
		if in.version == nil {
			continue
		}
		if in.n > 1 {
			changed = append(changed, in.key)
		}
		for _, ref := range in.version.Names {
			add := func(value string, isNumber bool) {
				if value != "" {
					rows = append(rows, []any{in.key, a.Flow.From, string(ref.Kind), value, bit(isNumber)})
				}
			}
			for _, id := range ref.IDs {
				add(id, false)
			}
			add(ref.Number, true)
		}
	}
	err := chunks(changed, func(part []int64) error {
		var args []any
		in := list(&args, part)
		_, err := tx.exec("forget references", "DELETE FROM refs WHERE record IN ("+in+")", args...)
		return err
	})
	if err != nil {
		return err
	}
	_, err = tx.insert("store references", "INSERT INTO refs (record, connection, kind, value, is_number)", "", distinct(rows))
	return err
}

// ThreadRow is one Record of a thread.
type ThreadRow struct {
	ListedRecord
	Object int64 // the least Key of those that are linked with each other
}

// Thread lists the Records that hang together with one (by its Key) by Links and by references, in either direction: the
// nearest first, itself before all, and at most limit of them.
func (db *DB) Thread(ctx context.Context, key int64, limit int) ([]ThreadRow, error) {
	v := db.view(ctx)
	keys := []int64{key}
	seen := map[int64]bool{key: true}
	for step := keys; len(step) > 0 && len(keys) < limit; {
		near, err := nearTo(v, step, len(seen)+limit-len(keys))
		if err != nil {
			return nil, err
		}
		step = nil
		for _, k := range near {
			if !seen[k] && len(keys) < limit {
				seen[k] = true
				keys, step = append(keys, k), append(step, k)
			}
		}
	}
	objects, err := objectsOf(v, keys)
	if err != nil {
		return nil, err
	}
	rows := make(map[int64]ListedRecord, len(keys))
	err = chunks(keys, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return eachListed(v, "WHERE r.id IN ("+in+")", args, func(l ListedRecord) error {
			rows[l.Key] = l
			return nil
		})
	})
	out := make([]ThreadRow, len(keys))
	for i, k := range keys {
		out[i] = ThreadRow{ListedRecord: rows[k], Object: objects[k]}
	}
	return out, err
}

// sameNumber says that a number n of a Record is what a reference x names.
const sameNumber = "n.number = x.value AND n.kind = x.kind AND n.connection = x.connection"

// namesID says that a reference means the Record with this ID. A number may be an ID too, as a Record's ID is not kept among
// its numbers; where another Record has it as its number, it means that one.
const namesID = "(x.is_number = 0 OR NOT EXISTS (SELECT 1 FROM record_numbers n WHERE " + sameNumber + "))"

// linkedTo is the tables of Records r among keys and what they are linked to, o; mine and other are the sides of r and o.
func linkedTo(mine, other, keys string) string {
	return " FROM records r JOIN links l ON l." + mine + "_id = r.ext_id AND l.kind = r.kind AND l." + mine + "_connection = r.connection" +
		" JOIN records o ON o.ext_id = l." + other + "_id AND o.kind = l.kind AND o.connection = l." + other + "_connection WHERE r.id IN (" + keys + ")"
}

// nearTo lists Records one step from any of some: what they are linked to and what they name before what names them, so that
// a long list of the latter can't push the former out.
func nearTo(r reader, keys []int64, limit int) ([]int64, error) {
	var args []any
	in := list(&args, keys)
	args = append(args, int64(limit))
	text := "SELECT near FROM (SELECT o.id AS near, 0 AS away" + linkedTo("a", "b", in) + `
 UNION ALL SELECT o.id, 0` + linkedTo("b", "a", in) + `
 UNION ALL SELECT o.id, 0 FROM refs x JOIN records o ON o.ext_id = x.value AND o.kind = x.kind AND o.connection = x.connection WHERE x.record IN (` + in + ") AND " + namesID + `
 UNION ALL SELECT n.record, 0 FROM refs x JOIN record_numbers n ON ` + sameNumber + " WHERE x.record IN (" + in + `) AND x.is_number = 1
 UNION ALL SELECT x.record, 1 FROM records r JOIN refs x ON x.value = r.ext_id AND x.kind = r.kind AND x.connection = r.connection WHERE r.id IN (` + in + ") AND " + namesID + `
 UNION ALL SELECT x.record, 1 FROM record_numbers n JOIN refs x ON ` + sameNumber + " AND x.is_number = 1 WHERE n.record IN (" + in + `)
) AS steps GROUP BY near ORDER BY MIN(away), near LIMIT ` + marks(len(args), 1)
	var out []int64
	err := each(r, "follow a thread", text, args, func(rows *sql.Rows) error {
		var key int64
		err := rows.Scan(&key)
		out = append(out, key)
		return err
	})
	return out, err
}

// objectsOf gives Records that are linked among each other the same number: the least of their Keys.
func objectsOf(r reader, keys []int64) (map[int64]int64, error) {
	objects := make(map[int64]int64, len(keys))
	for _, k := range keys {
		objects[k] = k
	}
	err := chunks(keys, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(r, "follow a thread", "SELECT r.id, o.id"+linkedTo("a", "b", in), args, func(rows *sql.Rows) error {
			var a, b int64
			if err := rows.Scan(&a, &b); err != nil {
				return err
			}
			one, other, known := objects[a], objects[b], objects[b] != 0
			for k, o := range objects {
				if known && (o == one || o == other) {
					objects[k] = min(one, other)
				}
			}
			return nil
		})
	})
	return objects, err
}
