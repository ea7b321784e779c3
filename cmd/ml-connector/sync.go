package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
)

func (p *program) syncCommand() *cobra.Command {
	var since, until string
	var wait time.Duration
	var dry, deep bool
	var save string
	c := &cobra.Command{
		Use:   "sync [FLOW…]",
		Short: "Run flows now, wait, and report; without a name all, in dependency order",
		Long: "Run flows now, deliver what they read and what was waiting for them, and wait until nothing can move further. When an engine is\n" +
			"alive on this database, it is asked to. Exit status 3: a run ended with held or in_doubt records.",
		RunE: func(c *cobra.Command, args []string) error {
			o := app.SyncOptions{Flows: args, Deep: deep, Wait: wait}
			var err error
			if o.Since, o.Until, err = span(since, until); err != nil {
				return err
			}
			return p.act(c.Context(), func(a verbs) error {
				p.watch()
				switch {
				case dry:
					return p.dryRun(c, a, o, save, c.Flags().Changed("save"))
				case c.Flags().Changed("save"):
					return connector.Errorf(connector.Invalid, "sync", "--save keeps a dry run").Advise("ml-connector sync --dry-run --save NAME")
				}
				done, err := a.Sync(c.Context(), o, p.actor())
				if err != nil {
					return err
				}
				p.status = done.ExitStatus()
				return p.printRuns(done)
			})
		},
	}
	c.Flags().StringVar(&since, "since", "", "decide the records known since then again, and read what changed: a time, or 36h, 7d")
	c.Flags().BoolVar(&deep, "deep", false, "read the last days (profile.deep_days of the source, else 7) again and compare content, whatever the stamps say")
	c.Flags().StringVar(&until, "until", "", "read what changed before then")
	c.Flags().DurationVar(&wait, "wait", 5*time.Minute, "how long to wait until nothing can move further")
	c.Flags().StringVar(&save, "save", "", "with --dry-run: keep the plan under a name, to be approved by a second person and carried out as it stands")
	c.Flags().BoolVar(&dry, "dry-run", false, "read, map and decide, and write to neither system")
	p.limitFlag(c)
	return c
}

// span reads --since and --until.
func span(since, until string) (from, to time.Time, err error) {
	now := time.Now()
	if from, err = app.ParseTime(since, now); err == nil {
		to, err = app.ParseTime(until, now)
	}
	return from, to, err
}

// watch shows progress when somebody looks.
func (p *program) watch() {
	if p.progress == nil && terminal(p.talk) {
		p.progress = &progress{w: p.talk}
	}
}

func (p *program) dryRun(c *cobra.Command, a verbs, o app.SyncOptions, name string, save bool) error {
	plan, err := app.Plan{}, error(nil)
	if save {
		plan, err = a.SaveDryRun(c.Context(), name, o, p.actor())
	} else {
		plan, err = a.DryRun(c.Context(), o, p.actor())
	}
	if err != nil {
		return err
	}
	p.status = plan.ExitStatus()
	if err := p.printPlan(plan); err != nil {
		return err
	}
	if save {
		p.say("saved as %s; a second person approves it: ml-connector plan approve %s", clean(name), clean(name))
	}
	return nil
}

func (p *program) printPlan(plan app.Plan) (err error) {
	switch p.format {
	case "json":
		if n := p.given(); n > 0 {
			plan.Rows = plan.Rows[:min(n, len(plan.Rows))]
		}
		return p.object(plan)
	case "csv":
		err = p.planCSV(plan.Rows)
	default:
		err = list(p, of(plan.Rows), []string{"flow", "record", "operation", "target", "changes"}, func(r app.PlanRow) []string {
			return []string{r.Flow, r.Record.Connection + " " + r.Record.ID, r.Operation, strings.TrimSpace(r.Target.Connection + " " + r.Target.ID), changeWords(r)}
		})
	}
	if err != nil {
		return err
	}
	p.sayRunErrors(plan.Runs)
	return nil
}

// planCSV writes a line for each change of a plan; what changes nothing has one line without a field.
func (p *program) planCSV(rows []app.PlanRow) error {
	type line struct {
		app.PlanRow
		change connector.Change
	}
	if n := p.given(); n > 0 {
		rows = rows[:min(n, len(rows))]
	}
	var lines []line
	for _, r := range rows {
		if len(r.Changes) == 0 {
			lines = append(lines, line{PlanRow: r})
		}
		for _, c := range r.Changes {
			lines = append(lines, line{r, c})
		}
	}
	p.limited = false // it counts records
	columns := []string{"flow", "record_connection", "record_id", "operation", "target_connection", "target_id", "field", "old", "new", "error_code", "error_message"}
	return list(p, of(lines), columns, func(l line) []string {
		var fault app.Error
		if l.Error != nil {
			fault = *l.Error
		}
		return []string{l.Flow, l.Record.Connection, l.Record.ID, l.Operation, l.Target.Connection, l.Target.ID, l.change.Field, l.change.Old, l.change.New, string(fault.Code), fault.Message}
	})
}

// changeWords are what would change, the first few of it; or why nothing would.
func changeWords(r app.PlanRow) string {
	if r.Error != nil {
		return string(r.Error.Code) + ": " + r.Error.Message
	}
	var out []string
	for i, c := range r.Changes {
		if i == 3 {
			out = append(out, fmt.Sprintf("and %d more", len(r.Changes)-i))
			break
		}
		if c.Old == "" {
			out = append(out, fmt.Sprintf("%s = %s", c.Field, c.New))
			continue
		}
		out = append(out, fmt.Sprintf("%s: %s → %s", c.Field, c.Old, c.New))
	}
	return strings.Join(out, "; ")
}

func (p *program) printRuns(done app.Synced) error {
	if p.format == "json" {
		if n := p.given(); n > 0 {
			done.Runs = done.Runs[:min(n, len(done.Runs))]
		}
		return p.object(done)
	}
	columns := []string{"flow", "read", "delivered", "unchanged", "filtered", "skipped", "superseded", "held", "blocked", "in doubt", "waiting"}
	table := view[app.Run]{columns, func(r app.Run) []string { return append([]string{r.Flow}, counts(r)...) }}
	err := listAs(p, of(done.Runs), table, runFields())
	if err != nil {
		return err
	}
	p.sayRunErrors(done.Runs)
	p.sayLeft(done.Runs)
	p.sayBesides(done.Besides)
	if done.TimedOut {
		p.say("the wait is over, and something can still move: it goes on with the next run")
	}
	return nil
}

// runFields are a Run's columns for programs.
func runFields() view[app.Run] {
	return view[app.Run]{[]string{"flow", "read", "delivered", "unchanged", "filtered", "skipped", "superseded", "held", "blocked", "in_doubt", "waiting", "error_code", "error_message"},
		func(r app.Run) []string {
			var fault app.Error
			if r.Error != nil {
				fault = *r.Error
			}
			return append(append([]string{r.Flow}, counts(r)...), string(fault.Code), fault.Message)
		}}
}

func counts(r app.Run) []string {
	var out []string
	for _, n := range []int{r.Read, r.Delivered, r.Unchanged, r.Filtered, r.Skipped, r.Superseded, r.Held, r.Blocked, r.InDoubt, r.Waiting} {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

// sayLeft tells where to find what Runs left to people or in doubt.
func (p *program) sayLeft(runs []app.Run) {
	held, doubt := 0, 0
	for _, r := range runs {
		held, doubt = held+r.Held, doubt+r.InDoubt
	}
	tell := func(n int, one, many, state string) {
		switch {
		case n == 1:
			p.say("1 record %s: ml-connector delivery list --state %s", one, state)
		case n > 1:
			p.say("%d records %s: ml-connector delivery list --state %s", n, many, state)
		}
	}
	tell(held, "needs a person", "need a person", "held")
	tell(doubt, "is in doubt", "are in doubt", "in_doubt")
}

// sayBesides tells what became of records that other Runs read.
func (p *program) sayBesides(b *app.Besides) {
	if b == nil {
		return
	}
	var parts []string
	for _, x := range []struct {
		n    int
		word string
	}{{b.Delivered, "delivered"}, {b.Unchanged, "unchanged"}, {b.Filtered, "filtered"}, {b.Held, "held"}, {b.Blocked, "blocked"}, {b.InDoubt, "in doubt"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.word))
		}
	}
	p.say("besides, of what other runs read: %s", strings.Join(parts, ", "))
}

func (p *program) sayRunErrors(runs []app.Run) {
	for _, r := range runs {
		if r.Error != nil {
			p.say("%s: %s: %s", r.Flow, r.Error.Code, clean(r.Error.Message))
			if r.Error.Hint != "" {
				p.say("  %s", clean(r.Error.Hint))
			}
		}
	}
}
