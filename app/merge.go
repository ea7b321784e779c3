package app

import (
	"context"
	"strings"

	connector "ml-connector"
	"ml-connector/people"
	"ml-connector/store"
)

// Merged is what came of a merge. All are CONNECTION:KIND:ID.
type Merged struct {
	Old   string   `json:"old"`
	Kept  string   `json:"kept"`
	Moved []string `json:"moved"` // linked to Kept now
	Stays []string `json:"stays"` // linked to Old as before, since Kept has a counterpart of its own
}

// Words say it to a person.
func (m Merged) Words() string {
	text := "what names " + m.Old + " goes by " + m.Kept
	if len(m.Moved) > 0 {
		text += "; linked to it now: " + strings.Join(m.Moved, ", ")
	}
	if len(m.Stays) > 0 {
		text += "; both stay linked, so that what becomes of the old one still reaches " + strings.Join(m.Stays, ", ")
	}
	return text
}

// MergeRecords says that the first of two Records of one Connection, given as CONNECTION:KIND:ID, was merged into the second.
func (a *App) MergeRecords(ctx context.Context, old, kept string, by people.Actor) (Merged, error) {
	if err := by.May(people.ChangeLink); err != nil {
		return Merged{}, err
	}
	var m store.Merge
	err := a.pair(ctx, old, kept, func(tx *store.Tx, p, q connector.Record) (err error) {
		m, err = tx.MergeRecords(p, q, by.Name)
		return err
	})
	return Merged{m.Old.String(), m.Kept.String(), recordTexts(m.Moved), recordTexts(m.Stays)}, err
}

func recordTexts(recs []connector.Record) []string {
	out := make([]string, len(recs))
	for n, r := range recs {
		out[n] = r.String()
	}
	return out
}

// merges adds what a Record was merged into, and what was merged into it.
func (a *App) merges(ctx context.Context, r connector.Record, out *RecordDetail) error {
	all, err := a.DB.Merges(ctx, r)
	out.Merged = []string{}
	for _, m := range all {
		if m.Old == r {
			out.MergedInto = m.Kept.ID
		} else {
			out.Merged = append(out.Merged, m.Old.ID)
		}
	}
	return err
}
