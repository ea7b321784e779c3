package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
)

func (p *program) supportCommand() *cobra.Command {
	return &cobra.Command{Use: "support [FILE]", Short: "Write a bundle for whoever helps: nothing in it is secret or personal", Args: cobra.MaximumNArgs(1),
		Long: "Write a zip file for whoever helps: version, configuration without its texts, what the doctor finds, counts, and what happened lately, as codes.\n" +
			"No secret, address, document, exchange, name, ID of a record or word of an error is in it; its README says what was left out. Look before you send it.",
		RunE: func(c *cobra.Command, args []string) error {
			path := "ml-connector-support-" + time.Now().UTC().Format("20060102T1504Z") + ".zip"
			if len(args) > 0 {
				path = args[0]
			}
			return p.act(c.Context(), func(a verbs) error {
				f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
				if err != nil {
					return connector.Errorf(connector.Invalid, "write the support bundle", "%s can't be written", path).Because(err).Advise("Name a file that is not there yet.")
				}
				err = a.Support(c.Context(), f, version, p.actor())
				if closed := f.Close(); err == nil {
					err = closed
				}
				if err != nil {
					_ = os.Remove(path) // a part of it would mislead
					return err
				}
				p.print(path)
				return nil
			})
		}}
}
