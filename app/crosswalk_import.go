package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/people"
	"ml-connector/store"
)

// ImportOptions say how rows are imported.
type ImportOptions struct {
	Replace bool // remove the rows that are not in the file
	DryRun  bool // only say what would change
}

// CrosswalkImport is what came of an import, or would: the rows of the file, what changes, how many Deliveries go on, and whether
// any Flow looks the Crosswalk up.
type CrosswalkImport struct {
	Rows     int              `json:"rows"`
	Released int              `json:"released"`
	Used     bool             `json:"used"`
	DryRun   bool             `json:"dry_run"`
	Changes  []CrosswalkValue `json:"changes"`
}

// CrosswalkValue is one value of the left System that becomes otherwise: added, changed, removed.
type CrosswalkValue struct {
	Action  string   `json:"action"`
	Left    string   `json:"left"`
	Old     []string `json:"old"` // what it is now, the first counts
	New     []string `json:"new"`
	Waiting int      `json:"waiting"` // Deliveries that wait for it, or for what it becomes
}

// errDryRun ends a transaction that must change nothing.
var errDryRun = errors.New("only tried")

// rowOf is a line of a Crosswalk's file as the store has it.
func rowOf(r config.Row, source string) store.CrosswalkRow {
	return store.CrosswalkRow{Left: r.Left, Right: r.Right, Note: r.Note, Source: source, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo}
}

// ImportCrosswalk merges the rows of a CSV into a Crosswalk, or with Replace makes them all that it has. A new one is between the
// Systems that the first line of the CSV names. A dry run does the same in a transaction that is taken back.
func (a *App) ImportCrosswalk(ctx context.Context, name string, text io.Reader, file string, o ImportOptions, by people.Actor) (CrosswalkImport, error) {
	if err := by.May(people.ChangeCrosswalk); err != nil {
		return CrosswalkImport{}, err
	}
	table, err := config.ReadTable(text, file, a.Systems)
	if err != nil {
		return CrosswalkImport{}, err
	}
	uses, err := a.crosswalkUses(ctx)
	if err != nil {
		return CrosswalkImport{}, err
	}
	out := CrosswalkImport{Rows: len(table.Rows), Used: len(uses[name]) > 0, DryRun: o.DryRun}
	rows := make([]store.CrosswalkRow, 0, len(table.Rows))
	for _, r := range table.Rows {
		rows = append(rows, rowOf(r, ""))
	}
	sides := store.Sides(table.Left, table.Right)
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.NameCrosswalk(name, sides); err != nil {
			return err
		}
		have, waiting, before, err := standing(tx, name)
		if err != nil {
			return err
		}
		how := "merged"
		if o.Replace {
			how = "replaced"
			err = tx.ReplaceCrosswalk(name, rows, store.FromPerson, by.Name)
		} else {
			err = tx.MergeCrosswalk(name, rows, store.FromPerson, by.Name)
		}
		if err != nil {
			return err
		}
		want, _, after, err := standing(tx, name)
		if err != nil {
			return err
		}
		out.Released, out.Changes = before-after, valueChanges(have, want, sides, waiting)
		if o.DryRun {
			return errDryRun
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "crosswalk.imported", Subject: "crosswalk:" + name, Details: map[string]string{"how": how}})
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return out, err
}

// standing is what a Crosswalk has, which Deliveries wait for each value of each System, and how many wait in all.
func standing(tx *store.Tx, name string) (rows []store.CrosswalkRow, waiting map[[2]string]int, all int, err error) {
	if rows, err = tx.CrosswalkRows(name); err != nil {
		return nil, nil, 0, err
	}
	waiting = map[[2]string]int{}
	if err = tx.CrosswalkTodo(name, func(w store.CrosswalkWait) error {
		waiting[[2]string{w.System, w.Value}]++
		return nil
	}); err != nil {
		return nil, nil, 0, err
	}
	all, err = tx.CrosswalkWaits(name)
	return rows, waiting, all, err
}

// valueChanges lists the values of the left System that become otherwise, in their order.
func valueChanges(have, want []store.CrosswalkRow, sides store.CrosswalkSides, waiting map[[2]string]int) []CrosswalkValue {
	old, now := byLeft(have), byLeft(want)
	var names []string
	for left := range old {
		names = append(names, left)
	}
	for left := range now {
		if _, both := old[left]; !both {
			names = append(names, left)
		}
	}
	slices.Sort(names)
	out := []CrosswalkValue{}
	for _, left := range names {
		c := CrosswalkValue{Action: "changed", Left: left, Old: words(old[left]), New: words(now[left])}
		switch {
		case slices.Equal(c.Old, c.New):
			continue
		case len(c.Old) == 0:
			c.Action = "added"
		case len(c.New) == 0:
			c.Action = "removed"
		}
		if c.Action != "removed" {
			c.Waiting = waiting[[2]string{sides.Left, left}]
			for _, r := range now[left] {
				if !slices.Contains(old[left], r) {
					c.Waiting += waiting[[2]string{sides.Right, r.Right}]
				}
			}
		}
		out = append(out, c)
	}
	return out
}

func byLeft(rows []store.CrosswalkRow) map[string][]store.CrosswalkRow {
	out := map[string][]store.CrosswalkRow{}
	for _, r := range rows {
		r.Source = "" // who set it makes no difference
		out[r.Left] = append(out[r.Left], r)
	}
	return out
}

// words are what a value becomes, with days and note.
func words(rows []store.CrosswalkRow) []string {
	out := []string{}
	for _, r := range rows {
		text := r.Right
		if days := DaysWords(r.ValidFrom, r.ValidTo); days != "" {
			text += " " + days
		}
		if r.Note != "" {
			text += fmt.Sprintf(" (%s)", r.Note)
		}
		out = append(out, text)
	}
	return out
}

// DaysWords says on which days a row counts; "" for all.
func DaysWords(from, to string) string {
	var out []string
	if from != "" {
		out = append(out, "from "+from)
	}
	if to != "" {
		out = append(out, "to "+to)
	}
	return strings.Join(out, " ")
}
