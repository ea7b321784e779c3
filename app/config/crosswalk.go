package config

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	connector "ml-connector"
)

// Crosswalk is one entry of `crosswalks`, with the rows of its file.
type Crosswalk struct {
	Name string
	Table
}

// Table is what a Crosswalk's file holds: the two Systems that its first line names, and its rows. Left is the System whose
// name sorts first.
type Table struct {
	Left, Right string
	Rows        []Row
}

// Row is one line of a Crosswalk's file: a value of the left System, and one of the right one.
type Row struct {
	Left, Right, Note  string
	ValidFrom, ValidTo string // first and last day on which it counts, YYYY-MM-DD; "" = without end
}

func (f *File) crosswalks(n node, known Known) {
	for _, e := range n.entries() {
		e.value.goodName(e.key)
		file := find(e.value.entries("file"), "file")
		if file == nil {
			if !e.value.found.has(e.value.path) {
				e.value.fail("needs `file`: the CSV with its rows")
			}
			continue
		}
		name := file.value.text()
		if name == "" {
			continue
		}
		text, err := os.Open(inFolder(name, f.Dir))
		if err != nil {
			file.value.fail("names %s, which can't be read", name)
			continue
		}
		inside := &problems{file: filepath.Join(filepath.Dir(f.Path), name)}
		table := readTable(text, systemNames(known.Systems), inside)
		text.Close()
		n.found.list = append(n.found.list, inside.list...)
		f.Crosswalks = append(f.Crosswalks, Crosswalk{Name: e.key, Table: table})
	}
}

// ReadTable reads the CSV of a Crosswalk: a line with the column names (two Systems, and note if there are notes), then
// a row a line. name is how messages call the file. Its error tells every bad line.
func ReadTable(r io.Reader, name string, systems []connector.System) (Table, error) {
	found := &problems{file: name}
	table := readTable(r, systemNames(systems), found)
	return table, found.err()
}

func readTable(r io.Reader, systems []string, found *problems) (out Table) {
	text := csv.NewReader(r)
	text.FieldsPerRecord = -1
	header, err := text.Read()
	if err != nil {
		found.add(1, "", "must begin with the column names: %s", headerForm(systems))
		return out
	}
	columns := columnsOf(header, systems, found)
	if columns == nil {
		return out
	}
	out.Left, out.Right = columns.systems[0], columns.systems[1]
	seen := map[[2]string]Row{}
	for {
		cells, err := text.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			found.add(bad.Line, "", "is not CSV from here on: %s", bad.Err)
			return out
		}
		if err != nil {
			found.add(1, "", "can't be read")
			return out
		}
		line, _ := text.FieldPos(0)
		row := columns.row(cells)
		before, again := seen[[2]string{row.Left, row.Right}]
		switch {
		case len(cells) > len(header) || len(cells) < len(header)-columns.spare():
			found.add(line, "", "has %d columns; the first line names %d", len(cells), len(header))
		case row.Left == "" || row.Right == "":
			found.add(line, "", "lacks a value: each row needs both sides")
		case DaysProblem(row.ValidFrom, row.ValidTo) != "":
			found.add(line, "", "%s", DaysProblem(row.ValidFrom, row.ValidTo))
		case again && (before.ValidFrom != row.ValidFrom || before.ValidTo != row.ValidTo):
			found.add(line, "", "has the values of another row, and other days: a pair of values counts from one day to another")
		case !again:
			seen[[2]string{row.Left, row.Right}] = row
			out.Rows = append(out.Rows, row)
		}
	}
}

// DaysProblem says what is wrong with the days on which a row counts; "" when nothing is.
func DaysProblem(from, to string) string {
	switch {
	case !isDay(from) || !isDay(to):
		return "has a day that is none: valid_from and valid_to are written 2026-03-01, or left empty"
	case from != "" && to != "" && to < from:
		return "ends on " + to + ", before it begins on " + from
	}
	return ""
}

// isDay says whether a text is a day, or none.
func isDay(text string) bool {
	if text == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// columns are the places of the left value, the right value and of what may be missing (-1 without), and the two Systems.
type columns struct {
	left, right, note  int
	validFrom, validTo int
	systems            []string
}

// spare is how many cells a row may leave out at its end.
func (c *columns) spare() (n int) {
	last := max(c.left, c.right)
	for _, at := range []int{c.note, c.validFrom, c.validTo} {
		if at > last {
			n++
		}
	}
	return n
}

// headerForm is how the first line of a table may read.
func headerForm(systems []string) string {
	if len(systems) == 2 {
		return strings.Join(systems, ",") + "[,note][,valid_from,valid_to]"
	}
	return "two of " + strings.Join(systems, ", ") + ", then note if there are notes, and valid_from and valid_to if rows count for a time"
}

func columnsOf(header, systems []string, found *problems) *columns {
	c := &columns{left: -1, right: -1, note: -1, validFrom: -1, validTo: -1}
	var sides []string
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		switch {
		case name == "note":
			c.note = i
		case name == "valid_from":
			c.validFrom = i
		case name == "valid_to":
			c.validTo = i
		case slices.Contains(systems, name) && !slices.Contains(sides, name):
			sides = append(sides, name)
			at[name] = i
		default:
			found.add(1, "", "has a column %q; the columns are %s", name, headerForm(systems))
			return nil
		}
	}
	if len(sides) != 2 {
		found.add(1, "", "must name two Systems as columns: %s", headerForm(systems))
		return nil
	}
	slices.Sort(sides)
	c.systems = sides
	c.left, c.right = at[sides[0]], at[sides[1]]
	return c
}

func (c *columns) row(cells []string) Row {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[i])
	}
	return Row{Left: cell(c.left), Right: cell(c.right), Note: cell(c.note), ValidFrom: cell(c.validFrom), ValidTo: cell(c.validTo)}
}
