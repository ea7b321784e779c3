package jaggaer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"net/http"
	"net/url"
	slashed "path"
	"slices"
	"strings"

	connector "ml-connector"
)

const filing = "write a file"

// Columns of files, by their names in JAGGAER.md §5.7, in their order.
func valueColumns() []string {
	return []string{"FieldInternalName", "Value", "Description", "Active", "ParentValue"}
}

func paymentColumns() []string {
	return []string{"InvoiceNumber", "SupplierNumber", "SupplierInvoiceNo", "VoucherNumber", "PaymentStatus", "PaymentDate", "PaymentMethod", "PaymentNumber", "Amount", "Currency"}
}

// columnOf are what a column may hold besides those of the default.
func columnNames(of string) []string {
	if of == "cfv" {
		return valueColumns()
	}
	return append(paymentColumns(), "InvoiceId", "ExternalReference")
}

// folderURL is the profile's folder as the Caller takes it, "" for none.
func (o options) folderURL() string {
	f := o.profile.text("file", "folder")
	if f == "" {
		return ""
	}
	return (&url.URL{Scheme: "file", Path: slashed.Clean(strings.ReplaceAll(f, "\\", "/"))}).String()
}

// folderReady says what is missing for files, nil when nothing is.
func (i *Instance) folderReady(op string) *connector.Error {
	if i.opts.folderURL() != "" {
		return nil
	}
	return connector.Errorf(connector.Misconfigured, op, "files go into a folder, and the profile key file.folder is missing").
		Advise("Give file.folder to the profile of this Connection: a folder that something carries to JAGGAER.")
}

// fileLimits checks the folder and the columns.
func (c *settingsCheck) fileLimits(p profile) {
	if f := p.text("file", "folder"); f != "" && (!strings.HasPrefix(f, "/") || slashed.Clean(f) == "/") {
		c.complain("profile.file.folder", "must be the whole path of a folder, such as /var/spool/jaggaer")
	} else if f != "" {
		c.origins = append(c.origins, optionsFrom(c.out).folderURL())
	}
	for _, of := range []string{"cfv", "payment"} {
		columns := p.texts("file", of+"_columns")
		if len(columns) == 0 {
			c.complain("profile.file."+of+"_columns", "must name a column")
		}
		for _, column := range columns {
			if !slices.Contains(columnNames(of), column) {
				c.complain("profile.file."+of+"_columns", "names %s, which is not known; known are %s", column, strings.Join(columnNames(of), ", "))
			}
		}
	}
}

// fileValues writes one file a field, with a line for each value. Nobody answers: what lies there is written.
func (i *Instance) fileValues(ctx context.Context, ws []connector.Write, batch []int, out []connector.Result) {
	fields := map[string][]int{}
	var order []string
	for _, n := range batch {
		field := ws[n].Document.Text("fieldInternalName")
		if fields[field] == nil {
			order = append(order, field)
		}
		fields[field] = append(fields[field], n)
	}
	for _, field := range order {
		var rows []map[string]string
		for _, n := range fields[field] {
			d := ws[n].Document
			rows = append(rows, map[string]string{"FieldInternalName": field, "Value": i.sentValue(d), "Description": sendable(d.Text("description")), "Active": d.Text("active"), "ParentValue": d.Text("parentValue")})
		}
		err := i.writeFile(ctx, "cfv-"+field, i.opts.profile.texts("file", "cfv_columns"), rows)
		for _, n := range fields[field] {
			if err != nil {
				own := *connector.AsError(err)
				out[n] = connector.Result{Err: &own}
				continue
			}
			out[n] = connector.Result{Receipt: valueReceipt(ws[n].Document)}
		}
	}
}

// filePayment writes one file with one line.
func (i *Instance) filePayment(ctx context.Context, id string, record connector.Document, t connector.Tidings) error {
	v := i.paymentValues(id, record, t)
	return i.writeFile(ctx, "payment-"+id, i.opts.profile.texts("file", "payment_columns"), []map[string]string{{
		"InvoiceNumber": v["invoice_number"], "SupplierNumber": v["supplier_number"], "SupplierInvoiceNo": v["supplier_invoice_number"], "VoucherNumber": v["voucher_number"],
		"PaymentStatus": v["payment_status"], "PaymentDate": v["payment_date"], "PaymentMethod": v["payment_method"], "PaymentNumber": v["payment_number"],
		"Amount": v["amount"], "Currency": v["currency"], "InvoiceId": id, "ExternalReference": v["external_reference"],
	}})
}

// writeFile puts a CSV into the folder. Names begin with the time, so that who takes them in the order of their names takes them in
// the order in which they were made; the same content within a millisecond is one file.
func (i *Instance) writeFile(ctx context.Context, what string, columns []string, rows []map[string]string) error {
	if fault := i.folderReady(filing); fault != nil {
		return fault
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(columns) // a Buffer takes everything
	for _, row := range rows {
		line := make([]string, len(columns))
		for n, column := range columns {
			line[n] = row[column]
		}
		_ = w.Write(line)
	}
	w.Flush()
	sum := sha256.Sum256(append([]byte(i.connection+"\n"), b.Bytes()...))
	name := i.now().UTC().Format("20060102T150405.000Z") + "-" + fileWord(what) + "-" + hex.EncodeToString(sum[:6]) + ".csv"
	resp, err := i.caller.Call(ctx, connector.Request{Op: filing, Method: http.MethodPut, URL: i.opts.folderURL() + "/" + name, Body: b.Bytes(), Write: true, Header: map[string]string{"Content-Type": "text/csv; charset=UTF-8"}})
	switch {
	case err != nil:
		return err
	case resp.Status != http.StatusOK && resp.Status != http.StatusCreated:
		fault := connector.Errorf(connector.Unavailable, filing, "a file with the name %s and another content lies in the folder", name).Advise("It is tried again under another name.")
		fault.Exchange = resp.Exchange
		return fault
	}
	return nil
}

// fileWord is a text as part of a file's name.
func fileWord(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, s[:min(len(s), 80)])
}

// importValue sends one custom field value through the router, in the customer's own form.
func (i *Instance) importValue(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	if fault := i.routerReady(valueImport); fault != nil {
		return connector.Receipt{}, fault
	}
	d := w.Document
	values := i.headerValues(ctx, valueImport, w)
	for name, value := range map[string]string{"field": d.Text("fieldInternalName"), "value": i.sentValue(d), "description": d.Text("description"), "active": d.Text("active"), "parent_value": d.Text("parentValue")} {
		values[name] = value
	}
	text, err := fillTemplate(i.opts.profile.text("xml", "templates", "cfv"), values)
	if err != nil {
		return connector.Receipt{}, connector.Errorf(connector.Misconfigured, valueImport.op(), "the template of custom field values can't be used: %s", err).Advise("Correct xml.templates.cfv of the profile.")
	}
	v, err := i.postText(ctx, valueImport, text)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt := valueReceipt(d)
	receipt.Warnings = v.warnings
	return receipt, nil
}
