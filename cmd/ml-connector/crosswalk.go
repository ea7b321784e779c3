package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
	"ml-connector/store"
	"ml-connector/systems"
)

func (p *program) crosswalkCommand() *cobra.Command {
	return group("crosswalk", "Value tables that people keep", p.crosswalkList(), p.crosswalkShow(), p.crosswalkTodo(), p.crosswalkHistory(),
		p.crosswalkSet(), p.crosswalkImport(), p.crosswalkExport())
}

// crosswalkColumns are the two columns of a crosswalk as usage texts call them: by the Systems, where there are but two.
func crosswalkColumns() (left, right string) {
	all := systems.All()
	if len(all) != 2 {
		return "one-system", "other-system"
	}
	sides := store.Sides(all[0].Name(), all[1].Name())
	return sides.Left, sides.Right
}

// sayReleased tells how many Deliveries waited for rows that are there now.
func (p *program) sayReleased(n int) {
	switch n {
	case 0:
		p.say("no delivery waited for it")
	case 1:
		p.say("1 delivery goes on")
	default:
		p.say("%d deliveries go on", n)
	}
}

func (p *program) crosswalkList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List crosswalks", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			all, err := a.Crosswalks(c.Context())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "left", "right", "rows"}, func(x app.Crosswalk) []string {
				return []string{x.Name, x.Left, x.Right, fmt.Sprint(x.Rows)}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func (p *program) crosswalkSet() *cobra.Command {
	var row store.CrosswalkRow
	var always bool
	left, right := crosswalkColumns()
	c := &cobra.Command{Use: "set NAME " + strings.ToUpper(left) + " " + strings.ToUpper(right), Short: "Set one row; what waits for it goes on",
		Long: "Set one row: the values of the two Systems of the crosswalk, that of the System whose name sorts first before the other's.\n" +
			"`ml-connector crosswalk list` shows both. What waits for the row goes on. A pair that is there already keeps\n" +
			"its note and its days where none are given; --always takes the days away.",
		Args: cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			row.Left, row.Right = args[1], args[2]
			return p.act(c.Context(), func(a verbs) error {
				done, err := a.SetCrosswalk(c.Context(), args[0], row, always, p.actor())
				if err != nil {
					return err
				}
				if p.format == "json" {
					return p.object(done)
				}
				p.say("%s: %s %s is %s %s", done.Name, done.Left, clean(args[1]), done.Right, clean(args[2]))
				p.sayReleased(done.Released)
				return nil
			})
		}}
	c.Flags().StringVar(&row.Note, "note", "", "a note beside the row")
	c.Flags().BoolVar(&always, "always", false, "it counts on every day: its days are taken away")
	c.Flags().StringVar(&row.ValidFrom, "valid-from", "", "first day on which it counts, by the date of the document: 2026-07-01")
	c.Flags().StringVar(&row.ValidTo, "valid-to", "", "last day on which it counts")
	return c
}

func (p *program) crosswalkImport() *cobra.Command {
	var o app.ImportOptions
	left, right := crosswalkColumns()
	c := &cobra.Command{Use: "import NAME FILE", Short: fmt.Sprintf("Merge the rows of a CSV (%s,%s[,note][,valid_from,valid_to]); - reads stdin", left, right), Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := p.input(args[1], "import crosswalk "+args[0])
			if err != nil {
				return err
			}
			defer text.Close()
			return p.act(c.Context(), func(a verbs) error {
				done, err := a.ImportCrosswalk(c.Context(), args[0], text, args[1], o, p.actor())
				if err != nil {
					return err
				}
				if p.format == "json" {
					return p.object(done)
				}
				p.printImport(args[0], done)
				return nil
			})
		}}
	c.Flags().BoolVar(&o.Replace, "replace", false, "remove the rows that are not in the file")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would change, and how many deliveries wait for it")
	return c
}

func (p *program) crosswalkExport() *cobra.Command {
	return p.onNamed("export NAME", "Write a crosswalk as CSV", func(c *cobra.Command, a verbs, name string) error {
		return a.ExportCrosswalk(c.Context(), name, p.out)
	})
}
