package main

import (
	"github.com/spf13/cobra"
)

func (p *program) workCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "work",
		Short: "Schedules and deliveries alone, until it is stopped: more processes on one PostgreSQL",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			process, err := p.process()
			if err != nil {
				return err
			}
			a, err := p.openToWork(c.Context(), process)
			if err != nil {
				return err
			}
			defer a.Close()
			p.warnOfDifferences(c.Context(), a)
			return a.Work(c.Context(), func() { p.say("working; Ctrl-C ends it") })
		},
	}
}
