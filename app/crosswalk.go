package app

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/app/config"
	"ml-connector/mapping"
	"ml-connector/people"
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

// crosswalkUses gives, for each Crosswalk that a mapping looks up, the pairs of Systems between which it does: those of the
// applied Flows, and of the shipped ones where no applied Flow looks it up.
func (a *App) crosswalkUses(ctx context.Context) (map[string][]store.CrosswalkSides, error) {
	uses := map[string][]store.CrosswalkSides{}
	note := func(text string) error {
		f, err := mapping.Parse([]byte(text))
		if err != nil {
			return err
		}
		for _, use := range f.Crosswalks() {
			if s := store.Sides(f.From, f.To); !slices.Contains(uses[use.Name], s) {
				uses[use.Name] = append(uses[use.Name], s)
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
	return sides, connector.Errorf(connector.NotFound, op, "no Flow looks up a crosswalk of this name%s", mapping.DidYouMean(name, known)).
		Advise("Crosswalks are %s. For another one, apply the Flow that looks it up first, or import a CSV.", strings.Join(slices.Compact(known), ", "))
}

// CrosswalkSet is what came of a row that was set: the Systems of its values, and how many Deliveries go on.
type CrosswalkSet struct {
	Name     string `json:"name"`
	Left     string `json:"left"`
	Right    string `json:"right"`
	Released int    `json:"released"`
}

// SetCrosswalk sets one row by hand. It counts before all others of either value, and releases what waited for it. Of a pair that is there
// already its note and its days stay where none are given; always takes its days away.
func (a *App) SetCrosswalk(ctx context.Context, name string, row store.CrosswalkRow, always bool, by people.Actor) (CrosswalkSet, error) {
	if err := by.May(people.ChangeCrosswalk); err != nil {
		return CrosswalkSet{}, err
	}
	const op = "set a crosswalk row"
	if name == "" || row.Left == "" || row.Right == "" {
		return CrosswalkSet{}, connector.Errorf(connector.Invalid, op, "name and both values must be given").Advise("ml-connector crosswalk set uom EACH EA")
	}
	if always && row.ValidFrom+row.ValidTo != "" {
		return CrosswalkSet{}, connector.Errorf(connector.Invalid, op, "a row that always counts has no days").Advise("Give --always, or the days.")
	}
	sides, err := a.crosswalkSides(ctx, name)
	if err != nil {
		return CrosswalkSet{}, err
	}
	out := CrosswalkSet{Name: name, Left: sides.Left, Right: sides.Right}
	out.Released, err = a.changeCrosswalk(ctx, name, sides, func(tx *store.Tx) error {
		row, err := kept(tx, name, row, always)
		if err != nil {
			return err
		}
		if problem := config.DaysProblem(row.ValidFrom, row.ValidTo); problem != "" {
			return connector.Errorf(connector.Invalid, op, "the row %s", problem)
		}
		if err := tx.SetCrosswalkRow(name, row, by.Name); err != nil {
			return err
		}
		tx.Enter(connector.Entry{Actor: by.Name, Action: "crosswalk.set", Subject: "crosswalk:" + name, Details: map[string]string{"left": row.Left, "right": row.Right}})
		return nil
	})
	return out, err
}

// kept is a row with the note and the days that its pair has already, where it has none of its own.
func kept(tx *store.Tx, name string, row store.CrosswalkRow, always bool) (store.CrosswalkRow, error) {
	rows, err := tx.CrosswalkRows(name)
	for _, r := range rows {
		if r.Left != row.Left || r.Right != row.Right {
			continue
		}
		row.Note = cmp.Or(row.Note, r.Note)
		if !always {
			row.ValidFrom, row.ValidTo = cmp.Or(row.ValidFrom, r.ValidFrom), cmp.Or(row.ValidTo, r.ValidTo)
		}
	}
	return row, err
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
	header := []string{sides.Left, sides.Right, "note"}
	dated := slices.ContainsFunc(rows, func(r store.CrosswalkRow) bool { return r.ValidFrom != "" || r.ValidTo != "" })
	if dated {
		header = append(header, "valid_from", "valid_to")
	}
	_ = out.Write(header) // kept until Flush
	for _, r := range rows {
		cells := []string{r.Left, r.Right, r.Note}
		if dated {
			cells = append(cells, r.ValidFrom, r.ValidTo)
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}
