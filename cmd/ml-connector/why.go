package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) whyCommand() *cobra.Command {
	return p.onNamed("why NUMBER", "One sentence: where is it, what does it wait for", func(c *cobra.Command, a verbs, number string) error {
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

// detailWords writes the details of an Entry in a fixed order.
func detailWords(d map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		out = append(out, k+" "+d[k])
	}
	return strings.Join(out, ", ")
}
