package main

import (
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) doctorCommand() *cobra.Command {
	c := &cobra.Command{Use: "doctor", Short: "Look at all that this installation stands on, and say what mends it", Args: cobra.NoArgs,
		Long: "Look at the database, the key and every secret, room on the disk, the clock, connections as the last ping left them, flows, what is held,\n" +
			"the ledger, and every invariant of what is stored. Neither system is called. Exit status 0: nothing failed.",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.act(c.Context(), func(a verbs) error {
				d, err := a.Doctor(c.Context())
				if err != nil {
					return err
				}
				p.status = d.ExitStatus()
				if p.format == "json" {
					return p.object(d)
				}
				table := view[app.Symptom]{[]string{"check", "name", "state", "message"}, func(s app.Symptom) []string {
					return []string{s.Check, s.Name, string(s.State), strings.TrimSuffix(s.Message+" — "+strings.TrimSpace(s.Hint), " — ")}
				}}
				return listAs(p, of(d.Symptoms), table, view[app.Symptom]{[]string{"check", "name", "state", "code", "message", "hint"}, func(s app.Symptom) []string {
					return []string{s.Check, s.Name, string(s.State), string(s.Code), s.Message, strings.TrimSpace(s.Hint)}
				}})
			})
		}}
	p.limitFlag(c)
	return c
}
