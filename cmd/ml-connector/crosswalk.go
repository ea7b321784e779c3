package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/store"
)

func (p *program) crosswalkCommand() *cobra.Command {
	return group("crosswalk", "Value tables that people keep", p.crosswalkList(), p.crosswalkSet(), p.crosswalkImport(), p.crosswalkExport())
}

func (p *program) crosswalkList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List crosswalks", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.with(c.Context(), func(a *app.App) error {
			all, err := a.Crosswalks(c.Context())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "rows"}, func(x app.Crosswalk) []string { return []string{x.Name, fmt.Sprint(x.Rows)} })
		})
	}}
	p.limitFlag(c)
	return c
}

func (p *program) crosswalkSet() *cobra.Command {
	var note string
	c := &cobra.Command{Use: "set NAME JAGGAER PEOPLESOFT", Short: "Set one row; what waits for it goes on", Args: cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), func(a *app.App) error {
				return a.SetCrosswalk(c.Context(), args[0], store.CrosswalkRow{Left: args[1], Right: args[2], Note: note}, p.actor())
			})
		}}
	c.Flags().StringVar(&note, "note", "", "a note beside the row")
	return c
}

func (p *program) crosswalkImport() *cobra.Command {
	var replace bool
	c := &cobra.Command{Use: "import NAME FILE", Short: "Merge the rows of a CSV (jaggaer,peoplesoft[,note]); - reads stdin", Args: cobra.ExactArgs(2),
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
				n, err := a.ImportCrosswalk(c.Context(), args[0], text, args[1], replace, p.actor())
				if err == nil {
					p.say("%d rows read", n)
				}
				return err
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
