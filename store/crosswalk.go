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

// CrosswalkSides are the two Systems whose values a Crosswalk joins; Left is the one whose name sorts first.
type CrosswalkSides struct{ Left, Right string }

// Sides puts two Systems in the order in which a Crosswalk has them.
func Sides(x, y string) CrosswalkSides { return CrosswalkSides{min(x, y), max(x, y)} }

// CrosswalkRow is one pair of values: that of the left System, and that of the right one.
type CrosswalkRow struct {
	Left   string
	Right  string
	Note   string
	Source string // FromFile or FromPerson

	ValidFrom, ValidTo string // first and last day on which it counts, YYYY-MM-DD; "" = without end
}

// CrosswalkCount is a Crosswalk and how many rows it has.
type CrosswalkCount struct {
	Name string
	CrosswalkSides
	Rows int
}

// Crosswalks lists the Crosswalks that have rows, by name.
func (db *DB) Crosswalks(ctx context.Context) ([]CrosswalkCount, error) {
	var out []CrosswalkCount
	err := each(db.view(ctx), "read crosswalks", "SELECT x.name, x.left_system, x.right_system, COUNT(*) FROM crosswalks x JOIN crosswalk_rows r ON r.name = x.name GROUP BY x.name, x.left_system, x.right_system", nil, func(rows *sql.Rows) error {
		var c CrosswalkCount
		err := rows.Scan(&c.Name, &c.Left, &c.Right, &c.Rows)
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
	err := each(r, "read a crosswalk", "SELECT left_value, right_value, note, source, valid_from, valid_to FROM crosswalk_rows WHERE name = $1 ORDER BY ord", []any{name}, func(rows *sql.Rows) error {
		var c CrosswalkRow
		err := rows.Scan(&c.Left, &c.Right, &c.Note, &c.Source, &c.ValidFrom, &c.ValidTo)
		out = append(out, c)
		return err
	})
	return out, err
}

// CrosswalkSides gives the two Systems of a Crosswalk; false when there is no such Crosswalk.
func (db *DB) CrosswalkSides(ctx context.Context, name string) (CrosswalkSides, bool, error) {
	return crosswalkSides(db.view(ctx), name)
}

func crosswalkSides(r reader, name string) (s CrosswalkSides, found bool, err error) {
	found, err = one(r, "read a crosswalk", "SELECT left_system, right_system FROM crosswalks WHERE name = $1", []any{name}, &s.Left, &s.Right)
	return s, found, err
}

// NameCrosswalk makes a Crosswalk between two Systems, before its rows are written; of one that is there already between
// others it is an Error conflict.
func (tx *Tx) NameCrosswalk(name string, s CrosswalkSides) error {
	have, found, err := crosswalkSides(tx, name)
	if err != nil {
		return err
	}
	if found {
		return have.Fit(name, s)
	}
	_, err = tx.exec("write a crosswalk", "INSERT INTO crosswalks (name, left_system, right_system) VALUES ($1, $2, $3)", name, s.Left, s.Right)
	return err
}

// Fit is an Error conflict when a Crosswalk between these Systems is given rows between others.
func (s CrosswalkSides) Fit(name string, others CrosswalkSides) error {
	if s == others {
		return nil
	}
	return connector.Errorf(connector.Conflict, "write crosswalk "+name, "it is between %s and %s, not between %s and %s", s.Left, s.Right, others.Left, others.Right).
		Advise("Give the other table another name.")
}

// CrosswalkWaits counts the Deliveries that a row of a Crosswalk would release.
func (tx *Tx) CrosswalkWaits(name string) (int, error) {
	var n int
	_, err := one(tx, "look for waiting Deliveries", `SELECT COUNT(DISTINCT w.delivery) FROM waits w JOIN deliveries d ON d.id = w.delivery
 WHERE w.kind = $1 AND w.connection = $2 AND d.state IN ('blocked', 'held')`, []any{string(connector.CrosswalkKind), name}, &n)
	return n, err
}

// CrosswalkValue translates a value of one System into another's, as it is on a day (YYYY-MM-DD). Of several rows that count on
// that day the first does. A Crosswalk between other Systems has none.
func (db *DB) CrosswalkValue(ctx context.Context, name, fromSystem, toSystem, value, day string) (string, bool, error) {
	given, wanted := "left_value", "right_value"
	if fromSystem > toSystem {
		given, wanted = wanted, given
	}
	query := "SELECT r." + wanted + ", r.valid_from, r.valid_to FROM crosswalk_rows r JOIN crosswalks x ON x.name = r.name WHERE r.name = $1 AND r." + given +
		" = $2 AND x.left_system = $3 AND x.right_system = $4 ORDER BY r.ord"
	s := Sides(fromSystem, toSystem)
	out, found := "", false
	err := each(db.view(ctx), "read a crosswalk", query, []any{name, value, s.Left, s.Right}, func(rows *sql.Rows) error {
		var r CrosswalkRow
		err := rows.Scan(&r.Right, &r.ValidFrom, &r.ValidTo)
		if !found && r.Counts(day) {
			out, found = r.Right, true
		}
		return err
	})
	return out, found, err
}

// CrosswalkBegins is the first day after a given one on which a row for a value begins to count; "" = none does.
func (db *DB) CrosswalkBegins(ctx context.Context, name, fromSystem, toSystem, value, day string) (string, error) {
	given := "left_value"
	if fromSystem > toSystem {
		given = "right_value"
	}
	s := Sides(fromSystem, toSystem)
	begins := ""
	err := each(db.view(ctx), "read a crosswalk", "SELECT r.valid_from FROM crosswalk_rows r JOIN crosswalks x ON x.name = r.name WHERE r.name = $1 AND r."+given+" = $2 AND x.left_system = $3 AND x.right_system = $4",
		[]any{name, value, s.Left, s.Right}, func(rows *sql.Rows) error {
			var from string
			err := rows.Scan(&from)
			if from > day && (begins == "" || from < begins) {
				begins = from
			}
			return err
		})
	return begins, err
}

// Counts says whether the row counts on a day.
func (r CrosswalkRow) Counts(day string) bool {
	return (r.ValidFrom == "" || r.ValidFrom <= day) && (r.ValidTo == "" || day <= r.ValidTo)
}

// SetCrosswalkRow puts a row that a person set before all others, so that it counts in both directions.
func (tx *Tx) SetCrosswalkRow(name string, row CrosswalkRow, actor string) error {
	row.Source = FromPerson
	return tx.MergeCrosswalk(name, []CrosswalkRow{row}, FromPerson, actor)
}

// MergeCrosswalk puts rows before those that are there already. Rows from a file stay behind those that people set. Nothing
// is removed; a row that is there already moves, and keeps that a person set it.
func (tx *Tx) MergeCrosswalk(name string, rows []CrosswalkRow, source, actor string) error {
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
	return tx.writeCrosswalk(name, have, append(first, rest...), actor)
}

// ReplaceCrosswalk makes the rows of a Crosswalk exactly these.
func (tx *Tx) ReplaceCrosswalk(name string, rows []CrosswalkRow, source, actor string) error {
	have, err := tx.CrosswalkRows(name)
	if err != nil {
		return err
	}
	want := slices.Clone(rows)
	for i := range want {
		want[i].Source = source
	}
	return tx.writeCrosswalk(name, have, want, actor)
}

// RemoveCrosswalk takes a Crosswalk away, with all its rows.
func (tx *Tx) RemoveCrosswalk(name, actor string) error {
	op := "remove crosswalk " + name
	have, err := tx.CrosswalkRows(name)
	if err != nil {
		return err
	}
	if err := tx.noteCrosswalk(name, have, nil, actor); err != nil {
		return err
	}
	if _, err := tx.exec(op, "DELETE FROM crosswalk_rows WHERE name = $1", name); err != nil {
		return err
	}
	return tx.mustChange(op, "there is no such crosswalk", "DELETE FROM crosswalks WHERE name = $1", name)
}

// writeCrosswalk stores the rows in their order and releases what waited for values that map otherwise now.
func (tx *Tx) writeCrosswalk(name string, have, want []CrosswalkRow, actor string) error {
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
		rows[i] = []any{name, int64(i + 1), r.Left, r.Right, r.Note, r.Source, r.ValidFrom, r.ValidTo}
	}
	if _, err := tx.insert(op, "INSERT INTO crosswalk_rows (name, ord, left_value, right_value, note, source, valid_from, valid_to)", "", rows); err != nil {
		return err
	}
	if err := tx.noteCrosswalk(name, have, want, actor); err != nil {
		return err
	}
	if waited, err := tx.anyWaits(string(connector.CrosswalkKind)); err != nil || !waited {
		return err
	}
	return tx.releaseRows(name, have, want)
}
