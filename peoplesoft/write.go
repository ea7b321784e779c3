package peoplesoft

import (
	"context"
	"errors"
	"slices"
	"strings"

	connector "ml-connector"
)

// Write sends one Document: purchase orders and suppliers through a Component Interface, which saves all or nothing;
// invoices as the message VOUCHER_BUILD, which is accepted here and built later; or each as the profile's transport says.
func (i *Instance) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	op := string(w.Operation) + " " + string(w.Kind)
	if w.Kind == connector.PurchaseOrder && w.Operation != connector.OpCancel || w.Kind == connector.Invoice {
		d, err := i.tableSet(op, w.Document)
		if err != nil {
			return connector.Receipt{}, err
		}
		w.Document = d
	}
	switch w.Kind {
	case connector.Invoice:
		if w.Operation == connector.OpCreate {
			return i.sendVoucher(ctx, w)
		}
	case connector.Supplier:
		return i.writeSupplier(ctx, op, w)
	case connector.PurchaseOrder:
		return i.writeOrder(ctx, op, w)
	}
	return connector.Receipt{}, cannot(op)
}

// cannot is what this PeopleSoft does not take.
func cannot(op string) error {
	return connector.Errorf(connector.Conflict, op, "this PeopleSoft can't take it").
		Advise("Make the change in PeopleSoft by hand; where its Component Interface can do it, say so in the profile (po.can_update, po.can_cancel, po.can_close, vendor.can_update).")
}

func (i *Instance) writeSupplier(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	switch {
	case w.Operation != connector.OpCreate && i.profile.vendor.canUpdate:
		return i.changeSupplier(ctx, op, w)
	case w.Operation != connector.OpCreate:
		return connector.Receipt{}, cannot(op)
	case i.profile.vendorTransport == messageTransport:
		return i.createSupplier(ctx, op, w)
	}
	return i.save(ctx, i.component(w.Kind), verbCreate, w.Document, nil)
}

// again does what writes once more after a conflict of one of these rows of PEOPLESOFT.md §5.4, which saved nothing: somebody
// else had just changed the document, or had entered what was to be entered.
func again(write func() (connector.Receipt, error), rows ...int) (connector.Receipt, error) {
	r, err := write()
	if f, ok := errors.AsType[*failure](err); ok && slices.Contains(rows, f.row) && f.err.Code == connector.Conflict {
		return write()
	}
	return r, err
}

// setKeys puts the keys of an object that is there into what is sent of it.
func setKeys(op string, c component, d connector.Document, id string) error {
	place, number, ok := strings.Cut(id, "/")
	if !ok || place == "" || number == "" {
		return connector.Errorf(connector.Internal, op, "%q is not the ID of a %s", clip(id, 60), strings.ReplaceAll(string(c.kind), "_", " "))
	}
	d[c.keys[0]], d[c.keys[1]] = place, number
	return nil
}
