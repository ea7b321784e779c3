package app

import (
	"context"
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/mapping"
	"ml-connector/store"
)

// Crosswalk is a Crosswalk between two Systems, and how many rows it has.
type Crosswalk struct {
	Name  string `json:"name"`
	Left  string `json:"left"`
	Right string `json:"right"`
	Rows  int    `json:"rows"`
}

// Crosswalks lists the Crosswalks that have rows.
func (a *App) Crosswalks(ctx context.Context) ([]Crosswalk, error) {
	list, err := a.DB.Crosswalks(ctx)
	out := []Crosswalk{}
	for _, c := range list {
		out = append(out, Crosswalk{c.Name, c.Left, c.Right, c.Rows})
	}
	return out, err
}

// lookedUp finds the names of the Crosswalks that a mapping looks up: those of rules, and those in expressions.
var lookedUp = regexp.MustCompile(`\blookup(?::\s*["']?|\(\s*["'])([A-Za-z0-9][A-Za-z0-9._-]*)`)

// crosswalkUses gives, for each Crosswalk that a mapping looks up, the pairs of Systems between which it does: those of the
// applied Flows, and of the shipped ones where no applied Flow looks it up.
func (a *App) crosswalkUses(ctx context.Context) (map[string][]store.CrosswalkSides, error) {
	uses := map[string][]store.CrosswalkSides{}
	note := func(text string) error {
		f, err := mapping.Parse([]byte(text))
		if err != nil {
			return err
		}
		for _, found := range lookedUp.FindAllStringSubmatch(text, -1) {
			if s := store.Sides(f.From, f.To); !slices.Contains(uses[found[1]], s) {
				uses[found[1]] = append(uses[found[1]], s)
			}
		}
		return nil
	}
	applied, err := a.DB.Flows(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range applied {
		if err := note(f.Mapping); err != nil {
			return nil, err
		}
	}
	own := uses
	uses = map[string][]store.CrosswalkSides{}
	for _, f := range a.Shipped {
		if err := note(string(f.Text)); err != nil {
			return nil, err
		}
	}
	for name, sides := range own {
		uses[name] = sides
	}
	return uses, nil
}

// crosswalkSides gives the two Systems of a Crosswalk: as it is stored, else those of the Flows that look it up. One that
// is neither stored nor looked up is an Error not_found that names what is near.
func (a *App) crosswalkSides(ctx context.Context, name string) (store.CrosswalkSides, error) {
	op := "set crosswalk " + name
	sides, found, err := a.DB.CrosswalkSides(ctx, name)
	if err != nil || found {
		return sides, err
	}
	uses, err := a.crosswalkUses(ctx)
	if err != nil {
		return sides, err
	}
	switch list := uses[name]; {
	case len(list) == 1:
		return list[0], nil
	case len(list) > 1:
		return sides, connector.Errorf(connector.Invalid, op, "Flows between several pairs of Systems look it up, and it has no rows yet").
			Advise("Import a CSV first, whose first line names the two Systems.")
	}
	var known []string
	for n := range uses {
		known = append(known, n)
	}
	stored, err := a.DB.Crosswalks(ctx)
	if err != nil {
		return sides, err
	}
	for _, x := range stored {
		known = append(known, x.Name)
	}
	slices.Sort(known)
	return sides, connector.Errorf(connector.NotFound, op, "no Flow looks up a crosswalk of this name%s", config.DidYouMean(name, known)).
		Advise("Crosswalks are %s. For another one, apply the Flow that looks it up first, or import a CSV.", strings.Join(slices.Compact(known), ", "))
}

// CrosswalkSet is what came of a row that was set: the Systems of its values, and how many Deliveries go on.
type CrosswalkSet struct {
	Name     string `json:"name"`
	Left     string `json:"left"`
	Right    string `json:"right"`
	Released int    `json:"released"`
}

// SetCrosswalk sets one row by hand. It counts before all others of either value, and releases what waited for it.
func (a *App) SetCrosswalk(ctx context.Context, name string, row store.CrosswalkRow, actor string) (CrosswalkSet, error) {
	const op = "set a crosswalk row"
	if name == "" || row.Left == "" || row.Right == "" {
		return CrosswalkSet{}, connector.Errorf(connector.Invalid, op, "name and both values must be given").Advise("ml-connector crosswalk set uom EACH EA")
	}
	sides, err := a.crosswalkSides(ctx, name)
	if err != nil {
		return CrosswalkSet{}, err
	}
	out := CrosswalkSet{Name: name, Left: sides.Left, Right: sides.Right}
	out.Released, err = a.changeCrosswalk(ctx, name, sides, func(tx *store.Tx) error {
		if err := tx.SetCrosswalkRow(name, row); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: actor, Action: "crosswalk.set", Subject: "crosswalk:" + name, Details: map[string]string{"left": row.Left, "right": row.Right}})
		return nil
	})
	return out, err
}

// changeCrosswalk changes rows in one transaction, and counts the Deliveries that this lets go on.
func (a *App) changeCrosswalk(ctx context.Context, name string, sides store.CrosswalkSides, do func(*store.Tx) error) (released int, err error) {
	err = a.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.NameCrosswalk(name, sides); err != nil {
			return err
		}
		before, err := tx.CrosswalkWaits(name)
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		after, err := tx.CrosswalkWaits(name)
		released = before - after
		return err
	})
	return released, err
}

// CrosswalkImport is what came of an import: the rows of the file, how many Deliveries go on, and whether any Flow looks
// the Crosswalk up.
type CrosswalkImport struct {
	Rows     int  `json:"rows"`
	Released int  `json:"released"`
	Used     bool `json:"used"`
}

// ImportCrosswalk merges the rows of a CSV into a Crosswalk, or with replace makes them all that it has. A new one is
// between the Systems that the first line of the CSV names.
func (a *App) ImportCrosswalk(ctx context.Context, name string, text io.Reader, file string, replace bool, actor string) (CrosswalkImport, error) {
	table, err := config.ReadTable(text, file, a.Systems)
	if err != nil {
		return CrosswalkImport{}, err
	}
	uses, err := a.crosswalkUses(ctx)
	if err != nil {
		return CrosswalkImport{}, err
	}
	out := CrosswalkImport{Rows: len(table.Rows), Used: len(uses[name]) > 0}
	rows := make([]store.CrosswalkRow, 0, len(table.Rows))
	for _, r := range table.Rows {
		rows = append(rows, store.CrosswalkRow{Left: r.Left, Right: r.Right, Note: r.Note})
	}
	out.Released, err = a.changeCrosswalk(ctx, name, store.Sides(table.Left, table.Right), func(tx *store.Tx) error {
		how, err := "merged", error(nil)
		if replace {
			how = "replaced"
			err = tx.ReplaceCrosswalk(name, rows, store.FromPerson)
		} else {
			err = tx.MergeCrosswalk(name, rows, store.FromPerson)
		}
		if err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: actor, Action: "crosswalk.imported", Subject: "crosswalk:" + name, Details: map[string]string{"how": how}})
		return nil
	})
	return out, err
}

// ExportCrosswalk writes a Crosswalk as CSV, as `import` and `apply` take it.
func (a *App) ExportCrosswalk(ctx context.Context, name string, w io.Writer) error {
	rows, err := a.DB.CrosswalkRows(ctx, name)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return connector.Errorf(connector.NotFound, "export crosswalk "+name, "it has no rows").Advise("`ml-connector crosswalk list` shows those that have some.")
	}
	sides, _, err := a.DB.CrosswalkSides(ctx, name)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{sides.Left, sides.Right, "note"}) // kept until Flush
	for _, r := range rows {
		_ = out.Write([]string{r.Left, r.Right, r.Note})
	}
	out.Flush()
	return out.Error()
}
