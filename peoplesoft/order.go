package peoplesoft

import (
	"context"
	"maps"
	"slices"

	connector "ml-connector"
)

// writeOrder sends an order: new, changed, closed or cancelled, each where the profile says that the site can.
func (i *Instance) writeOrder(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	p := i.profile.po
	switch {
	case w.Operation == connector.OpCreate:
		return i.save(ctx, i.component(w.Kind), verbCreate, w.Document, nil)
	case w.Operation == connector.OpCancel && p.canCancel:
		return i.endOrder(ctx, op, w, p.cancel)
	case w.Operation == connector.OpCancel:
		return connector.Receipt{}, cannot(op)
	case p.canClose && holds(w.Document, p.closing):
		return i.endOrder(ctx, op, w, p.closing)
	case p.canUpdate:
		return i.changeOrder(ctx, op, w)
	}
	return connector.Receipt{}, cannot(op)
}

// holds says whether a Document has all of these values.
func holds(d connector.Document, values map[string]string) bool {
	for k, v := range values {
		if d.Text(k) != v {
			return false
		}
	}
	return len(values) > 0
}

// changeOrder sends the whole order, or with UpdateData what differs; rows are matched by their numbers, and a line that is
// no longer there gets `line_cancel_fields` (PEOPLESOFT.md §9).
func (i *Instance) changeOrder(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	for _, ending := range []map[string]string{i.profile.po.cancel, i.profile.po.closing} {
		if holds(w.Previous, ending) && !holds(w.Document, ending) {
			return connector.Receipt{}, connector.Errorf(connector.Conflict, op, "the order was cancelled or closed, and a change does not open it again").
				Advise("Open it again in PeopleSoft by hand, then replay the Delivery; or skip it with a reason.")
		}
	}
	d := w.Document.Clone()
	c := i.component(w.Kind)
	if err := setKeys(op, c, d, w.TargetID); err != nil {
		return connector.Receipt{}, err
	}
	if err := i.noneRevived(ctx, op, d, w); err != nil {
		return connector.Receipt{}, err
	}
	if err := noneDropped(op, d, w.Previous); err != nil {
		return connector.Receipt{}, err
	}
	lines, _ := d["PO_LINE"].([]any)
	var kept []any // of the lines before: a cancelled one is not blanked as well
	for _, old := range w.Previous.List("PO_LINE") {
		if matching(d.List("PO_LINE"), old, "LINE_NBR") != nil {
			kept = append(kept, old)
			continue
		}
		gone := map[string]any{"LINE_NBR": old.Text("LINE_NBR")}
		for k, v := range i.profile.po.cancelLine {
			gone[k] = v
		}
		lines = append(lines, gone)
	}
	d["PO_LINE"] = lines
	prev := maps.Clone(w.Previous)
	if prev != nil {
		prev["PO_LINE"] = kept
	}
	if i.profile.po.updateVerb == verbUpdateData && w.Previous != nil {
		return i.changeParts(ctx, op, c, d, w.Previous)
	}
	return again(func() (connector.Receipt, error) { return i.save(ctx, c, verbUpdate, d, prev) }, rowConcurrent)
}

// changeParts sends what differs from what both sides agreed on, with the keys of every level that it touches. UpdateData
// knows only rows that are there: with a new one among them it is an Update.
func (i *Instance) changeParts(ctx context.Context, op string, c component, d, prev connector.Document) (connector.Receipt, error) {
	x := i.newChange(op, c)
	list, err := x.level(d, prev, c.schema.Fields, treeOf("PO_HDR", prev, c.schema.Fields), len(c.keys))
	if err != nil {
		return connector.Receipt{}, err
	}
	verb := verbUpdateData
	if x.inserts {
		verb = verbUpdate
	}
	return again(func() (connector.Receipt, error) { return i.put(ctx, c, verb, d, list) }, rowConcurrent)
}

// noneRevived refuses to bring back a line that was taken off before: a cancelled line of PeopleSoft stays cancelled, whatever
// is sent for it. Only an order with a line that was not agreed on is asked for.
func (i *Instance) noneRevived(ctx context.Context, op string, d connector.Document, w connector.Write) error {
	added := slices.ContainsFunc(d.List("PO_LINE"), func(l connector.Document) bool { return matching(w.Previous.List("PO_LINE"), l, "LINE_NBR") == nil })
	if !added || w.Previous == nil || len(i.profile.po.cancelLine) == 0 {
		return nil
	}
	vs, err := i.byID(ctx, connector.PurchaseOrder, w.TargetID)
	if err != nil || len(vs) != 1 {
		return err
	}
	for _, there := range vs[0].Document.List("PO_LINE") {
		if holds(there, i.profile.po.cancelLine) && matching(d.List("PO_LINE"), there, "LINE_NBR") != nil {
			return connector.Errorf(connector.Conflict, op, "line %s was cancelled in PeopleSoft, and a change does not bring it back", there.Text("LINE_NBR")).
				Advise("Give the order a new line at its source, or open the line again in PeopleSoft by hand and replay.")
		}
	}
	return nil
}

// noneDropped refuses a change that lacks a schedule or distribution of a line that stays: rows are matched by their numbers, so
// PeopleSoft would keep the old one beside the new ones and charge what nobody ordered. Lines alone have a way to be taken off.
func noneDropped(op string, d, prev connector.Document) error {
	refuse := func(format string, args ...any) error {
		return connector.Errorf(connector.Conflict, op, format, args...).
			Advise("Change the order in PeopleSoft by hand to what the source says, then skip this Delivery with a reason.")
	}
	for _, line := range prev.List("PO_LINE") {
		now := matching(d.List("PO_LINE"), line, "LINE_NBR")
		if now == nil {
			continue
		}
		for _, schedule := range line.List("PO_LINE_SHIP") {
			there := matching(now.List("PO_LINE_SHIP"), schedule, "SCHED_NBR")
			if there == nil {
				return refuse("line %s has no schedule %s any more, and a change can't take it off", line.Text("LINE_NBR"), schedule.Text("SCHED_NBR"))
			}
			for _, distribution := range schedule.List("PO_LINE_DISTRIB") {
				if matching(there.List("PO_LINE_DISTRIB"), distribution, "DISTRIB_LINE_NUM") == nil {
					return refuse("line %s, schedule %s has no distribution %s any more, and a change can't take it off", line.Text("LINE_NBR"), schedule.Text("SCHED_NBR"), distribution.Text("DISTRIB_LINE_NUM"))
				}
			}
		}
	}
	return nil
}

// endOrder cancels or closes: an update with the fields that the profile has for it, and nothing else.
func (i *Instance) endOrder(ctx context.Context, op string, w connector.Write, fields map[string]string) (connector.Receipt, error) {
	d, c := connector.Document{}, i.component(w.Kind)
	if err := setKeys(op, c, d, w.TargetID); err != nil {
		return connector.Receipt{}, err
	}
	for k, v := range fields {
		d[k] = v
	}
	return again(func() (connector.Receipt, error) { return i.save(ctx, c, i.profile.po.updateVerb, d, nil) }, rowConcurrent)
}
