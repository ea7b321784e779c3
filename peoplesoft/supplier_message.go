package peoplesoft

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	connector "ml-connector"
)

// createSupplier sends a new supplier as the message VENDOR_SYNC (PEOPLESOFT.md §4.2). Accepted is not entered: its handler
// runs the supplier's page later, and what that refuses only PeopleSoft's staff see. So it is done when the look-up by its
// number finds it, and its Receipt names no ID unless the Document chose one.
func (i *Instance) createSupplier(ctx context.Context, op string, w connector.Write) (connector.Receipt, error) {
	d := w.Document
	external, err := messageID(op, d.Text("AR_NUM"), w.Lost)
	if err != nil {
		return connector.Receipt{}, err
	}
	vendor := transactionPart{types: &record{name: vendorRecord}}
	if vendor.rows, err = i.rows(op, entVendor, d, i.schemas.supplier.Fields, vendor.types); err != nil {
		return connector.Receipt{}, err
	}
	r := connector.Receipt{Numbers: numbers(d.Text("AR_NUM"))}
	if number := d.Text("VENDOR_ID"); number != "" && number != "NEXT" {
		r.ID = strings.ToUpper(d.Text("SETID") + "/" + number)
	}
	if r.Repeated, err = i.syncVendor(ctx, op, external, "A", vendor); err != nil {
		return connector.Receipt{}, err
	}
	return r, nil
}

// updateSupplier sends what changes of a supplier, list, in the same way. A change may go back to what it was, so its message
// id tells when it was sent beside what it says; the last one sent wins.
func (i *Instance) updateSupplier(ctx context.Context, op, id string, list []node) (connector.Receipt, error) {
	vendor := transactionPart{types: &record{name: vendorRecord}}
	vendor.rows = declare(list, i.schemas.supplier.Fields, topKeys, nil, vendor.types)
	said := sha256.Sum256(rowsetMessage(i.profile.vendor.message, vendor))
	external, err := messageID(op, strings.ReplaceAll(id, "/", "-")+"-"+i.now().UTC().Format("20060102T150405.000000")+"-"+hex.EncodeToString(said[:4]), 0)
	if err != nil {
		return connector.Receipt{}, err
	}
	repeated, err := i.syncVendor(ctx, op, external, "C", vendor)
	if err != nil {
		return connector.Receipt{}, err
	}
	return connector.Receipt{ID: id, Repeated: repeated}, nil
}

// vendorRecord is the record at the top of VENDOR_SYNC.
const vendorRecord = "VENDOR"

func (i *Instance) syncVendor(ctx context.Context, op, external, action string, vendor transactionPart) (repeated bool, err error) {
	vendor.rows = append(vendor.rows, node{name: "PSCAMA", group: true, kids: []node{{name: "AUDIT_ACTN", text: action}}})
	vendor.types.list("PSCAMA").use("AUDIT_ACTN", "CHAR")
	pscama, audit := i.pscama(action)
	payload := rowsetMessage(i.profile.vendor.message, vendor, transactionPart{pscama, audit})
	_, repeated, err = i.hand(ctx, i.messageRequest(op, i.profile.vendor.operation, external, payload))
	return repeated, err
}
