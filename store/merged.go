package store

import (
	"context"
	"database/sql"
	"time"

	connector "ml-connector"
)

// Merge is what a person said of two Records of one Connection: the one was merged into the other.
type Merge struct {
	Old   connector.Record
	Kept  connector.Record
	Moved []connector.Record // what was linked to Old, and is linked to Kept now
	Stays []connector.Record // what stays linked to Old, since Kept had a Link of its own; what names it goes by Kept
	By    string
	At    time.Time
}

// mergedInto gives, of the IDs of a Connection's Records, those that were merged, and into which.
func mergedInto(r reader, kind connector.Kind, connection string, ids []string) (map[string]string, error) {
	var out map[string]string
	err := chunks(ids, func(part []string) error {
		args := []any{string(kind), connection}
		in := list(&args, part)
		return each(r, "read what was merged", "SELECT ext_id, kept_id FROM merged WHERE kind = $1 AND connection = $2 AND ext_id IN ("+in+")", args, func(rows *sql.Rows) error {
			var id, kept string
			err := rows.Scan(&id, &kept)
			if out == nil {
				out = map[string]string{}
			}
			out[id] = kept
			return err
		})
	})
	return out, err
}

// rootOf is the ID of the Record that one stands for in the end: its own where it was not merged. What something is merged into is
// not merged itself when that is said, so there is no circle.
func rootOf(r reader, kind connector.Kind, connection, id string) (string, error) {
	for {
		into, err := mergedInto(r, kind, connection, []string{id})
		if err != nil || into[id] == "" {
			return id, err
		}
		id = into[id]
	}
}

// MergedInto is the Record that one was merged into in the end; false for one that was not.
func (db *DB) MergedInto(ctx context.Context, rec connector.Record) (connector.Record, bool, error) {
	id, err := rootOf(db.view(ctx), rec.Kind, rec.Connection, rec.ID)
	kept := rec
	kept.ID = id
	return kept, kept != rec, err
}

// Merges lists those in which a Record has a part, on either side.
func (db *DB) Merges(ctx context.Context, rec connector.Record) ([]Merge, error) {
	return merges(db.view(ctx), "WHERE kind = $1 AND connection = $2 AND (ext_id = $3 OR kept_id = $3)", rec)
}

func merges(r reader, where string, rec connector.Record) ([]Merge, error) {
	var out []Merge
	err := each(r, "read what was merged", "SELECT ext_id, kept_id, moved, said_by, said_at FROM merged "+where+" ORDER BY said_at, ext_id", []any{string(rec.Kind), rec.Connection, rec.ID}, func(rows *sql.Rows) error {
		m := Merge{Old: rec, Kept: rec}
		var moved string
		var at int64
		if err := rows.Scan(&m.Old.ID, &m.Kept.ID, &moved, &m.By, &at); err != nil {
			return err
		}
		m.At = timeOf(at)
		err := fromJSON(moved, &m.Moved)
		out = append(out, m)
		return err
	})
	return out, err
}

// Referred is what is meant, at Connection `to`, by the first of ids that has a Link: Linked, but for what was merged, on either side,
// the one that is left. Its From is the Record that is left here.
func (db *DB) Referred(ctx context.Context, kind connector.Kind, connection string, ids []string, to string) (LinkedRow, bool, error) {
	v := db.view(ctx)
	links := map[string]connector.Link{}
	stale := map[string]bool{}
	err := eachLink(v, kind, connection, to, ids, func(key string, l connector.Link, merged bool) { links[key], stale[key] = l, merged })
	if err != nil {
		return LinkedRow{}, false, err
	}
	for _, id := range ids {
		l, ok := links[id]
		row := LinkedRow{Link: l.ID, From: connector.Record{Connection: connection, Kind: kind, ID: id}, To: l.Other(connection)}
		if !ok || stale[id] {
			if row, ok, err = leftOf(v, row.From, to); err != nil {
				return row, false, err
			}
		}
		if ok {
			return row, true, db.standingOf(v, &row)
		}
	}
	return LinkedRow{}, false, nil
}

// leftOf follows what was merged, first on a Record's own side and then on the other.
func leftOf(r reader, rec connector.Record, to string) (row LinkedRow, ok bool, err error) {
	row.From = rec
	if row.From.ID, err = rootOf(r, rec.Kind, rec.Connection, rec.ID); err != nil {
		return row, false, err
	}
	links, err := linksOf(r, rec.Kind, rec.Connection, to, []string{row.From.ID})
	l, ok := links[row.From.ID]
	if err != nil || !ok {
		return row, false, err
	}
	row.Link, row.To = l.ID, l.Other(rec.Connection)
	left := row.To
	if left.ID, err = rootOf(r, rec.Kind, to, row.To.ID); err != nil || left == row.To {
		return row, true, err
	}
	row.To = left
	back, err := linksOf(r, rec.Kind, to, rec.Connection, []string{left.ID})
	if l, linked := back[left.ID]; linked && err == nil {
		row.Link = l.ID
		row.From.ID, err = rootOf(r, rec.Kind, rec.Connection, l.Other(to).ID)
	}
	return row, true, err
}
