package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
)

func (p *program) flowReapply() *cobra.Command {
	var since, file string
	var dry bool
	var wait time.Duration
	c := &cobra.Command{Use: "reapply NAME --since T", Short: "Decide again, by the rules as they are now, what was read since then", Args: cobra.ExactArgs(1),
		Long: "Decide again, by the flow's rules and crosswalks as they are now, what it decided of what was read since a time; what differs is written.\n" +
			"The source is not read. With --dry-run, say only what would be written: look at that before. With --mapping FILE, say it of rules that\n" +
			"are not applied yet.",
		RunE: func(c *cobra.Command, args []string) error {
			now := time.Now()
			from, err := app.ParseTime(since, now)
			if err != nil {
				return err
			}
			if from.IsZero() {
				return connector.Errorf(connector.Invalid, "reapply "+args[0], "--since is missing").Advise("Say from when on: a time, or 36h, 7d.")
			}
			var rules []byte
			if file != "" {
				if !dry {
					return connector.Errorf(connector.Invalid, "reapply "+args[0], "--mapping tries rules, with --dry-run only").Advise("Apply the file to have its rules count.")
				}
				if rules, err = os.ReadFile(file); err != nil {
					return connector.Errorf(connector.Invalid, "reapply "+args[0], "%s can't be read", file).Because(err)
				}
			}
			return p.act(c.Context(), func(a verbs) error {
				p.watch()
				if dry {
					plan, err := a.Impact(c.Context(), args[0], from, rules)
					if err != nil {
						return err
					}
					p.status = plan.ExitStatus()
					if err := p.printPlan(plan); err != nil {
						return err
					}
					p.sayImpact(plan)
					return nil
				}
				done, err := a.Reapply(c.Context(), args[0], from, wait, p.actor())
				if err != nil {
					return err
				}
				p.status = done.ExitStatus()
				if p.format == "json" {
					return p.object(done)
				}
				if p.format == "csv" {
					return list(p, of(slices.Sorted(maps.Keys(done.States))), []string{"state", "records"}, func(s connector.State) []string { return []string{string(s), fmt.Sprint(done.States[s])} })
				}
				p.say("%d records decided again%s", done.Records, statesOf(done.States))
				for _, s := range done.Stands {
					p.say("%s", s)
				}
				if done.TimedOut {
					p.say("some of them still wait: they go on with the flow, unless it is paused or disabled (ml-connector flow show %s)", clean(done.Flow))
				}
				return nil
			})
		}}
	c.Flags().StringVar(&since, "since", "", "from when on: a time, or 36h, 7d")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be written, and write nothing")
	c.Flags().StringVar(&file, "mapping", "", "with --dry-run: these rules instead of those that are applied")
	c.Flags().DurationVar(&wait, "wait", 5*time.Minute, "how long to wait until nothing of it can move further; 0 = not at all")
	p.limitFlag(c)
	return c
}

// sayImpact tells in one line what rules would do.
func (p *program) sayImpact(plan app.Plan) {
	counts := map[string]int{}
	for _, r := range plan.Rows {
		counts[r.Operation]++
	}
	p.say("%d records: %d to be created, %d to be changed, %d left as they are, %d held, %d blocked", len(plan.Rows), counts["create"], counts["update"], counts["none"], counts["hold"], counts["block"])
}

// statesOf is ": 3 delivered, 2 held".
func statesOf(states map[connector.State]int) string {
	var out []string
	for _, s := range connector.States() {
		if n := states[s]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(s), "_", " ")))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ": " + strings.Join(out, ", ")
}
