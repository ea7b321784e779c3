package main

import (
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
	"ml-connector/app/config"
)

func (p *program) applyCommand() *cobra.Command {
	var file string
	var o app.ApplyOptions
	c := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Put connections, flows and crosswalks of a file into the database",
		Long: "Put connections, flows and crosswalks of a file into the database. Secrets are read from the variables and files that it names, and\n" +
			"stored encrypted. Applying the same file again changes nothing. Nothing is removed without --prune.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path := file
			if path == "" {
				path = p.configPath()
			}
			f, err := config.Read(path, p.appConfig().Known(true))
			if err != nil {
				return err
			}
			process, err := p.override(f.Process)
			if file != "" && p.configFile != "" { // one file to apply, another that says where to
				process, err = p.process()
			}
			if err != nil {
				return err
			}
			return p.withProcess(c.Context(), process, func(a *app.App) error {
				applied, err := a.Apply(c.Context(), f, o, p.actor())
				if err != nil {
					return err
				}
				return p.printApplied(applied)
			})
		},
	}
	c.Flags().StringVarP(&file, "file", "f", "", "the file to apply (else the configuration file)")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would change")
	c.Flags().BoolVar(&o.Prune, "prune", false, "remove what is not in the file, and crosswalk rows that people set")
	c.Flags().BoolVar(&o.NewKey, "new-key", false, "the key of this database is lost: seal the file's secrets with the present one")
	return c
}

// configPath is the configuration file that commands read.
func (p *program) configPath() string {
	for _, path := range []string{p.configFile, p.env["ML_CONNECTOR_CONFIG"]} {
		if path != "" {
			return path
		}
	}
	return config.DefaultPath
}

func (p *program) printApplied(applied app.Applied) error {
	for _, w := range applied.Warnings {
		p.say("warning: %s", clean(w))
	}
	if p.format == "json" {
		return p.object(applied)
	}
	if p.format == "csv" {
		return list(p, of(applied.Changes), []string{"action", "subject", "details"}, func(c app.Change) []string {
			return []string{c.Action, c.Subject, strings.Join(c.Details, "; ")}
		})
	}
	if len(applied.Changes) == 0 {
		p.say("nothing to change")
		return nil
	}
	sign := map[string]string{"add": "+", "change": "~", "remove": "-"}
	for _, c := range applied.Changes {
		line := sign[c.Action] + " " + strings.Replace(c.Subject, ":", " ", 1)
		if len(c.Details) == 1 {
			line += "  " + c.Details[0]
		}
		p.print(clean(line))
		if len(c.Details) > 1 {
			for _, d := range c.Details {
				p.print("    " + clean(d))
			}
		}
	}
	if applied.DryRun {
		p.say("nothing was changed: this is what `apply` would do")
	}
	return nil
}

func (p *program) exportCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "export",
		Short: "Write connections, flows and crosswalks as a configuration file, without secrets",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.with(c.Context(), func(a *app.App) error {
				if dir == "" {
					return a.Export(c.Context(), p.out)
				}
				paths, err := a.ExportTo(c.Context(), dir)
				for _, path := range paths {
					p.say("wrote %s", path)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "write into this folder, with the crosswalks and mappings that the file names")
	return c
}
