//go:build unix

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the table: one fault on one database.
type row struct {
	Fault    string  `json:"fault"`
	Name     string  `json:"name"`
	Database string  `json:"database"`
	OK       bool    `json:"ok"`
	Settled  float64 `json:"settled_s"` // seconds from the end of the fault until nothing was left to be done
	Took     float64 `json:"took_s"`
	Notes    string  `json:"notes,omitempty"`
	Error    string  `json:"error,omitempty"`
	Talk     string  `json:"talk,omitempty"` // the last lines that the processes printed, when it failed
	outcome
}

// table prints the rows as Markdown has tables.
func table(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 1, 1, ' ', 0)
	fmt.Fprintln(t, "| fault\t| database\t| settled after\t| in doubt\t| sent again\t| violations\t| notes\t|")
	fmt.Fprintln(t, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, r := range rows {
		after := fmt.Sprintf("%.1f s", r.Settled)
		if r.Error != "" || r.Open != "" {
			after = "never"
		}
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %d\t| %d\t| %d\t| %s\t|\n", r.Fault, r.Database, after, r.Doubts, r.Again, len(r.Violations), r.Notes)
	}
	_ = t.Flush()
}

// trouble tells what went wrong in a row.
func trouble(w io.Writer, r row) {
	fmt.Fprintf(w, "\n%s on %s:\n", r.Name, r.Database)
	for _, line := range slices.Concat([]string{r.Error, r.Open}, r.Violations[:min(20, len(r.Violations))], strings.Split(r.Talk, "\n")) {
		if line != "" {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
}

func seconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Millisecond)) / float64(time.Second)
}
