package main

import (
	"bufio"
	"os"

	"github.com/spf13/cobra"

	connector "ml-connector"
)

func (p *program) recordEvidence() *cobra.Command {
	return &cobra.Command{
		Use:   "evidence [[CONNECTION:]KIND:]ID FILE",
		Short: "Write all that is known of a record into one zip, for an auditor: `audit verify --file FILE` holds it against itself",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return p.act(c.Context(), func(a verbs) error {
				f, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
				if err != nil {
					return connector.Errorf(connector.Invalid, "write the evidence", "%s can't be made", args[1]).Because(err).Advise("Name a file that is not there yet.")
				}
				w := bufio.NewWriter(f)
				if err = a.Evidence(c.Context(), args[0], w, p.actor()); err == nil {
					err = w.Flush()
				}
				if closed := f.Close(); err == nil {
					err = closed
				}
				if err != nil {
					_ = os.Remove(args[1]) // half of it is no evidence
				}
				return err
			})
		},
	}
}
