package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) flowCommand() *cobra.Command {
	return group("flow", "The directions in which records go",
		p.flowList(), p.flowShow(), p.flowReapply(),
		p.onNamed("enable NAME", "Let a flow run by its schedule, and end its pause", func(c *cobra.Command, a verbs, name string) error {
			return a.EnableFlow(c.Context(), name, p.actor())
		}),
		p.onNamed("disable NAME", "Stop a flow from running by its schedule and in a sync of all", func(c *cobra.Command, a verbs, name string) error {
			return a.DisableFlow(c.Context(), name, p.actor())
		}))
}

func (p *program) flowList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List flows in the order in which they depend on each other", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.act(c.Context(), func(a verbs) error {
			all, err := a.Flows(c.Context())
			if err != nil {
				return err
			}
			return list(p, of(all), []string{"name", "kind", "from", "to", "schedule", "state", "last run", "next run"}, func(f app.Flow) []string {
				last := ""
				if f.LastRun != nil {
					last = timeOf(&f.LastRun.StartedAt)
				}
				return []string{f.Name, string(f.Kind), f.From, f.To, f.Schedule, flowState(f), last, timeOf(f.NextRun)}
			})
		})
	}}
	p.limitFlag(c)
	return c
}

func flowState(f app.Flow) string {
	switch {
	case !f.Enabled:
		return "disabled"
	case f.Paused != nil:
		return "paused: " + f.Paused.Reason
	}
	return "enabled"
}

// deepWords says how often the last days are read again, and when next.
func deepWords(f app.FlowDetail) string {
	switch {
	case f.Deep == "":
		return "off"
	case f.NextDeep == nil:
		return f.Deep
	}
	return f.Deep + ", next " + timeOf(f.NextDeep)
}

func (p *program) flowShow() *cobra.Command {
	return p.onNamed("show NAME", "Show a flow and its rules", func(c *cobra.Command, a verbs, name string) error {
		f, err := a.Flow(c.Context(), name)
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(f)
		}
		pairs := []string{"name", f.Name, "kind", string(f.Kind), "from", f.From, "to", f.To, "uses", f.Use, "state", flowState(f.Flow), "schedule", f.Schedule,
			"next run", timeOf(f.NextRun), "cursor", timeOf(f.Cursor), "where", f.Where, "drift", string(f.Drift), "withdraw", string(f.Withdraw),
			"limit", limitWords(f), "start", timeOf(f.Start), "retry held", fmt.Sprint(f.RetryHeld), "track", f.Track, "acknowledge", f.Acknowledge, "deep", deepWords(f),
			"applied", timeOf(&f.AppliedAt)}
		if r := f.LastRun; r != nil {
			pairs = append(pairs, "last run", fmt.Sprintf("%s, read %d, delivered %d, held %d", timeOf(&r.StartedAt), r.Read, r.Delivered, r.Held))
		}
		if err := p.facts(pairs...); err != nil || p.format == "csv" {
			return err
		}
		p.print("\n" + f.Mapping)
		return nil
	})
}

// limitWords are how much a Run of a Flow may write.
func limitWords(f app.FlowDetail) string {
	var out []string
	if f.MaxChanges > 0 {
		out = append(out, fmt.Sprintf("%d changes", f.MaxChanges))
	}
	if f.MaxCreates > 0 {
		out = append(out, fmt.Sprintf("%d creations", f.MaxCreates))
	}
	if f.MaxShare > 0 {
		out = append(out, fmt.Sprintf("changes of %d %% of what it keeps in step", f.MaxShare))
	}
	if f.MaxMoney != "" {
		out = append(out, f.MaxMoney+" in one currency")
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ") + " a run"
}
