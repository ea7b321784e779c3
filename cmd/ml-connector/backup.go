package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) backupCommand() *cobra.Command {
	return &cobra.Command{Use: "backup FILE", Short: "Copy a SQLite database to a new file, while others work with it", Args: cobra.ExactArgs(1),
		Long: "Copy a SQLite database, whole and consistent, to a file that is not there yet. The key that its secrets are sealed with is not in it:\nkeep a copy of that apart.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), func(a *app.App) error {
				if err := a.Backup(c.Context(), args[0], p.actor()); err != nil {
					return err
				}
				p.say("saved as %s; the key is not in it", clean(args[0]))
				return nil
			})
		}}
}

func (p *program) restoreCommand() *cobra.Command {
	return &cobra.Command{Use: "restore FILE", Short: "Put a backup in the place of a SQLite database, which is kept", Args: cobra.ExactArgs(1),
		Long: "Put a backup in the place of the database. It is opened and its ledger verified first; the database that is there is kept beside it.\n" +
			"What was delivered since the backup was made is not known to it, so every flow is disabled: look at a dry run before you enable them.",
		RunE: func(c *cobra.Command, args []string) error {
			process, err := p.process()
			if err != nil {
				return err
			}
			conf := p.appConfig()
			conf.Process = process
			done, err := app.Restore(c.Context(), conf, args[0], p.actor())
			if err != nil {
				return err
			}
			if p.format == "json" {
				return p.object(done)
			}
			p.say("restored, with %d entries in its ledger", done.Entries)
			if done.Kept != "" {
				p.say("the database that was there is now %s", clean(filepath.Base(done.Kept)))
			}
			if len(done.Disabled) > 0 {
				p.say("disabled, until you have looked at `ml-connector sync --dry-run %s`: %s", strings.Join(done.Disabled, " "), strings.Join(done.Disabled, ", "))
			}
			return nil
		}}
}
