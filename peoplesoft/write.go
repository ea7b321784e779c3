package peoplesoft

import (
	"context"
	"errors"
	"maps"
	"strings"

	connector "ml-connector"
)

// Write sends one Document: purchase orders and suppliers through a Component Interface, which saves all or nothing;
// invoices as the message VOUCHER_BUILD, which is accepted here and built later.
func (i *Instance) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	op := string(w.Operation) + " " + string(w.Kind)
	if w.Kind == connector.PurchaseOrder || w.Kind == connector.Invoice {
		d, err := i.tableSet(op, w.Document)
		if err != nil {
			return connector.Receipt{}, err
		}
		w.Document = d
	}
	switch {
	case w.Kind == connector.Invoice && w.Operation == connector.OpCreate:
		return i.sendVoucher(ctx, w)
	case w.Kind == connector.Supplier && w.Operation == connector.OpCreate, w.Kind == connector.PurchaseOrder && w.Operation == connector.OpCreate:
		return i.save(ctx, i.component(w.Kind), verbCreate, w.Document, nil)
	case w.Kind == connector.PurchaseOrder && w.Operation == connector.OpUpdate && i.profile.po.canUpdate:
		return i.changeOrder(ctx, op, w)
	case w.Kind == connector.PurchaseOrder && w.Operation == connector.OpCancel && i.profile.po.canCancel:
		return i.cancelOrder(ctx, op, w)
	}
	return connector.Receipt{}, connector.Errorf(connector.Conflict, op, "this PeopleSoft can't take it").
		Advise("Make the change in PeopleSoft by hand; where its Component Interface can do it, say so in the profile (po.can_update, po.can_cancel).")
}

// changeOrder sends the whole order; rows are matched by their numbers, and a line that is no longer there is cancelled
// (PEOPLESOFT.md §9).
func (i *Instance) changeOrder(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	d := w.Document.Clone()
	if err := setKeys(op, d, w.TargetID); err != nil {
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
	return i.saveAgain(ctx, d, prev)
}

// cancelOrder is an update with the profile's `po.cancel_fields`.
func (i *Instance) cancelOrder(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	d := connector.Document{}
	if err := setKeys(op, d, w.TargetID); err != nil {
		return connector.Receipt{}, err
	}
	for k, v := range i.profile.po.cancel {
		d[k] = v
	}
	return i.saveAgain(ctx, d, nil)
}

// saveAgain updates, and once more when somebody else had just changed the order: (18,1) saves nothing, and what is sent is
// the whole (PEOPLESOFT.md §5.4 row 17).
func (i *Instance) saveAgain(ctx context.Context, d, prev connector.Document) (connector.Receipt, error) {
	c := i.component(connector.PurchaseOrder)
	r, err := i.save(ctx, c, verbUpdate, d, prev)
	if f, ok := errors.AsType[*failure](err); ok && f.row == 17 && f.err.Code == connector.Conflict {
		return i.save(ctx, c, verbUpdate, d, prev)
	}
	return r, err
}

func setKeys(op string, d connector.Document, id string) error {
	unit, number, ok := strings.Cut(id, "/")
	if !ok || unit == "" || number == "" {
		return connector.Errorf(connector.Internal, op, "%q is not the ID of a purchase order", clip(id, 60))
	}
	d["BUSINESS_UNIT"], d["PO_ID"] = unit, number
	return nil
}
