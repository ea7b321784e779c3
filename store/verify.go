package store

import (
	"context"
	"database/sql"
	"fmt"

	connector "ml-connector"
)

// Verification is what came of holding a ledger against its hashes.
type Verification struct {
	OK       bool
	Entries  int64
	First    int64 // number of the first Entry, 0 when there is none
	Last     int64
	HeadHash string
	BrokenAt int64  // number of the first Entry that is missing, was changed, or does not follow; 0 = none
	Reason   string // what is wrong there
}

// Chain holds Entries, in their order, against their numbers and hashes: those of the database or those of an export.
type Chain struct{ v Verification }

// Add takes the next Entry.
func (c *Chain) Add(e connector.Entry) { c.add(e, chainHash(e, c.v.HeadHash)) }

// add takes the next Entry with the hash that it must have.
func (c *Chain) add(e connector.Entry, must string) {
	v := &c.v
	want := v.Last + 1
	switch {
	case v.BrokenAt != 0:
	case e.Number != want:
		v.BrokenAt, v.Reason = want, fmt.Sprintf("entry %d is missing: entry %d follows entry %d", want, e.Number, v.Last)
	case must != e.Hash:
		v.BrokenAt, v.Reason = e.Number, fmt.Sprintf("entry %d is not what was entered, or does not follow the one before", e.Number)
	}
	if v.Entries == 0 {
		v.First = e.Number
	}
	v.Entries++
	v.Last, v.HeadHash = e.Number, e.Hash
}

// Verification is the outcome so far.
func (c *Chain) Verification() Verification {
	out := c.v
	out.OK = out.BrokenAt == 0
	return out
}

// VerifyEntries reads the ledger from its first Entry to the head, and holds each against its number and its hash, and the
// last against the head (I17). Its memory is flat.
func (db *DB) VerifyEntries(ctx context.Context) (Verification, error) {
	var number int64
	var hash string
	if _, err := one(db.view(ctx), "read the head of the ledger", "SELECT number, hash FROM head WHERE id = 1", nil, &number, &hash); err != nil {
		return Verification{}, err
	}
	var c Chain
	var buf []byte
	err := each(db.view(ctx), "read the ledger", "SELECT "+entryColumns+" FROM entries WHERE number <= $1 ORDER BY number", []any{number}, func(rows *sql.Rows) error {
		e, details, err := scanRawEntry(rows)
		if details == "" {
			details = "null"
		}
		var must string
		must, buf = link(buf, e, details, c.v.HeadHash)
		c.add(e, must)
		return err
	})
	if err != nil {
		return Verification{}, err
	}
	out := c.Verification()
	if out.OK && (out.Last != number || out.HeadHash != hash) {
		out.OK, out.BrokenAt, out.Reason = false, out.Last+1, fmt.Sprintf("the head names entry %d, and the ledger ends with entry %d", number, out.Last)
	}
	return out, nil
}
