package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	connector "ml-connector"
	"ml-connector/alike"
)

// RecordRow is a Record as it was last read. Version 0 was never read: it is known from a Link alone.
type RecordRow struct {
	Key       int64 // of the store
	Record    connector.Record
	Title     string
	Name      string // its name key: alike.NameKey of the name it goes by
	Standing  connector.Standing
	Version   int
	Stamp     string
	Changed   time.Time
	UpdatedAt time.Time
	Numbers   []string           // filled in by RecordByID and RecordByNumber
	Document  connector.Document // of the last Version, nil when it could not be read; lists leave it out
	Mirror    connector.Document // the same in the field names of the Connection's own Sink; lists leave it out
	hash      []byte
	document  int64 // body
	mirrored  []byte
	mirror    int64
	traits    string // as they are kept
}

// Traits are what tells the Record apart, as it was last read.
func (r *RecordRow) Traits() alike.Traits {
	var t alike.Traits
	_ = fromJSON(r.traits, &t) // it was written by traitText
	return t
}

const recordColumns = "r.id, r.connection, r.kind, r.ext_id, r.title, r.name_key, r.standing, r.version, r.stamp, r.hash, r.document, r.mirror_hash, r.mirror, r.changed_at, r.updated_at, r.traits"

// into lists where the columns of recordColumns go; times are taken over by the function that it returns.
func (r *RecordRow) into() (dest []any, done func()) {
	var changed, updated int64
	return []any{&r.Key, &r.Record.Connection, &r.Record.Kind, &r.Record.ID, &r.Title, &r.Name, &r.Standing, &r.Version, &r.Stamp, &r.hash, &r.document, &r.mirrored, &r.mirror, &changed, &updated, &r.traits},
		func() {
			r.Changed, r.UpdatedAt = timeOf(changed), timeOf(updated)
			r.hash, r.mirrored = blob(r.hash), blob(r.mirrored)
		}
}

// blob is an empty hash where a driver gives nil, which would be stored as NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func scanRecord(rows *sql.Rows) (RecordRow, error) {
	var r RecordRow
	dest, done := r.into()
	err := rows.Scan(dest...)
	done()
	return r, err
}

func recordsWhere(r reader, where string, args []any) ([]RecordRow, error) {
	var out []RecordRow
	err := each(r, "read Records", "SELECT "+recordColumns+" FROM records r "+where, args, func(rows *sql.Rows) error {
		row, err := scanRecord(rows)
		out = append(out, row)
		return err
	})
	return out, err
}

// rowsByID are the Records of a Kind that have these IDs, without contents and numbers.
func rowsByID(r reader, connection string, kind connector.Kind, ids []string) ([]RecordRow, error) {
	var out []RecordRow
	err := chunks(ids, func(part []string) error {
		args := []any{connection, string(kind)}
		in := list(&args, part)
		rows, err := recordsWhere(r, "WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id IN ("+in+")", args)
		out = append(out, rows...)
		return err
	})
	return out, err
}

// RecordByID is one Record with its content; nil when it is not known.
func (db *DB) RecordByID(ctx context.Context, rec connector.Record) (*RecordRow, error) {
	rows, err := recordsWhere(db.view(ctx), "WHERE r.connection = $1 AND r.kind = $2 AND r.ext_id = $3", []any{rec.Connection, string(rec.Kind), rec.ID})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], db.fill(db.view(ctx), rows)
}

// RecordsByKey are Records with their last Document, by their key.
func (db *DB) RecordsByKey(ctx context.Context, keys []int64) (map[int64]RecordRow, error) {
	v, out := db.view(ctx), make(map[int64]RecordRow, len(keys))
	return out, chunks(keys, func(part []int64) error {
		var args []any
		in := list(&args, part)
		rows, err := recordsWhere(v, "WHERE r.id IN ("+in+")", args)
		if err != nil {
			return err
		}
		bodies := make([]int64, 0, len(rows))
		for _, r := range rows {
			bodies = append(bodies, r.document)
		}
		docs, err := db.documents(v, bodies)
		for _, r := range rows {
			r.Document = docs[r.document]
			out[r.Key] = r
		}
		return err
	})
}

// RecordByNumber finds the Records of a Kind that people know by a number, or whose ID it is; with an empty Kind or
// Connection, of all.
func (db *DB) RecordByNumber(ctx context.Context, connection string, kind connector.Kind, number string) ([]RecordRow, error) {
	v := db.view(ctx)
	rows, err := recordsWhere(v, `WHERE r.id IN (SELECT n.record FROM record_numbers n WHERE n.number = $1
 AND ($2 = '' OR n.connection = $2) AND ($3 = '' OR n.kind = $3)) ORDER BY r.id`, []any{number, connection, string(kind)})
	if err != nil {
		return nil, err
	}
	return rows, db.fill(v, rows)
}

// fill adds contents and numbers.
func (db *DB) fill(v reader, rows []RecordRow) error {
	var bodies []int64
	byKey := make(map[int64]*RecordRow, len(rows))
	keys := make([]int64, 0, len(rows))
	for i := range rows {
		bodies = append(bodies, rows[i].document, rows[i].mirror)
		byKey[rows[i].Key] = &rows[i]
		keys = append(keys, rows[i].Key)
	}
	docs, err := db.documents(v, bodies)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].Document, rows[i].Mirror = docs[rows[i].document], docs[rows[i].mirror]
	}
	return eachNumber(v, keys, func(key int64, number string) {
		byKey[key].Numbers = append(byKey[key].Numbers, number)
	})
}

// eachNumber gives the numbers of Records, those of one Record sorted by their bytes on either database.
func eachNumber(r reader, keys []int64, fn func(record int64, number string)) error {
	numbers := map[int64][]string{}
	err := chunks(keys, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(r, "read numbers", "SELECT record, number FROM record_numbers WHERE record IN ("+in+")", args, func(rows *sql.Rows) error {
			var key int64
			var number string
			err := rows.Scan(&key, &number)
			numbers[key] = append(numbers[key], number)
			return err
		})
	})
	for key, list := range numbers {
		slices.Sort(list)
		for _, number := range list {
			fn(key, number)
		}
	}
	return err
}
