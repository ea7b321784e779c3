package peoplesoft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// cells are one row of an answer as received: keys as the site's query names them, numbers as their digits.
type cells map[string]string

// decodeRows reads the rows of a query's answer in any of its three forms (PEOPLESOFT.md §3.2 to §3.4). ok is false when
// the answer is none of them; an error says that it is one, but cut or wrong in itself.
func decodeRows(body []byte) (rows []cells, ok bool, err error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, false, nil
	}
	if body[0] == '{' {
		return jsonRows(body)
	}
	if body[0] != '<' || !bytes.Contains(body, []byte("QAS_")) {
		return nil, false, nil
	}
	root, err := parseXML(body)
	if err != nil {
		return nil, true, err
	}
	top := &element{kids: []*element{root}}
	if rowset := top.first("webRowSet"); rowset != nil {
		rows, err = webRows(rowset)
		return rows, true, err
	}
	query := top.first("query")
	if query == nil {
		return nil, false, nil
	}
	rows, err = xmlRows(query)
	return rows, true, err
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
func webRows(rowset *element) ([]cells, error) {
	names := map[int]string{}
	for n, d := range rowset.kid("metadata").all("column-definition") {
		at := n + 1
		if i, err := strconv.Atoi(d.kid("column-index").value()); err == nil {
			at = i
		}
		names[at] = d.kid("column-name").value()
	}
	var rows []cells
	for _, r := range rowset.kid("data").all("currentRow") {
		if len(r.kids) != len(names) {
			return nil, fmt.Errorf("a row has %d values for %d columns", len(r.kids), len(names))
		}
		row := make(cells, len(r.kids))
		for n, c := range r.kids {
			row[names[n+1]] = c.text
		}
		rows = append(rows, row)
	}
	return rows, nil
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

// lacks names a needed column that no row of an answer has. Dates may be missing where they are null; the needed ones are
// keys, states and amounts.
func (e entity) lacks(rows []cells) string {
	if len(rows) == 0 {
		return ""
	}
	for _, c := range e.columns {
		if !c.needed {
			continue
		}
		seen := false
		for _, r := range rows {
			for _, k := range c.keys {
				if _, ok := r[k]; ok {
					seen = true
				}
			}
			if seen {
				break
			}
		}
		if !seen {
			return c.keys[0]
		}
	}
	return ""
}
