package main

import (
	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) deliveryAssign() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "assign ID… --to PERSON",
		Short: "Say who sees to deliveries: a person, me, or nobody",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var ids []int64
			for _, text := range args {
				id, err := deliveryID(text)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return p.act(c.Context(), func(a verbs) error { return a.AssignDeliveries(c.Context(), ids, to, p.actor()) })
		},
	}
	c.Flags().StringVar(&to, "to", app.Me, "a person who can log in, me, or nobody")
	return c
}

func (p *program) deliveryNote() *cobra.Command {
	return &cobra.Command{
		Use:   "note ID TEXT",
		Short: "Note something of a delivery for whoever looks next; kept as it is, and not in the ledger",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := deliveryID(args[0])
			if err != nil {
				return err
			}
			return p.act(c.Context(), func(a verbs) error { return a.NoteDelivery(c.Context(), id, args[1], p.actor()) })
		},
	}
}
