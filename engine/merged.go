package engine

import (
	"context"
	"slices"
	"strings"

	connector "ml-connector"
	"ml-connector/alike"
)

// left are the IDs of the Records that others were merged into; those that were not are left out.
func (e *Engine) left(ctx context.Context, kind connector.Kind, connection string, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		kept, merged, err := e.DB.MergedInto(ctx, connector.Record{Connection: connection, Kind: kind, ID: id})
		if err != nil {
			return nil, err
		}
		if merged && !slices.Contains(ids, kept.ID) && !slices.Contains(out, kept.ID) {
			out = append(out, kept.ID)
		}
	}
	return out, nil
}

// nameMerged has what a Delivery waits for known by the Records, too, that are left of those it names: they come first, so that it is
// they who are fetched.
func (e *Engine) nameMerged(ctx context.Context, r *route, refs []connector.Ref) error {
	for i := range refs {
		ref := &refs[i]
		if ref.Kind == connector.CrosswalkKind || len(ref.IDs) == 0 {
			continue
		}
		left, err := e.left(ctx, ref.Kind, ref.Connection, ref.IDs)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			ref.IDs = append(left, ref.IDs...)
			ref.Reason += ", which was merged into " + left[0]
		}
		if !ref.Usable { // it is linked to nothing
			continue
		}
		to := r.flow.To
		if ref.Connection == to {
			to = r.flow.From
		}
		row, ok, err := e.DB.Referred(ctx, ref.Kind, ref.Connection, ref.IDs, to)
		if err != nil {
			return err
		}
		if ok && !slices.Contains(ref.IDs, row.From.ID) {
			ref.IDs = append(ref.IDs[:len(ref.IDs):len(ref.IDs)], row.From.ID)
		}
		if ok && !slices.Contains(ref.Other, row.To.ID) {
			ref.Other = append(ref.Other[:len(ref.Other):len(ref.Other)], row.To.ID)
		}
	}
	return nil
}

// noteSuccessor tells of a linked record that is not in use any more which other one of its side has the same tax number as its
// counterpart: the two may have been merged. Only a person can say so.
func (e *Engine) noteSuccessor(ctx context.Context, r *route, it *item) error {
	w := it.work
	if w.Link == nil || w.Target == nil || w.Version.Standing != connector.Refused {
		return nil
	}
	if _, merged, err := e.DB.MergedInto(ctx, w.Delivery.Record); err != nil || merged {
		return err
	}
	self := w.Target.Traits()
	if len(self.Tax) == 0 {
		return nil
	}
	found, err := e.DB.Alike(ctx, r.flow.From, w.Target.Record, self, "")
	if err != nil {
		return err
	}
	for _, c := range found {
		m := alike.Compare(self, c.Traits)
		if !m.Certain || c.ID == w.Delivery.Record.ID {
			continue
		}
		other := connector.Record{Connection: r.flow.From, Kind: r.flow.Kind, ID: c.ID}
		row, err := e.DB.RecordByID(ctx, other)
		if err != nil {
			return err
		}
		if row == nil || row.Standing != connector.Usable {
			continue
		}
		it.res.Notes = append(it.res.Notes, "it is not in use any more, and "+c.ID+" agrees with its counterpart ("+strings.Join(m.Why, ", ")+"): if it was merged into that one, say so with `ml-connector link --merged "+
			w.Delivery.Record.String()+" "+other.String()+"`")
		return nil
	}
	return nil
}

// adoptedFor is the ID that stands for one which a record names itself: of what was merged the one that is left.
func (e *Engine) adoptedFor(ctx context.Context, rec connector.Record) (string, error) {
	kept, _, err := e.DB.MergedInto(ctx, rec)
	return kept.ID, err
}
