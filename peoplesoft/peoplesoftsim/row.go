package peoplesoftsim

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// Row is one row of a record with the rows below it, as the database holds them: a blank character column is one space, an empty
// number 0, an empty date "", and a date-time is the base time zone's local time without an offset.
type Row struct {
	Fields map[string]string
	Below  map[string][]*Row // by record name, such as PO_LINE

	at time.Time // when its present stage of life began; zero: it does not move by itself
}

// Get is a field's value without trailing blanks; "" when the row has no such field.
func (r *Row) Get(name string) string {
	if r == nil {
		return ""
	}
	return strings.TrimRight(r.Fields[name], " ")
}

func newRow(pairs ...string) *Row {
	r := &Row{Fields: map[string]string{}, Below: map[string][]*Row{}}
	for i := 0; i < len(pairs); i += 2 {
		r.Fields[pairs[i]] = pairs[i+1]
	}
	return r
}

func (r *Row) set(name, value string) { r.Fields[name] = value }

func (r *Row) add(record string, below *Row) { r.Below[record] = append(r.Below[record], below) }

// clone copies the row and all rows below it.
func (r *Row) clone() *Row {
	c := &Row{Fields: maps.Clone(r.Fields), Below: make(map[string][]*Row, len(r.Below)), at: r.at}
	for name, rows := range r.Below {
		for _, b := range rows {
			c.Below[name] = append(c.Below[name], b.clone())
		}
	}
	return c
}

// table holds rows by key, and the keys in order. A key is its parts joined by "/", such as US001/0000004711.
type table struct {
	rows map[string]*Row
	keys []string
}

func newTable() *table { return &table{rows: map[string]*Row{}} }

func key(parts ...string) string { return strings.Join(parts, "/") }

func (t *table) get(k string) *Row { return t.rows[k] }

func (t *table) put(k string, r *Row) {
	if _, ok := t.rows[k]; !ok {
		at, _ := slices.BinarySearch(t.keys, k)
		t.keys = slices.Insert(t.keys, at, k)
	}
	t.rows[k] = r
}

func (t *table) remove(k string) {
	if at, ok := slices.BinarySearch(t.keys, k); ok {
		t.keys = slices.Delete(t.keys, at, at+1)
		delete(t.rows, k)
	}
}

// after yields the rows under a first key part, in key order, that come after a value of the second.
func (t *table) after(first, second string) iter.Seq2[string, *Row] {
	return func(yield func(string, *Row) bool) {
		prefix := first + "/"
		at, _ := slices.BinarySearch(t.keys, prefix+second)
		for _, k := range t.keys[at:] {
			if !strings.HasPrefix(k, prefix) {
				return
			}
			if k[len(prefix):] > second && !yield(k, t.rows[k]) {
				return
			}
		}
	}
}

func (t *table) copies() []*Row {
	out := make([]*Row, 0, len(t.keys))
	for _, k := range t.keys {
		out = append(out, t.rows[k].clone())
	}
	return out
}

// current picks the row with the greatest EFFDT on or before a day, or nil (PEOPLESOFT.md §7.6).
func current(rows []*Row, day string) *Row {
	var best *Row
	for _, r := range rows {
		if d := r.Get("EFFDT"); d <= day && (best == nil || d > best.Get("EFFDT")) {
			best = r
		}
	}
	return best
}

// find is the first row whose fields have the given values, or nil.
func find(rows []*Row, pairs ...string) *Row {
	for _, r := range rows {
		match := true
		for i := 0; i < len(pairs); i += 2 {
			match = match && r.Get(pairs[i]) == pairs[i+1]
		}
		if match {
			return r
		}
	}
	return nil
}
