package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	connector "ml-connector"
	"ml-connector/alike"
)

// mostShared is how many Records may share a key that does not tell enough by itself: the first word of a name, or a postal code.
// Where more do, they are looked for by the other keys.
const mostShared = 500

// Candidate is a Record that shares a key with another one, of another Connection.
type Candidate struct {
	ID     string
	Name   string // its name key
	Traits alike.Traits
	Linked string // what it is linked to at the other Connection, "" nothing
}

// traitText is how Traits are kept; "" for none.
func traitText(t alike.Traits) string {
	if len(t.Names) == 0 && len(t.Tax) == 0 {
		return ""
	}
	text, err := json.Marshal(t)
	if err != nil {
		return "" // texts alone: there is nothing in them that could fail
	}
	return string(text)
}

// writeTraits makes the keys of a page's Records those of what was just read.
func (tx *Tx) writeTraits(a Acceptance, records []*incoming) error {
	var added [][]any
	var old []int64
	for _, in := range records {
		if in.version == nil || in.late {
			continue
		}
		text, was := traitText(in.version.Traits), ""
		if in.row != nil {
			was = in.row.traits
		}
		if text == was {
			continue
		}
		if was != "" {
			old = append(old, in.key)
		}
		for _, key := range alike.Keys(in.version.Traits) {
			added = append(added, []any{in.key, key, a.Flow.From, string(a.Flow.Kind)})
		}
	}
	err := chunks(old, func(part []int64) error {
		var args []any
		in := list(&args, part)
		_, err := tx.exec("forget keys", "DELETE FROM trait_keys WHERE record IN ("+in+")", args...)
		return err
	})
	if err != nil {
		return err
	}
	_, err = tx.insert("store keys", "INSERT INTO trait_keys (record, value, connection, kind)", "", added)
	return err
}

// Alike lists the Records of a Connection that may be the same as one of another Connection, as far as keys tell: those of its
// Traits, and its name key. What a person set apart from it is left out, and so is what was merged into another, and what has a Link to
// that Connection already, unless it has the same tax number.
func (db *DB) Alike(ctx context.Context, connection string, self connector.Record, traits alike.Traits, nameKey string) ([]Candidate, error) {
	v := db.view(ctx)
	a, b, mine := sides(connection, self.Connection)
	theirs := "b_id"
	if mine == "b_id" {
		theirs = "a_id"
	}
	const columns = "SELECT r.ext_id, r.name_key, r.traits, COALESCE(l."
	link := theirs + ", '') FROM records r LEFT JOIN links l ON l.kind = r.kind AND l.a_connection = $3 AND l.b_connection = $4 AND l." + mine + " = r.ext_id "
	found := map[string]Candidate{}
	var order []string
	look := func(where string, value string, linked bool) error {
		return each(v, "look for the same", columns+link+where+" LIMIT $6", []any{connection, string(self.Kind), a, b, value, mostShared}, func(rows *sql.Rows) error {
			var c Candidate
			var text string
			if err := rows.Scan(&c.ID, &c.Name, &text, &c.Linked); err != nil {
				return err
			}
			if err := fromJSON(text, &c.Traits); err != nil {
				return err
			}
			if _, known := found[c.ID]; !known && (linked || c.Linked == "") {
				found[c.ID] = c
				order = append(order, c.ID)
			}
			return nil
		})
	}
	if nameKey != "" { // also what was read before keys were kept
		if err := look("WHERE r.connection = $1 AND r.kind = $2 AND r.name_key = $5 AND r.name_key <> '' AND l.id IS NULL", nameKey, false); err != nil {
			return nil, err
		}
	}
	for _, key := range alike.Keys(traits) {
		if !alike.Tells(key) {
			var n int
			_, err := one(v, "count what shares a key", "SELECT COUNT(*) FROM (SELECT 1 FROM trait_keys WHERE value = $1 AND connection = $2 AND kind = $3 LIMIT $4) k", []any{key, connection, string(self.Kind), mostShared + 1}, &n)
			if err != nil {
				return nil, err
			}
			if n > mostShared {
				continue
			}
		}
		where := "WHERE r.id IN (SELECT record FROM trait_keys WHERE value = $5 AND connection = $1 AND kind = $2) "
		if !alike.ByTax(key) {
			where += "AND l.id IS NULL"
		}
		if err := look(where, key, alike.ByTax(key)); err != nil {
			return nil, err
		}
	}
	slices.Sort(order)
	if len(order) == 0 {
		return nil, nil
	}
	apart, err := apartFrom(v, self, connection)
	if err != nil {
		return nil, err
	}
	merged, err := mergedInto(v, self.Kind, connection, order)
	if err != nil {
		return nil, err
	}
	out := make([]Candidate, 0, len(order))
	for _, id := range order {
		if !slices.Contains(apart, id) && merged[id] == "" && found[id].Linked != self.ID {
			out = append(out, found[id])
		}
	}
	return out, nil
}

// apartFrom lists the Records of a Connection of which a person said that they are not the same as one.
func apartFrom(r reader, rec connector.Record, connection string) ([]string, error) {
	a, b, mine := sides(rec.Connection, connection)
	theirs := "b_id"
	if mine == "b_id" {
		theirs = "a_id"
	}
	var out []string
	err := each(r, "read what is not the same", "SELECT "+theirs+" FROM apart WHERE "+mine+" = $1 AND kind = $2 AND a_connection = $3 AND b_connection = $4", []any{rec.ID, string(rec.Kind), a, b}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// Apart lists the Records of a Connection of which a person said that they are not the same as one.
func (db *DB) Apart(ctx context.Context, rec connector.Record, connection string) ([]string, error) {
	return apartFrom(db.view(ctx), rec, connection)
}

// ApartRecords remembers that two Records of one Kind are not the same, as a person says, and decides again what is held because
// they may be. Two that are linked are not set apart.
func (tx *Tx) ApartRecords(x, y connector.Record, actor string) error {
	op := "set apart " + x.String()
	if x.Kind != y.Kind || x.Connection == y.Connection || x.ID == "" || y.ID == "" {
		return connector.Errorf(connector.Invalid, op, "%s is not of the same kind at another connection", y).
			Advise("Give two records as CONNECTION:KIND:ID, of one kind and of two connections.")
	}
	links, err := linksOf(tx, x.Kind, x.Connection, y.Connection, []string{x.ID})
	if err != nil {
		return err
	}
	if l, ok := links[x.ID]; ok && l.Other(x.Connection).ID == y.ID {
		return connector.Errorf(connector.Conflict, op, "it is linked to %s", y).Advise("Take that Link away first with `ml-connector unlink`.")
	}
	if err := tx.apart(x, []connector.Record{y}, actor); err != nil {
		return err
	}
	return tx.releaseNamed([]connector.Record{x, y}, map[string]string{"reason": "not the same: " + x.String() + ", " + y.String()})
}

// apart remembers of several that they are not the same as one; what is known already stays as it was said.
func (tx *Tx) apart(x connector.Record, others []connector.Record, actor string) error {
	var rows [][]any
	for _, y := range others {
		l := newLink(x, y)
		rows = append(rows, []any{string(l.Kind), l.A.Connection, l.A.ID, l.B.Connection, l.B.ID, actor, micros(tx.now)})
		tx.Enter(connector.Entry{Actor: actor, Action: "link.denied", Subject: l.A.String(), Details: map[string]string{"other": l.B.String()}})
	}
	_, err := tx.insert("set Records apart", "INSERT INTO apart (kind, a_connection, a_id, b_connection, b_id, said_by, said_at)", " ON CONFLICT DO NOTHING", distinct(rows))
	return err
}

// together forgets that two Records were set apart: a person linked them since.
func (tx *Tx) together(l connector.Link) error {
	_, err := tx.exec("forget what was not the same", "DELETE FROM apart WHERE a_id = $1 AND b_id = $2 AND kind = $3 AND a_connection = $4 AND b_connection = $5",
		l.A.ID, l.B.ID, string(l.Kind), l.A.Connection, l.B.Connection)
	return err
}

// denied are the Records that a Delivery, which is held because one of them may be the same, is compared with: a person who has it
// created says that it is none of them.
func (tx *Tx) denied(b brief) ([]connector.Record, error) {
	f, err := tx.Flow(b.flow)
	if err != nil {
		return nil, err
	}
	var out []connector.Record
	err = each(tx, "read what a Delivery may be", "SELECT w.ext_id FROM waits w WHERE w.delivery = $1 AND w.kind = $2 AND w.connection = $3 ORDER BY w.ext_id",
		[]any{b.id, string(b.source.Kind), f.To}, func(rows *sql.Rows) error {
			r := connector.Record{Connection: f.To, Kind: b.source.Kind}
			err := rows.Scan(&r.ID)
			out = append(out, r)
			return err
		})
	return out, err
}
