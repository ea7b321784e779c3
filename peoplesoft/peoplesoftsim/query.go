package peoplesoftsim

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// column is one selected field: its key such as A.PO_ID, and its type for how it is written.
type column struct {
	name string
	kind kind
}

// line is one row of a result: values in the order of the columns.
type line []string

// prompt is a query prompt: unique name and type, C with a length or D.
type prompt struct {
	name   string
	kind   kind
	length int
}

// query is one saved PS Query. Rows come in key order and are read only as far as they are wanted.
type query struct {
	name    string
	prompts []prompt
	columns []column
	rows    func(u *account, p map[string]string) iter.Seq[line]
}

// promptTypes are the prompts of PEOPLESOFT.md §3.7.
var promptTypes = map[string]prompt{
	"SETID": {"SETID", character, 5}, "BU": {"BU", character, 5}, "AFTER_ID": {"AFTER_ID", character, 10}, "AFTER_KEY": {"AFTER_KEY", character, 15},
	"AFTER_BU": {"AFTER_BU", character, 5}, "VENDOR_ID": {"VENDOR_ID", character, 10}, "PO_ID": {"PO_ID", character, 10}, "VOUCHER_ID": {"VOUCHER_ID", character, 8},
	"INVOICE_ID": {"INVOICE_ID", character, 30}, "PO_REF": {"PO_REF", character, 30}, "EXT_ID": {"EXT_ID", character, 15}, "FROM_DT": {"FROM_DT", date, 10},
	"ASOF": {"ASOF", date, 10}, "AFTER_SEQ": {"AFTER_SEQ", character, 5}, "AFTER_LOC": {"AFTER_LOC", character, 10},
}

// saved makes a query from its prompt names and columns; a prompt that §3.7 does not list is a ChartField's value.
func saved(name, prompts string, columns []column, rows func(u *account, p map[string]string) iter.Seq[line]) *query {
	q := &query{name: name, columns: columns, rows: rows}
	for _, n := range strings.Fields(prompts) {
		p, ok := promptTypes[n]
		if !ok {
			p = prompt{n, character, 15}
		}
		q.prompts = append(q.prompts, p)
	}
	return q
}

// selected are columns of a record under an alias; names "*" takes all, else just those, each looked up for its type.
func selected(alias string, r *record, names string) []column {
	var out []column
	for _, f := range r.fields {
		if names == "*" || slices.Contains(strings.Fields(names), f.name) {
			out = append(out, column{alias + "." + f.name, f.kind})
		}
	}
	return out
}

// values reads columns out of rows by alias; a row that an outer join did not find gives "".
func values(columns []column, rows map[string]*Row) line {
	out := make(line, len(columns))
	for i, c := range columns {
		alias, name, _ := strings.Cut(c.name, ".")
		if r := rows[alias]; r != nil {
			out[i] = r.Fields[name]
		}
	}
	return out
}

// bind reads the prompts of a call: two comma-joined lists in one order, names case-sensitive, every prompt there (§3.1).
func (s *Server) bind(q *query, raw string) (map[string]string, *trouble) {
	names, err := rawList(raw, "prompt_uniquepromptname")
	if err != nil {
		return nil, err
	}
	given, err := rawList(raw, "prompt_fieldvalue")
	if err != nil {
		return nil, err
	}
	if len(q.prompts) == 0 {
		return map[string]string{}, nil
	}
	if len(names) != len(given) {
		return nil, refusal(50, 101, "Query %s: %d prompt names but %d prompt values.", q.name, len(names), len(given))
	}
	bound := map[string]string{}
	for i, n := range names {
		bound[n] = given[i]
	}
	out := map[string]string{}
	for _, p := range q.prompts {
		their := theirs(s.options.Site.Prompts[q.name], p.name)
		v, ok := bound[their]
		if !ok {
			return nil, refusal(50, 102, "Query %s: prompt %s has no value.", q.name, their)
		}
		if t := p.edit(v); t != nil {
			return nil, t
		}
		out[p.name] = v
		delete(bound, their)
	}
	for n := range bound {
		return nil, refusal(50, 103, "Query %s: there is no prompt %s.", q.name, n)
	}
	return out, nil
}

// edit is what the database makes of a prompt value: a date that is none is an SQL error.
func (p prompt) edit(v string) *trouble {
	if p.kind == date {
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return &trouble{set: 50, number: 380, text: strings.TrimSuffix(sqlText("1861"), " (50,380)")}
		}
	}
	if utf8.RuneCountInString(v) > p.length {
		return refusal(50, 104, "Prompt %s is longer than %d.", p.name, p.length)
	}
	return nil
}

func sqlText(code string) string {
	return fmt.Sprintf("A SQL error occurred. Please consult your system log for details. Error in running query because of SQL Error, Code=%s (50,380)", code)
}

// project keeps the columns that filterfields names; without it all.
func (s *Server) project(q *query, raw string) ([]int, *trouble) {
	names, t := rawList(raw, "filterfields")
	if t != nil {
		return nil, t
	}
	var out []int
	for i := range q.columns {
		if len(names) == 0 || slices.Contains(names, s.fieldName(q.columns[i].name)) {
			out = append(out, i)
		}
	}
	if len(names) > 0 && len(out) != len(names) {
		return nil, refusal(50, 105, "Query %s: a filter field is not in the query.", q.name)
	}
	return out, nil
}

func (s *Server) fieldName(name string) string { return theirs(s.options.Site.Fields, name) }

// run reads at most limit rows (0: all that the user's profile gives) and never says that there are more (§3.5).
func (q *query) run(u *account, bound map[string]string, limit int) []line {
	if u.RowCap > 0 && (limit == 0 || u.RowCap < limit) {
		limit = u.RowCap
	}
	var out []line
	for l := range q.rows(u, bound) {
		if out = append(out, l); len(out) == limit {
			break
		}
	}
	return out
}

// without is the query as an author built it who left columns out.
func (q *query) without(columns []string) *query {
	var kept []int
	less := &query{name: q.name, prompts: q.prompts}
	for i, c := range q.columns {
		if !slices.Contains(columns, c.name) {
			kept, less.columns = append(kept, i), append(less.columns, c)
		}
	}
	less.rows = func(u *account, p map[string]string) iter.Seq[line] {
		return func(yield func(line) bool) {
			for l := range q.rows(u, p) {
				out := make(line, len(kept))
				for n, i := range kept {
					out[n] = l[i]
				}
				if !yield(out) {
					return
				}
			}
		}
	}
	return less
}

// once is a sequence of what a look-up by key found.
func once(lines ...line) iter.Seq[line] { return slices.Values(lines) }
