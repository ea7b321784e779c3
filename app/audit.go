package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// EachEntry calls fn for each Entry that a filter chooses, one by one.
func (a *App) EachEntry(ctx context.Context, f store.EntryFilter, fn func(connector.Entry) error) error {
	return a.DB.EachEntry(ctx, f, fn)
}

// VerifyLedger holds the whole ledger against its hashes and its head. expect, when not "", is a head hash that was noted
// elsewhere at some time: an Entry of the ledger must carry it. Those who ask at once wait for one look.
func (a *App) VerifyLedger(ctx context.Context, expect string) (Verification, error) {
	v, err := a.verified.do(ctx, func(ctx context.Context) (Verification, error) {
		v, err := a.DB.VerifyEntries(ctx)
		return verificationShape(v), err
	})
	if err != nil || expect == "" {
		return v, err
	}
	found := false
	err = a.DB.EachEntry(ctx, store.EntryFilter{}, func(e connector.Entry) error {
		found = found || e.Hash == expect
		return nil
	})
	return expected(v, found), err
}

// expected adds to a Verification whether the hash that was noted elsewhere is there.
func expected(v Verification, found bool) Verification {
	if found || !v.OK {
		return v
	}
	after := v.Last + 1
	v.OK, v.BrokenAt, v.Reason = false, &after, "no entry carries the expected hash: the ledger was cut off before it, or written anew"
	return v
}

// VerifyExport does the same for an export, without a database. An export shows when Entries are missing, changed or out
// of order; that its end was cut off, or all of it written anew, shows only against a head that was noted elsewhere.
func VerifyExport(r io.Reader, expect string) (Verification, error) {
	var chain store.Chain
	found := expect == ""
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var e connector.Entry
			if jerr := json.Unmarshal(line, &e); jerr != nil {
				return Verification{}, connector.Errorf(connector.Invalid, "read the export", "line %d is not an Entry", n).
					Advise("Give a file that `ml-connector audit export` wrote: one Entry a line.")
			}
			chain.Add(e)
			found = found || e.Hash == expect
		}
		if errors.Is(err, io.EOF) {
			return expected(verificationShape(chain.Verification()), found), nil
		}
		if err != nil {
			return Verification{}, connector.Errorf(connector.Invalid, "read the export", "it can't be read").Because(err)
		}
	}
}

// ExportLedger writes Entries, one JSON object a line, in their order. It streams.
func (a *App) ExportLedger(ctx context.Context, w io.Writer, by people.Actor) error {
	if err := by.May(people.ExportLedger); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if err := a.DB.EachEntry(ctx, store.EntryFilter{}, func(e connector.Entry) error { return lines.Encode(e) }); err != nil {
		return err
	}
	return out.Flush()
}
