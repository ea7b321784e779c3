package peoplesoft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cells are one row of an answer as received: keys as the site's query names them, numbers as their digits.
type cells map[string]string

// result is what an answer of a query holds: its rows, and its columns where it names them. WEBROWSET does, with or without
// a row; the other forms show them only in rows (PEOPLESOFT.md §3.5).
type result struct {
	rows    []cells
	columns map[string]bool
}

// decodeRows reads a query's answer in any of its three forms (PEOPLESOFT.md §3.2 to §3.4). ok is false when the answer is
// none of them; an error says that it is one, but cut or wrong in itself.
func decodeRows(body []byte) (r result, ok bool, err error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return result{}, false, nil
	}
	if body[0] == '{' {
		r.rows, ok, err = jsonRows(body)
		return r, ok, err
	}
	if body[0] != '<' || !bytes.Contains(body, []byte("QAS_")) {
		return result{}, false, nil
	}
	root, err := parseXML(body)
	if err != nil {
		return result{}, true, err
	}
	top := &element{kids: []*element{root}}
	if rowset := top.first("webRowSet"); rowset != nil {
		r, err = webRows(rowset)
		return r, true, err
	}
	query := top.first("query")
	if query == nil {
		return result{}, false, nil
	}
	r.rows, err = xmlRows(query)
	return r, true, err
}

func jsonRows(body []byte) ([]cells, bool, error) {
	var a struct {
		Data struct {
			Query *struct {
				NumRows any              `json:"numrows"`
				Rows    []map[string]any `json:"rows"`
			} `json:"query"`
		} `json:"data"`
	}
	dec := json.NewDecoder(bytes.NewReader(repairJSON(body)))
	dec.UseNumber()
	if err := dec.Decode(&a); err != nil {
		return nil, bytes.Contains(body, []byte(`"query"`)), fmt.Errorf("the answer is not JSON: %w", err)
	}
	if a.Data.Query == nil {
		return nil, false, nil
	}
	rows := make([]cells, 0, len(a.Data.Query.Rows))
	for _, r := range a.Data.Query.Rows {
		row := make(cells, len(r))
		for k, v := range r {
			row[k] = jsonText(v)
		}
		rows = append(rows, row)
	}
	return rows, true, counted(jsonText(a.Data.Query.NumRows), len(rows))
}

// jsonText is a JSON scalar as text; what is none counts as blank.
func jsonText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// counted holds what the answer says of its rows against what came.
func counted(said string, came int) error {
	said = strings.TrimSpace(said)
	if n, err := strconv.Atoi(said); said != "" && (err != nil || n != came) {
		return fmt.Errorf("the answer says %s rows and holds %d", clip(said, 20), came)
	}
	return nil
}

func xmlRows(query *element) ([]cells, error) {
	var rows []cells
	for _, r := range query.kids {
		if !strings.EqualFold(r.name, "row") {
			continue
		}
		row := make(cells, len(r.kids))
		for _, c := range r.kids {
			row[c.name] = c.text
		}
		rows = append(rows, row)
	}
	return rows, counted(query.attrs["numrows"], len(rows))
}

// webRows reads a WebRowSet: values are positional.
func webRows(rowset *element) (result, error) {
	r := result{columns: map[string]bool{}}
	names := map[int]string{}
	for n, d := range rowset.kid("metadata").all("column-definition") {
		at := n + 1
		if i, err := strconv.Atoi(d.kid("column-index").value()); err == nil {
			at = i
		}
		names[at] = d.kid("column-name").value()
		r.columns[names[at]] = true
	}
	for _, x := range rowset.kid("data").all("currentRow") {
		if len(x.kids) != len(names) {
			return result{}, fmt.Errorf("a row has %d values for %d columns", len(x.kids), len(names))
		}
		row := make(cells, len(x.kids))
		for n, c := range x.kids {
			row[names[n+1]] = c.text
		}
		r.rows = append(r.rows, row)
	}
	if len(r.columns) == 0 {
		r.columns = nil
	}
	return r, nil
}

// row is one row by our own names, ALIAS.FIELD, its values cleaned.
type row map[string]string

// read takes the columns of an entity from an answer's row. A column that two keys give with different values is an error.
func (e entity) read(in cells) (row, error) {
	out := make(row, len(e.columns))
	for _, c := range e.columns {
		found := false
		for _, k := range c.keys {
			raw, ok := in[k]
			if !ok {
				continue
			}
			v := c.clean(raw)
			if t := e.status[c.name][v]; t != "" {
				v = t
			}
			if had := out[c.alias+"."+c.name]; found && had != v {
				return out, fmt.Errorf("the query gives %s.%s twice, as %q and as %q", c.alias, c.name, had, v)
			}
			out[c.alias+"."+c.name], found = v, true
		}
	}
	return out, nil
}

func (c column) clean(t string) string {
	t = oneLine(t)
	switch c.form {
	case formNumber:
		if t = strings.TrimSpace(t); t != "" {
			return decimalText(t)
		}
	case formDate:
		return dateText(t)
	}
	return t
}

// lacks names a needed column that an answer has not: in no row, or not among the columns that it names. Dates may be missing
// where they are null; the needed ones are keys, states and amounts.
func (e entity) lacks(r result) string {
	if len(r.rows) == 0 && r.columns == nil {
		return ""
	}
	for _, c := range e.columns {
		if c.needed && !r.has(c) {
			return c.keys[0]
		}
	}
	return ""
}

// has says whether an answer shows a column, under one of the keys that count for it.
func (r result) has(c column) bool {
	for _, k := range c.keys {
		if r.columns[k] || slices.ContainsFunc(r.rows, func(row cells) bool { _, ok := row[k]; return ok }) {
			return true
		}
	}
	return false
}
