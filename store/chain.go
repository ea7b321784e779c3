package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"

	connector "ml-connector"
)

// chainHash is the hash that an Entry must carry after the Entry with hash prev ("" before the first): SHA-256 over
// prev, a line break, and the Entry's JSON without its own hash: its keys in the order number, time, actor, action,
// subject, run, delivery, exchange, details; time in RFC 3339 with microseconds; details sorted by key, null for none.
func chainHash(e connector.Entry, prev string) string {
	details := "null"
	if e.Details != nil {
		details = string(textsJSON(e.Details))
	}
	h, _ := link(nil, e, details, prev)
	return h
}

// link is chainHash with the details as JSON already. It builds the text in buf, which it gives back for the next Entry:
// a ledger has millions of them.
func link(buf []byte, e connector.Entry, details, prev string) (string, []byte) {
	b := append(buf[:0], prev...)
	b = append(b, "\n{\"number\":"...)
	b = strconv.AppendInt(b, e.Number, 10)
	b = append(b, `,"time":"`...)
	b = e.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, '"')
	for _, f := range [...]struct{ key, value string }{{`,"actor":`, e.Actor}, {`,"action":`, e.Action}, {`,"subject":`, e.Subject}} {
		b = appendText(append(b, f.key...), f.value)
	}
	b = strconv.AppendInt(append(b, `,"run":`...), e.Run, 10)
	b = strconv.AppendInt(append(b, `,"delivery":`...), e.Delivery, 10)
	b = appendText(append(b, `,"exchange":`...), e.Exchange)
	b = append(append(append(b, `,"details":`...), details...), '}')
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), b
}

// appendText writes a string as encoding/json does.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(s)
			if err != nil {
				panic("a text cannot be written as JSON: " + err.Error())
			}
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// textsJSON writes texts by their names as encoding/json does; nil for nil.
func textsJSON(texts map[string]string) []byte {
	if texts == nil {
		return nil
	}
	var few [24]string
	names := few[:0]
	size := 2
	for name, text := range texts {
		names = append(names, name)
		size += len(name) + len(text) + 6
	}
	slices.Sort(names)
	b := append(make([]byte, 0, size), '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(appendText(b, name), ':'), texts[name])
	}
	return append(b, '}')
}

// HashOf is the hash that an Entry must carry after the one with hash previous, "" before the first.
func HashOf(e connector.Entry, previous string) string { return chainHash(e, previous) }

// HashesBefore gives, for numbers of Entries, the hash of the Entry before each; the first has none.
func (db *DB) HashesBefore(ctx context.Context, numbers []int64) (map[int64]string, error) {
	out := map[int64]string{}
	before := make([]int64, len(numbers))
	for i, n := range numbers {
		before[i] = n - 1
	}
	v := db.view(ctx)
	return out, chunks(before, func(part []int64) error {
		var args []any
		in := list(&args, part)
		return each(v, "read hashes of the ledger", "SELECT number, hash FROM entries WHERE number IN ("+in+")", args, func(rows *sql.Rows) error {
			var n int64
			var hash []byte
			err := rows.Scan(&n, &hash)
			out[n+1] = hexHash(hash)
			return err
		})
	})
}
