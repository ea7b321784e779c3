package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode"

	connector "ml-connector"
	"ml-connector/alike"
)

// DeliveryFilter chooses Deliveries; zero fields choose all.
type DeliveryFilter struct {
	State  connector.State
	Flow   string
	Code   connector.Code // of the error
	Search string         // an ID or a number, exactly; where there is none such, a part of ID, number, title or error
	Record connector.Record
	Run    int64
	Limit  int   // 0 = all
	After  int64 // only those with a greater ID; with Newest only those with a smaller one
	Newest bool  // the newest first

	Assigned string  // to this person
	IDs      []int64 // when there are any, only these: some hundred
}

// Deliveries lists Deliveries, the oldest first.
func (db *DB) Deliveries(ctx context.Context, f DeliveryFilter) ([]connector.Delivery, error) {
	var out []connector.Delivery
	err := db.EachDelivery(ctx, f, func(d connector.Delivery) error {
		out = append(out, d)
		return nil
	})
	return out, err
}

// EachDelivery calls fn for every Delivery of a list, one by one, so that it may be of any length. An error of fn ends it.
func (db *DB) EachDelivery(ctx context.Context, f DeliveryFilter, fn func(connector.Delivery) error) error {
	q, err := db.chosen(ctx, f)
	if err != nil {
		return err
	}
	order := " ORDER BY d.id"
	if f.Newest {
		order += " DESC"
	}
	return each(db.view(ctx), "list Deliveries", "SELECT "+deliveryColumns+deliveryTables+q.where()+order+q.limit(f.Limit), q.args, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows)
		if err != nil {
			return err
		}
		return fn(d)
	})
}

// CountDeliveries counts Deliveries up to the limit of a filter: those of Runs from a number on, 0 = of all.
func (db *DB) CountDeliveries(ctx context.Context, f DeliveryFilter, firstRun int64) (int, error) {
	q, err := db.chosen(ctx, f)
	if err != nil {
		return 0, err
	}
	q.add(firstRun != 0, "d.run >= ?", firstRun)
	tables := "FROM deliveries d "
	if f.Search != "" || f.Record.ID != "" {
		tables = deliveryTables
	}
	var n int64
	_, err = one(db.view(ctx), "count Deliveries", "SELECT COUNT(*) FROM (SELECT d.id "+tables+q.where()+q.limit(f.Limit)+") counted", q.args, &n)
	return int(n), err
}

// chosen are the conditions of a filter.
func (db *DB) chosen(ctx context.Context, f DeliveryFilter) (conditions, error) {
	var q conditions
	// The index of what is stuck is used only where its own condition stands as well.
	q.add(f.State == connector.Held || f.State == connector.Blocked || f.State == connector.InDoubt, "d.state IN ('held', 'blocked', 'in_doubt')")
	q.add(f.State != "", "d.state = ?", string(f.State))
	q.add(f.Flow != "", "d.flow = ?", f.Flow)
	q.add(f.Code != "", "d.error_code = ?", string(f.Code))
	q.add(f.Run != 0, "d.run = ?", f.Run)
	q.add(f.Record.ID != "", "r.connection = ? AND r.kind = ? AND r.ext_id = ?", f.Record.Connection, string(f.Record.Kind), f.Record.ID)
	if len(f.IDs) > 0 {
		ids := make([]any, len(f.IDs))
		for n, id := range f.IDs {
			ids[n] = id
		}
		q.add(true, "d.id IN (?"+strings.Repeat(", ?", len(ids)-1)+")", ids...)
	}
	q.add(f.Assigned != "", "(d.record, d.flow) IN (SELECT s.record, s.flow FROM assignments s WHERE s.person = ?)", f.Assigned)
	if err := db.addSearch(ctx, &q, f.Search, "d.error"); err != nil {
		return q, err
	}
	q.add(f.After != 0 && !f.Newest, "d.id > ?", f.After)
	q.add(f.After != 0 && f.Newest, "d.id < ?", f.After)
	return q, nil
}

// Delivery is one Delivery, or an Error not_found.
func (db *DB) Delivery(ctx context.Context, id int64) (connector.Delivery, error) {
	return deliveryByID(db.view(ctx), id)
}

// Delivery is DB.Delivery as the transaction sees it.
func (tx *Tx) Delivery(id int64) (connector.Delivery, error) { return deliveryByID(tx, id) }

func deliveryByID(r reader, id int64) (connector.Delivery, error) {
	d, err := firstDelivery(r, "WHERE d.id = $1", []any{id})
	if err != nil {
		return connector.Delivery{}, err
	}
	if d == nil {
		return connector.Delivery{}, connector.Errorf(connector.NotFound, "read a delivery", "there is no delivery %d", id).Advise("`ml-connector delivery list` shows those there are.")
	}
	return *d, nil
}

// RecordFilter chooses Records; zero fields choose all.
type RecordFilter struct {
	Connection string
	Kind       connector.Kind
	ID         string
	State      connector.State // of the newest Delivery
	Search     string          // an ID or a number, exactly; where there is none such, a part of ID, number or title
	Limit      int             // 0 = all
	After      int64           // only those with a greater Key; with Newest only those with a smaller one
	Newest     bool            // the newest first
}

// ListedRecord is a line of a list of Records.
type ListedRecord struct {
	RecordRow
	State connector.State // of the newest Delivery of any Flow, "" when there is none
}

// Records lists Records, in the order in which they became known.
func (db *DB) Records(ctx context.Context, f RecordFilter) ([]ListedRecord, error) {
	var out []ListedRecord
	err := db.EachRecord(ctx, f, func(r ListedRecord) error {
		out = append(out, r)
		return nil
	})
	return out, err
}

// newestState is the state of a Record's newest Delivery; one that is held because of its life at the target goes before those
// of newer Versions.
const newestState = "COALESCE((SELECT d.state FROM deliveries d WHERE d.record = r.id ORDER BY CASE WHEN d.state = 'held' AND d.stage <> '' THEN 1 ELSE 0 END DESC, d.id DESC LIMIT 1), '')"

// EachRecord calls fn for every Record of a list, one by one, so that it may be of any length. An error of fn ends it.
func (db *DB) EachRecord(ctx context.Context, f RecordFilter, fn func(ListedRecord) error) error {
	var q conditions
	q.add(f.Connection != "", "r.connection = ?", f.Connection)
	q.add(f.Kind != "", "r.kind = ?", string(f.Kind))
	q.add(f.ID != "", "r.ext_id = ?", f.ID)
	q.add(f.State != "", newestState+" = ?", string(f.State))
	if err := db.addSearch(ctx, &q, f.Search); err != nil {
		return err
	}
	q.add(f.After != 0 && !f.Newest, "r.id > ?", f.After)
	q.add(f.After != 0 && f.Newest, "r.id < ?", f.After)
	order := " ORDER BY r.id"
	if f.Newest {
		order += " DESC"
	}
	return eachListed(db.view(ctx), q.where()+order+q.limit(f.Limit), q.args, fn)
}

func eachListed(r reader, where string, args []any, fn func(ListedRecord) error) error {
	return each(r, "list Records", "SELECT "+recordColumns+", "+newestState+" FROM records r "+where, args, func(rows *sql.Rows) error {
		var l ListedRecord
		dest, done := l.into()
		if err := rows.Scan(append(dest, &l.State)...); err != nil {
			return err
		}
		done()
		return fn(l)
	})
}

// addSearch looks for exact IDs and numbers first, which is quick at any size, and for parts only where there are none.
func (db *DB) addSearch(ctx context.Context, q *conditions, text string, more ...string) error {
	if text == "" {
		return nil
	}
	const exact = `(SELECT n.record FROM record_numbers n WHERE n.number = ? UNION SELECT s.id FROM records s WHERE s.ext_id = ?)`
	var probe conditions
	probe.add(true, "r.id IN "+exact, text, text)
	var key int64
	found, err := one(db.view(ctx), "search", "SELECT r.id FROM records r "+probe.where()+" LIMIT 1", probe.args, &key)
	if err != nil {
		return err
	}
	if found {
		q.add(true, "r.id IN "+exact, text, text)
		return nil
	}
	s := newPartSearch(text)
	parts := s.in("r.title") + " OR " + s.in("r.ext_id") + " OR EXISTS (SELECT 1 FROM record_numbers n WHERE n.record = r.id AND " + s.in("n.number") + ")"
	for _, column := range more {
		parts += " OR " + s.in(column)
	}
	q.add(true, "("+parts+")", s.args...)
	return nil
}

// partSearch looks for a part of a text, case aside. LOWER of the databases differs beyond ASCII, so the letters that the
// part has are made one case by REPLACE first; others can't matter.
type partSearch struct {
	pattern string   // for LIKE
	letters []string // pairs: another form of a letter of the part, and the form that the pattern has
	args    []any    // of what in gave so far
}

func newPartSearch(text string) *partSearch {
	s := &partSearch{}
	seen := map[rune]bool{}
	plain := strings.Map(func(c rune) rune {
		one := unicode.ToLower(alike.Fold(c))
		for f := unicode.SimpleFold(one); f != one && !seen[one]; f = unicode.SimpleFold(f) {
			if f > unicode.MaxASCII {
				s.letters = append(s.letters, string(f), string(one))
			}
		}
		seen[one] = true
		return one
	}, text)
	s.pattern = "%" + likeText(plain) + "%"
	return s
}

// in is the condition that a column has the part.
func (s *partSearch) in(column string) string {
	pairs := len(s.letters) / 2
	for _, letter := range s.letters {
		s.args = append(s.args, letter)
	}
	s.args = append(s.args, s.pattern)
	return "LOWER(" + strings.Repeat("REPLACE(", pairs) + column + strings.Repeat(", ?, ?)", pairs) + `) LIKE ? ESCAPE '\'`
}

// likeText takes the meaning from the signs that LIKE knows.
func likeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}

// VersionRow is one Version of a Record.
type VersionRow struct {
	N        int
	SeenAt   time.Time
	Stamp    string // of a Version that could not be read: the mark of the problem
	Hash     string // fingerprint of the Document, "" when it could not be read
	Document connector.Document
}

// Versions lists the Versions of a Record (by its Key), the oldest first. Documents that retention removed are nil.
func (db *DB) Versions(ctx context.Context, key int64) ([]VersionRow, error) {
	v := db.view(ctx)
	var out []VersionRow
	var bodies []int64
	err := each(v, "read Versions", "SELECT n, hash, document, stamp, seen_at FROM versions WHERE record = $1 ORDER BY n", []any{key}, func(rows *sql.Rows) error {
		var r VersionRow
		var hash []byte
		var body, seen int64
		err := rows.Scan(&r.N, &hash, &body, &r.Stamp, &seen)
		r.SeenAt, r.Hash = timeOf(seen), hexHash(hash)
		out, bodies = append(out, r), append(bodies, body)
		return err
	})
	if err != nil {
		return nil, err
	}
	docs, err := db.documents(v, bodies)
	for i, b := range bodies {
		out[i].Document = docs[b]
	}
	return out, err
}
