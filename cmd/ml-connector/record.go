package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	connector "ml-connector"
	"ml-connector/app"
	"ml-connector/store"
)

func (p *program) recordCommand() *cobra.Command {
	return group("record", "What was read", p.recordList(), p.recordShow(), p.recordHistory(), p.recordEvidence())
}

func (p *program) recordList() *cobra.Command {
	var f store.RecordFilter
	var kind, state string
	c := &cobra.Command{Use: "list", Short: "List records", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		f.Kind, f.State = connector.Kind(kind), connector.State(state)
		return p.act(c.Context(), func(a verbs) error {
			rows := func(fn func(app.Record) error) error { return a.EachRecord(c.Context(), f, fn) }
			return list(p, rows, []string{"connection", "kind", "id", "title", "version", "state", "updated"}, func(r app.Record) []string {
				return []string{r.Connection, string(r.Kind), r.ID, r.Title, fmt.Sprint(r.Version), string(r.State), timeOf(&r.UpdatedAt)}
			})
		})
	}}
	c.Flags().StringVar(&f.Connection, "connection", "", "only of this connection")
	c.Flags().StringVar(&kind, "kind", "", "only of this kind")
	c.Flags().StringVar(&state, "state", "", "only those whose newest delivery is in this state")
	c.Flags().StringVar(&f.Search, "search", "", "an id or number, or a part of id, number or title")
	p.limitFlag(c)
	return c
}

func (p *program) recordShow() *cobra.Command {
	explain := false
	c := p.onNamed("show [[CONNECTION:]KIND:]ID", "Show a record: versions, links, deliveries, history, and what belongs with it", func(c *cobra.Command, a verbs, id string) error {
		if explain {
			return p.printTraces(c, a, id)
		}
		r, err := a.Record(c.Context(), id)
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(r)
		}
		pairs := []string{"record", fmt.Sprintf("%s:%s:%s", r.Connection, r.Kind, r.ID), "title", r.Title, "numbers", strings.Join(r.Numbers, " "), "standing", string(r.Standing)}
		for _, v := range r.Versions {
			pairs = append(pairs, fmt.Sprintf("version %d", v.Version), "seen "+timeOf(&v.SeenAt))
		}
		for _, l := range r.Links {
			agreed := ""
			for _, g := range l.Agreed {
				agreed += fmt.Sprintf(", agreed by %s on version %d", g.Flow, g.Version)
			}
			pairs = append(pairs, "linked to", l.Connection+" "+l.ID+agreed)
		}
		if r.MergedInto != "" {
			pairs = append(pairs, "merged into", r.MergedInto)
		}
		for _, id := range r.Merged {
			pairs = append(pairs, "merged with it", id)
		}
		for _, d := range r.Deliveries {
			pairs = append(pairs, fmt.Sprintf("delivery %d", d.ID), d.Flow+": "+deliveryWords(d))
		}
		if d := r.MadeBy; d != nil {
			pairs = append(pairs, fmt.Sprintf("delivery %d", d.ID), fmt.Sprintf("%s, of %s:%s:%s: %s", d.Flow, d.Record.Connection, d.Kind, d.Record.ID, deliveryWords(*d)))
		}
		for _, t := range r.Thread {
			pairs = append(pairs, "belongs with", strings.TrimSpace(fmt.Sprintf("%s:%s:%s %s", t.Connection, t.Kind, t.ID, t.State)))
		}
		if err := p.facts(pairs...); err != nil || p.format == "csv" {
			return err
		}
		if len(r.History) == 0 {
			return nil
		}
		p.print("")
		return p.printEntries(of(r.History))
	})
	p.limitFlag(c)
	c.Flags().BoolVar(&explain, "explain", false, "say of each field that was sent which rule made it, and from which values and crosswalk rows")
	return c
}

// printTraces says how each value of a Record's Delivery came about.
func (p *program) printTraces(c *cobra.Command, a verbs, id string) error {
	x, err := a.ExplainRecord(c.Context(), id)
	if err != nil {
		return err
	}
	if p.format == "json" {
		return p.object(x)
	}
	p.say("delivery %d of version %d by flow %s; the rules as they are now", x.Delivery, x.Version, x.Flow)
	return list(p, of(x.Fields), []string{"field", "value", "sent", "line", "rule", "from"}, func(f app.FieldTrace) []string {
		sent := ""
		if f.Sent != f.Value {
			sent = f.Sent
			if sent == "" {
				sent = "(not sent)"
			}
		}
		return []string{f.Field, f.Value, sent, fmt.Sprint(f.Line), f.Rule, strings.Join(traceWords(f), "; ")}
	})
}

// traceWords are what a value was made from.
func traceWords(f app.FieldTrace) []string {
	var out []string
	for _, g := range f.From {
		out = append(out, g.Name+" = "+g.Value)
	}
	for _, r := range f.Crosswalks {
		text := fmt.Sprintf("crosswalk %s has no row for %s", r.Crosswalk, r.Value)
		if r.Row {
			text = fmt.Sprintf("crosswalk %s: %s → %s", r.Crosswalk, r.Value, r.To)
		}
		if r.SetAt != nil {
			text += fmt.Sprintf(" (set %s by %s)", r.SetAt.Format(time.DateOnly), r.SetBy)
		}
		out = append(out, text)
	}
	return out
}

// deliveryWords are a Delivery's state and its reason.
func deliveryWords(d app.Delivery) string {
	out := string(d.State)
	if d.Target.ID != "" {
		out += " as " + d.Target.ID
	}
	if d.Life != nil && d.Life.Stage != "" {
		out += ", " + string(d.Life.Stage)
	}
	switch {
	case d.State == connector.Blocked && len(d.BlockedOn) > 0:
		out += " on " + d.BlockedOn[0].Reason
	case d.Error != nil:
		out += ": " + d.Error.Message
	}
	return out
}

func (p *program) recordHistory() *cobra.Command {
	c := p.onNamed("history [[CONNECTION:]KIND:]ID", "List what happened to a record, when and by whom", func(c *cobra.Command, a verbs, id string) error {
		r, err := a.Record(c.Context(), id)
		if err != nil {
			return err
		}
		return p.printEntries(of(r.History))
	})
	p.limitFlag(c)
	return c
}

func (p *program) printEntries(rows each[connector.Entry]) error {
	return list(p, rows, []string{"number", "time", "actor", "action", "subject", "run", "delivery", "details"}, func(e connector.Entry) []string {
		return []string{fmt.Sprint(e.Number), timeOf(&e.Time), e.Actor, e.Action, e.Subject, number(e.Run), number(e.Delivery), detailWords(e.Details)}
	})
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
