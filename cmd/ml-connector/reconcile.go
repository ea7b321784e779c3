package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
	"ml-connector/engine"
)

func (p *program) reconcileCommand() *cobra.Command {
	var since, until string
	c := &cobra.Command{
		Use:   "reconcile [FLOW…]",
		Short: "Both sides live, record by record and cent by cent; without a name all flows",
		Long: "Read both sides of flows live, hold each record against its counterpart in what the flow owns, and add up the money of both sides.\n" +
			"Neither system is written. Exit status 3: something is missing, extra or different. What people entered at the target is told\n" +
			"as foreign and counts on neither side.",
		RunE: func(c *cobra.Command, args []string) error {
			o := app.SyncOptions{Flows: args}
			var err error
			if o.Since, o.Until, err = span(since, until); err != nil {
				return err
			}
			return p.with(c.Context(), func(a *app.App) error {
				p.watch()
				done, err := a.Reconcile(c.Context(), o)
				if err != nil {
					return err
				}
				p.status = done.ExitStatus()
				return p.printReconciliation(done)
			})
		},
	}
	c.Flags().StringVar(&since, "since", "", "records that changed since then: a time, or 36h, 7d (default 31d)")
	c.Flags().StringVar(&until, "until", "", "records that changed before then")
	p.limitFlag(c)
	return c
}

// difference is a line of the list: the Flow, and what differs.
type difference struct {
	flow string
	app.Difference
}

func (p *program) printReconciliation(r app.Reconciliation) error {
	if p.format == "json" {
		return p.object(r)
	}
	var lines []difference
	for _, f := range r.Flows {
		for _, d := range f.Differences {
			lines = append(lines, difference{f.Flow, d})
		}
	}
	if p.format == "table" {
		if err := p.printSums(r); err != nil || len(lines) == 0 {
			return err
		}
		p.print("")
	}
	return list(p, of(lines), []string{"flow", "record", "pairing", "state", "field", "source", "target"}, func(d difference) []string {
		record := fmt.Sprintf("%s:%s:%s", d.Record.Connection, d.Record.Kind, d.Record.ID)
		if d.Error != nil {
			return []string{d.flow, record, string(d.Kind), string(d.State), "", string(d.Error.Code) + ": " + d.Error.Message, ""}
		}
		return []string{d.flow, record, string(d.Kind), string(d.State), d.Field, d.Source, d.Target}
	})
}

// printSums is the table of counts, with the money of both sides where a Flow has any.
func (p *program) printSums(r app.Reconciliation) error {
	limit := p.limit
	p.limit = 0
	defer func() { p.limit = limit }()
	return list(p, of(r.Flows), []string{"flow", "matched", string(engine.PairMissing), string(engine.PairExtra), string(engine.PairDifferent), string(engine.PairForeign), "source", "target"}, func(f app.ReconciledFlow) []string {
		return []string{f.Flow, fmt.Sprint(f.Matched), fmt.Sprint(f.Missing), fmt.Sprint(f.Extra), fmt.Sprint(f.Different), fmt.Sprint(f.Foreign), moneyWords(f.Source), moneyWords(f.Target)}
	})
}

func moneyWords(list []app.SideSum) string {
	var out []string
	for _, s := range list {
		if s.Currency == "" {
			out = append(out, fmt.Sprintf("%d records", s.Records))
			continue
		}
		out = append(out, fmt.Sprintf("%s %s in %d", s.Total, s.Currency, s.Records))
	}
	return strings.Join(out, ", ")
}
