package connector

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"ml-connector/canonical"
)

// Document is the content of one Version in the System's own field names. Its values are strings (numbers as decimal
// text, dates as YYYY-MM-DD, booleans as "true" and "false"), nested map[string]any, or []any of those. An empty value
// is left out or "". No floats, no nulls.
type Document map[string]any

// Canonical is the one JSON text of a Document: keys sorted, no white space, nothing escaped for HTML. Empty strings,
// maps and lists are left out, so that a field that is blank and one that is missing are the same content.
func (d Document) Canonical() []byte {
	return canonical.Text(d, func(v any) (map[string]any, bool) { return AsMap(v) })
}

// Fingerprint is the SHA-256 of the canonical text, in hex. Equal content has equal fingerprints.
func (d Document) Fingerprint() string {
	sum := sha256.Sum256(d.Canonical())
	return hex.EncodeToString(sum[:])
}

// ParseDocument reads canonical text back.
func ParseDocument(text []byte) (Document, error) {
	if d, ok := canonical.Read(text, false); ok {
		return d, nil
	}
	var d Document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, Errorf(Internal, "read a stored document", "it is not a JSON object").Because(err)
	}
	return d, nil
}

// prune leaves out what is blank; nothing left is nil.
func prune(v any) any { return copyOf(v, false) }

// copyOf copies a value to its depth, with or without what is blank in it.
func copyOf(v any, blanks bool) any {
	if m, ok := AsMap(v); ok {
		out := make(map[string]any, len(m))
		for k, e := range m {
			if c := copyOf(e, blanks); c != nil || blanks {
				out[k] = c
			}
		}
		if len(out) > 0 || blanks {
			return out
		}
		return nil
	}
	if l, ok := v.([]any); ok {
		out := make([]any, 0, len(l))
		for _, e := range l {
			if c := copyOf(e, blanks); c != nil || blanks {
				out = append(out, c)
			}
		}
		if len(out) > 0 || blanks {
			return out
		}
		return nil
	}
	if v == "" && !blanks {
		return nil
	}
	return v
}

// Get follows a dotted path through nested maps. A path that meets a list or nothing gives nil.
func (d Document) Get(path string) any {
	for {
		name, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			return d[name]
		}
		d, _ = AsMap(d[name])
		path = rest
	}
}

// Text is the string at a dotted path, "" when there is none.
func (d Document) Text(path string) string {
	s, _ := d.Get(path).(string)
	return s
}

// List is the list of maps at a dotted path; elements of other types are passed over.
func (d Document) List(path string) []Document {
	l, _ := d.Get(path).([]any)
	out := make([]Document, 0, len(l))
	for _, e := range l {
		if m, ok := AsMap(e); ok {
			out = append(out, m)
		}
	}
	return out
}

// AsMap is the map behind a value of a Document, whichever of the two types it has.
func AsMap(v any) (Document, bool) {
	switch x := v.(type) {
	case map[string]any:
		return x, true
	case Document:
		return x, true
	}
	return nil, false
}

// Clone copies a Document to its depth.
func (d Document) Clone() Document {
	c, _ := AsMap(copyOf(d, true))
	return c
}

// Change is one field that differs between two Documents.
type Change struct {
	Field string `json:"field"` // dotted path; list elements as NAME[2], counted from 1
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Diff lists the leaves in which two Documents differ, by path. It is empty exactly when their fingerprints are equal.
func Diff(old, now Document) []Change {
	a, b := leaves(old), leaves(now)
	all := maps.Clone(a)
	maps.Copy(all, b)
	var out []Change
	for _, p := range slices.Sorted(maps.Keys(all)) {
		if a[p] != b[p] {
			out = append(out, Change{Field: p, Old: a[p], New: b[p]})
		}
	}
	return out
}

// leaves gives each leaf of a Document by its path. Blank ones are left out, and blank groups of a list don't count.
func leaves(d Document) map[string]string { return canonical.Leaves(prune(d)) }
