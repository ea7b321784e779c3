package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/engine"
)

func (p *program) reconcileCommand() *cobra.Command {
	var since, until string
	var last bool
	var by string
	c := &cobra.Command{
		Use:   "reconcile [FLOW…]",
		Short: "Both sides live, record by record and cent by cent; without a name all flows",
		Long: "Read both sides of flows live, hold each record against its counterpart in what the flow owns, and add up the money of both sides.\n" +
			"Of the target its own list of the same time is read, and only what that does not show is looked up one by one.\n" +
			"Neither system is written. Exit status 3: something is missing, extra or different. What people entered at the target is told\n" +
			"as foreign and counts on neither side.",
		RunE: func(c *cobra.Command, args []string) error {
			o := app.SyncOptions{Flows: args}
			if by != "" && by != "business-unit" && by != "supplier" {
				return connector.Errorf(connector.Invalid, "reconcile", "--by %s: it is business-unit or supplier", by)
			}
			var err error
			if o.Since, o.Until, err = span(since, until); err != nil {
				return err
			}
			return p.act(c.Context(), func(a verbs) error {
				p.watch()
				reconcile := func() (app.Reconciliation, error) { return a.Reconcile(c.Context(), o, p.actor()) }
				if last {
					reconcile = func() (app.Reconciliation, error) { return a.LastReconciled(c.Context(), args) }
				}
				done, err := reconcile()
				if err != nil {
					return err
				}
				p.status = done.ExitStatus()
				if by != "" {
					return p.printMoneyBy(done, by)
				}
				return p.printReconciliation(done)
			})
		},
	}
	c.Flags().StringVar(&since, "since", "", "records that changed since then: a time, or 36h, 7d (default 31d)")
	c.Flags().StringVar(&until, "until", "", "records that changed before then")
	c.Flags().BoolVar(&last, "last", false, "what was found the last time; nothing is read")
	c.Flags().StringVar(&by, "by", "", "the money of both sides by business-unit or supplier, instead of the records")
	p.limitFlag(c)
	return c
}

// moneyLine is a line of the money of one Flow.
type moneyLine struct {
	Flow string `json:"flow"`
	app.MoneyGroup
}

// printMoneyBy prints the money of both sides by business unit or supplier.
func (p *program) printMoneyBy(r app.Reconciliation, part string) error {
	var lines []moneyLine
	for _, f := range r.Flows {
		for _, g := range f.MoneyBy(part) {
			lines = append(lines, moneyLine{f.Flow, g})
		}
	}
	return list(p, of(lines), []string{"flow", part, "currency", "records", "source", "target", "apart"}, func(l moneyLine) []string {
		name, differs := l.BusinessUnit, ""
		if part == "supplier" {
			name = l.Supplier
		}
		if l.Apart {
			differs = "differs"
		}
		return []string{l.Flow, name, l.Currency, fmt.Sprint(l.Records), l.Source, l.Target, differs}
	})
}

// sayAgainstLast tells how it stands to the time before.
func (p *program) sayAgainstLast(r app.Reconciliation) {
	for _, f := range r.Flows {
		if f.Last != nil && f.New+f.Settled > 0 {
			p.say("%s: since %s %d differences are new, and %d are there no more", f.Flow, f.Last.UTC().Format(time.RFC3339), f.New, f.Settled)
		}
	}
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
	p.sayAgainstLast(r)
	for _, f := range r.Flows {
		if f.Unlisted != nil {
			p.say("%s: the target did not show its own list, so what only the target has is not told: %s %s", f.Flow, f.Unlisted.Message, f.Unlisted.Hint)
		}
	}
	if p.format == "table" {
		if err := p.printSums(r); err != nil || len(lines) == 0 {
			return err
		}
		p.print("")
	}
	return list(p, of(lines), []string{"flow", "record", "pairing", "state", "field", "source", "target", "new"}, func(d difference) []string {
		fresh := ""
		if d.New {
			fresh = "new"
		}
		record := fmt.Sprintf("%s:%s:%s", d.Record.Connection, d.Record.Kind, d.Record.ID)
		if d.Error != nil {
			return []string{d.flow, record, string(d.Kind), string(d.State), "", string(d.Error.Code) + ": " + d.Error.Message, "", fresh}
		}
		return []string{d.flow, record, string(d.Kind), string(d.State), d.Field, d.Source, d.Target, fresh}
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
