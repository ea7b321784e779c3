package store

import (
	"context"
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
func (c *Chain) Add(e connector.Entry) {
	v := &c.v
	want := v.Last + 1
	switch {
	case v.BrokenAt != 0:
	case e.Number != want:
		v.BrokenAt, v.Reason = want, fmt.Sprintf("entry %d is missing: entry %d follows entry %d", want, e.Number, v.Last)
	case chainHash(e, v.HeadHash) != e.Hash:
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
	err := db.EachEntry(ctx, EntryFilter{Until: number}, func(e connector.Entry) error {
		c.Add(e)
		return nil
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
