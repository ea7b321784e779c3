package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// Ways in which a row of a Crosswalk changes.
const (
	RowAdded   = "added"
	RowChanged = "changed" // another note, or other days
	RowMoved   = "moved"   // before others, so that it counts instead of them
	RowRemoved = "removed"
)

// CrosswalkChange is one change of one row: as it was set, or as it was when it was removed.
type CrosswalkChange struct {
	At     time.Time
	Actor  string
	Action string
	Row    CrosswalkRow
}

// noteCrosswalk keeps who changed which rows.
func (tx *Tx) noteCrosswalk(name string, have, want []CrosswalkRow, actor string) error {
	var rows [][]any
	note := func(action string, r CrosswalkRow) {
		rows = append(rows, []any{int64(len(rows)), name, tx.now.UnixMicro(), actor, action, r.Left, r.Right, r.Note, r.ValidFrom, r.ValidTo})
	}
	old := map[[2]string]CrosswalkRow{}
	for _, r := range have {
		old[[2]string{r.Left, r.Right}] = r
	}
	otherwise := changedValues(have, want)
	for _, r := range want {
		was, known := old[[2]string{r.Left, r.Right}]
		delete(old, [2]string{r.Left, r.Right})
		was.Source = r.Source // who set it is the actor
		switch {
		case !known:
			note(RowAdded, r)
		case was != r:
			note(RowChanged, r)
		case leads(want, r) && !leads(have, r) && (slices.Contains(otherwise[0], r.Left) || slices.Contains(otherwise[1], r.Right)):
			note(RowMoved, r)
		}
	}
	for _, r := range have {
		if _, gone := old[[2]string{r.Left, r.Right}]; gone {
			note(RowRemoved, r)
		}
	}
	first, err := tx.nextIDs("crosswalk_change", len(rows))
	if err != nil {
		return err
	}
	for _, r := range rows {
		r[0] = r[0].(int64) + first
	}
	_, err = tx.insert("note a crosswalk's change", "INSERT INTO crosswalk_changes (id, name, at, actor, action, left_value, right_value, note, valid_from, valid_to)", "", rows)
	return err
}

// leads says whether a row is the first for one of its values.
func leads(rows []CrosswalkRow, row CrosswalkRow) bool {
	left := slices.IndexFunc(rows, func(r CrosswalkRow) bool { return r.Left == row.Left })
	right := slices.IndexFunc(rows, func(r CrosswalkRow) bool { return r.Right == row.Right })
	return left >= 0 && rows[left].Right == row.Right || right >= 0 && rows[right].Left == row.Left
}

// CrosswalkHistory gives the changes of a Crosswalk's rows, the newest first: all of them, or those of rows with a value at either
// side.
func (db *DB) CrosswalkHistory(ctx context.Context, name, value string, fn func(CrosswalkChange) error) error {
	query, args := "SELECT at, actor, action, left_value, right_value, note, valid_from, valid_to FROM crosswalk_changes WHERE name = $1", []any{name}
	if value != "" {
		query, args = query+" AND (left_value = $2 OR right_value = $2)", append(args, value)
	}
	return each(db.view(ctx), "read a crosswalk's history", query+" ORDER BY id DESC", args, func(rows *sql.Rows) error {
		var c CrosswalkChange
		var at int64
		if err := rows.Scan(&at, &c.Actor, &c.Action, &c.Row.Left, &c.Row.Right, &c.Row.Note, &c.Row.ValidFrom, &c.Row.ValidTo); err != nil {
			return err
		}
		c.At = time.UnixMicro(at).UTC()
		return fn(c)
	})
}

// CrosswalkWait is one Delivery that waits for a row of a Crosswalk.
type CrosswalkWait struct {
	Crosswalk string
	Value     string
	System    string // whose value it is
	Flow      string
	Delivery  int64
	Record    connector.Record
	Title     string
	Since     time.Time
}

const waitingForRows = ` FROM waits w JOIN deliveries d ON d.id = w.delivery JOIN flows f ON f.name = d.flow JOIN connections c ON c.name = f.source
 JOIN records r ON r.id = d.record WHERE w.kind = $1 AND d.state IN ('blocked', 'held')`

// CrosswalkTodo lists what waits for rows of Crosswalks, of one or with "" of all.
func (db *DB) CrosswalkTodo(ctx context.Context, name string, fn func(CrosswalkWait) error) error {
	return crosswalkTodo(db.view(ctx), name, fn)
}

// CrosswalkTodo is DB.CrosswalkTodo as the transaction sees it.
func (tx *Tx) CrosswalkTodo(name string, fn func(CrosswalkWait) error) error {
	return crosswalkTodo(tx, name, fn)
}

func crosswalkTodo(r reader, name string, fn func(CrosswalkWait) error) error {
	query, args := "SELECT w.connection, w.ext_id, c.system, d.flow, d.id, r.connection, r.kind, r.ext_id, r.title, d.updated_at"+waitingForRows, []any{string(connector.CrosswalkKind)}
	if name != "" {
		query, args = query+" AND w.connection = $2", append(args, name)
	}
	return each(r, "look for waiting Deliveries", query+" ORDER BY d.id", args, func(rows *sql.Rows) error {
		var w CrosswalkWait
		var kind string
		var since int64
		if err := rows.Scan(&w.Crosswalk, &w.Value, &w.System, &w.Flow, &w.Delivery, &w.Record.Connection, &kind, &w.Record.ID, &w.Title, &since); err != nil {
			return err
		}
		w.Record.Kind, w.Since = connector.Kind(kind), time.UnixMicro(since).UTC()
		return fn(w)
	})
}

// releaseRows lets wait again what waited for a value that is translated otherwise now. A value counts in the direction in which
// it is looked up alone: the same text may be a value of the other System too.
func (tx *Tx) releaseRows(name string, have, want []CrosswalkRow) error {
	sides, _, err := crosswalkSides(tx, name)
	if err != nil {
		return err
	}
	var ids []int64
	for side, values := range changedValues(have, want) {
		system := [2]string{sides.Left, sides.Right}[side]
		err := chunks(values, func(part []string) error {
			args := []any{string(connector.CrosswalkKind), name, system}
			in := list(&args, part)
			return each(tx, "look for waiting Deliveries", "SELECT d.id"+waitingForRows+" AND w.connection = $2 AND c.system = $3 AND w.ext_id IN ("+in+")", args, func(rows *sql.Rows) error {
				var id int64
				err := rows.Scan(&id)
				ids = append(ids, id)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	if len(ids) == 0 || bugRows {
		return nil
	}
	slices.Sort(ids)
	old, err := tx.briefs(slices.Compact(ids))
	if err != nil {
		return err
	}
	return tx.move(old, connector.Waiting, nil, connector.Entry{Action: "delivery.released", Details: map[string]string{"reason": "crosswalk " + name + " changed"}})
}

// changedValues lists the values that are translated otherwise than before: those of the left System, and those of the right one.
func changedValues(have, want []CrosswalkRow) (out [2][]string) {
	for side, of := range []func(CrosswalkRow) (string, string){
		func(r CrosswalkRow) (string, string) { return r.Left, r.Right },
		func(r CrosswalkRow) (string, string) { return r.Right, r.Left },
	} {
		was, is := translations(have, of), translations(want, of)
		for k, v := range is {
			if was[k] != v {
				out[side] = append(out[side], k)
			}
		}
		slices.Sort(out[side])
	}
	return out
}

// translations are what each value becomes: the first row without days ends the list, for no other counts after it.
func translations(rows []CrosswalkRow, side func(CrosswalkRow) (string, string)) map[string]string {
	out, ended := map[string]string{}, map[string]bool{}
	for _, r := range rows {
		k, v := side(r)
		if ended[k] {
			continue
		}
		out[k] += strings.Join([]string{v, r.ValidFrom, r.ValidTo}, "\x00") + "\n"
		ended[k] = r.ValidFrom == "" && r.ValidTo == ""
	}
	return out
}
