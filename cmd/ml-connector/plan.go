package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) planCommand() *cobra.Command {
	return group("plan", "Saved dry runs: approved by a second person, and carried out as they stand", p.planList(), p.planShow(), p.planApprove(), p.planRun())
}

func (p *program) planList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List saved plans, the newest first", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			all, err := a.SavedPlans(c.Context())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "state", "flows", "records", "writes", "saved", "by", "approved by"}, func(x app.SavedPlan) []string {
				return []string{x.Name, x.State, strings.Join(x.Flows, " "), fmt.Sprint(x.Records), fmt.Sprint(x.Writes), timeOf(&x.MadeAt), x.MadeBy, x.ApprovedBy}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func (p *program) planShow() *cobra.Command {
	c := p.onNamed("show NAME", "Show what a saved plan would write", func(c *cobra.Command, a verbs, name string) error {
		plan, err := a.SavedPlan(c.Context(), name)
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(plan)
		}
		if err := p.printPlan(app.Plan{Rows: plan.Rows}); err != nil {
			return err
		}
		p.say("%s: %s; %d records, %d to be written; saved by %s", clean(plan.Name), plan.State, plan.Records, plan.Writes, clean(plan.MadeBy))
		return nil
	})
	p.limitFlag(c)
	return c
}

func (p *program) planApprove() *cobra.Command {
	return p.onNamed("approve NAME", "Approve a plan that somebody else saved", func(c *cobra.Command, a verbs, name string) error {
		plan, err := a.ApprovePlan(c.Context(), name, p.actor())
		if err != nil {
			return err
		}
		p.say("approved: %d records, %d to be written, as %s saved it at %s; carry it out: ml-connector plan run %s", plan.Records, plan.Writes, clean(plan.MadeBy), timeOf(&plan.MadeAt), clean(name))
		return nil
	})
}

func (p *program) planRun() *cobra.Command {
	var wait time.Duration
	var end bool
	c := &cobra.Command{Use: "run NAME", Short: "Carry out an approved plan exactly, or refuse when the world has moved", Args: cobra.ExactArgs(1),
		Long: "Make the dry run again and compare: when anything is otherwise than was approved, nothing is written and the differences are named.\n" +
			"Else write what the plan says. Meanwhile its Flows write nothing else, in any process. One that was broken off, or whose wait\n" +
			"was over before all was written, stays begun and goes on where it was; --end lets its Flows go where it stands.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.act(c.Context(), func(a verbs) error {
				if end {
					if err := a.EndPlan(c.Context(), args[0], p.actor()); err != nil {
						return err
					}
					p.say("ended where it stands: its flows write freely again")
					return nil
				}
				p.watch()
				done, err := a.Sync(c.Context(), app.SyncOptions{Plan: args[0], Wait: wait}, p.actor())
				if err != nil {
					return err
				}
				p.status = done.ExitStatus()
				if err := p.printRuns(done); err != nil {
					return err
				}
				return p.sayBegun(c, a, args[0])
			})
		}}
	c.Flags().BoolVar(&end, "end", false, "end a plan that was begun where it stands, and write nothing")
	c.Flags().DurationVar(&wait, "wait", 5*time.Minute, "how long to wait until nothing can move further")
	p.limitFlag(c)
	return c
}

// sayBegun tells of a plan that is not at its end.
func (p *program) sayBegun(c *cobra.Command, a verbs, name string) error {
	plan, err := a.SavedPlan(c.Context(), name)
	if err == nil && plan.EndedAt == nil {
		p.say("the plan is not at its end, and its flows write nothing else until then: ml-connector plan run %s goes on, with --end it ends where it stands", clean(name))
	}
	return err
}
