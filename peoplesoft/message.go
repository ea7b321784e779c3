package peoplesoft

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	connector "ml-connector"
)

// guarded says whether PeopleSoft refuses a second message with the same ExternalMessageID. In one XML document the place
// of that ID is not proven (PEOPLESOFT.md §4.3).
func (i *Instance) guarded() bool {
	return i.profile.envelope != "ibrequest" || i.profile.externalID == "ibrequest"
}

// sendVoucher sends one voucher. Accepted is not built: that is what Track tells. Received before counts as accepted.
//
// A voucher that was accepted before and is nowhere goes under the same number, and under a message id of its own (-2, -3 …):
// the broker would refuse the old one as received (PEOPLESOFT.md §9).
func (i *Instance) sendVoucher(ctx context.Context, w connector.Write) (connector.Receipt, error) {
	const op = "create invoice"
	d := w.Document
	external := d.Text(externalMessageID)
	if w.Lost > 0 && external != "" {
		external += "-" + strconv.Itoa(w.Lost+1)
	}
	if external == "" || len(external) > 70 || strings.ContainsFunc(external, func(r rune) bool { return r <= ' ' || r > '~' || r == ',' }) {
		return connector.Receipt{}, connector.Errorf(connector.Invalid, op, "the message id %q is not of 1 to 70 plain characters", clip(external, 80))
	}
	if err := balanced(op, d, i.profile.voucher.tolerance); err != nil {
		return connector.Receipt{}, err
	}
	payload, err := i.voucherMessage(op, d)
	if err != nil {
		return connector.Receipt{}, err
	}
	resp, err := i.call(ctx, i.messageRequest(op, external, payload))
	if err != nil {
		return connector.Receipt{}, err
	}
	a := readAnswer(resp, i.profile.fallback)
	r := i.voucherReceipt(d)
	if a.status >= 200 && a.status < 300 && (a.broker == "success" || a.broker == "" && a.code == "0") {
		r.Life = &connector.Life{Stage: connector.StageSent, Reason: accepted(a), At: i.now()}
		return r, nil
	}
	f := i.fail(op, a, true)
	if f.err.Code == connector.Conflict && (f.row == rowDuplicate || f.own) {
		r.Repeated = true
		return r, nil
	}
	return connector.Receipt{}, f
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

// messageRequest puts a payload into one of the three envelopes of PEOPLESOFT.md §4.3. The node's password is never in an
// address.
func (i *Instance) messageRequest(op, external string, payload []byte) request {
	to := i.profile.toNode
	if to == "" {
		to = i.config.node
	}
	parameters := []struct{ name, value string }{
		{"OperationName", i.profile.voucher.operation}, {"OperationType", "async"}, {"From", i.config.fromNode}, {"To", to}, {externalMessageID, external},
	}
	r := request{op: op, method: http.MethodPost, path: i.path(i.profile.messageURL, "", ""), body: payload, write: true, door: doorMessage,
		header: map[string]string{"Content-Type": "text/xml; charset=UTF-8"}}
	switch i.profile.envelope {
	case "query":
		for n, p := range parameters {
			r.path += string("?&"[min(n, 1)]) + p.name + "=" + escape(p.value)
		}
	case "ibrequest":
		r.body = i.brokerRequest(to, external, payload)
		if i.profile.externalID == "ibrequest" {
			r.header[externalMessageID] = external
		}
		var escaped bytes.Buffer
		escapeXML(&escaped, i.secrets["node_password"])
		r.secret = []string{escaped.String()}
	default:
		for _, p := range parameters {
			r.header[p.name] = p.value
		}
		if pw := i.secrets["node_password"]; pw != "" {
			r.header["Password"] = pw
		}
	}
	return r
}

// brokerRequest is form 2, everything in one document.
func (i *Instance) brokerRequest(to, external string, payload []byte) []byte {
	var b bytes.Buffer
	leaf := func(name, value string) node { return node{name: name, text: value} }
	head := []node{leaf("ExternalOperationName", i.profile.voucher.operation), leaf("OperationType", "async")}
	if i.profile.externalID == "ibrequest" {
		head = append(head, leaf(externalMessageID, external))
	}
	from := []node{leaf("RequestingNode", i.config.fromNode)}
	if pw := i.secrets["node_password"]; pw != "" {
		from = append(from, leaf("Password", pw))
	}
	from = append(from, leaf("OrigUser", ""), leaf("OrigNode", ""), leaf("OrigProcess", ""), leaf("OrigTimeStamp", ""))
	head = append(head, node{name: "From", group: true, kids: from},
		node{name: "To", group: true, kids: []node{leaf("FinalDestination", ""), leaf("DestinationNode", to), leaf("SubChannel", "")}})
	b.WriteString(`<?xml version="1.0"?>` + "\n<IBRequest>")
	writeXML(&b, head, "")
	b.WriteString("<ContentSections><ContentSection><NonRepudiation/><MessageVersion/><Data><![CDATA[")
	b.Write(bytes.ReplaceAll(payload, []byte("]]>"), []byte("]]]]><![CDATA[>")))
	b.WriteString("]]></Data></ContentSection></ContentSections></IBRequest>")
	return b.Bytes()
}

// record is one level of VOUCHER_BUILD with what it repeats from above.
type record struct {
	name   string
	fields []field
	lists  []*record
}

type field struct{ name, kind string }

// voucherMessage writes the payload of PEOPLESOFT.md §4.3: one Transaction, FieldTypes for exactly what is used, PSCAMA.
func (i *Instance) voucherMessage(op string, d connector.Document) ([]byte, error) {
	fields := slices.DeleteFunc(slices.Clone(i.schemas.voucher.Fields), func(f connector.Field) bool { return f.Name == externalMessageID })
	types := &record{name: "VCHR_HDR_STG"}
	header, err := i.rowset(op, d, fields, nil, types)
	if err != nil {
		return nil, err
	}
	keys := []node{{name: "BUSINESS_UNIT", text: strings.ToUpper(d.Text("BUSINESS_UNIT"))}, {name: "VOUCHER_ID", text: strings.ToUpper(d.Text("VOUCHER_ID"))}}
	payment := append(slices.Clone(keys), node{name: "PYMNT_CNT", text: "1"})
	header = append(header, node{name: i.profile.voucher.paymentRecord, group: true, kids: payment})
	types.lists = append(types.lists, &record{i.profile.voucher.paymentRecord, []field{{"BUSINESS_UNIT", "CHAR"}, {"VOUCHER_ID", "CHAR"}, {"PYMNT_CNT", "NUMBER"}}, nil})
	pscama, audit := i.pscama()

	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0"?>` + "\n<VOUCHER_BUILD><FieldTypes>")
	writeTypes(&b, types)
	writeTypes(&b, audit)
	b.WriteString("</FieldTypes><MsgData><Transaction>")
	writeRowset(&b, "VCHR_HDR_STG", header)
	writeRowset(&b, "PSCAMA", pscama)
	b.WriteString("</Transaction></MsgData></VOUCHER_BUILD>")
	return b.Bytes(), nil
}

// pscama closes a Transaction; a voucher is always added.
func (i *Instance) pscama() ([]node, *record) {
	values := []node{{name: "LANGUAGE_CD", text: i.profile.voucher.language}, {name: "AUDIT_ACTN", text: "A"}, {name: "BASE_LANGUAGE_CD", text: i.profile.voucher.language},
		{name: "MSG_SEQ_FLG"}, {name: "PROCESS_INSTANCE", text: "0"}, {name: "PUBLISH_RULE_ID"}, {name: "MSGNODENAME"}}
	types := &record{name: "PSCAMA"}
	for _, v := range values {
		kind := "CHAR"
		if v.name == "PROCESS_INSTANCE" {
			kind = "NUMBER"
		}
		types.fields = append(types.fields, field{v.name, kind})
	}
	return values, types
}

// rowset gives the elements of one row, keys of the levels above first, and notes in types what it used.
func (i *Instance) rowset(op string, d connector.Document, fields []connector.Field, above []node, types *record) ([]node, error) {
	out := slices.Clone(above)
	for _, n := range above {
		types.use(n.name, map[bool]string{true: "NUMBER", false: "CHAR"}[n.number])
	}
	keys := above
	for n, f := range fields {
		if f.Type == connector.TypeList {
			continue
		}
		leaf, err := i.leaf(op, f.Name, d.Text(f.Name), f.Type == connector.TypeNumber)
		if err != nil {
			return nil, err
		}
		if leaf.text == "" {
			continue
		}
		types.use(f.Name, map[connector.FieldType]string{connector.TypeNumber: "NUMBER", connector.TypeDate: "DATE", connector.TypeText: "CHAR"}[f.Type])
		out = append(out, leaf)
		if n == 0 || f.Name == "VOUCHER_ID" {
			keys = append(slices.Clone(keys), leaf)
		}
	}
	for _, f := range fields {
		if f.Type != connector.TypeList {
			continue
		}
		for _, item := range d.List(f.Name) {
			kids, err := i.rowset(op, item, f.Fields, keys, types.list(f.Name))
			if err != nil {
				return nil, err
			}
			out = append(out, node{name: f.Name, group: true, kids: kids})
		}
	}
	return out, nil
}

func (r *record) use(name, kind string) {
	if !slices.ContainsFunc(r.fields, func(f field) bool { return f.name == name }) {
		r.fields = append(r.fields, field{name, kind})
	}
}

func (r *record) list(name string) *record {
	for _, l := range r.lists {
		if l.name == name {
			return l
		}
	}
	l := &record{name: name}
	r.lists = append(r.lists, l)
	return l
}

func writeTypes(b *bytes.Buffer, r *record) {
	b.WriteString("<" + r.name + ` class="R">`)
	for _, f := range r.fields {
		b.WriteString("<" + f.name + ` type="` + f.kind + `"/>`)
	}
	for _, l := range r.lists {
		writeTypes(b, l)
	}
	b.WriteString("</" + r.name + ">")
}

func writeRowset(b *bytes.Buffer, name string, list []node) {
	b.WriteString("<" + name + ` class="R">`)
	for _, n := range list {
		if n.group {
			writeRowset(b, n.name, n.kids)
			continue
		}
		writeXML(b, []node{n}, "")
	}
	b.WriteString("</" + name + ">")
}
