package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// row is one figure of the table.
type row struct {
	Name    string  `json:"name"`
	What    string  `json:"what"`
	Records int     `json:"records"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`  // "" is a ratio
	Range   string  `json:"range"` // over the rounds, or p50 and the like
	Goal    float64 `json:"goal"`  // 0 = none: it explains another figure
	AtMost  bool    `json:"at_most"`
	Met     bool    `json:"met"`
	Notes   string  `json:"notes"`
}

// atLeast is a row whose goal is a least value.
func atLeast(name, what string, records int, value, goal float64, unit string) row {
	return row{Name: name, What: what, Records: records, Value: value, Unit: unit, Goal: goal, Met: value >= goal}
}

// atMost is a row whose goal is a bound.
func atMost(name, what string, records int, value, goal float64, unit string) row {
	return row{Name: name, What: what, Records: records, Value: value, Unit: unit, Goal: goal, AtMost: true, Met: value <= goal && value > 0}
}

// plain is a row without a goal.
func plain(name, what string, records int, value float64, unit string) row {
	return row{Name: name, What: what, Records: records, Value: value, Unit: unit, Met: true}
}

func (r row) noted(format string, args ...any) row {
	r.Notes = strings.TrimSpace(r.Notes + " " + fmt.Sprintf(format, args...))
	return r
}

func (r row) goal() string {
	switch {
	case r.Goal == 0:
		return ""
	case r.AtMost:
		return "≤ " + amount(r.Goal, r.Unit)
	}
	return "≥ " + amount(r.Goal, r.Unit)
}

func (r row) met() string {
	switch {
	case r.Goal == 0:
		return ""
	case r.Met:
		return "meets"
	}
	return "misses"
}

// amount is a value with three digits that tell, and its unit.
func amount(v float64, unit string) string {
	text := fmt.Sprintf("%.2f", v)
	if math.Abs(v) >= 10 {
		text = fmt.Sprintf("%.1f", v)
	}
	if math.Abs(v) >= 100 {
		text = fmt.Sprintf("%.0f", v)
	}
	if unit == "" {
		return text
	}
	return text + " " + unit
}

func writeRows(w io.Writer, rows []row) {
	if len(rows) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"", "what", "records", "value", "range", "goal", ""})
	for _, r := range rows {
		records := ""
		if r.Records > 0 {
			records = fmt.Sprint(r.Records)
		}
		t.AppendRow(table.Row{r.Name, r.What, records, amount(r.Value, r.Unit), r.Range, r.goal(), r.met()})
	}
	t.Render()
	for _, r := range rows {
		if r.Notes != "" {
			fmt.Fprintf(w, "%s, %d: %s\n", r.Name, r.Records, r.Notes)
		}
	}
}
