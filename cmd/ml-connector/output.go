package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	connector "ml-connector"
)

// defaultLimit is how many rows a table shows.
const defaultLimit = 50

// limitFlag gives a list its --limit.
func (p *program) limitFlag(c *cobra.Command) {
	c.Flags().IntVar(&p.limit, "limit", defaultLimit, "rows that are shown; 0 = all; without it json and csv are whole")
}

// errEnough ends a list that has shown what it may.
var errEnough = errors.New("enough")

// each gives the rows of a list, one by one.
type each[T any] func(fn func(T) error) error

// of is the rows of a slice.
func of[T any](rows []T) each[T] {
	return func(fn func(T) error) error {
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
		}
		return nil
	}
}

// view says how rows stand in columns.
type view[T any] struct {
	columns []string
	cells   func(T) []string
}

// list prints rows in the chosen form. JSON and CSV are written as they come, whole unless --limit was given; a table shows
// the first rows.
func list[T any](p *program, rows each[T], columns []string, cells func(T) []string) error {
	v := view[T]{columns, cells}
	return listAs(p, rows, v, v)
}

// listAs is list with other columns for programs than for people: one field each.
func listAs[T any](p *program, rows each[T], table, fields view[T]) error {
	switch p.format {
	case "json":
		_, err := first(rows, p.given(), func(rows each[T]) error { return jsonList(p.out, rows) })
		return err
	case "csv":
		w := csv.NewWriter(p.out)
		_ = w.Write(fields.columns) // kept until Flush
		_, err := first(rows, p.given(), func(rows each[T]) error {
			return rows(func(r T) error { return w.Write(fields.cells(r)) })
		})
		w.Flush()
		return errors.Join(err, w.Error())
	}
	t := newTable(p.out, table.columns)
	shown := 0
	more, err := first(rows, p.limit, func(rows each[T]) error {
		return rows(func(r T) error {
			t.AppendRow(tableRow(table.cells(r)))
			shown++
			return nil
		})
	})
	if err != nil {
		return err
	}
	if shown == 0 {
		p.say("nothing to show")
		return nil
	}
	t.Render()
	if more {
		p.say("the first %d; --limit 0 shows all, and so do -o json and -o csv", shown)
	}
	return nil
}

// given is the --limit that somebody gave; 0 without one.
func (p *program) given() int {
	if p.limited {
		return p.limit
	}
	return 0
}

// first hands the first rows to print, all when limit is 0, and says whether there are more.
func first[T any](rows each[T], limit int, print func(each[T]) error) (more bool, err error) {
	err = print(func(fn func(T) error) error {
		n := 0
		err := rows(func(r T) error {
			if limit > 0 && n == limit {
				return errEnough
			}
			n++
			return fn(r)
		})
		if more = errors.Is(err, errEnough); more {
			return nil
		}
		return err
	})
	return more, err
}

func jsonList[T any](w io.Writer, rows each[T]) error {
	separator := "["
	err := rows(func(r T) error {
		line, err := marshal(r)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, separator+"\n"+line)
		separator = ","
		return err
	})
	if err != nil {
		return err
	}
	end := "\n]\n"
	if separator == "[" {
		end = "[]\n"
	}
	_, err = io.WriteString(w, end)
	return err
}

// marshal is JSON without escapes for HTML.
func marshal(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", connector.Errorf(connector.Internal, "print", "it can't be written as JSON").Because(err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// object prints one thing as JSON, indented for people.
func (p *program) object(v any) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// facts prints names and values below each other; in csv as two columns.
func (p *program) facts(pairs ...string) error {
	if p.format == "csv" {
		w := csv.NewWriter(p.out)
		for i := 0; i+1 < len(pairs); i += 2 {
			_ = w.Write(pairs[i : i+2]) // kept until Flush
		}
		w.Flush()
		return w.Error()
	}
	t := newTable(p.out, nil)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			t.AppendRow(tableRow(pairs[i : i+2]))
		}
	}
	t.Render()
	return nil
}

func newTable(w io.Writer, columns []string) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	t.SetStyle(style)
	if len(columns) > 0 {
		t.AppendHeader(tableRow(columns))
	}
	if terminal(w) { // elsewhere a row stays one line, for grep
		var widths []table.ColumnConfig
		for i := range max(len(columns), 2) {
			widths = append(widths, table.ColumnConfig{Number: i + 1, WidthMax: 72, WidthMaxEnforcer: text.WrapSoft})
		}
		t.SetColumnConfigs(widths)
	}
	t.SuppressTrailingSpaces()
	return t
}

func tableRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = clean(c)
	}
	return row
}

// clean takes out what a terminal would obey: a supplier's name is hostile input.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u202e' || r == '\u2066' || r == '\u2067' {
			return ' '
		}
		return r
	}, s)
}

// terminal says whether a writer is one.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// print writes a line of data.
func (p *program) print(line string) {
	p.progress.clear()
	_, _ = io.WriteString(p.out, line+"\n") // a closed pipe shows at the next list
}
