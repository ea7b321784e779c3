package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) crosswalkShow() *cobra.Command {
	return p.onNamed("show NAME", "Show a crosswalk: its rows, the rules that look it up, and what waits for a row", func(c *cobra.Command, a verbs, name string) error {
		x, err := a.Crosswalk(c.Context(), name)
		if err != nil {
			return err
		}
		switch p.format {
		case "json":
			return p.object(x)
		case "csv":
			return list(p, of(x.Rows), []string{x.Left, x.Right, "note", "valid_from", "valid_to", "source", "counts"}, func(r app.CrosswalkRow) []string {
				return []string{r.Left, r.Right, r.Note, r.ValidFrom, r.ValidTo, r.Source, fmt.Sprint(r.Counts)}
			})
		}
		if err := list(p, of(x.Rows), []string{x.Left, x.Right, "note", "days", "set by", "counts"}, func(r app.CrosswalkRow) []string {
			return []string{r.Left, r.Right, r.Note, app.DaysWords(r.ValidFrom, r.ValidTo), r.Source, map[bool]string{true: "yes", false: "not today, or after another"}[r.Counts]}
		}); err != nil {
			return err
		}
		p.print("")
		for _, u := range x.UsedBy {
			where := u.Flow
			if !u.Applied {
				where += " (shipped, not applied)"
			}
			if u.Field != "" {
				where += ": " + u.Field
			}
			p.print(fmt.Sprintf("used by %s, line %d", where, u.Line))
		}
		if len(x.UsedBy) == 0 {
			p.print("no flow looks it up")
		}
		for _, t := range x.Todo {
			p.print(taskWords(t))
		}
		return nil
	})
}

// taskWords says what waits for a value, in one line.
func taskWords(t app.CrosswalkTask) string {
	verb := "waits"
	if t.Waiting != 1 {
		verb = "wait"
	}
	return clean(fmt.Sprintf("%s %s for %s of %s", plural(t.Waiting, "delivery"), verb, t.Value, t.System))
}

func (p *program) crosswalkTodo() *cobra.Command {
	c := &cobra.Command{Use: "todo [NAME]", Short: "List the values that deliveries wait for a row of; setting one lets exactly those go on", Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name := strings.Join(args, "")
			return p.act(c.Context(), func(a verbs) error {
				tasks, err := a.CrosswalkTodo(c.Context(), name)
				if err != nil {
					return err
				}
				return list(p, of(tasks), []string{"crosswalk", "value", "of", "waiting", "money", "since", "flows", "records"}, func(t app.CrosswalkTask) []string {
					var money []string
					for _, m := range t.Money {
						money = append(money, m.Amount+" "+m.Currency)
					}
					if t.MoneyOf > 0 && t.MoneyOf < t.Waiting {
						money = append(money, fmt.Sprintf("(of %d)", t.MoneyOf))
					}
					records := strings.Join(t.Records, "; ")
					if more := t.Waiting - len(t.Records); more > 0 {
						records += fmt.Sprintf("; and %d more", more)
					}
					return []string{t.Crosswalk, t.Value, t.System, fmt.Sprint(t.Waiting), strings.Join(money, ", "), timeOf(&t.Since), strings.Join(t.Flows, ", "), records}
				})
			})
		}}
	p.limitFlag(c)
	return c
}

func (p *program) crosswalkHistory() *cobra.Command {
	c := &cobra.Command{Use: "history NAME [VALUE]", Short: "List who set which row when, the newest first; with VALUE, of rows with it at either side", Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			value := ""
			if len(args) == 2 {
				value = args[1]
			}
			return p.act(c.Context(), func(a verbs) error {
				rows := func(fn func(app.CrosswalkChange) error) error {
					return a.CrosswalkHistory(c.Context(), args[0], value, fn)
				}
				return list(p, rows, []string{"at", "who", "what", "left", "right", "note", "days"}, func(x app.CrosswalkChange) []string {
					return []string{timeOf(&x.At), x.Actor, x.Action, x.Left, x.Right, x.Note, app.DaysWords(x.From, x.To)}
				})
			})
		}}
	p.limitFlag(c)
	return c
}

// printImport tells what an import changed, or would, value by value.
func (p *program) printImport(name string, done app.CrosswalkImport) {
	sign := map[string]string{"added": "+", "changed": "~", "removed": "-"}
	for _, v := range done.Changes {
		text := fmt.Sprintf("%s %s", sign[v.Action], v.Left)
		switch v.Action {
		case "added":
			text += "  " + strings.Join(v.New, ", then ")
		case "removed":
			text += "  " + strings.Join(v.Old, ", then ")
		default:
			text += "  " + strings.Join(v.Old, ", then ") + " → " + strings.Join(v.New, ", then ")
		}
		if v.Waiting > 0 {
			text += fmt.Sprintf("  (%d wait for it)", v.Waiting)
		}
		p.print(clean(text))
	}
	p.say("%d rows read", done.Rows)
	if !done.Used {
		p.say("no Flow looks up a crosswalk of the name %s", name)
	}
	if done.DryRun {
		p.say("%s would go on; nothing was changed", plural(done.Released, "delivery"))
		return
	}
	p.sayReleased(done.Released)
}
