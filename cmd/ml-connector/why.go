package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ml-connector/app"
)

func (p *program) whyCommand() *cobra.Command {
	return p.onConnection("why NUMBER", "One sentence: where is it, what does it wait for", func(c *cobra.Command, a *app.App, number string) error {
		w, err := a.Why(c.Context(), number)
		if err != nil {
			return err
		}
		if p.format == "json" {
			return p.object(w)
		}
		if p.format == "csv" {
			return p.facts("record", w.Record, "state", w.State, "why", strings.Join(w.Sentences, " "))
		}
		for _, s := range w.Sentences {
			p.print(clean(s))
		}
		return nil
	})
}

func (p *program) linkCommand() *cobra.Command {
	return &cobra.Command{Use: "link CONNECTION:KIND:ID CONNECTION:KIND:ID", Short: "Say that two records are the same thing", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), func(a *app.App) error { return a.LinkRecords(c.Context(), args[0], args[1], p.actor()) })
		}}
}

func (p *program) unlinkCommand() *cobra.Command {
	return &cobra.Command{Use: "unlink CONNECTION:KIND:ID CONNECTION:KIND:ID", Short: "Take a link away, with what was agreed over it", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), func(a *app.App) error { return a.UnlinkRecords(c.Context(), args[0], args[1], p.actor()) })
		}}
}

// detailWords writes the details of an Entry in a fixed order.
func detailWords(d map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		out = append(out, k+" "+d[k])
	}
	return strings.Join(out, ", ")
}
