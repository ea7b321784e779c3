package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "ml-connector"
)

// never is the due time of what only a person can move.
const never = int64(1) << 60

func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func timeOf(us int64) time.Time {
	if us == 0 || us == never {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// marks gives "$from, $from+1, …" for n arguments.
func marks(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// list appends values to args and gives the marks for an IN list of them. The list is filled up to a power of two by
// repeating the last, so that there are few texts to prepare. An empty list holds nothing.
func list[T any](args *[]any, values []T) string {
	n := len(values)
	if n == 0 {
		return "NULL"
	}
	size := 1
	for size < n {
		size *= 2
	}
	from := len(*args) + 1
	for i := range size {
		*args = append(*args, values[min(i, n-1)])
	}
	return marks(from, size)
}

// longest is how many values one IN list holds.
const longest = 256

// chunks calls fn with at most longest values at a time.
func chunks[T any](values []T, fn func([]T) error) error {
	for part := range slices.Chunk(values, longest) {
		if err := fn(part); err != nil {
			return err
		}
	}
	return nil
}

// insert writes rows of equal length in as few statements as the dialect likes, each of a power of two rows.
func (tx *Tx) insert(op, head, tail string, rows [][]any) (int64, error) {
	var changed int64
	for len(rows) > 0 {
		size := tx.db.dialect.batch()
		for size > len(rows) {
			size /= 2
		}
		n, err := tx.exec(op, head+" VALUES "+tuples(size, len(rows[0]), nil)+tail, flat(rows[:size])...)
		if err != nil {
			return changed, err
		}
		changed += n
		tx.written += n
		rows = rows[size:]
	}
	return changed, nil
}

// update writes different values to many rows: head is "UPDATE t SET a = v.column1 …", tail "WHERE t.id = v.column2 …".
// types are those of the columns: on PostgreSQL a parameter in a list of values has none by itself.
func (tx *Tx) update(op, head, tail string, types []string, rows [][]any) (int64, error) {
	var changed int64
	columns := len(types)
	if !tx.db.dialect.typed() {
		types = nil
	}
	for len(rows) > 0 {
		size := tx.db.dialect.batch()
		for size > len(rows) {
			size /= 2
		}
		n, err := tx.exec(op, head+" FROM (VALUES "+tuples(size, columns, types)+") AS v "+tail, flat(rows[:size])...)
		if err != nil {
			return changed, err
		}
		changed += n
		rows = rows[size:]
	}
	return changed, nil
}

func tuples(rows, columns int, types []string) string {
	var b strings.Builder
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteByte(',')
			}
			n++
			if types != nil && r == 0 {
				b.WriteString("CAST($" + strconv.Itoa(n) + " AS " + types[c] + ")")
				continue
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		}
		b.WriteByte(')')
	}
	return b.String()
}

func flat(rows [][]any) []any {
	out := make([]any, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}

// asJSON is the text of a value; zero is "".
func asJSON(v any, zero bool) string {
	if zero {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic("a value of the domain cannot be written as JSON: " + err.Error())
	}
	return string(text)
}

// fromJSON reads asJSON's text; "" leaves v as it is.
func fromJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// storedError is an Error as it is kept: its cause as text.
type storedError struct {
	Code     connector.Code  `json:"code"`
	Op       string          `json:"op,omitempty"`
	Message  string          `json:"message"`
	Hint     string          `json:"hint,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	Exchange string          `json:"exchange,omitempty"`
	Wait     time.Duration   `json:"wait,omitempty"`
	Refs     []connector.Ref `json:"refs,omitempty"`
}

func errorText(e *connector.Error) string {
	if e == nil {
		return ""
	}
	s := storedError{Code: e.Code, Op: e.Op, Message: e.Message, Hint: e.Hint, Exchange: e.Exchange, Wait: e.Wait, Refs: e.Refs}
	if e.Cause != nil {
		s.Cause = e.Cause.Error()
	}
	return asJSON(s, false)
}

func errorCode(e *connector.Error) string {
	if e == nil {
		return ""
	}
	return string(e.Code)
}

func errorOf(text string) (*connector.Error, error) {
	if text == "" {
		return nil, nil
	}
	var s storedError
	if err := fromJSON(text, &s); err != nil {
		return nil, err
	}
	e := &connector.Error{Code: s.Code, Op: s.Op, Message: s.Message, Hint: s.Hint, Exchange: s.Exchange, Wait: s.Wait, Refs: s.Refs}
	if s.Cause != "" {
		e.Cause = errors.New(s.Cause)
	}
	return e, nil
}

func sortedPartitions(set map[FlowPartition]bool) []FlowPartition {
	out := make([]FlowPartition, 0, len(set))
	for p := range set {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b FlowPartition) int {
		return cmp.Or(strings.Compare(a.Flow, b.Flow), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}
