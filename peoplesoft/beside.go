package peoplesoft

import (
	"fmt"
	"strings"

	connector "ml-connector"
)

// paymentSuffix ends the ID of what was paid for a voucher, so that it is not the voucher's own.
const paymentSuffix = "/payment"

// besideKind is what can be done with receipts and payments: they are read, where the profile says that this site has the lists.
func (i *Instance) besideKind(k connector.Kind) connector.KindInfo {
	switch {
	case k == connector.GoodsReceipt && i.profile.receipts, k == connector.InvoicePayment && i.profile.payments:
		return connector.KindInfo{Reads: true, Windowed: true, Needs: byUnit()}
	}
	return connector.KindInfo{}
}

// receipt builds the Version of a receipt; it names the orders of its lines.
func (i *Instance) receipt(unit string, e entity, rows []row) (connector.Version, error) {
	d := connector.Document(e.group(rows[0], "A"))
	var lines []any
	for _, r := range rows {
		if line := e.group(r, "B"); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		d["RECV_LN_SHIP"] = lines
	}
	id := d.Text("RECEIVER_ID")
	return connector.Version{ID: unit + "/" + id, Numbers: numbers(id), Title: "Receipt " + unit + " " + id, Stamp: i.stamp(e, rows[0]), Standing: connector.Usable,
		Names: named(connector.PurchaseOrder, rows, "B.BUSINESS_UNIT_PO", "B.PO_ID", unit), Document: d}, needKey("RECEIVER_ID", id)
}

// payment builds the Version of what was or will be paid for a voucher: one for all its scheduled payments, so that a void and
// the payment that follows it stand in one history.
func (i *Instance) payment(unit string, e entity, rows []row) (connector.Version, error) {
	voucher := rows[0]["A.VOUCHER_ID"]
	d := connector.Document{"BUSINESS_UNIT": unit, "VOUCHER_ID": voucher}
	var list []any
	known := []string{}
	for _, r := range rows {
		p := e.group(r, "A")
		for k, v := range e.group(r, "B") {
			p[k] = v
		}
		delete(p, "BUSINESS_UNIT")
		delete(p, "VOUCHER_ID")
		list = append(list, p)
		known = append(known, r["B.PYMNT_ID_REF"], r["B.PYMNT_ID"])
	}
	d["PAYMENT"] = list
	v := connector.Version{ID: unit + "/" + voucher + paymentSuffix, Numbers: numbers(known...), Title: "Payment of voucher " + unit + " " + voucher, Standing: connector.Pending,
		Names: []connector.Ref{{Kind: connector.Invoice, IDs: []string{unit + "/" + voucher}}}, Document: d}
	paid, reason := paidBy(rows)
	if paid != nil {
		v.Standing = connector.Usable
	}
	if reason != "" {
		v.Title = clip(fmt.Sprintf("%s: %s", v.Title, reason), 200)
	}
	return v, needKey("VOUCHER_ID", voucher)
}

// paymentsBeside is what a look at a voucher's payments shows of them; none when there are none.
func (i *Instance) paymentsBeside(unit, id string, rows []row) map[connector.Kind][]connector.Version {
	if len(rows) == 0 {
		return nil
	}
	for _, r := range rows {
		r["A.VOUCHER_ID"] = strings.ToUpper(id) // the site's query may leave it out: it was asked by it
	}
	v, err := i.payment(unit, i.entity(entPayment), rows)
	if err != nil {
		return nil
	}
	return map[connector.Kind][]connector.Version{connector.InvoicePayment: {v}}
}
