package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	connector "ml-connector"
)

// Sources of a row of a Crosswalk.
const (
	FromFile   = "file"
	FromPerson = "person"
)

// CrosswalkRow is one pair of values. Left belongs to the System whose name sorts first.
type CrosswalkRow struct {
	Left   string
	Right  string
	Note   string
	Source string // FromFile or FromPerson
}

// CrosswalkCount is a Crosswalk and how many rows it has.
type CrosswalkCount struct {
	Name string
	Rows int
}

// Crosswalks lists the Crosswalks that have rows, by name.
func (db *DB) Crosswalks(ctx context.Context) ([]CrosswalkCount, error) {
	var out []CrosswalkCount
	err := each(db.view(ctx), "read crosswalks", "SELECT name, COUNT(*) FROM crosswalk_rows GROUP BY name", nil, func(rows *sql.Rows) error {
		var c CrosswalkCount
		err := rows.Scan(&c.Name, &c.Rows)
		out = append(out, c)
		return err
	})
	slices.SortFunc(out, func(a, b CrosswalkCount) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

// CrosswalkRows lists the rows of a Crosswalk in the order in which they count.
func (db *DB) CrosswalkRows(ctx context.Context, name string) ([]CrosswalkRow, error) {
	return crosswalkRows(db.view(ctx), name)
}

// CrosswalkRows is DB.CrosswalkRows as the transaction sees it.
func (tx *Tx) CrosswalkRows(name string) ([]CrosswalkRow, error) { return crosswalkRows(tx, name) }

func crosswalkRows(r reader, name string) ([]CrosswalkRow, error) {
	var out []CrosswalkRow
	err := each(r, "read a crosswalk", "SELECT left_value, right_value, note, source FROM crosswalk_rows WHERE name = $1 ORDER BY ord", []any{name}, func(rows *sql.Rows) error {
		var c CrosswalkRow
		err := rows.Scan(&c.Left, &c.Right, &c.Note, &c.Source)
		out = append(out, c)
		return err
	})
	return out, err
}

// CrosswalkValue translates a value of one System into another's. Of several rows the first counts.
func (db *DB) CrosswalkValue(ctx context.Context, name, fromSystem, toSystem, value string) (string, bool, error) {
	query := "SELECT right_value FROM crosswalk_rows WHERE name = $1 AND left_value = $2 ORDER BY ord LIMIT 1"
	if fromSystem > toSystem {
		query = "SELECT left_value FROM crosswalk_rows WHERE name = $1 AND right_value = $2 ORDER BY ord LIMIT 1"
	}
	var out string
	found, err := one(db.view(ctx), "read a crosswalk", query, []any{name, value}, &out)
	return out, found, err
}

// SetCrosswalkRow puts a row that a person set before all others, so that it counts in both directions.
func (tx *Tx) SetCrosswalkRow(name string, row CrosswalkRow) error {
	row.Source = FromPerson
	return tx.MergeCrosswalk(name, []CrosswalkRow{row}, FromPerson)
}

// MergeCrosswalk puts rows before those that are there already. Rows from a file stay behind those that people set. Nothing
// is removed; a row that is there already moves, and keeps that a person set it.
func (tx *Tx) MergeCrosswalk(name string, rows []CrosswalkRow, source string) error {
	have, err := tx.CrosswalkRows(name)
	if err != nil {
		return err
	}
	set := map[[2]string]bool{}
	var first, rest []CrosswalkRow
	for _, r := range have {
		if r.Source == FromPerson {
			set[[2]string{r.Left, r.Right}] = true
		}
		if source == FromFile && r.Source == FromPerson {
			first = append(first, r)
		} else {
			rest = append(rest, r)
		}
	}
	for _, r := range rows {
		r.Source = source
		if set[[2]string{r.Left, r.Right}] {
			r.Source = FromPerson
		}
		first = append(first, r)
	}
	return tx.writeCrosswalk(name, have, append(first, rest...))
}

// ReplaceCrosswalk makes the rows of a Crosswalk exactly these.
func (tx *Tx) ReplaceCrosswalk(name string, rows []CrosswalkRow, source string) error {
	have, err := tx.CrosswalkRows(name)
	if err != nil {
		return err
	}
	want := slices.Clone(rows)
	for i := range want {
		want[i].Source = source
	}
	return tx.writeCrosswalk(name, have, want)
}

// RemoveCrosswalk takes all rows of a Crosswalk away.
func (tx *Tx) RemoveCrosswalk(name string) error {
	return tx.mustChange("remove crosswalk "+name, "there is no such crosswalk", "DELETE FROM crosswalk_rows WHERE name = $1", name)
}

// RemoveCrosswalkRow takes one row away.
func (tx *Tx) RemoveCrosswalkRow(name, left, right string) error {
	return tx.mustChange("remove a row of crosswalk "+name, "there is no such row", "DELETE FROM crosswalk_rows WHERE name = $1 AND left_value = $2 AND right_value = $3", name, left, right)
}

// writeCrosswalk stores the rows in their order and releases what waited for values that map otherwise now.
func (tx *Tx) writeCrosswalk(name string, have, want []CrosswalkRow) error {
	const op = "write a crosswalk"
	seen := map[[2]string]bool{}
	want = slices.DeleteFunc(want, func(r CrosswalkRow) bool {
		pair := [2]string{r.Left, r.Right}
		twice := seen[pair]
		seen[pair] = true
		return twice
	})
	if slices.Equal(have, want) {
		return nil
	}
	if _, err := tx.exec(op, "DELETE FROM crosswalk_rows WHERE name = $1", name); err != nil {
		return err
	}
	rows := make([][]any, len(want))
	for i, r := range want {
		rows[i] = []any{name, int64(i + 1), r.Left, r.Right, r.Note, r.Source}
	}
	if _, err := tx.insert(op, "INSERT INTO crosswalk_rows (name, ord, left_value, right_value, note, source)", "", rows); err != nil {
		return err
	}
	if waited, err := tx.anyWaits(string(connector.CrosswalkKind)); err != nil || !waited {
		return err
	}
	return tx.releaseWaits(string(connector.CrosswalkKind), name, changedValues(have, want), map[string]string{"reason": "crosswalk " + name + " changed"})
}

// changedValues lists the values that are translated otherwise than before, at either side.
func changedValues(have, want []CrosswalkRow) []string {
	var out []string
	for _, side := range []func(CrosswalkRow) (string, string){
		func(r CrosswalkRow) (string, string) { return r.Left, r.Right },
		func(r CrosswalkRow) (string, string) { return r.Right, r.Left },
	} {
		was, is := firsts(have, side), firsts(want, side)
		for k, v := range is {
			if old, ok := was[k]; !ok || old != v {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func firsts(rows []CrosswalkRow, side func(CrosswalkRow) (string, string)) map[string]string {
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		k, v := side(r)
		if _, ok := out[k]; !ok {
			out[k] = v
		}
	}
	return out
}
