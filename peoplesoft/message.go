package peoplesoft

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
)

// sendVoucher sends one voucher, by the message VOUCHER_BUILD or by the site's own service. Accepted is not built: that is
// what Track tells. Received before counts as accepted.
//
// A voucher that was accepted before and is nowhere goes under the same number, and under a message id of its own (-2, -3 …):
// the broker would refuse the old one as received (PEOPLESOFT.md §9).
func (i *Instance) sendVoucher(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	const op = "create invoice"
	d := w.Document
	if err := balanced(op, d, i.profile.voucher.tolerance); err != nil {
		return connector.Receipt{}, err
	}
	external, err := messageID(op, d.Text(externalMessageID), w.Lost)
	if err != nil {
		return connector.Receipt{}, err
	}
	if i.profile.voucher.transport == customTransport {
		return i.postVoucher(ctx, op, d, external)
	}
	payload, err := i.voucherMessage(op, d)
	if err != nil {
		return connector.Receipt{}, err
	}
	r := i.voucherReceipt(d)
	life, repeated, err := i.hand(ctx, i.messageRequest(op, i.profile.voucher.operation, external, payload))
	if err != nil {
		return connector.Receipt{}, err
	}
	r.Repeated = repeated
	if !repeated {
		r.Life = life
	}
	return r, nil
}

// messageID is what the broker knows a message by; lost is how often what it accepted under it was nowhere.
func messageID(op, id string, lost int) (string, error) {
	if lost > 0 && id != "" {
		id += "-" + strconv.Itoa(lost+1)
	}
	if id == "" || len(id) > 70 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == ',' }) {
		return "", connector.Errorf(connector.Invalid, op, "the message id %q is not of 1 to 70 plain characters", clip(id, 80))
	}
	return id, nil
}

// hand sends a message. That the broker had received it before is no failure (PEOPLESOFT.md §4.3).
func (i *Instance) hand(ctx context.Context, r request) (life *connector.Life, repeated bool, err error) {
	resp, err := i.call(ctx, r)
	if err != nil {
		return nil, false, err
	}
	a := readAnswer(resp, i.profile.fallback)
	if a.status >= 200 && a.status < 300 && (a.broker == "success" || a.broker == "" && a.code == "0") {
		return &connector.Life{Stage: connector.StageSent, Reason: accepted(a), At: i.now()}, false, nil
	}
	f := i.fail(r.op, a, true)
	if f.err.Code == connector.Conflict && (f.row == rowDuplicate || f.own) {
		return nil, true, nil
	}
	return nil, false, f
}

// accepted names the transaction, which is what PeopleSoft's staff look for in the Service Operations Monitor.
func accepted(a *answer) string {
	if id := (&element{kids: []*element{a.tree}}).first("TransactionID").value(); id != "" {
		return "accepted by the gateway as transaction " + clip(id, 80)
	}
	return "accepted by the gateway"
}

func (i *Instance) voucherReceipt(d connector.Document) connector.Receipt {
	unit, id := strings.ToUpper(d.Text("BUSINESS_UNIT")), strings.ToUpper(d.Text("VOUCHER_ID"))
	r := connector.Receipt{Numbers: numbers(id, d.Text("INVOICE_ID"))}
	if id != "" && id != "NEXT" {
		r.ID = unit + "/" + id
	}
	return r
}

// voucherRows are the records of a voucher as it is staged: the header with all below it, and the miscellaneous charge as a
// row of its own where the profile has a record for it.
func (i *Instance) voucherRows(op string, d connector.Document) ([]transactionPart, error) {
	d = maps.Clone(d)
	delete(d, externalMessageID) // it travels beside the message
	header := transactionPart{types: &record{name: "VCHR_HDR_STG"}}
	var err error
	if header.rows, err = i.rows(op, entVoucher, d, i.schemas.voucher.Fields, header.types); err != nil {
		return nil, err
	}
	keys := []node{{name: "BUSINESS_UNIT", text: strings.ToUpper(d.Text("BUSINESS_UNIT"))}, {name: "VOUCHER_ID", text: strings.ToUpper(d.Text("VOUCHER_ID"))}}
	keyTypes := []field{{"BUSINESS_UNIT", "CHAR"}, {"VOUCHER_ID", "CHAR"}}
	payment := i.profile.voucher.paymentRecord
	header.rows = append(header.rows, node{name: payment, group: true, kids: append(slices.Clone(keys), node{name: "PYMNT_CNT", text: "1", number: true})})
	header.types.lists = append(header.types.lists, &record{payment, append(slices.Clone(keyTypes), field{"PYMNT_CNT", "NUMBER"}), nil})
	parts := []transactionPart{header}
	if v := decimalText(d.Text("MISC_AMT")); i.profile.voucher.chargeRecord != "" && v != "" && v != "0" {
		charge := transactionPart{slices.Clone(keys), &record{i.profile.voucher.chargeRecord, slices.Clone(keyTypes), nil}}
		for _, name := range slices.Sorted(maps.Keys(i.profile.voucher.chargeFields)) {
			charge.rows = append(charge.rows, node{name: name, text: i.profile.voucher.chargeFields[name]})
			charge.types.use(name, "CHAR")
		}
		charge.rows = append(charge.rows, node{name: i.profile.voucher.chargeAmount, text: v, number: true})
		charge.types.use(i.profile.voucher.chargeAmount, "NUMBER")
		parts = append(parts, charge)
	}
	return parts, nil
}

// voucherMessage writes the payload of PEOPLESOFT.md §4.3; a voucher is always added.
func (i *Instance) voucherMessage(op string, d connector.Document) ([]byte, error) {
	parts, err := i.voucherRows(op, d)
	if err != nil {
		return nil, err
	}
	pscama, audit := i.pscama("A")
	return rowsetMessage(i.profile.voucher.message, append(parts, transactionPart{pscama, audit})...), nil
}
