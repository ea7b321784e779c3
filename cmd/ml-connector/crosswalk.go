package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/store"
	"ml-connector/systems"
)

func (p *program) crosswalkCommand() *cobra.Command {
	return group("crosswalk", "Value tables that people keep", p.crosswalkList(), p.crosswalkSet(), p.crosswalkImport(), p.crosswalkExport())
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
		return p.with(c.Context(), func(a *app.App) error {
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
	var note string
	left, right := crosswalkColumns()
	c := &cobra.Command{Use: "set NAME " + strings.ToUpper(left) + " " + strings.ToUpper(right), Short: "Set one row; what waits for it goes on",
		Long: "Set one row: the values of the two Systems of the crosswalk, that of the System whose name sorts first before the other's.\n" +
			"`ml-connector crosswalk list` shows both. What waits for the row goes on.",
		Args: cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), func(a *app.App) error {
				done, err := a.SetCrosswalk(c.Context(), args[0], store.CrosswalkRow{Left: args[1], Right: args[2], Note: note}, p.actor())
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
	c.Flags().StringVar(&note, "note", "", "a note beside the row")
	return c
}

func (p *program) crosswalkImport() *cobra.Command {
	var replace bool
	left, right := crosswalkColumns()
	c := &cobra.Command{Use: "import NAME FILE", Short: fmt.Sprintf("Merge the rows of a CSV (%s,%s[,note]); - reads stdin", left, right), Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var text io.Reader = p.in
			if args[1] != "-" {
				f, err := os.Open(args[1])
				if err != nil {
					return connector.Errorf(connector.Invalid, "import crosswalk "+args[0], "%s can't be read", args[1]).Because(err)
				}
				defer f.Close()
				text = f
			}
			return p.with(c.Context(), func(a *app.App) error {
				done, err := a.ImportCrosswalk(c.Context(), args[0], text, args[1], replace, p.actor())
				if err != nil {
					return err
				}
				if p.format == "json" {
					return p.object(done)
				}
				p.say("%d rows read", done.Rows)
				if !done.Used {
					p.say("no Flow looks up a crosswalk of the name %s", args[0])
				}
				p.sayReleased(done.Released)
				return nil
			})
		}}
	c.Flags().BoolVar(&replace, "replace", false, "remove the rows that are not in the file")
	return c
}

func (p *program) crosswalkExport() *cobra.Command {
	return p.onConnection("export NAME", "Write a crosswalk as CSV", func(c *cobra.Command, a *app.App, name string) error {
		return a.ExportCrosswalk(c.Context(), name, p.out)
	})
}
