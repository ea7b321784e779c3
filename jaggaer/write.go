package jaggaer

import (
	"context"
	"strings"

	connector "ml-connector"
)

// Write sends one Document: suppliers and requisitions through the XML router or over REST, as the profile says, custom
// field values over REST. The Receipt of a supplier that went through the router has no ID as a rule: the answer does not
// name it, and a look-up by ERPNumber gives it (JAGGAER.md §5.4).
//
// Errors: invalid (the Document does not fit, or JAGGAER requires more), rejected, conflict, misconfigured, credentials,
// forbidden; throttled and unavailable mean that surely nothing was done; ambiguous that something may have been.
func (i *Instance) Write(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	if fault := i.writable(w); fault != nil {
		return connector.Receipt{}, fault
	}
	switch rest := i.opts.operation(writeOperation(w.Kind)) == "rest"; {
	case w.Kind == connector.GLAccount:
		r := i.WriteBatch(ctx, []connector.Write{w})[0]
		return r.Receipt, r.Err
	case w.Kind == connector.Supplier && rest:
		return i.postSupplier(ctx, w)
	case w.Kind == connector.Supplier:
		return i.importSupplier(ctx, w)
	case rest:
		return i.postRequisition(ctx, w)
	}
	return i.importRequisition(ctx, w)
}

// writable checks what must be right before anything is sent.
func (i *Instance) writable(w connector.Write) *connector.Error {
	info := i.Kind(w.Kind)
	op := "write " + string(w.Kind)
	switch {
	case !info.Writes:
		e := connector.Errorf(connector.Misconfigured, op, "this Connection does not write records of this kind")
		if name := writeOperation(w.Kind); name != "" {
			e.Advise("Set operations.%s of the profile.", name)
		}
		return e
	case w.Operation == connector.OpUpdate && !info.CanUpdate:
		return connector.Errorf(connector.Conflict, op, "JAGGAER can't change a requisition that it has").Advise("Make the change in JAGGAER by hand, then skip this Delivery with a reason.")
	case w.Operation == connector.OpCancel:
		return connector.Errorf(connector.Conflict, op, "JAGGAER takes no cancellation from outside").Advise("Cancel it in JAGGAER by hand, then skip this Delivery with a reason.")
	}
	var problems []string
	for _, p := range info.Schema.Check(w.Document) {
		problems = append(problems, p.Field+" "+p.Message)
	}
	if w.Kind == connector.Supplier && w.Document.Text("ERPNumber") == "" && w.Document.Text("SQIntegrationNumber") == "" {
		problems = append(problems, "ERPNumber or SQIntegrationNumber is required")
	}
	if len(problems) > 0 {
		return connector.Errorf(connector.Invalid, op, "%s", strings.Join(problems, "; ")).Advise("Mend the mapping, or what it takes the values from.")
	}
	return nil
}

func (i *Instance) importSupplier(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	body := branchOf("SupplierRequestMessage", element("Supplier", w.Document, supplierSchema().Fields))
	v, err := i.post(ctx, supplierImport, w, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{ID: v.supplier, Numbers: supplierNumbers(w.Document), Warnings: v.warnings}, nil
}

func supplierNumbers(d connector.Document) []string {
	var out []string
	for _, name := range []string{"ERPNumber", "SQIntegrationNumber"} {
		if n := d.Text(name); n != "" {
			out = append(out, n)
		}
	}
	return out
}

func (i *Instance) importRequisition(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	body, fault := i.requisition(w.Document)
	if fault != nil {
		return connector.Receipt{}, fault
	}
	v, err := i.post(ctx, requisitionImport, w, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	numbers := []string{w.Document.Text("ExternalReq")}
	if v.ref.number != "" {
		numbers = append([]string{v.ref.number}, numbers...)
	}
	return connector.Receipt{ID: v.ref.id, Numbers: numbers, Warnings: v.warnings}, nil
}
