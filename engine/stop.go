package engine

import (
	"context"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/store"
)

// stop decides a Delivery that waits for a second person: where its record is not to be used any more, what says so goes at once, and it
// is held for the rest then. Else it is held.
func (b *pump) stop(ctx context.Context, it *item, why *connector.Error) error {
	if !b.e.stopsAlone(b.r, it) {
		it.out = heldOutcome(why, nil)
		return nil
	}
	it.action = connector.Decision{Action: connector.ActUpdate}
	if by, err := b.unplanned(ctx, it); err != nil || by != nil {
		it.out = by
		return err
	}
	b.act(it)
	it.waits = why
	return nil
}

// stopsAlone leaves of what is to be written only the fields that may not wait for a second person, and what the target always requires; of the
// rest what was agreed before stays agreed. False where none of them is other than it was agreed, or where more than a second person is missing. Only what may be
// sent again without harm goes so.
func (e *Engine) stopsAlone(r *route, it *item) bool {
	w := it.work
	if w.Link == nil || w.Agreement == nil || !r.writes.CanUpdate || r.writes.Class != connector.ClassUpsert || len(it.res.Problems) > 0 || len(it.res.Missing) > 0 {
		return false
	}
	fields := r.rules.Stops(e.sourceContext(r, w.Delivery.Record, w.Version.Document))
	if len(fields) == 0 {
		return false
	}
	doc, owned := connector.Document{}, w.Agreement.Owned.Clone()
	if owned == nil {
		owned = connector.Document{}
	}
	for _, name := range fields {
		if v, ok := it.res.Document[name]; ok {
			doc[name] = v
		}
		delete(owned, name)
		if v, ok := it.res.Owned[name]; ok {
			owned[name] = v
		}
	}
	for _, f := range r.writes.Schema.Fields {
		if v, ok := owned[f.Name]; ok && f.Required { // as it was agreed
			doc[f.Name] = v
		}
	}
	if owned.Fingerprint() == w.Agreement.Fingerprint {
		return false
	}
	it.res.Document, it.res.Owned = doc, owned
	return true
}

// onlyStops says whether a Document has no other fields than those of stopsAlone.
func (r *route) onlyStops(doc connector.Document) bool {
	stops := r.rules.StopFields()
	for name := range doc {
		required := slices.ContainsFunc(r.writes.Schema.Fields, func(f connector.Field) bool { return f.Name == name && f.Required })
		if !required && !slices.Contains(stops, name) {
			return false
		}
	}
	return len(stops) > 0
}

// stoppedAlone holds a Delivery for the rest, once what stops its record was written. The Version that was agreed stays the one that what a second
// person approves is compared with.
func (b *pump) stoppedAlone(it *item, details map[string]string) *store.Outcome {
	var sent []string
	for _, c := range connector.Diff(it.work.Agreement.Owned, it.res.Owned) {
		sent = append(sent, c.Field)
	}
	slices.Sort(sent)
	why := *it.waits
	why.Message += "; sent without it, since it is not to be used any more: " + strings.Join(sent, ", ")
	details["note"] = "the rest waits for a second person"
	agreed := *it.work.Agreement
	agreed.Owned = it.res.Owned
	return &store.Outcome{State: connector.Held, Err: &why, Agreement: &agreed, Details: details}
}
