package config

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	connector "ml-connector"
)

// Crosswalk is one entry of `crosswalks`, with the rows of its file.
type Crosswalk struct {
	Name string
	Rows []Row
}

// Row is one line of a Crosswalk's file. Left is the value at the System whose name sorts first.
type Row struct{ Left, Right, Note string }

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
		rows := readRows(text, systemNames(known.Systems), inside)
		text.Close()
		n.found.list = append(n.found.list, inside.list...)
		f.Crosswalks = append(f.Crosswalks, Crosswalk{Name: e.key, Rows: rows})
	}
}

// ReadRows reads the CSV of a Crosswalk: a line with the column names (two Systems, and note if there are notes), then
// a row a line. name is how messages call the file. Its error tells every bad line.
func ReadRows(r io.Reader, name string, systems []connector.System) ([]Row, error) {
	found := &problems{file: name}
	rows := readRows(r, systemNames(systems), found)
	return rows, found.err()
}

func readRows(r io.Reader, systems []string, found *problems) []Row {
	text := csv.NewReader(r)
	text.FieldsPerRecord = -1
	header, err := text.Read()
	if err != nil {
		found.add(1, "", "must begin with the column names: %s[,note]", strings.Join(systems, ","))
		return nil
	}
	columns := columnsOf(header, systems, found)
	if columns == nil {
		return nil
	}
	var rows []Row
	seen := map[[2]string]bool{}
	for {
		cells, err := text.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			found.add(bad.Line, "", "is not CSV from here on: %s", bad.Err)
			return nil
		}
		if err != nil {
			found.add(1, "", "can't be read")
			return nil
		}
		line, _ := text.FieldPos(0)
		row := columns.row(cells)
		switch {
		case len(cells) > len(header) || len(cells) < len(header)-1:
			found.add(line, "", "has %d columns; the first line names %d", len(cells), len(header))
		case row.Left == "" || row.Right == "":
			found.add(line, "", "lacks a value: each row needs both sides")
		case !seen[[2]string{row.Left, row.Right}]:
			seen[[2]string{row.Left, row.Right}] = true
			rows = append(rows, row)
		}
	}
}

// columns are the places of the left value, the right value and the note (-1 without).
type columns struct{ left, right, note int }

func columnsOf(header, systems []string, found *problems) *columns {
	c := &columns{left: -1, right: -1, note: -1}
	var sides []string
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		switch {
		case name == "note":
			c.note = i
		case slices.Contains(systems, name) && !slices.Contains(sides, name):
			sides = append(sides, name)
			at[name] = i
		default:
			found.add(1, "", "has a column %q; the columns are %s[,note]", name, strings.Join(systems, ","))
			return nil
		}
	}
	if len(sides) != 2 {
		found.add(1, "", "must name two Systems as columns: %s[,note]", strings.Join(systems, ","))
		return nil
	}
	slices.Sort(sides)
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
	return Row{Left: cell(c.left), Right: cell(c.right), Note: cell(c.note)}
}
