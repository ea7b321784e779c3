package jaggaer

import (
	"net/http"
	"strings"

	connector "ml-connector"
)

const (
	groupFile = "file"
	groupPush = "push"
)

// files are what the customer takes out of a folder, instead of calls.
func (r requirer) files() []connector.Requirement {
	p := r.i.opts.profile
	var out []connector.Requirement
	add := func(name, purpose string, columns []string, flows []string) {
		if len(flows) == 0 {
			return
		}
		folder := p.text("file", "folder")
		if folder == "" {
			folder = "the profile key file.folder is missing: tell us"
		}
		out = append(out, connector.Requirement{Group: groupFile, Name: name, Purpose: purpose, Flows: flows, Facts: []connector.Fact{
			fact("folder", folder), fact("form", "CSV in UTF-8 with a header line"), fact("columns", strings.Join(columns, ", ")),
			fact("order", "files are taken in the order of their names, which begin with the time, and removed; a name that begins with a dot is not whole yet"),
			fact("answer", "nobody answers: what lies in the folder counts as delivered"),
		}})
	}
	add("custom field values", "JAGGAER loads custom field values from files, one field a file.", p.texts("file", "cfv_columns"), r.through("file", connector.GLAccount))
	if r.i.opts.operation("payment.write") == "file" {
		add("payments", "JAGGAER loads vouchers and payments of invoices from files, one a file.", p.texts("file", "payment_columns"), r.flows(hearing, connector.Invoice))
	}
	return out
}

// explained are the requisitions that are read for the lines of orders, where the profile asks for it.
func (r requirer) explained() []connector.Requirement {
	e, flows := r.i.opts.entities[connector.Requisition], r.flows(reading, connector.PurchaseOrder)
	if !r.i.opts.profile.bool("po_requisition_lines") || len(flows) == 0 {
		return nil
	}
	q := connector.Requirement{Group: groupResource, Name: e.path + "/ID", Flows: flows,
		Purpose: "The requisition of an order is read: it tells which of its lines each line of the order was (po_requisition_lines).", Without: noOrigin}
	if why := r.i.opts.noOriginLines(); why != "" {
		q.Facts = append(q.Facts, fact("to decide", why))
	}
	q.Facts = append(q.Facts, fact("calls", http.MethodGet+" "+strings.TrimPrefix(r.i.address(e), r.i.opts.url)+"/ID  (one record, whole)"),
		fact("fields", "requisitionLine (lineId, lineNumber)"), fact("fields of orders", "requisitionId, and requisitionLineId of each line: the lineId of the requisition's line"))
	return []connector.Requirement{q}
}

// pushes are the documents that JAGGAER sends by itself, where this Connection takes them.
func (r requirer) pushes() []connector.Requirement {
	flows := r.flows(reading, connector.PurchaseOrder, connector.Invoice)
	if r.i.settings["receive"] != true || len(flows) == 0 {
		return nil
	}
	return []connector.Requirement{{Group: groupPush, Name: "exports to us", Purpose: "JAGGAER sends orders and invoices as they change.", Flows: flows,
		Without: "they come with the next read all the same", Facts: []connector.Fact{
			fact("documents", "PurchaseOrderMessage and BuyerInvoiceExportMessage, at most 8 MiB, with PONumber or InvoiceNumber"),
			fact("sent to", "POST /receive/ and the name of this Connection, at the address that you make known for it, over TLS"),
			fact("Identity", r.i.opts.identity), fact("SharedSecret", "the secret shared_secret: the same as in documents to JAGGAER"),
			fact("answer", "DocumentExportResponse with HTTP 200; 200 in it means stored"),
		}}}
}
