package app

import (
	"context"
	"encoding/csv"
	"io"
	"slices"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/store"
)

// Crosswalk is a Crosswalk and how many rows it has.
type Crosswalk struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
}

// Crosswalks lists the Crosswalks that have rows.
func (a *App) Crosswalks(ctx context.Context) ([]Crosswalk, error) {
	list, err := a.DB.Crosswalks(ctx)
	out := []Crosswalk{}
	for _, c := range list {
		out = append(out, Crosswalk(c))
	}
	return out, err
}

// CrosswalkSides are the Systems of a Crosswalk's two columns: the first two that this program knows, by name.
func (a *App) CrosswalkSides() (left, right string) {
	var names []string
	for _, s := range a.Systems {
		names = append(names, s.Name())
	}
	slices.Sort(names)
	if len(names) < 2 {
		return "left", "right"
	}
	return names[0], names[1]
}

// SetCrosswalk sets one row by hand. It counts before all others of either value, and releases what waited for it.
func (a *App) SetCrosswalk(ctx context.Context, name string, row store.CrosswalkRow, actor string) error {
	const op = "set a crosswalk row"
	if name == "" || row.Left == "" || row.Right == "" {
		return connector.Errorf(connector.Invalid, op, "name and both values must be given").Advise("ml-connector crosswalk set uom EACH EA")
	}
	return a.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetCrosswalkRow(name, row); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: actor, Action: "crosswalk.set", Subject: "crosswalk:" + name, Details: map[string]string{"left": row.Left, "right": row.Right}})
		return nil
	})
}

// ImportCrosswalk merges the rows of a CSV into a Crosswalk, or with replace makes them all that it has. It gives the
// number of rows of the file.
func (a *App) ImportCrosswalk(ctx context.Context, name string, text io.Reader, file string, replace bool, actor string) (int, error) {
	read, err := config.ReadRows(text, file, a.Systems)
	if err != nil {
		return 0, err
	}
	rows := make([]store.CrosswalkRow, 0, len(read))
	for _, r := range read {
		rows = append(rows, store.CrosswalkRow{Left: r.Left, Right: r.Right, Note: r.Note})
	}
	return len(rows), a.DB.Tx(ctx, func(tx *store.Tx) error {
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
	left, right := a.CrosswalkSides()
	out := csv.NewWriter(w)
	_ = out.Write([]string{left, right, "note"}) // kept until Flush
	for _, r := range rows {
		_ = out.Write([]string{r.Left, r.Right, r.Note})
	}
	out.Flush()
	return out.Error()
}
